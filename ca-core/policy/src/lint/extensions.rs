//! Lints of the set of extensions: which there are, how often, and which are critical.

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;

use super::{Examined, Lint, always, hold};
use crate::Profile;
use crate::profile::extension::{BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, ExtensionKind, KEY_USAGE};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "extensions_not_repeated",
        source: "RFC 5280 §4.2",
        applies: always,
        check: |examined| {
            let distinct: BTreeSet<_> = examined
                .raw
                .extensions
                .iter()
                .map(|extension| extension.oid)
                .collect();
            hold(
                distinct.len() == examined.raw.extensions.len(),
                "an extension stands twice",
            )
        },
    },
    Lint {
        name: "extensions_of_profile",
        source: "the profile; GM/T 0015-2012 tables C.1 to C.4",
        applies: always,
        check: extensions_of_profile,
    },
    Lint {
        name: "extensions_required",
        source: "GM/T 0015-2012 tables C.1 to C.4",
        applies: always,
        check: extensions_required,
    },
    Lint {
        name: "extensions_criticality",
        source: "RFC 5280 §4.2.1, §4.2.2",
        applies: always,
        check: |examined| {
            let wrong = examined
                .raw
                .extensions
                .iter()
                .find(|extension| extension.critical != is_critical(extension.oid));
            wrong.map_or(Ok(()), |extension| {
                Err(format!(
                    "extension {} has the wrong criticality",
                    extension.oid
                ))
            })
        },
    },
    Lint {
        name: "nocheck_is_null",
        source: "RFC 6960 §4.2.2.2.1",
        applies: |profile| {
            profile
                .required_extensions()
                .contains(&ExtensionKind::OcspNoCheck)
        },
        check: |examined| {
            let found = examined.raw.extension(&ExtensionKind::OcspNoCheck.oid());
            hold(
                found.is_some_and(|extension| extension.value == [0x05, 0x00]),
                "ocsp-nocheck is absent or not NULL",
            )
        },
    },
];

fn is_critical(oid: ObjectIdentifier) -> bool {
    oid == KEY_USAGE || oid == BASIC_CONSTRAINTS
}

fn listed(profile: &Profile) -> impl Iterator<Item = ObjectIdentifier> {
    profile
        .required_extensions()
        .iter()
        .chain(profile.optional_extensions())
        .map(|kind| kind.oid())
}

fn extensions_of_profile(examined: &Examined<'_>) -> Result<(), String> {
    let profile = examined.profile;
    let expected = |oid: ObjectIdentifier| {
        oid == KEY_USAGE
            || (oid == BASIC_CONSTRAINTS && profile.is_authority())
            || (oid == EXTENDED_KEY_USAGE && !profile.extended_key_usage.is_empty())
            || listed(profile).any(|listed| listed == oid)
    };
    let stranger = examined
        .raw
        .extensions
        .iter()
        .find(|extension| !expected(extension.oid));
    stranger.map_or(Ok(()), |extension| {
        Err(format!("extension {} is not of the profile", extension.oid))
    })
}

fn extensions_required(examined: &Examined<'_>) -> Result<(), String> {
    let missing = examined
        .profile
        .required_extensions()
        .iter()
        .find(|kind| examined.raw.extension(&kind.oid()).is_none());
    missing.map_or(Ok(()), |kind| Err(format!("{kind} is missing")))
}
