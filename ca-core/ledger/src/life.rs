//! The life of one certificate: intended, then issued or abandoned; issued certificates are held, released,
//! revoked. The one table of legal steps, used by the replay of a whole ledger and by the check of one proof.

use std::fmt;

use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;

use crate::event::{Basis, Event, Status};
use crate::replay::Rule;

/// Where a certificate stands according to the ledger. Says nothing about its validity dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// About to be signed.
    Intended,
    /// Issued, neither held nor revoked.
    Good,
    /// Frozen; can be released.
    Held,
    /// Ended, for ever.
    Revoked,
    /// Never issued; its serial counts as revoked.
    Abandoned,
}

impl State {
    /// Its word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Good => "good",
            Self::Held => "held",
            Self::Revoked => "revoked",
            Self::Abandoned => "abandoned",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the ledger says about one serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// Where it stands.
    pub state: State,
    /// Why it is held, revoked or abandoned.
    pub reason: Option<String>,
    /// Profile name.
    pub profile: String,
    /// SM3 of the profile's document.
    pub profile_document: Digest,
    /// SM3 of the TBS bytes.
    pub tbs: Digest,
    /// SM3 of its SubjectPublicKeyInfo.
    pub key: Digest,
    /// The case it rests on, if any.
    pub case: Option<String>,
    /// SM3 of the certificate, once issued.
    pub certificate: Option<Digest>,
    /// End of validity, UTC seconds, once issued.
    pub not_after: Option<i64>,
    /// Entry of the intent.
    pub intent: u64,
    /// Time of the intent, UTC seconds.
    pub intended_at: i64,
    /// Time of issue, UTC seconds.
    pub issued_at: Option<i64>,
    /// Time of the latest change, UTC seconds.
    pub changed_at: i64,
    /// Entry of the latest change.
    pub changed_in: u64,
}

/// A rule of the ledger that an event breaks, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) rule: Rule,
    pub(crate) what: String,
}

/// Shorthand for a refusal.
pub(crate) fn breach<T>(rule: Rule, what: impl Into<String>) -> Result<T, Breach> {
    let what = what.into();
    Err(Breach { rule, what })
}

impl Life {
    /// A life begins with an intent; any other event gives none.
    pub(crate) fn begin(index: u64, time: i64, event: &Event) -> Option<Self> {
        let Event::CertificateIntended {
            authority,
            serial,
            tbs,
            profile,
            profile_document,
            key,
            basis,
        } = event
        else {
            return None;
        };
        let case = match basis {
            Basis::Case { case, .. } => Some(case.clone()),
            Basis::Founding | Basis::ResponderRenewal => None,
        };
        Some(Self {
            authority: authority.clone(),
            serial: serial.clone(),
            state: State::Intended,
            reason: None,
            profile: profile.clone(),
            profile_document: *profile_document,
            tbs: *tbs,
            key: *key,
            case,
            certificate: None,
            not_after: None,
            intent: index,
            intended_at: time,
            issued_at: None,
            changed_at: time,
            changed_in: index,
        })
    }

    /// The next step; a refused one changes nothing. The event must be about this serial.
    pub(crate) fn advance(&mut self, index: u64, time: i64, event: &Event) -> Result<(), Breach> {
        match event {
            Event::CertificateIntended { .. } => {
                return breach(Rule::SerialUsed, "the serial was intended before");
            }
            Event::CertificateIssued {
                certificate,
                intent,
                not_after,
                ..
            } => {
                self.check_open(*intent)?;
                self.state = State::Good;
                self.certificate = Some(*certificate);
                self.not_after = Some(*not_after);
                self.issued_at = Some(time);
            }
            Event::CertificateAbandoned { intent, reason, .. } => {
                self.check_open(*intent)?;
                self.state = State::Abandoned;
                self.reason = Some(reason.clone());
            }
            Event::CertificateStatus { status, reason, .. } => {
                self.check_change(*status, reason)?;
                (self.state, self.reason) = match status {
                    Status::Good => (State::Good, None),
                    Status::Held => (State::Held, Some(reason.clone())),
                    Status::Revoked => (State::Revoked, Some(reason.clone())),
                };
            }
            Event::CertificateSuperseded { reason, .. } => {
                self.check_change(Status::Revoked, reason)?;
                (self.state, self.reason) = (State::Revoked, Some(reason.clone()));
            }
            // These name the certificate of an authority or officer; its own state stays as it is.
            Event::AuthorityFounded { certificate, .. } => {
                return self.check_stands(Rule::AuthorityCertificate, certificate);
            }
            Event::OfficerAppointed { certificate, .. } => {
                return self.check_stands(Rule::OfficerCertificate, certificate);
            }
            Event::LedgerFounded { .. }
            | Event::LedgerMirrored { .. }
            | Event::PolicyAdopted { .. }
            | Event::OfficerProposed { .. }
            | Event::OfficerConfirmed { .. }
            | Event::OfficerRefused { .. }
            | Event::CaseSubmitted { .. }
            | Event::CaseReviewed { .. }
            | Event::CaseSuccession { .. }
            | Event::CaseWithdrawn { .. }
            | Event::CrlIssued { .. }
            | Event::CrlPartitioned { .. }
            | Event::CrlPublished { .. } => return Ok(()),
        }
        self.changed_at = time;
        self.changed_in = index;
        Ok(())
    }

    /// Whether this is a good certificate with that digest.
    pub(crate) fn check_stands(&self, rule: Rule, certificate: &Digest) -> Result<(), Breach> {
        if self.state != State::Good {
            return breach(rule, format!("the certificate is {}", self.state));
        }
        if self.certificate != Some(*certificate) {
            return breach(rule, "another certificate was issued under that serial");
        }
        Ok(())
    }

    fn check_open(&self, intent: u64) -> Result<(), Breach> {
        if self.state != State::Intended {
            return breach(
                Rule::IntentClosed,
                format!("the intent was closed: {}", self.state),
            );
        }
        if self.intent != intent {
            return breach(
                Rule::NoSuchIntent,
                format!("the intent is entry {}, not {intent}", self.intent),
            );
        }
        Ok(())
    }

    fn check_change(&self, status: Status, reason: &str) -> Result<(), Breach> {
        match (self.state, status) {
            (State::Good, Status::Held | Status::Revoked)
            | (State::Held, Status::Good | Status::Revoked) => {}
            (State::Intended | State::Abandoned, _) => {
                return breach(
                    Rule::NotIssued,
                    format!("the certificate is {}", self.state),
                );
            }
            (State::Revoked, _) => {
                return breach(Rule::RevokedIsFinal, "the certificate is revoked");
            }
            (State::Good | State::Held, _) => {
                return breach(
                    Rule::NoChange,
                    format!("the certificate is already {}", self.state),
                );
            }
        }
        if !status.allows_reason(reason) {
            return breach(
                Rule::Reason,
                "the reason is no RFC 5280 name for this state",
            );
        }
        Ok(())
    }
}
