//! OCSP over HTTP (RFC 6960 appendix A, caching of RFC 5019 §6). OCSP's errors are HTTP 200.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use x509::ocsp::ResponseStatus;

use super::conditional::Validators;
use super::request_path;
use super::{Port, Refusal};
use crate::answer::{Answer, Freshness};

const REQUEST: &str = "application/ocsp-request";
const RESPONSE: &str = "application/ocsp-response";

/// POST: the body is the DER of the request.
pub(super) async fn post(
    State(port): State<Port>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    if !is_ocsp_request(&headers) {
        return Err(Refusal::MediaType);
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Body,
    })?;
    Ok(uncached(port.responder.answer(&body)))
}

/// GET: the rest of the path is the request, in base64, percent-encoded.
pub(super) async fn get(
    State(port): State<Port>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let encoded = uri
        .path()
        .strip_prefix("/ocsp")
        .unwrap_or_default()
        .trim_start_matches('/');
    if encoded.len() > port.responder.limits.path {
        return Err(Refusal::PathTooLong);
    }
    let responder = &port.responder;
    let decided = request_path::decode(encoded, |request| responder.recognizes(request))
        .ok_or(ResponseStatus::MalformedRequest)
        .and_then(|request| responder.decide(&request));
    let validators = match &decided {
        Ok(decision) if decision.is_cacheable() => Some(validators(
            decision.entity_tag(),
            decision.freshness,
            responder.limits.max_age,
        )),
        _ => None,
    };
    if let Some(response) = validators.as_ref().and_then(|v| v.not_modified(&headers)) {
        responder.metrics.count_confirmed();
        return Ok(response);
    }
    let answer = responder.finish(decided);
    Ok(match validators {
        Some(validators) if answer.is_successful() => validators.respond(RESPONSE, answer.body),
        _ => uncached(answer),
    })
}

/// What RFC 5019 §6.2 wants, with thisUpdate < now + max-age < nextUpdate.
fn validators(tag: String, freshness: Freshness, max_age: u32) -> Validators {
    let Freshness {
        this_update,
        next_update,
    } = freshness;
    let room = next_update
        .0
        .saturating_sub(this_update.0)
        .saturating_sub(1)
        .max(0);
    let age = i64::from(max_age).min(room);
    Validators {
        tag,
        modified: Some(this_update),
        expires: Some(this_update.plus_seconds(age)),
        cache: format!("max-age={age}, public, no-transform, must-revalidate"),
    }
}

fn uncached(answer: Answer) -> Response {
    let headers = [
        (header::CONTENT_TYPE, RESPONSE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, answer.body).into_response()
}

/// The media type without its parameters, in any case (RFC 9110 §8.3.1).
fn is_ocsp_request(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .is_some_and(|media| media.trim().eq_ignore_ascii_case(REQUEST))
}
