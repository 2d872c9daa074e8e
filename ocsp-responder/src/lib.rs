//! The machines' side of the authority: OCSP (RFC 6960, RFC 9654, RFC 5019), CRLs, CA certificates and the
//! public ledger (C2SP tlog-tiles paths over an SM3 tree), on one HTTP port.
//!
//! Status comes from the in-memory index that the ledger feeds; nothing here decides it. Not here: making
//! CRLs or responder certificates (the authority does), and anything meant for people's eyes.
//!
//! Entry points: [`Responder`] answers one OCSP request without any I/O; [`StatusPort`] puts it on HTTP.

mod answer;
mod cache;
mod desk;
mod error;
mod http;
mod issuer;
mod limits;
mod metrics;
mod policy;
mod publication;
mod responder;
mod spool;
mod standing;
mod throttle;

pub use answer::{Answer, Freshness};
pub use error::{Error, Refusal};
pub use http::{ReplyBody, StatusPort};
pub use issuer::Issuer;
pub use limits::Limits;
pub use policy::{NeverIssued, Policy, Signatures};
pub use responder::Responder;
