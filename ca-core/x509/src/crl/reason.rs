//! Why a certificate was revoked (RFC 5280 §5.3.1).

use std::fmt;
use std::str::FromStr;

use der::{DecodeValue, FixedTag, Header, Reader, Tag};

use crate::Error;

/// The reasons of RFC 5280. `Display`, `FromStr` and JSON use the standard's names: `keyCompromise`.
///
/// ```asn1
/// CRLReason ::= ENUMERATED { unspecified (0), keyCompromise (1), cACompromise (2), affiliationChanged (3), superseded (4), cessationOfOperation (5), certificateHold (6), removeFromCRL (8), privilegeWithdrawn (9), aACompromise (10) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RevocationReason {
    /// None given.
    Unspecified = 0,
    /// The private key is known to others, or lost.
    KeyCompromise = 1,
    /// The authority's key is.
    CaCompromise = 2,
    /// The holder's name or post has changed.
    AffiliationChanged = 3,
    /// Another certificate takes its place.
    Superseded = 4,
    /// No longer needed.
    CessationOfOperation = 5,
    /// Frozen (冻结): may be released again.
    CertificateHold = 6,
    /// Released, in delta lists only.
    RemoveFromCrl = 8,
    /// The right that it proved was withdrawn.
    PrivilegeWithdrawn = 9,
    /// The attribute authority's key is known to others.
    AaCompromise = 10,
}

use RevocationReason as R;

/// Every reason with its name.
const NAMES: [(RevocationReason, &str); 10] = [
    (R::Unspecified, "unspecified"),
    (R::KeyCompromise, "keyCompromise"),
    (R::CaCompromise, "cACompromise"),
    (R::AffiliationChanged, "affiliationChanged"),
    (R::Superseded, "superseded"),
    (R::CessationOfOperation, "cessationOfOperation"),
    (R::CertificateHold, "certificateHold"),
    (R::RemoveFromCrl, "removeFromCRL"),
    (R::PrivilegeWithdrawn, "privilegeWithdrawn"),
    (R::AaCompromise, "aACompromise"),
];

impl RevocationReason {
    /// The number of the standard.
    #[must_use]
    #[allow(clippy::as_conversions)] // the discriminant of a `repr(u8)`
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this number; `None` for 7 and everything above 10.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        NAMES
            .iter()
            .map(|(reason, _)| *reason)
            .find(|reason| reason.code() == code)
    }

    fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(reason, _)| *reason == self)
            .map_or("unspecified", |(_, name)| name)
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RevocationReason {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(reason, _)| *reason);
        found.ok_or(Error::Value {
            what: "revocation reason",
            reason: "no such reason in RFC 5280",
        })
    }
}

impl serde::Serialize for RevocationReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for RevocationReason {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// `CRLReason` as it is read.
pub(crate) struct ReasonDer(pub(crate) RevocationReason);

impl FixedTag for ReasonDer {
    const TAG: Tag = Tag::Enumerated;
}

impl<'a> DecodeValue<'a> for ReasonDer {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        // Every code fits one octet below 0x80, so one octet is the only minimal form.
        let reason = match reader.read_slice(header.length())? {
            [code] => RevocationReason::from_code(*code),
            _ => None,
        };
        reason.map(Self).ok_or_else(|| {
            reader.error(der::ErrorKind::Value {
                tag: Tag::Enumerated,
            })
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use der::Decode as _;

    #[test]
    fn names_and_codes_are_one_to_one() {
        for code in 0..=u8::MAX {
            let reason = RevocationReason::from_code(code);
            assert_eq!(reason.is_some(), code <= 10 && code != 7);
            assert_eq!(
                ReasonDer::from_der(&[10, 1, code]).map(|der| der.0).ok(),
                reason
            );
            if let Some(reason) = reason {
                assert_eq!(reason.code(), code);
                assert_eq!(
                    reason.to_string().parse::<RevocationReason>().unwrap(),
                    reason
                );
                let json = serde_json::to_string(&reason).unwrap();
                assert_eq!(json, format!("\"{reason}\""));
                assert_eq!(
                    serde_json::from_str::<RevocationReason>(&json).unwrap(),
                    reason
                );
            }
        }
        assert!("KeyCompromise".parse::<RevocationReason>().is_err());
        assert!(ReasonDer::from_der(&[10, 2, 0, 1]).is_err());
        assert!(ReasonDer::from_der(&[2, 1, 1]).is_err());
    }
}
