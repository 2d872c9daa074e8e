//! Looking at a supporting file. Every look is on record before the file is shown.

use std::sync::Arc;

use authority::evidence_media;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sm_engine::sm3::Digest;
use store::desk::Look;

use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// `GET /case/{case}/evidence/{digest}`: the file, by its own kind.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path((case, digest)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let digest: Digest = digest.parse().map_err(|_| Failure::not_found())?;
    let officer = &signed_in.officer;
    let content = portal.authority.evidence(officer, &case, &digest).await?;
    let look = Look {
        at: portal.now(),
        officer: officer.number.clone(),
        subject: format!("case:{case}"),
        object: format!("evidence:{digest}"),
    };
    portal.desk.record_look(&look).await?;
    let media = evidence_media(&content).unwrap_or("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, content.to_vec()).into_response())
}
