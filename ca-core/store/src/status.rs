//! What every issued serial is worth, in memory, fed by the ledger's order and by nothing else.
//!
//! A certificate that the ledger does not know is `Unknown`, whatever key signed it. The writer tells the
//! index about a commit before it answers the caller, so a revocation that returned is already visible here.
//! Another process follows with [`Tail`]. Serials are kept whole, in at most 24 bytes a certificate.

mod alarm;
mod authority;
mod capture;
mod change;
mod freshness;
mod name;
mod shard;
mod snapshot;
mod snapshot_file;
mod table;
mod tail;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use ledger::event::Entry;
use parking_lot::{Mutex, RwLock};
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::time::Time;

pub use crate::kept::SnapshotKey;
pub use alarm::NeverIssued;
pub use capture::Capture;
pub use snapshot::Snapshot;
pub use snapshot_file::SnapshotFile;
pub use tail::Tail;

use alarm::Alarms;
use authority::Authority;
use change::{change, landmark};
use freshness::Freshness;

/// Follows the ledger: sees every entry once, in order, after its commit.
pub trait Follower: Send + Sync {
    /// `first` is the index of `entries[0]`.
    fn follow(&self, first: u64, entries: &[Entry]);
}

/// What a serial is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The ledger does not know it: never issued.
    Unknown,
    /// About to be signed; no certificate has left yet.
    Intended,
    /// Issued and neither held nor revoked. Says nothing about validity dates.
    Good,
    /// Frozen.
    Held {
        /// Since when.
        at: Time,
    },
    /// Ended.
    Revoked {
        /// Since when.
        at: Time,
        /// Why.
        reason: RevocationReason,
    },
}

/// How many certificates of one authority are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Valid as far as status goes.
    pub good: u64,
    /// Frozen.
    pub held: u64,
    /// Revoked, abandoned intents included.
    pub revoked: u64,
}

impl Counts {
    fn enter(&mut self, status: Status) {
        if let Some(count) = self.of(status) {
            *count += 1;
        }
    }

    fn leave(&mut self, status: Status) {
        if let Some(count) = self.of(status) {
            *count = count.saturating_sub(1);
        }
    }

    fn of(&mut self, status: Status) -> Option<&mut u64> {
        match status {
            Status::Good => Some(&mut self.good),
            Status::Held { .. } => Some(&mut self.held),
            Status::Revoked { .. } => Some(&mut self.revoked),
            Status::Intended | Status::Unknown => None,
        }
    }
}

/// What an authority's next CRL has to tell, and the ledger size that says exactly that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Entries that are in it.
    pub size: u64,
    /// Each serial that was held, released or revoked, once, with its status now; in the order of serials.
    pub list: Vec<(Serial, Status)>,
}

/// Everything held or revoked, and the ledger size that says exactly that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Entries that are in it.
    pub size: u64,
    /// In the order of serials.
    pub list: Vec<(Serial, Time, RevocationReason)>,
}

/// Entries with their indexes, by what they are the latest of.
type Landmarks = BTreeMap<String, (u64, Entry)>;
/// Place of the last entry.
const LAST: &str = "last";

/// The index.
#[derive(Default)]
pub struct StatusIndex {
    authorities: ArcSwap<BTreeMap<String, Arc<Authority>>>,
    /// Held for writing while entries are applied: whoever holds it for reading sees the state of one size.
    order: RwLock<()>,
    /// Entries applied so far = size of the ledger that this view stands for.
    applied: AtomicU64,
    /// Entries that a writer's start has to know, by their place.
    landmarks: Mutex<Landmarks>,
    /// Set where the index may no longer be what the ledger says.
    behind: AtomicBool,
    /// Set where the view was too old when it was last looked at.
    late: AtomicBool,
    freshness: Freshness,
    alarms: Alarms,
    /// Set while a [`Capture`] lives.
    capturing: AtomicBool,
}

impl StatusIndex {
    /// An index that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `serial` of `authority` is worth.
    #[must_use]
    pub fn status(&self, authority: &str, serial: &Serial) -> Status {
        let all = self.authorities.load();
        all.get(authority)
            .map_or(Status::Unknown, |authority| authority.status(serial))
    }

    /// A number that changes with every change of a status of `authority`, as soon as the change can be seen. Read
    /// before the statuses, it tells later whether they may have changed.
    #[must_use]
    pub fn version(&self, authority: &str) -> u64 {
        let all = self.authorities.load();
        all.get(authority)
            .map_or(0, |authority| authority.version())
    }

    /// The index may have missed a commit: whoever answers from it must stop answering. There is no way back but a
    /// new start.
    pub fn stop_trusting(&self) {
        self.behind.store(true, Ordering::Release);
    }

    /// Whether the index is what the ledger says, as far as was known when it was last looked at: exact for the
    /// writer's own; for a follower's [`Self::is_current`] is.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        !self.behind.load(Ordering::Acquire) && !self.late.load(Ordering::Acquire)
    }

    /// Whether the index may be answered from at `now`.
    #[must_use]
    pub fn is_current(&self, now: Time) -> bool {
        self.current_as_of(now).is_some()
    }

    /// The moment for which the index is known to be what the ledger says; `None` where it must not be answered from
    /// at `now`. For the writer's own index that is `now`.
    #[must_use]
    pub fn current_as_of(&self, now: Time) -> Option<Time> {
        let complete = self.freshness.complete_at(now);
        self.late.store(complete.is_none(), Ordering::Release);
        complete.filter(|_| !self.behind.load(Ordering::Acquire))
    }

    /// Makes this a follower's index: it is current only for `seconds` after each [`Self::complete`].
    pub fn limit_lag(&self, seconds: i64) {
        self.freshness.limit(seconds);
        self.late.store(true, Ordering::Release);
    }

    /// At `now` the index was what the whole ledger says.
    pub fn complete(&self, now: Time) {
        self.freshness.complete(now);
        self.late.store(false, Ordering::Release);
    }

    /// Seconds since the index was last known to be what the ledger says; `None` where it never was.
    #[must_use]
    pub fn lag(&self, now: Time) -> Option<i64> {
        self.freshness.lag(now)
    }

    /// Size of the ledger that this view stands for.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    /// How many of an authority's certificates are in which state.
    #[must_use]
    pub fn counts(&self, authority: &str) -> Counts {
        let all = self.authorities.load();
        all.get(authority)
            .map_or_else(Counts::default, |authority| authority.ledger.lock().counts)
    }

    /// Everything held or revoked under `authority`, in the order of serials: what its CRL lists.
    #[must_use]
    pub fn revoked(&self, authority: &str) -> Vec<(Serial, Time, RevocationReason)> {
        self.listing(authority).list
    }

    /// [`Self::revoked`] with the ledger size that says exactly that.
    #[must_use]
    pub fn listing(&self, authority: &str) -> Listing {
        let all = self.authorities.load();
        let order = self.order.read();
        let size = self.applied();
        let revoked = all.get(authority).map(|authority| authority.revoked());
        drop(order);
        Listing {
            size,
            list: revoked.map_or_else(Vec::new, |revoked| revoked.in_order()),
        }
    }

    /// What entries from `size` on changed for a CRL of `authority`; a release shows as `Good`. `None` where the index
    /// no longer remembers that far: then [`Self::listing`] tells everything.
    #[must_use]
    pub fn changes_since(&self, authority: &str, size: u64) -> Option<Changes> {
        let all = self.authorities.load();
        let _order = self.order.read();
        let list = match all.get(authority) {
            Some(authority) => authority.changes_since(size)?,
            None => Vec::new(),
        };
        Some(Changes {
            size: self.applied(),
            list,
        })
    }

    /// Indexes of the entries in `range` that changed what a CRL of `authority` tells, in their order. `None` where the
    /// index no longer remembers that far, or has not come that far.
    #[must_use]
    pub fn changed_by(&self, authority: &str, range: Range<u64>) -> Option<Vec<u64>> {
        let all = self.authorities.load();
        let _order = self.order.read();
        if range.end > self.applied() {
            return None;
        }
        match all.get(authority) {
            Some(authority) => authority.changed_by(range),
            None => Some(Vec::new()),
        }
    }

    /// What a writer's start has to know of the entries so far, in their order: the founding, appointments, the mirror,
    /// the latest CRL of each sequence, the last entry.
    #[must_use]
    pub fn landmarks(&self) -> BTreeMap<u64, Entry> {
        self.landmarks.lock().values().cloned().collect()
    }

    /// Serials known, of all authorities.
    #[must_use]
    pub fn serials(&self) -> usize {
        let all = self.authorities.load();
        all.values().map(|authority| authority.len()).sum()
    }

    /// Bytes of memory that the index takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let all = self.authorities.load();
        all.values().map(|authority| authority.bytes()).sum()
    }

    /// Records that a serial was asked for that does not exist.
    pub fn raise_never_issued(&self, alarm: NeverIssued) {
        self.alarms.raise(alarm);
    }

    /// How many such questions there were since start, and the latest of them (newest last).
    #[must_use]
    pub fn never_issued(&self) -> (u64, Vec<NeverIssued>) {
        self.alarms.recent()
    }

    /// An index from the parts of a snapshot over the first `size` entries.
    fn of(size: u64, landmarks: Landmarks, authorities: BTreeMap<String, Arc<Authority>>) -> Self {
        Self {
            landmarks: Mutex::new(landmarks),
            authorities: ArcSwap::from_pointee(authorities),
            applied: AtomicU64::new(size),
            ..Self::default()
        }
    }

    /// The authority of that name, which need not have issued anything yet.
    fn authority(&self, name: &str) -> Arc<Authority> {
        if let Some(authority) = self.authorities.load().get(name) {
            return Arc::clone(authority);
        }
        let new = Arc::new(Authority::default());
        let mut all = BTreeMap::clone(&self.authorities.load());
        all.insert(name.to_owned(), Arc::clone(&new));
        self.authorities.store(Arc::new(all));
        new
    }
}

impl Follower for StatusIndex {
    /// Entries that were seen already are passed over. Where entries are missing the index is no longer trusted.
    fn follow(&self, first: u64, entries: &[Entry]) {
        let _order = self.order.write();
        let applied = self.applied();
        if first > applied {
            tracing::error!(
                first,
                applied,
                "S507 ledger entries are missing between the status index and what it was told"
            );
            self.stop_trusting();
            return;
        }
        let seen = usize::try_from(applied - first).unwrap_or(usize::MAX);
        for (index, entry) in (first..).zip(entries).skip(seen) {
            if let Some((authority, serial, status)) = change(entry) {
                self.authority(authority).set(index, &serial, status);
            } else if let Some(place) = landmark(index, entry) {
                self.landmarks.lock().insert(place, (index, entry.clone()));
            }
        }
        if let Some((index, last)) = (first..).zip(entries).skip(seen).last() {
            let mut landmarks = self.landmarks.lock();
            landmarks.insert(LAST.to_owned(), (index, last.clone()));
        }
        let end = first.saturating_add(entries.len() as u64);
        self.applied.fetch_max(end, Ordering::AcqRel);
    }
}
