//! RSASSA-PKCS1-v1_5 with SHA-256, moduli of 2048 to 4096 bits (RFC 8017 §8.2, RFC 4055 §5).
//!
//! Keys are made elsewhere (`openssl genpkey`) and imported: `ring` makes none. Weak ones are refused when they are
//! read, as far as that costs little (CA/Browser Forum Baseline Requirements §6.1.6 and §6.1.1.3).

use ring::rand::SystemRandom;
use ring::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use std::fmt;

/// Bytes of the shortest and of the longest modulus.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;
/// Bytes of the exponent.
const EXPONENT: std::ops::RangeInclusive<usize> = 3..=4;
/// Longest DER of an `RSAPublicKey` with such a modulus and such an exponent.
const LONGEST_KEY: usize = 4 + (4 + 513) + (2 + 5);

/// DER of `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 §A.1.1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RsaPublicKey(Vec<u8>);

/// Why a public key is none that may be certified or relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Not DER of two positive integers.
    #[error("not DER of an RSAPublicKey")]
    Encoding,
    /// Even, below 65537, or above 32 bits.
    #[error("the public exponent is even, less than 65537, or longer than 32 bits")]
    Exponent,
    /// The modulus has a factor below 752.
    #[error("the modulus has a small factor")]
    Factor,
    /// The modulus has the form of those of a faulty key generator (ROCA, CVE-2017-15361).
    #[error("the modulus has the form of a faulty generator (CVE-2017-15361)")]
    Infineon,
    /// The modulus has less than 2048 or more than 4096 bits, or a number of bits that 8 does not divide.
    #[error("the modulus does not have 2048 to 4096 bits")]
    Length,
}

/// As many bytes as the modulus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RsaSignature(Vec<u8>);

/// A private key. No Debug, no Clone.
pub struct RsaPrivateKey {
    pair: RsaKeyPair,
    public: RsaPublicKey,
}

impl RsaPublicKey {
    /// From DER.
    ///
    /// # Errors
    /// [`Weakness`].
    pub fn from_der(der: &[u8]) -> Result<Self, Weakness> {
        if der.len() > LONGEST_KEY {
            return Err(Weakness::Length);
        }
        let (modulus, exponent) = crate::sm2::two_integers(der).ok_or(Weakness::Encoding)?;
        if !MODULUS.contains(&modulus.len()) || modulus[0] < 0x80 {
            return Err(Weakness::Length);
        }
        // Odd with three bytes and no leading zero: at least 65537.
        if !EXPONENT.contains(&exponent.len()) || exponent.last().is_none_or(even) {
            return Err(Weakness::Exponent);
        }
        if primes().any(|prime| remainder(modulus, prime) == 0) {
            return Err(Weakness::Factor);
        }
        if has_fingerprint(modulus) {
            return Err(Weakness::Infineon);
        }
        Ok(Self(der.to_vec()))
    }

    /// The DER.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &RsaSignature) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(message, &signature.0)
            .is_ok()
    }
}

fn even(last: &u8) -> bool {
    last.is_multiple_of(2)
}

/// The primes below 752 (Baseline Requirements §6.1.6).
fn primes() -> impl Iterator<Item = u32> {
    (2..752).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

/// `number`, big-endian, modulo a small prime.
fn remainder(number: &[u8], prime: u32) -> u32 {
    let step = |rest: u32, byte: &u8| (rest * 256 + u32::from(*byte)) % prime;
    number.iter().fold(0, step)
}

/// Whether the modulus is a power of 65537 modulo each of the primes with which the faulty generator built its own
/// (Nemec et al., "The Return of Coppersmith's Attack", §2.3). Hardly any random modulus is.
fn has_fingerprint(modulus: &[u8]) -> bool {
    primes()
        .filter(|prime| (3..=167).contains(prime))
        .all(|prime| {
            let rest = remainder(modulus, prime);
            let mut power = 1;
            (0..prime).any(|_| {
                power = power * 65537 % prime;
                power == rest
            })
        })
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({} bytes)", self.0.len())
    }
}

impl RsaSignature {
    /// From 256 to 512 bytes; `None` for other lengths.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        MODULUS.contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl RsaPrivateKey {
    /// From unencrypted PKCS#8 DER with a modulus of 2048 to 4096 bits; `None` for anything else.
    #[must_use]
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = RsaKeyPair::from_pkcs8(der).ok()?;
        let public = RsaPublicKey::from_der(pair.public_key().as_ref()).ok()?;
        Some(Self { pair, public })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &RsaPublicKey {
        &self.public
    }

    /// Signs; `None` where the operating system has no random source to blind with.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Option<RsaSignature> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .ok()?;
        Some(RsaSignature(signature))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn integer(digits: &[u8]) -> Vec<u8> {
        let zero: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
        tlv(2, &[zero, digits].concat())
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = match u16::try_from(content.len()).unwrap().to_be_bytes() {
            [0, short] if short < 0x80 => vec![short],
            [0, long] => vec![0x81, long],
            [high, low] => vec![0x82, high, low],
        };
        [&[tag][..], &length, content].concat()
    }

    fn key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        tlv(0x30, &[integer(modulus), integer(exponent)].concat())
    }

    /// The first number of that many bytes with its top bit set of which none of the primes is a factor.
    fn modulus(length: usize) -> Vec<u8> {
        let mut number = vec![0; length];
        number[0] = 0x80;
        while primes().any(|prime| remainder(&number, prime) == 0) {
            add(&mut number, 1);
        }
        number
    }

    fn add(number: &mut [u8], value: u32) {
        let mut carry = value;
        for byte in number.iter_mut().rev() {
            carry += u32::from(*byte);
            *byte = carry.to_be_bytes()[3];
            carry >>= 8;
        }
    }

    /// `65537 + k P`, where `P` is the product of the faulty generator's primes, for the first `k` with which no
    /// prime below 752 divides it.
    fn of_the_faulty_generator() -> Vec<u8> {
        let mut product = vec![0; 256];
        product[227] = 1;
        for prime in primes().filter(|prime| *prime <= 167) {
            let mut carry = 0;
            for byte in product.iter_mut().rev() {
                carry += u32::from(*byte) * prime;
                *byte = carry.to_be_bytes()[3];
                carry >>= 8;
            }
        }
        while product[0] < 0x80 {
            let mut carry = 0;
            for byte in product.iter_mut().rev() {
                carry += u32::from(*byte) * 2;
                *byte = carry.to_be_bytes()[3];
                carry >>= 8;
            }
        }
        let mut number = product;
        add(&mut number, 65537);
        number
    }

    #[test]
    fn keys_of_good_form_are_taken() {
        for length in [256, 384, 512] {
            for exponent in [&[1, 0, 1][..], &[0xFF, 0xFF, 0xFF, 0xFB]] {
                let der = key(&modulus(length), exponent);
                assert_eq!(RsaPublicKey::from_der(&der).unwrap().as_bytes(), der);
            }
        }
    }

    #[test]
    fn weak_keys_are_refused() {
        let good = modulus(256);
        let refused = |der: &[u8]| RsaPublicKey::from_der(der).unwrap_err();
        let mut odd_bits = good.clone();
        odd_bits[0] = 0x7F;
        for short in [&modulus(128)[..], &modulus(255), &modulus(513), &odd_bits] {
            assert_eq!(refused(&key(short, &[1, 0, 1])), Weakness::Length);
        }
        for exponent in [&[3][..], &[0xFF, 0xFF], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
            assert_eq!(refused(&key(&good, exponent)), Weakness::Exponent);
        }
        for prime in [2, 3, 743, 751] {
            let mut multiple = good.clone();
            while remainder(&multiple, prime) != 0 {
                add(&mut multiple, 1);
            }
            assert_eq!(refused(&key(&multiple, &[1, 0, 1])), Weakness::Factor);
        }
        let der = key(&good, &[1, 0, 1]);
        for bad in [&der[1..], &der[..der.len() - 1], &[&der[..], &[0]].concat()] {
            assert_eq!(refused(bad), Weakness::Encoding);
        }
    }

    #[test]
    fn the_fingerprint_of_the_faulty_generator_is_known() {
        let mut faulty = of_the_faulty_generator();
        assert!(has_fingerprint(&faulty) && !has_fingerprint(&modulus(256)));
        add(&mut faulty, 2);
        assert!(!has_fingerprint(&faulty));
    }
}
