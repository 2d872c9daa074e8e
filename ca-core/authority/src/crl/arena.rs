//! The entries of one shard, encoded once, in the order of their serials.
//!
//! Making a CRL copies them behind one another. A change costs a search and the move of what lies behind it.

use sm_engine::sm3::{Digest, Sm3};
use x509::crl::EncodedEntry;

/// An entry, and when it may be left out.
#[derive(Clone, Copy)]
struct Slot {
    entry: EncodedEntry,
    /// The later of the certificate's end and its revocation, UTC seconds; the end of time where it has no end.
    ends: i64,
}

/// Entries of one shard; of the whole authority where it has no shards.
#[derive(Default)]
pub(super) struct Arena(Vec<Slot>);

impl Arena {
    /// From entries in any order; of two with one serial the later stays.
    pub(super) fn of(entries: Vec<(EncodedEntry, i64)>) -> Self {
        let mut slots: Vec<_> = entries
            .into_iter()
            .map(|(entry, ends)| Slot { entry, ends })
            .collect();
        slots.sort_by(|a, b| order(a, b.entry.serial()));
        slots.reverse();
        slots.dedup_by(|a, b| a.entry.serial() == b.entry.serial());
        slots.reverse();
        Self(slots)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, serial: &[u8]) -> Option<&EncodedEntry> {
        let place = self.place(serial).ok()?;
        self.0.get(place).map(|slot| &slot.entry)
    }

    /// Puts an entry in, in the place of one with the same serial.
    pub(super) fn set(&mut self, entry: EncodedEntry, ends: i64) {
        let slot = Slot { entry, ends };
        match self.place(entry.serial()) {
            Ok(place) => {
                if let Some(old) = self.0.get_mut(place) {
                    *old = slot;
                }
            }
            Err(place) => self.0.insert(place, slot),
        }
    }

    pub(super) fn remove(&mut self, serial: &[u8]) {
        if let Ok(place) = self.place(serial) {
            self.0.remove(place);
        }
    }

    /// Takes out what ended before `time`.
    pub(super) fn take_ended(&mut self, time: i64) -> Vec<EncodedEntry> {
        let mut taken = Vec::new();
        self.0.retain(|slot| {
            let ended = slot.ends < time;
            if ended {
                taken.push(slot.entry);
            }
            !ended
        });
        taken
    }

    /// The entries in the order of their serials.
    pub(super) fn entries(&self) -> impl Iterator<Item = &EncodedEntry> + Clone {
        self.0.iter().map(|slot| &slot.entry)
    }

    /// SM3 of the entries one behind the other.
    pub(super) fn digest(&self) -> Digest {
        let mut hasher = Sm3::new();
        self.entries().for_each(|entry| hasher.update(entry.der()));
        hasher.finish()
    }

    fn place(&self, serial: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|slot| order(slot, serial))
    }
}

fn order(slot: &Slot, serial: &[u8]) -> std::cmp::Ordering {
    let own = slot.entry.serial();
    own.len().cmp(&serial.len()).then_with(|| own.cmp(serial))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use x509::crl::{CrlEntry, RevocationReason};
    use x509::time::Time;

    fn entry(serial: &str, reason: RevocationReason) -> EncodedEntry {
        EncodedEntry::new(&CrlEntry {
            serial: serial.parse().unwrap(),
            revoked_at: Time(1_800_000_000),
            reason,
        })
        .unwrap()
    }

    fn held(serial: &str) -> EncodedEntry {
        entry(serial, RevocationReason::CertificateHold)
    }

    #[test]
    fn an_entry_stands_once_and_in_order() {
        let ended = entry("02", RevocationReason::Superseded);
        let mut arena = Arena::of(vec![(held("0100"), 5), (held("02"), 5), (ended, 6)]);
        assert_eq!(arena.len(), 2);
        assert_eq!(arena.get(&[2]), Some(&ended));
        arena.set(held("ff"), 7);
        arena.set(held("02"), 5);
        let serials: Vec<_> = arena
            .entries()
            .map(|entry| entry.serial().to_vec())
            .collect();
        assert_eq!(serials, [vec![2], vec![0, 0xFF], vec![1, 0]]);
        arena.remove(&[2]);
        arena.remove(&[3]);
        assert_eq!((arena.len(), arena.get(&[2])), (2, None));
    }

    #[test]
    fn what_ended_is_taken_out_and_the_digest_is_that_of_the_rest() {
        let mut arena = Arena::of(vec![
            (held("01"), 10),
            (held("02"), 20),
            (held("03"), i64::MAX),
        ]);
        assert!(arena.take_ended(10).is_empty());
        assert_eq!(arena.take_ended(20), [held("01")]);
        let rest = [held("02").der(), held("03").der()].concat();
        assert_eq!(arena.digest(), sm_engine::sm3::digest(&rest));
    }
}
