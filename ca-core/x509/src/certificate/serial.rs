//! Serial numbers of certificates (RFC 5280 §4.1.2.2).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use sm_engine::random;

use crate::Error;

const WHAT: &str = "serial number";
/// Longest serial: content octets.
const SIZE_LIMIT: usize = 20;

/// A positive INTEGER of at most 20 content octets.
///
/// `Display` and JSON give lower-case hex, two digits for each byte of the value; `FromStr` also reads upper
/// case, colons, an odd count of digits and leading zeros, and every way of writing a value gives the same
/// serial. `Ord` is the order of the numbers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// A fresh serial: 16 random bytes, positive as they stand, the first not zero (127 bits or a little less).
    ///
    /// # Panics
    /// Where the operating system has no random source.
    #[must_use]
    pub fn random() -> Self {
        loop {
            let mut bytes: [u8; 16] = random::array();
            bytes[0] &= 0x7F;
            if bytes[0] != 0 {
                return Self(bytes.to_vec());
            }
        }
    }

    /// From the content octets of the INTEGER: two's complement, big-endian, as in DER and in a CertID.
    ///
    /// # Errors
    /// [`Error::Value`] for zero, a negative or non-minimal number; [`Error::TooLarge`] above 20 octets.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Error::check_size(WHAT, bytes, SIZE_LIMIT)?;
        match bytes {
            [] => Err(Error::Value {
                what: WHAT,
                reason: "is empty",
            }),
            [0] => Err(Error::Value {
                what: WHAT,
                reason: "is zero",
            }),
            [0x80..=0xFF, ..] => Err(Error::Value {
                what: WHAT,
                reason: "is negative",
            }),
            [0, 0..=0x7F, ..] => Err(Error::Value {
                what: WHAT,
                reason: "is not minimal",
            }),
            _ => Ok(Self(bytes.to_vec())),
        }
    }

    /// The content octets of the INTEGER: one leading zero where the first byte of the value has its top bit set.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value without a leading zero.
    fn magnitude(&self) -> &[u8] {
        self.0.strip_prefix(&[0]).unwrap_or(&self.0)
    }
}

impl Ord for Serial {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Serial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.magnitude()))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl FromStr for Serial {
    type Err = Error;

    /// # Errors
    /// As [`Serial::from_bytes`]; [`Error::Value`] for what is no hex number.
    fn from_str(text: &str) -> Result<Self, Error> {
        // Colons between 20 bytes, a few zeros in front.
        Error::check_size(WHAT, text.as_bytes(), 128)?;
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let significant = digits.trim_start_matches('0');
        let even = if significant.len().is_multiple_of(2) {
            significant.to_owned()
        } else {
            format!("0{significant}")
        };
        let no_number = Error::Value {
            what: WHAT,
            reason: "expected hex digits",
        };
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(no_number);
        }
        let mut bytes = hex::decode(even).map_err(|_| no_number)?;
        if bytes.first().is_none_or(|first| *first >= 0x80) {
            bytes.insert(0, 0);
        }
        Self::from_bytes(&bytes)
    }
}

impl serde::Serialize for Serial {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Serial {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_number_has_one_serial() {
        let serial: Serial = "80ff".parse().unwrap();
        assert_eq!(serial.as_bytes(), [0, 0x80, 0xFF]);
        assert_eq!(serial.to_string(), "80ff");
        for text in ["80FF", "80:ff", "0080ff", "080fF", "00:80:FF"] {
            assert_eq!(text.parse::<Serial>().unwrap(), serial, "{text}");
        }
        assert_eq!(serde_json::to_string(&serial).unwrap(), "\"80ff\"");
        assert_eq!(serde_json::from_str::<Serial>("\"80ff\"").unwrap(), serial);
        assert_eq!("1".parse::<Serial>().unwrap().to_string(), "01");
    }

    #[test]
    fn refusals() {
        let value = |reason| Err(Error::Value { what: WHAT, reason });
        for (bytes, expected) in [
            (&[][..], value("is empty")),
            (&[0], value("is zero")),
            (&[0x80], value("is negative")),
            (&[0, 0x7F], value("is not minimal")),
            (&[0, 0], value("is not minimal")),
            (
                &[1; 21],
                Err(Error::TooLarge {
                    what: WHAT,
                    limit: 20,
                }),
            ),
        ] {
            assert_eq!(Serial::from_bytes(bytes), expected);
        }
        for text in [
            "",
            "0",
            "::",
            "-1",
            "0x12",
            "12 34",
            "济南",
            &"f".repeat(40),
            &"1".repeat(129),
        ] {
            assert!(text.parse::<Serial>().is_err(), "{text}");
        }
        assert_eq!(
            "7".repeat(40).parse::<Serial>().unwrap().as_bytes().len(),
            20
        );
        assert!(serde_json::from_str::<Serial>("7").is_err());
    }

    #[test]
    fn random_serials_are_positive_and_differ() {
        let serials: std::collections::BTreeSet<_> = (0..500).map(|_| Serial::random()).collect();
        assert_eq!(serials.len(), 500);
        assert!(serials.iter().all(
            |serial| serial.as_bytes().len() == 16 && (1..0x80).contains(&serial.as_bytes()[0])
        ));
    }

    proptest! {
        #[test]
        fn text_round_trip_and_numeric_order(a in 1_u128.., b in 1_u128..) {
            let serial = |number: u128| format!("{number:x}").parse::<Serial>().unwrap();
            prop_assert_eq!(serial(a).to_string().parse::<Serial>().unwrap(), serial(a));
            prop_assert_eq!(Serial::from_bytes(serial(a).as_bytes()).unwrap(), serial(a));
            prop_assert_eq!(serial(a).cmp(&serial(b)), a.cmp(&b));
        }

        #[test]
        fn never_panics(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            let _ = (text.parse::<Serial>(), Serial::from_bytes(&bytes));
        }
    }
}
