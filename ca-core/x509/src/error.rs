//! What can be wrong with foreign bytes or with what we were asked to build.

/// Why bytes were not accepted or could not be made. Each text starts with a stable code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request was signed with the EMPTY SM2 identifier (OpenSSL before 4.0 without distid).
    #[error(
        "X421 the request was signed with an empty SM2 identifier; sign again with -sigopt distid:1234567812345678"
    )]
    EmptyIdentifier,
    /// Not strict DER, or not this structure.
    #[error("X400 malformed {what} at byte {position}")]
    Malformed {
        /// Which structure.
        what: &'static str,
        /// Offset within the bytes of that structure; 0 where only the whole can be blamed.
        position: usize,
    },
    /// A signature that does not verify.
    #[error("X403 the signature of the {what} does not verify")]
    Signature {
        /// Certificate, CRL, request or response.
        what: &'static str,
    },
    /// More bytes or items than allowed.
    #[error("X413 {what} is larger than the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes or items.
        limit: usize,
    },
    /// Signature algorithm, key algorithm, curve or critical extension that we do not accept.
    #[error("X415 unsupported {what}")]
    Unsupported {
        /// Which field.
        what: &'static str,
    },
    /// A value that may not stand in a certificate (a name, a URL, a time).
    #[error("X422 {what}: {reason}")]
    Value {
        /// Which field.
        what: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A public key that others can compute the private key of, or that is too short.
    #[error("X424 weak RSA key: {reason}")]
    WeakKey {
        /// What is weak.
        reason: sm_engine::foreign::Weakness,
    },
}

impl Error {
    /// Turns a decoding error of `what` into ours.
    pub(crate) fn malformed(what: &'static str) -> impl Fn(der::Error) -> Self {
        move |error| Self::Malformed {
            what,
            position: error
                .position()
                .and_then(|p| usize::try_from(p).ok())
                .unwrap_or(0),
        }
    }

    /// Well-formed DER that breaks a rule of `what` as a whole.
    pub(crate) fn broken(what: &'static str) -> Self {
        Self::Malformed { what, position: 0 }
    }

    /// Refuses `bytes` above `limit`, before anything is read.
    pub(crate) fn check_size(what: &'static str, bytes: &[u8], limit: usize) -> Result<(), Self> {
        if bytes.len() > limit {
            Err(Self::TooLarge { what, limit })
        } else {
            Ok(())
        }
    }
}
