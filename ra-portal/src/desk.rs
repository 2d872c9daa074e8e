//! The officers' desk: what an officer does all day, as pages that need no script.
//!
//! [`route::ROUTES`] is the only way to a page: the router is built from it, with the guard of each row in front of
//! its handler, and the tests walk the same table. Everything that changes trust ends in `sign`, where the officer
//! signs the statement of that act; what is unfinished lies in `store::desk`.

mod audit;
mod batch;
mod case;
mod certificate;
mod claim;
mod cookie;
mod dashboard;
mod draft;
mod duplicates;
mod evidence;
mod flaw;
mod form;
mod guard;
mod holder;
mod issuer;
mod mass;
mod officers;
mod outcome;
mod pending;
mod print;
mod production;
mod queue;
mod review;
mod roster;
mod route;
mod search;
mod sign;
mod sign_in;
mod signature;
mod succession;
mod unit;
mod workbench;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::sync::Arc;

use axum::Router;

pub(crate) use mass::run::resume;
pub(crate) use pending::PendingActs;

use crate::portal::Portal;

/// The router of the table.
pub(crate) fn router(portal: &Arc<Portal>) -> Router<Arc<Portal>> {
    route::ROUTES
        .iter()
        .fold(Router::new(), |router, route| route.add_to(router, portal))
}
