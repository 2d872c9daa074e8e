//! The officers' API: JSON under `/api/v1`, for programs that act for one officer. `docs/officers-api.md` is its manual.
//!
//! [`route::ROUTES`] is the only way to an address: the router is built from it, with the guard of each row in
//! front of its handler, and the tests walk the same table.

mod acts;
mod body;
mod cases;
mod certificates;
mod officers;
mod problem;
mod record;
mod route;
mod sign_in;
mod status;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::sync::Arc;

use axum::Router;

pub(crate) use problem::problem;

use crate::portal::Portal;

/// The router of the table.
pub(crate) fn router(portal: &Arc<Portal>) -> Router<Arc<Portal>> {
    route::ROUTES
        .iter()
        .fold(Router::new(), |router, route| route.add_to(router, portal))
}
