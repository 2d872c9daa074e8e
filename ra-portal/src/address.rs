//! Addresses with control characters, plain or percent-encoded, are refused before anything looks at them: nothing
//! here is called so, and neither a database nor a terminal should have to cope with them.

use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::failure::Failure;

/// Lets through what is text.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    if has_control(request.uri()) {
        return Failure::bad_request("").into_response();
    }
    next.run(request).await
}

fn has_control(uri: &Uri) -> bool {
    let address = uri
        .path_and_query()
        .map(|whole| whole.as_str())
        .unwrap_or_default();
    let mut escapes = address.split('%').skip(1);
    // `%00` to `%1F`, and `%7F`.
    escapes.any(|escape| match escape.as_bytes() {
        [b'0' | b'1', second, ..] => second.is_ascii_hexdigit(),
        [b'7', b'f' | b'F', ..] => true,
        _ => false,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_in_every_dress() {
        for (address, control) in [
            ("/check?serial=%00", true),
            ("/log/entry/%0a", true),
            ("/a%1Fb", true),
            ("/a%7f", true),
            ("/a%7F", true),
            ("/", false),
            ("/check?serial=0a%3A1b", false),
            ("/%20%41%E9%BB%84", false),
            ("/%0", false),
            ("/%25%30%30", false),
        ] {
            assert_eq!(has_control(&address.parse().unwrap()), control, "{address}");
        }
    }
}
