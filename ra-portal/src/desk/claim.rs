//! Taking a case, giving it back, and the next one.

use std::sync::Arc;

use authority::CaseQuery;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use store::desk::Claim;

use super::form::see_other;
use super::queue::{self, CLAIM};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// Cases that are looked through for the next one.
const LOOKED_AT: u32 = 200;

/// `POST /desk/next`: takes the most urgent case that this officer may review and nobody else has, and opens it.
pub(super) async fn next(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let query = CaseQuery {
        state: Some("submitted".into()),
        oldest_first: true,
        limit: Some(LOOKED_AT),
        ..CaseQuery::default()
    };
    let cases = portal.authority.cases(officer, &query).await?;
    for line in queue::lines(&portal, officer, cases).await? {
        let case = line.summary.case;
        let entered_it = line.summary.entered_by == officer.number;
        let taken = line.claimed_by.is_some_and(|by| by != officer.number);
        if !entered_it && !taken && claim(&portal, &case, &officer.number).await? {
            return Ok(see_other(&format!("/case/{case}/review")));
        }
    }
    Ok(see_other("/desk"))
}

/// `POST /case/{case}/claim`.
pub(super) async fn take(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    // Nothing is taken that is not there.
    let view = portal.authority.case(&signed_in.officer, &case).await?;
    claim(&portal, &view.summary.case, &signed_in.officer.number).await?;
    Ok(see_other(&format!("/case/{}/review", view.summary.case)))
}

/// `POST /case/{case}/give-back`.
pub(super) async fn give_back(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    portal
        .desk
        .give_back(&case, &signed_in.officer.number)
        .await?;
    Ok(see_other("/desk"))
}

/// Whether the case is this officer's now.
pub(super) async fn claim(portal: &Portal, case: &str, officer: &str) -> Result<bool, Failure> {
    let now = portal.now();
    let claim = Claim {
        case: case.to_owned(),
        officer: officer.to_owned(),
        claimed_at: now,
    };
    let standing = portal.desk.claim(claim, now - CLAIM).await?;
    Ok(standing.officer == officer)
}
