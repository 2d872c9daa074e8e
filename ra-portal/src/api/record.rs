//! What the ledger says, for programs that are signed in.

use std::sync::Arc;

use authority::Figures;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::body::Segments;
use crate::failure::Failure;
use crate::portal::Portal;

/// `GET /ledger/proof/certificate/{authority}/{serial}`: the file that `gmpki audit check` verifies.
pub(super) async fn proof(
    State(portal): State<Arc<Portal>>,
    Segments((authority, serial)): Segments<(String, String)>,
) -> Result<Response, Failure> {
    let proof = portal
        .authority
        .prove_certificate(Some(&authority), &serial)
        .await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], proof).into_response())
}

/// `GET /figures`.
pub(super) async fn figures(State(portal): State<Arc<Portal>>) -> Result<Json<Figures>, Failure> {
    Ok(Json(portal.authority.figures().await?))
}
