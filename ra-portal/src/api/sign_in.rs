//! Signing in with a certificate: a question, its signature, a token.

use std::sync::Arc;

use authority::Officer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use x509::certificate::Certificate;

use super::body::Body;
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::sign_in::{self, unauthorized};
use crate::session::{IDLE, LIFETIME, SignedIn};

/// Longest signature in base64.
const SIGNATURE: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asking {
    certificate: String,
}

#[derive(Serialize)]
pub(super) struct Question {
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
pub(super) struct Opened {
    token: String,
    expires_at: i64,
    idle_seconds: i64,
    officer: Officer,
}

/// `POST /session/challenge`: what the officer is to sign.
pub(super) async fn challenge(
    State(portal): State<Arc<Portal>>,
    Body(asking): Body<Asking>,
) -> Result<Json<Question>, Failure> {
    let certificate = Certificate::from_pem(&asking.certificate)
        .map_err(|error| Failure::bad_request(&format!("certificate: {error}")))?;
    let officer = unauthorized(portal.authority.authenticate(certificate.der()).await)?;
    let question = sign_in::ask(&portal, &officer);
    Ok(Json(Question {
        id: question.id,
        challenge: question.text,
        expires_at: question.expires_at,
    }))
}

/// `POST /session`: the signature for a token.
pub(super) async fn open(
    State(portal): State<Arc<Portal>>,
    Body(answering): Body<Answering>,
) -> Result<Json<Opened>, Failure> {
    if answering.signature.len() > SIGNATURE {
        return Err(Failure::sign_in_failed());
    }
    let signature = BASE64_STANDARD
        .decode(&answering.signature)
        .map_err(|_| Failure::sign_in_failed())?;
    let opened = sign_in::answer(&portal, &answering.id, &signature).await?;
    Ok(Json(Opened {
        token: opened.token,
        expires_at: portal.now() + LIFETIME,
        idle_seconds: IDLE,
        officer: opened.officer,
    }))
}

/// `DELETE /session`: ends the session at once.
pub(super) async fn close(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
) -> StatusCode {
    portal.sessions.close(&signed_in);
    StatusCode::NO_CONTENT
}
