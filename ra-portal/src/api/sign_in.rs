//! Signing in with a certificate: a question, its signature, a token.

use std::sync::Arc;

use authority::Officer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use x509::certificate::Certificate;

use super::body::Body;
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::challenge::{self, Challenge};
use crate::session::{IDLE, LIFETIME, NotOpened, SignedIn};

/// Longest signature in base64: a DER signature has at most 72 bytes.
const SIGNATURE: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asking {
    certificate: String,
}

#[derive(Serialize)]
struct Question {
    id: String,
    challenge: String,
    expires_at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answering {
    id: String,
    signature: String,
}

#[derive(Serialize)]
struct Opened {
    token: String,
    expires_at: i64,
    idle_seconds: i64,
    officer: Officer,
}

/// `POST /session/challenge`: what the officer is to sign.
pub(super) async fn challenge(
    State(portal): State<Arc<Portal>>,
    Body(asking): Body<Asking>,
) -> Result<Response, Failure> {
    let certificate = Certificate::from_pem(&asking.certificate)
        .map_err(|error| Failure::bad_request(&format!("certificate: {error}")))?;
    let now = portal.now();
    let officer = unauthorized(portal.authority.authenticate(certificate.der()).await)?;
    let origin = &portal.config.public_url;
    let (id, challenge) = portal.sessions.challenges.ask(origin, &officer, now);
    Ok(Json(Question {
        id,
        challenge,
        expires_at: now + challenge::LIFETIME,
    })
    .into_response())
}

/// `POST /session`: the signature for a token.
pub(super) async fn open(
    State(portal): State<Arc<Portal>>,
    Body(answering): Body<Answering>,
) -> Result<Response, Failure> {
    let now = portal.now();
    let challenge = Challenge::read(&answering.id, now).ok_or_else(Failure::sign_in_failed)?;
    if answering.signature.len() > SIGNATURE {
        return Err(Failure::sign_in_failed());
    }
    let signature = BASE64_STANDARD
        .decode(&answering.signature)
        .map_err(|_| Failure::sign_in_failed())?;
    let officer = unauthorized(portal.authority.officer(&challenge.officer).await)?;
    let text = portal
        .sessions
        .challenges
        .asked(&portal.config.public_url, &officer, &challenge)
        .ok_or_else(Failure::sign_in_failed)?;
    match portal
        .authority
        .verify_officer_signature(&officer, text.as_bytes(), &signature)
    {
        Ok(()) => {}
        Err(authority::Error::Keys(fault)) => return Err(Failure::fault(&fault)),
        Err(_) => return Err(Failure::sign_in_failed()),
    }
    let opened = portal.sessions.open(&officer, &challenge, now);
    let token = opened.map_err(|why| match why {
        NotOpened::Full => Failure::full(),
        NotOpened::TooMany => Failure::too_many(),
        NotOpened::Used => Failure::sign_in_failed(),
    })?;
    tracing::info!(officer = %officer.number, "signed in");
    Ok(Json(Opened {
        token,
        expires_at: now + LIFETIME,
        idle_seconds: IDLE,
        officer,
    })
    .into_response())
}

/// `DELETE /session`: ends the session at once.
pub(super) async fn close(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
) -> StatusCode {
    portal.sessions.close(&signed_in);
    StatusCode::NO_CONTENT
}

/// Whoever may not sign in is unauthorized, whichever rule said so.
fn unauthorized(officer: Result<Officer, authority::Error>) -> Result<Officer, Failure> {
    officer.map_err(|error| match error {
        authority::Error::Refused(refusal) => {
            Failure::refused(refusal, Some(StatusCode::UNAUTHORIZED))
        }
        fault => fault.into(),
    })
}
