//! What the rows of both tables of addresses, the desk's and the API's, have in common.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter};

use crate::portal::Portal;

/// A handler, waiting for the method that it answers.
pub(crate) type Handler = fn(MethodFilter) -> MethodRouter<Arc<Portal>>;

/// The handler on its method, with bodies of at most `body` bytes.
pub(crate) fn limited(method: &Method, handler: Handler, body: usize) -> MethodRouter<Arc<Portal>> {
    let filter = MethodFilter::try_from(method.clone()).expect("the tables use standard methods");
    handler(filter).layer(DefaultBodyLimit::max(body))
}
