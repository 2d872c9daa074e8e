//! ECDSA on P-256 with SHA-256 (FIPS 186-5; encodings of RFC 5480 and RFC 5758).

use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey as Peer, agree_ephemeral};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use std::fmt;
use zeroize::Zeroizing;

use crate::sm2;

/// Longest DER of two 256-bit integers: bytes.
const LONGEST_SIGNATURE: usize = 72;

/// A point of the curve, `04 || X || Y`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct P256PublicKey([u8; 65]);

/// DER of `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EcdsaSignature(Vec<u8>);

/// A private key. No Debug, no Clone.
pub struct P256PrivateKey {
    pair: EcdsaKeyPair,
    public: P256PublicKey,
}

impl P256PublicKey {
    /// From 65 bytes; `None` for another length or form, and for a point that is not on the curve.
    #[must_use]
    pub fn from_sec1(point: &[u8]) -> Option<Self> {
        let point: [u8; 65] = point.try_into().ok()?;
        (point[0] == 4 && is_on_curve(&point)).then_some(Self(point))
    }

    /// `04 || X || Y`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &EcdsaSignature) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0)
            .verify(message, &signature.0)
            .is_ok()
    }
}

/// `ring` says it nowhere but where two agree on a key (SP 800-56A §5.6.2.3.4), so somebody agrees with `point`.
fn is_on_curve(point: &[u8; 65]) -> bool {
    EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new())
        .and_then(|own| agree_ephemeral(own, &Peer::new(&ECDH_P256, point), |_| ()))
        .is_ok()
}

impl fmt::Debug for P256PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P256PublicKey(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

impl EcdsaSignature {
    /// Two positive integers in strict DER and nothing else; their range is checked by the verification.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        (der.len() <= LONGEST_SIGNATURE && sm2::two_integers(der).is_some())
            .then(|| Self(der.to_vec()))
    }

    /// The DER, at most 72 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl P256PrivateKey {
    /// A fresh key, and its PKCS#8 DER to keep. `None` where the operating system has no random source.
    #[must_use]
    pub fn generate() -> Option<(Self, Zeroizing<Vec<u8>>)> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .ok()?;
        let pkcs8 = Zeroizing::new(document.as_ref().to_vec());
        Some((Self::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// From PKCS#8 DER with the public key inside (RFC 5958, RFC 5915); `None` for anything else.
    #[must_use]
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &SystemRandom::new())
                .ok()?;
        let public = P256PublicKey::from_sec1(pair.public_key().as_ref())?;
        Some(Self { pair, public })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &P256PublicKey {
        &self.public
    }

    /// Signs; `None` where the operating system has no random source.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Option<EcdsaSignature> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        Some(EcdsaSignature(signature.as_ref().to_vec()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_is_the_same_key() {
        let (key, pkcs8) = P256PrivateKey::generate().unwrap();
        let again = P256PrivateKey::from_pkcs8(&pkcs8).unwrap();
        assert_eq!(key.public_key(), again.public_key());
        let signature = again.sign(b"message").unwrap();
        assert!(key.public_key().verify(b"message", &signature));
        assert!(!key.public_key().verify(b"massage", &signature));
    }

    #[test]
    fn what_is_no_key_and_no_signature_is_refused() {
        assert!(P256PublicKey::from_sec1(&[4; 64]).is_none());
        assert!(P256PublicKey::from_sec1(&[2; 65]).is_none());
        let (_, pkcs8) = P256PrivateKey::generate().unwrap();
        assert!(P256PrivateKey::from_pkcs8(&pkcs8[1..]).is_none());
        for der in [&b""[..], b"\x30\x00", b"\x30\x03\x02\x01\x01", &[0x30; 73]] {
            assert!(EcdsaSignature::from_der(der).is_none());
        }
    }

    /// A point, the same with another ordinate, and numbers that are no residues.
    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let key = P256PrivateKey::generate().unwrap().0;
        let good = *key.public_key().as_bytes();
        assert!(P256PublicKey::from_sec1(&good).is_some());
        let mut off = good;
        off[64] ^= 1;
        let beyond = [&[4][..], &[0xFF; 64]].concat();
        for bad in [&off[..], &[4; 65], &beyond, &[&[4][..], &[0; 64]].concat()] {
            assert!(P256PublicKey::from_sec1(bad).is_none());
        }
    }
}
