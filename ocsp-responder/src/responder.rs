//! The OCSP responder proper: request bytes in, answer bytes out, status from the index, time from the clock.
//!
//! Requests that carry a signature are answered like any other and the signature is not looked at: we answer
//! everybody, so it would prove nothing that the answer depends on (RFC 6960 §4.1.2 leaves it to us).
//! There is no fallback key: an authority without a usable responder certificate gets `tryLater`.

mod decision;

use std::sync::Arc;

use parking_lot::RwLock;
use store::clock::Clock;
use store::status::{NeverIssued, Status, StatusIndex};
use x509::Error as Malformed;
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::ocsp::{CertId, CertStatus, OcspRequest, ResponseStatus};
use x509::time::Time;

use crate::answer::{Answer, Freshness};
use crate::error::Error;
use crate::issuer::{Installed, Issuer, IssuerTable};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::throttle::Throttle;
pub(crate) use decision::Decision;

/// Answers OCSP requests for the authorities that were installed. Share it in an `Arc`.
pub struct Responder {
    pub(crate) index: Arc<StatusIndex>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    /// Held only to copy or swap the pointer, never while signing.
    issuers: RwLock<Arc<IssuerTable>>,
    alarms: Throttle,
    faults: Throttle,
}

impl Responder {
    /// A responder that knows no issuer yet and answers `unauthorized` to everything.
    #[must_use]
    pub fn new(index: Arc<StatusIndex>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self {
            index,
            clock,
            limits,
            metrics: Metrics::default(),
            issuers: RwLock::default(),
            alarms: Throttle::default(),
            faults: Throttle::default(),
        }
    }

    /// Puts an authority's responder certificate to work, in the place of its former one.
    ///
    /// # Errors
    /// [`Error::Refused`] where the certificate was not issued by the authority, lacks OCSPSigning, nocheck
    /// or digitalSignature, is itself a CA, is not valid now, is not good on the ledger, or where the key is
    /// another. The former certificate then stays in use until it ends.
    pub fn install(&self, issuer: Issuer) -> Result<(), Error> {
        let authority = issuer.authority.clone();
        let refused = |refusal| Error::Refused {
            authority: authority.clone(),
            refusal,
        };
        issuer
            .check(&self.index, self.clock.now())
            .map_err(refused)?;
        let installed = Arc::new(Installed::new(issuer));
        let mut issuers = self.issuers.write();
        let next = issuers.with(&installed).map_err(refused)?;
        *issuers = Arc::new(next);
        Ok(())
    }

    /// Answers one DER `OCSPRequest`. Depends on the index, the clock and the request alone, and never panics.
    #[must_use]
    pub fn answer(&self, request: &[u8]) -> Answer {
        self.finish(self.decide(request))
    }

    /// Everything about an answer but its signature, or the error status to send.
    pub(crate) fn decide(&self, request: &[u8]) -> Result<Decision, ResponseStatus> {
        let request =
            OcspRequest::from_der(request, self.limits.cert_ids).map_err(|error| match error {
                // An issuer that is named by a hash that we do not compute is nobody's.
                Malformed::Unsupported { .. } => ResponseStatus::Unauthorized,
                _ => ResponseStatus::MalformedRequest,
            })?;
        let issuers = self.issuers();
        let issuer =
            sole_issuer(&issuers, &request.cert_ids).ok_or(ResponseStatus::Unauthorized)?;
        let now = self.clock.now();
        self.usable(issuer, now)?;
        let next_update = now
            .plus_seconds(self.limits.window)
            .min(issuer.issuer.responder.not_after());
        let statuses = request
            .cert_ids
            .iter()
            .map(|id| self.status(issuer, id, now))
            .collect();
        Ok(Decision::new(
            Arc::clone(issuer),
            request,
            statuses,
            Freshness {
                this_update: now,
                next_update,
            },
        ))
    }

    /// Signs what was decided.
    pub(crate) fn finish(&self, decision: Result<Decision, ResponseStatus>) -> Answer {
        let answer = match decision {
            Ok(decision) => self.sign(&decision).unwrap_or_else(Answer::refused),
            Err(status) => Answer::refused(status),
        };
        self.metrics.count_answer(answer.error);
        answer
    }

    /// Whether a request asks one installed issuer for certificates that exist: how a guess at a damaged
    /// request is told from the request. Raises no alarm.
    pub(crate) fn recognizes(&self, request: &[u8]) -> bool {
        let Ok(request) = OcspRequest::from_der(request, self.limits.cert_ids) else {
            return false;
        };
        let issuers = self.issuers();
        let Some(issuer) = sole_issuer(&issuers, &request.cert_ids) else {
            return false;
        };
        request
            .cert_ids
            .iter()
            .all(|id| self.index_status(issuer, id) != Status::Unknown)
    }

    /// The issuers at this moment.
    pub(crate) fn issuers(&self) -> Arc<IssuerTable> {
        Arc::clone(&self.issuers.read())
    }

    /// Authorities that would get `tryLater` at this moment.
    pub(crate) fn unusable(&self) -> Vec<String> {
        let now = self.clock.now();
        let all = self.issuers().installed();
        let unusable = all
            .iter()
            .filter(|issuer| self.fault(issuer, now).is_some());
        unusable
            .map(|issuer| issuer.issuer.authority.clone())
            .collect()
    }

    fn sign(&self, decision: &Decision) -> Result<Answer, ResponseStatus> {
        let tbs = decision.tbs();
        let issuer = &decision.issuer.issuer;
        let signature = self.metrics.time_signature(|| issuer.signer.sign(&tbs)).map_err(|error| {
            if let Some(left_out) = self.faults.admit(decision.freshness.this_update) {
                let authority = &issuer.authority;
                tracing::error!(authority, %error, left_out, "O500 the responder's key did not sign");
            }
            ResponseStatus::InternalError
        })?;
        Ok(decision.answer(&tbs, &signature))
    }

    /// Refuses with `tryLater` where the responder's certificate may not sign at `now`.
    fn usable(&self, issuer: &Installed, now: Time) -> Result<(), ResponseStatus> {
        let Some(fault) = self.fault(issuer, now) else {
            return Ok(());
        };
        if let Some(left_out) = self.faults.admit(now) {
            let authority = &issuer.issuer.authority;
            tracing::error!(authority, left_out, "O503 not answering: {fault}");
        }
        Err(ResponseStatus::TryLater)
    }

    /// Why an installed issuer may not answer at `now`, if so.
    fn fault(&self, issuer: &Installed, now: Time) -> Option<&'static str> {
        if !self.index.is_current(now) {
            return Some(
                "the status index may have missed a commit, or its ledger has not been seen for too long",
            );
        }
        let responder = &issuer.issuer.responder;
        if now < responder.not_before() {
            return Some("the responder's certificate is not yet valid");
        }
        if now > responder.not_after() {
            return Some("the responder's certificate has expired");
        }
        match self
            .index
            .status(&issuer.issuer.authority, responder.serial())
        {
            Status::Good => None,
            _ => Some("the responder's certificate is no longer good"),
        }
    }

    /// What the index says about one CertID; raises the alarm for what was never issued.
    fn status(&self, issuer: &Installed, id: &CertId, now: Time) -> CertStatus {
        let authority = &issuer.issuer.authority;
        let status = match self.index_status(issuer, id) {
            Status::Good => CertStatus::Good,
            Status::Held { at } => CertStatus::Revoked {
                at,
                reason: RevocationReason::CertificateHold,
            },
            Status::Revoked { at, reason } => CertStatus::Revoked { at, reason },
            Status::Intended => CertStatus::Unknown,
            Status::Unknown => {
                self.alarm(authority, id, now);
                CertStatus::Unknown
            }
        };
        self.metrics.count_status(&status);
        status
    }

    fn index_status(&self, issuer: &Installed, id: &CertId) -> Status {
        // A number that no certificate can have is asked for like any other that was never issued.
        let serial = Serial::from_bytes(&id.serial).ok();
        serial.map_or(Status::Unknown, |serial| {
            self.index.status(&issuer.issuer.authority, &serial)
        })
    }

    fn alarm(&self, authority: &str, id: &CertId, now: Time) {
        let serial = Serial::from_bytes(&id.serial)
            .map_or_else(|_| hex::encode(&id.serial), |s| s.to_string());
        if let Some(left_out) = self.alarms.admit(now) {
            tracing::warn!(
                authority,
                serial,
                left_out,
                "O404 asked for a serial that was never issued"
            );
        }
        self.index.raise_never_issued(NeverIssued {
            authority: authority.to_owned(),
            serial,
            at: now,
        });
    }
}

/// The one issuer that all CertIDs name. A mixture has no single signer, so it has no answer.
fn sole_issuer<'a>(issuers: &'a IssuerTable, ids: &[CertId]) -> Option<&'a Arc<Installed>> {
    let (first, rest) = ids.split_first()?;
    let issuer = issuers.find(first)?;
    rest.iter()
        .all(|id| {
            issuers
                .find(id)
                .is_some_and(|other| Arc::ptr_eq(other, issuer))
        })
        .then_some(issuer)
}
