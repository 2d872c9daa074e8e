//! Certificates, CRLs, OCSP, requests and path validation for SM2. No clock, no I/O.
//!
//! Our own structures on `der`; parsing is strict DER and bounded, and never panics. What is signed elsewhere
//! is split in "TBS bytes" and "assemble", so that the bytes that were approved and recorded are the bytes
//! that are signed. Not here: keys ([`sm_engine`]), which profile a certificate follows, whether it is revoked.

mod algorithm;
pub mod certificate;
pub mod crl;
mod element;
mod error;
pub mod extension;
pub mod name;
pub mod ocsp;
pub mod path;
mod pem;
pub mod request;
mod signed;
pub mod time;
mod writer;

pub use algorithm::{key_info, signature_algorithm};
pub use error::Error;
