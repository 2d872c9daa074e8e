//! What one authority's CRLs must say now, and what the published ones say.
//!
//! Brought up to date by the ledger's entries, one change at a time: a revocation costs the same whether ten or a
//! million certificates are revoked.

use std::collections::{BTreeMap, BTreeSet};

use sm_engine::sm3::Digest;
use store::views::{CrlRow, DELTA, FULL, shard_scope};
use x509::certificate::Serial;
use x509::crl::{CrlEntry, EncodedEntry, RevocationReason, shard_of_octets};
use x509::time::Time;

use super::arena::Arena;
use super::kept::KeptList;
use super::merge::merged;
use super::partition::Partition;
use super::schedule::{Due, Schedule};
use crate::error::Error;

/// Entries in the order of their serials, in pieces of whole entries.
pub(super) type Pieces<'a> = dyn Iterator<Item = &'a [u8]> + Send + 'a;

/// A change of a certificate's state.
pub(super) struct Change {
    pub(super) entry: u64,
    pub(super) serial: Serial,
    /// When.
    pub(super) at: i64,
    /// Why it is held or revoked; `None` where it is good again.
    pub(super) reason: Option<RevocationReason>,
    /// The certificate's end, where it has one.
    pub(super) not_after: Option<i64>,
}

/// A serial that changed since the latest full CRL.
#[derive(Clone, Copy)]
struct Mark {
    /// The full CRL lists it.
    on_base: bool,
    /// When it was last taken off.
    removed_at: i64,
}

/// The CRLs of one authority.
pub(super) struct Lists {
    pub(super) partition: Option<Partition>,
    /// One for each shard, or one alone.
    arenas: Vec<Arena>,
    /// By content octets of the serial.
    since_full: BTreeMap<Vec<u8>, Mark>,
    delta_stale: bool,
    dirty: BTreeSet<u32>,
    /// What ended before that is left out.
    pub(super) expired_before: i64,
    /// The published CRLs, by scope.
    rows: BTreeMap<String, CrlRow>,
    /// What each shard's published CRL says; known since it was made or read.
    read: BTreeMap<String, Read>,
}

/// What was read of a shard's published CRL.
pub(super) struct Read {
    pub(super) entries: Entries,
    /// Its distribution point.
    pub(super) points: Vec<String>,
}

/// Which entries a published CRL has.
pub(super) enum Entries {
    /// Those of the arena after so many changes: it was made of them, and compared with them byte by byte.
    Made(u64),
    /// Those of this SM3.
    Stored(Digest),
}

impl Entries {
    /// Whether they are what the arena has now.
    pub(super) fn are_of(&self, arena: &Arena) -> bool {
        match self {
            Self::Made(changes) => *changes == arena.changes(),
            Self::Stored(digest) => *digest == arena.digest(),
        }
    }
}

impl Lists {
    /// From what is published; nothing is listed yet.
    pub(super) fn new(partition: Option<Partition>, rows: Vec<CrlRow>) -> Self {
        let rows: BTreeMap<_, _> = rows
            .into_iter()
            .map(|row| (row.scope.clone(), row))
            .collect();
        let expired_before = rows.get(FULL).map_or(0, |row| row.expired_before);
        let shards = partition.as_ref().map_or(1, |partition| partition.shards);
        let mut arenas = Vec::new();
        arenas.resize_with(usize::try_from(shards).unwrap_or(1), Arena::default);
        let mut lists = Self {
            partition,
            arenas,
            since_full: BTreeMap::new(),
            delta_stale: false,
            dirty: BTreeSet::new(),
            expired_before,
            rows,
            read: BTreeMap::new(),
        };
        lists.dirty = lists.shards_of_old_addresses();
        lists
    }

    /// The same with entries that were kept, which leave out what this one leaves out or less, and how many serials
    /// are left out now. `None` where they are of another partition, or leave out more.
    pub(super) fn with_kept(
        partition: Option<Partition>,
        rows: Vec<CrlRow>,
        kept: KeptList,
    ) -> Option<(Self, u64)> {
        let mut lists = Self::new(partition, rows);
        if kept.arenas.len() != lists.arenas.len() || kept.expired_before > lists.expired_before {
            return None;
        }
        lists.arenas = kept.arenas;
        let time = lists.expired_before;
        let ended = lists.arenas.iter_mut().map(|arena| arena.take_ended(time));
        let ended: usize = ended.map(|serials| serials.len()).sum();
        Some((lists, kept.left_out + u64::try_from(ended).unwrap_or(0)))
    }

    /// Lists what is revoked now, unless it is left out already; with the certificate's end.
    pub(super) fn list(&mut self, entry: &CrlEntry, not_after: Option<i64>) -> Result<(), Error> {
        let ends = ends(not_after, entry.revoked_at.0);
        if ends < self.expired_before {
            return Ok(());
        }
        let shard = self.shard_of(entry.serial.as_bytes());
        if let Some(arena) = self.arenas.get_mut(usize::try_from(shard).unwrap_or(0)) {
            arena.set(&EncodedEntry::new(entry)?, ends);
        }
        Ok(())
    }

    /// Notes a change since the latest full CRL that what is listed says already.
    pub(super) fn note(&mut self, change: &Change) {
        // The first change since a full CRL tells whether that lists the certificate: only what is held is released.
        self.mark(change, change.reason.is_none());
    }

    /// Shards whose published CRL was made before the latest address was known.
    fn shards_of_old_addresses(&self) -> BTreeSet<u32> {
        let since = self
            .partition
            .as_ref()
            .map_or(0, |partition| partition.since);
        let old = |row: &&CrlRow| u64::try_from(row.idx).is_ok_and(|idx| idx < since);
        let rows = self.rows.values().filter(old);
        rows.filter_map(CrlRow::shard).collect()
    }

    /// Takes a change up.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Error> {
        let serial = change.serial.as_bytes().to_vec();
        let shard = self.shard_of(&serial);
        let listed = self
            .arena(shard)
            .is_some_and(|arena| arena.get(&serial).is_some());
        self.mark(change, listed);
        self.put(change)
    }

    /// Lists what a change leaves to be listed.
    pub(super) fn put(&mut self, change: &Change) -> Result<(), Error> {
        let shard = self.shard_of(change.serial.as_bytes());
        let Some(arena) = self.arenas.get_mut(usize::try_from(shard).unwrap_or(0)) else {
            return Ok(());
        };
        match change.reason {
            None => arena.remove(change.serial.as_bytes()),
            Some(reason) => {
                let entry = EncodedEntry::new(&CrlEntry {
                    serial: change.serial.clone(),
                    revoked_at: Time(change.at),
                    reason,
                })?;
                arena.set(&entry, ends(change.not_after, change.at));
            }
        }
        Ok(())
    }

    /// Notes which CRLs do not say this yet.
    fn mark(&mut self, change: &Change, listed: bool) {
        let serial = change.serial.as_bytes().to_vec();
        let shard = self.shard_of(&serial);
        let after = |scope: &str| {
            let row = self.rows.get(scope);
            row.is_some_and(|row| {
                u64::try_from(row.covers).is_ok_and(|covers| change.entry >= covers)
            })
        };
        if after(FULL) {
            self.delta_stale |= !self.rows.contains_key(DELTA) || after(DELTA);
            let mark = self.since_full.entry(serial).or_insert(Mark {
                on_base: listed,
                removed_at: 0,
            });
            if change.reason.is_none() {
                mark.removed_at = change.at;
            }
        }
        if self.partition.is_some() && after(&shard_scope(shard)) {
            self.dirty.insert(shard);
        }
    }

    fn shard_of(&self, serial: &[u8]) -> u32 {
        let shards = self
            .partition
            .as_ref()
            .map_or(1, |partition| partition.shards);
        shard_of_octets(serial, shards)
    }

    pub(super) fn arenas(&self) -> &[Arena] {
        &self.arenas
    }

    pub(super) fn arena(&self, shard: u32) -> Option<&Arena> {
        self.arenas.get(usize::try_from(shard).ok()?)
    }

    /// How many certificates are listed.
    pub(super) fn len(&self) -> usize {
        self.arenas.iter().map(Arena::len).sum()
    }

    /// Bytes of all entries.
    pub(super) fn bytes(&self) -> usize {
        self.arenas.iter().map(Arena::bytes).sum()
    }

    /// The bytes of all entries in the order of their serials, in pieces of whole entries.
    pub(super) fn pieces(&self) -> Box<Pieces<'_>> {
        match self.arenas.as_slice() {
            [all] => Box::new(all.pieces()),
            arenas => Box::new(merged(arenas)),
        }
    }

    pub(super) fn row(&self, scope: &str) -> Option<&CrlRow> {
        self.rows.get(scope)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &CrlRow> {
        self.rows.values()
    }

    /// What was last read of a published CRL.
    pub(super) fn read(&self, scope: &str) -> Option<&Read> {
        self.read.get(scope)
    }

    pub(super) fn note_read(&mut self, scope: &str, read: Read) {
        self.read.insert(scope.to_owned(), read);
    }

    /// Which CRLs are to be made now; `forced`: the full one in any case.
    pub(super) fn due(&self, schedule: &Schedule, now: i64, forced: bool) -> Due {
        let full = self.row(FULL);
        let changes = self.since_full.len();
        let make_full = forced || schedule.full_is_due(full, now, self.len(), changes);
        let delta = full.is_some()
            && (make_full || self.delta_stale || schedule.is_half_over(self.row(DELTA), now));
        let shards = self
            .partition
            .as_ref()
            .map_or(0, |partition| partition.shards);
        let shards = (0..shards).filter(|shard| {
            self.dirty.contains(shard) || schedule.is_half_over(self.row(&shard_scope(*shard)), now)
        });
        Due {
            full: make_full,
            delta,
            shards: shards.collect(),
        }
    }

    /// Leaves out what was listed past its end on every CRL that is published (RFC 5280 §3.3): with a full CRL, so
    /// that all of them leave out the same. Their shards are to be made anew.
    pub(super) fn leave_out_expired(&mut self, now: i64, due: &mut Due) {
        let shards = self
            .partition
            .as_ref()
            .map_or(0, |partition| partition.shards);
        let scopes = (0..shards).map(shard_scope).chain([FULL.to_owned()]);
        let times: Option<Vec<_>> = scopes
            .map(|scope| self.rows.get(&scope).map(|row| row.this_update))
            .collect();
        let Some(time) = times.and_then(|times| times.into_iter().min()) else {
            return;
        };
        if time <= self.expired_before {
            return;
        }
        self.expired_before = time;
        for (shard, arena) in (0..).zip(&mut self.arenas) {
            let taken = arena.take_ended(time);
            if !taken.is_empty() && shards > 0 {
                due.shards.insert(shard);
            }
            for serial in taken {
                let mark = Mark {
                    on_base: true,
                    removed_at: now,
                };
                self.since_full.insert(serial, mark);
            }
        }
    }

    /// What a delta to the latest full CRL lists: the changed certificates as they are now, and what is listed no more
    /// as removed.
    pub(super) fn delta(&self) -> Result<Vec<EncodedEntry>, Error> {
        let mut entries = Vec::with_capacity(self.since_full.len());
        for (serial, mark) in &self.since_full {
            let listed = self
                .arena(self.shard_of(serial))
                .and_then(|arena| arena.get(serial));
            match listed {
                Some(entry) => entries.push(EncodedEntry::from_der(entry)?),
                None if mark.on_base => entries.push(EncodedEntry::new(&CrlEntry {
                    serial: Serial::from_bytes(serial)?,
                    revoked_at: Time(mark.removed_at),
                    reason: RevocationReason::RemoveFromCrl,
                })?),
                None => {}
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// Every serial that changed since the latest full CRL.
    pub(super) fn changed(&self) -> impl Iterator<Item = &[u8]> {
        self.since_full.keys().map(Vec::as_slice)
    }

    /// These were published.
    pub(super) fn published(&mut self, rows: Vec<CrlRow>) {
        for row in rows {
            match row.shard() {
                Some(shard) => {
                    self.dirty.remove(&shard);
                }
                None if row.scope == DELTA => self.delta_stale = false,
                None => self.since_full.clear(),
            }
            self.rows.insert(row.scope.clone(), row);
        }
    }
}

/// When an entry has nothing more to say: a certificate that never had an end is listed for ever.
fn ends(not_after: Option<i64>, revoked_at: i64) -> i64 {
    not_after.map_or(i64::MAX, |not_after| not_after.max(revoked_at))
}
