//! What an officer can ask for: one variant per verb that changes trust.
//!
//! The same value is prepared (checked, turned into a statement), signed by the officer and committed.

use std::collections::BTreeMap;

use policy::{Role, Verb};
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;
use x509::crl::RevocationReason;

use ledger::event::{Decision, Succession};
use store::views::{CaseRow, ListLine};

use crate::error::Error;

/// A file that supports a case: PDF, JPEG or PNG, at most 10 MB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What it is, for people; not a path. At most 100 characters.
    pub title: String,
    /// Bytes in base64.
    pub content: String,
}

/// A certificate of the same authority that a case's own is to follow on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succeeds {
    /// Why.
    pub succession: Succession,
    /// Its serial, hex.
    pub serial: String,
}

impl Succeeds {
    /// What a case says of it.
    pub(crate) fn of(case: &CaseRow) -> Result<Option<Self>, Error> {
        let (Some(succession), Some(serial)) = (&case.succession, &case.predecessor) else {
            return Ok(None);
        };
        let succession = succession.parse();
        let unknown = |_| Error::Inconsistent(format!("{}: an unknown succession", case.case_id));
        Ok(Some(Self {
            succession: succession.map_err(unknown)?,
            serial: serial.clone(),
        }))
    }
}

/// What the entry officer says beside the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EntryNotes {
    /// What the reviewer should know, such as why a likeness to somebody else means nothing. At most 500 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remark: String,
    /// The list that it came with, if it was not typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ListLine>,
}

impl EntryNotes {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What happens to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusChange {
    /// Freeze (certificateHold).
    Hold,
    /// Release from hold.
    Release,
    /// Revoke, for ever.
    Revoke,
}

impl StatusChange {
    /// The verb that policy decides on.
    #[must_use]
    pub const fn verb(self) -> Verb {
        match self {
            Self::Hold => Verb::CertificateHold,
            Self::Release => Verb::CertificateRelease,
            Self::Revoke => Verb::CertificateRevoke,
        }
    }
}

/// A certificate of a list whose state one act changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedCertificate {
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// SM3 of the certificate.
    pub certificate: Digest,
    /// Ledger entry of the state that was seen: once it has changed, this act does nothing to it any more.
    pub since: i64,
}

/// Under which terms an officer is to act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedTerms {
    /// Role.
    pub role: Role,
    /// Division codes of the cities of the scope; none for the whole province.
    #[serde(default)]
    pub cities: Vec<String>,
    /// Full names of the units of the scope; none for all units of the cities. At most 20.
    #[serde(default)]
    pub units: Vec<String>,
    /// When it begins, UTC seconds; absent for at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// First second after its end, UTC; absent where it lasts until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// SM3 fingerprint of the officer's certificate, hex; absent to leave it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// What is proposed for an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProposedChange {
    /// Somebody with an officer's certificate of this service becomes an officer.
    Appoint {
        /// Under these terms.
        terms: ProposedTerms,
    },
    /// An officer acts under other terms, which replace the former ones whole.
    Change {
        /// The new terms.
        terms: ProposedTerms,
    },
    /// The appointment ends, for ever.
    End,
}

/// What an officer asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Enter a case, or complete one that was returned.
    SubmitCase {
        /// Absent for a new case: the authority gives the number when it prepares the statement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<String>,
        /// Profile name.
        profile: String,
        /// Authority that is to issue.
        authority: String,
        /// Fields of the profile.
        form: BTreeMap<String, String>,
        /// PKCS#10 in PEM, or DER in base64. Only its public key is used.
        request: String,
        /// Supporting files.
        #[serde(default)]
        evidence: Vec<Evidence>,
        /// The certificate that the new one follows on; a returned case keeps what it was opened with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        succeeds: Option<Succeeds>,
        /// What is said beside the form; sealed with it.
        #[serde(default, skip_serializing_if = "EntryNotes::is_empty")]
        notes: EntryNotes,
    },
    /// Decide on a submitted case.
    ReviewCase {
        /// Case number.
        case: String,
        /// The submission that was looked at.
        revision: u32,
        /// What is decided.
        decision: Decision,
        /// Reasons in the reviewer's words: required for a return or a refusal. At most 500 characters.
        #[serde(default)]
        reasons: String,
    },
    /// Take a case back that is not yet approved.
    WithdrawCase {
        /// Case number.
        case: String,
        /// Why, in the officer's words.
        reasons: String,
    },
    /// Produce the certificates of approved cases: all of them in one commit, or none. At most 100.
    IssueCertificates {
        /// Case numbers.
        cases: Vec<String>,
    },
    /// Propose to appoint an officer, to change an appointment or to end it.
    ProposeOfficer {
        /// Whom it concerns; absent for an appointment: the authority gives the number when it prepares the
        /// statement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        officer: Option<String>,
        /// What is proposed.
        change: ProposedChange,
        /// Why, in the administrator's words. At most 500 characters.
        note: String,
    },
    /// Confirm what another administrator proposed.
    ConfirmOfficer {
        /// Ledger entry of the proposal.
        proposal: u64,
    },
    /// Turn a proposal down, or take back one's own.
    RefuseOfficer {
        /// Ledger entry of the proposal.
        proposal: u64,
        /// Why, in the administrator's words. At most 500 characters.
        reasons: String,
    },
    /// Freeze or revoke a list of certificates, each decided on by itself; at most 5,000.
    ChangeStatuses {
        /// What happens; not a release.
        change: StatusChange,
        /// RFC 5280 reason; required to revoke, absent otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<RevocationReason>,
        /// By what they were chosen, in words. At most 500 characters.
        selection: String,
        /// Why, in the officer's words. At most 500 characters.
        note: String,
        /// The list, in order, each once.
        certificates: Vec<ListedCertificate>,
    },
    /// Freeze, release or revoke a certificate.
    ChangeStatus {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// What happens.
        change: StatusChange,
        /// RFC 5280 reason; required to revoke, absent otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<RevocationReason>,
        /// Why, in the officer's words. At most 500 characters.
        #[serde(default)]
        note: String,
    },
}

impl Act {
    /// The verb that policy decides on.
    #[must_use]
    pub fn verb(&self) -> Verb {
        match self {
            Self::SubmitCase { .. } => Verb::CaseSubmit,
            Self::ReviewCase { .. } => Verb::CaseReview,
            Self::WithdrawCase { .. } => Verb::CaseWithdraw,
            Self::IssueCertificates { .. } => Verb::CertificateIssue,
            Self::ProposeOfficer { .. } => Verb::OfficerPropose,
            Self::ConfirmOfficer { .. } => Verb::OfficerConfirm,
            Self::RefuseOfficer { .. } => Verb::OfficerRefuse,
            Self::ChangeStatus { change, .. } | Self::ChangeStatuses { change, .. } => {
                change.verb()
            }
        }
    }
}

/// An act ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The act, completed (a new case has its number).
    pub act: Act,
    /// Canonical JSON of the statement: the exact bytes to sign (SM2, default identifier).
    pub statement: String,
    /// The Chinese sentence of the statement, for showing.
    pub zh: String,
    /// What the certificate will contain, where the act leads to one: lines of label and value.
    pub preview: Vec<(String, String)>,
}

/// What came of a committed act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The case is waiting for review.
    CaseSubmitted {
        /// Number.
        case: String,
        /// Submission.
        revision: u32,
    },
    /// The decision is on record.
    CaseReviewed {
        /// Number.
        case: String,
        /// What was decided.
        decision: Decision,
    },
    /// The case is closed.
    CaseWithdrawn {
        /// Number.
        case: String,
    },
    /// All certificates exist and are good.
    CertificatesIssued {
        /// One for each case, in the order asked.
        certificates: Vec<IssuedCertificate>,
    },
    /// The proposal waits for another administrator.
    OfficerProposed {
        /// Whom it concerns.
        officer: String,
        /// Ledger entry: what the confirmation names.
        proposal: u64,
    },
    /// The proposal is in force from this instant.
    OfficerConfirmed {
        /// Whom it concerns.
        officer: String,
        /// Ledger entry of the proposal.
        proposal: u64,
        /// Ledger entry of the confirmation.
        entry: u64,
    },
    /// The proposal is closed; nothing follows from it.
    OfficerRefused {
        /// Whom it concerned.
        officer: String,
        /// Ledger entry of the proposal.
        proposal: u64,
    },
    /// Of the certificates of a list, those that were not refused have the new state from this instant.
    StatusesChanged {
        /// SM3 of the list, hex: the ledger's entry of each certificate names it.
        list: String,
        /// `held`, `revoked`.
        state: String,
        /// How many have it by this act.
        done: u64,
        /// The others, each with why.
        refused: Vec<RefusedCertificate>,
    },
    /// OCSP answers so from this instant.
    StatusChanged {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// `good`, `held`, `revoked`.
        state: String,
        /// Ledger entry.
        entry: u64,
    },
}

/// A certificate of a list to which nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCertificate {
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// Stable code of the rule.
    pub code: String,
    /// Chinese: what happened and what to do.
    pub zh: String,
    /// English: the same.
    pub en: String,
}

/// A certificate that was just issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// Case number.
    pub case: String,
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// Certificate, PEM.
    pub pem: String,
    /// Ledger entry.
    pub entry: u64,
}
