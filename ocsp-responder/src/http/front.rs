//! The front of the port: OCSP goes straight to the responder, everything else to the router.
//!
//! Nearly all requests are for OCSP and nearly all answers are at hand, so that what a router does for a request
//! would cost more than the answer.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::http::{Method, Request, Response};
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Body;
use store::Store;
use tower::ServiceExt as _;

use super::refusal::Refusal;
use super::{Port, ocsp, router};
use crate::publication::Shelf;
use crate::responder::Responder;

/// The whole port: OCSP, CRLs and CA certificates, the public ledger, health and metrics. Cheap to clone; one
/// service for any number of connections.
#[derive(Clone)]
pub struct StatusPort {
    port: Port,
    router: Router,
}

/// What is sent: an OCSP answer, which is there as a whole, or what the router made.
pub type ReplyBody = Either<Full<Bytes>, axum::body::Body>;

impl StatusPort {
    /// The port of `responder`, whose limits hold here; `store` is only read.
    #[must_use]
    pub fn new(responder: Arc<Responder>, store: Store) -> Self {
        let port = Port {
            responder,
            store,
            shelf: Arc::default(),
        };
        Self {
            router: router(&port),
            port,
        }
    }

    /// The same, which keeps large CRLs in files without names in `directory`, instead of in memory, while they are
    /// handed out.
    #[must_use]
    pub fn spooling_in(mut self, directory: PathBuf) -> Self {
        self.port.shelf = Arc::new(Shelf::spooling_in(directory));
        self.router = router(&self.port);
        self
    }

    /// Answers one HTTP request. With the log target `access` at debug level each leaves a line: method, kind of
    /// path, status; neither who asked nor for what.
    pub fn respond<B>(&self, request: Request<B>) -> Responding
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if !tracing::enabled!(target: "access", tracing::Level::DEBUG) {
            return self.answer(request);
        }
        let method = request.method().clone();
        let kind = request.uri().path().split('/').nth(1).map(known_kind);
        let responding = self.answer(request);
        Responding::later(async move {
            let response = responding.await.unwrap_or_else(|never| match never {});
            let status = response.status().as_u16();
            tracing::debug!(target: "access", %method, kind, status);
            response
        })
    }

    fn answer<B>(&self, request: Request<B>) -> Responding
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let path = request.uri().path();
        let is_ocsp = path == "/ocsp" || path.starts_with("/ocsp/");
        match *request.method() {
            Method::GET | Method::HEAD if is_ocsp => {
                if let Some(response) = ocsp::at_hand(&self.port.responder, &request) {
                    return Responding::ready(response);
                }
                let responder = Arc::clone(&self.port.responder);
                let (parts, _) = request.into_parts();
                Responding::later(async move {
                    let response = ocsp::get(&responder, &parts.uri, &parts.headers).await;
                    response.unwrap_or_else(|refusal| refused(&responder, refusal))
                })
            }
            Method::POST if path == "/" || path == "/ocsp" || path == "/ocsp/" => {
                let responder = Arc::clone(&self.port.responder);
                Responding::later(async move {
                    let response = ocsp::post(&responder, request).await;
                    response.unwrap_or_else(|refusal| refused(&responder, refusal))
                })
            }
            _ if is_ocsp => Responding::ready(refused(&self.port.responder, Refusal::Method)),
            _ => {
                let router = self.router.clone();
                Responding::later(async move {
                    let request = request.map(axum::body::Body::new);
                    let response = router.oneshot(request).await;
                    response
                        .unwrap_or_else(|never| match never {})
                        .map(Either::Right)
                })
            }
        }
    }
}

impl<B> hyper::service::Service<Request<B>> for StatusPort
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<ReplyBody>;
    type Error = std::convert::Infallible;
    type Future = Responding;

    fn call(&self, request: Request<B>) -> Responding {
        self.respond(request)
    }
}

/// The first part of a path where it is one of ours, so that no line holds what a stranger made up.
fn known_kind(part: &str) -> &'static str {
    const KINDS: [&str; 8] = ["", "ca", "crl", "health", "log", "metrics", "ocsp", "ready"];
    KINDS
        .into_iter()
        .find(|kind| *kind == part)
        .unwrap_or("other")
}

/// An answer at hand, or on its way.
pub struct Responding(State);

enum State {
    Ready(Option<Response<ReplyBody>>),
    Later(Pin<Box<dyn Future<Output = Response<ReplyBody>> + Send>>),
}

impl Responding {
    fn ready(response: Response<ReplyBody>) -> Self {
        Self(State::Ready(Some(response)))
    }

    fn later(future: impl Future<Output = Response<ReplyBody>> + Send + 'static) -> Self {
        Self(State::Later(Box::pin(future)))
    }
}

impl Future for Responding {
    type Output = Result<Response<ReplyBody>, std::convert::Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(response) => {
                let response = response
                    .take()
                    .expect("a future is not polled after it ended");
                Poll::Ready(Ok(response))
            }
            State::Later(future) => future.as_mut().poll(context).map(Ok),
        }
    }
}

fn refused(responder: &Responder, refusal: Refusal) -> Response<ReplyBody> {
    let response = refusal.into_response();
    responder
        .metrics
        .count_http_error(response.status().is_server_error());
    response.map(Either::Right)
}
