//! A signature (r, s) and its DER.

use super::Error;
use super::der::{self, Reader};

/// n, the order of the group (GB/T 32918.5).
const ORDER: [u8; 32] = *b"\
\xFF\xFF\xFF\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\
\x72\x03\xDF\x6B\x21\xC6\x05\x2B\x53\xBB\xF4\x09\x39\xD5\x41\x23";

/// A signature; its only encoding is DER.
///
/// ```asn1
/// SM2Signature ::= SEQUENCE { r INTEGER, s INTEGER }   -- GM/T 0009-2012 §7.3
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    r: [u8; 32],
    s: [u8; 32],
}

impl Signature {
    /// Strict DER; refuses non-minimal, negative, zero, >= n, trailing bytes.
    ///
    /// # Errors
    /// [`Error::SignatureEncoding`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let parse = || {
            let mut outer = Reader::new(der);
            let mut inner = Reader::new(outer.element(der::SEQUENCE)?);
            outer.end()?;
            let (r, s) = (inner.integer()?, inner.integer()?);
            inner.end()?;
            Self::new(r, s)
        };
        parse().ok_or(Error::SignatureEncoding)
    }

    /// DER, 8 to 72 bytes.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let content = der::integer_length(&self.r) + der::integer_length(&self.s);
        let mut out = Vec::with_capacity(2 + content);
        der::write_header(&mut out, der::SEQUENCE, content);
        der::write_integer(&mut out, &self.r);
        der::write_integer(&mut out, &self.s);
        out
    }

    /// From two integers; `None` outside [1, n-1].
    pub(super) fn new(r: [u8; 32], s: [u8; 32]) -> Option<Self> {
        let in_range = |value: &[u8; 32]| *value != [0; 32] && *value < ORDER;
        (in_range(&r) && in_range(&s)).then_some(Self { r, s })
    }

    pub(super) fn r(&self) -> &[u8; 32] {
        &self.r
    }

    pub(super) fn s(&self) -> &[u8; 32] {
        &self.s
    }
}
