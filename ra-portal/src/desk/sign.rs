//! Signing what one does: the sentence, what the certificate will say, three ways to sign, and what came of it.
//!
//! Every act of the desk that changes trust ends here. The page shows the very statement that is signed; the session
//! alone changes nothing.

use std::sync::Arc;

use askama::Template;
use authority::{Act, Outcome};
use axum::Extension;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::form::{see_other, with_file};
use super::outcome::Done;
use super::pending::Pending;
use super::{mass, signature};
use crate::failure::Failure;
use crate::headers::FormTarget;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;
use crate::session::in_flight::Room;

#[derive(Template)]
#[template(path = "desk/sign.html")]
struct SignPage {
    page: Page,
    act: String,
    zh: String,
    preview: Vec<(String, String)>,
    text: String,
    agent: String,
    back: String,
    cancel: String,
    demonstration: bool,
    command: &'static str,
    error: bool,
}

#[derive(Template)]
#[template(path = "desk/done.html")]
struct DonePage {
    page: Page,
    done: Done,
    back: String,
}

#[derive(Deserialize)]
pub(super) struct Returned {
    signature: String,
}

/// Checks an act and leads the officer to its signing page. `back` is where the officer goes on afterwards.
pub(super) async fn offer(
    portal: &Portal,
    signed_in: &SignedIn,
    act: Act,
    back: &str,
) -> Result<Response, authority::Error> {
    offer_draft(portal, signed_in, act, back, None, None).await
}

/// The same for an act that was made from a draft, whose files take room until it is committed.
pub(super) async fn offer_draft(
    portal: &Portal,
    signed_in: &SignedIn,
    act: Act,
    back: &str,
    draft: Option<String>,
    room: Option<Room>,
) -> Result<Response, authority::Error> {
    let officer = &signed_in.officer;
    let prepared = portal.authority.prepare(officer, act).await?;
    let pending = Pending::new(&officer.number, portal.now(), prepared, draft, back, room);
    let number = portal.pending.keep(pending);
    Ok(see_other(&format!("/desk/sign/{number}")))
}

/// The same for an act on many certificates, `mass` being its number.
pub(super) async fn offer_mass(
    portal: &Portal,
    signed_in: &SignedIn,
    act: Act,
    mass: &str,
) -> Result<Response, authority::Error> {
    let officer = &signed_in.officer;
    let prepared = portal.authority.prepare(officer, act).await?;
    let (number, back) = (&officer.number, format!("/mass/{mass}"));
    let pending = Pending::new(number, portal.now(), prepared, None, &back, None);
    let number = portal.pending.keep(pending.for_mass(mass));
    Ok(see_other(&format!("/desk/sign/{number}")))
}

/// `GET /desk/sign/{act}`: the statement, or what came of it.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
) -> Result<Response, Failure> {
    page(&portal, &visitor, &signed_in, &act, false).await
}

/// `GET /desk/sign/{act}/statement`: the bytes to sign, as a file.
pub(super) async fn statement_file(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
) -> Result<Response, Failure> {
    let pending = find(&portal, &signed_in, &act)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"gmpki-statement.json\"",
        ),
    ];
    Ok((headers, pending.prepared.statement.clone()).into_response())
}

/// `POST /desk/sign/{act}`: the signature as a file or as text.
pub(super) async fn upload(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let (fields, file) = with_file(multipart).await?;
    let pending = find(&portal, &signed_in, &act)?;
    let Some(signature) = signature::of_form(&fields, file) else {
        return page(&portal, &visitor, &signed_in, &act, true).await;
    };
    let genuine = portal.authority.verify_officer_signature(
        &signed_in.officer,
        pending.prepared.statement.as_bytes(),
        &signature,
    );
    if genuine.is_err() {
        return page(&portal, &visitor, &signed_in, &act, true).await;
    }
    commit(&portal, &signed_in, &act, &pending, &signature).await
}

/// `GET /desk/sign/{act}/signed`: back from the agent. The signature over this very statement is what commits it; an
/// address without it does nothing.
pub(super) async fn returned(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
    Query(returned): Query<Returned>,
) -> Result<Response, Failure> {
    let pending = find(&portal, &signed_in, &act)?;
    let signature =
        signature::of_text(&returned.signature).ok_or_else(|| Failure::bad_request("signature"))?;
    commit(&portal, &signed_in, &act, &pending, &signature).await
}

/// `POST /desk/sign/{act}/demonstration`: in a demonstration, with the marked key of the invented officer.
pub(super) async fn demonstration(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
) -> Result<Response, Failure> {
    let pending = find(&portal, &signed_in, &act)?;
    let key = portal
        .demonstration_key(&signed_in.officer.number)
        .ok_or_else(Failure::not_found)?;
    let signature = key
        .sign(pending.prepared.statement.as_bytes())
        .map_err(|fault| Failure::fault(&fault))?;
    commit(&portal, &signed_in, &act, &pending, &signature.to_bytes()).await
}

fn find(portal: &Portal, signed_in: &SignedIn, act: &str) -> Result<Arc<Pending>, Failure> {
    portal
        .pending
        .of(act, &signed_in.officer.number)
        .ok_or_else(Failure::no_such_act)
}

/// Commits once; a second signature over the same act finds what came of the first.
async fn commit(
    portal: &Arc<Portal>,
    signed_in: &SignedIn,
    act: &str,
    pending: &Pending,
    signature: &[u8],
) -> Result<Response, Failure> {
    if let Some(mass) = &pending.mass {
        let statement = &pending.prepared.statement;
        mass::run::begin(portal, signed_in, mass, statement, signature).await?;
        return Ok(see_other(&pending.back));
    }
    let mut outcome = pending.outcome.lock().await;
    if outcome.is_none() {
        let prepared = &pending.prepared;
        let committed = portal.authority.commit(
            &signed_in.officer,
            prepared.act.clone(),
            &prepared.statement,
            signature,
        );
        *outcome = Some(committed.await?);
        pending.settle();
        forget(portal, pending, outcome.as_ref()).await;
    }
    Ok(see_other(&format!("/desk/sign/{act}")))
}

/// What was unfinished is finished: the draft and the claim go. The act is on record, so a failure here is logged only.
async fn forget(portal: &Portal, pending: &Pending, outcome: Option<&Outcome>) {
    if let Some(draft) = &pending.draft
        && let Err(error) = portal.desk.remove_draft(draft).await
    {
        tracing::error!(%error, "a draft that became a case was not thrown away");
    }
    if let Some(Outcome::CaseReviewed { case, .. }) = outcome
        && let Err(error) = portal.desk.give_back(case, &pending.officer).await
    {
        tracing::error!(%error, "a claim on a decided case was not given back");
    }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    act: &str,
    error: bool,
) -> Result<Response, Failure> {
    let pending = find(portal, signed_in, act)?;
    let officer = &signed_in.officer;
    if let Some(outcome) = &*pending.outcome.lock().await {
        let page = visitor.desk_page(officer, Section::Nowhere, "sign.done");
        return visitor.show(&DonePage {
            done: Done::of(outcome, visitor.language),
            page,
            back: pending.back.clone(),
        });
    }
    let mut page = visitor.desk_page(officer, Section::Nowhere, "sign.title");
    page.is_error = error;
    let agent = portal.config.agent_url.clone();
    let mut response = visitor.show(&SignPage {
        page,
        act: act.to_owned(),
        zh: pending.prepared.zh.clone(),
        preview: pending.prepared.preview.clone(),
        text: pending.prepared.statement.clone(),
        agent: agent.clone(),
        back: format!("{}/desk/sign/{act}/signed", portal.config.public_url),
        cancel: pending.back.clone(),
        demonstration: portal.demonstration_key(&officer.number).is_some(),
        command: "gmpki agent sign gmpki-statement.json --key FILE --cert FILE",
        error,
    })?;
    response.extensions_mut().insert(FormTarget(agent));
    Ok(response)
}
