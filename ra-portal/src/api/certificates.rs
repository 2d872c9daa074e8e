//! Certificates and CRLs, for officers.

use std::collections::BTreeMap;
use std::sync::Arc;

use authority::{CertificateSummary, CertificateView, SearchQuery, SuccessionView};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;

use super::body::{Body, Segments};
use super::cases::{MOST, USUAL};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;
use crate::session::throttle::CRLS;

#[derive(Serialize)]
pub(super) struct Certificates {
    certificates: Vec<CertificateSummary>,
}

#[derive(Serialize)]
pub(super) struct Successions {
    successions: Vec<SuccessionView>,
    /// What was entered for it, without personal data.
    form: BTreeMap<String, String>,
}

#[derive(Serialize)]
pub(super) struct PublishedCrl {
    authority: String,
    number: u64,
    entries: u64,
}

/// `POST /certificates/search`: by name, department, serial, fingerprint, case number or state. Names stand in the
/// body, never in an address that servers on the way write down.
pub(super) async fn search(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Body(query): Body<SearchQuery>,
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

/// `GET /certificates/{authority}/{serial}/successions`: what can follow on it now, and what that would do.
pub(super) async fn successions(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Segments((authority, serial)): Segments<(String, String)>,
) -> Result<Json<Successions>, Failure> {
    let known = &portal.authority;
    Ok(Json(Successions {
        successions: known.successions(&officer, &authority, &serial).await?,
        form: known
            .form_for_successor(&officer, &authority, &serial)
            .await?,
    }))
}

/// `POST /crls/{authority}`: a new CRL now.
pub(super) async fn publish_crl(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Segments(authority): Segments<String>,
) -> Result<Json<PublishedCrl>, Failure> {
    if !portal
        .crls
        .lock()
        .admit(&officer.number, CRLS, portal.now())
    {
        return Err(Failure::too_many());
    }
    let (number, entries) = portal.authority.publish_crl(&officer, &authority).await?;
    tracing::info!(officer = %officer.number, %authority, number, "CRL made because an officer asked for it");
    Ok(Json(PublishedCrl {
        authority,
        number,
        entries,
    }))
}
