//! The public status, for the command line: the same answers that the site shows, without signing in.

use std::sync::Arc;

use authority::PublicStatus;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use x509::certificate::Certificate;

use super::body::{Asked, Body, Segments};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::serial_input;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Under {
    authority: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Uploaded {
    certificate: String,
}

#[derive(Serialize)]
pub(super) struct Statuses {
    statuses: Vec<PublicStatus>,
}

/// `GET /status/{serial}`: under every authority, or under the one that is named.
pub(super) async fn by_serial(
    State(portal): State<Arc<Portal>>,
    Segments(typed): Segments<String>,
    Asked(under): Asked<Under>,
) -> Result<Json<Statuses>, Failure> {
    let serial = serial_input::parse(&typed).ok_or_else(|| Failure::bad_request("serial"))?;
    let statuses = portal
        .authority
        .public_status(under.authority.as_deref(), &serial.to_string())
        .await?;
    Ok(Json(Statuses { statuses }))
}

/// `POST /status`: of exactly this certificate, in PEM.
pub(super) async fn by_certificate(
    State(portal): State<Arc<Portal>>,
    Body(uploaded): Body<Uploaded>,
) -> Result<Json<Statuses>, Failure> {
    let certificate = Certificate::from_pem(&uploaded.certificate)
        .map_err(|error| Failure::bad_request(&format!("certificate: {error}")))?;
    let status = portal.authority.public_status_of(certificate.der()).await?;
    Ok(Json(Statuses {
        statuses: vec![status],
    }))
}
