//! Failures as problem documents (RFC 9457), with the sentence in both languages.

use authority::FieldRefusal;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::failure::Failure;

/// RFC 9457 §3.1, and our members after it.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'a str,
    zh: &'a str,
    en: &'a str,
    fields: &'a [FieldRefusal],
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
}

/// The answer for a program.
pub(crate) fn problem(failure: &Failure) -> Response {
    let told = failure.told();
    let body = serde_json::to_vec(&Problem {
        r#type: "about:blank",
        title: told.status.canonical_reason().unwrap_or("Error"),
        status: told.status.as_u16(),
        code: &told.code,
        zh: &told.zh,
        en: &told.en,
        fields: &told.fields,
        correlation: told.correlation.as_deref(),
    });
    let mut response = (told.status, body.unwrap_or_default()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if told.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
