//! A signed answer without a nonce: it stands until the status that it states or its window changes.
//!
//! Standing answers are kept in the cache and given to every client that asks in the same words. Whether one still
//! agrees with the index is the responder's question, each time, not the cache's.

use std::sync::Arc;

use axum::http::HeaderValue;
use bytes::Bytes;
use store::status::Status;
use x509::certificate::Serial;
use x509::time::Time;

use crate::answer::{Answer, Freshness};
use crate::issuer::Installed;

/// The answer, what it was made from, and how HTTP describes it.
pub(crate) struct Standing {
    /// DER of the `OCSPResponse`.
    pub(crate) body: Bytes,
    pub(crate) freshness: Freshness,
    /// Who signed it.
    pub(crate) issuer: Arc<Installed>,
    /// What the index said when it was made, where it is about one certificate that was issued; other answers are
    /// not kept.
    pub(crate) subject: Option<Subject>,
    pub(crate) tally: Tally,
    /// Strong, as the bytes are always the same.
    pub(crate) entity_tag: HeaderValue,
    pub(crate) last_modified: HeaderValue,
    pub(crate) expires: HeaderValue,
    pub(crate) cache_control: HeaderValue,
}

/// The certificate that a standing answer is about.
pub(crate) struct Subject {
    /// The CertID in the client's bytes.
    pub(crate) cert_id: Box<[u8]>,
    pub(crate) serial: Serial,
    pub(crate) status: Status,
}

/// How many certificates an answer calls what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) good: u32,
    pub(crate) revoked: u32,
    pub(crate) unknown: u32,
}

impl Standing {
    /// Whether its time has come and half of its window is left at `now`. A clock that went back makes no answer
    /// from the future.
    pub(crate) fn is_current(&self, now: Time) -> bool {
        let age = now.0.saturating_sub(self.freshness.this_update.0);
        (0..self.freshness.half()).contains(&age)
    }

    /// The same for callers that do not speak HTTP.
    pub(crate) fn answer(&self) -> Answer {
        Answer {
            body: self.body.clone(),
            error: None,
            freshness: Some(self.freshness),
        }
    }
}
