//! What every answer of the portal carries, whatever made it.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

const ALWAYS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Where else than here a form of this page may go: the officer's signing agent on the same machine.
#[derive(Clone)]
pub(crate) struct FormTarget(pub(crate) String);

/// Adds them. Only what its handler declared immutable may be stored anywhere.
pub(crate) async fn complete(mut response: Response) -> Response {
    let target = response.extensions().get::<FormTarget>().cloned();
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(FormTarget(target)) = target
        && let Ok(policy) = HeaderValue::try_from(ALWAYS[0].1.replace(
            "form-action 'self'",
            &format!("form-action 'self' {target}"),
        ))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        // The agent asks the browser where the form came from; a stricter policy would not tell.
        let origin = HeaderValue::from_static("origin");
        headers.insert(header::REFERRER_POLICY, origin);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
