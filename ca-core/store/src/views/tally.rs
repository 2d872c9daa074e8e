//! Numbers of certificates by city, unit and day, kept beside the certificates themselves: the figures of a whole
//! province are read here, and no page counts seven hundred thousand rows.
//!
//! A day costs a row, not a certificate; a group of entries writes one statement for all of them. An index over the
//! certificates that could answer the same would be written for every certificate, and read for every page.
//! Only certificates that rest on a case are counted: the service's own are nobody's work.

use sm_engine::sm3::Digest;

use super::project::Overlay;
use super::row::{CertificateRow, Field, view};
use crate::Error;
use crate::table::{Column, Record, Table};
use crate::value::Value;

/// UTC+8, where days of tallies begin: seconds.
const OFFSET: i64 = 8 * 3_600;
const DAY: i64 = 86_400;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tally {
    /// Not revoked and not frozen, by the day on which its validity ends.
    Good,
    /// Frozen, by the day on which its validity ends.
    Held,
    /// Produced within the promise of its case, by the day of its intent.
    InTime,
    /// Produced, by the day of its intent: certificates that exist, whatever became of them.
    Issued,
    /// Produced after the promise of its case, by the day of its intent.
    Late,
    /// Revoked, by the day of the revocation.
    Revoked,
}

impl Tally {
    /// The name in rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Held => "held",
            Self::InTime => "in-time",
            Self::Issued => "issued",
            Self::Late => "late",
            Self::Revoked => "revoked",
        }
    }
}

view! {
    /// How many certificates; each counts for its unit and, under an empty unit, for its city.
    pub TallyRow in "tallies", key ["kind", "unit", "city", "day"], indexes [] {
        /// [`Tally::as_str`].
        kind: String,
        /// Unit code; empty for all units, the unknown ones included.
        unit: Vec<u8>,
        /// Division code of the city; empty where it is not known.
        city: String,
        /// Days since 1970-01-01, UTC+8.
        day: i64,
        /// Certificates.
        count: i64,
    }
}

view! {
    /// Where the name of a unit stands: the code alone does not say it.
    pub UnitRow in "units", key ["unit"], indexes [] {
        /// Unit code.
        unit: Digest,
        /// The first sealed form that named it.
        form: Digest,
        /// Entry that brought that form.
        idx: i64,
    }
}

/// The day of a moment: days since 1970-01-01, UTC+8.
#[must_use]
pub const fn day_of(seconds: i64) -> i64 {
    seconds.saturating_add(OFFSET).div_euclid(DAY)
}

/// The first second of a day, UTC.
#[must_use]
pub const fn day_begins(day: i64) -> i64 {
    day.saturating_mul(DAY).saturating_sub(OFFSET)
}

/// Where a certificate that rests on a case is counted.
pub(super) struct Counted {
    city: String,
    unit: Option<Digest>,
}

impl Counted {
    /// Nothing for the service's own certificates.
    pub(super) fn of(row: &CertificateRow) -> Option<Self> {
        row.case_id.as_ref().map(|_| Self {
            city: row.city.clone().unwrap_or_default(),
            unit: row.unit,
        })
    }
}

impl Overlay {
    /// Counts `by` more, or fewer, of a kind at a moment.
    pub(super) fn tally(&mut self, counted: Option<&Counted>, kind: Tally, time: i64, by: i64) {
        let Some(Counted { city, unit }) = counted else {
            return;
        };
        let units = std::iter::once(Vec::new()).chain(unit.map(|unit| unit.as_bytes().to_vec()));
        for unit in units {
            let key = (kind, unit, city.clone(), day_of(time));
            *self.tallies.entry(key).or_default() += by;
        }
    }

    /// The changes of tallies as rows; a number of zero stays a row.
    pub(super) fn tally_changes(&self) -> Vec<Vec<Value>> {
        let row = |((kind, unit, city, day), count): (&super::project::TallyKey, &i64)| {
            TallyRow {
                kind: kind.as_str().to_owned(),
                unit: unit.clone(),
                city: city.clone(),
                day: *day,
                count: *count,
            }
            .to_row()
        };
        self.tallies.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_in_beijing() {
        // 2026-11-23 00:00:00 in Beijing.
        let midnight = 1_795_363_200;
        assert_eq!(day_begins(day_of(midnight)), midnight);
        assert_eq!(day_of(midnight - 1), day_of(midnight) - 1);
        assert_eq!(day_of(midnight + 86_399), day_of(midnight));
        assert_eq!(day_of(0), 0);
        assert_eq!(day_of(-28_801), -1);
    }
}
