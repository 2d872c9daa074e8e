//! GeneralName (RFC 5280 §4.2.1.6): the four kinds that we write and read.

use std::fmt;
use std::net::IpAddr;

use der::{Decode, Reader};

use crate::element::Raw;
use crate::name::escape;
use crate::writer::{Writer, primitive};

/// A name of a device, a mailbox or a service. `Display` gives `DNS:…`, `email:…`, `IP:…` or `URI:…`.
///
/// ```asn1
/// GeneralName ::= CHOICE { otherName [0], rfc822Name [1] IA5String, dNSName [2] IA5String, x400Address [3], directoryName [4], ediPartyName [5], uniformResourceIdentifier [6] IA5String, iPAddress [7] OCTET STRING, registeredID [8] }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// dNSName, ASCII.
    Dns(String),
    /// rfc822Name, ASCII.
    Email(String),
    /// iPAddress of one machine.
    Ip(IpAddr),
    /// uniformResourceIdentifier, ASCII.
    Uri(String),
}

impl GeneralName {
    pub(super) fn write(&self, list: &mut Writer) {
        match self {
            Self::Email(text) => list.put(primitive(1), text.as_bytes()),
            Self::Dns(text) => list.put(primitive(2), text.as_bytes()),
            Self::Uri(text) => list.put(primitive(6), text.as_bytes()),
            Self::Ip(IpAddr::V4(address)) => list.put(primitive(7), &address.octets()),
            Self::Ip(IpAddr::V6(address)) => list.put(primitive(7), &address.octets()),
        }
    }
}

impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) => write!(f, "DNS:{}", escape(text)),
            Self::Email(text) => write!(f, "email:{}", escape(text)),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Uri(text) => write!(f, "URI:{}", escape(text)),
        }
    }
}

/// A GeneralName of any kind, as it is read.
pub(super) enum AnyName {
    Known(GeneralName),
    /// Another kind: its number.
    Other(u8),
}

impl AnyName {
    /// The text of a name of whatever kind.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Known(name) => name.to_string(),
            Self::Other(number) => format!("[{number}]"),
        }
    }

    /// The URL, where it is one.
    pub(super) fn url(self) -> Option<String> {
        match self {
            Self::Known(GeneralName::Uri(url)) => Some(url),
            _ => None,
        }
    }
}

impl<'a> Decode<'a> for AnyName {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> der::Result<Self> {
        let raw = Raw::decode(reader)?;
        let content = raw.content()?;
        let ascii = || {
            visible_ascii(content).ok_or(der::ErrorKind::Value {
                tag: der::Tag::Ia5String,
            })
        };
        let known = match raw.tag() {
            0x81 => ascii().map(GeneralName::Email)?,
            0x82 => ascii().map(GeneralName::Dns)?,
            0x86 => ascii().map(GeneralName::Uri)?,
            0x87 => GeneralName::Ip(address(content).ok_or(der::ErrorKind::Value {
                tag: der::Tag::OctetString,
            })?),
            tag @ (0x88 | 0xA0 | 0xA3 | 0xA4 | 0xA5) => return Ok(Self::Other(tag & 0x1F)),
            _ => return Err(reader.error(der::ErrorKind::TagModeUnknown)),
        };
        Ok(Self::Known(known))
    }
}

/// An IA5String that shows: controls have no place in a host name, a mailbox or a URL.
pub(super) fn visible_ascii(content: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(content).ok()?;
    let visible = !text.is_empty() && text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
    visible.then(|| text.to_owned())
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}
