//! keyUsage (RFC 5280 §4.2.1.3): a set of nine flags with the standard's names.

use std::fmt;
use std::ops::BitOr;
use std::str::FromStr;

use der::Decode as _;
use der::asn1::BitStringRef;

use crate::Error;
use crate::writer::{BIT_STRING, Writer};

/// A set of usages. `Display` joins the names of RFC 5280 with `, `.
///
/// ```asn1
/// KeyUsage ::= BIT STRING { digitalSignature (0), nonRepudiation (1), keyEncipherment (2), dataEncipherment (3), keyAgreement (4), keyCertSign (5), cRLSign (6), encipherOnly (7), decipherOnly (8) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

const NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

impl KeyUsage {
    /// Signatures other than on certificates and CRLs.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// Signatures that the signer cannot later deny; contentCommitment in newer texts.
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// Encrypting keys.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// Encrypting data directly.
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 3);
    /// Key agreement.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// Signing certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Signing CRLs.
    pub const CRL_SIGN: Self = Self(1 << 6);
    /// With keyAgreement: to encrypt only.
    pub const ENCIPHER_ONLY: Self = Self(1 << 7);
    /// With keyAgreement: to decrypt only.
    pub const DECIPHER_ONLY: Self = Self(1 << 8);

    /// The empty set, to collect into; no certificate may carry it.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0)
    }

    /// True for the empty set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every usage of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any usage of `other` is in this set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The usages in the order of the standard.
    pub fn iter(self) -> impl Iterator<Item = Self> {
        (0..9)
            .map(|bit| Self(1 << bit))
            .filter(move |one| self.contains(*one))
    }

    /// DER of the BIT STRING, without trailing zero bits (X.690 §11.2.2).
    pub(super) fn to_der(self) -> Vec<u8> {
        // Bit 0 of the standard is the highest of the first octet.
        let octets = self.0.reverse_bits().to_be_bytes();
        let count = octets
            .iter()
            .rposition(|&octet| octet != 0)
            .map_or(0, |last| last + 1);
        let unused = octets[..count]
            .last()
            .map_or(0, |last| last.trailing_zeros());
        Writer::element(BIT_STRING, 5, |bits| {
            bits.raw(&unused.to_le_bytes()[..1]);
            bits.raw(&octets[..count]);
        })
    }

    /// Reads the extension's value; refuses the empty set, unknown bits and trailing zero bits.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, Error> {
        const WHAT: &str = "keyUsage";
        let bits = BitStringRef::from_der(der).map_err(Error::malformed(WHAT))?;
        let usage = match *bits.raw_bytes() {
            [first] => Self(u16::from_be_bytes([first, 0]).reverse_bits()),
            [first, second] => Self(u16::from_be_bytes([first, second]).reverse_bits()),
            _ => Self(0),
        };
        if usage.is_empty() || usage.0 >> NAMES.len() != 0 || usage.to_der() != der {
            Err(Error::broken(WHAT))
        } else {
            Ok(usage)
        }
    }
}

impl BitOr for KeyUsage {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<KeyUsage> for KeyUsage {
    fn from_iter<I: IntoIterator<Item = Self>>(usages: I) -> Self {
        usages.into_iter().fold(Self(0), BitOr::bitor)
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (bit, name) in NAMES.iter().enumerate() {
            if self.0 >> bit & 1 == 1 {
                write!(f, "{separator}{name}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

impl FromStr for KeyUsage {
    type Err = Error;

    /// Reads one name of RFC 5280.
    fn from_str(name: &str) -> Result<Self, Error> {
        let bit = NAMES.iter().position(|known| *known == name);
        bit.map(|bit| Self(1 << bit)).ok_or(Error::Value {
            what: "keyUsage",
            reason: "no such usage in RFC 5280",
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn known_encodings() {
        // What GM/T 0015 asks of signing, encryption and authority certificates.
        let signing = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
        let encryption =
            KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT;
        let authority = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
        assert_eq!(signing.to_der(), [3, 2, 6, 0xC0]);
        assert_eq!(encryption.to_der(), [3, 2, 3, 0x38]);
        assert_eq!(authority.to_der(), [3, 2, 1, 6]);
        assert_eq!(
            (KeyUsage::KEY_AGREEMENT | KeyUsage::DECIPHER_ONLY).to_der(),
            [3, 3, 7, 8, 0x80]
        );
        assert_eq!(KeyUsage::ENCIPHER_ONLY.to_der(), [3, 2, 0, 1]);
    }

    #[test]
    fn every_set_comes_back() {
        for bits in 1..512 {
            let usage = KeyUsage(bits);
            assert_eq!(KeyUsage::from_der(&usage.to_der()).unwrap(), usage);
            assert_eq!(usage.iter().collect::<KeyUsage>(), usage);
            let names = usage.to_string();
            assert_eq!(
                names
                    .split(", ")
                    .map(|name| name.parse::<KeyUsage>().unwrap())
                    .collect::<KeyUsage>(),
                usage
            );
        }
    }

    #[test]
    fn refusals() {
        for bad in [
            &[3, 1, 0][..],
            &[3, 2, 0, 0],
            &[3, 2, 7, 0xC0],
            &[3, 2, 5, 0xC0],
            &[3, 3, 0, 0xC0, 0],
            &[3, 3, 6, 0x80, 0x40],
            &[3, 4, 7, 8, 0x80, 0],
            &[4, 2, 6, 0xC0],
            &[3, 2, 6, 0xC0, 0],
            &[],
        ] {
            assert!(KeyUsage::from_der(bad).is_err(), "{bad:02x?}");
        }
        assert!("DigitalSignature".parse::<KeyUsage>().is_err());
        assert!("".parse::<KeyUsage>().is_err());
    }
}
