//! The entries of several shards as one list in the order of serials: read back and linted in one walk, where a list
//! in no order would have to be sorted by every reader.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use x509::crl::EncodedEntry;

use super::arena::{Arena, by_number};

/// Every entry of the arenas, in the order of their serials, which are distinct.
pub(super) fn merged(arenas: &[Arena]) -> impl Iterator<Item = &[u8]> {
    let heads = arenas.iter().filter_map(|arena| Head::of(arena.entries()));
    Merged(heads.collect())
}

struct Merged<'a, I>(BinaryHeap<Head<'a, I>>);

/// The next entry of one arena, and those behind it.
struct Head<'a, I> {
    entry: &'a [u8],
    rest: I,
}

impl<'a, I: Iterator<Item = &'a [u8]>> Head<'a, I> {
    fn of(mut entries: I) -> Option<Self> {
        let entry = entries.next()?;
        Some(Self {
            entry,
            rest: entries,
        })
    }
}

impl<'a, I: Iterator<Item = &'a [u8]>> Iterator for Merged<'a, I> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut head = self.0.peek_mut()?;
        match head.rest.next() {
            Some(next) => Some(std::mem::replace(&mut head.entry, next)),
            None => Some(std::collections::binary_heap::PeekMut::pop(head).entry),
        }
    }
}

impl<I> Ord for Head<'_, I> {
    /// The heap's greatest is the lowest serial.
    fn cmp(&self, other: &Self) -> Ordering {
        let serial = EncodedEntry::serial_in;
        by_number(serial(other.entry), serial(self.entry))
    }
}

impl<I> PartialOrd for Head<'_, I> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<I> PartialEq for Head<'_, I> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<I> Eq for Head<'_, I> {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use x509::crl::{CrlEntry, RevocationReason};
    use x509::time::Time;

    #[test]
    fn entries_of_all_arenas_come_in_order() {
        let mut arenas = [Arena::default(), Arena::default(), Arena::default()];
        let mut expected = Vec::new();
        for number in 1..2000_usize {
            let entry = EncodedEntry::new(&CrlEntry {
                serial: format!("{number:x}").parse().unwrap(),
                revoked_at: Time(1_800_000_000),
                reason: RevocationReason::Superseded,
            })
            .unwrap();
            arenas[number * 7 % 2].set(&entry, 0);
            expected.extend_from_slice(entry.der());
        }
        assert_eq!(merged(&arenas).collect::<Vec<_>>().concat(), expected);
        assert_eq!(merged(&[]).count(), 0);
    }
}
