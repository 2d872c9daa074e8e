//! OCSP over HTTP (RFC 6960 appendix A, caching of RFC 5019 §6 and RFC 9919 §7). OCSP's errors are HTTP 200.

use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Full, LengthLimitError, Limited};
use hyper::body::Body;
use x509::ocsp::ResponseStatus;

use super::conditional::is_among;
use super::deadline::within;
use super::front::ReplyBody;
use super::refusal::Refusal;
use super::request_path;
use crate::answer::Answer;
use crate::responder::{Reply, Responder};
use crate::standing::Standing;

const REQUEST: &str = "application/ocsp-request";
const RESPONSE: HeaderValue = HeaderValue::from_static("application/ocsp-response");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The answer to a GET, where it was signed before and nothing has to be waited for.
pub(super) fn at_hand<B>(
    responder: &Responder,
    request: &Request<B>,
) -> Option<Response<ReplyBody>> {
    let mut space = [0; request_path::SPACE];
    let der = request_path::decode_plain(encoded(request.uri()), &mut space)?;
    let standing = responder.at_hand(der)?;
    Some(cacheable(responder, &standing, request.headers()))
}

/// GET: the rest of the path is the request, in base64, percent-encoded.
pub(super) async fn get(
    responder: &Responder,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response<ReplyBody>, Refusal> {
    let encoded = encoded(uri);
    if encoded.len() > responder.limits.path {
        return Err(Refusal::PathTooLong);
    }
    let request = request_path::decode(encoded, |request| responder.recognizes(request));
    let reply = match request {
        Some(request) => responder.respond(&request).await,
        None => responder.refuse(ResponseStatus::MalformedRequest),
    };
    Ok(match reply {
        Reply::Standing(standing) => cacheable(responder, &standing, headers),
        Reply::Single(answer, _) => uncached(answer),
    })
}

/// POST: the body is the DER of the request.
pub(super) async fn post<B>(
    responder: &Responder,
    request: Request<B>,
) -> Result<Response<ReplyBody>, Refusal>
where
    B: Body<Data = Bytes>,
    B::Error: Into<axum::BoxError>,
{
    if !is_ocsp_request(request.headers()) {
        return Err(Refusal::MediaType);
    }
    let limits = responder.limits;
    let announced = request.body().size_hint().lower();
    if announced > u64::try_from(limits.body).unwrap_or(u64::MAX) {
        return Err(Refusal::TooLarge);
    }
    let body = Limited::new(request.into_body(), limits.body).collect();
    let body = within(limits.time, body)
        .await
        .ok_or(Refusal::TooSlow)?
        .map_err(|error| match error.is::<LengthLimitError>() {
            true => Refusal::TooLarge,
            false => Refusal::Body,
        })?;
    Ok(match responder.respond(&body.to_bytes()).await {
        Reply::Standing(standing) => described(&standing, standing.body.clone()),
        Reply::Single(answer, _) => uncached(answer),
    })
}

/// The encoded request in the path; empty where there is none.
fn encoded(uri: &Uri) -> &str {
    let rest = uri.path().strip_prefix("/ocsp").unwrap_or_default();
    rest.trim_start_matches('/')
}

/// The standing answer, or 304 where the client's copy is the same bytes.
///
/// A date in If-Modified-Since confirms nothing: it has whole seconds, and within one of them a certificate may have
/// been good and revoked.
fn cacheable(
    responder: &Responder,
    standing: &Standing,
    request: &HeaderMap,
) -> Response<ReplyBody> {
    let tag = standing.entity_tag.to_str().unwrap_or_default();
    let lists = request.get_all(header::IF_NONE_MATCH).iter();
    let same = lists
        .filter_map(|list| list.to_str().ok())
        .any(|list| is_among(tag, list));
    if !same {
        return described(standing, standing.body.clone());
    }
    responder.metrics.count_confirmed();
    let mut response = described(standing, Bytes::new());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

/// What RFC 5019 §6.2 wants. Caches that know max-age go by it (RFC 9111 §5.2.2.1).
fn described(standing: &Standing, body: Bytes) -> Response<ReplyBody> {
    let mut response = Response::new(Either::Left(Full::new(body)));
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, RESPONSE);
    headers.insert(header::CACHE_CONTROL, standing.cache_control.clone());
    headers.insert(header::ETAG, standing.entity_tag.clone());
    headers.insert(header::LAST_MODIFIED, standing.last_modified.clone());
    headers.insert(header::EXPIRES, standing.expires.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    *response.headers_mut() = headers;
    response
}

fn uncached(answer: Answer) -> Response<ReplyBody> {
    let mut response = Response::new(Either::Left(Full::new(answer.body)));
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(header::CONTENT_TYPE, RESPONSE);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    *response.headers_mut() = headers;
    response
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
