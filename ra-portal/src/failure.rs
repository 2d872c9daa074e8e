//! The one place where an error becomes an HTTP answer: a status, a stable code, and what to do in both languages.
//!
//! A [`Failure`] travels as an extension of an empty response; [`present`] turns it into a page for people or into
//! a problem document (RFC 9457) under `/api`. A refusal is told in full, a fault only by a correlation number.

use std::sync::Arc;

use authority::{FieldRefusal, Refusal};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api;
use crate::language::Language;
use crate::page::Visitor;
use crate::portal::Portal;
use crate::site;
use crate::wording::phrase;

/// Why a request is not answered as asked.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Arc<Told>);

/// What is told about it.
#[derive(Debug)]
pub(crate) struct Told {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// Stable code: `W4xx` of this crate, `A4xx` of the authority, `P4xx` of policy.
    pub(crate) code: String,
    /// Chinese: what happened and what to do.
    pub(crate) zh: String,
    /// English: the same.
    pub(crate) en: String,
    /// Fields of a form that were not accepted.
    pub(crate) fields: Vec<FieldRefusal>,
    /// Number under which the log knows a fault.
    pub(crate) correlation: Option<String>,
}

impl Failure {
    fn own(status: StatusCode, code: &str, key: &'static str, detail: &str) -> Self {
        let text = |language| format!("{}{detail}", phrase(language, key));
        Self(Arc::new(Told {
            status,
            code: code.to_owned(),
            zh: text(Language::Chinese),
            en: text(Language::English),
            fields: Vec::new(),
            correlation: None,
        }))
    }

    /// 400: the request cannot be understood; `detail` says where.
    pub(crate) fn bad_request(detail: &str) -> Self {
        let detail = if detail.is_empty() {
            String::new()
        } else {
            format!(" ({detail})")
        };
        Self::own(
            StatusCode::BAD_REQUEST,
            "W400",
            "failure.bad_request",
            &detail,
        )
    }

    /// 401: no session, or one that has ended.
    pub(crate) fn not_signed_in() -> Self {
        Self::own(
            StatusCode::UNAUTHORIZED,
            "W401",
            "failure.not_signed_in",
            "",
        )
    }

    /// 401: the challenge is unknown, used or too old, or its signature does not verify. Which, is not told.
    pub(crate) fn sign_in_failed() -> Self {
        Self::own(
            StatusCode::UNAUTHORIZED,
            "W402",
            "failure.sign_in_failed",
            "",
        )
    }

    /// 403: a form that was not on a page of this site.
    pub(crate) fn foreign_form() -> Self {
        Self::own(StatusCode::FORBIDDEN, "W403", "failure.foreign_form", "")
    }

    /// 422: the chosen authority has no keys of the kind that the chosen class is for.
    pub(crate) fn wrong_issuer() -> Self {
        Self::own(
            StatusCode::UNPROCESSABLE_ENTITY,
            "W425",
            "failure.wrong_issuer",
            "",
        )
    }

    /// 403: unfinished work of another officer.
    pub(crate) fn not_yours() -> Self {
        Self::own(StatusCode::FORBIDDEN, "W406", "failure.not_yours", "")
    }

    /// 409: somebody changes the same batch again and again.
    pub(crate) fn batch_changed() -> Self {
        Self::own(StatusCode::CONFLICT, "W411", "failure.batch_changed", "")
    }

    /// 404: no such act waits for this officer's signature.
    pub(crate) fn no_such_act() -> Self {
        Self::own(StatusCode::NOT_FOUND, "W410", "failure.no_such_act", "")
    }

    /// 404: nothing is here.
    pub(crate) fn not_found() -> Self {
        Self::own(StatusCode::NOT_FOUND, "W404", "failure.not_found", "")
    }

    /// 413: the body is larger than this address takes.
    pub(crate) fn too_large() -> Self {
        Self::own(
            StatusCode::PAYLOAD_TOO_LARGE,
            "W413",
            "failure.too_large",
            "",
        )
    }

    /// 415: JSON was expected.
    pub(crate) fn not_json() -> Self {
        Self::own(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "W415",
            "failure.not_json",
            "",
        )
    }

    /// 429: too many sign-ins in this minute.
    pub(crate) fn too_many() -> Self {
        Self::own(
            StatusCode::TOO_MANY_REQUESTS,
            "W429",
            "failure.too_many",
            "",
        )
    }

    /// 503: no room for another session now.
    pub(crate) fn full() -> Self {
        Self::own(StatusCode::SERVICE_UNAVAILABLE, "W503", "failure.full", "")
    }

    /// 500: something broke. The cause goes to the log under the number that the answer shows.
    pub(crate) fn fault(cause: &dyn std::fmt::Display) -> Self {
        let correlation = hex::encode(sm_engine::random::array::<8>());
        tracing::error!(%correlation, %cause, "a request failed");
        let text = |language| phrase(language, "failure.fault").to_owned();
        Self(Arc::new(Told {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "W500".to_owned(),
            zh: text(Language::Chinese),
            en: text(Language::English),
            fields: Vec::new(),
            correlation: Some(correlation),
        }))
    }

    /// A rule said no. `status` where the place knows better than the code does.
    pub(crate) fn refused(refusal: Refusal, status: Option<StatusCode>) -> Self {
        Self(Arc::new(Told {
            status: status.unwrap_or_else(|| status_of(&refusal.code)),
            code: refusal.code,
            zh: refusal.zh,
            en: refusal.en,
            fields: refusal.fields,
            correlation: None,
        }))
    }

    /// What is told.
    pub(crate) fn told(&self) -> &Told {
        &self.0
    }

    /// The failure behind a bare status that a layer below answered.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::own(status, "W405", "failure.method", ""),
            StatusCode::REQUEST_TIMEOUT => Self::own(status, "W408", "failure.timeout", ""),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::not_json(),
            status if status.is_server_error() => Self::fault(&status),
            _ => Self::bad_request(""),
        }
    }
}

/// HTTP status of a refusal: its family says whether the person, the moment or the content was wrong.
fn status_of(code: &str) -> StatusCode {
    match code {
        "A401" => StatusCode::UNAUTHORIZED,
        "A403" => StatusCode::FORBIDDEN,
        "A404" => StatusCode::NOT_FOUND,
        "A408" | "A409" | "A410" | "P409" | "P410" => StatusCode::CONFLICT,
        _ if code.starts_with('P') => StatusCode::FORBIDDEN,
        "A413" => StatusCode::PAYLOAD_TOO_LARGE,
        "A429" => StatusCode::TOO_MANY_REQUESTS,
        "A512" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<authority::Error> for Failure {
    fn from(error: authority::Error) -> Self {
        match error {
            authority::Error::Refused(refusal) => Self::refused(refusal, None),
            authority::Error::Stopping => Self::own(
                StatusCode::SERVICE_UNAVAILABLE,
                "W503",
                "failure.stopping",
                "",
            ),
            fault => Self::fault(&fault),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(fault: store::Error) -> Self {
        Self::fault(&fault)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::refused(refusal, None)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.told().status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every failure its body: an HTML page, or a problem document under `/api`.
pub(crate) async fn present(
    State(portal): State<Arc<Portal>>,
    request: Request,
    next: Next,
) -> Response {
    let visitor = Visitor::of(&portal, request.uri(), request.headers());
    let for_machines = request.uri().path() == "/api" || request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let failure = response.extensions().get::<Failure>().cloned();
    let has_body = response.headers().contains_key(header::CONTENT_LANGUAGE);
    match failure {
        None if has_body => response,
        failure => {
            let failure = failure.unwrap_or_else(|| Failure::of_status(status));
            let mut answer = if for_machines {
                api::problem(&failure)
            } else {
                site::failure_page(&visitor, &failure)
            };
            if let Some(allow) = response.headers().get(header::ALLOW) {
                answer.headers_mut().insert(header::ALLOW, allow.clone());
            }
            answer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_of_a_code_gives_the_status() {
        for (code, status) in [
            ("P403", 403),
            ("P409", 409),
            ("P999", 403),
            ("A401", 401),
            ("A404", 404),
            ("A409", 409),
            ("A408", 409),
            ("A422", 422),
            ("E102", 422),
        ] {
            assert_eq!(status_of(code).as_u16(), status, "{code}");
        }
    }

    #[test]
    fn a_fault_tells_nothing_but_its_number() {
        let failure = Failure::fault(&"the table of secrets is broken");
        let told = failure.told();
        assert_eq!(told.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!told.en.contains("secrets") && !told.zh.contains("secrets"));
        assert_eq!(told.correlation.as_ref().map(String::len), Some(16));
    }
}
