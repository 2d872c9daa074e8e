//! Numbers and names by which people, bodies, machines and documents are known, each checked by its own rule.
//!
//! Every parser takes text that is already trimmed and NFKC-normalised (see `form`), is strict, and answers with a
//! [`Flaw`]: a stable code and what to do, in Chinese and English. No flaw repeats the value that it is about.

pub mod contact;
pub mod date;
pub mod host;
pub mod id_number;
pub mod social_credit_code;
pub mod text;

pub use id_number::IdNumber;
pub use social_credit_code::SocialCreditCode;

/// What is wrong with one value: what happened and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaw {
    /// Stable code, `E102`.
    pub code: &'static str,
    /// In Chinese, for the officer.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.en)
    }
}

impl std::error::Error for Flaw {}

/// Shorthand of the flaw tables.
pub(crate) const fn flaw(code: &'static str, zh: &'static str, en: &'static str) -> Flaw {
    Flaw { code, zh, en }
}
