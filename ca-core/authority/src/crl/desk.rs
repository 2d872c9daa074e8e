//! The desk: follows the ledger and keeps what every authority's CRLs must say.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use sm_engine::sm3::Sm3;
use store::status::{SnapshotFile, Status};
use store::views::{CrlRow, FULL};
use store::{Compare, Direction, MAX_ROWS};
use x509::certificate::Serial;
use x509::crl::{Crl, CrlEntry, EncodedEntry, RevocationReason, entries_within, without_entries};

use super::arena::Arena;
use super::aside;
use super::changes::{changes, ends};
use super::kept::{Kept, KeptList};
use super::lists::{Entries, Lists, Read};
use super::make::{Pass, row};
use crate::checkpoint;
use crate::error::Error;
use crate::hierarchy::Member;
use crate::service::Core;
use crate::writer::Order;

/// Certificates asked for at a time.
const KEYS: usize = 500;
/// Most bytes behind the entries of a CRL: extensions, algorithm and signature.
const TAIL: usize = 64 << 10;
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
    /// What the last run kept, until it is used.
    kept: Kept,
}

impl Desk {
    /// A desk that begins with what the last run kept.
    pub(crate) fn new(kept: Kept) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

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
            core,
            member,
            schedule: &core.crl,
            machines: &core.urls.machines,
            now,
            covers,
        };
        let orders = pass.make(lists, due).await?;
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
                let kept = self.kept.lists.remove(authority);
                let kept = kept.map(|list| (self.kept.size, list));
                let lists = load(core, authority, self.applied, kept).await?;
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
        // All that is new is read before any of it is taken up: a list is never a part of the way.
        let mut new = Vec::with_capacity(self.lists.len());
        for authority in self.lists.keys() {
            new.push(changes(core, authority, self.applied..size).await?);
        }
        for (lists, changes) in self.lists.values_mut().zip(new) {
            for change in changes {
                lists.apply(&change)?;
            }
        }
        self.applied = size;
        Ok(())
    }

    /// Keeps the lists for the next start where they say more than `written` entries; the size that they stand for.
    /// `None` where nothing was written.
    pub(crate) async fn keep(
        &mut self,
        core: &Core,
        file: &SnapshotFile,
        written: u64,
    ) -> Result<Option<u64>, Error> {
        if self.lists.is_empty() {
            return Ok(None);
        }
        self.follow(core).await?;
        let size = self.applied;
        let left_out = |(name, lists): (&'_ String, &'_ Lists)| {
            let listed = u64::try_from(lists.len()).unwrap_or(u64::MAX);
            told(core, name).saturating_sub(listed)
        };
        let left_out: Vec<_> = self.lists.iter().map(left_out).collect();
        // What the index says must be of the same size; the next time will do.
        if size <= written || core.index.applied() != size {
            return Ok(None);
        }
        checkpoint::sign(core).await?;
        let Some((_, note)) = core.store.checkpoint_at_least(size).await? else {
            return Err(Error::Inconsistent(
                "there is no checkpoint over what was committed before it".into(),
            ));
        };
        let lists = self.lists.iter().zip(left_out);
        let lists: Vec<_> = lists
            .map(|((name, lists), left_out)| (name.as_str(), lists, left_out))
            .collect();
        aside(|| super::kept::write(file, size, &note, &lists))?;
        Ok(Some(size))
    }

    /// The published CRLs of an authority.
    pub(super) fn published(&self, authority: &str) -> Vec<CrlRow> {
        let lists = self.lists.get(authority);
        lists.into_iter().flat_map(Lists::rows).cloned().collect()
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
async fn load(
    core: &Core,
    authority: &str,
    size: u64,
    kept: Option<(u64, KeptList)>,
) -> Result<Option<Lists>, Error> {
    let rows = rows(core, authority).await?;
    let full = rows.iter().find(|row| row.scope == FULL);
    let since = full.map_or(size, |row| u64::try_from(row.covers).unwrap_or(0));
    let partition = core.partitions.find(authority);
    let resumed = match kept {
        Some((at, kept)) => {
            let begun = Lists::with_kept(partition.clone(), rows.clone(), kept);
            resume(core, authority, at..size, begun).await?
        }
        None => None,
    };
    let mut lists = match resumed {
        Some(lists) => lists,
        None => {
            let mut lists = Lists::new(partition, rows);
            list_all(core, authority, &mut lists).await?;
            lists
        }
    };
    if core.index.applied() != size {
        return Ok(None);
    }
    for change in changes(core, authority, since..size).await? {
        lists.note(&change);
    }
    Ok(Some(lists))
}

/// Lists that were kept, brought up to date; `None` where the index does not confirm them.
async fn resume(
    core: &Core,
    authority: &str,
    since: Range<u64>,
    begun: Option<(Lists, u64)>,
) -> Result<Option<Lists>, Error> {
    let Some((mut lists, left_out)) = begun else {
        return Ok(None);
    };
    for change in changes(core, authority, since).await? {
        lists.put(&change)?;
    }
    let confirmed = aside(|| {
        let listed = u64::try_from(lists.len()).unwrap_or(u64::MAX);
        told(core, authority) == listed.saturating_add(left_out)
            && lists.arenas().iter().flat_map(Arena::entries).all(|entry| {
                let entry = EncodedEntry::from_der(entry).and_then(|entry| entry.entry());
                entry.is_ok_and(|entry| confirms(core, authority, &entry))
            })
    });
    if !confirmed {
        tracing::warn!(
            authority,
            "the kept lists are not what the status index says; they are made anew"
        );
    }
    Ok(confirmed.then_some(lists))
}

/// How many serials the index has as held or revoked.
fn told(core: &Core, authority: &str) -> u64 {
    let counts = core.index.counts(authority);
    counts.held.saturating_add(counts.revoked)
}

/// Whether the index says exactly what an entry says.
fn confirms(core: &Core, authority: &str, entry: &CrlEntry) -> bool {
    match core.index.status(authority, &entry.serial) {
        Status::Held { at } => {
            (at, RevocationReason::CertificateHold) == (entry.revoked_at, entry.reason)
        }
        Status::Revoked { at, reason } => (at, reason) == (entry.revoked_at, entry.reason),
        Status::Good | Status::Intended | Status::Unknown => false,
    }
}

/// Lists whatever the index has as held or revoked, with the ends that the record has.
async fn list_all(core: &Core, authority: &str, lists: &mut Lists) -> Result<(), Error> {
    for some in core.index.revoked(authority).chunks(KEYS) {
        let serials: Vec<_> = some.iter().map(|(serial, ..)| serial.clone()).collect();
        let ends = ends(core, authority, &serials).await?;
        for (serial, revoked_at, reason) in some {
            let entry = CrlEntry {
                serial: serial.clone(),
                revoked_at: *revoked_at,
                reason: *reason,
            };
            lists.list(&entry, ends.get(&serial.to_string()).copied())?;
        }
    }
    Ok(())
}

/// The published CRLs of an authority.
async fn rows(core: &Core, authority: &str) -> Result<Vec<CrlRow>, Error> {
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
            return Ok(rows);
        }
    }
}

/// Reads the published CRL of a scope, once: its distribution point must stay.
async fn read_published(core: &Core, lists: &mut Lists, scope: &str) -> Result<(), Error> {
    if lists.read(scope).is_some() {
        return Ok(());
    }
    let Some(row) = lists.row(scope).cloned() else {
        return Ok(());
    };
    lists.note_read(scope, read_parts(core, &row).await?);
    Ok(())
}

/// What a published CRL says, part by part: it may be large.
async fn read_parts(core: &Core, row: &CrlRow) -> Result<Read, Error> {
    let wrong = |what: &str| {
        let CrlRow {
            number,
            scope,
            authority,
            ..
        } = row;
        Error::Inconsistent(format!("CRL {number} ({scope}) of {authority} {what}"))
    };
    let mut parts = row.parts();
    if parts.is_empty() {
        parts.push(row.crl);
    }
    let (mut whole, mut listed) = (Sm3::new(), Sm3::new());
    let (mut head, mut tail, mut entries) = (Vec::new(), Vec::new(), 0..0);
    let mut at = 0;
    for part in parts {
        let bytes = core.store.unseal(&part).await?;
        let bytes = bytes.ok_or_else(|| wrong("is missing"))?;
        if at == 0 {
            entries = entries_within(&bytes).ok_or_else(|| wrong("is no CRL"))?;
            head.extend_from_slice(bytes.get(..entries.start).unwrap_or_default());
        }
        let end = at + bytes.len();
        let place = |place: usize| place.clamp(at, end) - at;
        let (from, to) = (place(entries.start), place(entries.end));
        aside(|| {
            whole.update(&bytes);
            listed.update(bytes.get(from..to).unwrap_or_default());
        });
        tail.extend_from_slice(bytes.get(to..).unwrap_or_default());
        if tail.len() > TAIL {
            return Err(wrong("has too much behind its entries"));
        }
        at = end;
    }
    if whole.finish() != row.crl {
        return Err(CrlRow::damaged(&row.crl).into());
    }
    let bare = without_entries(&head, &tail).ok_or_else(|| wrong("is no CRL"))?;
    Ok(Read {
        entries: Entries::Stored(listed.finish()),
        points: Crl::from_vec(bare)?.scope().distribution_point.clone(),
    })
}
