//! Names for people: short attribute names, and escapes so that a name cannot pretend to be another.

use std::fmt::{self, Write as _};

use const_oid::ObjectIdentifier;
use const_oid::db::rfc3280::EMAIL_ADDRESS;
use const_oid::db::rfc4519 as x520;

use super::Name;

/// organizationIdentifier (X.520), as `NTRCN-…` in ETSI EN 319 412-1.
const ORGANIZATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");

/// Short names of attributes, as RFC 4519 and OpenSSL have them.
const SHORT_NAMES: [(ObjectIdentifier, &str); 13] = [
    (x520::COUNTRY_NAME, "C"),
    (x520::ST, "ST"),
    (x520::LOCALITY_NAME, "L"),
    (x520::STREET, "STREET"),
    (x520::ORGANIZATION_NAME, "O"),
    (x520::ORGANIZATIONAL_UNIT_NAME, "OU"),
    (x520::COMMON_NAME, "CN"),
    (x520::SERIAL_NUMBER, "serialNumber"),
    (x520::GIVEN_NAME, "GN"),
    (x520::SURNAME, "SN"),
    (x520::DOMAIN_COMPONENT, "DC"),
    (EMAIL_ADDRESS, "emailAddress"),
    (ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
];

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, set) in self.relative_names().enumerate() {
            for (member, (oid, text)) in set.iter().enumerate() {
                f.write_str(match (index, member) {
                    (0, 0) => "",
                    (_, 0) => ", ",
                    _ => "+",
                })?;
                match SHORT_NAMES.iter().find(|(known, _)| known == oid) {
                    Some((_, short)) => f.write_str(short)?,
                    None => write!(f, "{oid}")?,
                }
                f.write_char('=')?;
                f.write_str(&escape(text))?;
            }
        }
        Ok(())
    }
}

/// RFC 4514 §2.4: specials behind a backslash; what cannot be seen as `\hh` of its UTF-8.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (index, c) in text.chars().enumerate() {
        let special = matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || (c == '#' && index == 0)
            || (c == ' ' && (index == 0 || index == last));
        if is_hidden(c) {
            let mut utf8 = [0; 4];
            for byte in c.encode_utf8(&mut utf8).bytes() {
                out.push_str(&format!("\\{byte:02X}"));
            }
            continue;
        }
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Controls, separators of lines, direction marks, zero-width characters: what a reader cannot see, but a
/// terminal, a log or a page obeys.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}'
                | '\u{61C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}
