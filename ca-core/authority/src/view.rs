//! What people and programs get to see: serialisable, already filtered by policy.

use serde::{Deserialize, Serialize};

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
    /// What happened, oldest first.
    pub history: Vec<HistoryLine>,
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
