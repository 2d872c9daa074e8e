//! The port: which path leads where, what every answer carries, how long a request may take.

mod conditional;
mod deadline;
mod distribution;
mod front;
mod log;
mod ocsp;
mod refusal;
mod representation;
mod request_path;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::Response;
use axum::routing::get;
use store::Store;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::publication::Shelf;
use crate::responder::Responder;
pub(crate) use conditional::http_date;
pub use front::{ReplyBody, StatusPort};
use log::Tree;
use refusal::Refusal;

/// What a machine finds that asks for nothing in particular.
const ABOUT: &str = "\
gmpki 状态服务端口，供机器使用 / status port for machines.
OCSP: POST / or /ocsp, GET /ocsp/{base64}. Files: /ca, /ca/{authority}.cer|.pem.
CRLs: /crl/{authority} lists them: {authority}.crl, {authority}.delta.crl, {authority}/{shard}of{shards}.crl.
Ledger: /log/checkpoint, /log/tile/..., /log/entry/{n}, /log/proof/{n}; SHA-256 mirror: /log/sha256/....
State: /health, /ready, /metrics.
";

/// What every handler works on.
#[derive(Clone)]
struct Port {
    responder: Arc<Responder>,
    store: Store,
    shelf: Arc<Shelf>,
}

/// Everything but OCSP: CRLs and CA certificates, the public ledger, health and metrics.
fn router(port: &Port) -> Router {
    let (responder, limits) = (Arc::clone(&port.responder), port.responder.limits);
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/", get(about))
        .route("/ca", get(distribution::list))
        .route("/ca/{file}", get(distribution::certificate))
        .route("/crl/{file}", get(distribution::crl))
        .route("/crl/{authority}/{file}", get(distribution::shard))
        .merge(tree("/log", Tree::Log))
        .merge(tree("/log/sha256", Tree::Mirror))
        .route("/log/entry/{index}", get(log::entry))
        .route("/log/proof/{index}", get(log::proof))
        .route("/health", get(state::health))
        .route("/ready", get(state::ready))
        .route("/metrics", get(state::metrics))
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits.time,
        ))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .layer(map_response_with_state(responder, count_errors))
        .with_state(port.clone())
}

/// The addresses of one tree of the ledger.
fn tree(base: &str, tree: Tree) -> Router<Port> {
    Router::new()
        .route(
            &format!("{base}/checkpoint"),
            get(move |port: State<Port>, headers: HeaderMap| log::checkpoint(tree, port, headers)),
        )
        .route(
            &format!("{base}/tile/{{*path}}"),
            get(
                move |port: State<Port>, path: PathPart, headers: HeaderMap| {
                    log::tile(tree, port, path, headers)
                },
            ),
        )
}

/// The variable part of a path; what is not UTF-8 names nothing that we have.
struct PathPart(String);

impl<S: Send + Sync> FromRequestParts<S> for PathPart {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part))
            .map_err(|_| Refusal::NotFound)
    }
}

async fn about() -> &'static str {
    ABOUT
}

async fn count_errors(State(responder): State<Arc<Responder>>, response: Response) -> Response {
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        responder.metrics.count_http_error(status.is_server_error());
    }
    response
}
