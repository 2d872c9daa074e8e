//! The portal as one router: what it needs, and what surrounds every request.

use std::sync::Arc;
use std::time::Duration;

use authority::{Authority, Officer};
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use keys::Signer;
use parking_lot::Mutex;
use policy::{Calendar, Checklists, Verb};
use store::desk::Desk;
use tower_http::timeout::TimeoutLayer;

use crate::address;
use crate::api;
use crate::desk::{self, PendingActs};
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
    /// Base URL of the signing agent on each officer's own machine, `http://127.0.0.1:8765`.
    pub agent_url: String,
    /// Name of the service in Chinese, `山东省电子政务网络信任服务`.
    pub service_name: String,
}

/// An invented officer of a demonstration, with the key: anybody who opens the site may act as this person.
pub struct DemonstrationOfficer {
    /// `OP-0001`.
    pub number: String,
    /// The key.
    pub signer: Arc<dyn Signer>,
}

/// What every handler works on.
pub(crate) struct Portal {
    pub(crate) authority: Authority,
    pub(crate) config: PortalConfig,
    pub(crate) calendar: Calendar,
    pub(crate) checklists: Checklists,
    pub(crate) desk: Desk,
    pub(crate) demonstration: Vec<DemonstrationOfficer>,
    pub(crate) sessions: Sessions,
    pub(crate) pending: PendingActs,
    pub(crate) in_flight: InFlight,
    /// CRLs that officers asked for.
    pub(crate) crls: Mutex<Throttle>,
}

impl Portal {
    /// Nothing signed in, nothing pending.
    pub(crate) fn new(
        authority: Authority,
        desk: Desk,
        demonstration: Vec<DemonstrationOfficer>,
        mut config: PortalConfig,
    ) -> Arc<Self> {
        for url in [
            &mut config.public_url,
            &mut config.machines_url,
            &mut config.agent_url,
        ] {
            url.truncate(url.trim_end_matches('/').len());
        }
        Arc::new(Self {
            authority,
            config,
            calendar: Calendar::embedded()
                .expect("the embedded calendar is well-formed: a test reads it"),
            checklists: Checklists::embedded()
                .expect("the embedded checklists are well-formed: a test reads them"),
            desk,
            demonstration,
            pending: PendingActs::default(),
            sessions: Sessions::default(),
            in_flight: InFlight::default(),
            crls: Mutex::default(),
        })
    }

    /// UTC seconds by the authority's clock.
    pub(crate) fn now(&self) -> i64 {
        self.authority.clock().now().0
    }

    /// Whether the officer's role may do this: what pages offer. What is done is authorized where it is done.
    pub(crate) fn may(&self, officer: &Officer, verb: Verb) -> bool {
        let rules = self.authority.policy().rules();
        rules.authorize(officer.role, verb).is_ok()
    }

    /// Numbers of the officers that anybody may be. None but in a demonstration, whatever was configured.
    pub(crate) fn demonstration_officers(&self) -> impl Iterator<Item = &str> {
        let open = self.authority.is_demonstration();
        let officers = self.demonstration.iter().filter(move |_| open);
        officers.map(|officer| officer.number.as_str())
    }

    /// The key of such an officer.
    pub(crate) fn demonstration_key(&self, number: &str) -> Option<&Arc<dyn Signer>> {
        let mut officers = self.demonstration.iter();
        let found = officers.find(|officer| officer.number == number)?;
        self.authority.is_demonstration().then_some(&found.signer)
    }
}

/// The public site, the officers' desk and, under `/api/v1`, the officers' API.
///
/// Every answer carries the security headers; every failure has a body, HTML for the site and
/// `application/problem+json` for the API. URLs of `config` may end in a slash. Called within a runtime: acts on many
/// certificates that were begun before a stop are carried on with in a task of their own.
pub fn router(
    authority: Authority,
    desk: Desk,
    demonstration: Vec<DemonstrationOfficer>,
    config: PortalConfig,
) -> Router {
    let portal = Portal::new(authority, desk, demonstration, config);
    // What was begun before a stop is carried on with.
    tokio::spawn(desk::resume(Arc::clone(&portal)));
    routes(&portal)
}

/// Every address, and what surrounds each.
pub(crate) fn routes(portal: &Arc<Portal>) -> Router {
    site::router()
        .merge(desk::router(portal))
        .merge(api::router(portal))
        .fallback(async || Failure::not_found())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            TIME_LIMIT,
        ))
        .layer(from_fn(address::check))
        .layer(from_fn_with_state(Arc::clone(portal), failure::present))
        .layer(map_response(headers::complete))
        .with_state(Arc::clone(portal))
}
