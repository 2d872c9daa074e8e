//! Why a responder certificate is not put to work.

use x509::time::Time;

/// What can go wrong when a responder is set up. Requests never end here: they get an OCSP status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The issuer was refused; the one that was installed before, if any, stays.
    #[error("{refusal} (authority {authority})")]
    Refused {
        /// Which authority.
        authority: String,
        /// Which rule said no.
        refusal: Refusal,
    },
}

/// The rule that an issuer broke (RFC 6960 §4.2.2.2 unless noted).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Another authority has the same name and key, so a CertID could mean either.
    #[error("O409 {other} already answers for the same issuer")]
    Ambiguous {
        /// The authority that is installed.
        other: String,
    },
    /// The responder's certificate is itself a CA certificate.
    #[error("O421 the responder's certificate is a CA certificate; OCSP keys are delegated")]
    CertificateAuthority,
    /// No id-kp-OCSPSigning.
    #[error("O422 the responder's certificate lacks the extended key usage OCSPSigning")]
    ExtendedKeyUsage,
    /// The key that would sign is not the certified one.
    #[error("O423 the signing key is not the key of the responder's certificate")]
    Key,
    /// No digitalSignature.
    #[error("O424 the responder's certificate lacks the key usage digitalSignature")]
    KeyUsage,
    /// Not `[a-z0-9-]{1,64}`.
    #[error("O400 an authority's name is 1-64 of a-z, 0-9 and '-'")]
    Name,
    /// No id-pkix-ocsp-nocheck: clients would ask us about ourselves.
    #[error("O425 the responder's certificate lacks id-pkix-ocsp-nocheck")]
    NoCheck,
    /// The certificate given as the authority's may not sign certificates (RFC 5280 §4.2.1.3, §4.2.1.9).
    #[error("O426 the authority's certificate is not a CA certificate")]
    NotAnAuthority,
    /// Issuer name, key identifier or signature do not match the authority's certificate.
    #[error("O427 the responder's certificate was not issued by the authority's certificate")]
    NotIssuedByAuthority,
    /// The ledger does not know the responder's certificate, or it was held or revoked.
    #[error("O428 the ledger does not know the responder's certificate as good")]
    NotOnRecord,
    /// Outside its validity at the time of installation.
    #[error("O429 the {which} certificate is valid from {not_before} to {not_after}, not at {now}")]
    Validity {
        /// `authority's` or `responder's`.
        which: &'static str,
        /// Start of validity.
        not_before: Time,
        /// End of validity.
        not_after: Time,
        /// The time of the attempt.
        now: Time,
    },
}
