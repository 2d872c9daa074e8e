//! Lints of what else is said about the subject: alternative names and the organisation code.

use std::net::IpAddr;

use super::reader::{PRINTABLE_STRING, SEQUENCE, Walk};
use super::{Examined, Lint, always, hold, name};
use crate::field::Target;
use crate::identity::{SocialCreditCode, contact, host, id_number};
use crate::profile::ExtensionKind;
use crate::{Class, Field, Profile};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "alternative_names_well_formed",
        source: "RFC 5280 §4.2.1.6",
        applies: always,
        check: alternative_names_well_formed,
    },
    Lint {
        name: "alternative_names_of_profile",
        source: "the profile",
        applies: always,
        check: alternative_names_of_profile,
    },
    Lint {
        name: "device_common_name_is_alternative_name",
        source: "CA/Browser Forum BR §7.1.4.2.2; RFC 6125 §6.4.4",
        applies: |profile| profile.class == Class::Device,
        check: device_common_name_is_alternative_name,
    },
    Lint {
        name: "organization_code_valid",
        source: "GM/T 0015-2012 table A.3; GB 32100-2015",
        applies: always,
        check: organization_code_valid,
    },
    Lint {
        name: "alternative_names_without_identity_number",
        source: "Personal Information Protection Law articles 6 and 28; GB 11643-1999",
        applies: always,
        check: |examined| {
            let exposed = alternative_names(examined)?
                .iter()
                .any(|(_, value)| id_number::appears_in(&String::from_utf8_lossy(value)));
            hold(
                !exposed,
                "an alternative name holds a citizen identity number",
            )
        },
    },
];

const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const ADDRESS: u8 = 0x87;

/// Tag and content of each GeneralName; empty where the extension is absent.
fn alternative_names<'a>(examined: &Examined<'a>) -> Result<Vec<(u8, &'a [u8])>, String> {
    let Some(extension) = examined.raw.extension(&ExtensionKind::SubjectAltName.oid()) else {
        return Ok(Vec::new());
    };
    let names =
        Walk::only(extension.value, SEQUENCE).and_then(|names| Walk::over(names.content).all());
    let names = names
        .filter(|names| !names.is_empty())
        .ok_or("subjectAltName is empty or cannot be read")?;
    Ok(names
        .into_iter()
        .map(|name| (name.tag, name.content))
        .collect())
}

fn alternative_names_well_formed(examined: &Examined<'_>) -> Result<(), String> {
    for (index, (tag, value)) in alternative_names(examined)?.into_iter().enumerate() {
        let text = std::str::from_utf8(value).unwrap_or_default();
        let good = match tag {
            DNS => host::host_name(text).is_ok(),
            EMAIL => contact::email(text).is_ok(),
            ADDRESS => {
                address(value).is_some_and(|address| host::address(&address.to_string()).is_ok())
            }
            _ => false,
        };
        hold(
            good,
            &format!(
                "subjectAltName {} is not a host name, an address or an e-mail address",
                index + 1
            ),
        )?;
    }
    Ok(())
}

/// RFC 5280 §4.2.1.6: 4 octets for version 4, 16 for version 6.
fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}

fn alternative_names_of_profile(examined: &Examined<'_>) -> Result<(), String> {
    let fills = |profile: &Profile, target| {
        profile
            .fields()
            .iter()
            .any(|field: &Field| field.into.contains(&target))
    };
    for (tag, _) in alternative_names(examined)? {
        let target = match tag {
            DNS => Target::DnsNames,
            EMAIL => Target::Email,
            ADDRESS => Target::IpAddresses,
            _ => return Err("subjectAltName holds a kind of name that we do not issue".to_owned()),
        };
        hold(
            fills(examined.profile, target),
            "subjectAltName holds a kind of name that the profile does not have",
        )?;
    }
    Ok(())
}

fn device_common_name_is_alternative_name(examined: &Examined<'_>) -> Result<(), String> {
    let common_name = name::common_name(examined).unwrap_or_default();
    let named = alternative_names(examined)?
        .iter()
        .any(|(tag, value)| *tag == DNS && *value == common_name.as_bytes());
    hold(named, "the CN of the device is not among its dNSNames")
}

/// `OrganizationCode ::= PrintableString`, holding the unified social credit code.
fn organization_code_valid(examined: &Examined<'_>) -> Result<(), String> {
    let Some(extension) = examined
        .raw
        .extension(&ExtensionKind::OrganizationCode.oid())
    else {
        return Ok(());
    };
    let code = Walk::only(extension.value, PRINTABLE_STRING)
        .and_then(|text| std::str::from_utf8(text.content).ok());
    let valid = code.is_some_and(|code| SocialCreditCode::parse(code).is_ok());
    hold(
        valid,
        "the organisation code is not a valid unified social credit code in a PrintableString",
    )
}
