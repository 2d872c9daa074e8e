//! An answer before its signature: what will be said, by whom, until when.

use std::sync::Arc;

use axum::http::HeaderValue;
use bytes::Bytes;
use sm_engine::key::Signature;
use store::status::Status;
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::extension::Extension;
use x509::ocsp::{
    CertId, CertStatus, OcspRequest, SingleResponse, archive_cutoff, assemble_response,
    crl_reference, entity_tag, extended_revoke, nonce_extension, response_tbs,
};
use x509::time::Time;

use crate::answer::Freshness;
use crate::http::http_date;
use crate::issuer::Installed;
use crate::policy::{NeverIssued, Policy};
use crate::standing::{Standing, Subject, Tally};

/// What will be said.
pub(crate) struct Decision {
    pub(crate) issuer: Arc<Installed>,
    pub(crate) freshness: Freshness,
    request: OcspRequest,
    /// One for each CertID of the request, in its order.
    pub(crate) found: Vec<Found>,
    /// What the client is told of each, and the extensions of that.
    told: Vec<(CertStatus, Vec<Extension>)>,
    /// Extensions of the whole.
    extensions: Vec<Extension>,
}

/// One certificate that was asked for, as the index has it.
pub(crate) struct Found {
    /// `None` for a number that no certificate can have.
    pub(crate) serial: Option<Serial>,
    pub(crate) status: Status,
}

impl Found {
    /// What the client is told.
    fn told(&self, policy: &Policy) -> CertStatus {
        match self.status {
            Status::Good => CertStatus::Good,
            Status::Held { at } => CertStatus::Revoked {
                at,
                reason: RevocationReason::CertificateHold,
            },
            Status::Revoked { at, reason } => CertStatus::Revoked { at, reason },
            Status::Unknown if policy.never_issued == NeverIssued::Revoked => CertStatus::Revoked {
                at: Time(0),
                reason: RevocationReason::CertificateHold,
            },
            Status::Intended | Status::Unknown => CertStatus::Unknown,
        }
    }
}

impl Decision {
    pub(crate) fn new(
        issuer: Arc<Installed>,
        request: OcspRequest,
        found: Vec<Found>,
        freshness: Freshness,
        policy: &Policy,
    ) -> Self {
        let tell = |found: &Found| {
            let status = found.told(policy);
            let extensions = single_extensions(policy, &issuer, found);
            (status, extensions)
        };
        let mut extensions: Vec<_> = request
            .nonce
            .as_deref()
            .map(nonce_extension)
            .into_iter()
            .collect();
        if policy.never_issued == NeverIssued::Revoked {
            extensions.push(extended_revoke());
        }
        Self {
            told: found.iter().map(tell).collect(),
            issuer,
            freshness,
            request,
            found,
            extensions,
        }
    }

    /// The CertIDs of the request.
    pub(crate) fn cert_ids(&self) -> &[CertId] {
        &self.request.cert_ids
    }

    /// Without a nonce the answer is as good for the next client.
    pub(crate) fn is_cacheable(&self) -> bool {
        self.request.nonce.is_none()
    }

    /// DER of the `ResponseData` to be signed. The CertIDs are the client's own bytes.
    pub(crate) fn tbs(&self) -> Vec<u8> {
        let Freshness {
            produced_at,
            this_update,
            next_update,
        } = self.freshness;
        let pairs = self.request.cert_ids.iter().zip(&self.told);
        let singles: Vec<_> = pairs
            .map(|(cert_id, (status, extensions))| SingleResponse {
                cert_id,
                status: status.clone(),
                this_update,
                next_update: Some(next_update),
                extensions: extensions.clone(),
            })
            .collect();
        response_tbs(
            &self.issuer.key_hash,
            produced_at,
            &singles,
            &self.extensions,
        )
    }

    /// The whole `OCSPResponse`.
    pub(crate) fn body(&self, tbs: &[u8], signature: &Signature) -> Bytes {
        assemble_response(tbs, signature, self.issuer.issuer.responder.der()).into()
    }

    /// The signed answer as one that stands; only where it is cacheable. `max_age` is the policy's, seconds.
    pub(crate) fn standing(self, body: Bytes, max_age: u32) -> Standing {
        let tag = entity_tag(&body);
        let freshness = self.freshness;
        let age = jittered(max_age, freshness, &body);
        let (subject, tally) = (self.subject(), self.tally());
        Standing {
            freshness,
            tally,
            issuer: self.issuer,
            subject,
            entity_tag: header(format!("\"{tag}\"")),
            last_modified: date(freshness.this_update),
            expires: date(freshness.next_update),
            cache_control: header(format!(
                "max-age={age}, public, no-transform, must-revalidate"
            )),
            body,
        }
    }

    /// How many certificates are called what.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (status, _) in &self.told {
            match status {
                CertStatus::Good => tally.good += 1,
                CertStatus::Revoked { .. } => tally.revoked += 1,
                CertStatus::Unknown => tally.unknown += 1,
            }
        }
        tally
    }

    /// The one certificate that was issued and asked for. What was never issued is not kept, or strangers could
    /// crowd out the rest with invented serials.
    fn subject(&self) -> Option<Subject> {
        match (&*self.request.cert_ids, &*self.found) {
            ([id], [found]) if !matches!(found.status, Status::Unknown | Status::Intended) => {
                Some(Subject {
                    cert_id: id.der.clone().into(),
                    serial: found.serial.clone()?,
                    status: found.status,
                })
            }
            _ => None,
        }
    }
}

/// What else is said of one certificate.
fn single_extensions(policy: &Policy, issuer: &Installed, found: &Found) -> Vec<Extension> {
    let mut extensions = Vec::new();
    if policy.archive_cutoff {
        extensions.push(archive_cutoff(issuer.issuer.certificate.not_before()));
    }
    // Never for what was not issued (RFC 6960 §2.2).
    if let (Some(base), Status::Held { .. } | Status::Revoked { .. }) =
        (&policy.crl_base, found.status)
    {
        let authority = &issuer.issuer.authority;
        extensions.push(crl_reference(&format!("{base}/crl/{authority}.crl")));
    }
    extensions
}

/// `max_age` less up to an eighth, below half of the window: a standing answer is given out in the first half of its
/// window, so a copy ends before its nextUpdate (RFC 5019 §6.2).
fn jittered(max_age: u32, freshness: Freshness, body: &[u8]) -> i64 {
    let longest = i64::from(max_age).min(freshness.half().saturating_sub(1).max(0));
    // The last bytes are those of a signature or a certificate's: as good as random between answers.
    let dice = body
        .iter()
        .fold(0_u8, |sum, byte| sum.rotate_left(1) ^ *byte);
    longest - longest / 8 * i64::from(dice) / 255
}

fn date(time: Time) -> HeaderValue {
    header(http_date(time))
}

/// Only printable ASCII is written here; should that ever be wrong, the header says nothing.
fn header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
