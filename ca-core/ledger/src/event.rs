//! What can happen to trust: one variant per kind of ledger entry.
//!
//! An entry holds commitments and public facts (serial, digests, status, officer number), never a name,
//! an identity number or free text. Its bytes are canonical JSON (RFC 8785); two encodings of one entry do not exist.

mod crl;
mod entry;
mod officer;
mod subject;
mod succession;
#[cfg(test)]
mod tests;

pub use crl::CrlFacts;
pub use officer::{OfficerChange, Terms};
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;
pub use succession::{Succession, UnknownSuccession};

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// When, by the authority's clock: UTC seconds since 1970. Never decreases along the ledger.
    pub time: i64,
    /// Version of this encoding; 1.
    pub v: u8,
}

/// An officer's signed statement as the ledger knows it. The text lies sealed beside the ledger; its nonce
/// makes the digest a commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementRef {
    /// SM3 of the statement's canonical bytes.
    pub digest: Digest,
    /// Officer number, `OP-0001`.
    pub officer: String,
    /// SM2 signature (default identifier) over the statement's bytes: DER in base64.
    pub signature: String,
}

/// On what a certificate rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Basis {
    /// A vetted case; the production officer's statement is here, the others are in the case's own entries.
    Case {
        /// Case number.
        case: String,
        /// Statement of the officer who produced it.
        statement: StatementRef,
    },
    /// The founding of the hierarchy: authorities, first responders, first officers.
    Founding,
    /// Automatic renewal of a delegated OCSP responder certificate.
    ResponderRenewal,
}

/// What a reviewer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The certificate may be produced.
    Approved,
    /// Refused for good.
    Refused,
    /// Sent back to be completed.
    Returned,
}

/// State of a certificate after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Valid (again).
    Good,
    /// certificateHold; can be released.
    Held,
    /// For ever.
    Revoked,
}

/// Which certificates a CRL is about, and whether it lists all that is revoked or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CrlScope {
    /// Changes since the full CRL of that number (RFC 5280 §5.2.4).
    Delta {
        /// Number of the full CRL.
        base: u64,
    },
    /// Every revoked certificate of the authority.
    Full,
    /// Those whose serial belongs to one shard (RFC 5280 §5.2.5).
    Shard {
        /// From 0.
        shard: u32,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields)]
pub enum Event {
    /// First entry: which log this is.
    #[serde(rename = "ledger.founded")]
    LedgerFounded {
        /// Origin line of the checkpoints.
        origin: String,
        /// The log's SM2 public key, `04 || X || Y` in hex.
        key: String,
        /// True for a demonstration hierarchy.
        demonstration: bool,
    },
    /// The same entries stand in a second tree from here on: SHA-256, checkpoints signed with Ed25519.
    #[serde(rename = "ledger.mirrored")]
    LedgerMirrored {
        /// Origin line of the mirror's checkpoints.
        origin: String,
        /// The mirror's Ed25519 public key in hex.
        key: String,
    },
    /// A policy document (profile, separation rules, checklist) came into force.
    #[serde(rename = "policy.adopted")]
    PolicyAdopted {
        /// File name in `policies/`.
        name: String,
        /// SM3 of its bytes; the bytes lie beside the ledger.
        document: Digest,
    },
    /// A certificate authority exists. Its certificate has its own `certificate.*` entries.
    #[serde(rename = "authority.founded")]
    AuthorityFounded {
        /// Short name used everywhere: `root`, `jinan`.
        authority: String,
        /// The authority that certified it; itself for a root.
        parent: String,
        /// Serial of its certificate under `parent`, hex.
        serial: String,
        /// SM3 of its certificate.
        certificate: Digest,
        /// Hex of its subject key identifier.
        key_id: String,
    },
    /// A person may act in a role with a certificate.
    #[serde(rename = "officer.appointed")]
    OfficerAppointed {
        /// `OP-0001`.
        officer: String,
        /// Role name of `policies/separation.toml`: `entry`, `review`, `production`, `auditor`.
        role: String,
        /// Authority that issued the officer's certificate.
        authority: String,
        /// Its serial, hex.
        serial: String,
        /// SM3 of the certificate.
        certificate: Digest,
        /// Commitment to the officer's sealed particulars (name, unit).
        particulars: Digest,
    },
    /// An RA administrator proposes to appoint an officer, to change an appointment or to end it. Nothing follows from
    /// it yet.
    #[serde(rename = "officer.proposed")]
    OfficerProposed {
        /// Whom it concerns, `OP-0007`; a new number for an appointment.
        officer: String,
        /// What is proposed.
        change: OfficerChange,
        /// The administrator's statement.
        statement: StatementRef,
    },
    /// Another RA administrator confirms a proposal: it is in force from this entry on.
    #[serde(rename = "officer.confirmed")]
    OfficerConfirmed {
        /// Entry of the proposal.
        proposal: u64,
        /// Whom it concerns.
        officer: String,
        /// The second administrator's statement.
        statement: StatementRef,
    },
    /// A proposal was turned down, or taken back by whoever made it.
    #[serde(rename = "officer.refused")]
    OfficerRefused {
        /// Entry of the proposal.
        proposal: u64,
        /// Whom it concerned.
        officer: String,
        /// The administrator's statement.
        statement: StatementRef,
    },
    /// A case was submitted for review: opened (revision 1) or completed after it was returned.
    #[serde(rename = "case.submitted")]
    CaseSubmitted {
        /// `C-2026-0000001`.
        case: String,
        /// 1, 2, …
        revision: u32,
        /// Profile name.
        profile: String,
        /// SM3 of the profile's document; frozen for the case.
        profile_document: Digest,
        /// Authority that is to issue.
        authority: String,
        /// Commitment to the sealed form.
        form: Digest,
        /// SM3 of the PKCS#10 request.
        request: Digest,
        /// SM3 of the requested SubjectPublicKeyInfo.
        key: Digest,
        /// Digest of the certificate template (serial and start of validity masked).
        template: Digest,
        /// SM3 of each evidence file.
        evidence: Vec<Digest>,
        /// The entry officer's statement.
        statement: StatementRef,
    },
    /// A reviewer decided.
    #[serde(rename = "case.reviewed")]
    CaseReviewed {
        /// Case number.
        case: String,
        /// Which submission was judged.
        revision: u32,
        /// What was decided.
        decision: Decision,
        /// The review officer's statement.
        statement: StatementRef,
    },
    /// The entry side took a case back.
    #[serde(rename = "case.withdrawn")]
    CaseWithdrawn {
        /// Case number.
        case: String,
        /// The entry officer's statement.
        statement: StatementRef,
    },
    /// The case whose submission is the entry before is for a certificate that follows on another one.
    #[serde(rename = "case.succession")]
    CaseSuccession {
        /// Case number.
        case: String,
        /// Why.
        succession: Succession,
        /// Authority that issued the predecessor.
        authority: String,
        /// Serial of the predecessor, hex.
        serial: String,
        /// How long the predecessor may stay good once its successor is issued: seconds.
        overlap: i64,
    },
    /// A certificate is about to be signed: serial, exact TBS and profile are fixed.
    #[serde(rename = "certificate.intended")]
    CertificateIntended {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// SM3 of the TBS bytes.
        tbs: Digest,
        /// Profile name.
        profile: String,
        /// SM3 of the profile's document.
        profile_document: Digest,
        /// Key that will be certified: SM3 of its SubjectPublicKeyInfo.
        key: Digest,
        /// On what it rests.
        basis: Basis,
    },
    /// It was signed, checked and stored.
    #[serde(rename = "certificate.issued")]
    CertificateIssued {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// SM3 of the certificate.
        certificate: Digest,
        /// Index of the intent.
        intent: u64,
        /// End of validity, UTC seconds.
        not_after: i64,
    },
    /// An intent was closed without a certificate. Its serial is never used and counts as revoked,
    /// should a signature over that TBS ever appear.
    #[serde(rename = "certificate.abandoned")]
    CertificateAbandoned {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// Index of the intent.
        intent: u64,
        /// Stable code of why.
        reason: String,
    },
    /// Frozen, released or revoked.
    #[serde(rename = "certificate.status")]
    CertificateStatus {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// The new state.
        status: Status,
        /// RFC 5280 reason name; `certificateHold` for held, `removeFromCRL` for a release.
        reason: String,
        /// SM3 of the list of certificates, where the statement is over a list; the statement then covers each
        /// certificate of it once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<Digest>,
        /// The officer's statement.
        statement: StatementRef,
    },
    /// Revoked because the certificate that follows on it was issued; it rests on the statements of that one's case.
    #[serde(rename = "certificate.superseded")]
    CertificateSuperseded {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// RFC 5280 reason name.
        reason: String,
        /// The case whose certificate takes its place.
        case: String,
    },
    /// From here on the certificates of an authority name a shard of its CRL as their distribution point. The shard is
    /// the last four octets of the serial modulo `shards`. Repeated only to add an address.
    #[serde(rename = "crl.partitioned")]
    CrlPartitioned {
        /// Issuing authority.
        authority: String,
        /// How many shards, for ever.
        shards: u32,
        /// URL in front of `/{shard}of{shards}.crl`.
        base: String,
    },
    /// A CRL was signed, whichever its scope.
    #[serde(rename = "crl.published")]
    CrlPublished {
        /// Issuing authority.
        authority: String,
        /// What it is about.
        scope: CrlScope,
        /// CRL number; full and delta CRLs share one sequence, each shard has its own.
        number: u64,
        /// SM3 of the CRL.
        crl: Digest,
        /// SM3 of each part of it, where it is too large for one sealed blob.
        parts: Vec<Digest>,
        /// thisUpdate, UTC seconds.
        this_update: i64,
        /// nextUpdate, UTC seconds.
        next_update: i64,
        /// Entries listed.
        entries: u64,
        /// The CRL states exactly what entries 0..covers say, but for what is left out:
        covers: u64,
        /// Certificates that had expired and been revoked before this time, UTC seconds: they were listed after
        /// their end and are listed no more (RFC 5280 §3.3).
        expired_before: i64,
    },
    /// A full CRL was signed. Written before there were scopes.
    #[serde(rename = "crl.issued")]
    CrlIssued {
        /// Issuing authority.
        authority: String,
        /// CRL number; only goes up.
        number: u64,
        /// SM3 of the CRL.
        crl: Digest,
        /// thisUpdate, UTC seconds.
        this_update: i64,
        /// nextUpdate, UTC seconds.
        next_update: i64,
        /// Entries listed.
        entries: u64,
        /// The CRL states exactly what entries 0..covers say.
        covers: u64,
    },
}
