//! Serial numbers as people paste them: with colons, spaces, `0x`, `serial=`, or typed in full-width digits.

use x509::certificate::Serial;

/// Longest input that is looked at: 20 octets with separators fit several times.
const LONGEST: usize = 160;

/// The serial in what was typed, if there is one.
pub(crate) fn parse(typed: &str) -> Option<Serial> {
    if typed.len() > LONGEST {
        return None;
    }
    let narrow: String = typed
        .trim()
        .chars()
        .map(narrow)
        .collect::<String>()
        .to_ascii_lowercase();
    let digits = narrow.strip_prefix("serial=").unwrap_or(&narrow).trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let digits: String = digits
        .chars()
        .filter(|c| !matches!(c, ' ' | ':' | '-' | '\t'))
        .collect();
    // `0A` and `A` are the same number.
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() || digits.len() > 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let even = if digits.len().is_multiple_of(2) {
        digits.to_owned()
    } else {
        format!("0{digits}")
    };
    even.parse().or_else(|_| format!("00{even}").parse()).ok()
}

/// What to show again in the field: no control characters, no endless text.
pub(crate) fn echo(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
}

/// ASCII for a full-width form (U+FF01–U+FF5E), as an input method for Chinese produces it.
fn narrow(c: char) -> char {
    match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_serial_in_many_dresses() {
        for typed in [
            "1a2b3c4d",
            "1A:2B:3C:4D",
            " 1a 2b 3c 4d ",
            "0x1a2b3c4d",
            "serial=1A2B3C4D",
            "１ａ２ｂ３ｃ４ｄ",
            "001a2b3c4d",
        ] {
            assert_eq!(parse(typed).unwrap().to_string(), "1a2b3c4d", "{typed}");
        }
    }

    #[test]
    fn what_is_no_serial() {
        let long = "1".repeat(41);
        for typed in [
            "",
            "0",
            "xyz",
            "<script>",
            "12\u{0}34",
            "１２３九",
            &long,
            &"1 ".repeat(200),
        ] {
            assert!(parse(typed).is_none(), "{typed:?}");
        }
    }

    #[test]
    fn an_echo_is_short_and_printable() {
        assert_eq!(echo("a\u{0}b\n"), "ab");
        assert_eq!(echo(&"九".repeat(500)).chars().count(), LONGEST);
    }
}
