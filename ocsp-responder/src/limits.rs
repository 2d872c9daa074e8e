//! What one request may cost, and how long an answer may be believed.

use std::time::Duration;

/// Limits of the port. The defaults are meant for production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// CertIDs in one OCSP request; more is `malformedRequest`.
    pub cert_ids: usize,
    /// Bytes of a POST body; more is HTTP 413. Nothing above 64 KiB is ever parsed.
    pub body: usize,
    /// Bytes of the encoded request in a GET path; more is HTTP 414.
    pub path: usize,
    /// `nextUpdate` of an OCSP answer lies this many seconds after `thisUpdate`, but never beyond the end
    /// of the responder's certificate.
    pub window: i64,
    /// `max-age` of a cacheable OCSP answer, seconds; up to an eighth less, so that copies do not all end at once,
    /// and always below half of the window. A cache hides a revocation for as long, so the default is 0: caches
    /// keep the answer but ask each time whether it still holds.
    pub max_age: u32,
    /// Answers without a nonce that are kept, signed, while they hold.
    pub kept_answers: usize,
    /// Memory for them, bytes.
    pub kept_bytes: usize,
    /// Entries by which the index may be behind the store before `/ready` says no.
    pub lag: u64,
    /// Time for one request, its body included; what takes longer is HTTP 408.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cert_ids: 16,
            body: 64 * 1024,
            path: 8 * 1024,
            window: 3600,
            max_age: 0,
            kept_answers: 200_000,
            kept_bytes: 256 * 1024 * 1024,
            lag: 1024,
            time: Duration::from_secs(10),
        }
    }
}
