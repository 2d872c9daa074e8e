//! The public site: what the service is, the state of a certificate, the authorities, the ledger and its proofs.
//!
//! Pages are rendered by askama from `templates/`; every text comes from the catalogue. A page shows only what
//! `authority` gives to everybody: no personal data passes through here.

mod authorities;
mod check;
mod entry;
mod entry_words;
mod failure_page;
mod guide;
mod home;
mod ledger_head;
mod proof_file;
mod proof_walk;

#[cfg(test)]
pub(crate) mod html_check;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

pub(crate) use failure_page::failure_page;

use crate::portal::Portal;

/// Longest body of a form: a certificate of 64 KiB and what multipart puts around it.
const FORM_BODY: usize = 72 * 1024;

/// The pages.
pub(crate) fn router() -> Router<Arc<Portal>> {
    Router::new()
        .route("/", get(home::show))
        .route("/check", get(check::by_serial).post(check::by_upload))
        .route("/ca", get(authorities::show))
        .route("/log", get(ledger_head::show))
        .route("/log/entry", get(entry::find))
        .route("/log/entry/{index}", get(entry::show))
        .route("/log/certificate", get(proof_file::show))
        .route("/log/certificate/proof", get(proof_file::download))
        .route("/help", get(guide::help))
        .route("/accessibility", get(guide::accessibility))
        .route("/assets/{file}", get(crate::page::asset::serve))
        .layer(DefaultBodyLimit::max(FORM_BODY))
}
