//! Cases, for the officers who work on them.

use std::sync::Arc;

use authority::{CaseQuery, CaseSummary, CaseView};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;

use super::body::{Asked, Segments};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of a list: as asked, at most [`MOST`].
pub(super) const USUAL: u32 = 50;
/// Longest list.
pub(super) const MOST: u32 = 200;

#[derive(Serialize)]
pub(super) struct Cases {
    cases: Vec<CaseSummary>,
}

/// `GET /cases`: by state, from a case number on.
pub(super) async fn list(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Asked(query): Asked<CaseQuery>,
) -> Result<Json<Cases>, Failure> {
    let query = CaseQuery {
        limit: Some(query.limit.unwrap_or(USUAL).clamp(1, MOST)),
        ..query
    };
    let cases = portal.authority.cases(&officer, &query).await?;
    Ok(Json(Cases { cases }))
}

/// `GET /cases/{case}`.
pub(super) async fn one(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Segments(case): Segments<String>,
) -> Result<Json<CaseView>, Failure> {
    Ok(Json(portal.authority.case(&officer, &case).await?))
}
