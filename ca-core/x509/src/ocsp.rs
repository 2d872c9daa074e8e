//! OCSP messages (RFC 6960, nonce RFC 9654, GB/T 19713): requests are read, responses are made, and the
//! reverse of both for clients.
//!
//! Not here: which certificate is good. The responder is named by its key (byKey), as RFC 5019 prefers.

mod cert_id;
mod request;
mod request_signature;
mod response;
mod response_extension;
mod response_reader;

pub use cert_id::{CertId, HashAlgorithm};
pub use request::{OcspRequest, nonce_extension};
pub use request_signature::RequestSignature;
pub use response::{
    CertStatus, ResponseStatus, SingleResponse, assemble_response, entity_tag, error_response,
    response_tbs,
};
pub use response_extension::{archive_cutoff, crl_reference, extended_revoke};
pub use response_reader::{OcspResponse, SingleStatus};
