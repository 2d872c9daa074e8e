//! What an officer signs: a Chinese sentence and the digests of exactly what it is about.
//!
//! The signed bytes are the canonical JSON of [`Statement`]. The authority builds it when the act is prepared and
//! builds it again from the facts when the act is committed; only time and nonce are taken from what came back.

use policy::Role;
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;
use x509::time::Time;

use crate::act::{StatusChange, Succeeds};
use crate::error::{Error, Refusal};
use crate::view::Officer;
use ledger::event::{Decision, OfficerChange};

/// How long a prepared statement can be committed: seconds.
pub const STATEMENT_LIFETIME: i64 = 600;
/// How long an act on a list of certificates can be carried on with once it has begun: seconds.
pub(crate) const LIST_LIFETIME: i64 = 86_400;
/// How far an officer's statement may lie in the future of our clock: seconds.
const CLOCK_TOLERANCE: i64 = 60;
/// Longest statement: a hundred cases in one.
const LIMIT: usize = 64 * 1024;

/// The signed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Format: `gmpki.statement/1`.
    pub format: String,
    /// The sentence, in Chinese, that says what the officer agrees to.
    pub zh: String,
    /// What it is about, to the bit.
    pub subject: Subject,
    /// Officer number.
    pub officer: String,
    /// Role in which the officer acts.
    pub role: Role,
    /// SM3 of the officer's certificate.
    pub certificate: Digest,
    /// When it was prepared, UTC seconds.
    pub time: i64,
    /// 32 random hex digits; makes the digest of the statement a commitment and every statement unique.
    pub nonce: String,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Subject {
    /// Entry of a case.
    CaseSubmit {
        /// Number.
        case: String,
        /// Submission.
        revision: u32,
        /// Sealed form.
        form: Digest,
        /// PKCS#10.
        request: Digest,
        /// Certificate template.
        template: Digest,
        /// Profile document.
        profile: Digest,
        /// Evidence files.
        evidence: Vec<Digest>,
        /// The certificate that the new one follows on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        succeeds: Option<Succeeds>,
    },
    /// Decision on a case.
    CaseReview {
        /// Number.
        case: String,
        /// Submission.
        revision: u32,
        /// Decision.
        decision: Decision,
        /// Sealed form.
        form: Digest,
        /// Certificate template.
        template: Digest,
        /// Evidence files.
        evidence: Vec<Digest>,
        /// Reasons.
        reasons: String,
    },
    /// Withdrawal of a case.
    CaseWithdraw {
        /// Number.
        case: String,
        /// Submission.
        revision: u32,
        /// Reasons.
        reasons: String,
    },
    /// Production of certificates.
    CertificateIssue {
        /// What is produced.
        items: Vec<IssueItem>,
    },
    /// A proposal about an officer.
    OfficerPropose {
        /// Whom it concerns.
        officer: String,
        /// What is proposed, as the ledger will have it.
        change: OfficerChange,
        /// The administrator's words.
        note: String,
    },
    /// Confirmation of a proposal.
    OfficerConfirm {
        /// Ledger entry of the proposal.
        proposal: u64,
        /// Whom it concerns.
        officer: String,
        /// The statement of whoever proposed it.
        proposed: Digest,
    },
    /// Refusal of a proposal.
    OfficerRefuse {
        /// Ledger entry of the proposal.
        proposal: u64,
        /// Whom it concerns.
        officer: String,
        /// The statement of whoever proposed it.
        proposed: Digest,
        /// Reasons.
        reasons: String,
    },
    /// Freeze or revocation of a list of certificates.
    CertificateStatusList {
        /// SM3 of the list: authority, serial, certificate and entry of the state of each.
        list: Digest,
        /// How many they are.
        count: u64,
        /// By what they were chosen, in words.
        selection: String,
        /// What happens.
        change: StatusChange,
        /// RFC 5280 reason name.
        reason: String,
        /// The officer's words.
        note: String,
    },
    /// Freeze, release, revocation.
    CertificateStatus {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// SM3 of the certificate.
        certificate: Digest,
        /// State before.
        from: String,
        /// Ledger entry of that state.
        since: i64,
        /// What happens.
        change: StatusChange,
        /// RFC 5280 reason name.
        reason: String,
        /// The officer's words.
        note: String,
    },
}

/// One certificate in a production statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueItem {
    /// Case number.
    pub case: String,
    /// Submission.
    pub revision: u32,
    /// Approved template.
    pub template: Digest,
    /// Requested key.
    pub key: Digest,
}

/// What makes two statements about the same thing differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) time: i64,
    pub(crate) nonce: String,
}

impl Stamp {
    /// A fresh one.
    pub(crate) fn fresh(now: Time) -> Self {
        Self {
            time: now.0,
            nonce: hex::encode(sm_engine::random::array::<16>()),
        }
    }

    /// The stamp of a statement that came back; refuses one that is too old, from the future or malformed.
    pub(crate) fn of(text: &str, now: Time) -> Result<Self, Error> {
        Self::within(text, now, STATEMENT_LIFETIME)
    }

    /// The same for a statement that may be older.
    pub(crate) fn within(text: &str, now: Time, lifetime: i64) -> Result<Self, Error> {
        let statement = Statement::parse(text)?;
        let well_formed =
            statement.nonce.len() == 32 && statement.nonce.bytes().all(|b| b.is_ascii_hexdigit());
        if !well_formed {
            return Err(malformed().into());
        }
        if statement.time > now.0 + CLOCK_TOLERANCE || statement.time + lifetime < now.0 {
            return Err(Refusal::new(
                "A408",
                "签名声明已过期（10 分钟内有效），请重新操作",
                "the statement is no longer fresh (10 minutes); prepare the act again",
            )
            .into());
        }
        Ok(Self {
            time: statement.time,
            nonce: statement.nonce,
        })
    }
}

impl Statement {
    pub(crate) fn new(
        zh: String,
        subject: Subject,
        officer: &Officer,
        stamp: &Stamp,
    ) -> Result<Self, Error> {
        let certificate = officer
            .certificate
            .parse()
            .map_err(|_| Error::Inconsistent("officer certificate fingerprint".into()))?;
        Ok(Self {
            format: "gmpki.statement/1".into(),
            zh,
            subject,
            officer: officer.number.clone(),
            role: officer.role,
            certificate,
            time: stamp.time,
            nonce: stamp.nonce.clone(),
        })
    }

    /// Parses canonical text; anything else is refused.
    ///
    /// # Errors
    /// A refusal where the text is not exactly one canonical statement.
    pub fn parse(text: &str) -> Result<Self, Error> {
        ledger::canonical::from_canonical(text.as_bytes(), LIMIT).map_err(|_| malformed().into())
    }

    /// The bytes that are signed.
    ///
    /// # Errors
    /// Never for a statement that was built here.
    pub fn canonical(&self) -> Result<String, Error> {
        let bytes = ledger::canonical::to_canonical(self)?;
        String::from_utf8(bytes).map_err(|_| Error::Inconsistent("canonical JSON is UTF-8".into()))
    }
}

fn malformed() -> Refusal {
    Refusal::new("A400", "签名声明格式不正确", "not a canonical statement")
}
