//! What goes back to an OCSP client.

use bytes::Bytes;
use x509::ocsp::{ResponseStatus, error_response};
use x509::time::Time;

/// One OCSP answer, successful or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// DER of the `OCSPResponse` (RFC 6960 §4.2.1).
    pub body: Bytes,
    /// `None` for `successful`; otherwise the unsigned error status that the body carries.
    pub error: Option<ResponseStatus>,
    /// Set where a cache may keep the answer: successful and without a nonce (RFC 5019 §6).
    pub freshness: Option<Freshness>,
}

/// From when to when an answer may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// `producedAt`: when it was decided.
    pub produced_at: Time,
    /// Every `thisUpdate`: for when the status index was known to be what the ledger says. Where that is fed by its
    /// writer, the same.
    pub this_update: Time,
    /// Every `nextUpdate`.
    pub next_update: Time,
}

impl Answer {
    /// The unsigned answer that carries an error status.
    #[must_use]
    pub(crate) fn refused(status: ResponseStatus) -> Self {
        Self {
            body: error_response(status).into(),
            error: Some(status),
            freshness: None,
        }
    }

    /// Whether the answer is signed and says something about certificates.
    #[must_use]
    pub fn is_successful(&self) -> bool {
        self.error.is_none()
    }
}

impl Freshness {
    /// Half of the window, seconds: a standing answer is given out in its first half only, so that whoever gets it
    /// has as much time left.
    pub(crate) fn half(self) -> i64 {
        self.next_update
            .0
            .saturating_sub(self.this_update.0)
            .div_euclid(2)
            .max(0)
    }
}
