//! Public keys and signatures of every algorithm that certificates here may use: SM2, and P-256 and RSA in
//! hierarchies for clients that know no SM2.
//!
//! What the service itself relies on (log, officers, statements, sealing) is SM2 by type; these enums stand
//! where a certificate's or an issuer's algorithm is known only when it is read.

use crate::foreign::{EcdsaSignature, P256PublicKey, RsaPublicKey, RsaSignature};
use crate::sm2::{self, SignerId};

/// How an authority signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 5758 §3.2).
    EcdsaP256Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 4055 §5).
    RsaSha256,
    /// SM2 with SM3 and the default identifier (GM/T 0009-2012).
    Sm2Sm3,
}

impl Algorithm {
    /// Every algorithm, by name.
    pub const ALL: [Self; 3] = [Self::EcdsaP256Sha256, Self::RsaSha256, Self::Sm2Sm3];

    /// As configuration, ledger and people write it: `sm2`, `p256`, `rsa`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "p256",
            Self::RsaSha256 => "rsa",
            Self::Sm2Sm3 => "sm2",
        }
    }

    /// Reads what [`Self::name`] writes.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PublicKey {
    /// A point of P-256.
    P256(P256PublicKey),
    /// An RSA modulus and exponent.
    Rsa(RsaPublicKey),
    /// A point of the SM2 curve.
    Sm2(sm2::PublicKey),
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// ECDSA, DER.
    EcdsaP256Sha256(EcdsaSignature),
    /// RSASSA-PKCS1-v1_5.
    RsaSha256(RsaSignature),
    /// SM2, DER.
    Sm2Sm3(sm2::Signature),
}

/// The signature is not this key's over this message, or of another algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct Mismatch;

impl PublicKey {
    /// The algorithm in which this key signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::EcdsaP256Sha256,
            Self::Rsa(_) => Algorithm::RsaSha256,
            Self::Sm2(_) => Algorithm::Sm2Sm3,
        }
    }

    /// The SM2 key, where it is one.
    #[must_use]
    pub const fn sm2(&self) -> Option<&sm2::PublicKey> {
        match self {
            Self::Sm2(key) => Some(key),
            _ => None,
        }
    }

    /// Content of subjectPublicKey: `04 || X || Y` (65 bytes), or DER of `RSAPublicKey`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.as_bytes().to_vec(),
            Self::Rsa(key) => key.as_bytes().to_vec(),
            Self::Sm2(key) => key.to_sec1().to_vec(),
        }
    }

    /// Verifies in variable time; SM2 under the default identifier.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Mismatch> {
        let verified = match (self, signature) {
            (Self::P256(key), Signature::EcdsaP256Sha256(signature)) => {
                key.verify(message, signature)
            }
            (Self::Rsa(key), Signature::RsaSha256(signature)) => key.verify(message, signature),
            (Self::Sm2(key), Signature::Sm2Sm3(signature)) => {
                key.verify(SignerId::Default, message, signature).is_ok()
            }
            _ => false,
        };
        if verified { Ok(()) } else { Err(Mismatch) }
    }

    /// Takes a message in pieces to verify a signature over it. Only for an SM2 key is it not gathered as a whole.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        match self {
            Self::Sm2(key) => Verifier::Hashed(Box::new(key.hasher(SignerId::Default))),
            _ => Verifier::Whole(Vec::new()),
        }
    }
}

/// A message on its way to be verified, see [`PublicKey::verifier`].
pub enum Verifier {
    /// Of an SM2 key.
    Hashed(Box<sm2::MessageHasher>),
    /// Of a key of another algorithm.
    Whole(Vec<u8>),
}

impl Verifier {
    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Hashed(hasher) => hasher.update(piece),
            Self::Whole(message) => message.extend_from_slice(piece),
        }
    }

    /// [`PublicKey::verify`] with the key that it came from.
    ///
    /// # Errors
    /// [`Mismatch`]; also with another key.
    pub fn verify(self, key: &PublicKey, signature: &Signature) -> Result<(), Mismatch> {
        match (self, key, signature) {
            (Self::Hashed(hasher), PublicKey::Sm2(key), Signature::Sm2Sm3(signature)) => key
                .verify_hashed(SignerId::Default, &hasher.finish(), signature)
                .map_err(|_| Mismatch),
            (Self::Whole(message), key, signature) => key.verify(&message, signature),
            _ => Err(Mismatch),
        }
    }
}

impl Signature {
    /// The algorithm that it was made with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::EcdsaP256Sha256(_) => Algorithm::EcdsaP256Sha256,
            Self::RsaSha256(_) => Algorithm::RsaSha256,
            Self::Sm2Sm3(_) => Algorithm::Sm2Sm3,
        }
    }

    /// The SM2 signature, where it is one.
    #[must_use]
    pub fn sm2(self) -> Option<sm2::Signature> {
        match self {
            Self::Sm2Sm3(signature) => Some(signature),
            _ => None,
        }
    }

    /// Content of the BIT STRING in a signed structure.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::EcdsaP256Sha256(signature) => signature.as_bytes().to_vec(),
            Self::RsaSha256(signature) => signature.as_bytes().to_vec(),
            Self::Sm2Sm3(signature) => signature.to_der(),
        }
    }

    /// Reads that content; `None` where it has not the form of the algorithm.
    #[must_use]
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::EcdsaP256Sha256 => Self::EcdsaP256Sha256(EcdsaSignature::from_der(bytes)?),
            Algorithm::RsaSha256 => Self::RsaSha256(RsaSignature::from_bytes(bytes)?),
            Algorithm::Sm2Sm3 => Self::Sm2Sm3(sm2::Signature::from_der(bytes).ok()?),
        })
    }
}

impl From<sm2::PublicKey> for PublicKey {
    fn from(key: sm2::PublicKey) -> Self {
        Self::Sm2(key)
    }
}

impl From<&sm2::PublicKey> for PublicKey {
    fn from(key: &sm2::PublicKey) -> Self {
        Self::Sm2(key.clone())
    }
}

impl PartialEq<sm2::PublicKey> for PublicKey {
    fn eq(&self, other: &sm2::PublicKey) -> bool {
        self.sm2() == Some(other)
    }
}

impl From<sm2::Signature> for Signature {
    fn from(signature: sm2::Signature) -> Self {
        Self::Sm2Sm3(signature)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::foreign::P256PrivateKey;
    use crate::sm2::PrivateKey;

    #[test]
    fn a_signature_of_another_algorithm_verifies_under_no_key() {
        let (sm2, p256) = (
            PrivateKey::generate(),
            P256PrivateKey::generate().unwrap().0,
        );
        let message = b"message";
        let by_sm2 = Signature::from(sm2.sign(SignerId::Default, message).unwrap());
        let by_p256 = Signature::EcdsaP256Sha256(p256.sign(message).unwrap());
        let (sm2, p256) = (
            PublicKey::from(sm2.public_key().clone()),
            PublicKey::P256(p256.public_key().clone()),
        );
        assert_eq!(sm2.verify(message, &by_sm2), Ok(()));
        assert_eq!(p256.verify(message, &by_p256), Ok(()));
        assert_eq!(sm2.verify(message, &by_p256), Err(Mismatch));
        assert_eq!(p256.verify(message, &by_sm2), Err(Mismatch));
        assert_eq!(sm2.verify(b"messagf", &by_sm2), Err(Mismatch));
        assert_eq!(p256.verify(b"messagf", &by_p256), Err(Mismatch));
    }

    #[test]
    fn signatures_are_read_back() {
        let key = P256PrivateKey::generate().unwrap().0;
        let signature = Signature::EcdsaP256Sha256(key.sign(b"m").unwrap());
        let bytes = signature.to_bytes();
        assert_eq!(
            Signature::from_bytes(Algorithm::EcdsaP256Sha256, &bytes),
            Some(signature)
        );
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(
            Signature::from_bytes(Algorithm::EcdsaP256Sha256, &longer),
            None
        );
        assert_eq!(
            Signature::from_bytes(Algorithm::RsaSha256, &[1; 255]),
            None,
            "shorter than any modulus that is accepted"
        );
    }

    #[test]
    fn names_are_read_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("p384"), None);
    }
}
