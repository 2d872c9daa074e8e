//! Standing answers by CertID, bounded in number and bytes. Nothing here knows whether an answer still holds.
//!
//! In shards, so that readers on different processors rarely meet; in each the oldest entry that nobody asked for
//! since its last turn makes room (the clock algorithm, an approximation of least recently used).

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;

use crate::standing::Standing;

/// Independent parts.
const SHARDS: usize = 64;
/// What an entry costs beside its CertID and body: headers, pointers, its places in map and queue, bytes.
const OVERHEAD: usize = 640;

/// The cache. Share it by reference.
pub(crate) struct Cache {
    shards: Vec<RwLock<Shard>>,
    /// Keyed with a secret, as clients choose what is hashed.
    hasher: RandomState,
    /// Of each shard.
    bytes: usize,
    entries: usize,
    evicted: AtomicU64,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

#[derive(Default)]
struct Shard {
    /// By hash; a second CertID with the same hash takes the place of the first.
    entries: HashMap<u64, Kept, Identity>,
    /// Every key of `entries` once, the one that is asked next whether it may go in front.
    turn: VecDeque<u64>,
    bytes: usize,
}

struct Kept {
    standing: Arc<Standing>,
    used: AtomicBool,
}

impl Cache {
    /// Keeps at most `entries` answers that take at most `bytes` of memory; none at all where either is 0.
    pub(crate) fn new(entries: usize, bytes: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
            bytes: bytes / SHARDS,
            entries: entries.div_ceil(SHARDS),
            evicted: AtomicU64::new(0),
        }
    }

    /// The answer that was kept for these bytes of a CertID.
    pub(crate) fn find(&self, cert_id: &[u8]) -> Option<Arc<Standing>> {
        let hash = self.hasher.hash_one(cert_id);
        let shard = self.shard(hash)?.read();
        let kept = shard.entries.get(&hash)?;
        let subject = kept.standing.subject.as_ref()?;
        if *subject.cert_id != *cert_id {
            return None;
        }
        // A plain store only where it changes something: the line stays shared between processors.
        if !kept.used.load(Ordering::Relaxed) {
            kept.used.store(true, Ordering::Relaxed);
        }
        Some(Arc::clone(&kept.standing))
    }

    /// Keeps `standing` in the place of what was kept for the same CertID.
    pub(crate) fn keep(&self, standing: &Arc<Standing>) {
        let Some(subject) = &standing.subject else {
            return;
        };
        let hash = self.hasher.hash_one(&*subject.cert_id);
        let Some(shard) = self.shard(hash) else {
            return;
        };
        let size = size(standing);
        if self.entries == 0 || size > self.bytes {
            return;
        }
        let kept = Kept {
            standing: Arc::clone(standing),
            used: AtomicBool::new(false),
        };
        let mut shard = shard.write();
        match shard.entries.insert(hash, kept) {
            Some(old) => shard.bytes = shard.bytes.saturating_sub(self::size(&old.standing)),
            None => shard.turn.push_back(hash),
        }
        shard.bytes = shard.bytes.saturating_add(size);
        let mut evicted = 0;
        while shard.entries.len() > self.entries || shard.bytes > self.bytes {
            if !shard.evict(hash) {
                break;
            }
            evicted += 1;
        }
        drop(shard);
        self.evicted.fetch_add(evicted, Ordering::Relaxed);
    }

    /// What is kept now.
    pub(crate) fn size(&self) -> Size {
        self.shards.iter().fold(Size::default(), |all, shard| {
            let shard = shard.read();
            Size {
                entries: all.entries.saturating_add(shard.entries.len() as u64),
                bytes: all.bytes.saturating_add(shard.bytes as u64),
            }
        })
    }

    /// Answers that made room for others since start.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    fn shard(&self, hash: u64) -> Option<&RwLock<Shard>> {
        // The map within a shard uses the low bits.
        self.shards.get(usize::from((hash >> 48) as u16) % SHARDS)
    }
}

impl Shard {
    /// Lets one entry go, but never the one that `newest` names; false where there is no other.
    fn evict(&mut self, newest: u64) -> bool {
        // Each entry may be passed over once for having been asked for, and then its mark is gone.
        for _ in 0..self.turn.len().saturating_mul(2) {
            let Some(hash) = self.turn.pop_front() else {
                return false;
            };
            let spared = self
                .entries
                .get_mut(&hash)
                .is_some_and(|kept| hash == newest || std::mem::take(kept.used.get_mut()));
            if spared {
                self.turn.push_back(hash);
            } else if let Some(gone) = self.entries.remove(&hash) {
                self.bytes = self.bytes.saturating_sub(size(&gone.standing));
                return true;
            }
        }
        false
    }
}

fn size(standing: &Standing) -> usize {
    let cert_id = standing.subject.as_ref().map_or(0, |s| s.cert_id.len());
    OVERHEAD + standing.body.len() + cert_id
}

/// The keys are hashes already.
#[derive(Clone, Copy, Default)]
struct Identity;

impl BuildHasher for Identity {
    type Hasher = Same;
    fn build_hasher(&self) -> Same {
        Same(0)
    }
}

struct Same(u64);

impl std::hash::Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
    fn write(&mut self, bytes: &[u8]) {
        // Not reached: the keys are u64.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}
