//! A part of an authority's serials: those that are good, and the others with state, reason and time.
//!
//! While a snapshot is being taken a shard notes what each change replaced, so that its state at the snapshot's
//! ledger size can be had later, without stopping anybody.

use std::collections::BTreeMap;

use super::name::Packed;
use super::table::Table;

/// Serials that share the top bits of their number.
#[derive(Default)]
pub(super) struct Shard {
    good: Table<()>,
    others: Table<[u8; 5]>,
    /// What changes replaced since the snapshot began, oldest first.
    undo: Option<Vec<(u128, Packed)>>,
}

/// Everything in a shard: good serials, and others with their status; both ascending.
pub(super) struct Content {
    pub(super) good: Vec<u128>,
    pub(super) others: Vec<(u128, Packed)>,
}

impl Shard {
    pub(super) fn status(&self, key: u128) -> Packed {
        if self.good.get(key).is_some() {
            return Packed::GOOD;
        }
        self.others
            .get(key)
            .map_or_else(Packed::default, Packed::from_bytes)
    }

    /// Replaces the status of `key`; `Packed::default()` takes it out. What it was.
    pub(super) fn set(&mut self, key: u128, new: Packed) -> Packed {
        let old = self.status(key);
        if old == new {
            return old;
        }
        if let Some(undo) = &mut self.undo {
            undo.push((key, old));
        }
        if new == Packed::GOOD {
            self.others.remove(key);
            self.good.insert(key, ());
        } else {
            self.good.remove(key);
            if new == Packed::default() {
                self.others.remove(key);
            } else {
                self.others.insert(key, new.to_bytes());
            }
        }
        old
    }

    /// The others, in ascending order.
    pub(super) fn others(&self) -> impl Iterator<Item = (u128, Packed)> + '_ {
        self.others
            .iter()
            .map(|(key, bytes)| (key, Packed::from_bytes(bytes)))
    }

    /// From now on [`Self::content_before`] gives the state of this moment.
    pub(super) fn begin_undo(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// The changes since [`Self::begin_undo`] are of no interest any more.
    pub(super) fn forget_undo(&mut self) {
        self.undo = None;
    }

    /// The content at the moment of [`Self::begin_undo`], which ends.
    pub(super) fn content_before(&mut self) -> Content {
        let undo = self.undo.take().unwrap_or_default();
        let mut content = Content {
            good: self.good.iter().map(|(key, ())| key).collect(),
            others: self.others().collect(),
        };
        if undo.is_empty() {
            return content;
        }
        // Of several changes the oldest knows what was there before.
        let before: BTreeMap<_, _> = undo.into_iter().rev().collect();
        content.good.retain(|key| !before.contains_key(key));
        content.others.retain(|(key, _)| !before.contains_key(key));
        for (key, old) in before {
            if old == Packed::GOOD {
                content.good.push(key);
            } else if old != Packed::default() {
                content.others.push((key, old));
            }
        }
        content.good.sort_unstable();
        content.others.sort_unstable_by_key(|(key, _)| *key);
        content
    }

    /// A shard of this content, which must be strictly ascending.
    pub(super) fn of(content: &Content) -> Self {
        let good = content.good.iter().map(|key| (*key, ()));
        let others = content
            .others
            .iter()
            .map(|(key, packed)| (*key, packed.to_bytes()));
        Self {
            good: Table::from_ascending(good, content.good.len()),
            others: Table::from_ascending(others, content.others.len()),
            undo: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.good.len() + self.others.len()
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.good.bytes() + self.others.bytes()
    }
}
