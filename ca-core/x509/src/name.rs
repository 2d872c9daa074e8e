//! Distinguished names (RFC 5280 §4.1.2.4): the exact DER, and the attributes as text.
//!
//! Reading is liberal as to string types, because names of other authorities are what they are; writing is
//! strict ([`NameBuilder`]). Chaining compares DER ([`Name::der`]); `==` compares as RFC 5280 §7.1 says.

mod attribute;
mod builder;
mod display;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::COMMON_NAME;
use der::Decode as _;

use crate::Error;
use crate::element::Raw;
use crate::writer::SET;
use attribute::AttributeDer;

pub use builder::{NameBuilder, check_text};
pub(crate) use display::{escape, is_hidden};

/// Longest name that is read: bytes of DER.
const NAME_LIMIT: usize = 8 * 1024;
/// Most attributes of a name that is read.
const ATTRIBUTE_LIMIT: usize = 64;

/// A distinguished name. `Display` gives `C=CN, ST=山东省, CN=…` in the order of the DER, escaped as RFC 4514 §2.4.
///
/// ```asn1
/// Name ::= SEQUENCE OF RelativeDistinguishedName
/// RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
/// ```
#[derive(Clone, Debug)]
pub struct Name {
    der: Vec<u8>,
    attributes: Vec<(ObjectIdentifier, String)>,
    /// For each RDN, the number of attributes up to its end.
    ends: Vec<usize>,
}

impl Name {
    /// Reads a name: at most 8 KiB and 64 attributes, each of a string type that can be shown.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Malformed`], [`Error::Unsupported`] for a value that is no string.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        const WHAT: &str = "name";
        Error::check_size(WHAT, der, NAME_LIMIT)?;
        let sets: Vec<Raw<'_>> = Vec::from_der(der).map_err(Error::malformed(WHAT))?;
        let (mut attributes, mut ends) = (Vec::new(), Vec::new());
        for set in sets {
            let members: Vec<AttributeDer<'_>> = set.elements().map_err(Error::malformed(WHAT))?;
            if set.tag() != SET || members.is_empty() {
                return Err(Error::broken(WHAT));
            }
            if attributes.len() + members.len() > ATTRIBUTE_LIMIT {
                return Err(Error::TooLarge {
                    what: "number of attributes of a name",
                    limit: ATTRIBUTE_LIMIT,
                });
            }
            for member in members {
                attributes.push((member.oid, attribute::text(member.value)?));
            }
            ends.push(attributes.len());
        }
        Ok(Self {
            der: der.to_vec(),
            attributes,
            ends,
        })
    }

    /// The DER, exactly as it came or was built.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Type and text of each attribute, in the order of the DER.
    #[must_use]
    pub fn attributes(&self) -> &[(ObjectIdentifier, String)] {
        &self.attributes
    }

    /// Text of the first attribute of this type.
    #[must_use]
    pub fn get(&self, oid: &ObjectIdentifier) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(found, _)| found == oid)
            .map(|(_, text)| text.as_str())
    }

    /// Text of the first commonName.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.get(&COMMON_NAME)
    }

    /// True for `30 00`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// The RDNs, each as its attributes.
    fn relative_names(&self) -> impl Iterator<Item = &[(ObjectIdentifier, String)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.attributes[start..end])
    }

    /// What `==` compares: RDNs in order, attributes within an RDN in any order, text without regard to case,
    /// outer blanks and the length of inner ones. Without the NFKC step of RFC 4518 §2.3: two spellings that
    /// look alike stay two names.
    fn canonical(&self) -> Vec<Vec<(ObjectIdentifier, String)>> {
        let folded = |text: &str| {
            text.to_lowercase()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        self.relative_names()
            .map(|set| {
                let mut set: Vec<_> = set.iter().map(|(oid, text)| (*oid, folded(text))).collect();
                set.sort();
                set
            })
            .collect()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der || self.canonical() == other.canonical()
    }
}

impl Eq for Name {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
