//! Lints of what a certificate may be used for: keyUsage, basicConstraints, extKeyUsage.

use const_oid::ObjectIdentifier;
use x509::extension::KeyUsage;

use super::reader::{
    BIT_STRING, BOOLEAN, INTEGER, OID, RawCertificate, SEQUENCE, Walk, oid, seconds,
};
use super::{Examined, Lint, always, hold};
use crate::profile::document::RESPONDER_VALIDITY_LIMIT;
use crate::profile::extension::{BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE, OCSP_SIGNING};
use crate::{Class, Profile, Purpose};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "key_usage_critical",
        source: "RFC 5280 §4.2.1.3",
        applies: always,
        check: |examined| {
            let critical = examined
                .raw
                .extension(&KEY_USAGE)
                .is_some_and(|found| found.critical);
            hold(critical, "keyUsage is absent or not critical")
        },
    },
    Lint {
        name: "key_usage_equals_profile",
        source: "GM/T 0015-2012 tables C.1 to C.4",
        applies: always,
        check: |examined| {
            let equal = bits(&examined.raw) == Some(wanted(examined.profile.key_usage));
            hold(equal, "keyUsage is not exactly that of the profile")
        },
    },
    Lint {
        name: "signing_key_does_not_encipher",
        source: "GM/T 0015-2012 table C.3",
        applies: |profile| profile.purpose != Purpose::Encryption,
        check: |examined| {
            hold(
                !any(examined, ENCIPHERING),
                "a signing certificate carries encipherment or keyAgreement",
            )
        },
    },
    Lint {
        name: "encryption_key_does_not_sign",
        source: "GM/T 0015-2012 table C.4",
        applies: |profile| profile.purpose == Purpose::Encryption,
        check: |examined| {
            hold(
                !any(examined, SIGNING),
                "an encryption certificate carries a signature usage",
            )
        },
    },
    Lint {
        name: "encryption_key_enciphers",
        source: "GM/T 0015-2012 table C.4; GB/T 38636-2020",
        applies: |profile| profile.purpose == Purpose::Encryption,
        check: |examined| {
            let both = wanted(KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT);
            let found = bits(&examined.raw).is_some_and(|bits| bits & both == both);
            hold(
                found,
                "keyEncipherment and dataEncipherment must both be set",
            )
        },
    },
    Lint {
        name: "authority_signs_certificates_and_crls",
        source: "GM/T 0015-2012 tables C.1 and C.2",
        applies: Profile::is_authority,
        check: |examined| {
            let both = wanted(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN);
            hold(
                bits(&examined.raw) == Some(both),
                "an authority has keyCertSign and cRLSign, nothing else",
            )
        },
    },
    Lint {
        name: "only_authorities_sign_certificates",
        source: "RFC 5280 §4.2.1.3",
        applies: |profile| !profile.is_authority(),
        check: |examined| {
            hold(
                !any(examined, CERTIFYING),
                "an end entity carries keyCertSign or cRLSign",
            )
        },
    },
    Lint {
        name: "basic_constraints_authority",
        source: "RFC 5280 §4.2.1.9",
        applies: Profile::is_authority,
        check: |examined| {
            let critical = examined
                .raw
                .extension(&BASIC_CONSTRAINTS)
                .is_some_and(|found| found.critical);
            let authority = constraints(&examined.raw).is_some_and(|found| found.authority);
            hold(
                critical && authority,
                "an authority needs critical basicConstraints with cA TRUE",
            )
        },
    },
    Lint {
        name: "basic_constraints_absent_in_end_entity",
        source: "GM/T 0015-2012 tables C.3 and C.4",
        applies: |profile| !profile.is_authority(),
        check: |examined| {
            hold(
                examined.raw.extension(&BASIC_CONSTRAINTS).is_none(),
                "an end entity carries basicConstraints",
            )
        },
    },
    Lint {
        name: "path_length_equals_profile",
        source: "RFC 5280 §4.2.1.9",
        applies: Profile::is_authority,
        check: |examined| {
            let found = constraints(&examined.raw).and_then(|found| found.path_length);
            hold(
                found == examined.profile.path_len,
                "pathLenConstraint is not that of the profile",
            )
        },
    },
    Lint {
        name: "path_length_below_issuers",
        source: "RFC 5280 §6.1.4 (l), (m)",
        applies: |profile| profile.class == Class::Authority,
        check: path_length_below_issuers,
    },
    Lint {
        name: "issuer_is_authority",
        source: "RFC 5280 §6.1.4 (k), (n)",
        applies: always,
        check: issuer_is_authority,
    },
    Lint {
        name: "extended_key_usage_equals_profile",
        source: "RFC 5280 §4.2.1.12",
        applies: always,
        check: |examined| {
            let equal =
                purposes(&examined.raw) == Some(examined.profile.extended_key_usage.clone());
            hold(equal, "extKeyUsage is not exactly that of the profile")
        },
    },
    Lint {
        name: "responder_for_ocsp_only",
        source: "RFC 6960 §4.2.2.2",
        applies: |profile| profile.class == Class::Responder,
        check: |examined| {
            hold(
                purposes(&examined.raw).as_deref() == Some(&[OCSP_SIGNING]),
                "a responder has OCSPSigning, alone",
            )
        },
    },
    Lint {
        name: "responder_short_lived",
        source: "RFC 6960 §4.2.2.2.1 (nocheck calls for short lifetimes)",
        applies: |profile| profile.class == Class::Responder,
        check: |examined| {
            let period = seconds(examined.raw.not_before).zip(seconds(examined.raw.not_after));
            let limit = i64::from(RESPONDER_VALIDITY_LIMIT) * 86_400;
            let short = period.is_some_and(|(from, to)| to.saturating_sub(from) < limit);
            hold(
                short,
                "a responder that is not checked for revocation lives longer than 93 days",
            )
        },
    },
];

const SIGNING: &[KeyUsage] = &[
    KeyUsage::DIGITAL_SIGNATURE,
    KeyUsage::NON_REPUDIATION,
    KeyUsage::KEY_CERT_SIGN,
    KeyUsage::CRL_SIGN,
];
const ENCIPHERING: &[KeyUsage] = &[
    KeyUsage::KEY_ENCIPHERMENT,
    KeyUsage::DATA_ENCIPHERMENT,
    KeyUsage::KEY_AGREEMENT,
    KeyUsage::ENCIPHER_ONLY,
    KeyUsage::DECIPHER_ONLY,
];
const CERTIFYING: &[KeyUsage] = &[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN];

fn any(examined: &Examined<'_>, usages: &[KeyUsage]) -> bool {
    let found = bits(&examined.raw).unwrap_or_default();
    usages.iter().any(|usage| found & wanted(*usage) != 0)
}

/// Named bit n of RFC 5280 §4.2.1.3 as `1 << n`.
fn wanted(usage: KeyUsage) -> u16 {
    let named = [
        KeyUsage::DIGITAL_SIGNATURE,
        KeyUsage::NON_REPUDIATION,
        KeyUsage::KEY_ENCIPHERMENT,
        KeyUsage::DATA_ENCIPHERMENT,
        KeyUsage::KEY_AGREEMENT,
        KeyUsage::KEY_CERT_SIGN,
        KeyUsage::CRL_SIGN,
        KeyUsage::ENCIPHER_ONLY,
        KeyUsage::DECIPHER_ONLY,
    ];
    named
        .iter()
        .enumerate()
        .filter(|(_, bit)| usage.contains(**bit))
        .fold(0, |all, (n, _)| all | 1 << n)
}

/// The bits that stand in the certificate, as in [`wanted`]; `None` where absent or not DER (X.690 §11.2: no trailing
/// zero bits).
pub(super) fn bits(raw: &RawCertificate<'_>) -> Option<u16> {
    let content = Walk::only(raw.extension(&KEY_USAGE)?.value, BIT_STRING)?.content;
    let (&unused, bytes) = content.split_first()?;
    let last = *bytes.last()?;
    if bytes.len() > 2 || unused > 7 || last.trailing_zeros() != u32::from(unused) {
        return None;
    }
    let reversed = |byte: &u8| u16::from(byte.reverse_bits());
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |all, byte| all << 8 | reversed(byte)),
    )
}

struct Constraints {
    authority: bool,
    path_length: Option<u8>,
}

/// `BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }`
fn constraints(raw: &RawCertificate<'_>) -> Option<Constraints> {
    let mut parts =
        Walk::over(Walk::only(raw.extension(&BASIC_CONSTRAINTS)?.value, SEQUENCE)?.content);
    let authority = parts
        .optional(BOOLEAN)
        .is_some_and(|flag| flag.content == [0xFF]);
    let path_length = match parts.optional(INTEGER) {
        None => None,
        Some(number) => match number.content {
            [length @ 0..=0x7F] => Some(*length),
            _ => return None,
        },
    };
    parts.is_done().then_some(Constraints {
        authority,
        path_length,
    })
}

/// Empty where there is no extension; `None` where it is critical or cannot be read.
fn purposes(raw: &RawCertificate<'_>) -> Option<Vec<ObjectIdentifier>> {
    let Some(extension) = raw.extension(&EXTENDED_KEY_USAGE) else {
        return Some(Vec::new());
    };
    if extension.critical {
        return None;
    }
    let elements = Walk::over(Walk::only(extension.value, SEQUENCE)?.content).all()?;
    let purposes: Option<Vec<_>> = elements
        .into_iter()
        .map(|e| (e.tag == OID).then(|| oid(e)).flatten())
        .collect();
    purposes.filter(|purposes| !purposes.is_empty())
}

fn path_length_below_issuers(examined: &Examined<'_>) -> Result<(), String> {
    let own = constraints(&examined.raw).and_then(|found| found.path_length);
    match constraints(&examined.issuer).and_then(|found| found.path_length) {
        None => Ok(()),
        Some(limit) => hold(
            own.is_some_and(|own| own < limit),
            "the issuer's pathLenConstraint does not allow this authority",
        ),
    }
}

fn issuer_is_authority(examined: &Examined<'_>) -> Result<(), String> {
    let authority = constraints(&examined.issuer).is_some_and(|found| found.authority);
    let signs =
        bits(&examined.issuer).is_some_and(|bits| bits & wanted(KeyUsage::KEY_CERT_SIGN) != 0);
    hold(
        authority && signs,
        "the issuer's certificate is not that of an authority with keyCertSign",
    )
}
