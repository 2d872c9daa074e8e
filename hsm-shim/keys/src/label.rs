//! Names of keys, safe as file names and as PKCS#11 labels.

use crate::Error;
use std::fmt;

/// A key's name in its provider: `ca-jinan`, `ocsp-jinan-2026-11`, `log`.
/// Lower-case letters, digits, `-`, 1 to 64 of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyLabel(String);

impl KeyLabel {
    /// Parses and refuses.
    ///
    /// # Errors
    /// [`Error::Label`].
    pub fn new(label: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if (1..=64).contains(&label.len()) && label.bytes().all(allowed) {
            Ok(Self(label.to_owned()))
        } else {
            Err(Error::Label)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_file_names_and_nothing_more() {
        for good in ["a", "ca-jinan", "ocsp-jinan-2026-11", "-", &"9".repeat(64)] {
            assert_eq!(KeyLabel::new(good).as_ref().map(KeyLabel::as_str), Ok(good));
        }
        for bad in [
            "",
            ".",
            "..",
            "a.b",
            "a/b",
            "CA",
            "济南",
            "a b",
            "a\0",
            "a_b",
            &"9".repeat(65),
        ] {
            assert_eq!(KeyLabel::new(bad), Err(Error::Label), "{bad:?}");
        }
    }
}
