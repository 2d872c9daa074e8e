//! Why a policy document was not accepted, and where in it the reason stands.

/// A fault in the policy documents. Nothing is issued under a set that does not load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document breaks a rule of its format.
    #[error("P400 {file}, line {line}, key `{key}`: {reason}")]
    Document {
        /// File name, `staff-signing.toml`.
        file: String,
        /// Line in the file, from 1.
        line: usize,
        /// The key at fault; `-` where the line has none.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A document that every set needs is not there.
    #[error("P404 the policy document {file} is missing")]
    Missing {
        /// File name.
        file: &'static str,
    },
    /// Too many documents, or one that is too large.
    #[error("P413 {what} is larger than the limit of {limit}")]
    TooLarge {
        /// What exceeds it: the set or a file name.
        what: String,
        /// Documents or bytes.
        limit: usize,
    },
    /// A file name that is not `[a-z0-9-]+.toml`, or the same name twice.
    #[error("P422 the policy document name {name:?} is not usable: {reason}")]
    Name {
        /// The name, cut to 64 characters.
        name: String,
        /// Why not.
        reason: &'static str,
    },
}
