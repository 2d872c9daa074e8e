//! What is checked on every CRL before it is published: RFC 5280 §5 and GM/T 0015 table C.5; full, delta and
//! partitioned CRLs.
//!
//! As for certificates: own reader, a name and a source for each rule, any finding refuses. Entries are walked in
//! place: a list of a million costs a fraction of a second and no memory.

mod entry;

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;
use x509::certificate::Certificate;
use x509::crl::Crl;

use super::envelope::signs_with;
use super::identifiers::{key_id, subject_key_id};
use super::location::{distribution_points, is_http, shard_in};
use super::reader::{
    BIT_STRING, Element, GENERALIZED_TIME, INTEGER, RawCertificate, RawExtension, SEQUENCE,
    UTC_TIME, Walk, extensions, seconds,
};
use super::validity::well_encoded;
use super::{Finding, hold, usage};
use entry::RawEntry;

const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const DELTA_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const FRESHEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.46");
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

/// What is published now under the address that a CRL is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedCrl {
    /// Highest cRLNumber of its numbering sequence: full and delta CRLs share one, each shard has its own.
    pub number: u64,
    /// URLs of its issuingDistributionPoint; empty where it has none.
    pub distribution_point: Vec<String>,
}

/// A CRL under examination.
pub struct ExaminedCrl<'a> {
    raw: RawCrl<'a>,
    issuer: RawCertificate<'a>,
    published: Option<&'a PublishedCrl>,
}

const LINTS: &[CrlLint] = &[
    CrlLint {
        name: "crl_version_2",
        source: "RFC 5280 §5.1.2.1",
        check: |crl| hold(crl.raw.version == Some(&[1]), "the version is not v2"),
    },
    CrlLint {
        name: "crl_signature_algorithm_fits_issuer",
        source: "GM/T 0015-2012 table C.5; RFC 5280 §5.1.1.2",
        check: |crl| {
            let right = signs_with(crl.issuer.public_key).is_some_and(|algorithm| {
                crl.raw.inner_algorithm == algorithm && crl.raw.outer_algorithm == algorithm
            });
            hold(
                right,
                "not the signature algorithm of the issuer's key, inside and outside",
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
                .published
                .is_none_or(|last| crl.raw.number().is_some_and(|number| number > last.number));
            hold(higher, "cRLNumber is not higher than that of the last CRL")
        },
    },
    CrlLint {
        name: "crl_delta_indicator",
        source: "RFC 5280 §5.2.4, §5.2.6",
        check: delta_indicator,
    },
    CrlLint {
        name: "crl_distribution_point",
        source: "RFC 5280 §5.2.5",
        check: distribution_point,
    },
    CrlLint {
        name: "crl_distribution_point_stays",
        source: "RFC 5280 §5.2.5, §6.3.3 (b)",
        check: distribution_point_stays,
    },
    CrlLint {
        name: "crl_freshest_by_http",
        source: "RFC 5280 §5.2.6",
        check: freshest_by_http,
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
        check: entry::serials_distinct,
    },
    CrlLint {
        name: "crl_entries",
        source: "RFC 5280 §5.1.2.6, §5.3",
        check: entry::well_formed,
    },
    CrlLint {
        name: "crl_reasons",
        source: "RFC 5280 §5.3.1",
        check: entry::reasons,
    },
    CrlLint {
        name: "crl_entries_of_shard",
        source: "RFC 5280 §5.2.5: a CRL lists what its distribution point is about",
        check: entry::of_shard,
    },
];

/// Every lint about CRLs, in the order in which they run.
#[must_use]
pub fn all() -> &'static [CrlLint] {
    LINTS
}

/// Examines a CRL; its signature is not looked at. `published`: what it replaces. Empty: it may be published.
#[must_use]
pub fn run_crl(crl: &Crl, issuer: &Certificate, published: Option<&PublishedCrl>) -> Vec<Finding> {
    run_crl_der(crl.der(), issuer, published)
}

/// Like [`run_crl`], for bytes that `x509` may have refused.
#[must_use]
pub fn run_crl_der(
    der: &[u8],
    issuer: &Certificate,
    published: Option<&PublishedCrl>,
) -> Vec<Finding> {
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
        published,
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
    /// Content of revokedCertificates; every entry can be read.
    list: &'a [u8],
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
        let entries = list.map(|list| list.content).unwrap_or_default();
        entry::readable(entries).then_some(())?;
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
            list: entries,
            extensions,
        })
    }

    fn extension(&self, oid: ObjectIdentifier) -> Option<&RawExtension<'a>> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }

    /// Every entry.
    fn entries(&self) -> impl Iterator<Item = RawEntry<'a>> + use<'a> {
        entry::all(self.list)
    }

    fn number(&self) -> Option<u64> {
        small_number(self.extension(CRL_NUMBER)?.value)
    }

    /// Whether it says that it is a delta, rightly or not.
    fn is_delta(&self) -> bool {
        self.extension(DELTA_INDICATOR).is_some()
    }

    /// URLs of its issuingDistributionPoint; `None` where that cannot be read or says more.
    fn points(&self) -> Option<Vec<&'a [u8]>> {
        let Some(extension) = self.extension(DISTRIBUTION_POINT) else {
            return Some(Vec::new());
        };
        let mut parts = Walk::over(Walk::only(extension.value, SEQUENCE)?.content);
        let full_name = Walk::only(parts.one(0xA0)?.content, 0xA0)?;
        let names = Walk::over(full_name.content).all()?;
        let urls = names
            .into_iter()
            .map(|name| (name.tag == 0x86).then_some(name.content))
            .collect::<Option<Vec<_>>>()?;
        (parts.is_done() && !urls.is_empty()).then_some(urls)
    }
}

/// A number of 0 to 64 bits.
fn small_number(value: &[u8]) -> Option<u64> {
    let content = Walk::only(value, INTEGER)?.content;
    let negative = content.first().is_none_or(|first| first & 0x80 != 0);
    let content = content.strip_prefix(&[0]).unwrap_or(content);
    (!negative && content.len() <= 8).then(|| {
        content
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    })
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
        let critical = match extension.oid {
            AUTHORITY_KEY_ID | CRL_NUMBER | FRESHEST => false,
            DELTA_INDICATOR | DISTRIBUTION_POINT => true,
            other => {
                return Err(format!(
                    "extension {other} does not belong into a CRL of ours"
                ));
            }
        };
        let word = if critical { "not critical" } else { "critical" };
        hold(
            extension.critical == critical,
            &format!("extension {} is {word}", extension.oid),
        )?;
    }
    Ok(())
}

/// The base is a number below the CRL's own; a delta names no fresher CRL than itself.
fn delta_indicator(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let Some(extension) = crl.raw.extension(DELTA_INDICATOR) else {
        return Ok(());
    };
    let base = small_number(extension.value).zip(crl.raw.number());
    hold(
        base.is_some_and(|(base, number)| base < number),
        "the base of the delta is not a number below its own",
    )?;
    hold(
        crl.raw.extension(FRESHEST).is_none(),
        "a delta CRL has freshestCRL",
    )
}

/// A fullName of http URLs that name one shard, and nothing else.
fn distribution_point(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let urls = crl
        .raw
        .points()
        .ok_or("issuingDistributionPoint cannot be read or holds more than URLs")?;
    hold(
        urls.iter().all(|url| is_http(url)),
        "issuingDistributionPoint has a name that is no http URL",
    )?;
    let shards: BTreeSet<_> = urls.iter().map(|url| shard_in(url)).collect();
    hold(
        shards.len() <= 1 && !shards.contains(&None),
        "issuingDistributionPoint does not name one shard",
    )
}

/// What was once published under an address is found under it for ever: names are added, never taken away, and a
/// CRL of everything never becomes one of a part.
fn distribution_point_stays(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let Some(published) = crl.published else {
        return Ok(());
    };
    let urls = crl.raw.points().unwrap_or_default();
    let kept = published
        .distribution_point
        .iter()
        .all(|url| urls.contains(&url.as_bytes()));
    hold(
        kept && urls.is_empty() == published.distribution_point.is_empty(),
        "the issuingDistributionPoint is not the one that is published under this address",
    )
}

fn freshest_by_http(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let Some(extension) = crl.raw.extension(FRESHEST) else {
        return Ok(());
    };
    let urls = distribution_points(extension.value)
        .ok_or("freshestCRL cannot be read or restricts reasons or issuer")?;
    hold(
        !urls.is_empty() && urls.iter().all(|url| is_http(url)),
        "freshestCRL has a name that is no http URL",
    )
}
