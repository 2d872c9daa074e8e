//! `/check`: the state of a certificate, by serial number or by the certificate itself. No personal data is asked
//! for, kept or given.

use std::sync::Arc;

use askama::Template;
use authority::{AuthorityView, PublicStatus};
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use x509::certificate::Certificate;
use x509::ocsp::{CertId, HashAlgorithm, OcspRequest};

use super::entry_words::kind_title;
use crate::failure::Failure;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::serial_input;

/// Longest certificate that is looked at.
const UPLOAD: usize = 64 * 1024;

#[derive(Deserialize)]
pub(super) struct BySerial {
    serial: Option<String>,
    authority: Option<String>,
}

/// What was wrong with a form: the same words in the summary and at the field.
struct FieldError {
    field: &'static str,
    code: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckForm {
    page: Page,
    authorities: Vec<AuthorityView>,
    serial: String,
    authority: String,
    error: Option<FieldError>,
}

/// A ledger entry about the certificate.
struct HistoryRow {
    entry: u64,
    time: i64,
    title: String,
}

/// One answer: a serial can exist under several authorities.
struct StatusCard {
    standing: Standing,
    chip: Chip,
    serial: String,
    issuer: String,
    reason: Option<String>,
    since: Option<i64>,
    not_after: Option<i64>,
    history: Vec<HistoryRow>,
    /// GET address of the signed answer (RFC 6960 appendix A.1).
    ocsp: Option<String>,
    /// Where the proof is explained.
    proof: Option<String>,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    page: Page,
    cards: Vec<StatusCard>,
    now: i64,
}

impl CheckForm {
    /// Whether the complaint is about this field.
    fn is_wrong(&self, field: &str) -> bool {
        self.error
            .as_ref()
            .is_some_and(|error| error.field == field)
    }
}

/// `GET /check`: the form, or the answer where a serial is given.
pub(super) async fn by_serial(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    query: Result<Query<BySerial>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = query.map_err(|_| Failure::bad_request(""))?;
    let authorities = portal.authority.authorities().await?;
    let Some(typed) = asked.serial else {
        return form(&visitor, authorities, "", "", None);
    };
    let authority = asked.authority.filter(|authority| !authority.is_empty());
    let known = authority
        .as_ref()
        .is_none_or(|name| authorities.iter().any(|a| a.authority == *name));
    let complain = |authorities, field, code, key| {
        let error = Some((field, code, key));
        form(
            &visitor,
            authorities,
            &typed,
            authority.as_deref().unwrap_or_default(),
            error,
        )
    };
    if !known {
        return complain(authorities, "authority", "W421", "check.error_authority");
    }
    let Some(serial) = serial_input::parse(&typed) else {
        return complain(authorities, "serial", "W422", "check.error_serial");
    };
    let statuses = portal
        .authority
        .public_status(authority.as_deref(), &serial.to_string())
        .await?;
    result(
        &portal,
        &visitor,
        &authorities,
        statuses,
        authority.as_deref(),
    )
}

/// `POST /check`: the answer for an uploaded certificate.
pub(super) async fn by_upload(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let authorities = portal.authority.authorities().await?;
    let complain = |authorities, code, key| {
        form(
            &visitor,
            authorities,
            "",
            "",
            Some(("certificate", code, key)),
        )
    };
    let bytes = match uploaded(multipart).await {
        Ok(Some(bytes)) if !bytes.is_empty() => bytes,
        Ok(_) => return complain(authorities, "W423", "check.error_no_file"),
        Err(StatusCode::PAYLOAD_TOO_LARGE) => {
            return complain(authorities, "W413", "check.error_too_large");
        }
        Err(_) => return Err(Failure::bad_request("")),
    };
    if Certificate::from_pem_or_der(&bytes).is_err() {
        return complain(authorities, "W424", "check.error_not_certificate");
    }
    let status = portal.authority.public_status_of(&bytes).await?;
    result(&portal, &visitor, &authorities, vec![status], None)
}

/// The file of the form, if there is one. Its name is not looked at.
async fn uploaded(
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Option<Vec<u8>>, StatusCode> {
    let mut multipart = multipart.map_err(|rejection| rejection.into_response().status())?;
    while let Some(field) = multipart
        .next_field()
        .await
        .map_err(|error| error.status())?
    {
        if field.name() == Some("certificate") {
            let bytes = field.bytes().await.map_err(|error| error.status())?;
            return if bytes.len() > UPLOAD {
                Err(StatusCode::PAYLOAD_TOO_LARGE)
            } else {
                Ok(Some(bytes.into()))
            };
        }
    }
    Ok(None)
}

fn form(
    visitor: &Visitor,
    authorities: Vec<AuthorityView>,
    serial: &str,
    authority: &str,
    error: Option<(&'static str, &'static str, &'static str)>,
) -> Result<Response, Failure> {
    let mut page = visitor.page(Section::Check, "check.title");
    page.is_error = error.is_some();
    let status = match &error {
        None => StatusCode::OK,
        Some((_, "W413", _)) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let error = error.map(|(field, code, key)| FieldError {
        field,
        code,
        text: page.t(key),
    });
    let form = CheckForm {
        serial: serial_input::echo(serial),
        authority: serial_input::echo(authority),
        page,
        authorities,
        error,
    };
    visitor.show_with(status, &form)
}

fn result(
    portal: &Portal,
    visitor: &Visitor,
    authorities: &[AuthorityView],
    statuses: Vec<PublicStatus>,
    asked: Option<&str>,
) -> Result<Response, Failure> {
    let page = visitor.page(Section::Check, "status.title");
    let mut cards = Vec::with_capacity(statuses.len());
    for status in statuses {
        // An unknown serial has no authority of its own; the one that was asked can still say so, signed.
        let authority = match status.authority.as_str() {
            "" => asked,
            name => Some(name),
        };
        let issuer = authorities
            .iter()
            .find(|a| Some(a.authority.as_str()) == authority);
        let issuer = issuer
            .map(|authority| authority.name.clone())
            .unwrap_or_default();
        let ocsp = authority.and_then(|authority| ocsp_address(portal, authority, &status.serial));
        cards.push(card(&page, status, issuer, ocsp));
    }
    visitor.show(&StatusPage {
        page,
        cards,
        now: portal.now(),
    })
}

fn card(page: &Page, status: PublicStatus, issuer: String, ocsp: Option<String>) -> StatusCard {
    let standing = Standing::of(&status.state);
    let history = status.history.iter().map(|line| HistoryRow {
        entry: line.entry,
        time: line.time,
        title: kind_title(&line.kind, page.language),
    });
    let proof = (!status.history.is_empty()).then(|| {
        format!(
            "/log/certificate?serial={}&authority={}",
            status.serial, status.authority
        )
    });
    let reason = status
        .reason
        .as_deref()
        .filter(|_| matches!(standing, Standing::Held | Standing::Revoked));
    StatusCard {
        standing,
        chip: Chip::new(standing, page.language),
        history: history.collect(),
        reason: reason.map(|reason| super::entry_words::value("reason", reason, page.language)),
        issuer,
        serial: status.serial,
        since: status.since,
        not_after: status.not_after,
        ocsp,
        proof,
    }
}

/// Where the signed answer about this serial is, if the authority is one of ours.
fn ocsp_address(portal: &Portal, authority: &str, serial: &str) -> Option<String> {
    let issuer = portal.authority.ca_certificate(authority)?;
    let id = CertId::new(HashAlgorithm::Sm3, &issuer, &serial.parse().ok()?);
    let request = BASE64_STANDARD.encode(OcspRequest::build(&[id], None));
    let request = request
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    Some(format!("{}/ocsp/{request}", portal.config.machines_url))
}
