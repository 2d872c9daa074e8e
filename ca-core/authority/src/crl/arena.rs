//! The entries of one shard, encoded once, in the order of their serials.
//!
//! They stand one behind the other in chunks of a bounded size: a change costs a search and the move of what lies behind
//! it in its chunk, however many there are, and making a CRL is copying the chunks.

use std::cmp::Ordering;
use std::io;

use sm_engine::sm3::{Digest, Sm3};
use store::kept::{Input, Output};
use x509::crl::EncodedEntry;

/// Most entries of a chunk: 28 KiB at the most, so that every place in it fits 16 bits.
const CHUNK: usize = 512;

/// Entries of one shard; of the whole authority where it has no shards.
#[derive(Default)]
pub(super) struct Arena {
    /// None is empty; in ascending order.
    chunks: Vec<Chunk>,
    entries: usize,
    bytes: usize,
    changes: u64,
}

/// Some entries that follow each other.
#[derive(Default)]
struct Chunk {
    der: Vec<u8>,
    /// Where each entry begins.
    starts: Vec<u16>,
    /// When each may be left out: the later of the certificate's end and its revocation, UTC seconds; the end of time
    /// where it has no end.
    ends: Vec<i64>,
}

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// Bytes of all entries.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A number that is another one after every change.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// DER of the entry of a serial.
    pub(super) fn get(&self, serial: &[u8]) -> Option<&[u8]> {
        let chunk = self.chunks.get(self.chunk_of(serial))?;
        Some(chunk.entry(chunk.place(serial).ok()?))
    }

    /// Puts an entry in, in the place of one with the same serial.
    pub(super) fn set(&mut self, entry: &EncodedEntry, ends: i64) {
        self.remove(entry.serial());
        let at = self.chunk_of(entry.serial());
        if self.chunks.is_empty() {
            self.chunks.push(Chunk::default());
        }
        let last = at + 1 == self.chunks.len();
        let Some(chunk) = self.chunks.get_mut(at) else {
            return;
        };
        // The serial was taken out just now.
        let (Ok(place) | Err(place)) = chunk.place(entry.serial());
        if chunk.starts.len() < CHUNK {
            chunk.insert(place, entry.der(), ends);
        } else if last && place == CHUNK {
            // Entries that come in order fill their chunks.
            let mut next = Chunk::default();
            next.insert(0, entry.der(), ends);
            self.chunks.push(next);
        } else {
            let mut upper = chunk.split();
            match place.checked_sub(CHUNK / 2) {
                Some(place) => upper.insert(place, entry.der(), ends),
                None => chunk.insert(place, entry.der(), ends),
            }
            self.chunks.insert(at + 1, upper);
        }
        self.entries += 1;
        self.bytes += entry.der().len();
        self.changes += 1;
    }

    pub(super) fn remove(&mut self, serial: &[u8]) {
        let at = self.chunk_of(serial);
        let Some(chunk) = self.chunks.get_mut(at) else {
            return;
        };
        let Ok(place) = chunk.place(serial) else {
            return;
        };
        self.bytes -= chunk.remove(place);
        self.entries -= 1;
        self.changes += 1;
        if chunk.starts.is_empty() {
            self.chunks.remove(at);
        }
    }

    /// Takes out what ended before `time`: their serials.
    pub(super) fn take_ended(&mut self, time: i64) -> Vec<Vec<u8>> {
        let mut taken = Vec::new();
        for chunk in &self.chunks {
            let ended = (0..).zip(&chunk.ends).filter(|(_, ends)| **ends < time);
            taken.extend(ended.map(|(place, _)| serial_of(chunk.entry(place)).to_vec()));
        }
        for serial in &taken {
            self.remove(serial);
        }
        taken
    }

    /// The bytes of all entries in the order of their serials, in pieces of several whole entries.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.chunks.iter().map(|chunk| chunk.der.as_slice())
    }

    /// The entries in the order of their serials.
    pub(super) fn entries(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let of = |chunk: &'_ Chunk| chunk.starts.len();
        self.chunks
            .iter()
            .flat_map(move |chunk| (0..of(chunk)).map(move |place| chunk.entry(place)))
    }

    /// SM3 of the entries one behind the other.
    pub(super) fn digest(&self) -> Digest {
        let mut hasher = Sm3::new();
        self.pieces().for_each(|piece| hasher.update(piece));
        hasher.finish()
    }

    /// Writes the entries to a file that is kept.
    pub(super) fn write(&self, output: &mut Output) -> io::Result<()> {
        output.count(self.chunks.len())?;
        for chunk in &self.chunks {
            output.count(chunk.ends.len())?;
            for end in &chunk.ends {
                output.put(&end.to_be_bytes())?;
            }
            output.count(chunk.der.len())?;
            output.put(&chunk.der)?;
        }
        Ok(())
    }

    /// Reads what [`Self::write`] wrote; every serial must belong here.
    pub(super) fn read(
        input: &mut Input,
        belongs: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, store::Error> {
        let mut arena = Self::default();
        let mut last = Vec::new();
        for _ in 0..input.count()? {
            let chunk = Chunk::read(input)?;
            for place in 0..chunk.starts.len() {
                let serial = serial_of(chunk.entry(place));
                if by_number(&last, serial).is_ge() || !belongs(serial) {
                    return Err(Input::damaged("order of entries"));
                }
                last.clear();
                last.extend_from_slice(serial);
            }
            arena.entries += chunk.starts.len();
            arena.bytes += chunk.der.len();
            arena.chunks.push(chunk);
        }
        Ok(arena)
    }

    /// The chunk that has the serial, or would have it; 0 where there is none.
    fn chunk_of(&self, serial: &[u8]) -> usize {
        let begins_before = |chunk: &Chunk| by_number(serial_of(chunk.entry(0)), serial).is_le();
        self.chunks.partition_point(begins_before).saturating_sub(1)
    }
}

impl Chunk {
    /// Reads a chunk of at least one whole entry and no more than [`CHUNK`].
    fn read(input: &mut Input) -> Result<Self, store::Error> {
        let damaged = || Input::damaged("entry");
        let count = input.count()?;
        if !(1..=CHUNK).contains(&count) {
            return Err(damaged());
        }
        let ends = input.take(count * size_of::<i64>())?;
        let ends = ends.as_chunks().0.iter().copied().map(i64::from_be_bytes);
        let length = input.count()?;
        let der = input.take(length)?;
        let mut starts = Vec::with_capacity(count);
        let mut at = 0;
        while let Some(length) = der.get(at + 1).copied().map(usize::from) {
            let next = at + 2 + length;
            let entry = der.get(at..next).ok_or_else(damaged)?;
            EncodedEntry::from_der(entry).map_err(|_| damaged())?;
            starts.push(u16::try_from(at).map_err(|_| damaged())?);
            at = next;
        }
        if at != der.len() || starts.len() != count {
            return Err(damaged());
        }
        Ok(Self {
            der,
            starts,
            ends: ends.collect(),
        })
    }

    /// DER of an entry.
    fn entry(&self, place: usize) -> &[u8] {
        let start = |place: usize| self.starts.get(place).copied().map(usize::from);
        let from = start(place).unwrap_or(self.der.len());
        let to = start(place + 1).unwrap_or(self.der.len());
        self.der.get(from..to).unwrap_or_default()
    }

    /// Where the serial is, or where it would go.
    fn place(&self, serial: &[u8]) -> Result<usize, usize> {
        self.starts.binary_search_by(|start| {
            let entry = self.der.get(usize::from(*start)..).unwrap_or_default();
            by_number(serial_of(entry), serial)
        })
    }

    fn insert(&mut self, place: usize, entry: &[u8], ends: i64) {
        let start = self.start(place);
        let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
        let at = usize::from(start);
        self.der.splice(at..at, entry.iter().copied());
        self.starts.insert(place, start);
        self.ends.insert(place, ends);
        self.later(place)
            .for_each(|later| *later = later.saturating_add(length));
    }

    /// How many bytes it had.
    fn remove(&mut self, place: usize) -> usize {
        let length = self.entry(place).len();
        let at = usize::from(self.start(place));
        self.der.drain(at..at + length);
        let short = u16::try_from(length).unwrap_or(u16::MAX);
        self.later(place)
            .for_each(|later| *later = later.saturating_sub(short));
        self.starts.remove(place);
        self.ends.remove(place);
        length
    }

    /// The starts behind that one.
    fn later(&mut self, place: usize) -> impl Iterator<Item = &mut u16> {
        self.starts.iter_mut().skip(place + 1)
    }

    /// Where the entry at that place begins, or would begin.
    fn start(&self, place: usize) -> u16 {
        let end = || u16::try_from(self.der.len()).unwrap_or(u16::MAX);
        self.starts.get(place).copied().unwrap_or_else(end)
    }

    /// Gives the upper half away.
    fn split(&mut self) -> Self {
        let middle = self.start(CHUNK / 2);
        let der = self.der.split_off(usize::from(middle));
        let starts = self.starts.split_off(CHUNK / 2);
        Self {
            der,
            starts: starts.into_iter().map(|start| start - middle).collect(),
            ends: self.ends.split_off(CHUNK / 2),
        }
    }
}

fn serial_of(entry: &[u8]) -> &[u8] {
    EncodedEntry::serial_in(entry)
}

/// The order of the numbers that these content octets stand for.
pub(super) fn by_number(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;
    use x509::certificate::Serial;
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

    fn of(entries: &[(EncodedEntry, i64)]) -> Arena {
        let mut arena = Arena::default();
        for (entry, ends) in entries {
            arena.set(entry, *ends);
        }
        arena
    }

    #[test]
    fn an_entry_stands_once_and_in_order() {
        let ended = entry("02", RevocationReason::Superseded);
        let mut arena = of(&[(held("0100"), 5), (held("02"), 5), (ended, 6)]);
        assert_eq!(arena.len(), 2);
        assert_eq!(arena.get(&[2]), Some(ended.der()));
        arena.set(&held("ff"), 7);
        arena.set(&held("02"), 5);
        let serials: Vec<_> = arena
            .entries()
            .map(|entry| serial_of(entry).to_vec())
            .collect();
        assert_eq!(serials, [vec![2], vec![0, 0xFF], vec![1, 0]]);
        let before = arena.changes();
        arena.remove(&[3]);
        assert_eq!(arena.changes(), before);
        arena.remove(&[2]);
        assert_ne!(arena.changes(), before);
        assert_eq!((arena.len(), arena.get(&[2])), (2, None));
    }

    #[test]
    fn what_ended_is_taken_out_and_the_digest_is_that_of_the_rest() {
        let mut arena = of(&[(held("01"), 10), (held("02"), 20), (held("03"), i64::MAX)]);
        assert!(arena.take_ended(10).is_empty());
        assert_eq!(arena.take_ended(20), [vec![1]]);
        let rest = [held("02").der(), held("03").der()].concat();
        assert_eq!(arena.digest(), sm_engine::sm3::digest(&rest));
        assert_eq!(arena.bytes(), rest.len());
    }

    #[test]
    fn no_change_moves_more_than_a_chunk() {
        let number = |number: u32| held(&format!("{:08x}", number | 1 << 30));
        // In order, and in an order that is none.
        for step in [1, 7919] {
            let mut arena = Arena::default();
            for count in 0..20_000_u32 {
                arena.set(&number(count * step % 20_011), 1);
            }
            assert_eq!(arena.len(), 20_000);
            assert!(arena.chunks.iter().all(|chunk| chunk.starts.len() <= CHUNK));
            assert!(
                arena.chunks.len() <= 2 * 20_000 / CHUNK + 1,
                "half full at least"
            );
        }
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map(steps in prop::collection::vec((0_u32..3000, 0_i64..4, any::<bool>()), 0..3000)) {
            let mut arena = Arena::default();
            let mut model = BTreeMap::new();
            for (number, ends, remove) in steps {
                let serial: Serial = format!("{:x}", number + 1).parse().unwrap();
                if remove && number % 3 == 0 {
                    arena.remove(serial.as_bytes());
                    model.remove(&serial);
                } else {
                    let entry = held(&serial.to_string());
                    arena.set(&entry, ends);
                    model.insert(serial, (entry, ends));
                }
            }
            let taken = arena.take_ended(2);
            let (gone, left): (Vec<_>, Vec<_>) = model.iter().partition(|(_, (_, ends))| *ends < 2);
            let gone: Vec<_> = gone.iter().map(|(serial, _)| serial.as_bytes().to_vec()).collect();
            prop_assert_eq!(taken, gone);
            let expected: Vec<u8> = left.iter().flat_map(|(_, (entry, _))| entry.der().to_vec()).collect();
            prop_assert_eq!(arena.pieces().collect::<Vec<_>>().concat(), &expected[..]);
            prop_assert_eq!(arena.entries().collect::<Vec<_>>().concat(), &expected[..]);
            prop_assert_eq!((arena.len(), arena.bytes()), (left.len(), expected.len()));
            for (serial, (entry, _)) in left {
                prop_assert_eq!(arena.get(serial.as_bytes()), Some(entry.der()));
            }
        }
    }
}
