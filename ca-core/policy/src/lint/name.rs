//! Lints of issuer and subject names.

use const_oid::ObjectIdentifier;

use super::reader::{PRINTABLE_STRING, RawAttribute, UTF8_STRING, attributes};
use super::{Examined, Lint, always, hold, issued};
use crate::Class;
use crate::identity::id_number;
use crate::identity::text::{NAME_LIMIT, PLACE_LIMIT, is_invisible};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const STATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.8");
const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const ORGANIZATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
pub(super) const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");

/// Attributes that we issue, in the order in which they stand, with their X.520 upper bounds.
const ORDER: [(ObjectIdentifier, usize); 7] = [
    (COUNTRY, 2),
    (STATE, PLACE_LIMIT),
    (LOCALITY, PLACE_LIMIT),
    (ORGANIZATION, NAME_LIMIT),
    (ORGANIZATIONAL_UNIT, NAME_LIMIT),
    (COMMON_NAME, NAME_LIMIT),
    (SERIAL_NUMBER, NAME_LIMIT),
];

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "issuer_is_issuers_subject",
        source: "RFC 5280 §4.1.2.4, §7.1",
        applies: issued,
        check: |examined| {
            let same = examined.raw.issuer == examined.issuer.subject;
            hold(
                same,
                "the issuer name is not, byte for byte, the subject of the issuer's certificate",
            )
        },
    },
    Lint {
        name: "root_is_self_issued",
        source: "RFC 5280 §3.2",
        applies: |profile| profile.class == Class::Root,
        check: |examined| {
            hold(
                examined.raw.issuer == examined.raw.subject,
                "issuer and subject of the root differ",
            )
        },
    },
    Lint {
        name: "subject_in_order",
        source: "GB/T 20518-2018 table A.2 (C, ST, L, O, OU, CN)",
        applies: always,
        check: |examined| {
            let places: Option<Vec<_>> = subject(examined)?
                .iter()
                .map(|attribute| ORDER.iter().position(|(oid, _)| *oid == attribute.oid))
                .collect();
            let places = places.ok_or("the subject holds an attribute that we do not issue")?;
            hold(
                places.is_sorted_by(|a, b| a < b),
                "attributes are out of order or repeated",
            )
        },
    },
    Lint {
        name: "subject_single_valued",
        source: "GB/T 20518-2018 table A.2",
        applies: always,
        check: |examined| {
            let single = subject(examined)?.is_sorted_by(|a, b| a.rdn < b.rdn);
            hold(single, "an RDN of the subject has several values")
        },
    },
    Lint {
        name: "subject_country_and_state_of_profile",
        source: "the profile; GB/T 2659",
        applies: always,
        check: subject_country_and_state_of_profile,
    },
    Lint {
        name: "subject_complete",
        source: "GB/T 20518-2018 table A.2; RFC 5280 §4.1.2.6",
        applies: always,
        check: |examined| {
            let attributes = subject(examined)?;
            let has = |oid| attributes.iter().any(|attribute| attribute.oid == oid);
            hold(
                has(ORGANIZATION) && has(COMMON_NAME),
                "the subject lacks O or CN",
            )
        },
    },
    Lint {
        name: "subject_string_types",
        source: "RFC 5280 §4.1.2.4, §4.1.2.6; X.520",
        applies: always,
        check: subject_string_types,
    },
    Lint {
        name: "subject_within_bounds",
        source: "X.520 upper bounds; RFC 5280 appendix A.1",
        applies: always,
        check: subject_within_bounds,
    },
    Lint {
        name: "subject_visible_characters",
        source: "Unicode TR 36; RFC 5280 §8",
        applies: always,
        check: subject_visible_characters,
    },
    Lint {
        name: "subject_without_identity_number",
        source: "Personal Information Protection Law articles 6 and 28; GB 11643-1999",
        applies: always,
        check: subject_without_identity_number,
    },
];

fn subject<'a>(examined: &Examined<'a>) -> Result<Vec<RawAttribute<'a>>, String> {
    attributes(examined.raw.subject).ok_or_else(|| "the subject cannot be read".to_owned())
}

fn text(attribute: &RawAttribute<'_>) -> Result<String, String> {
    String::from_utf8(attribute.value.to_vec())
        .map_err(|_| format!("attribute {} is not UTF-8", attribute.oid))
}

/// The subject's CN, if there is exactly one.
pub(super) fn common_name(examined: &Examined<'_>) -> Option<String> {
    let attributes = attributes(examined.raw.subject)?;
    let mut names = attributes
        .iter()
        .filter(|attribute| attribute.oid == COMMON_NAME);
    names
        .next()
        .filter(|_| names.next().is_none())
        .and_then(|attribute| text(attribute).ok())
}

fn subject_country_and_state_of_profile(examined: &Examined<'_>) -> Result<(), String> {
    let attributes = subject(examined)?;
    let (country, state) = examined.profile.country_and_state();
    let is = |oid, value: &str| {
        attributes
            .iter()
            .any(|found| found.oid == oid && found.value == value.as_bytes())
    };
    hold(is(COUNTRY, country), "C is not that of the profile")?;
    hold(is(STATE, state), "ST is not that of the profile")
}

fn subject_string_types(examined: &Examined<'_>) -> Result<(), String> {
    for attribute in subject(examined)? {
        let printable = attribute.oid == COUNTRY || attribute.oid == SERIAL_NUMBER;
        let (wanted, name) = if printable {
            (PRINTABLE_STRING, "PrintableString")
        } else {
            (UTF8_STRING, "UTF8String")
        };
        hold(
            attribute.tag == wanted,
            &format!("attribute {} is not a {name}", attribute.oid),
        )?;
        let fits = !printable || attribute.value.iter().all(|byte| is_printable(*byte));
        hold(
            fits,
            &format!(
                "attribute {} has characters outside PrintableString",
                attribute.oid
            ),
        )?;
    }
    Ok(())
}

/// X.680 §41.4 table 10.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

fn subject_within_bounds(examined: &Examined<'_>) -> Result<(), String> {
    for attribute in subject(examined)? {
        let count = text(&attribute)?.chars().count();
        let bound = ORDER
            .iter()
            .find(|(oid, _)| *oid == attribute.oid)
            .map_or(NAME_LIMIT, |(_, bound)| *bound);
        let within = (1..=bound).contains(&count);
        hold(
            within,
            &format!(
                "attribute {} has {count} characters, allowed are 1 to {bound}",
                attribute.oid
            ),
        )?;
    }
    Ok(())
}

fn subject_visible_characters(examined: &Examined<'_>) -> Result<(), String> {
    for attribute in subject(examined)? {
        let text = text(&attribute)?;
        let clean = !text
            .chars()
            .any(|c| is_invisible(c) || matches!(c, '<' | '>' | '"'))
            && text.trim() == text;
        hold(
            clean,
            &format!(
                "attribute {} holds invisible or forbidden characters, or blanks at an end",
                attribute.oid
            ),
        )?;
    }
    Ok(())
}

fn subject_without_identity_number(examined: &Examined<'_>) -> Result<(), String> {
    for attribute in subject(examined)? {
        let exposed = id_number::appears_in(&String::from_utf8_lossy(attribute.value));
        hold(
            !exposed,
            &format!(
                "attribute {} holds a citizen identity number",
                attribute.oid
            ),
        )?;
    }
    Ok(())
}
