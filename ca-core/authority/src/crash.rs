//! Points at which a test build can be told to die, between every two durable writes of an issuance and of
//! an act on a list.

/// Where the process aborts. Ignored by release builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// The intent is decided but not committed.
    IntentBeforeCommit,
    /// The intent is committed, nothing is signed.
    IntentAfterCommit,
    /// The signature exists, nothing else is committed.
    Signed,
    /// The certificate is written but not committed.
    IssuedBeforeCommit,
    /// Everything is committed, the caller has no answer yet.
    IssuedAfterCommit,
    /// A part of a list of certificates is changed, the others are not.
    ListPart,
}

impl std::str::FromStr for CrashPoint {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "intent-before-commit" => Self::IntentBeforeCommit,
            "intent-after-commit" => Self::IntentAfterCommit,
            "signed" => Self::Signed,
            "issued-before-commit" => Self::IssuedBeforeCommit,
            "issued-after-commit" => Self::IssuedAfterCommit,
            "list-part" => Self::ListPart,
            _ => return Err("not a crash point"),
        })
    }
}

/// Aborts where `wanted` is `here`, in builds with debug assertions only.
pub(crate) fn reach(wanted: Option<CrashPoint>, here: CrashPoint) {
    if cfg!(debug_assertions) && wanted == Some(here) {
        std::process::abort();
    }
}
