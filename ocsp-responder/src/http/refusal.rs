//! The one place where a refusal or a fault becomes an HTTP status and a line of text with a stable code.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why an HTTP request gets no content. OCSP's own errors are not here: they are HTTP 200 (RFC 6960 A.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The body did not arrive whole.
    Body,
    /// Something of ours broke; the log says what.
    Fault,
    /// Content-Type is not application/ocsp-request.
    MediaType,
    /// The path exists, not for this method.
    Method,
    /// No such path, authority, tile or entry.
    NotFound,
    /// A GET request too long to be a sensible OCSP request.
    PathTooLong,
    /// A body beyond the limit.
    TooLarge,
    /// A body that did not arrive in time.
    TooSlow,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Body => (
                StatusCode::BAD_REQUEST,
                "O400 the request body did not arrive whole\n",
            ),
            Self::Fault => (StatusCode::INTERNAL_SERVER_ERROR, "O500 internal error\n"),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "O415 send Content-Type: application/ocsp-request\n",
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "O405 method not allowed here\n",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "O404 no such thing here\n"),
            Self::PathTooLong => (
                StatusCode::URI_TOO_LONG,
                "O414 too long for GET; use POST\n",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "O413 the request body is too large\n",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "O408 the request body took too long\n",
            ),
        };
        (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
    }
}

/// A failed read of the record: logged in full, shown as a fault.
pub(super) fn fault(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "O500 the record cannot be read");
    Refusal::Fault
}
