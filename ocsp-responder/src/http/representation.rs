//! Large files as clients want them: whole, compressed, or a range of their bytes (RFC 9110 §12.5.3, §14).
//!
//! A file and its compressed form are two representations with two entity tags; ranges are of the file itself. One
//! range is served; several at once are a client's wish that a server may decline, and get the whole.

use std::ops::Range;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::conditional::Validators;
use crate::publication::Content;

/// How a request wants a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Compressed with gzip.
    Gzip,
    /// As it is.
    Identity,
}

/// The form that a request asks for: gzip where it is accepted and no range is asked for.
pub(super) fn form(request: &HeaderMap) -> Form {
    if request.contains_key(header::RANGE) || !accepts_gzip(request) {
        Form::Identity
    } else {
        Form::Gzip
    }
}

/// Accept-Encoding names gzip (or everything) with a weight that is not 0.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let mut any = None;
    let mut gzip = None;
    for value in request.get_all(header::ACCEPT_ENCODING) {
        for item in value.to_str().unwrap_or_default().split(',') {
            let mut parts = item.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            let refused = parts
                .filter_map(|part| part.strip_prefix("q="))
                .any(|weight| weight.trim().parse().is_ok_and(|weight: f32| weight <= 0.0));
            match coding.to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => gzip = Some(!refused),
                "*" => any = Some(!refused),
                _ => {}
            }
        }
    }
    gzip.or(any).unwrap_or(false)
}

/// The entity tag of the compressed form.
pub(super) fn gzip_tag(tag: &str) -> String {
    format!("{}-gzip\"", tag.trim_end_matches('"'))
}

/// The compressed file.
pub(super) fn compressed(
    validators: &Validators,
    content_type: &'static str,
    content: &Content,
) -> Response {
    let mut response = validators.respond(content_type, content.whole());
    let gzip = HeaderValue::from_static("gzip");
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, gzip);
    varies(&mut response);
    response
}

/// The file, or the range of it that is asked for.
pub(super) fn plain(
    validators: &Validators,
    content_type: &'static str,
    content: &Content,
    request: &HeaderMap,
) -> Response {
    let length = content.len();
    let range = match requested_range(validators, request, length) {
        Requested::Whole => None,
        Requested::Part(range) => Some(range),
        Requested::Nothing => {
            let mut response = validators.respond(content_type, Bytes::new());
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            set(
                &mut response,
                header::CONTENT_RANGE,
                format!("bytes */{length}"),
            );
            return response;
        }
    };
    let mut response = match range {
        None => validators.respond(content_type, content.whole()),
        Some(range) => {
            let part = content.part(range.clone());
            let mut response = validators.respond(content_type, part);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let last = range.end.saturating_sub(1);
            let place = format!("bytes {}-{last}/{length}", range.start);
            set(&mut response, header::CONTENT_RANGE, place);
            response
        }
    };
    let bytes = HeaderValue::from_static("bytes");
    response.headers_mut().insert(header::ACCEPT_RANGES, bytes);
    varies(&mut response);
    response
}

/// Caches keep the forms apart.
pub(super) fn varies(response: &mut Response) {
    let vary = HeaderValue::from_static("accept-encoding");
    response.headers_mut().insert(header::VARY, vary);
}

fn set(response: &mut Response, name: header::HeaderName, value: String) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Requested {
    Nothing,
    Part(Range<u64>),
    Whole,
}

fn requested_range(validators: &Validators, request: &HeaderMap, length: u64) -> Requested {
    let text = |name| request.get(name).and_then(|value| value.to_str().ok());
    let Some(asked) = text(&header::RANGE) else {
        return Requested::Whole;
    };
    // What the client has a part of must be what we have (RFC 9110 §13.1.5).
    if let Some(condition) = text(&header::IF_RANGE)
        && !validators.is_exactly(condition)
    {
        return Requested::Whole;
    }
    range(asked, length)
}

/// One range of RFC 9110 §14.1.2. What is not one is passed over, as the standard asks.
fn range(text: &str, length: u64) -> Requested {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Requested::Whole;
    };
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if last < first => return Requested::Whole,
        (Some(first), Some(last)) => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return Requested::Whole,
    };
    if range.start < range.end {
        Requested::Part(range)
    } else {
        Requested::Nothing
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ranges() {
        for (text, expected) in [
            ("bytes=0-0", Requested::Part(0..1)),
            ("bytes=2-5", Requested::Part(2..6)),
            ("bytes=5-", Requested::Part(5..10)),
            ("bytes=5-99999999999999999999999", Requested::Part(5..10)),
            ("bytes=-3", Requested::Part(7..10)),
            ("bytes=-30", Requested::Part(0..10)),
            ("bytes=10-", Requested::Nothing),
            ("bytes=-0", Requested::Nothing),
            ("bytes=5-2", Requested::Whole),
            ("bytes=0-1,3-4", Requested::Whole),
            ("bytes=a-b", Requested::Whole),
            ("bytes=-", Requested::Whole),
            ("bytes=+1-2", Requested::Whole),
            ("lines=1-2", Requested::Whole),
            ("", Requested::Whole),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), Requested::Nothing);
    }

    #[test]
    fn encodings() {
        let asked = |accept: &[&str], range: bool| {
            let mut request = HeaderMap::new();
            for value in accept {
                request.append(header::ACCEPT_ENCODING, value.parse().unwrap());
            }
            if range {
                request.insert(header::RANGE, "bytes=0-1".parse().unwrap());
            }
            form(&request)
        };
        for accept in [
            "gzip",
            "deflate, GZIP;q=0.5",
            "*",
            "br;q=1, x-gzip",
            "*;q=0, gzip",
        ] {
            assert_eq!(asked(&[accept], false), Form::Gzip, "{accept}");
            assert_eq!(asked(&[accept], true), Form::Identity);
        }
        for accept in [
            "",
            "identity",
            "gzip;q=0",
            "gzip; q=0.000, *",
            "br",
            "*;q=0",
        ] {
            assert_eq!(asked(&[accept], false), Form::Identity, "{accept}");
        }
        assert_eq!(asked(&[], false), Form::Identity);
        assert_eq!(asked(&["br", "gzip"], false), Form::Gzip);
    }

    #[test]
    fn the_forms_have_different_tags() {
        assert_eq!(gzip_tag("\"ab\""), "\"ab-gzip\"");
    }
}
