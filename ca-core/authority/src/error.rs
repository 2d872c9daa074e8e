//! What the authority says when it does not do what it was asked.

/// A rule said no. Shown to the person who asked and kept for the auditor; never a fault of the system.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refusal {
    /// Stable code, `A403`.
    pub code: String,
    /// Chinese: what happened and what to do.
    pub zh: String,
    /// English: the same.
    pub en: String,
    /// One line for each field of a form that was not accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldRefusal>,
}

/// Why one field was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldRefusal {
    /// Field name of the profile.
    pub field: String,
    /// Stable code, `E102`.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Refusal {
    /// A refusal without field problems.
    #[must_use]
    pub fn new(code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            zh: zh.into(),
            en: en.into(),
            fields: Vec::new(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} / {}", self.code, self.zh, self.en)?;
        for field in &self.fields {
            write!(
                f,
                "\n  {} {}: {} / {}",
                field.code, field.field, field.zh, field.en
            )?;
        }
        Ok(())
    }
}

/// Refusal or fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A rule said no.
    #[error("{0}")]
    Refused(Refusal),
    /// The database failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The key provider failed; nothing was released.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// Certificates or messages could not be built or read.
    #[error(transparent)]
    X509(#[from] x509::Error),
    /// The ledger or a proof is not what it should be.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// Policy documents are not usable.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// An entry and the rows before it contradict each other.
    #[error(transparent)]
    Projection(#[from] store::views::ProjectionError),
    /// The database ends before the checkpoint that was kept outside of it.
    #[error(
        "A511 数据库只有 {entries} 条台账记录，而 {place} 中保存的检查点已覆盖 {covered} 条：数据库被换成了旧副本，或有记录被删除。\
         请恢复最新的数据库 / the database holds {entries} ledger entries, the checkpoint kept in {place} covers {covered}: \
         an old copy was put back, or entries were deleted. Put the newest copy back. Where it is lost for good, all that \
         was issued or revoked since is unknown to this copy: settle that first, and only then move {place} away"
    )]
    Older {
        /// Entries in the database.
        entries: u64,
        /// Entries that the kept checkpoint covers.
        covered: u64,
        /// Where it is kept.
        place: String,
    },
    /// The clock is far ahead of the ledger, or the service stood still for long.
    #[error(
        "A512 系统时钟比台账最后一条记录晚了 {} 小时（上限 {} 小时）。若时钟正确，请加 --accept-clock 启动；否则先校正时钟 / \
         the system clock is {0} hours after the last ledger entry, more than {1}. The ledger's time never goes back: if the \
         clock is right, start with --accept-clock, otherwise set it first", (.now - .last) / 3600, .limit / 3600
    )]
    ClockAhead {
        /// The clock, UTC seconds.
        now: i64,
        /// Time of the last entry, UTC seconds.
        last: i64,
        /// Longest gap, seconds.
        limit: i64,
    },
    /// The record contradicts itself; the authority stops rather than guess.
    #[error("A510 {0}")]
    Inconsistent(String),
    /// The writer has stopped.
    #[error("A503 the authority is stopping")]
    Stopping,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<policy::Refusal> for Error {
    fn from(refusal: policy::Refusal) -> Self {
        Self::Refused(Refusal::new(refusal.code, refusal.zh, refusal.en))
    }
}
