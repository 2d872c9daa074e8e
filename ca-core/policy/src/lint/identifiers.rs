//! Lints of the key identifiers.

use super::reader::{OCTET_STRING, RawCertificate, SEQUENCE, Walk};
use super::{Examined, Lint, always, hold, issued};
use crate::profile::ExtensionKind;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "subject_key_id_is_sha1_of_key",
        source: "RFC 5280 §4.2.1.2 (1)",
        applies: always,
        check: subject_key_id_is_sha1_of_key,
    },
    Lint {
        name: "authority_key_id_is_issuers",
        source: "RFC 5280 §4.2.1.1",
        applies: issued,
        check: |examined| {
            let found = authority_key_id(&examined.raw);
            let same = found.is_some() && found == subject_key_id(&examined.issuer);
            hold(
                same,
                "authorityKeyIdentifier is not the issuer's subjectKeyIdentifier",
            )
        },
    },
];

fn subject_key_id_is_sha1_of_key(examined: &Examined<'_>) -> Result<(), String> {
    let found = examined
        .raw
        .extension(&ExtensionKind::SubjectKeyIdentifier.oid())
        .map(|extension| extension.value);
    let key = super::key::key(examined.raw.public_key);
    let expected = key.map(|key| x509::extension::subject_key_id(&key).value);
    let same = found.is_some() && found == expected.as_deref();
    hold(
        same,
        "subjectKeyIdentifier is absent or not SHA-1 of the key",
    )
}

pub(super) fn subject_key_id<'a>(raw: &RawCertificate<'a>) -> Option<&'a [u8]> {
    let extension = raw.extension(&ExtensionKind::SubjectKeyIdentifier.oid())?;
    Walk::only(extension.value, OCTET_STRING).map(|octets| octets.content)
}

fn authority_key_id<'a>(raw: &RawCertificate<'a>) -> Option<&'a [u8]> {
    key_id(
        raw.extension(&ExtensionKind::AuthorityKeyIdentifier.oid())?
            .value,
    )
}

/// `AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] IMPLICIT OCTET STRING, … }`: the key identifier, alone.
pub(super) fn key_id(value: &[u8]) -> Option<&[u8]> {
    let mut parts = Walk::over(Walk::only(value, SEQUENCE)?.content);
    let id = parts.one(0x80)?.content;
    parts.is_done().then_some(id)
}
