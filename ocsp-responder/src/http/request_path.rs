//! The OCSP request in a GET path (RFC 6960 A.1): base64, percent-encoded or not, as clients and proxies
//! leave it: raw `+`, `/`, `=`, a space for `+`, missing padding, and `//` collapsed to `/`.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding may be there or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Lost slashes are looked for in requests of this size only: RFC 5019 §5 has 255 bytes for GET.
const REPAIRABLE: usize = 1024;
/// Bytes of a path that is worth trying without an allocation.
pub(super) const SPACE: usize = 512;
/// Places where a slash may have been lost; with two lost ones this means at most 152 attempts.
const PLACES: usize = 16;

/// The DER bytes of the request; `None` where there are none to be had.
///
/// A proxy that collapses `//` shortens the text. Where it then no longer holds a whole DER value, slashes
/// are put back, one or two, until `recognizes` says that the result asks for certificates that exist: a
/// slash at the wrong place may give a well-formed request with a wrong serial.
pub(super) fn decode(encoded: &str, recognizes: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let text = percent_decode(encoded)?;
    let direct = BASE64.decode(&text).ok();
    if direct.as_deref().is_some_and(is_whole) || text.len() > REPAIRABLE {
        return direct;
    }
    let whole = |text: &[u8]| {
        BASE64
            .decode(text)
            .ok()
            .filter(|der| is_whole(der) && recognizes(der))
    };
    let places = slashes(&text);
    let once = places
        .iter()
        .find_map(|place| whole(&doubled(&text, &[*place])));
    let twice = || {
        places.iter().enumerate().find_map(|(n, first)| {
            places
                .iter()
                .skip(n)
                .find_map(|second| whole(&doubled(&text, &[*first, *second])))
        })
    };
    once.or_else(twice).or(direct)
}

/// The request in a path that went through no proxy, decoded into `space`; `None` where more has to be tried.
pub(super) fn decode_plain<'a>(encoded: &str, space: &'a mut [u8; SPACE]) -> Option<&'a [u8]> {
    let text = encoded.as_bytes();
    if text.len() > SPACE {
        return None;
    }
    let length = if text.contains(&b'%') {
        let text = percent_decode(encoded)?;
        BASE64.decode_slice(text, space).ok()?
    } else {
        BASE64.decode_slice(text, space).ok()?
    };
    space.get(..length)
}

/// Undoes percent-encoding; a space stands for `+`. `None` for a broken escape.
fn percent_decode(encoded: &str) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            other => other,
        };
        text.push(if byte == b' ' { b'+' } else { byte });
    }
    Some(text)
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Whether the outer DER header announces exactly these bytes.
fn is_whole(der: &[u8]) -> bool {
    let announced = match *der {
        [0x30, length @ ..=0x7f, ..] => usize::from(length) + 2,
        [0x30, 0x81, length, ..] => usize::from(length) + 3,
        [0x30, 0x82, high, low, ..] => usize::from(high) * 256 + usize::from(low) + 4,
        _ => return false,
    };
    announced == der.len()
}

/// Where slashes stand, the first few.
fn slashes(text: &[u8]) -> Vec<usize> {
    let positions = text.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    positions
        .map(|(position, _)| position)
        .take(PLACES)
        .collect()
}

/// `text` with one more slash for each of `places`, which ascend.
fn doubled(text: &[u8], places: &[usize]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len() + places.len());
    for (position, byte) in text.iter().enumerate() {
        result.push(*byte);
        result.extend(
            places
                .iter()
                .filter(|place| **place == position)
                .map(|_| b'/'),
        );
    }
    result
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// A DER value whose base64 has `+`, `//` and padding.
    fn sample() -> Vec<u8> {
        vec![0x30, 8, 0x01, 0xfb, 0xef, 0xbe, 0x07, 0xff, 0xc1, 0x02]
    }

    fn plain() -> String {
        BASE64.encode(sample())
    }

    #[test]
    fn every_spelling_of_the_same_request_is_read() {
        let plain = plain();
        assert!(
            plain.contains("//") && plain.contains('+') && plain.ends_with('='),
            "{plain}"
        );
        let encoded = plain
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3d");
        let spellings = [
            plain.clone(),
            encoded,
            plain.trim_end_matches('=').to_owned(),
            plain.replace('+', " ").replace(' ', "%20"),
        ];
        for spelling in spellings {
            assert_eq!(decode(&spelling, |_| false), Some(sample()), "{spelling}");
        }
    }

    #[test]
    fn collapsed_slashes_are_put_back() {
        let collapsed = plain().replace("//", "/");
        assert_eq!(decode(&collapsed, |der| der == sample()), Some(sample()));
        assert_ne!(decode(&collapsed, |_| false), Some(sample()));
    }

    #[test]
    fn broken_escapes_and_foreign_characters_are_refused() {
        for bad in ["%", "%4", "%zz", "%+1", "MEU!", "MEU\u{4e2d}"] {
            assert_eq!(decode(bad, |_| true), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(path in "[A-Za-z0-9+/=% ]{0,300}") {
            let _ = decode(&path, |_| false);
        }

        #[test]
        fn one_collapsed_pair_is_always_recovered(content in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut der = vec![0x30, u8::try_from(content.len()).unwrap()];
            der.extend_from_slice(&content);
            let text = BASE64.encode(&der);
            prop_assume!(text.matches('/').count() < PLACES);
            let collapsed = text.replacen("//", "/", 1);
            prop_assert_eq!(decode(&collapsed, |found| found == der), Some(der.clone()));
        }
    }
}
