//! The desk: follows the ledger and keeps what every authority's CRLs must say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger::event::{Entry, Event, Status as State};
use sm_engine::sm3;
use store::status::Status;
use store::views::{CertificateRow, CrlRow, FULL};
use store::{Compare, Direction, MAX_ROWS};
use x509::certificate::Serial;
use x509::crl::{Crl, CrlEntry, EncodedEntry, RevocationReason};

use super::lists::{Change, Entries, Lists, Read};
use super::make::{Pass, row};
use crate::error::Error;
use crate::hierarchy::Member;
use crate::service::Core;
use crate::writer::Order;

/// Entries read at a time.
const PAGE: u32 = 4096;
/// Certificates asked for at a time.
const KEYS: usize = 500;
/// How often a pass begins anew because the ledger grew while it looked at the index.
const ATTEMPTS: usize = 20;

/// Number and entries of the full CRL that was made.
pub(crate) type Made = (u64, u64);

/// CRLs of all authorities.
#[derive(Default)]
pub(crate) struct Desk {
    /// Entries that the lists stand for.
    applied: u64,
    lists: BTreeMap<String, Lists>,
}

impl Desk {
    /// Makes what is due for `member`, and the full CRL in any case where it is `forced`. Where anything fails the
    /// lists are thrown away and read anew the next time.
    pub(super) async fn pass(
        &mut self,
        core: &Core,
        member: &Arc<Member>,
        forced: bool,
    ) -> Result<Option<Made>, Error> {
        let result = self.try_pass(core, member, forced).await;
        if result.is_err() {
            self.lists.remove(&member.authority);
        }
        result
    }

    async fn try_pass(
        &mut self,
        core: &Core,
        member: &Arc<Member>,
        forced: bool,
    ) -> Result<Option<Made>, Error> {
        self.agree(core, &member.authority).await?;
        let now = core.clock.now();
        let covers = self.applied;
        let Some(lists) = self.lists.get_mut(&member.authority) else {
            return Ok(None);
        };
        let due = lists.due(&core.crl, now.0, forced);
        if due.is_nothing() {
            return Ok(None);
        }
        for shard in &due.shards {
            read_published(core, lists, &store::views::shard_scope(*shard)).await?;
        }
        let pass = Pass {
            member,
            schedule: &core.crl,
            machines: &core.urls.machines,
            now,
            covers,
        };
        let orders = aside(|| pass.make(lists, due))?;
        let rows: Vec<CrlRow> = orders.iter().map(row).collect();
        core.writer.commit(Order::Crl(orders)).await?;
        let full = rows.iter().find(|row| row.scope == FULL);
        let made = full.map(|row| {
            let entries = u64::try_from(row.entries).unwrap_or(0);
            super::make::number(row).map(|number| (number, entries))
        });
        lists.published(rows);
        made.transpose()
    }

    /// Brings the lists to what the ledger says, and makes sure that the index says the same.
    async fn agree(&mut self, core: &Core, authority: &str) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            self.follow(core).await?;
            if !self.lists.contains_key(authority) {
                let lists = load(core, authority, self.applied).await?;
                let Some(lists) = lists else { continue };
                self.lists.insert(authority.to_owned(), lists);
            }
            let Some(lists) = self.lists.get(authority) else {
                continue;
            };
            let strange = lists
                .changed()
                .find(|serial| !agrees(core, authority, lists, serial));
            if core.index.applied() != self.applied {
                continue;
            }
            return match strange {
                None => Ok(()),
                Some(serial) => Err(Error::Inconsistent(format!(
                    "the CRLs of {authority} and the status index disagree about {}",
                    hex::encode(serial)
                ))),
            };
        }
        // The ledger grows faster than we look: the changes up to `applied` are right, later ones come next.
        Ok(())
    }

    /// Takes up the entries since the last time.
    async fn follow(&mut self, core: &Core) -> Result<(), Error> {
        let size = core.index.applied();
        if self.lists.is_empty() {
            self.applied = size;
            return Ok(());
        }
        let changes = changes(core, self.applied, size, None).await?;
        for (authority, change) in &changes {
            if let Some(lists) = self.lists.get_mut(authority) {
                lists.apply(change)?;
            }
        }
        self.applied = size;
        Ok(())
    }

    /// The published CRLs of an authority.
    pub(super) fn published(&self, authority: &str) -> Vec<CrlRow> {
        let lists = self.lists.get(authority);
        lists.into_iter().flat_map(Lists::rows).cloned().collect()
    }
}

/// Runs work that takes up to seconds for a large CRL without holding up other tasks.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    let flavor = tokio::runtime::Handle::current().runtime_flavor();
    if flavor == tokio::runtime::RuntimeFlavor::MultiThread {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// Whether the index says of a serial what the lists say.
fn agrees(core: &Core, authority: &str, lists: &Lists, serial: &[u8]) -> bool {
    let Ok(number) = Serial::from_bytes(serial) else {
        return false;
    };
    let shards = lists
        .partition
        .as_ref()
        .map_or(1, |partition| partition.shards);
    let shard = x509::crl::shard_of_octets(serial, shards);
    let listed = lists.arena(shard).and_then(|arena| arena.get(serial));
    let reason = match core.index.status(authority, &number) {
        Status::Held { .. } => Some(RevocationReason::CertificateHold),
        Status::Revoked { reason, .. } => Some(reason),
        Status::Good | Status::Intended | Status::Unknown => None,
    };
    let listed = listed.and_then(|entry| EncodedEntry::from_der(entry).ok());
    listed.map(|entry| entry.reason()) == reason
}

/// The lists of an authority as of `size`; `None` where the index has moved on meanwhile.
async fn load(core: &Core, authority: &str, size: u64) -> Result<Option<Lists>, Error> {
    let revoked = core.index.revoked(authority);
    if core.index.applied() != size {
        return Ok(None);
    }
    let filter = [("authority", Compare::Eq(authority.into()))];
    let order = [("scope", Direction::Ascending)];
    let mut rows: Vec<CrlRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| vec![row.scope.as_str().into()]);
        let page = core
            .store
            .scan::<CrlRow>(&filter, &order, after.as_deref(), MAX_ROWS)
            .await?;
        let last = page.len() < usize::try_from(MAX_ROWS).unwrap_or(usize::MAX);
        rows.extend(page);
        if last {
            break;
        }
    }
    let full = rows.iter().find(|row| row.scope == FULL);
    let since = full.map_or(size, |row| u64::try_from(row.covers).unwrap_or(0));
    let changes: Vec<_> = changes(core, since, size, Some(authority)).await?;
    let changes: Vec<_> = changes.into_iter().map(|(_, change)| change).collect();
    let mut lists = Lists::new(core.partitions.find(authority), rows);
    for some in revoked.chunks(KEYS) {
        let key = |serial: &Serial| (authority.to_owned(), serial.to_string());
        let keys: Vec<_> = some.iter().map(|(serial, ..)| key(serial)).collect();
        let ends = ends(core, &keys).await?;
        for ((serial, revoked_at, reason), key) in some.iter().zip(&keys) {
            let entry = CrlEntry {
                serial: serial.clone(),
                revoked_at: *revoked_at,
                reason: *reason,
            };
            lists.list(&entry, ends.get(key).copied())?;
        }
    }
    changes.iter().for_each(|change| lists.note(change));
    Ok(Some(lists))
}

/// Changes of state in the entries from `first` on and before `end`, with the certificates' ends.
async fn changes(
    core: &Core,
    first: u64,
    end: u64,
    only: Option<&str>,
) -> Result<Vec<(String, Change)>, Error> {
    let mut found = Vec::new();
    let mut next = first;
    while next < end {
        let page = core.store.entries(next, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Err(Error::Inconsistent(format!(
                "ledger entry {next} is missing"
            )));
        };
        let after = last + 1;
        for (idx, body) in page.iter().take_while(|(idx, _)| *idx < end) {
            // Most entries are about issuing; only these two kinds change a state for people.
            if !mentions_status(body) {
                continue;
            }
            let entry = Entry::decode(body)?;
            if let Some((authority, change)) = change(*idx, &entry)
                && only.is_none_or(|only| only == authority)
            {
                found.push((authority, change));
            }
        }
        next = after;
    }
    let revoked: BTreeSet<_> = found
        .iter()
        .filter(|(_, change)| change.reason.is_some())
        .map(|(authority, change)| (authority.clone(), change.serial.to_string()))
        .collect();
    let ends = ends(core, &revoked.into_iter().collect::<Vec<_>>()).await?;
    for (authority, change) in &mut found {
        let key = (authority.clone(), change.serial.to_string());
        change.not_after = ends.get(&key).copied();
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

fn change(idx: u64, entry: &Entry) -> Option<(String, Change)> {
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
        entry: idx,
        serial: serial.parse().ok()?,
        at: entry.time,
        reason,
        not_after: None,
    };
    Some((authority.clone(), change))
}

/// The ends of certificates, of those that have one.
async fn ends(
    core: &Core,
    certificates: &[(String, String)],
) -> Result<BTreeMap<(String, String), i64>, Error> {
    let mut found = BTreeMap::new();
    for some in certificates.chunks(KEYS) {
        let keys: Vec<_> = some
            .iter()
            .map(|(authority, serial)| vec![authority.as_str().into(), serial.as_str().into()])
            .collect();
        for row in core.store.get_many::<CertificateRow>(&keys).await? {
            if let Some(not_after) = row.not_after {
                found.insert((row.authority, row.serial), not_after);
            }
        }
    }
    Ok(found)
}

/// Reads the published CRL of a scope, once: its distribution point must stay.
async fn read_published(core: &Core, lists: &mut Lists, scope: &str) -> Result<(), Error> {
    if lists.read(scope).is_some() {
        return Ok(());
    }
    let Some(row) = lists.row(scope).cloned() else {
        return Ok(());
    };
    let der = row.load(&core.store).await?.ok_or_else(|| {
        Error::Inconsistent(format!(
            "CRL {} ({scope}) of {} is missing",
            row.number, row.authority
        ))
    })?;
    let crl = Crl::from_vec(der)?;
    let read = Read {
        entries: Entries::Stored(sm3::digest(crl.entries_der())),
        points: crl.scope().distribution_point.clone(),
    };
    lists.note_read(scope, read);
    Ok(())
}
