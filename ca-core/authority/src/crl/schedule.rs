//! When CRLs are made: shards and deltas as soon as something changes, the full CRL at once while it is small, and when
//! it is large by the clock or as soon as its delta is long; all of them anew after half of their life.

use std::collections::BTreeSet;

use store::views::CrlRow;

/// A full CRL of at most so many entries is made at every change.
const SMALL: usize = 2_000;
/// A delta of more entries is replaced by a full CRL: after a mass revocation every later delta would be as long.
const LONG_DELTA: usize = 10_000;

/// How CRLs are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How long full and shard CRLs are valid: seconds. They are made anew after half of that.
    pub lifetime: i64,
    /// How long delta CRLs are valid: seconds.
    pub delta_lifetime: i64,
    /// How long a change may be missing from a large full CRL: seconds.
    pub full_every: i64,
    /// Shards of every issuing authority that is founded; 0 for none. What was founded keeps its number.
    pub shards: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            lifetime: 86_400,
            delta_lifetime: 3_600,
            full_every: 3_600,
            shards: 128,
        }
    }
}

/// Which CRLs are to be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) full: bool,
    pub(super) delta: bool,
    pub(super) shards: BTreeSet<u32>,
}

impl Due {
    pub(super) fn is_nothing(&self) -> bool {
        !self.full && !self.delta && self.shards.is_empty()
    }
}

impl Schedule {
    /// Whether a CRL is missing or has lived half of its life.
    pub(super) fn is_half_over(&self, row: Option<&CrlRow>, now: i64) -> bool {
        row.is_none_or(|row| now >= row.this_update + (row.next_update - row.this_update) / 2)
    }

    /// Whether the full CRL is to be made, of so many entries, so many certificates having changed since the latest.
    pub(super) fn full_is_due(
        &self,
        row: Option<&CrlRow>,
        now: i64,
        entries: usize,
        changes: usize,
    ) -> bool {
        let overdue = row.is_some_and(|row| now >= row.this_update + self.full_every);
        let wanted = entries <= SMALL || overdue || changes > LONG_DELTA;
        self.is_half_over(row, now) || (changes > 0 && wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sm_engine::sm3::Digest;

    fn row() -> CrlRow {
        CrlRow {
            authority: "jinan".into(),
            scope: "full".into(),
            number: 1,
            base: None,
            crl: Digest([0; 32]),
            parts: String::new(),
            this_update: 1_000,
            next_update: 2_000,
            entries: 0,
            covers: 0,
            expired_before: 0,
            idx: 0,
        }
    }

    #[test]
    fn a_full_crl_is_made_when_it_is_missing_old_or_wrong() {
        let schedule = Schedule {
            full_every: 100,
            ..Schedule::default()
        };
        let due = |row: Option<&CrlRow>, now, entries, changes| {
            schedule.full_is_due(row, now, entries, changes)
        };
        let row = row();
        assert!(due(None, 0, 0, 0));
        assert!(due(Some(&row), 1_500, 0, 0));
        assert!(!due(Some(&row), 1_499, SMALL + 1, 0));
        assert!(due(Some(&row), 1_001, SMALL, 1));
        assert!(!due(Some(&row), 1_099, SMALL + 1, 1));
        assert!(due(Some(&row), 1_100, SMALL + 1, 1));
        assert!(!due(Some(&row), 1_001, LONG_DELTA + 1, LONG_DELTA));
        assert!(due(Some(&row), 1_001, LONG_DELTA + 1, LONG_DELTA + 1));
    }
}
