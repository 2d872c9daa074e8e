//! One table: which address and method exist, what they need, how much they take.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::on;
use policy::Verb;

use super::{acts, cases, certificates, officers, record, sign_in, status};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::route::{Handler, limited};

/// Where every address of the API begins.
pub(crate) const BASE: &str = "/api/v1";
/// Longest body but for acts.
const BODY: usize = 64 * 1024;
/// Longest act: two evidence files of 10 MB would not fit in less.
const ACT_BODY: usize = 24 * 1024 * 1024;

/// What a caller must have before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: the two steps of signing in, and what the site tells everybody.
    Nothing,
    /// A session of any role.
    Session,
    /// A session whose role may do this.
    Verb(Verb),
    /// A session whose role may do the act in the body.
    Act,
}

/// A row of the table.
pub(crate) struct Route {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path after [`BASE`].
    pub(crate) path: &'static str,
    /// What it needs.
    pub(crate) needs: Needs,
    /// Longest body in bytes.
    body: usize,
    handler: Handler,
}

/// Every address of the API.
pub(crate) static ROUTES: [Route; 19] = [
    Route {
        method: Method::POST,
        path: "/session/challenge",
        needs: Needs::Nothing,
        body: BODY,
        handler: |filter| on(filter, sign_in::challenge),
    },
    Route {
        method: Method::POST,
        path: "/session",
        needs: Needs::Nothing,
        body: BODY,
        handler: |filter| on(filter, sign_in::open),
    },
    Route {
        method: Method::DELETE,
        path: "/session",
        needs: Needs::Session,
        body: BODY,
        handler: |filter| on(filter, sign_in::close),
    },
    Route {
        method: Method::POST,
        path: "/acts/prepare",
        needs: Needs::Act,
        body: ACT_BODY,
        handler: |filter| on(filter, acts::prepare),
    },
    Route {
        method: Method::POST,
        path: "/acts",
        needs: Needs::Act,
        body: ACT_BODY,
        handler: |filter| on(filter, acts::commit),
    },
    Route {
        method: Method::GET,
        path: "/cases",
        needs: Needs::Verb(Verb::CaseList),
        body: BODY,
        handler: |filter| on(filter, cases::list),
    },
    Route {
        method: Method::GET,
        path: "/cases/{case}",
        needs: Needs::Verb(Verb::CaseView),
        body: BODY,
        handler: |filter| on(filter, cases::one),
    },
    Route {
        method: Method::POST,
        path: "/certificates/search",
        needs: Needs::Verb(Verb::CertificateSearch),
        body: BODY,
        handler: |filter| on(filter, certificates::search),
    },
    Route {
        method: Method::GET,
        path: "/certificates/{authority}/{serial}",
        needs: Needs::Verb(Verb::CertificateView),
        body: BODY,
        handler: |filter| on(filter, certificates::one),
    },
    Route {
        method: Method::GET,
        path: "/certificates/{authority}/{serial}/successions",
        needs: Needs::Verb(Verb::CaseSubmit),
        body: BODY,
        handler: |filter| on(filter, certificates::successions),
    },
    Route {
        method: Method::POST,
        path: "/crls/{authority}",
        needs: Needs::Verb(Verb::CrlPublish),
        body: BODY,
        handler: |filter| on(filter, certificates::publish_crl),
    },
    Route {
        method: Method::GET,
        path: "/officers",
        needs: Needs::Verb(Verb::OfficerList),
        body: BODY,
        handler: |filter| on(filter, officers::list),
    },
    Route {
        method: Method::GET,
        path: "/officers/{officer}",
        needs: Needs::Verb(Verb::OfficerList),
        body: BODY,
        handler: |filter| on(filter, officers::one),
    },
    Route {
        method: Method::GET,
        path: "/proposals",
        needs: Needs::Verb(Verb::OfficerList),
        body: BODY,
        handler: |filter| on(filter, officers::proposals),
    },
    Route {
        method: Method::GET,
        path: "/proposals/{proposal}",
        needs: Needs::Verb(Verb::OfficerList),
        body: BODY,
        handler: |filter| on(filter, officers::proposal),
    },
    Route {
        method: Method::GET,
        path: "/ledger/proof/certificate/{authority}/{serial}",
        needs: Needs::Verb(Verb::LedgerRead),
        body: BODY,
        handler: |filter| on(filter, record::proof),
    },
    Route {
        method: Method::GET,
        path: "/figures",
        needs: Needs::Session,
        body: BODY,
        handler: |filter| on(filter, record::figures),
    },
    Route {
        method: Method::GET,
        path: "/status/{serial}",
        needs: Needs::Nothing,
        body: BODY,
        handler: |filter| on(filter, status::by_serial),
    },
    Route {
        method: Method::POST,
        path: "/status",
        needs: Needs::Nothing,
        body: BODY,
        handler: |filter| on(filter, status::by_certificate),
    },
];

impl Route {
    /// Registers the row: guard first, then limit, then handler.
    pub(super) fn add_to(
        &self,
        router: Router<Arc<Portal>>,
        portal: &Arc<Portal>,
    ) -> Router<Arc<Portal>> {
        let guarded = limited(&self.method, self.handler, self.body).layer(from_fn_with_state(
            (Arc::clone(portal), self.needs, self.body),
            guard,
        ));
        router.route(&format!("{BASE}{}", self.path), guarded)
    }
}

/// Lets a request through with the officer it belongs to, or answers 401, 403 or 429 before its body is read.
async fn guard(
    State((portal, needs, most)): State<(Arc<Portal>, Needs, usize)>,
    mut request: Request,
    next: Next,
) -> Response {
    if needs != Needs::Nothing {
        let signed_in = match crate::session::officer_of(&portal, request.headers()).await {
            Ok(signed_in) => signed_in,
            Err(failure) => return failure.into_response(),
        };
        if let Needs::Verb(verb) = needs
            && let Err(refusal) = portal
                .authority
                .policy()
                .rules()
                .authorize(signed_in.officer.role, verb)
        {
            return Failure::from(authority::Error::from(refusal)).into_response();
        }
        let number = signed_in.officer.number.clone();
        request.extensions_mut().insert(signed_in);
        if needs == Needs::Act {
            let bytes = crate::session::in_flight::announced(request.headers(), most);
            let Some(_room) = portal.in_flight.enter(&number, bytes) else {
                return Failure::too_many().into_response();
            };
            return next.run(request).await;
        }
    }
    next.run(request).await
}
