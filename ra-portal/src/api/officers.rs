//! Officers and the proposals about them, for administrators and auditors. What they change goes through `/acts`.

use std::sync::Arc;

use authority::{HistoryLine, OfficerView, ProposalQuery, ProposalView};
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use super::body::{Asked, Segments};
use super::cases::{MOST, USUAL};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// Which part of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Last number of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Officers {
    officers: Vec<OfficerView>,
}

#[derive(Serialize)]
pub(super) struct OfficerRecord {
    officer: OfficerView,
    /// What was proposed and decided about the officer, oldest first.
    history: Vec<HistoryLine>,
}

#[derive(Serialize)]
pub(super) struct Proposals {
    proposals: Vec<ProposalView>,
}

/// `GET /officers`: by number.
pub(super) async fn list(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Asked(part): Asked<Part>,
) -> Result<Json<Officers>, Failure> {
    let limit = part.limit.unwrap_or(USUAL).clamp(1, MOST);
    let after = part.after.as_deref();
    let officers = portal.authority.officers(&officer, after, limit).await?;
    Ok(Json(Officers { officers }))
}

/// `GET /officers/{officer}`.
pub(super) async fn one(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Segments(number): Segments<String>,
) -> Result<Json<OfficerRecord>, Failure> {
    let (officer, history) = portal.authority.officer_record(&officer, &number).await?;
    Ok(Json(OfficerRecord { officer, history }))
}

/// `GET /proposals`: newest first.
pub(super) async fn proposals(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Asked(query): Asked<ProposalQuery>,
) -> Result<Json<Proposals>, Failure> {
    let query = ProposalQuery {
        limit: Some(query.limit.unwrap_or(USUAL).clamp(1, MOST)),
        ..query
    };
    let proposals = portal.authority.proposals(&officer, &query).await?;
    Ok(Json(Proposals { proposals }))
}

/// `GET /proposals/{proposal}`, by its ledger entry.
pub(super) async fn proposal(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Segments(entry): Segments<u64>,
) -> Result<Json<ProposalView>, Failure> {
    Ok(Json(portal.authority.proposal(&officer, entry).await?))
}
