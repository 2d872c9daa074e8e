//! Elements that are kept exactly as they came: what was signed or hashed is never encoded a second time.

use der::{Decode, DecodeValue, FixedTag, Header, Reader, Tag};

/// One whole element of any tag: header and content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a>(pub(crate) &'a [u8]);

impl<'a> Raw<'a> {
    /// The first identifier octet.
    pub(crate) fn tag(self) -> u8 {
        self.0.first().copied().unwrap_or(0)
    }

    /// The content octets.
    pub(crate) fn content(self) -> der::Result<&'a [u8]> {
        let mut reader = der::SliceReader::new(self.0)?;
        let header = Header::decode(&mut reader)?;
        reader.read_slice(header.length())
    }

    /// The elements of the content, for SETs and IMPLICIT tags.
    pub(crate) fn elements<T: Decode<'a, Error = der::Error>>(self) -> der::Result<Vec<T>> {
        let mut reader = der::SliceReader::new(self.content()?)?;
        let mut elements = Vec::new();
        while !reader.is_finished() {
            elements.push(T::decode(&mut reader)?);
        }
        Ok(elements)
    }
}

impl<'a> Decode<'a> for Raw<'a> {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> der::Result<Self> {
        reader.tlv_bytes().map(Self)
    }
}

/// Octets before the content of the first element of `der`; 0 where there is none.
pub(crate) fn header_length(der: &[u8]) -> usize {
    match der {
        [_, long @ 0x81..=0x84, ..] => 2 + usize::from(long & 0x7F),
        [_, _, ..] => 2,
        _ => 0,
    }
}

/// Content octets of an INTEGER of any size and sign, in their minimal form.
#[derive(Clone, Copy)]
pub(crate) struct Integer<'a>(pub(crate) &'a [u8]);

impl FixedTag for Integer<'_> {
    const TAG: Tag = Tag::Integer;
}

impl<'a> DecodeValue<'a> for Integer<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        let digits = reader.read_slice(header.length())?;
        match digits {
            [] | [0x00, 0x00..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => {
                Err(reader.error(der::ErrorKind::Noncanonical { tag: Tag::Integer }))
            }
            _ => Ok(Self(digits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_one_form() {
        for good in [
            &[2, 1, 0][..],
            &[2, 1, 0x7F],
            &[2, 1, 0x80],
            &[2, 2, 0, 0x80],
            &[2, 2, 0xFF, 0x7F],
        ] {
            assert!(Integer::from_der(good).is_ok(), "{good:02x?}");
        }
        for bad in [
            &[2, 0][..],
            &[2, 2, 0, 0x7F],
            &[2, 2, 0xFF, 0x80],
            &[2, 0x81, 1, 1],
            &[2, 2, 1],
            &[4, 1, 1],
            &[2, 1, 1, 1],
        ] {
            assert!(Integer::from_der(bad).is_err(), "{bad:02x?}");
        }
    }
}
