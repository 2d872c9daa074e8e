//! Signing in with a certificate: a question, its signature, a session. The API and the desk do it through here.

use authority::Officer;
use axum::http::StatusCode;

use super::NotOpened;
use super::challenge::{self, Challenge};
use crate::failure::Failure;
use crate::portal::Portal;

/// Longest signature: a DER signature has at most 72 bytes.
const SIGNATURE: usize = 96;

/// What the officer is to sign.
pub(crate) struct Question {
    /// Number, under which the answer comes back.
    pub(crate) id: String,
    /// The text to sign.
    pub(crate) text: String,
    /// UTC seconds.
    pub(crate) expires_at: i64,
}

/// A session that was opened.
pub(crate) struct Opened {
    /// The token, known to nobody else.
    pub(crate) token: String,
    /// Whose it is.
    pub(crate) officer: Officer,
}

/// A question for this officer.
pub(crate) fn ask(portal: &Portal, officer: &Officer) -> Question {
    let now = portal.now();
    let origin = &portal.config.public_url;
    let (id, text) = portal.sessions.challenges.ask(origin, officer, now);
    Question {
        id,
        text,
        expires_at: now + challenge::LIFETIME,
    }
}

/// Opens a session for the answer to a question.
pub(crate) async fn answer(
    portal: &Portal,
    id: &str,
    signature_der: &[u8],
) -> Result<Opened, Failure> {
    let now = portal.now();
    let challenge = Challenge::read(id, now).ok_or_else(Failure::sign_in_failed)?;
    if signature_der.len() > SIGNATURE {
        return Err(Failure::sign_in_failed());
    }
    let officer = unauthorized(portal.authority.officer(&challenge.officer).await)?;
    let text = portal
        .sessions
        .challenges
        .asked(&portal.config.public_url, &officer, &challenge)
        .ok_or_else(Failure::sign_in_failed)?;
    match portal
        .authority
        .verify_officer_signature(&officer, text.as_bytes(), signature_der)
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
    Ok(Opened { token, officer })
}

/// Whoever may not sign in is unauthorized, whichever rule said so.
pub(crate) fn unauthorized(officer: Result<Officer, authority::Error>) -> Result<Officer, Failure> {
    officer.map_err(|error| match error {
        authority::Error::Refused(refusal) => {
            Failure::refused(refusal, Some(StatusCode::UNAUTHORIZED))
        }
        fault => fault.into(),
    })
}
