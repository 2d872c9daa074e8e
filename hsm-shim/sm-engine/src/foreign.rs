//! Algorithms that are not ShangMi, because a format or software from outside asks for them: the hashes of an OCSP
//! CertID, the SHA-256 tree with its Ed25519 checkpoints for readers of transparency logs, and P-256 and RSA keys of
//! hierarchies for clients that know no SM2. Nothing of ours rests on them alone.
//!
//! ECDSA and RSA are those of `ring`, which signs in constant time and does not wipe its keys.

pub mod ed25519;
mod p256;
mod rsa;

pub use p256::{EcdsaSignature, P256PrivateKey, P256PublicKey};
pub use rsa::{RsaPrivateKey, RsaPublicKey, RsaSignature, Weakness};

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384};

/// SHA-1 (FIPS 180-4): finds things and protects nothing.
#[must_use]
pub fn sha1(message: &[u8]) -> [u8; 20] {
    Sha1::digest(message).into()
}

/// SHA-256 (FIPS 180-4) of the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new();
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

/// SHA-384 (FIPS 180-4).
#[must_use]
pub fn sha384(message: &[u8]) -> [u8; 48] {
    Sha384::digest(message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 example messages ("abc"), as published with the standard.
    #[test]
    fn abc() {
        assert_eq!(
            hex::encode(sha1(b"abc")),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(sha256(&[b"abc"])), expected);
        assert_eq!(hex::encode(sha256(&[b"a", b"", b"bc"])), expected);
        assert_eq!(
            hex::encode(sha384(b"abc")),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
             8086072ba1e7cc2358baeca134c825a7"
        );
    }
}
