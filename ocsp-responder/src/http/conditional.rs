//! HTTP validators and conditional GET (RFC 9110 §8.8, §13.1): a client that has the current bytes gets 304.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sm_engine::sm3::Digest;
use x509::time::Time;

/// What identifies a representation, and how it may be cached.
pub(super) struct Validators {
    /// Entity tag with its quotes.
    pub(super) tag: String,
    /// Last-Modified.
    pub(super) modified: Option<Time>,
    /// Expires.
    pub(super) expires: Option<Time>,
    /// Cache-Control.
    pub(super) cache: String,
}

impl Validators {
    /// Strong validators of bytes with this digest.
    pub(super) fn of(digest: &Digest, cache: &str) -> Self {
        Self {
            tag: format!("\"{digest}\""),
            modified: None,
            expires: None,
            cache: cache.to_owned(),
        }
    }

    /// The 304 answer, where the client's copy still holds.
    pub(super) fn not_modified(&self, request: &HeaderMap) -> Option<Response> {
        let tags: Vec<_> = request.get_all(header::IF_NONE_MATCH).iter().collect();
        let current = if tags.is_empty() {
            // Only a client without entity tags is believed on dates (RFC 9110 §13.1.3).
            request.get(header::IF_MODIFIED_SINCE).is_some_and(|since| {
                let since = since
                    .to_str()
                    .ok()
                    .and_then(|text| httpdate::parse_http_date(text).ok());
                since
                    .zip(self.modified)
                    .is_some_and(|(since, modified)| system_time(modified) <= since)
            })
        } else {
            tags.iter()
                .filter_map(|tag| tag.to_str().ok())
                .any(|tags| is_among(&self.tag, tags))
        };
        current.then(|| self.apply(StatusCode::NOT_MODIFIED.into_response()))
    }

    /// Whether an If-Range condition means exactly these bytes (RFC 9110 §13.1.5): strong comparison.
    pub(super) fn is_exactly(&self, condition: &str) -> bool {
        let condition = condition.trim();
        let date = httpdate::parse_http_date(condition).ok();
        let same_date = date
            .zip(self.modified)
            .is_some_and(|(date, modified)| date == system_time(modified));
        condition == self.tag || same_date
    }

    /// A 200 answer with these validators.
    pub(super) fn respond(&self, content_type: &'static str, body: impl Into<Body>) -> Response {
        self.apply(([(header::CONTENT_TYPE, content_type)], body.into()).into_response())
    }

    fn apply(&self, mut response: Response) -> Response {
        let fields = [
            (header::ETAG, Some(self.tag.clone())),
            (header::CACHE_CONTROL, Some(self.cache.clone())),
            (header::LAST_MODIFIED, self.modified.map(http_date)),
            (header::EXPIRES, self.expires.map(http_date)),
        ];
        for (name, value) in fields {
            if let Some(value) = value.and_then(|value| value.parse().ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A date as HTTP writes it (RFC 9110 §5.6.7).
pub(crate) fn http_date(time: Time) -> String {
    httpdate::fmt_http_date(system_time(time))
}

/// Whether a weak comparison finds `tag` in an If-None-Match list (RFC 9110 §8.8.3.2). Our tags contain no comma.
pub(super) fn is_among(tag: &str, list: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.split(',')
        .any(|one| one.trim() == "*" || opaque(one) == opaque(tag))
}

/// Kept between 1970 and 9999, outside of which HTTP has no dates.
fn system_time(time: Time) -> SystemTime {
    let seconds = u64::try_from(time.0).unwrap_or(0).min(253_402_300_799);
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn validators() -> Validators {
        Validators {
            tag: "\"abc\"".to_owned(),
            modified: Some(Time(784_111_777)),
            expires: None,
            cache: "no-cache".to_owned(),
        }
    }

    fn asks(name: header::HeaderName, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        validators().not_modified(&headers).is_some()
    }

    #[test]
    fn entity_tags_are_compared_weakly_and_in_lists() {
        for same in ["\"abc\"", "W/\"abc\"", "\"x\", W/\"abc\" ", "*"] {
            assert!(asks(header::IF_NONE_MATCH, same), "{same}");
        }
        for other in ["\"ab\"", "abc", "", "\"abcd\", W/\"a\""] {
            assert!(!asks(header::IF_NONE_MATCH, other), "{other}");
        }
    }

    #[test]
    fn dates_count_only_without_entity_tags() {
        assert!(asks(
            header::IF_MODIFIED_SINCE,
            "Sun, 06 Nov 1994 08:49:37 GMT"
        ));
        assert!(!asks(
            header::IF_MODIFIED_SINCE,
            "Sun, 06 Nov 1994 08:49:36 GMT"
        ));
        assert!(!asks(header::IF_MODIFIED_SINCE, "yesterday"));
        let mut both = HeaderMap::new();
        both.insert(header::IF_NONE_MATCH, "\"other\"".parse().unwrap());
        both.insert(
            header::IF_MODIFIED_SINCE,
            "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap(),
        );
        assert!(validators().not_modified(&both).is_none());
    }

    #[test]
    fn a_range_needs_exactly_these_bytes() {
        for same in ["\"abc\"", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert!(validators().is_exactly(same), "{same}");
        }
        for other in [
            "W/\"abc\"",
            "\"ab\"",
            "Sun, 06 Nov 1994 08:49:38 GMT",
            "*",
            "",
        ] {
            assert!(!validators().is_exactly(other), "{other}");
        }
    }

    #[test]
    fn dates_are_written_as_rfc_9110_wants() {
        let response = validators().respond("text/plain", Vec::new());
        assert_eq!(
            response.headers()[header::LAST_MODIFIED],
            "Sun, 06 Nov 1994 08:49:37 GMT"
        );
        assert_eq!(
            httpdate::fmt_http_date(system_time(Time(-5))),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert_eq!(
            httpdate::fmt_http_date(system_time(Time(i64::MAX))),
            "Fri, 31 Dec 9999 23:59:59 GMT"
        );
    }
}
