//! Acts: prepared here, signed by the officer, committed here.

use std::sync::Arc;

use authority::{Act, Officer, Outcome, Prepared};
use axum::extract::State;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::body::Body;
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToPrepare {
    act: Act,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToCommit {
    act: Act,
    statement: String,
    signature: String,
}

/// `POST /acts/prepare`: the act completed, and the statement to sign.
pub(super) async fn prepare(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Body(ToPrepare { act }): Body<ToPrepare>,
) -> Result<Json<Prepared>, Failure> {
    may(&portal, &officer, &act)?;
    Ok(Json(portal.authority.prepare(&officer, act).await?))
}

/// `POST /acts`: the act with its signed statement, done when this returns.
pub(super) async fn commit(
    State(portal): State<Arc<Portal>>,
    Extension(SignedIn { officer, .. }): Extension<SignedIn>,
    Body(ToCommit {
        act,
        statement,
        signature,
    }): Body<ToCommit>,
) -> Result<Json<Outcome>, Failure> {
    may(&portal, &officer, &act)?;
    let signature = BASE64_STANDARD
        .decode(&signature)
        .map_err(|_| Failure::bad_request("signature: base64"))?;
    Ok(Json(
        portal
            .authority
            .commit(&officer, act, &statement, &signature)
            .await?,
    ))
}

/// Asked before anything of the act is looked at, so that a refusal tells nothing about it. The authority asks again.
fn may(portal: &Portal, officer: &Officer, act: &Act) -> Result<(), Failure> {
    let allowed = portal
        .authority
        .policy()
        .rules()
        .authorize(officer.role, act.verb());
    allowed.map_err(|refusal| authority::Error::from(refusal).into())
}
