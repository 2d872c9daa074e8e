//! A page of fields: kept as typed, with what is wrong beside each.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Part, Work};
use crate::desk::form::{Fields, see_other};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// A field as it is asked.
struct Question {
    name: String,
    label: String,
    example: String,
    value: String,
    required: bool,
    personal: bool,
    /// Code and sentence.
    error: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "desk/fields.html")]
struct FieldsPage {
    page: Page,
    draft: String,
    part: Part,
    questions: Vec<Question>,
}

/// `GET /draft/{draft}/fields/{part}`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path((draft, part)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let part = Part::of_name(&part).ok_or_else(Failure::not_found)?;
    let work = Work::open(&portal, &signed_in, &draft).await?;
    page(&portal, &visitor, &signed_in, &work, part, false)
}

/// `POST /draft/{draft}/fields/{part}`: keeps the page; on to the next one if everything is right.
pub(in crate::desk) async fn save(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path((draft, part)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    let part = Part::of_name(&part).ok_or_else(Failure::not_found)?;
    let mut work = Work::open(&portal, &signed_in, &draft).await?;
    let profile = Arc::clone(&work.profile);
    for field in part.fields(&profile) {
        let typed = fields.text(&field.name);
        // What is right is kept as it will be used; what is wrong is kept as it was typed.
        let value = field.accept(typed, x509::time::Time(portal.now()));
        let value = value.unwrap_or_else(|_| typed.chars().take(1_000).collect());
        work.content.form.insert(field.name.clone(), value);
    }
    work.keep(&portal).await?;
    if !work.is_done(part, portal.now()) {
        return page(&portal, &visitor, &signed_in, &work, part, true);
    }
    let later = Part::ALL.into_iter().skip_while(|one| *one != part).skip(1);
    let mut later = later.filter(|part| !part.fields(&profile).is_empty());
    Ok(see_other(&match later.next() {
        Some(next) => format!("{}/fields/{}", work.address(), next.name()),
        None => format!("{}/request", work.address()),
    }))
}

/// `saved`: what is wrong is told; a page that is opened for the first time tells only of what was typed.
fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    work: &Work,
    part: Part,
    saved: bool,
) -> Result<Response, Failure> {
    let language = visitor.language;
    let questions: Vec<Question> = part
        .fields(&work.profile)
        .into_iter()
        .map(|field| {
            let value = work
                .content
                .form
                .get(&field.name)
                .cloned()
                .unwrap_or_default();
            let told = saved || !value.is_empty();
            let flaw = work.flaw(field, portal.now()).filter(|_| told);
            Question {
                name: field.name.clone(),
                label: language.pick(&field.zh, &field.en).clone(),
                example: field.example.clone(),
                required: field.required,
                personal: field.personal,
                error: flaw.map(|flaw| (flaw.code, language.pick(flaw.zh, flaw.en))),
                value,
            }
        })
        .collect();
    let mut page = visitor.desk_page(&signed_in.officer, Section::Enter, part.title());
    page.is_error = questions.iter().any(|question| question.error.is_some());
    visitor.show(&FieldsPage {
        page,
        draft: work.draft.draft.clone(),
        part,
        questions,
    })
}
