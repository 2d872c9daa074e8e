//! The rules that a replay holds every entry to, and what breaking one looks like.

/// A rule of the ledger. The code is stable and what an auditor cites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Entries come without gaps.
    Sequence,
    /// An entry is canonical JSON of a known kind.
    Encoding,
    /// The first entry, and only it, founds the ledger.
    Founding,
    /// Time never decreases.
    Time,
    /// The log's key is a point of the SM2 curve, in lower-case hex.
    LogKey,
    /// The log has one mirror, and its key is an Ed25519 key, in lower-case hex.
    Mirror,
    /// The authority was founded before it acts.
    UnknownAuthority,
    /// An authority is founded once.
    AuthorityUsed,
    /// Authority and officer certificates are on record, good, and the ones named.
    AuthorityCertificate,
    /// An officer number is given once.
    OfficerUsed,
    /// The officer's certificate is on record, good, and the one named.
    OfficerCertificate,
    /// Statements are by appointed officers.
    UnknownOfficer,
    /// An officer acts only while his certificate is good.
    OfficerStatus,
    /// An officer acts only while his appointment is in force.
    OfficerTerm,
    /// Officers are appointed, changed and ended by two different RA administrators, neither of them the officer.
    Administrators,
    /// A proposal states a change that can be made; who decides on it names one that waits, and an officer has one
    /// waiting at a time.
    Proposal,
    /// A statement is used for one act; a production statement for each of its cases once.
    StatementUsed,
    /// The case exists.
    UnknownCase,
    /// Submissions of a case are numbered 1, 2, …; a review names the current one.
    Revision,
    /// The case is in a state that allows the step.
    CaseState,
    /// In one case nobody both enters and reviews.
    Separation,
    /// A succession stands right behind the first submission of its case and names a certificate of the
    /// same authority and profile in a state that it may follow on; a certificate has one successor. What overlaps does
    /// so for 30 days at most.
    Succession,
    /// A serial is lower-case hex of at most 20 bytes, minimal.
    Serial,
    /// A serial is intended once for each authority.
    SerialUsed,
    /// An intent on a case needs the case approved.
    NotApproved,
    /// An intent on a case is for the authority, profile and key that were approved.
    NotAsApproved,
    /// Certificates and officers without anybody's statement are founding ones, before the first statement.
    FoundingOver,
    /// Automatic renewal is for OCSP responder certificates only.
    Renewal,
    /// A profile's document was adopted before it is used.
    ProfileNotAdopted,
    /// Issue and abandonment name the open intent of their serial.
    NoSuchIntent,
    /// An intent is closed once.
    IntentClosed,
    /// Only issued certificates change status.
    NotIssued,
    /// Revoked is for ever.
    RevokedIsFinal,
    /// A change of status changes something.
    NoChange,
    /// The reason is an RFC 5280 name that fits the new state.
    Reason,
    /// A certificate is superseded by the case that succeeds it: once that one is issued, after the overlap, and for
    /// the reason that goes with the succession.
    Superseded,
    /// CRL numbers of an authority only go up in each sequence; a delta has the number of a full CRL only where both
    /// say the same.
    CrlNumber,
    /// A CRL's thisUpdate lies before its nextUpdate.
    CrlPeriod,
    /// A CRL covers only entries that exist, and never fewer than the one before.
    CrlCover,
    /// A delta builds on the latest full CRL, or on the one before where it has the number of the latest.
    CrlBase,
    /// A shard is one of those that its authority has.
    CrlShard,
    /// The number of shards never changes; an address is added once.
    CrlPartition,
    /// Expired certificates are left out with a full CRL, after they were listed past their end on the CRLs before.
    CrlExpired,
    /// A checkpoint has the size and root of the entries.
    Checkpoint,
}

impl Rule {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sequence => "L501",
            Self::Encoding => "L502",
            Self::Founding => "L503",
            Self::Time => "L504",
            Self::LogKey => "L505",
            Self::Mirror => "L506",
            Self::UnknownAuthority => "L510",
            Self::AuthorityUsed => "L511",
            Self::AuthorityCertificate => "L512",
            Self::OfficerUsed => "L520",
            Self::OfficerCertificate => "L521",
            Self::UnknownOfficer => "L522",
            Self::OfficerStatus => "L523",
            Self::StatementUsed => "L524",
            Self::OfficerTerm => "L525",
            Self::Administrators => "L526",
            Self::Proposal => "L527",
            Self::UnknownCase => "L530",
            Self::Revision => "L531",
            Self::CaseState => "L532",
            Self::Separation => "L533",
            Self::Succession => "L534",
            Self::Serial => "L540",
            Self::SerialUsed => "L541",
            Self::NotApproved => "L542",
            Self::NotAsApproved => "L543",
            Self::FoundingOver => "L544",
            Self::Renewal => "L545",
            Self::ProfileNotAdopted => "L546",
            Self::NoSuchIntent => "L550",
            Self::IntentClosed => "L551",
            Self::NotIssued => "L552",
            Self::RevokedIsFinal => "L553",
            Self::NoChange => "L554",
            Self::Reason => "L555",
            Self::Superseded => "L556",
            Self::CrlNumber => "L560",
            Self::CrlPeriod => "L561",
            Self::CrlCover => "L562",
            Self::CrlBase => "L563",
            Self::CrlShard => "L564",
            Self::CrlPartition => "L565",
            Self::CrlExpired => "L566",
            Self::Checkpoint => "L570",
        }
    }
}

/// The first entry that breaks a rule: everything from it on is not to be relied upon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} entry {index}: {what}")]
pub struct Violation {
    /// Entry, from 0; for a checkpoint its size.
    pub index: u64,
    /// Code of the rule.
    pub code: &'static str,
    /// In words; repeats nothing of the entry but numbers and short names.
    pub what: String,
}
