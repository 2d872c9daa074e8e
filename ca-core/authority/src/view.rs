//! What people and programs get to see: serialisable, already filtered by policy.

use ledger::event::Succession;
use serde::{Deserialize, Serialize};

use crate::act::Succeeds;
use crate::error::Refusal;

/// An officer who is acting now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// `OP-0001`.
    pub number: String,
    /// Role.
    pub role: policy::Role,
    /// Name from the sealed particulars.
    pub name: String,
    /// SM3 of the certificate, hex.
    pub certificate: String,
    /// Where the officer acts.
    #[serde(default)]
    pub scope: policy::Scope,
}

/// An officer in the list of officers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerView {
    /// `OP-0001`.
    pub number: String,
    /// Role.
    pub role: policy::Role,
    /// Name.
    pub name: String,
    /// Department.
    pub department: String,
    /// Division codes of the scope; none for the whole province.
    pub cities: Vec<String>,
    /// Full names of the units of the scope; none for all units of the cities.
    pub units: Vec<String>,
    /// When the appointment begins, UTC seconds.
    pub from: i64,
    /// First second after its end, UTC.
    pub until: Option<i64>,
    /// `in-force`, `not-begun`, `run-out`, `ended`.
    pub state: String,
    /// Authority that issued the certificate.
    pub authority: String,
    /// Its serial, hex.
    pub serial: String,
    /// SM3 fingerprint, hex.
    pub certificate: String,
    /// `good`, `held`, `revoked`, `expired`.
    pub certificate_state: String,
    /// End of the certificate's validity, UTC seconds.
    pub certificate_until: i64,
    /// What the officer did last.
    pub last_act: Option<HistoryLine>,
    /// Ledger entry of a proposal about the officer that waits.
    pub waiting: Option<u64>,
}

/// A proposal about an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalView {
    /// Ledger entry.
    pub proposal: u64,
    /// Whom it concerns.
    pub officer: String,
    /// `appoint`, `change`, `end`.
    pub change: String,
    /// `waiting`, `confirmed`, `refused`.
    pub state: String,
    /// Role of the proposed terms.
    pub role: Option<String>,
    /// The sentence that the administrator signed.
    pub sentence: String,
    /// The terms: label and value.
    pub terms: Vec<(String, String)>,
    /// Administrator who proposed it.
    pub proposed_by: String,
    /// UTC seconds.
    pub proposed_at: i64,
    /// Administrator who confirmed or refused it.
    pub decided_by: Option<String>,
    /// UTC seconds.
    pub decided_at: Option<i64>,
    /// Latest ledger entry: the proposal's, or that of the decision.
    pub entry: u64,
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// Number.
    pub case: String,
    /// `submitted`, `returned`, `approved`, `refused`, `withdrawn`, `producing`, `issued`.
    pub state: String,
    /// Profile name and its Chinese title.
    pub profile: String,
    /// Chinese title of the profile.
    pub title: String,
    /// Issuing authority.
    pub authority: String,
    /// Common name of the subject.
    pub name: String,
    /// Department.
    pub department: String,
    /// Officer who entered it.
    pub entered_by: String,
    /// Officer who decided.
    pub reviewed_by: Option<String>,
    /// UTC seconds of the latest change.
    pub changed_at: i64,
    /// Serial, where a certificate exists or is being made.
    pub serial: Option<String>,
    /// The certificate of the same authority that its own follows on.
    pub succeeds: Option<Succeeds>,
}

/// A case in full, for officers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseView {
    /// The summary.
    pub summary: CaseSummary,
    /// UTC seconds of the first submission.
    pub opened_at: i64,
    /// Submission number.
    pub revision: u32,
    /// SM3 of the sealed form, hex: the ledger's entry of the submission commits to it.
    pub form: String,
    /// Fields: Chinese label, field name, value (personal numbers masked).
    pub fields: Vec<(String, String, String)>,
    /// The certificate as it will be: label and value.
    pub preview: Vec<(String, String)>,
    /// Evidence: digest in hex.
    pub evidence: Vec<String>,
    /// What the entry officer explains; empty where nothing is.
    #[serde(default)]
    pub remark: String,
    /// The list that it came with, if it was not typed.
    #[serde(default)]
    pub source: Option<store::views::ListLine>,
    /// What happened, oldest first.
    pub history: Vec<HistoryLine>,
}

/// One line of a history: a ledger entry in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// Ledger index.
    pub entry: u64,
    /// UTC seconds.
    pub time: i64,
    /// Event kind, `certificate.issued`.
    pub kind: String,
    /// Officer, where one acted.
    pub officer: Option<String>,
    /// The sentence that the officer signed, or the reasons given; empty for the public.
    pub sentence: String,
}

/// A certificate in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSummary {
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// `intended`, `good`, `held`, `revoked`, `abandoned`.
    pub state: String,
    /// Reason of the state.
    pub reason: Option<String>,
    /// Profile name.
    pub profile: String,
    /// Common name; empty where the viewer may not see it.
    pub name: String,
    /// Organisation.
    pub department: String,
    /// UTC seconds.
    pub not_before: i64,
    /// UTC seconds.
    pub not_after: i64,
    /// SM3 fingerprint, hex.
    pub fingerprint: String,
    /// Case, where one exists.
    pub case: Option<String>,
    /// Ledger entry of the intent: where the next page of a search goes on (`before`).
    pub intent: u64,
}

/// A certificate in full, for officers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateView {
    /// The summary.
    pub summary: CertificateSummary,
    /// PEM.
    pub pem: String,
    /// Label and value of every field.
    pub fields: Vec<(String, String)>,
    /// The certificate of the same authority that it follows on.
    pub succeeds: Option<Succeeds>,
    /// The cases of those that follow on it, oldest first.
    pub successors: Vec<Successor>,
    /// What happened, oldest first.
    pub history: Vec<HistoryLine>,
}

/// A case whose certificate follows on another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    /// Number.
    pub case: String,
    /// State of the case.
    pub state: String,
    /// Why.
    pub succession: Succession,
    /// Serial, where the certificate exists or is being made.
    pub serial: Option<String>,
    /// When the certificate before is revoked, UTC seconds, where that is still to come.
    pub due_at: Option<i64>,
}

/// What a succession would do, for whoever is about to enter it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuccessionView {
    /// Why.
    pub succession: Succession,
    /// Whether a case may be opened for it now.
    pub possible: bool,
    /// Why not.
    pub refusal: Option<Refusal>,
    /// Days of validity of the new certificate.
    pub validity_days: u32,
    /// Days for which the certificate before stays good beside the new one; 0: it ends when the new one is issued.
    pub overlap_days: u32,
    /// The RFC 5280 reason for which it is revoked then.
    pub reason: String,
    /// Whether the key may be kept.
    pub may_keep_key: bool,
}

/// A holder: a person, or a body with a number of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderView {
    /// Name, of the latest case.
    pub name: String,
    /// Department, of the latest case.
    pub department: String,
    /// Its token.
    pub department_token: Option<String>,
    /// Cases, newest first; at most 25.
    pub cases: Vec<CaseSummary>,
    /// Certificates, newest first; at most 25.
    pub certificates: Vec<CertificateSummary>,
    /// Whether there are more of either.
    pub more: bool,
}

/// Numbers of certificates of one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Good, and not past their end.
    pub good: u64,
    /// Frozen, and not past their end.
    pub held: u64,
    /// Good or frozen, and past their end.
    pub expired: u64,
    /// Revoked.
    pub revoked: u64,
}

/// A department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentView {
    /// Name.
    pub name: String,
    /// Numbers of certificates by profile.
    pub classes: std::collections::BTreeMap<String, ClassCount>,
    /// Good or frozen certificates whose validity ends between the edges that were asked for.
    pub ends: Vec<u64>,
    /// Numbers of cases under way by state.
    pub cases: std::collections::BTreeMap<String, u64>,
    /// How many certificates the list has on all its pages.
    pub listed: u64,
    /// Certificates of the page that was asked for, newest first.
    pub certificates: Vec<CertificateSummary>,
}

/// Numbers of certificates of one city.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CityCount {
    /// Good, and not ended before today.
    pub good: u64,
    /// Frozen, and not ended before today.
    pub held: u64,
}

/// The number of certificates of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCount {
    /// Name; absent where its form was erased.
    pub name: Option<String>,
    /// Token of the department.
    pub token: Option<String>,
    /// Good, and not ended before today.
    pub good: u64,
}

/// Numbers of one month, or of another span of days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthCount {
    /// Certificates produced.
    pub issued: u64,
    /// Certificates revoked.
    pub revoked: u64,
    /// Produced within the promise of their cases.
    pub in_time: u64,
    /// Produced after it.
    pub late: u64,
}

/// The numbers of what an officer may see, now. Days are those of the officers' calendar, UTC+8; only certificates
/// that rest on cases are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// By division code; under an empty one what belongs to no known city.
    pub cities: std::collections::BTreeMap<String, CityCount>,
    /// Units with good certificates that were asked for, most first.
    pub units: Vec<UnitCount>,
    /// How many units there are in all, and the certificates of all of them.
    pub all_units: (u64, u64),
    /// Between the edges of months that were asked for.
    pub months: Vec<MonthCount>,
    /// Good or frozen certificates that end between the edges of weeks that were asked for.
    pub weeks: Vec<u64>,
    /// Cases submitted, approved or in production whose promise is over.
    pub overdue: u64,
}

/// The list behind a number of a [`Dashboard`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedView {
    /// Name of the unit, where one was asked for.
    pub unit: Option<String>,
    /// The number.
    pub count: u64,
    /// A page of its certificates, newest first.
    pub certificates: Vec<CertificateSummary>,
}

/// What anybody may know about a serial: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicStatus {
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// `good`, `held`, `revoked`, `expired`, `unknown`.
    pub state: String,
    /// RFC 5280 reason name.
    pub reason: Option<String>,
    /// Since when the state holds, UTC seconds.
    pub since: Option<i64>,
    /// End of validity, UTC seconds.
    pub not_after: Option<i64>,
    /// Ledger entries about it, oldest first; `sentence` and `officer` are empty.
    pub history: Vec<HistoryLine>,
}

/// An authority of the hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityView {
    /// Short name.
    pub authority: String,
    /// Common name.
    pub name: String,
    /// Short name of its parent; itself for a root.
    pub parent: String,
    /// Algorithm of its key: `sm2`, `p256`, `rsa`.
    pub algorithm: String,
    /// PEM.
    pub pem: String,
    /// SM3 fingerprint, hex.
    pub fingerprint: String,
    /// SHA-256 fingerprint, hex: for clients without SM3.
    pub fingerprint_sha256: String,
    /// UTC seconds.
    pub not_before: i64,
    /// UTC seconds.
    pub not_after: i64,
    /// Latest CRL: number, thisUpdate, nextUpdate, entries.
    pub crl: Option<(u64, i64, i64, u64)>,
}

/// A published CRL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlView {
    /// Issuing authority.
    pub authority: String,
    /// `full`, `delta`, `shard-0007`.
    pub scope: String,
    /// CRL number.
    pub number: u64,
    /// Number of the full CRL that a delta builds on.
    pub base: Option<u64>,
    /// UTC seconds.
    pub this_update: i64,
    /// UTC seconds.
    pub next_update: i64,
    /// Entries listed.
    pub entries: u64,
}

/// Live figures for the front page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Valid as far as status goes, all authorities.
    pub good: u64,
    /// Frozen.
    pub held: u64,
    /// Revoked.
    pub revoked: u64,
    /// Cases waiting for review.
    pub waiting_review: u64,
    /// Cases waiting for production.
    pub waiting_production: u64,
    /// Ledger size.
    pub entries: u64,
    /// Size and time of the latest checkpoint.
    pub checkpoint: Option<(u64, i64)>,
    /// Questions about serials that were never issued, since start.
    pub never_issued: u64,
    /// True for a demonstration hierarchy.
    pub demonstration: bool,
}

/// The head of the ledger, for the public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// The signed note.
    pub note: String,
    /// Size that it covers.
    pub size: u64,
    /// Root, hex.
    pub root: String,
    /// Verifier key line.
    pub key: String,
}

/// One entry with its inclusion proof against a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenEntryView {
    /// Index.
    pub index: u64,
    /// Canonical JSON.
    pub entry: String,
    /// Leaf hash, hex.
    pub leaf: String,
    /// Path, leaf side first, hex.
    pub path: Vec<String>,
    /// The head that it is proven against; absent where no checkpoint covers it yet (at most a second).
    pub head: Option<LedgerHead>,
}
