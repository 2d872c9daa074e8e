//! Certificates and CRLs, for officers.

use std::sync::Arc;

use authority::{CertificateSummary, CertificateView, SearchQuery};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;

use super::body::{Asked, Segments};
use super::cases::{MOST, USUAL};
use super::session::SignedIn;
use crate::failure::Failure;
use crate::portal::Portal;

#[derive(Serialize)]
pub(super) struct Certificates {
    certificates: Vec<CertificateSummary>,
}

#[derive(Serialize)]
pub(super) struct PublishedCrl {
    authority: String,
    number: u64,
    entries: u64,
}

/// `GET /certificates`: by name, department, serial, fingerprint, case number or state.
pub(super) async fn search(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Asked(query): Asked<SearchQuery>,
) -> Result<Json<Certificates>, Failure> {
    let query = SearchQuery {
        limit: Some(query.limit.unwrap_or(USUAL).clamp(1, MOST)),
        ..query
    };
    Ok(Json(Certificates {
        certificates: portal.authority.search(&officer, &query).await?,
    }))
}

/// `GET /certificates/{authority}/{serial}`.
pub(super) async fn one(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Segments((authority, serial)): Segments<(String, String)>,
) -> Result<Json<CertificateView>, Failure> {
    Ok(Json(
        portal
            .authority
            .certificate(&officer, Some(&authority), &serial)
            .await?,
    ))
}

/// `POST /crls/{authority}`: a new CRL now.
pub(super) async fn publish_crl(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Segments(authority): Segments<String>,
) -> Result<Json<PublishedCrl>, Failure> {
    let (number, entries) = portal.authority.publish_crl(&officer, &authority).await?;
    Ok(Json(PublishedCrl {
        authority,
        number,
        entries,
    }))
}
