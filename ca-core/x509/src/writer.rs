//! Writes DER (X.690 §10) in one pass and one buffer: what is signed here is built by this writer alone.
//!
//! A constructed value reserves one length octet and moves its content when more are needed, which costs
//! less than asking every part for its length first.

use const_oid::ObjectIdentifier;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0A;
pub(crate) const UTF8_STRING: u8 = 0x0C;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Tag of `[number]` around a constructed value: EXPLICIT, or IMPLICIT in the place of SEQUENCE or SET.
pub(crate) const fn constructed(number: u8) -> u8 {
    0xA0 | number
}

/// Tag of `[number] IMPLICIT` in the place of a primitive one.
pub(crate) const fn primitive(number: u8) -> u8 {
    0x80 | number
}

/// Bytes written so far.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// One element with the content that `write` gives; `capacity` is a guess that saves reallocation.
    pub(crate) fn element(tag: u8, capacity: usize, write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut writer = Self(Vec::with_capacity(capacity));
        writer.nested(tag, write);
        writer.0
    }

    /// Elements one behind the other, without anything around them.
    pub(crate) fn elements(write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut writer = Self(Vec::new());
        write(&mut writer);
        writer.0
    }

    /// Tag and length of an element whose content has `length` bytes.
    pub(crate) fn header(tag: u8, length: usize) -> Vec<u8> {
        if length < 0x80 {
            return vec![tag, low_byte(length)];
        }
        let (digits, zeros) = digits(length);
        let digits = &digits[zeros..];
        [&[tag, 0x80 | low_byte(digits.len())], digits].concat()
    }

    /// Whole elements that are encoded already.
    pub(crate) fn raw(&mut self, elements: &[u8]) {
        self.0.extend_from_slice(elements);
    }

    /// An element whose content is `content`.
    pub(crate) fn put(&mut self, tag: u8, content: &[u8]) {
        self.nested(tag, |writer| writer.raw(content));
    }

    /// An element with the content that `write` gives.
    pub(crate) fn nested(&mut self, tag: u8, write: impl FnOnce(&mut Self)) {
        self.0.extend_from_slice(&[tag, 0]);
        let start = self.0.len();
        write(self);
        let length = self.0.len() - start;
        if length < 0x80 {
            self.0[start - 1] = low_byte(length);
            return;
        }
        // The octets of a long length stand behind the one that was reserved.
        let (digits, zeros) = digits(length);
        let digits = &digits[zeros..];
        self.0[start - 1] = 0x80 | low_byte(digits.len());
        self.0.extend_from_slice(digits);
        self.0
            .copy_within(start..start + length, start + digits.len());
        self.0[start..start + digits.len()].copy_from_slice(digits);
    }

    /// `BOOLEAN TRUE`; FALSE is always a default, so never written.
    pub(crate) fn boolean_true(&mut self) {
        self.put(BOOLEAN, &[0xFF]);
    }

    /// A non-negative INTEGER.
    pub(crate) fn integer(&mut self, value: u64) {
        let mut digits = [0; 9];
        digits[1..].copy_from_slice(&value.to_be_bytes());
        let redundant = digits
            .windows(2)
            .take_while(|pair| pair[0] == 0 && pair[1] < 0x80)
            .count();
        self.put(INTEGER, &digits[redundant..]);
    }

    pub(crate) fn oid(&mut self, oid: &ObjectIdentifier) {
        self.put(OBJECT_IDENTIFIER, oid.as_bytes());
    }

    pub(crate) fn octet_string(&mut self, content: &[u8]) {
        self.put(OCTET_STRING, content);
    }

    /// A BIT STRING of whole octets.
    pub(crate) fn bit_string(&mut self, content: &[u8]) {
        self.nested(BIT_STRING, |writer| {
            writer.raw(&[0]);
            writer.raw(content);
        });
    }
}

/// The octets of a length, and how many of them are zeros in front.
fn digits(length: usize) -> ([u8; size_of::<usize>()], usize) {
    let digits = length.to_be_bytes();
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    (digits, zeros)
}

fn low_byte(length: usize) -> u8 {
    length.to_le_bytes()[0]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use der::asn1::{OctetStringRef, UintRef};
    use der::{Decode as _, Encode as _};
    use proptest::prelude::*;

    #[test]
    fn lengths_are_minimal_at_every_step() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000] {
            let content = vec![7; length];
            let ours = Writer::element(OCTET_STRING, 0, |writer| writer.raw(&content));
            assert_eq!(
                ours,
                OctetStringRef::new(&content).unwrap().to_der().unwrap(),
                "{length}"
            );
            assert!(ours.starts_with(&Writer::header(OCTET_STRING, length)));
        }
    }

    proptest! {
        #[test]
        fn integers_are_those_of_an_independent_encoder(value in any::<u64>(), shift in 0_u32..64) {
            let value = value >> shift;
            let ours = Writer::element(SEQUENCE, 0, |writer| writer.integer(value));
            prop_assert_eq!(&ours[2..], &UintRef::new(&value.to_be_bytes()).unwrap().to_der().unwrap()[..]);
            prop_assert_eq!(u64::from_der(&ours[2..]).unwrap(), value);
        }
    }
}
