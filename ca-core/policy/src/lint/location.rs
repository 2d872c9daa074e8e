//! Lints of where a relying party finds status and issuer, and of the policies.

use const_oid::ObjectIdentifier;

use super::reader::{IA5_STRING, OID, RawCertificate, SEQUENCE, Walk, oid};
use super::{Examined, Lint, always, hold};
use crate::profile::ExtensionKind;

const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
const CPS_QUALIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const ANY_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "crl_distribution_point_by_http",
        source: "RFC 5280 §4.2.1.13; GM/T 0015-2012 table C.3",
        applies: always,
        check: crl_distribution_point_by_http,
    },
    Lint {
        name: "crl_distribution_point_of_serial",
        source: "RFC 5280 §5.2.5: the shard of a certificate is a function of its serial",
        applies: always,
        check: crl_distribution_point_of_serial,
    },
    Lint {
        name: "authority_info_access_by_http",
        source: "RFC 5280 §4.2.2.1",
        applies: always,
        check: authority_info_access_by_http,
    },
    Lint {
        name: "certificate_policies_well_formed",
        source: "RFC 5280 §4.2.1.4",
        applies: always,
        check: certificate_policies_well_formed,
    },
];

fn value<'a>(raw: &RawCertificate<'a>, kind: ExtensionKind) -> Option<&'a [u8]> {
    raw.extension(&kind.oid()).map(|extension| extension.value)
}

/// Relying parties fetch status before they can trust a TLS server, so the URL is plain http.
pub(super) fn is_http(url: &[u8]) -> bool {
    std::str::from_utf8(url).is_ok_and(|url| {
        let host_and_path = url.strip_prefix("http://").unwrap_or_default();
        url.len() <= 1024
            && host_and_path.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && url
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte))
    })
}

fn crl_distribution_point_by_http(examined: &Examined<'_>) -> Result<(), String> {
    let Some(value) = value(&examined.raw, ExtensionKind::CrlDistributionPoints) else {
        // Whether it may be absent is `extensions_required`'s question.
        return Ok(());
    };
    let urls = distribution_points(value)
        .ok_or("cRLDistributionPoints cannot be read or restricts reasons or issuer")?;
    hold(
        urls.iter().any(|url| is_http(url)),
        "cRLDistributionPoints names no http URL",
    )
}

/// A certificate whose distribution point is a shard has a serial that belongs to it: its revocation would otherwise
/// be listed where nobody looks.
fn crl_distribution_point_of_serial(examined: &Examined<'_>) -> Result<(), String> {
    let urls = value(&examined.raw, ExtensionKind::CrlDistributionPoints)
        .and_then(distribution_points)
        .unwrap_or_default();
    for (shard, shards) in urls.into_iter().filter_map(shard_in) {
        hold(
            entry_shard(examined.raw.serial, shards) == shard,
            "cRLDistributionPoints names another shard than that of the serial",
        )?;
    }
    Ok(())
}

/// The shard that a URL names, and among how many: `http://…/7of128.crl`.
pub(super) fn shard_in(url: &[u8]) -> Option<(u32, u32)> {
    let url = std::str::from_utf8(url).ok()?;
    let name = url.rsplit('/').next()?.strip_suffix(".crl")?;
    let (shard, shards) = name.split_once("of")?;
    let number = |digits: &str| -> Option<u32> {
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| plain)
    };
    let (shard, shards) = (number(shard)?, number(shards)?);
    (shard < shards).then_some((shard, shards))
}

/// The shard of a serial: its last four octets modulo the number of shards, which is not 0.
pub(super) fn entry_shard(serial: &[u8], shards: u32) -> u32 {
    let tail = serial.last_chunk::<4>();
    let number = match tail {
        Some(tail) => u32::from_be_bytes(*tail),
        None => serial
            .iter()
            .fold(0, |number, octet| number << 8 | u32::from(*octet)),
    };
    number % shards.max(1)
}

/// ```text
/// CRLDistributionPoints ::= SEQUENCE OF DistributionPoint
/// DistributionPoint ::= SEQUENCE { distributionPoint [0] { fullName [0] GeneralNames } }
/// ```
pub(super) fn distribution_points(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut urls = Vec::new();
    for point in Walk::over(Walk::only(value, SEQUENCE)?.content).all()? {
        let mut parts = Walk::over(point.content);
        let full_name = Walk::only(parts.one(0xA0)?.content, 0xA0)?;
        for name in Walk::over(full_name.content).all()? {
            urls.push((name.tag == 0x86).then_some(name.content)?);
        }
        if !parts.is_done() {
            return None;
        }
    }
    Some(urls)
}

fn authority_info_access_by_http(examined: &Examined<'_>) -> Result<(), String> {
    let Some(value) = value(&examined.raw, ExtensionKind::AuthorityInformationAccess) else {
        return Ok(());
    };
    let locations = access_locations(value).ok_or("authorityInfoAccess cannot be read")?;
    hold(!locations.is_empty(), "authorityInfoAccess is empty")?;
    for (method, url) in locations {
        hold(
            method == OCSP || method == CA_ISSUERS,
            "authorityInfoAccess has an unknown method",
        )?;
        hold(
            is_http(url),
            "authorityInfoAccess has a location that is no http URL",
        )?;
    }
    Ok(())
}

/// `AuthorityInfoAccessSyntax ::= SEQUENCE OF SEQUENCE { accessMethod, accessLocation [6] IA5String }`
fn access_locations(value: &[u8]) -> Option<Vec<(ObjectIdentifier, &[u8])>> {
    let mut locations = Vec::new();
    for access in Walk::over(Walk::only(value, SEQUENCE)?.content).all()? {
        let mut parts = Walk::over(access.content);
        locations.push((oid(parts.one(OID)?)?, parts.one(0x86)?.content));
    }
    Some(locations)
}

fn certificate_policies_well_formed(examined: &Examined<'_>) -> Result<(), String> {
    let Some(value) = value(&examined.raw, ExtensionKind::CertificatePolicies) else {
        return Ok(());
    };
    let policies = policies(value)
        .ok_or("certificatePolicies cannot be read or has a qualifier other than a CPS URI")?;
    hold(!policies.is_empty(), "certificatePolicies is empty")?;
    hold(
        !policies.contains(&ANY_POLICY),
        "certificatePolicies holds anyPolicy",
    )?;
    let distinct: std::collections::BTreeSet<_> = policies.iter().collect();
    hold(
        distinct.len() == policies.len(),
        "certificatePolicies names a policy twice",
    )
}

/// ```text
/// certificatePolicies ::= SEQUENCE OF PolicyInformation
/// PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OF SEQUENCE { id-qt-cps, IA5String } OPTIONAL }
/// ```
fn policies(value: &[u8]) -> Option<Vec<ObjectIdentifier>> {
    let mut found = Vec::new();
    for policy in Walk::over(Walk::only(value, SEQUENCE)?.content).all()? {
        let mut parts = Walk::over(policy.content);
        found.push(oid(parts.one(OID)?)?);
        let Some(qualifiers) = parts.optional(SEQUENCE) else {
            continue;
        };
        for qualifier in Walk::over(qualifiers.content).all()? {
            let mut parts = Walk::over(qualifier.content);
            let is_cps = oid(parts.one(OID)?)? == CPS_QUALIFIER;
            parts.one(IA5_STRING).filter(|_| is_cps)?;
        }
    }
    Some(found)
}
