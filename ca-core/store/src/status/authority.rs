//! What one authority issued: serials in shards, the few that do not fit them, counts, and the latest changes.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::time::Time;

use super::name::{Name, Packed, gather, serial_of};
use super::shard::Shard;
use super::table::SHARD_BITS;
use super::{Counts, Status};

/// Shards of an authority. A shard that grows keeps only its own readers waiting.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;
/// Changes kept for whoever follows them.
const CHANGES_KEPT: usize = 1 << 16;

/// One authority's part of the index.
pub(super) struct Authority {
    shards: Box<[RwLock<Shard>]>,
    /// Serials of more than 16 octets, and times outside 1970 to 2106.
    odd: RwLock<BTreeMap<Serial, Status>>,
    has_odd: AtomicBool,
    version: AtomicU64,
    pub(super) ledger: Mutex<Ledger>,
}

/// What follows from the order of entries.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    pub(super) counts: Counts,
    pub(super) changes: Changes,
}

/// The latest changes that a CRL has to tell: into or out of held and revoked.
#[derive(Clone, Default)]
pub(super) struct Changes {
    /// Every change by entries from here on is kept.
    pub(super) first: u64,
    /// Index of the entry and the serial, oldest first.
    pub(super) entries: VecDeque<(u64, Name)>,
}

impl Default for Authority {
    fn default() -> Self {
        Self::of(
            (0..SHARDS).map(|_| Shard::default()).collect(),
            BTreeMap::new(),
            Ledger::default(),
        )
    }
}

impl Authority {
    /// From the parts of a snapshot.
    pub(super) fn of(shards: Vec<Shard>, odd: BTreeMap<Serial, Status>, ledger: Ledger) -> Self {
        Self {
            shards: shards.into_iter().map(RwLock::new).collect(),
            has_odd: AtomicBool::new(!odd.is_empty()),
            odd: RwLock::new(odd),
            version: AtomicU64::new(0),
            ledger: Mutex::new(ledger),
        }
    }

    pub(super) fn status(&self, serial: &Serial) -> Status {
        match Name::of(serial) {
            Name::Short(key) => {
                let packed = self.shard(key).read().status(key);
                match packed.status() {
                    Some(Status::Unknown) | None => self.odd_status(serial),
                    Some(status) => status,
                }
            }
            Name::Long(serial) => self.odd_status(&serial),
        }
    }

    fn odd_status(&self, serial: &Serial) -> Status {
        if !self.has_odd.load(Ordering::Acquire) {
            return Status::Unknown;
        }
        let odd = self.odd.read();
        odd.get(serial).copied().unwrap_or(Status::Unknown)
    }

    /// A number that grows with every change of a status, after the change can be seen.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Sets what entry `index` says about `serial`. The caller applies entries one after the other.
    pub(super) fn set(&self, index: u64, serial: &Serial, new: Status) {
        let name = Name::of(serial);
        let old = match (&name, Packed::of(new)) {
            (Name::Short(key), Some(packed)) => {
                let old = self.shard(*key).write().set(*key, packed).status();
                // The table speaks from now on.
                let odd = self
                    .has_odd
                    .load(Ordering::Acquire)
                    .then(|| self.odd.write().remove(serial));
                odd.flatten().or(old).unwrap_or(Status::Unknown)
            }
            (name, _) => {
                let odd = self.odd.write().insert(serial.clone(), new);
                self.has_odd.store(true, Ordering::Release);
                let old = match name {
                    Name::Short(key) => self
                        .shard(*key)
                        .write()
                        .set(*key, Packed::default())
                        .status(),
                    Name::Long(_) => None,
                };
                odd.or(old).unwrap_or(Status::Unknown)
            }
        };
        if old == new {
            return;
        }
        let mut ledger = self.ledger.lock();
        ledger.counts.leave(old);
        ledger.counts.enter(new);
        if on_crl(old).is_some() || on_crl(new).is_some() {
            ledger.changes.push(index, name);
        }
        drop(ledger);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Copies of what a CRL lists, as numbers and in no order: quick, so that nobody waits for it.
    pub(super) fn revoked(&self) -> Revoked {
        let mut packed = Vec::new();
        for shard in &self.shards {
            packed.extend(shard.read().others());
        }
        let odd = self.odd.read();
        let odd = odd
            .iter()
            .filter_map(|(serial, status)| {
                let (at, reason) = on_crl(*status)?;
                Some((serial.clone(), at, reason))
            })
            .collect();
        Revoked { packed, odd }
    }

    /// Each serial that changed by entries from `size` on, with its present status. `None` where some are forgotten.
    pub(super) fn changes_since(&self, size: u64) -> Option<Vec<(Serial, Status)>> {
        let ledger = self.ledger.lock();
        if size < ledger.changes.first {
            return None;
        }
        let entries = &ledger.changes.entries;
        let start = entries.partition_point(|(index, _)| *index < size);
        let mut serials: Vec<_> = entries
            .range(start..)
            .filter_map(|(_, name)| name.serial())
            .collect();
        drop(ledger);
        serials.sort_unstable();
        serials.dedup();
        let now = |serial: Serial| {
            let status = self.status(&serial);
            (serial, status)
        };
        Some(serials.into_iter().map(now).collect())
    }

    /// Indexes of the entries in `range` that changed something for a CRL. `None` where some are forgotten.
    pub(super) fn changed_by(&self, range: Range<u64>) -> Option<Vec<u64>> {
        let ledger = self.ledger.lock();
        if range.start < ledger.changes.first {
            return None;
        }
        let entries = &ledger.changes.entries;
        let place = |size: u64| entries.partition_point(|(index, _)| *index < size);
        let (start, end) = (place(range.start), place(range.end));
        let found = entries.range(start..end.max(start));
        Some(found.map(|(index, _)| *index).collect())
    }

    pub(super) fn shards(&self) -> &[RwLock<Shard>] {
        &self.shards
    }

    pub(super) fn odd(&self) -> BTreeMap<Serial, Status> {
        self.odd.read().clone()
    }

    /// Serials.
    pub(super) fn len(&self) -> usize {
        let short: usize = self.shards.iter().map(|shard| shard.read().len()).sum();
        short + self.odd.read().len()
    }

    /// Bytes that the serials and their changes take, the shards themselves included.
    pub(super) fn bytes(&self) -> usize {
        let tables: usize = self.shards.iter().map(|shard| shard.read().bytes()).sum();
        let fixed = size_of::<Self>() + size_of_val::<[RwLock<Shard>]>(&self.shards);
        // A tree node is at worst half full.
        let odd = self.odd.read().len() * 2 * (size_of::<(Serial, Status)>() + 32);
        let changes = self.ledger.lock().changes.entries.capacity() * size_of::<(u64, Name)>();
        tables + fixed + odd + changes
    }

    #[allow(clippy::as_conversions)] // eight bits
    fn shard(&self, key: u128) -> &RwLock<Shard> {
        &self.shards[(key >> (128 - SHARD_BITS)) as usize]
    }
}

impl Changes {
    fn push(&mut self, index: u64, name: Name) {
        if self.entries.len() == CHANGES_KEPT
            && let Some((oldest, _)) = self.entries.pop_front()
        {
            self.first = oldest + 1;
        }
        self.entries.push_back((index, name));
    }
}

/// What a CRL lists, before it is put in order.
pub(super) struct Revoked {
    packed: Vec<(u128, Packed)>,
    odd: Vec<(Serial, Time, RevocationReason)>,
}

impl Revoked {
    /// In the order of serials.
    pub(super) fn in_order(self) -> Vec<(Serial, Time, RevocationReason)> {
        let mut listed: Vec<_> = self
            .packed
            .into_iter()
            .filter_map(|(key, packed)| {
                let (at, reason) = on_crl(packed.status()?)?;
                Some((gather(key), at, reason))
            })
            .collect();
        listed.sort_unstable_by_key(|(number, ..)| *number);
        let short = listed
            .into_iter()
            .filter_map(|(number, at, reason)| Some((serial_of(number)?, at, reason)));
        if self.odd.is_empty() {
            return short.collect();
        }
        let mut all: Vec<_> = short.chain(self.odd).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

/// What a CRL says about a status, if it lists it.
fn on_crl(status: Status) -> Option<(Time, RevocationReason)> {
    match status {
        Status::Held { at } => Some((at, RevocationReason::CertificateHold)),
        Status::Revoked { at, reason } => Some((at, reason)),
        Status::Good | Status::Intended | Status::Unknown => None,
    }
}
