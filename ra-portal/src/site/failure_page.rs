//! The page of a failure: what happened, the code, what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::failure::{Failure, Told};
use crate::page::{Page, Section, Visitor};

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    page: Page,
    told: &'a Told,
    sentence: &'a str,
    advice: &'static str,
}

/// The answer for a person.
pub(crate) fn failure_page(visitor: &Visitor, failure: &Failure) -> Response {
    let told = failure.told();
    let (title, advice) = match told.status {
        StatusCode::NOT_FOUND => ("failure.title_not_found", "failure.advice_not_found"),
        status if status.is_server_error() => ("failure.title_fault", "failure.advice_fault"),
        _ => ("failure.title_request", "failure.advice_request"),
    };
    let mut page = visitor.page(Section::Nowhere, title);
    page.is_error = true;
    let sentence = visitor.language.pick(told.zh.as_str(), told.en.as_str());
    let advice = page.t(advice);
    let shown = visitor.show_with(
        told.status,
        &FailurePage {
            page,
            told,
            sentence,
            advice,
        },
    );
    // A template that cannot be rendered must not hide that something failed.
    shown.unwrap_or_else(|_| told.status.into_response())
}
