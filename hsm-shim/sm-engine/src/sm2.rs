//! SM2 signatures, key exchange and encryption (GB/T 32918.2 to .4; encodings of GM/T 0009-2012).
//!
//! A signature has one encoding, DER; a signer has one of two identifiers; an error about a secret
//! has one text. Not here: key files.

mod batch;
mod ciphertext;
mod curve;
mod der;
mod envelope;
mod exchange;
mod hashed;
mod identity;
mod nonce;
mod prepared_key;
mod private_key;
mod public_key;
mod signature;
#[cfg(test)]
mod tests;

pub use batch::{ToSign, ToVerify, VerifyingKey, generate_batch, sign_batch, verify_batch};
pub use ciphertext::MAX_PLAINTEXT;
pub(crate) use der::two_integers;
pub use exchange::{Agreement, MAX_SHARED_KEY, OneTimeKey, Peer, Role};
pub use hashed::{Hashed, MessageHasher};
pub use prepared_key::PreparedKey;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
pub use signature::Signature;

/// Everything that can go wrong; opaque where key material is involved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The plaintext to encrypt is empty or longer than [`MAX_PLAINTEXT`], or the key to agree on longer than
    /// [`MAX_SHARED_KEY`].
    #[error("SM2 encrypts 1 byte to 1 MiB and agrees on keys of 1 to 1024 bytes")]
    Length,
    /// The signature does not match.
    #[error("SM2 signature does not verify")]
    Mismatch,
    /// Not a point of the curve in uncompressed SEC 1 form.
    #[error("not a valid SM2 public key")]
    PublicKey,
    /// Not a valid private key, ciphertext, or a failed operation on a secret: says nothing more on purpose.
    #[error("SM2 private-key operation failed")]
    Secret,
    /// Not strict DER `SEQUENCE { r INTEGER, s INTEGER }` with 1 <= r,s < n.
    #[error("not a valid DER SM2 signature")]
    SignatureEncoding,
}

/// Whose distinguishing identifier goes into Z (GB/T 32918.2 §5.5): the two that exist in this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignerId {
    /// `1234567812345678`: certificates, CRLs, OCSP, CSRs, messages (GM/T 0009-2012 §10).
    Default,
    /// `TLSv1.3+GM+Cipher+Suite`: TLS 1.3 CertificateVerify (RFC 8998 §3.2.1).
    Tls13,
}

impl SignerId {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Default => b"1234567812345678",
            Self::Tls13 => b"TLSv1.3+GM+Cipher+Suite",
        }
    }
}
