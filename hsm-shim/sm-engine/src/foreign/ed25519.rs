//! Ed25519 (RFC 8032): signatures of the SHA-256 tree's checkpoints.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

/// A signature: `R || S`.
pub type Signature = [u8; 64];

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A private key. No Debug, no Clone; wiped on drop.
pub struct PrivateKey(SigningKey);

/// The bytes are not a public key, or the signature is not this key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not the encoding of a point, or of one of small order.
    #[error("not an Ed25519 public key")]
    PublicKey,
    /// It does not verify.
    #[error("the Ed25519 signature does not verify")]
    Signature,
}

impl PublicKey {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// [`Error::PublicKey`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Error::PublicKey)?;
        if key.is_weak() {
            return Err(Error::PublicKey);
        }
        Ok(Self(key))
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Verifies, as strictly as RFC 8032 §5.1.7 allows: no key or `R` of small order, no `S` beyond the order.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0
            .verify_strict(message, &signature)
            .map_err(|_| Error::Signature)
    }
}

impl PrivateKey {
    /// The key of a 32-byte seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs; the same message always gets the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message).to_bytes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// RFC 8032 §7.1: seed, public key, message, signature.
    const VECTORS: [[&str; 4]; 2] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
    ];

    #[test]
    fn the_vectors_of_the_rfc() {
        for [seed, public, message, signature] in VECTORS {
            let bytes = |text: &str| hex::decode(text).unwrap();
            let key = PrivateKey::from_seed(&bytes(seed).try_into().unwrap());
            let public: [u8; 32] = bytes(public).try_into().unwrap();
            assert_eq!(key.public_key().to_bytes(), public);
            let signed = key.sign(&bytes(message));
            assert_eq!(signed.to_vec(), bytes(signature));
            let public = PublicKey::from_bytes(&public).unwrap();
            public.verify(&bytes(message), &signed).unwrap();
            for at in 0..64 {
                let mut wrong = signed;
                wrong[at] ^= 1;
                let verified = public.verify(&bytes(message), &wrong);
                assert_eq!(verified, Err(Error::Signature), "byte {at}");
            }
            assert!(public.verify(b"another message", &signed).is_err());
        }
    }

    #[test]
    fn keys_that_sign_everything_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity), Err(Error::PublicKey));
        assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(Error::PublicKey));
        let no_point = (2_u8..).find(|&low| {
            let mut bytes = [0; 32];
            bytes[0] = low;
            PublicKey::from_bytes(&bytes).is_err()
        });
        assert!(no_point.is_some());
    }
}
