//! A second reader of certificates and CRLs, on purpose not the one of `x509`: lint must notice what that one takes.
//!
//! It walks DER by tag and length, copies nothing and interprets little. Whatever it cannot read is `None`.

use const_oid::ObjectIdentifier;

use crate::identity::date::Date;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0A;
pub(crate) const UTF8_STRING: u8 = 0x0C;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// One element: its tag, its content, and all its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// The rest of some content, read element by element.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    pub(crate) fn over(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The one element that `der` consists of.
    pub(crate) fn only(der: &'a [u8], tag: u8) -> Option<Element<'a>> {
        let mut walk = Self(der);
        let element = walk.one(tag)?;
        walk.is_done().then_some(element)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, which must have that tag.
    pub(crate) fn one(&mut self, tag: u8) -> Option<Element<'a>> {
        self.optional(tag)
    }

    /// The next element if it has that tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        (self.peek() == Some(tag)).then(|| self.any()).flatten()
    }

    /// Every remaining element; `None` unless all are readable.
    pub(crate) fn all(mut self) -> Option<Vec<Element<'a>>> {
        let mut elements = Vec::new();
        while !self.is_done() {
            elements.push(self.any()?);
        }
        Some(elements)
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>()?;
        let (length, header) = match first {
            0..=0x7F => (usize::from(first), 2),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7F);
                let bytes = rest.get(..count)?;
                (
                    bytes
                        .iter()
                        .fold(0, |length, byte| length << 8 | usize::from(*byte)),
                    2 + count,
                )
            }
            _ => return None,
        };
        let whole = self.0.get(..header + length)?;
        self.0 = self.0.get(header + length..)?;
        Some(Element {
            tag,
            content: whole.get(header..)?,
            whole,
        })
    }
}

/// An object identifier's value.
pub(crate) fn oid(element: Element<'_>) -> Option<ObjectIdentifier> {
    (element.tag == OID)
        .then(|| ObjectIdentifier::from_bytes(element.content).ok())
        .flatten()
}

/// UTC seconds of a UTCTime (`YYMMDDHHMMSSZ`) or GeneralizedTime (`YYYYMMDDHHMMSSZ`), nothing else.
pub(crate) fn seconds(element: Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(element.content)
        .ok()?
        .strip_suffix('Z')?;
    let (year, rest) = match (element.tag, text.len()) {
        (UTC_TIME, 12) => {
            let short: u16 = text.get(..2)?.parse().ok()?;
            (
                if short < 50 {
                    2000 + short
                } else {
                    1900 + short
                },
                text.get(2..)?,
            )
        }
        (GENERALIZED_TIME, 14) => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    if !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |from: usize| rest.get(from..from + 2)?.parse::<u8>().ok();
    let date = Date::new(year, two(0)?, two(2)?)?;
    let (hour, minute, second) = (two(4)?, two(6)?, two(8)?);
    (hour < 24 && minute < 60 && second < 60).then(|| {
        date.days() * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)
    })
}

/// One extension as it stands.
#[derive(Clone, Copy)]
pub(crate) struct RawExtension<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// `Extensions ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue }`
pub(crate) fn extensions(der: &[u8]) -> Option<Vec<RawExtension<'_>>> {
    let mut found = Vec::new();
    for element in Walk::over(Walk::only(der, SEQUENCE)?.content).all()? {
        let mut parts = Walk::over(element.content);
        found.push(RawExtension {
            oid: oid(parts.one(OID)?)?,
            critical: parts
                .optional(BOOLEAN)
                .is_some_and(|flag| flag.content != [0]),
            value: parts.one(OCTET_STRING)?.content,
        });
        if !parts.is_done() {
            return None;
        }
    }
    Some(found)
}

/// One attribute of a name, with the number of its RDN.
#[derive(Clone, Copy)]
pub(crate) struct RawAttribute<'a> {
    pub(crate) rdn: usize,
    pub(crate) oid: ObjectIdentifier,
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
}

/// `RDNSequence ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }`
pub(crate) fn attributes(name: &[u8]) -> Option<Vec<RawAttribute<'_>>> {
    let mut found = Vec::new();
    for (rdn, set) in Walk::over(Walk::only(name, SEQUENCE)?.content)
        .all()?
        .into_iter()
        .enumerate()
    {
        for pair in Walk::over(set.content).all()? {
            let mut parts = Walk::over(pair.content);
            let oid = oid(parts.one(OID)?)?;
            let value = parts.any()?;
            found.push(RawAttribute {
                rdn,
                oid,
                tag: value.tag,
                value: value.content,
            });
        }
        if set.tag != SET {
            return None;
        }
    }
    Some(found)
}

/// ```text
/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
/// TBSCertificate ::= SEQUENCE { version [0], serialNumber, signature, issuer, validity, subject,
///   subjectPublicKeyInfo, issuerUniqueID [1], subjectUniqueID [2], extensions [3] }
/// ```
pub(crate) struct RawCertificate<'a> {
    pub(crate) version: Option<&'a [u8]>,
    pub(crate) serial: &'a [u8],
    pub(crate) inner_algorithm: &'a [u8],
    pub(crate) outer_algorithm: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) not_before: Element<'a>,
    pub(crate) not_after: Element<'a>,
    pub(crate) subject: &'a [u8],
    pub(crate) public_key: &'a [u8],
    pub(crate) unique_ids: bool,
    pub(crate) extensions: Vec<RawExtension<'a>>,
}

impl<'a> RawCertificate<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Walk::over(Walk::only(der, SEQUENCE)?.content);
        let mut tbs = Walk::over(outer.one(SEQUENCE)?.content);
        let outer_algorithm = outer.one(SEQUENCE)?.whole;
        outer.one(BIT_STRING)?;
        let version = tbs
            .optional(0xA0)
            .and_then(|tagged| Walk::only(tagged.content, INTEGER));
        let serial = tbs.one(INTEGER)?.content;
        let inner_algorithm = tbs.one(SEQUENCE)?.whole;
        let issuer = tbs.one(SEQUENCE)?.whole;
        let mut validity = Walk::over(tbs.one(SEQUENCE)?.content);
        let (not_before, not_after) = (validity.any()?, validity.any()?);
        let subject = tbs.one(SEQUENCE)?.whole;
        let public_key = tbs.one(SEQUENCE)?.whole;
        let issuer_id = tbs.optional(0x81).is_some();
        let subject_id = tbs.optional(0x82).is_some();
        let extensions = tbs
            .optional(0xA3)
            .map_or(Some(Vec::new()), |tagged| extensions(tagged.content))?;
        (outer.is_done() && tbs.is_done()).then_some(Self {
            version: version.map(|number| number.content),
            serial,
            inner_algorithm,
            outer_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            unique_ids: issuer_id || subject_id,
            extensions,
        })
    }

    pub(crate) fn extension(&self, oid: &ObjectIdentifier) -> Option<RawExtension<'a>> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == *oid)
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times() {
        let element = |tag, text: &'static str| Element {
            tag,
            content: text.as_bytes(),
            whole: &[],
        };
        assert_eq!(seconds(element(UTC_TIME, "700101000000Z")), Some(0));
        assert_eq!(
            seconds(element(UTC_TIME, "491231235959Z")),
            Some(2_524_607_999)
        );
        assert_eq!(
            seconds(element(GENERALIZED_TIME, "20500101000000Z")),
            Some(2_524_608_000)
        );
        for (tag, text) in [
            (UTC_TIME, "7001010000Z"),
            (UTC_TIME, "700101000000"),
            (UTC_TIME, "700101000000+0800"),
            (UTC_TIME, "700230000000Z"),
            (UTC_TIME, "700101240000Z"),
            (UTC_TIME, "70010100+000Z"),
            (GENERALIZED_TIME, "20500101000000.5Z"),
            (GENERALIZED_TIME, "500101000000Z"),
            (OCTET_STRING, "700101000000Z"),
        ] {
            assert_eq!(seconds(element(tag, text)), None, "{text}");
        }
    }

    #[test]
    fn truncated_and_indefinite_lengths_are_not_read() {
        for der in [
            &[0x30][..],
            &[0x30, 0x80],
            &[0x30, 0x02, 0x00],
            &[0x30, 0x81],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x30, 0xFF],
        ] {
            assert!(Walk::over(der).any().is_none(), "{der:02x?}");
        }
        assert!(RawCertificate::read(b"not a certificate").is_none());
    }

    proptest! {
        #[test]
        fn never_panics(der in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = RawCertificate::read(&der);
            let _ = attributes(&der);
            let _ = extensions(&der);
        }
    }
}
