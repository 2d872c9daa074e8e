//! The auditor's desk: saved questions about the whole record. It reads and changes nothing.
//!
//! Each question has a page, whose count is that of its list, and a file for spreadsheets; both lead to the ledger's
//! own proof.

mod answer;
pub(super) mod csv;
mod question;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use self::answer::{Answered, Cell};
use self::question::{Asked, QUESTIONS, Question};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of a page.
const ROWS: u32 = 50;
/// Rows of a file.
const FILE_ROWS: u32 = 10_000;

#[derive(Deserialize)]
pub(super) struct Parameters {
    from: Option<String>,
    until: Option<String>,
    days: Option<String>,
    officer: Option<String>,
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/audit.html")]
struct QuestionsPage {
    page: Page,
    questions: &'static [Question],
}

#[derive(Template)]
#[template(path = "desk/audit_answer.html")]
struct AnswerPage {
    page: Page,
    question: &'static Question,
    asked: Asked,
    rows: Vec<Vec<Cell>>,
    count: u64,
    /// Addresses of the next page and of the file.
    more: Option<String>,
    file: String,
    error: bool,
}

/// `GET /audit`.
pub(super) async fn list(
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    visitor.show(&QuestionsPage {
        page: visitor.desk_page(&signed_in.officer, Section::Audit, "desk.nav_audit"),
        questions: &QUESTIONS,
    })
}

/// `GET /audit/{question}`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let question = named(&name)?;
    let (asked, error) = asked(&portal, &parameters);
    let before = parameters.before.as_deref();
    let officer = &signed_in.officer;
    let answered = if error {
        Answered::default()
    } else {
        answer::of(
            &portal,
            officer,
            question,
            &asked,
            before,
            ROWS,
            visitor.language,
        )
        .await?
    };
    let query = asked.query();
    let mut page = visitor.desk_page(officer, Section::Audit, question.title);
    page.is_error = error;
    visitor.show(&AnswerPage {
        page,
        more: answered
            .more
            .map(|place| format!("/audit/{name}?{query}&before={place}")),
        file: format!("/audit/{name}/file?{query}"),
        question,
        asked,
        rows: answered.rows,
        count: answered.count,
        error,
    })
}

/// `GET /audit/{question}/file`: the list as CSV, at most 10,000 rows.
pub(super) async fn file(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let question = named(&name)?;
    let (asked, error) = asked(&portal, &parameters);
    if error {
        return Err(Failure::bad_request("from, until, days"));
    }
    let officer = &signed_in.officer;
    let answered = answer::of(
        &portal,
        officer,
        question,
        &asked,
        None,
        FILE_ROWS,
        visitor.language,
    )
    .await?;
    let heads = question.heads.iter().map(|head| {
        let word = crate::wording::phrase(visitor.language, head);
        word.to_owned()
    });
    let rows = answered
        .rows
        .into_iter()
        .map(|row| row.into_iter().map(|cell| cell.plain).collect());
    let text = csv::table(heads.collect(), rows);
    let disposition = format!("attachment; filename=\"gmpki-{}.csv\"", question.name);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, text).into_response())
}

fn named(name: &str) -> Result<&'static Question, Failure> {
    let found = QUESTIONS.iter().find(|question| question.name == name);
    found.ok_or_else(Failure::not_found)
}

/// What is asked for, and whether it cannot be: the form then shows the usual span.
fn asked(portal: &Portal, parameters: &Parameters) -> (Asked, bool) {
    let usual = Asked::usual(portal.now());
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let read = usual.with(
        given(&parameters.from),
        given(&parameters.until),
        given(&parameters.days),
        given(&parameters.officer),
    );
    match read {
        Some(asked) => (asked, false),
        None => (usual, true),
    }
}
