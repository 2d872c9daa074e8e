//! A signature as officers bring it: a file of the signing program, or its text pasted into a field.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::form::{Fields, Upload};

/// Longest DER signature of SM2, with some room.
const LONGEST: usize = 96;

/// The DER signature of a form: from the file if there is one, else from the field `signature`.
pub(super) fn of_form(fields: &Fields, file: Option<Upload>) -> Option<Vec<u8>> {
    match file {
        Some(Upload { content }) if content.first() == Some(&0x30) => {
            (content.len() <= LONGEST).then_some(content)
        }
        Some(Upload { content }) => of_text(std::str::from_utf8(&content).ok()?),
        None => of_text(fields.text("signature")),
    }
}

/// A signature in base64, however its lines are broken; in an address `-` and `_` stand for `+` and `/`.
pub(super) fn of_text(text: &str) -> Option<Vec<u8>> {
    if text.len() > 4 * LONGEST {
        return None;
    }
    let compact: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let bytes = BASE64_STANDARD.decode(compact).ok()?;
    (!bytes.is_empty() && bytes.len() <= LONGEST).then_some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn der_or_text_and_nothing_else() {
        let der = vec![0x30, 3, 2, 1, 5];
        let upload = |content: &[u8]| {
            Some(Upload {
                content: content.to_vec(),
            })
        };
        let none = Fields::default();
        assert_eq!(of_form(&none, upload(&der)).unwrap(), der);
        assert_eq!(of_form(&none, upload(b"MAMC\nAQU=\n")).unwrap(), der);
        assert_eq!(of_text(" MAMC AQU= ").unwrap(), der);
        for bad in ["", "%%%", &"A".repeat(400)] {
            assert_eq!(of_text(bad), None, "{bad}");
        }
        assert_eq!(of_form(&none, upload(&[0x30; 97])), None);
        assert_eq!(of_form(&none, upload(&[0xFF, 0xFE])), None);
        assert_eq!(of_form(&none, None), None);
    }
}
