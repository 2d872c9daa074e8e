//! The cookie that holds a session's token, for browsers: no script reads it, no other site sends it with a form.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::portal::Portal;
use crate::session::LIFETIME;

const NAME: &str = "gmpki-session";

/// The token that a browser sent.
pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
        .filter(|token| token.len() <= 64)
        .map(str::to_owned)
}

/// Has the browser keep a token, or forget it.
pub(super) fn keep(portal: &Portal, response: &mut Response, token: Option<&str>) {
    let secure = if portal.config.public_url.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    let (token, age) = token.map_or(("", 0), |token| (token, LIFETIME));
    let cookie = format!("{NAME}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
