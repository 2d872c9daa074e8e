//! What goes wrong with keys, with the codes that operators see.

/// What went wrong with a key. Opaque about secrets.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider returned a signature that does not verify; it was not released.
    #[error("K500 the key provider returned a bad signature; nothing was released")]
    BadSignature,
    /// A key of that label (or a key file of that path) exists; keys are never overwritten.
    #[error("K409 a key labelled {0} exists already")]
    Exists(String),
    /// The bytes to import are not an unencrypted private key of an algorithm that is expected; says what was found.
    #[error("K422 not a private key to import: {0}")]
    Import(&'static str),
    /// The label is not allowed.
    #[error("K400 key labels are 1-64 of a-z, 0-9 and '-'")]
    Label,
    /// Wrong passphrase or damaged store.
    #[error("K403 the key store does not open: wrong passphrase or damaged file")]
    Locked,
    /// No key of that label.
    #[error("K404 no key labelled {0}")]
    NotFound(String),
    /// A new store or key file needs a passphrase of 1 to 1024 bytes.
    #[error("K401 a passphrase has 1 to 1024 bytes")]
    Passphrase,
    /// The device or file system failed.
    #[error("K503 key provider: {0}")]
    Provider(String),
}
