//! Names that we write: fixed order, fixed string types, nothing that a reader cannot see
//! (GM/T 0015, RFC 5280 §4.1.2.4; upper bounds of X.520).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{
    COMMON_NAME, COUNTRY_NAME, LOCALITY_NAME, ORGANIZATION_NAME, ORGANIZATIONAL_UNIT_NAME,
    SERIAL_NUMBER, ST,
};

use super::attribute::is_strictly_printable;
use super::{Name, is_hidden};
use crate::Error;
use crate::writer::{PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING, Writer};

/// The fields of a name; what is `None` is left out. Written in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameBuilder {
    /// C: two capital letters, PrintableString.
    pub country: Option<String>,
    /// ST, at most 128 characters.
    pub state: Option<String>,
    /// L, at most 128 characters.
    pub locality: Option<String>,
    /// O, at most 64 characters.
    pub organization: Option<String>,
    /// OU, at most 64 characters.
    pub organizational_unit: Option<String>,
    /// CN, at most 64 characters.
    pub common_name: Option<String>,
    /// serialNumber, at most 64 characters of PrintableString.
    pub serial_number: Option<String>,
}

impl NameBuilder {
    /// The name, one attribute in each RDN.
    ///
    /// # Errors
    /// [`Error::Value`] naming the field: see [`check_text`], the bounds of X.520 (characters, not bytes) and
    /// the fields above; or no field at all.
    pub fn build(&self) -> Result<Name, Error> {
        let fields: [(&'static str, ObjectIdentifier, &Option<String>, Kind); 7] = [
            ("C", COUNTRY_NAME, &self.country, Kind::Country),
            ("ST", ST, &self.state, Kind::Text(128)),
            ("L", LOCALITY_NAME, &self.locality, Kind::Text(128)),
            ("O", ORGANIZATION_NAME, &self.organization, Kind::Text(64)),
            (
                "OU",
                ORGANIZATIONAL_UNIT_NAME,
                &self.organizational_unit,
                Kind::Text(64),
            ),
            ("CN", COMMON_NAME, &self.common_name, Kind::Text(64)),
            (
                "serialNumber",
                SERIAL_NUMBER,
                &self.serial_number,
                Kind::Printable,
            ),
        ];
        let mut attributes = Vec::with_capacity(fields.len());
        for (what, oid, text, kind) in fields {
            if let Some(text) = text {
                attributes.push((oid, kind.check(what, text)?, text.clone()));
            }
        }
        if attributes.is_empty() {
            return Err(Error::Value {
                what: "name",
                reason: "is empty",
            });
        }
        let der = Writer::element(SEQUENCE, 256, |name| {
            for (oid, tag, text) in &attributes {
                name.nested(SET, |set| {
                    set.nested(SEQUENCE, |attribute| {
                        attribute.oid(oid);
                        attribute.put(*tag, text.as_bytes());
                    });
                });
            }
        });
        let ends = (1..=attributes.len()).collect();
        let attributes = attributes
            .into_iter()
            .map(|(oid, _, text)| (oid, text))
            .collect();
        Ok(Name {
            der,
            attributes,
            ends,
        })
    }
}

/// What a field may hold.
enum Kind {
    Country,
    Printable,
    /// Any script, up to so many characters.
    Text(usize),
}

impl Kind {
    /// The tag to write, if `text` may stand there.
    fn check(&self, what: &'static str, text: &str) -> Result<u8, Error> {
        check_text(what, text)?;
        let printable = text.bytes().all(is_strictly_printable);
        match self {
            Self::Country
                if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) =>
            {
                Ok(PRINTABLE_STRING)
            }
            Self::Country => Err(Error::Value {
                what,
                reason: "must be two capital letters",
            }),
            Self::Printable if !printable => Err(Error::Value {
                what,
                reason: "takes letters, digits and '()+,-./:=? only",
            }),
            Self::Printable if text.len() > 64 => Err(Error::Value {
                what,
                reason: "is longer than 64 characters",
            }),
            Self::Printable => Ok(PRINTABLE_STRING),
            Self::Text(limit) if text.chars().nth(*limit).is_some() => Err(Error::Value {
                what,
                reason: "is longer than X.520 allows",
            }),
            Self::Text(_) => Ok(UTF8_STRING),
        }
    }
}

/// The rule for every text of a name that we write, whatever its field: not empty; no control, line break,
/// bidirectional mark or other character that cannot be seen; none of `<`, `>`, `"`, which nobody is called
/// and which break the places where names are shown; no blank at either end. `'`, `·` and every script are fine.
///
/// # Errors
/// [`Error::Value`] for `what`, never quoting the text.
pub fn check_text(what: &'static str, text: &str) -> Result<(), Error> {
    let reason = if text.is_empty() {
        "is empty"
    } else if text.chars().any(is_hidden) {
        "holds a control, direction or other invisible character"
    } else if text.contains(['<', '>', '"']) {
        "holds one of < > \""
    } else if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        "begins or ends with a blank"
    } else {
        return Ok(());
    };
    Err(Error::Value { what, reason })
}
