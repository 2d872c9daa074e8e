//! A set of numbers, or a map from them, in little more than their own bytes: open addressing in the order of the
//! numbers, at most 15/16 full.
//!
//! A number's slot grows with the number and runs of occupied slots are sorted, so that the whole table is: growing is
//! one pass, and a look-up ends at the first larger number. Numbers must be spread evenly over the range below the
//! ignored top bits ([`super::name`] sees to it); zero marks a free slot.

/// Top bits that all numbers of one table share: the number of the shard.
pub(super) const SHARD_BITS: u32 = 8;
/// Smallest table with anything in it.
const SMALLEST: usize = 8;

/// The table. `V` costs its own size; `()` costs nothing.
#[derive(Default)]
pub(super) struct Table<V> {
    /// `slots`, and a tail for what the last slots push out.
    keys: Vec<u128>,
    values: Vec<V>,
    /// Slots that numbers are spread over.
    slots: usize,
    len: usize,
}

impl<V: Copy + Default> Table<V> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, key: u128) -> Option<V> {
        let at = self.find(key).ok()?;
        self.values.get(at).copied()
    }

    /// Puts `value` under `key`, which is not zero; what was there before.
    pub(super) fn insert(&mut self, key: u128, value: V) -> Option<V> {
        debug_assert_ne!(key, 0, "zero marks a free slot");
        let at = match self.find(key) {
            Ok(at) => return Some(std::mem::replace(&mut self.values[at], value)),
            Err(at) if (self.len + 1) * 16 <= self.slots * 15 => at,
            Err(_) => {
                self.resize(self.len + 1);
                self.find(key).unwrap_or_else(|at| at)
            }
        };
        let free = self.keys[at..].iter().position(|key| *key == 0);
        let free = free.map_or_else(|| self.lengthen(), |distance| at + distance);
        self.keys.copy_within(at..free, at + 1);
        self.values.copy_within(at..free, at + 1);
        self.keys[at] = key;
        self.values[at] = value;
        self.len += 1;
        None
    }

    /// Takes `key` out; what was under it.
    pub(super) fn remove(&mut self, key: u128) -> Option<V> {
        let at = self.find(key).ok()?;
        let value = self.values[at];
        // What was pushed to the right comes back, up to the first that sits in its own slot.
        let mut end = at + 1;
        while self
            .keys
            .get(end)
            .is_some_and(|key| *key != 0 && self.slot(*key) != end)
        {
            end += 1;
        }
        self.keys.copy_within(at + 1..end, at);
        self.values.copy_within(at + 1..end, at);
        self.keys[end - 1] = 0;
        self.len -= 1;
        if self.slots > 8 * SMALLEST && self.len * 2 < self.slots {
            self.resize(self.len);
        }
        Some(value)
    }

    /// Everything, in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u128, V)> + '_ {
        let pairs = self.keys.iter().zip(&self.values);
        pairs
            .filter(|(key, _)| **key != 0)
            .map(|(key, value)| (*key, *value))
    }

    /// A table of `len` pairs that come in strictly ascending order.
    pub(super) fn from_ascending(pairs: impl Iterator<Item = (u128, V)>, len: usize) -> Self {
        let mut table = Self::default();
        if len == 0 {
            return table;
        }
        // 9/10 full: the next growth is a twenty-fifth of the table away.
        table.slots = (len * 10 / 9 + 1).max(SMALLEST);
        let tail = 8 + table.slots / 256;
        table.keys = vec![0; table.slots + tail];
        table.values = vec![V::default(); table.slots + tail];
        let mut next = 0;
        for (key, value) in pairs {
            let at = table.slot(key).max(next);
            while at >= table.keys.len() {
                table.lengthen();
            }
            table.keys[at] = key;
            table.values[at] = value;
            table.len += 1;
            next = at + 1;
        }
        table
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<u128>() + self.values.capacity() * size_of::<V>()
    }

    fn resize(&mut self, len: usize) {
        *self = Self::from_ascending(self.iter(), len);
    }

    /// Adds free slots to the tail; the first of them.
    fn lengthen(&mut self) -> usize {
        let (end, more) = (self.keys.len(), 8);
        self.keys.reserve_exact(more);
        self.keys.resize(end + more, 0);
        self.values.reserve_exact(more);
        self.values.resize(end + more, V::default());
        end
    }

    /// Where `key` is, or else where it belongs.
    fn find(&self, key: u128) -> Result<usize, usize> {
        let start = self.slot(key);
        let run = self.keys.get(start..).unwrap_or_default();
        let distance = run.iter().position(|other| *other == 0 || *other >= key);
        match distance {
            Some(distance) if run[distance] == key => Ok(start + distance),
            Some(distance) => Err(start + distance),
            None => Err(self.keys.len()),
        }
    }

    /// The slot that `key` would have alone.
    #[allow(clippy::as_conversions)] // the product of two 64-bit numbers, its upper half below `slots`
    fn slot(&self, key: u128) -> usize {
        let spread = (key << SHARD_BITS) >> 64;
        ((spread * self.slots as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Near and far, so that runs form.
    fn key() -> impl Strategy<Value = u128> {
        prop_oneof![
            1..64_u128,
            (1..64_u128).prop_map(|low| (low << 112) + 1),
            (1..8_u128, 1..32_u128).prop_map(|(high, low)| (high << 100) + low),
            (0..4_u128).prop_map(|low| (u128::MAX >> SHARD_BITS) - low),
        ]
    }

    proptest! {
        #[test]
        fn does_what_a_map_does(steps in prop::collection::vec((key(), prop::option::of(any::<u8>())), 1..400)) {
            let (mut table, mut model) = (Table::default(), BTreeMap::new());
            for (key, value) in steps {
                match value {
                    Some(value) => prop_assert_eq!(table.insert(key, value), model.insert(key, value)),
                    None => prop_assert_eq!(table.remove(key), model.remove(&key)),
                }
                prop_assert_eq!(table.len(), model.len());
                prop_assert_eq!(table.get(key), model.get(&key).copied());
            }
            prop_assert!(table.iter().eq(model.iter().map(|(key, value)| (*key, *value))));
            for (key, value) in &model {
                prop_assert_eq!(table.get(*key), Some(*value));
            }
            let again = Table::from_ascending(table.iter(), table.len());
            prop_assert!(again.iter().eq(table.iter()));
        }
    }

    fn spread(n: u128) -> u128 {
        n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) >> SHARD_BITS | 1
    }

    #[test]
    fn costs_little_more_than_what_it_holds() {
        let (mut bare, mut detailed) = (Table::default(), Table::default());
        // As many as a shard has of ten million serials.
        for n in 1..=39_000 {
            bare.insert(spread(n), ());
            detailed.insert(spread(n), [0_u8; 5]);
            if n > 2000 {
                let len = bare.len();
                assert!(bare.bytes() <= len * 18, "{} at {n}", bare.bytes());
                assert!(detailed.bytes() <= len * 24, "{} at {n}", detailed.bytes());
            }
        }
    }

    #[test]
    fn gives_memory_back_when_it_empties() {
        let mut table = Table::default();
        for n in 1..10_000 {
            table.insert(spread(n), ());
        }
        let full = table.bytes();
        for n in 1..9_900 {
            table.remove(spread(n));
        }
        assert!(table.bytes() < full / 20, "{}", table.bytes());
    }
}
