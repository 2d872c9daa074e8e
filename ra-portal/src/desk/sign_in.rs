//! Signing in from a browser: with the agent, with a file that was signed elsewhere, or in a demonstration as one of
//! its invented officers.

use std::sync::Arc;

use askama::Template;
use authority::Officer;
use axum::Extension;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::form::{Fields, local, see_other, with_file};
use super::{cookie, signature};
use crate::failure::Failure;
use crate::headers::FormTarget;
use crate::page::desk_bar::role_word;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;
use crate::session::challenge::Challenge;
use crate::session::sign_in::{self, Opened};

/// One of the invented officers of a demonstration.
struct Person {
    number: String,
    name: String,
    role: &'static str,
    work: &'static str,
}

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct SignInPage {
    page: Page,
    next: String,
    number: String,
    error: Option<String>,
    people: Vec<Person>,
}

#[derive(Template)]
#[template(path = "desk/challenge.html")]
struct ChallengePage {
    page: Page,
    officer: Officer,
    id: String,
    text: String,
    next: String,
    agent: String,
    back: String,
    command: &'static str,
    error: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Returned {
    id: String,
    signature: String,
    next: Option<String>,
}

/// `GET /desk/sign-in`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let next = asked.next.unwrap_or_default();
    page(&portal, &visitor, &next, "", None).await
}

/// `POST /desk/sign-in`: the challenge for the officer of that number.
pub(super) async fn ask(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Failure> {
    let (number, next) = (fields.text("number"), fields.text("next"));
    let officer = match portal.authority.officer(&number.to_uppercase()).await {
        Ok(officer) => officer,
        Err(authority::Error::Refused(refusal)) => {
            let text = visitor.language.pick(refusal.zh, refusal.en);
            return page(&portal, &visitor, next, number, Some(text)).await;
        }
        Err(fault) => return Err(fault.into()),
    };
    let question = sign_in::ask(&portal, &officer);
    challenge(
        &portal,
        &visitor,
        officer,
        question.id,
        question.text,
        next,
        false,
    )
}

/// `POST /desk/sign-in/challenge`: the text to sign, as a file.
pub(super) async fn challenge_file(
    State(portal): State<Arc<Portal>>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (_, text) = asked(&portal, fields.text("id")).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"gmpki-sign-in.txt\"",
        ),
    ];
    Ok((headers, text).into_response())
}

/// `POST /desk/sign-in/answer`: the signature as a file or as text.
pub(super) async fn answer(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let (fields, file) = with_file(multipart).await?;
    let (id, next) = (fields.text("id"), fields.text("next"));
    let opened = match signature::of_form(&fields, file) {
        Some(signature) => sign_in::answer(&portal, id, &signature).await,
        None => Err(Failure::sign_in_failed()),
    };
    match opened {
        Ok(opened) => Ok(enter(&portal, &opened, next)),
        // A wrong file is chosen easily: the same question once more, while it can be answered.
        Err(failure) => match asked(&portal, id).await {
            Ok((officer, text)) => {
                challenge(&portal, &visitor, officer, id.to_owned(), text, next, true)
            }
            Err(_) => Err(failure),
        },
    }
}

/// `GET /desk/sign-in/answer`: back from the agent with the signature. It opens a session for nobody but the officer
/// whose signature it is.
pub(super) async fn returned(
    State(portal): State<Arc<Portal>>,
    Query(returned): Query<Returned>,
) -> Result<Response, Failure> {
    let signature = signature::of_text(&returned.signature).ok_or_else(Failure::sign_in_failed)?;
    let opened = sign_in::answer(&portal, &returned.id, &signature).await?;
    Ok(enter(&portal, &opened, &returned.next.unwrap_or_default()))
}

/// `POST /desk/sign-in/demonstration`: in a demonstration, as the invented officer of that number.
pub(super) async fn demonstration(
    State(portal): State<Arc<Portal>>,
    fields: Fields,
) -> Result<Response, Failure> {
    let number = fields.text("number");
    let key = portal
        .demonstration_key(number)
        .ok_or_else(Failure::not_found)?;
    let officer = sign_in::unauthorized(portal.authority.officer(number).await)?;
    let question = sign_in::ask(&portal, &officer);
    let signature = key
        .sign(question.text.as_bytes())
        .map_err(|fault| Failure::fault(&fault))?;
    let opened = sign_in::answer(&portal, &question.id, &signature.to_bytes()).await?;
    Ok(enter(&portal, &opened, fields.text("next")))
}

/// `POST /desk/sign-out`: the session ends at once.
pub(super) async fn sign_out(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
) -> Response {
    portal.sessions.close(&signed_in);
    let mut response = see_other("/desk/sign-in");
    cookie::keep(&portal, &mut response, None);
    response
}

/// The officer and the text of a question that was asked here and can still be answered.
async fn asked(portal: &Portal, id: &str) -> Result<(Officer, String), Failure> {
    let failed = Failure::sign_in_failed;
    let read = Challenge::read(id, portal.now()).ok_or_else(failed)?;
    let officer = sign_in::unauthorized(portal.authority.officer(&read.officer).await)?;
    let origin = &portal.config.public_url;
    let text = portal.sessions.challenges.asked(origin, &officer, &read);
    Ok((officer, text.ok_or_else(failed)?))
}

fn enter(portal: &Portal, opened: &Opened, next: &str) -> Response {
    let mut response = see_other(local(next));
    cookie::keep(portal, &mut response, Some(&opened.token));
    response
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    next: &str,
    number: &str,
    error: Option<String>,
) -> Result<Response, Failure> {
    let mut people = Vec::new();
    for number in portal.demonstration_officers() {
        // Whose certificate has ended cannot be chosen.
        if let Ok(officer) = portal.authority.officer(number).await {
            people.push(Person {
                role: role_word(officer.role),
                work: role_work(officer.role),
                number: officer.number,
                name: officer.name,
            });
        }
    }
    let mut page = visitor.page(Section::Workbench, "sign_in.title");
    page.is_error = error.is_some();
    visitor.show(&SignInPage {
        page,
        next: local(next).to_owned(),
        number: number.to_owned(),
        error,
        people,
    })
}

fn challenge(
    portal: &Portal,
    visitor: &Visitor,
    officer: Officer,
    id: String,
    text: String,
    next: &str,
    error: bool,
) -> Result<Response, Failure> {
    let mut page = visitor.page(Section::Workbench, "sign_in.title");
    page.is_error = error;
    let next = local(next).to_owned();
    let mut response = visitor.show(&ChallengePage {
        page,
        officer,
        back: format!(
            "{}/desk/sign-in/answer?id={id}&next={next}",
            portal.config.public_url
        ),
        id,
        text,
        next,
        agent: portal.config.agent_url.clone(),
        command: "gmpki agent sign gmpki-sign-in.txt --key FILE --cert FILE",
        error,
    })?;
    response
        .extensions_mut()
        .insert(FormTarget(portal.config.agent_url.clone()));
    Ok(response)
}

/// Key of the line that says what a role does.
fn role_work(role: policy::Role) -> &'static str {
    match role {
        policy::Role::Entry => "role.entry_work",
        policy::Role::Review => "role.review_work",
        policy::Role::Production => "role.production_work",
        policy::Role::RaAdministrator => "role.ra-administrator_work",
        policy::Role::Auditor => "role.auditor_work",
    }
}
