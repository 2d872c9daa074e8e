//! The OCSP responder proper: request bytes in, answer bytes out, status from the index, time from the clock.
//!
//! What a site may choose is in its policy: signed requests, names for what was never issued, further extensions.
//! There is no fallback key: an authority without a usable responder certificate gets `tryLater`.

mod decision;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use keys::Error as SignerError;
use parking_lot::Mutex;
use sm_engine::key::Signature;
use store::clock::Clock;
use store::status::{NeverIssued, Status, StatusIndex};
use x509::Error as Malformed;
use x509::certificate::Serial;
use x509::ocsp::{CertId, OcspRequest, ResponseStatus};
use x509::time::Time;

use crate::answer::{Answer, Freshness};
use crate::cache::Cache;
use crate::error::Error;
use crate::issuer::{Installed, Issuer, IssuerTable};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::policy::{Policy, Signatures};
use crate::standing::{Standing, Subject, Tally};
use crate::throttle::Throttle;
use decision::{Decision, Found};

/// How often an answer is made again because a status changed while it was being signed.
const CHANGES: usize = 3;

/// Answers OCSP requests for the authorities that were installed. Share it in an `Arc`.
pub struct Responder {
    pub(crate) index: Arc<StatusIndex>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) cache: Cache,
    policy: Policy,
    issuers: ArcSwap<IssuerTable>,
    /// One installation at a time.
    installing: Mutex<()>,
    /// The latest time of a decision, UTC seconds.
    latest: AtomicI64,
    alarms: Throttle,
    faults: Throttle,
}

/// What goes back.
pub(crate) enum Reply {
    /// Signed, without a nonce.
    Standing(Arc<Standing>),
    /// For this client alone: with its nonce, or an error.
    Single(Answer, Tally),
}

/// How far a request can be answered without a signature.
enum Prepared {
    Ready(Reply),
    Unsigned(Box<Decision>),
}

impl Responder {
    /// A responder that knows no issuer yet and answers `unauthorized` to everything.
    #[must_use]
    pub fn new(index: Arc<StatusIndex>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self {
            index,
            clock,
            limits,
            metrics: Arc::default(),
            cache: Cache::new(limits.kept_answers, limits.kept_bytes),
            issuers: ArcSwap::default(),
            installing: Mutex::default(),
            policy: Policy::default(),
            latest: AtomicI64::new(i64::MIN),
            alarms: Throttle::default(),
            faults: Throttle::default(),
        }
    }

    /// The same with a policy of its own.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Puts an authority's responder certificate to work, in the place of its former one. Requests that wait for the
    /// former one's signature still get it.
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
        let _alone = self.installing.lock();
        let former = self.issuers.load_full();
        let next = former.with(&installed).map_err(refused)?;
        self.issuers.store(Arc::new(next));
        former.retire(&authority);
        Ok(())
    }

    /// Answers one DER `OCSPRequest`, signing in the caller's thread where a signature is needed. Depends on the
    /// index, the clock and the request alone, and never panics.
    #[must_use]
    pub fn answer(&self, request: &[u8]) -> Answer {
        let mut prepared = self.prepare(request);
        for _ in 0..CHANGES {
            let decision = match prepared {
                Prepared::Ready(reply) => return self.counted(reply).into_answer(),
                Prepared::Unsigned(decision) => *decision,
            };
            let tbs = decision.tbs();
            let signed = decision.issuer.desk.sign_now(&tbs, &self.metrics);
            match self.signed(decision, &tbs, signed) {
                Some(reply) => return self.counted(reply).into_answer(),
                None => prepared = self.prepare(request),
            }
        }
        self.counted(Reply::refused(ResponseStatus::TryLater))
            .into_answer()
    }

    /// The same within a tokio runtime: what needs a signature is signed together with what else waits for one.
    pub(crate) async fn respond(&self, request: &[u8]) -> Reply {
        let mut prepared = self.prepare(request);
        for _ in 0..CHANGES {
            let decision = match prepared {
                Prepared::Ready(reply) => return self.counted(reply),
                Prepared::Unsigned(decision) => *decision,
            };
            let desk = Arc::clone(&decision.issuer.desk);
            let signing = desk.sign(decision.tbs(), &self.metrics);
            let signed = if desk.is_prompt() {
                Ok(signing.await)
            } else {
                tokio::time::timeout(self.limits.time, signing).await
            };
            let Ok((tbs, signed)) = signed else {
                // A device that hangs.
                return self.counted(Reply::refused(ResponseStatus::TryLater));
            };
            match self.signed(decision, &tbs, signed) {
                Some(reply) => return self.counted(reply),
                None => prepared = self.prepare(request),
            }
        }
        self.counted(Reply::refused(ResponseStatus::TryLater))
    }

    /// An error for what is not even an OCSP request.
    pub(crate) fn refuse(&self, status: ResponseStatus) -> Reply {
        self.counted(Reply::refused(status))
    }

    /// The standing answer to a request that asks for one certificate in the plainest form, if there is one that
    /// holds at this moment.
    pub(crate) fn at_hand(&self, request: &[u8]) -> Option<Arc<Standing>> {
        let standing = self.kept_for(request)?;
        self.metrics.count_answer(None, standing.tally);
        Some(standing)
    }

    /// Whether a request asks one installed issuer for certificates that exist: how a guess at a damaged
    /// request is told from the request. Raises no alarm.
    pub(crate) fn recognizes(&self, request: &[u8]) -> bool {
        let Ok(request) = OcspRequest::from_der(request, self.limits.cert_ids) else {
            return false;
        };
        let issuers = self.issuers.load();
        let Some(issuer) = sole_issuer(&issuers, &request.cert_ids) else {
            return false;
        };
        request
            .cert_ids
            .iter()
            .all(|id| self.find(issuer, id).status != Status::Unknown)
    }

    /// Answers that wait for a signature at this moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let all = self.issuers().installed();
        all.iter().map(|issuer| issuer.desk.waiting()).sum()
    }

    /// The issuers at this moment.
    pub(crate) fn issuers(&self) -> Arc<IssuerTable> {
        self.issuers.load_full()
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

    fn prepare(&self, request: &[u8]) -> Prepared {
        if let Some(standing) = self.kept_for(request) {
            return Prepared::Ready(Reply::Standing(standing));
        }
        self.decide(request)
            .unwrap_or_else(|status| Prepared::Ready(Reply::refused(status)))
    }

    /// Everything about an answer but its signature, or an answer that was signed before.
    fn decide(&self, request: &[u8]) -> Result<Prepared, ResponseStatus> {
        let request =
            OcspRequest::from_der(request, self.limits.cert_ids).map_err(|error| match error {
                // An issuer that is named by a hash that we do not compute is nobody's.
                Malformed::Unsupported { .. } => ResponseStatus::Unauthorized,
                _ => ResponseStatus::MalformedRequest,
            })?;
        let issuers = self.issuers.load();
        let now = self.clock.now();
        self.watch_clock(now);
        self.policy.admit(&request, &issuers, &self.index, now)?;
        let issuer =
            sole_issuer(&issuers, &request.cert_ids).ok_or(ResponseStatus::Unauthorized)?;
        self.usable(issuer, now)?;
        if let ([id], None) = (&*request.cert_ids, &request.nonce)
            && let Some(standing) = self.kept(&id.der)
        {
            return Ok(Prepared::Ready(Reply::Standing(standing)));
        }
        let next_update = now
            .plus_seconds(self.limits.window)
            .min(issuer.issuer.responder.not_after());
        let ids = request.cert_ids.iter();
        let found = ids.map(|id| self.find(issuer, id)).collect();
        let as_of = self.index.current_as_of(now);
        let freshness = Freshness {
            produced_at: now,
            this_update: as_of.ok_or(ResponseStatus::TryLater)?,
            next_update,
        };
        Ok(Prepared::Unsigned(Box::new(Decision::new(
            Arc::clone(issuer),
            request,
            found,
            freshness,
            &self.policy,
        ))))
    }

    /// The kept answer to a request in the plainest form, which is not signed.
    fn kept_for(&self, request: &[u8]) -> Option<Arc<Standing>> {
        if self.policy.signatures == Signatures::Require {
            return None;
        }
        self.kept(OcspRequest::sole_cert_id(request)?)
    }

    /// A clock that goes back makes answers that clients take for old: somebody has to know. What is said stays
    /// true, as it comes from the index.
    fn watch_clock(&self, now: Time) {
        let latest = self.latest.fetch_max(now.0, Ordering::Relaxed);
        if now.0 < latest {
            self.metrics.count_clock_step();
            if let Some(left_out) = self.faults.admit(now) {
                let seconds = latest.saturating_sub(now.0);
                tracing::error!(
                    seconds,
                    left_out,
                    "O510 the clock is behind an earlier answer"
                );
            }
        }
    }

    /// The kept answer for the bytes of a CertID, if it would be given in the same words now: signed by the
    /// installed responder, which may sign, within its window, and as the index has it.
    fn kept(&self, cert_id: &[u8]) -> Option<Arc<Standing>> {
        let standing = self.cache.find(cert_id);
        let holds = standing.filter(|standing| {
            let now = self.clock.now();
            let issuer = &standing.issuer;
            let agrees = |subject: &Subject| {
                self.index.status(&issuer.issuer.authority, &subject.serial) == subject.status
            };
            standing.is_current(now)
                && !issuer.is_retired()
                && self.fault(issuer, now).is_none()
                && standing.subject.as_ref().is_some_and(agrees)
        });
        if holds.is_some() {
            self.metrics.count_kept(true);
        }
        holds
    }

    /// What becomes of a decision and its signature; `None` where a status changed meanwhile: nothing leaves that
    /// was not true after it was signed.
    fn signed(
        &self,
        decision: Decision,
        tbs: &[u8],
        signature: Result<Signature, SignerError>,
    ) -> Option<Reply> {
        let authority = &decision.issuer.issuer.authority;
        let unchanged = decision.found.iter().all(|found| {
            let serial = found.serial.as_ref();
            serial.is_none_or(|serial| self.index.status(authority, serial) == found.status)
        });
        if !unchanged {
            return None;
        }
        let pairs = decision.cert_ids().iter().zip(&decision.found);
        for (id, found) in pairs.filter(|(_, found)| found.status == Status::Unknown) {
            self.alarm(authority, id, found, decision.freshness.produced_at);
        }
        let signature = match signature {
            Ok(signature) => signature,
            Err(error) => return Some(self.unsigned(&decision, &error)),
        };
        let body = decision.body(tbs, &signature);
        if !decision.is_cacheable() {
            let answer = Answer {
                body,
                error: None,
                freshness: None,
            };
            return Some(Reply::Single(answer, decision.tally()));
        }
        self.metrics.count_kept(false);
        let standing = Arc::new(decision.standing(body, self.limits.max_age));
        self.cache.keep(&standing);
        Some(Reply::Standing(standing))
    }

    /// A signature that failed or did not verify: never released, and never replaced by another key's.
    fn unsigned(&self, decision: &Decision, error: &SignerError) -> Reply {
        let at = decision.freshness.produced_at;
        if let Some(left_out) = self.faults.admit(at) {
            let authority = &decision.issuer.issuer.authority;
            tracing::error!(authority, left_out, %error, "O500 an answer could not be signed");
        }
        Reply::refused(ResponseStatus::InternalError)
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
        let authority = &issuer.issuer.certificate;
        if now < authority.not_before() || now > authority.not_after() {
            return Some("the authority's certificate is outside its validity");
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

    fn find(&self, issuer: &Installed, id: &CertId) -> Found {
        // A number that no certificate can have is asked for like any other that was never issued.
        let serial = Serial::from_bytes(&id.serial).ok();
        let status = serial.as_ref().map_or(Status::Unknown, |serial| {
            self.index.status(&issuer.issuer.authority, serial)
        });
        Found { serial, status }
    }

    fn alarm(&self, authority: &str, id: &CertId, found: &Found, now: Time) {
        let serial = found.serial.as_ref();
        let serial = serial.map_or_else(|| hex::encode(&id.serial), ToString::to_string);
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

    fn counted(&self, reply: Reply) -> Reply {
        match &reply {
            Reply::Standing(standing) => self.metrics.count_answer(None, standing.tally),
            Reply::Single(answer, tally) => self.metrics.count_answer(answer.error, *tally),
        }
        reply
    }
}

impl Reply {
    fn refused(status: ResponseStatus) -> Self {
        Self::Single(Answer::refused(status), Tally::default())
    }

    fn into_answer(self) -> Answer {
        match self {
            Self::Standing(standing) => standing.answer(),
            Self::Single(answer, _) => answer,
        }
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
