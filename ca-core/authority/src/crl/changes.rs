//! What ledger entries change for the CRLs of one authority.
//!
//! The status index remembers which entries those are, so that only they are read; where it does not reach back so far,
//! the ledger is read from there on.

use std::collections::BTreeMap;
use std::ops::Range;

use ledger::event::{Entry, Event, Status as State};
use store::views::CertificateRow;
use x509::certificate::Serial;
use x509::crl::RevocationReason;

use super::lists::Change;
use crate::error::Error;
use crate::service::Core;

/// Entries read at a time.
const PAGE: u32 = 4096;
/// Rows asked for at a time.
const KEYS: usize = 500;

/// The changes by entries in `range`, oldest first, with the ends of the certificates that are held or revoked.
pub(super) async fn changes(
    core: &Core,
    authority: &str,
    range: Range<u64>,
) -> Result<Vec<Change>, Error> {
    let mut found = match core.index.changed_by(authority, range.clone()) {
        Some(entries) => remembered(core, authority, &entries).await?,
        None => read(core, authority, range).await?,
    };
    let revoked = found.iter().filter(|change| change.reason.is_some());
    let mut serials: Vec<_> = revoked.map(|change| change.serial.clone()).collect();
    serials.sort_unstable();
    serials.dedup();
    let ends = ends(core, authority, &serials).await?;
    for change in &mut found {
        change.not_after = ends.get(&change.serial.to_string()).copied();
    }
    Ok(found)
}

/// The changes by these entries, all of which change something.
async fn remembered(core: &Core, authority: &str, entries: &[u64]) -> Result<Vec<Change>, Error> {
    let mut found = Vec::with_capacity(entries.len());
    for some in entries.chunks(KEYS) {
        for (index, body) in core.store.entries_at(some).await? {
            found.extend(change(authority, index, &Entry::decode(&body)?));
        }
    }
    if found.len() == entries.len() {
        Ok(found)
    } else {
        Err(Error::Inconsistent(format!(
            "entries that changed a status under {authority} are missing or say something else"
        )))
    }
}

/// The changes by whatever entry of the range makes one.
async fn read(core: &Core, authority: &str, range: Range<u64>) -> Result<Vec<Change>, Error> {
    let mut found = Vec::new();
    let mut next = range.start;
    while next < range.end {
        let page = core.store.entries(next, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Err(Error::Inconsistent(format!(
                "ledger entry {next} is missing"
            )));
        };
        let after = last + 1;
        for (index, body) in page.iter().take_while(|(index, _)| *index < range.end) {
            // Most entries are about issuing; only these kinds change a state for people.
            if mentions_status(body) {
                found.extend(change(authority, *index, &Entry::decode(body)?));
            }
        }
        next = after;
    }
    Ok(found)
}

fn mentions_status(body: &[u8]) -> bool {
    [
        &b"certificate.status"[..],
        b"certificate.superseded",
        b"certificate.abandoned",
    ]
    .iter()
    .any(|kind| body.windows(kind.len()).any(|window| window == *kind))
}

/// What an entry changes for `only` this authority.
fn change(only: &str, index: u64, entry: &Entry) -> Option<Change> {
    let (authority, serial, reason) = match &entry.event {
        Event::CertificateStatus {
            authority,
            serial,
            status,
            reason,
            ..
        } => {
            let reason = match status {
                State::Good => None,
                State::Held => Some(RevocationReason::CertificateHold),
                State::Revoked => Some(reason.parse().unwrap_or(RevocationReason::Unspecified)),
            };
            (authority, serial, reason)
        }
        Event::CertificateSuperseded {
            authority,
            serial,
            reason,
            ..
        } => {
            let reason = reason.parse().unwrap_or(RevocationReason::Unspecified);
            (authority, serial, Some(reason))
        }
        Event::CertificateAbandoned {
            authority, serial, ..
        } => (
            authority,
            serial,
            Some(RevocationReason::CessationOfOperation),
        ),
        _ => return None,
    };
    let change = Change {
        entry: index,
        serial: serial.parse().ok()?,
        at: entry.time,
        reason,
        not_after: None,
    };
    (authority == only).then_some(change)
}

/// The ends of certificates by their serials in hex, of those that have one.
pub(super) async fn ends(
    core: &Core,
    authority: &str,
    serials: &[Serial],
) -> Result<BTreeMap<String, i64>, Error> {
    let mut found = BTreeMap::new();
    for some in serials.chunks(KEYS) {
        let key = |serial: &Serial| vec![authority.into(), serial.to_string().into()];
        let keys: Vec<_> = some.iter().map(key).collect();
        for row in core.store.get_many::<CertificateRow>(&keys).await? {
            if let Some(not_after) = row.not_after {
                found.insert(row.serial, not_after);
            }
        }
    }
    Ok(found)
}
