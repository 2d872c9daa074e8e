//! What a replay knows, besides certificates: founding, officers, cases, CRLs.

use std::collections::BTreeSet;
use std::fmt;

use sm_engine::sm3::Digest;

use crate::event::{CrlScope, OfficerChange, Succession};

/// Which log this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founded {
    /// Origin line of its checkpoints.
    pub origin: String,
    /// The log's SM2 public key, `04 || X || Y` in hex.
    pub key: String,
    /// True for a demonstration hierarchy.
    pub demonstration: bool,
    /// UTC seconds.
    pub time: i64,
}

/// A founded authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Short name.
    pub authority: String,
    /// The authority that certified it; itself for a root.
    pub parent: String,
    /// Serial of its certificate under the parent, hex.
    pub serial: String,
    /// SM3 of its certificate.
    pub certificate: Digest,
    /// Hex of its subject key identifier.
    pub key_id: String,
    /// Entry.
    pub index: u64,
}

/// An appointed officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Number.
    pub officer: String,
    /// Role name.
    pub role: String,
    /// Authority that issued the certificate.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// SM3 of the certificate.
    pub certificate: Digest,
    /// Commitment to the sealed particulars.
    pub particulars: Digest,
    /// Cities of the scope; empty for all.
    pub cities: Vec<String>,
    /// Units of the scope; empty for all.
    pub units: Vec<Digest>,
    /// UTC seconds.
    pub from: i64,
    /// First second after the end, UTC; absent where it has none.
    pub until: Option<i64>,
    /// Whether the appointment was ended.
    pub ended: bool,
    /// Entry of the latest change.
    pub index: u64,
    /// UTC seconds of the first appointment.
    pub appointed_at: i64,
}

impl Officer {
    /// Whether the appointment is in force at that time, UTC seconds.
    #[must_use]
    pub fn in_force(&self, time: i64) -> bool {
        !self.ended && self.from <= time && self.until.is_none_or(|until| time < until)
    }
}

/// A proposal about an officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Whom it concerns.
    pub officer: String,
    /// What is proposed.
    pub change: OfficerChange,
    /// The administrator who proposed it.
    pub proposed_by: String,
    /// Whether nobody has decided on it yet.
    pub waits: bool,
    /// Entry.
    pub index: u64,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseState {
    /// Waits for review.
    Submitted,
    /// Sent back to be completed.
    Returned,
    /// May be produced.
    Approved,
    /// Refused for good.
    Refused,
    /// Taken back.
    Withdrawn,
    /// A certificate is about to be signed.
    Producing,
    /// Its certificate exists.
    Issued,
}

impl CaseState {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Producing => "producing",
            Self::Issued => "issued",
        }
    }
}

impl fmt::Display for CaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A case, as its latest submission has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Number.
    pub case: String,
    /// Where it stands.
    pub state: CaseState,
    /// Latest submission.
    pub revision: u32,
    /// Authority that is to issue.
    pub authority: String,
    /// Profile name.
    pub profile: String,
    /// SM3 of the profile's document.
    pub profile_document: Digest,
    /// SM3 of the requested SubjectPublicKeyInfo.
    pub key: Digest,
    /// Digest of the certificate template.
    pub template: Digest,
    /// Everybody who ever submitted it.
    pub entered_by: BTreeSet<String>,
    /// Everybody who ever reviewed it.
    pub reviewed_by: BTreeSet<String>,
    /// The certificate that its own follows on, if it does.
    pub predecessor: Option<Predecessor>,
    /// Serial of the certificate that is or was produced, hex.
    pub serial: Option<String>,
    /// Time of the latest change, UTC seconds.
    pub changed_at: i64,
    /// Entry of the latest change.
    pub changed_in: u64,
}

/// The certificate on which a case's own follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predecessor {
    /// Why.
    pub succession: Succession,
    /// Its authority.
    pub authority: String,
    /// Its serial, hex.
    pub serial: String,
    /// How long it may stay good beside its successor: seconds.
    pub overlap: i64,
}

/// A CRL that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// Issuing authority.
    pub authority: String,
    /// What it is about.
    pub scope: CrlScope,
    /// CRL number.
    pub number: u64,
    /// SM3 of the CRL.
    pub crl: Digest,
    /// thisUpdate, UTC seconds.
    pub this_update: i64,
    /// nextUpdate, UTC seconds.
    pub next_update: i64,
    /// Entries listed.
    pub entries: u64,
    /// The CRL states what entries 0..covers say, but for what is left out:
    pub covers: u64,
    /// Certificates that had expired and been revoked before this time, UTC seconds.
    pub expired_before: i64,
    /// Entry.
    pub index: u64,
}
