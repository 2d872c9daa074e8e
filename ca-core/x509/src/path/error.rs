//! Which certificate of a path is at fault, and why. Texts name serials only: subjects are people.

use const_oid::ObjectIdentifier;

use super::Purpose;
use crate::certificate::{Certificate, Serial};
use crate::time::Time;

/// The first fault found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (certificate {serial})")]
pub struct PathError {
    /// Serial of the certificate at fault.
    pub serial: Serial,
    /// What is wrong with it.
    #[source]
    pub fault: Fault,
}

impl PathError {
    pub(super) fn new(certificate: &Certificate, fault: Fault) -> Self {
        Self {
            serial: certificate.serial().clone(),
            fault,
        }
    }
}

/// What is wrong with a certificate of a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Its validity has ended.
    #[error("X431 expired on {not_after}")]
    Expired {
        /// Last second of its validity.
        not_after: Time,
    },
    /// It names another key of its issuer than the issuer has.
    #[error("X432 the key identifier of the issuer does not agree")]
    KeyIdentifier,
    /// No certificate that was offered has the name of its issuer.
    #[error("X433 no trusted issuer was found")]
    NoIssuer,
    /// It issues certificates without the key usage for it.
    #[error("X434 issues certificates without keyCertSign")]
    NoKeyCertSign,
    /// It issues certificates and is no authority.
    #[error("X435 issues certificates and is no certification authority")]
    NotAnAuthority,
    /// Its validity has not begun.
    #[error("X436 not valid before {not_before}")]
    NotYetValid {
        /// First second of its validity.
        not_before: Time,
    },
    /// More authorities stand below it than it allows.
    #[error("X437 more intermediate authorities than pathLenConstraint allows")]
    PathLength,
    /// It is not for this use.
    #[error("X438 not usable for {purpose:?}")]
    Purpose {
        /// The use that was asked for.
        purpose: Purpose,
    },
    /// Its signature was not made with its issuer's key.
    #[error("X439 the signature does not verify with the issuer's key")]
    Signature,
    /// The path is longer, or the search wider, than is allowed.
    #[error("X440 the certification path is too long")]
    TooLong,
    /// It demands that an extension be processed which is not.
    #[error("X441 unknown critical extension {oid}")]
    UnknownCriticalExtension {
        /// Which one.
        oid: ObjectIdentifier,
    },
}
