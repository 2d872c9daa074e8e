//! The little DER that SM2 values need, strict in both directions (X.690 §8, §10.1).
//!
//! Certificates and key files are read elsewhere; here one byte string has one meaning or none.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;

/// Reads one element after the other from untrusted bytes; `None` wherever they are not DER.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the next element, which must have `tag` and a minimal, definite length below 16 MiB.
    pub(super) fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, first], rest) = self.0.split_first_chunk::<2>()?;
        if found != tag {
            return None;
        }
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                let length = digits
                    .iter()
                    .fold(0, |length, &digit| length << 8 | usize::from(digit));
                let minimal = digits[0] != 0 && length > 0x7F;
                (minimal.then_some(length)?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The next INTEGER, big-endian without leading zeros; refuses negative and non-minimal ones.
    fn digits(&mut self) -> Option<&'a [u8]> {
        match self.element(INTEGER)? {
            [0] => Some(&[]),
            [0, digits @ ..] if digits[0] >= 0x80 => Some(digits),
            digits @ [0x01..=0x7F, ..] => Some(digits),
            _ => None,
        }
    }

    /// The next INTEGER as 32 big-endian bytes; refuses negative, non-minimal and longer ones.
    pub(super) fn integer(&mut self) -> Option<[u8; 32]> {
        let digits = self.digits()?;
        let mut value = [0; 32];
        let start = 32_usize.checked_sub(digits.len())?;
        value[start..].copy_from_slice(digits);
        Some(value)
    }

    /// The next element with its tag and length.
    pub(super) fn whole_element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let before = self.0;
        self.element(tag)?;
        before.get(..before.len() - self.0.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Succeeds where nothing is left.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// The two positive INTEGERs of a SEQUENCE of nothing else, big-endian without leading zeros: the form of ECDSA and
/// SM2 signatures and of RSA public keys.
pub(crate) fn two_integers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader::new(der);
    let mut inner = Reader::new(outer.element(SEQUENCE)?);
    outer.end()?;
    let (first, second) = (inner.digits()?, inner.digits()?);
    inner.end()?;
    (!first.is_empty() && !second.is_empty()).then_some((first, second))
}

/// Appends tag and length. Contents are bounded far below the 16 MiB that three length bytes hold.
pub(super) fn write_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
    out.push(tag);
    match significant {
        [] => out.push(0),
        [short @ 0..=0x7F] => out.push(*short),
        [_] => out.extend_from_slice(&[0x81, significant[0]]),
        [_, _] => out.extend_from_slice(&[0x82, significant[0], significant[1]]),
        [.., a, b, c] => out.extend_from_slice(&[0x83, *a, *b, *c]),
    }
}

/// Bytes that `write_header` needs before a content of `length` bytes.
pub(super) fn header_length(length: usize) -> usize {
    match length {
        0..=0x7F => 2,
        0x80..=0xFF => 3,
        0x100..=0xFFFF => 4,
        _ => 5,
    }
}

/// The content octets of a non-negative INTEGER: the value without leading zeros, and whether a zero
/// octet must precede it.
fn minimal(value: &[u8; 32]) -> (bool, &[u8]) {
    let zeros = value.iter().take(31).take_while(|&&byte| byte == 0).count();
    let digits = &value[zeros..];
    (digits[0] >= 0x80, digits)
}

/// Length of the whole INTEGER element.
pub(super) fn integer_length(value: &[u8; 32]) -> usize {
    let (padded, digits) = minimal(value);
    2 + usize::from(padded) + digits.len()
}

/// Appends an INTEGER.
pub(super) fn write_integer(out: &mut Vec<u8>, value: &[u8; 32]) {
    let (padded, digits) = minimal(value);
    write_header(out, INTEGER, usize::from(padded) + digits.len());
    if padded {
        out.push(0);
    }
    out.extend_from_slice(digits);
}
