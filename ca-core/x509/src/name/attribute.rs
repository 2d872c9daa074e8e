//! One attribute of a name and the string types that it may have (X.520; RFC 5280 §4.1.2.4).

use const_oid::ObjectIdentifier;
use der::{DecodeValue, Sequence};

use crate::Error;
use crate::element::Raw;
use crate::writer::{IA5_STRING, PRINTABLE_STRING, UTF8_STRING};

const NUMERIC_STRING: u8 = 0x12;
const TELETEX_STRING: u8 = 0x14;
const VISIBLE_STRING: u8 = 0x1A;
const BMP_STRING: u8 = 0x1E;

/// ```asn1
/// AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
/// ```
#[derive(DecodeValue)]
pub(super) struct AttributeDer<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) value: Raw<'a>,
}

impl<'a> Sequence<'a> for AttributeDer<'a> {}

/// The text of a value.
///
/// TeletexString is read as Latin-1, as everybody does who meets one.
pub(super) fn text(value: Raw<'_>) -> Result<String, Error> {
    const WHAT: &str = "attribute of a name";
    let content = value.content().map_err(Error::malformed(WHAT))?;
    let text = match value.tag() {
        UTF8_STRING => std::str::from_utf8(content).ok().map(str::to_owned),
        PRINTABLE_STRING => ascii(content, is_printable),
        IA5_STRING => ascii(content, |byte| byte.is_ascii()),
        NUMERIC_STRING => ascii(content, |byte| byte.is_ascii_digit() || byte == b' '),
        VISIBLE_STRING => ascii(content, |byte| (0x20..0x7F).contains(&byte)),
        TELETEX_STRING => Some(content.iter().copied().map(char::from).collect()),
        BMP_STRING => two_octet_characters(content),
        _ => {
            return Err(Error::Unsupported {
                what: "attribute of a name: its value is no string",
            });
        }
    };
    text.ok_or_else(|| Error::broken(WHAT))
}

/// PrintableString of X.680 §41.4; `*` and `@`, `_` and `&` are not in it, but names in the field have them.
fn is_printable(byte: u8) -> bool {
    is_strictly_printable(byte) || matches!(byte, b'*' | b'@' | b'_' | b'&')
}

/// PrintableString exactly as X.680 §41.4 has it: what we write.
pub(super) fn is_strictly_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

fn ascii(content: &[u8], allowed: impl Fn(u8) -> bool) -> Option<String> {
    let text = std::str::from_utf8(content).ok()?;
    text.bytes().all(allowed).then(|| text.to_owned())
}

/// UCS-2, big-endian; a surrogate is no character of it.
fn two_octet_characters(content: &[u8]) -> Option<String> {
    let (pairs, rest) = content.as_chunks::<2>();
    let characters = pairs
        .iter()
        .map(|pair| char::from_u32(u32::from(u16::from_be_bytes(*pair))));
    characters
        .collect::<Option<String>>()
        .filter(|_| rest.is_empty())
}
