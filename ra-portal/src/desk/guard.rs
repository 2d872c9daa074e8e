//! What stands before every page of the desk: the session, the role, and that a form came from one of our own pages.

use std::sync::Arc;

use authority::Error;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cookie;
use super::form::see_other;
use super::route::Needs;
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session;

/// Lets a request through with the officer it belongs to. Whoever is not signed in and reads is led to signing in;
/// whoever may not is told so, and the log keeps it.
pub(super) async fn guard(
    State((portal, needs)): State<(Arc<Portal>, Needs)>,
    mut request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && !is_from_here(&portal, request.headers()) {
        return Failure::foreign_form().into_response();
    }
    if needs == Needs::Nothing {
        return next.run(request).await;
    }
    let token = cookie::token(request.headers());
    let signed_in = match token {
        Some(token) => session::officer_of_token(&portal, &token).await,
        None => Err(Failure::not_signed_in()),
    };
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(failure) if failure.told().status == StatusCode::UNAUTHORIZED => {
            let to = if reads { request.uri().path() } else { "/desk" };
            return see_other(&format!("/desk/sign-in?next={to}"));
        }
        Err(failure) => return failure.into_response(),
    };
    if let Needs::Verb(verbs) = needs {
        let rules = portal.authority.policy().rules();
        let role = signed_in.officer.role;
        let refusals = verbs.iter().map(|verb| rules.authorize(role, *verb).err());
        if let Some(refusal) = refusals
            .collect::<Option<Vec<_>>>()
            .and_then(|mut all| all.pop())
        {
            let officer = &signed_in.officer.number;
            tracing::warn!(%officer, method = %request.method(), "an officer asked for what the role may not");
            return Failure::from(Error::from(refusal)).into_response();
        }
    }
    request.extensions_mut().insert(signed_in);
    next.run(request).await
}

/// Whether a browser says that the form was on a page of this site. Browsers set both headers themselves and send at
/// least one with every form; a request with neither did not come from a page.
fn is_from_here(portal: &Portal, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let host = text(header::HOST).unwrap_or_default();
    let same_host = origin.split_once("://").is_some_and(|(_, of)| of == host);
    origin == portal.config.public_url || (same_host && !host.is_empty())
}
