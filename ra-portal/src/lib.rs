//! The people's side of the service: the public site, the officers' desk and the officers' API.
//!
//! Entry point: [`router`]. Site and desk are server-rendered HTML, Chinese first, complete without a script; the API is
//! JSON under `/api/v1`. Officers sign in with their own certificate and sign what they do. Not here: any rule about who may do
//! what (that is `policy`, asked through `authority`), status answers for machines (`ocsp-responder`).

mod address;
mod api;
mod desk;
mod failure;
mod headers;
mod language;
mod moment;
mod page;
mod portal;
mod route;
mod serial_input;
mod session;
mod site;
mod wording;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod world;

pub use portal::{DemonstrationOfficer, PortalConfig, router};
