//! The portal as one router: what it needs, and what surrounds every request.

use std::sync::Arc;
use std::time::Duration;

use authority::Authority;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use parking_lot::Mutex;
use tower_http::timeout::TimeoutLayer;

use crate::address;
use crate::api;
use crate::failure::{self, Failure};
use crate::headers;
use crate::session::Sessions;
use crate::session::in_flight::InFlight;
use crate::session::throttle::Throttle;
use crate::site;

/// Longest time for a request, its body included.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// What the portal has to know about where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalConfig {
    /// Base URL of the portal itself, `http://127.0.0.1:8080`: the origin that officers sign when they sign in.
    pub public_url: String,
    /// Base URL of the machines' port (OCSP, CRLs, CA certificates, ledger), `http://127.0.0.1:8081`.
    pub machines_url: String,
    /// Name of the service in Chinese, `山东省电子政务网络信任服务`.
    pub service_name: String,
}

/// What every handler works on.
pub(crate) struct Portal {
    pub(crate) authority: Authority,
    pub(crate) config: PortalConfig,
    pub(crate) sessions: Sessions,
    pub(crate) in_flight: InFlight,
    /// CRLs that officers asked for.
    pub(crate) crls: Mutex<Throttle>,
}

impl Portal {
    /// UTC seconds by the authority's clock.
    pub(crate) fn now(&self) -> i64 {
        self.authority.clock().now().0
    }
}

/// The public site and, under `/api/v1`, the officers' API.
///
/// Every answer carries the security headers; every failure has a body, HTML for the site and
/// `application/problem+json` for the API. URLs of `config` may end in a slash.
pub fn router(authority: Authority, mut config: PortalConfig) -> Router {
    for url in [&mut config.public_url, &mut config.machines_url] {
        url.truncate(url.trim_end_matches('/').len());
    }
    let portal = Arc::new(Portal {
        authority,
        config,
        sessions: Sessions::default(),
        in_flight: InFlight::default(),
        crls: Mutex::default(),
    });
    site::router()
        .merge(api::router(&portal))
        .fallback(async || Failure::not_found())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            TIME_LIMIT,
        ))
        .layer(from_fn(address::check))
        .layer(from_fn_with_state(Arc::clone(&portal), failure::present))
        .layer(map_response(headers::complete))
        .with_state(portal)
}
