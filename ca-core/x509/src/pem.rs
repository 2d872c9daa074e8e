//! PEM (RFC 7468), read liberally as to line lengths and text around the blocks, strictly as to base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Error;

/// DER of the first block in `text` with one of `labels`.
pub(crate) fn decode(what: &'static str, labels: &[&str], text: &str) -> Result<Vec<u8>, Error> {
    let block = labels
        .iter()
        .filter_map(|label| block(text, label))
        .min_by_key(|(position, _)| *position);
    let (position, body) = block.ok_or_else(|| Error::broken(what))?;
    let digits: String = body.split_ascii_whitespace().collect();
    STANDARD
        .decode(digits)
        .map_err(|_| Error::Malformed { what, position })
}

/// DER as it is, or the DER of a PEM block: DER of a certificate or request starts with a SEQUENCE, `0`, and
/// its length, which no text does.
pub(crate) fn decode_if_pem(
    what: &'static str,
    labels: &[&str],
    input: &[u8],
) -> Result<Vec<u8>, Error> {
    if let Ok(text) = std::str::from_utf8(input)
        && text.contains("-----BEGIN ")
    {
        return decode(what, labels, text);
    }
    Ok(input.to_vec())
}

/// One block with lines of 64 digits.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let digits = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(digit);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

/// Position and base64 of the first block with this label.
fn block<'a>(text: &'a str, label: &str) -> Option<(usize, &'a str)> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let position = text.find(&begin)?.checked_add(begin.len())?;
    let body = text.get(position..)?;
    Some((position, body.get(..body.find(&end)?)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_noise() {
        for length in [0, 1, 47, 48, 49, 100] {
            let der: Vec<u8> = (0..length).collect();
            let text = encode("CERTIFICATE", &der);
            assert!(text.lines().all(|line| line.len() <= 64));
            assert_eq!(decode("x", &["CERTIFICATE"], &text).unwrap(), der);
            let noisy = format!(
                "说明\n-----BEGIN X-----\nAA==\n-----END X-----\r\n{}",
                text.replace('\n', "\r\n")
            );
            assert_eq!(decode("x", &["CERTIFICATE"], &noisy).unwrap(), der);
        }
    }

    #[test]
    fn the_first_block_of_a_fitting_label() {
        let text = encode("B", b"second") + &encode("A", b"first");
        assert_eq!(decode("x", &["A", "B"], &text).unwrap(), b"second");
    }

    #[test]
    fn refusals() {
        for bad in [
            "",
            "-----BEGIN A-----",
            "-----BEGIN A-----\nA*==\n-----END A-----",
            "-----BEGIN A-----\nAAA\n-----END A-----",
            "-----END A-----\n-----BEGIN A-----\n",
        ] {
            assert!(decode("x", &["A"], bad).is_err(), "{bad}");
        }
    }
}
