//! What is checked on every CRL before it is published: RFC 5280 §5 and GM/T 0015 table C.5, full CRLs.
//!
//! As for certificates: own reader, a name and a source for each rule, any finding refuses.

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;
use x509::certificate::Certificate;
use x509::crl::Crl;

use super::envelope::SM2_WITH_SM3;
use super::identifiers::{key_id, subject_key_id};
use super::reader::{
    BIT_STRING, ENUMERATED, Element, GENERALIZED_TIME, INTEGER, RawCertificate, RawExtension,
    SEQUENCE, UTC_TIME, Walk, extensions, seconds,
};
use super::validity::well_encoded;
use super::{Finding, hold, usage};

const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
/// cRLSign as `1 << n` of its named bit.
const CRL_SIGN: u16 = 1 << 6;

/// One rule about CRLs.
#[derive(Debug, Clone, Copy)]
pub struct CrlLint {
    /// `crl_number_increases`.
    pub name: &'static str,
    /// The text that asks for it.
    pub source: &'static str,
    /// `Err` with what is wrong.
    pub check: fn(&ExaminedCrl<'_>) -> Result<(), String>,
}

/// A CRL under examination.
pub struct ExaminedCrl<'a> {
    raw: RawCrl<'a>,
    issuer: RawCertificate<'a>,
    previous_number: Option<u64>,
}

const LINTS: &[CrlLint] = &[
    CrlLint {
        name: "crl_version_2",
        source: "RFC 5280 §5.1.2.1",
        check: |crl| hold(crl.raw.version == Some(&[1]), "the version is not v2"),
    },
    CrlLint {
        name: "crl_signature_algorithm_sm2_with_sm3",
        source: "GM/T 0015-2012 table C.5; RFC 5280 §5.1.1.2",
        check: |crl| {
            let right =
                crl.raw.inner_algorithm == SM2_WITH_SM3 && crl.raw.outer_algorithm == SM2_WITH_SM3;
            hold(
                right,
                "not SM2-with-SM3 with absent parameters, inside and outside",
            )
        },
    },
    CrlLint {
        name: "crl_issuer_is_issuers_subject",
        source: "RFC 5280 §5.1.2.3",
        check: |crl| {
            let same = crl.raw.issuer == crl.issuer.subject;
            hold(
                same,
                "the issuer name is not, byte for byte, the subject of the issuer's certificate",
            )
        },
    },
    CrlLint {
        name: "crl_issuer_may_sign_crls",
        source: "RFC 5280 §6.3.3 (f)",
        check: |crl| {
            let may = usage::bits(&crl.issuer).is_some_and(|bits| bits & CRL_SIGN != 0);
            hold(may, "the issuer's certificate lacks cRLSign")
        },
    },
    CrlLint {
        name: "crl_times",
        source: "RFC 5280 §5.1.2.4, §5.1.2.5",
        check: crl_times,
    },
    CrlLint {
        name: "crl_authority_key_id_is_issuers",
        source: "RFC 5280 §5.2.1",
        check: |crl| {
            let found = crl
                .raw
                .extension(AUTHORITY_KEY_ID)
                .and_then(|extension| key_id(extension.value));
            let same = found.is_some() && found == subject_key_id(&crl.issuer);
            hold(
                same,
                "authorityKeyIdentifier is not the subjectKeyIdentifier of the issuing authority",
            )
        },
    },
    CrlLint {
        name: "crl_number_present",
        source: "RFC 5280 §5.2.3",
        check: |crl| {
            hold(
                crl.raw.number().is_some(),
                "cRLNumber is absent, negative or beyond 64 bits",
            )
        },
    },
    CrlLint {
        name: "crl_number_increases",
        source: "RFC 5280 §5.2.3",
        check: |crl| {
            let higher = crl
                .previous_number
                .is_none_or(|last| crl.raw.number().is_some_and(|number| number > last));
            hold(higher, "cRLNumber is not higher than that of the last CRL")
        },
    },
    CrlLint {
        name: "crl_extensions",
        source: "RFC 5280 §5.2",
        check: crl_extensions,
    },
    CrlLint {
        name: "crl_empty_list_absent",
        source: "RFC 5280 §5.1.2.6",
        check: |crl| {
            hold(
                !crl.raw.empty_list,
                "revokedCertificates is present and empty",
            )
        },
    },
    CrlLint {
        name: "crl_serials_distinct",
        source: "RFC 5280 §5.1.2.6",
        check: |crl| {
            let distinct: BTreeSet<_> = crl.raw.entries.iter().map(|entry| entry.serial).collect();
            hold(
                distinct.len() == crl.raw.entries.len(),
                "a serial number stands twice",
            )
        },
    },
    CrlLint {
        name: "crl_entries",
        source: "RFC 5280 §5.1.2.6, §5.3",
        check: crl_entries,
    },
    CrlLint {
        name: "crl_reasons",
        source: "RFC 5280 §5.3.1",
        check: crl_reasons,
    },
];

/// Every lint about CRLs, in the order in which they run.
#[must_use]
pub fn all() -> &'static [CrlLint] {
    LINTS
}

/// Examines a CRL; its signature is not looked at. `previous_number`: that of the last CRL of this issuer. Empty: it
/// may be published.
#[must_use]
pub fn run_crl(crl: &Crl, issuer: &Certificate, previous_number: Option<u64>) -> Vec<Finding> {
    run_crl_der(crl.der(), issuer, previous_number)
}

/// Like [`run_crl`], for bytes that `x509` may have refused.
#[must_use]
pub fn run_crl_der(der: &[u8], issuer: &Certificate, previous_number: Option<u64>) -> Vec<Finding> {
    let (Some(raw), Some(issuer)) = (RawCrl::read(der), RawCertificate::read(issuer.der())) else {
        let what = "the CRL or its issuer's certificate cannot be read".to_owned();
        return vec![Finding {
            lint: "readable",
            source: "X.690; RFC 5280 §5.1",
            what,
        }];
    };
    let examined = ExaminedCrl {
        raw,
        issuer,
        previous_number,
    };
    LINTS
        .iter()
        .filter_map(|lint| {
            let what = (lint.check)(&examined).err()?;
            Some(Finding {
                lint: lint.name,
                source: lint.source,
                what,
            })
        })
        .collect()
}

/// ```text
/// TBSCertList ::= SEQUENCE { version, signature, issuer, thisUpdate, nextUpdate OPTIONAL,
///   revokedCertificates SEQUENCE OF SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL } OPTIONAL,
///   crlExtensions [0] EXPLICIT Extensions OPTIONAL }
/// ```
struct RawCrl<'a> {
    version: Option<&'a [u8]>,
    inner_algorithm: &'a [u8],
    outer_algorithm: &'a [u8],
    issuer: &'a [u8],
    this_update: Element<'a>,
    next_update: Option<Element<'a>>,
    empty_list: bool,
    entries: Vec<RawEntry<'a>>,
    extensions: Vec<RawExtension<'a>>,
}

struct RawEntry<'a> {
    serial: &'a [u8],
    revoked_at: Element<'a>,
    extensions: Vec<RawExtension<'a>>,
}

impl<'a> RawCrl<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Walk::over(Walk::only(der, SEQUENCE)?.content);
        let mut tbs = Walk::over(outer.one(SEQUENCE)?.content);
        let outer_algorithm = outer.one(SEQUENCE)?.whole;
        outer.one(BIT_STRING)?;
        let version = tbs.optional(INTEGER).map(|number| number.content);
        let inner_algorithm = tbs.one(SEQUENCE)?.whole;
        let issuer = tbs.one(SEQUENCE)?.whole;
        let this_update = tbs.any()?;
        let next_update = tbs
            .optional(UTC_TIME)
            .or_else(|| tbs.optional(GENERALIZED_TIME));
        let list = tbs.optional(SEQUENCE);
        let entries = match list {
            Some(list) => Walk::over(list.content)
                .all()?
                .into_iter()
                .map(RawEntry::read)
                .collect::<Option<Vec<_>>>()?,
            None => Vec::new(),
        };
        let extensions = tbs
            .optional(0xA0)
            .map_or(Some(Vec::new()), |tagged| extensions(tagged.content))?;
        (outer.is_done() && tbs.is_done()).then_some(Self {
            version,
            inner_algorithm,
            outer_algorithm,
            issuer,
            this_update,
            next_update,
            empty_list: list.is_some_and(|list| list.content.is_empty()),
            entries,
            extensions,
        })
    }

    fn extension(&self, oid: ObjectIdentifier) -> Option<&RawExtension<'a>> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }

    fn number(&self) -> Option<u64> {
        let content = Walk::only(self.extension(CRL_NUMBER)?.value, INTEGER)?.content;
        let negative = content.first().is_none_or(|first| first & 0x80 != 0);
        let content = content.strip_prefix(&[0]).unwrap_or(content);
        (!negative && content.len() <= 8).then(|| {
            content
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte))
        })
    }
}

impl<'a> RawEntry<'a> {
    fn read(element: Element<'a>) -> Option<Self> {
        let mut parts = Walk::over(element.content);
        let (serial, revoked_at) = (parts.one(INTEGER)?.content, parts.any()?);
        let extensions = parts
            .optional(SEQUENCE)
            .map_or(Some(Vec::new()), |list| extensions(list.whole))?;
        parts.is_done().then_some(Self {
            serial,
            revoked_at,
            extensions,
        })
    }

    fn reason(&self) -> Option<&RawExtension<'a>> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == REASON_CODE)
    }
}

fn crl_times(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let next = crl.raw.next_update.ok_or("nextUpdate is absent")?;
    hold(
        well_encoded(crl.raw.this_update) && well_encoded(next),
        "a time is not encoded as RFC 5280 asks",
    )?;
    let times = seconds(crl.raw.this_update)
        .zip(seconds(next))
        .zip(seconds(crl.issuer.not_before));
    let ((this, next), begin) = times.ok_or("a time cannot be read")?;
    hold(this < next, "nextUpdate is not later than thisUpdate")?;
    hold(
        begin <= this,
        "thisUpdate lies before the issuer's certificate begins",
    )
}

fn crl_extensions(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let distinct: BTreeSet<_> = crl
        .raw
        .extensions
        .iter()
        .map(|extension| extension.oid)
        .collect();
    hold(
        distinct.len() == crl.raw.extensions.len(),
        "an extension stands twice",
    )?;
    for extension in &crl.raw.extensions {
        let known = [AUTHORITY_KEY_ID, CRL_NUMBER].contains(&extension.oid);
        hold(
            known,
            &format!(
                "extension {} does not belong into a full CRL of ours",
                extension.oid
            ),
        )?;
        hold(
            !extension.critical,
            &format!("extension {} is critical", extension.oid),
        )?;
    }
    Ok(())
}

fn crl_entries(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let this_update = seconds(crl.raw.this_update).ok_or("thisUpdate cannot be read")?;
    for (index, entry) in crl.raw.entries.iter().enumerate() {
        let place = index + 1;
        let positive =
            entry.serial.first().is_some_and(|first| first & 0x80 == 0) && entry.serial.len() <= 20;
        hold(
            positive,
            &format!("entry {place} has no serial number of ours"),
        )?;
        hold(
            well_encoded(entry.revoked_at),
            &format!("the time of entry {place} is not encoded as RFC 5280 asks"),
        )?;
        let past = seconds(entry.revoked_at).is_some_and(|time| time <= this_update);
        hold(
            past,
            &format!("entry {place} is revoked later than thisUpdate"),
        )?;
        let only_reason = entry.extensions.len() <= 1
            && entry
                .extensions
                .iter()
                .all(|extension| extension.oid == REASON_CODE && !extension.critical);
        hold(
            only_reason,
            &format!("entry {place} has an extension other than a non-critical reasonCode"),
        )?;
    }
    Ok(())
}

/// unspecified is expressed by absence, 7 does not exist, removeFromCRL belongs to delta CRLs.
fn crl_reasons(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    for (index, entry) in crl.raw.entries.iter().enumerate() {
        let Some(reason) = entry.reason() else {
            continue;
        };
        let code = Walk::only(reason.value, ENUMERATED).map(|code| code.content);
        let good = matches!(code, Some([1..=6 | 9 | 10]));
        hold(
            good,
            &format!(
                "the reason of entry {} does not belong into a full CRL",
                index + 1
            ),
        )?;
    }
    Ok(())
}
