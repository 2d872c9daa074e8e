//! Lints of the entries of a CRL, each one walk along the list.

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;

use super::super::hold;
use super::super::location::{entry_shard, shard_in};
use super::super::reader::{
    ENUMERATED, Element, INTEGER, SEQUENCE, Walk, extensions as read_extensions, seconds,
};
use super::super::validity::well_encoded;
use super::ExaminedCrl;

const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
/// Extensions with nothing but a reasonCode that is not critical, up to the code.
const REASON: [u8; 13] = [
    0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01,
];

/// `SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL }`
pub(super) struct RawEntry<'a> {
    serial: &'a [u8],
    revoked_at: Element<'a>,
    /// The whole SEQUENCE of extensions; empty where there is none.
    extensions: &'a [u8],
}

impl<'a> RawEntry<'a> {
    fn read(element: Element<'a>) -> Option<Self> {
        let mut parts = Walk::over(element.content);
        let (serial, revoked_at) = (parts.one(INTEGER)?.content, parts.any()?);
        let list = parts.optional(SEQUENCE);
        parts.is_done().then_some(Self {
            serial,
            revoked_at,
            extensions: list.map(|list| list.whole).unwrap_or_default(),
        })
    }
}

/// Whether every entry of the list can be read, its extensions too.
pub(super) fn readable(list: &[u8]) -> bool {
    let mut walk = Walk::over(list);
    while !walk.is_done() {
        let Some(entry) = walk.any().and_then(RawEntry::read) else {
            return false;
        };
        let known = entry.extensions.is_empty() || entry.extensions.starts_with(&REASON);
        if !known && read_extensions(entry.extensions).is_none() {
            return false;
        }
    }
    true
}

/// The entries of a list that is readable.
pub(super) fn all(list: &[u8]) -> impl Iterator<Item = RawEntry<'_>> {
    let mut walk = Walk::over(list);
    std::iter::from_fn(move || walk.any().and_then(RawEntry::read))
}

pub(super) fn serials_distinct(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let order = |serial: &[u8]| (serial.len(), serial.to_vec());
    let mut last: &[u8] = &[];
    let ascending = crl.raw.entries().all(|entry| {
        let higher = (last.len(), last) < (entry.serial.len(), entry.serial);
        last = entry.serial;
        higher
    });
    if ascending {
        return Ok(());
    }
    let mut seen = BTreeSet::new();
    hold(
        crl.raw
            .entries()
            .all(|entry| seen.insert(order(entry.serial))),
        "a serial number stands twice",
    )
}

pub(super) fn well_formed(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let this_update = seconds(crl.raw.this_update).ok_or("thisUpdate cannot be read")?;
    for (place, entry) in (1..).zip(crl.raw.entries()) {
        let refuse = |what: &str| Err(format!("entry {place} {what}"));
        let positive =
            entry.serial.first().is_some_and(|first| first & 0x80 == 0) && entry.serial.len() <= 20;
        if !positive {
            return refuse("has no serial number of ours");
        }
        if !well_encoded(entry.revoked_at) {
            return refuse("has a time that is not encoded as RFC 5280 asks");
        }
        if seconds(entry.revoked_at).is_none_or(|time| time > this_update) {
            return refuse("is revoked later than thisUpdate");
        }
        if !entry.extensions.is_empty() && !entry.extensions.starts_with(&REASON) {
            let list = read_extensions(entry.extensions).unwrap_or_default();
            let only_reason =
                matches!(list.as_slice(), [one] if one.oid == REASON_CODE && !one.critical);
            if !only_reason {
                return refuse("has an extension other than a non-critical reasonCode");
            }
        }
    }
    Ok(())
}

/// unspecified is expressed by absence, 7 does not exist, removeFromCRL belongs to delta CRLs.
pub(super) fn reasons(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let delta = crl.raw.is_delta();
    for (place, entry) in (1..).zip(crl.raw.entries()) {
        if entry.extensions.is_empty() {
            continue;
        }
        let code = match entry.extensions.strip_prefix(&REASON) {
            Some([code]) => Some(*code),
            _ => reason(entry.extensions),
        };
        let good = match code {
            Some(1..=6 | 9 | 10) => true,
            Some(8) => delta,
            _ => false,
        };
        if !good {
            return Err(format!(
                "the reason of entry {place} does not belong into this CRL"
            ));
        }
    }
    Ok(())
}

fn reason(extensions: &[u8]) -> Option<u8> {
    let list = read_extensions(extensions)?;
    let reason = list.iter().find(|extension| extension.oid == REASON_CODE)?;
    match Walk::only(reason.value, ENUMERATED)?.content {
        [code] => Some(*code),
        _ => None,
    }
}

/// A CRL of one shard lists serials of that shard only.
pub(super) fn of_shard(crl: &ExaminedCrl<'_>) -> Result<(), String> {
    let points = crl.raw.points().unwrap_or_default();
    let Some((shard, shards)) = points.first().and_then(|url| shard_in(url)) else {
        return Ok(());
    };
    let stray = (1..)
        .zip(crl.raw.entries())
        .find(|(_, entry)| entry_shard(entry.serial, shards) != shard);
    match stray {
        None => Ok(()),
        Some((place, _)) => Err(format!("entry {place} belongs to another shard")),
    }
}
