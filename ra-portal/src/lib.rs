//! The people's side of the service: the public site and the officers' API.
//!
//! Entry point: [`router`]. The site is server-rendered HTML, Chinese first, complete without a script; the API is
//! JSON under `/api/v1`, for officers who sign in with their own certificate. Not here: any rule about who may do
//! what (that is `policy`, asked through `authority`), status answers for machines (`ocsp-responder`).

mod address;
mod api;
mod failure;
mod headers;
mod language;
mod moment;
mod page;
mod portal;
mod serial_input;
mod session;
mod site;
mod wording;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod world;

pub use portal::{PortalConfig, router};
