//! An answer before its signature: enough to tell a cache that its copy still holds without signing again.

use std::sync::Arc;

use sm_engine::sm2::Signature;
use sm_engine::sm3::Sm3;
use x509::ocsp::{CertStatus, OcspRequest, SingleResponse, assemble_response, response_tbs};

use crate::answer::{Answer, Freshness};
use crate::issuer::Installed;

/// What will be said, by whom, until when.
pub(crate) struct Decision {
    pub(crate) issuer: Arc<Installed>,
    pub(crate) freshness: Freshness,
    request: OcspRequest,
    /// One for each CertID of the request, in its order.
    statuses: Vec<CertStatus>,
}

impl Decision {
    pub(crate) fn new(
        issuer: Arc<Installed>,
        request: OcspRequest,
        statuses: Vec<CertStatus>,
        freshness: Freshness,
    ) -> Self {
        Self {
            issuer,
            freshness,
            request,
            statuses,
        }
    }

    /// Without a nonce the answer is as good for the next client.
    pub(crate) fn is_cacheable(&self) -> bool {
        self.request.nonce.is_none()
    }

    /// DER of the `ResponseData` to be signed. The CertIDs are the client's own bytes.
    pub(crate) fn tbs(&self) -> Vec<u8> {
        let Freshness {
            this_update,
            next_update,
        } = self.freshness;
        let pairs = self.request.cert_ids.iter().zip(&self.statuses);
        let singles: Vec<_> = pairs
            .map(|(cert_id, status)| SingleResponse {
                cert_id,
                status: status.clone(),
                this_update,
                next_update: Some(next_update),
            })
            .collect();
        let key = self.issuer.issuer.responder.public_key();
        response_tbs(key, this_update, &singles, self.request.nonce.as_deref())
    }

    /// The signed answer.
    pub(crate) fn answer(&self, tbs: &[u8], signature: &Signature) -> Answer {
        Answer {
            body: assemble_response(tbs, signature, self.issuer.issuer.responder.der()),
            error: None,
            freshness: self.is_cacheable().then_some(self.freshness),
        }
    }

    /// Entity tag of what is said, not of the bytes, which differ with each signature: hence weak.
    ///
    /// It holds for half a window at most, so that a copy which we confirm has not reached its nextUpdate.
    pub(crate) fn entity_tag(&self) -> String {
        let Freshness {
            this_update,
            next_update,
        } = self.freshness;
        let half = next_update
            .0
            .saturating_sub(this_update.0)
            .saturating_div(2)
            .max(1);
        let mut hash = Sm3::new();
        for number in [half, this_update.0.div_euclid(half)] {
            hash.update(&number.to_be_bytes());
        }
        hash.update(self.issuer.issuer.responder.fingerprint().as_bytes());
        for (id, status) in self.request.cert_ids.iter().zip(&self.statuses) {
            hash.update(&id.der);
            let (state, at, reason) = match status {
                CertStatus::Good => (0, 0, 0),
                CertStatus::Revoked { at, reason } => (1, at.0, reason.code()),
                CertStatus::Unknown => (2, 0, 0),
            };
            hash.update(&[state, reason]);
            hash.update(&at.to_be_bytes());
        }
        let digest = hash.finish();
        format!("W/\"{}\"", hex::encode(&digest.as_bytes()[..16]))
    }
}
