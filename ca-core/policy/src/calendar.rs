//! Working days in Asia/Shanghai and the promise that rests on them: data of `policies/calendar.toml`.
//!
//! A case is promised to be dealt with within a number of working days. The promise runs in whole working days: what
//! comes on a free day counts as if it came when the next working day begins.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::Error;
use crate::set::source::Source;

/// UTC+8 without summer time since 1991: seconds.
pub const OFFSET: i64 = 8 * 3_600;
const DAY: i64 = 86_400;

/// Days that differ from their weekday, and the promise.
#[derive(Debug)]
pub struct Calendar {
    /// Days since 1970-01-01, local, that are free though they are weekdays.
    free: BTreeSet<i64>,
    /// The same for weekend days that are worked.
    worked: BTreeSet<i64>,
    promise_days: u32,
    hours: (i64, i64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    promise_days: u32,
    hours: [String; 2],
    year: Vec<RawYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: i64,
    free: Vec<String>,
    worked: Vec<String>,
}

impl Calendar {
    /// The calendar that came with this program.
    ///
    /// # Errors
    /// [`Error::Document`] where it is not what it should be.
    pub fn embedded() -> Result<Self, Error> {
        Self::read(
            "calendar.toml",
            include_bytes!("../../../policies/calendar.toml"),
        )
    }

    /// Reads a calendar document.
    ///
    /// # Errors
    /// [`Error::Document`] with line and key.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let source = Source::new(file, bytes)?;
        let raw: Raw = source.parse()?;
        let (mut free, mut worked) = (BTreeSet::new(), BTreeSet::new());
        for year in &raw.year {
            for (key, days, set, weekend) in [
                ("free", &year.free, &mut free, false),
                ("worked", &year.worked, &mut worked, true),
            ] {
                for text in days {
                    let day = day_of(year.year, text).ok_or_else(|| {
                        source.fault(key, format!("{text} is no day of {}", year.year))
                    })?;
                    if is_weekend(day) != weekend {
                        return Err(
                            source.fault(key, format!("{}-{text} needs no entry", year.year))
                        );
                    }
                    set.insert(day);
                }
            }
        }
        if !(1..=30).contains(&raw.promise_days) {
            return Err(source.fault("promise_days", "1 to 30"));
        }
        let [begin, end] = raw.hours.each_ref().map(|text| second_of_day(text));
        let hours = begin.zip(end).filter(|(begin, end)| begin < end);
        let hours = hours.ok_or_else(|| source.fault("hours", "such as 08:30 and 17:30"))?;
        Ok(Self {
            free,
            worked,
            promise_days: raw.promise_days,
            hours,
        })
    }

    /// Working days within which a case is promised to be dealt with.
    #[must_use]
    pub fn promise_days(&self) -> u32 {
        self.promise_days
    }

    /// When a working day begins and when it is over: seconds after midnight, local.
    #[must_use]
    pub fn hours(&self) -> (i64, i64) {
        self.hours
    }

    /// Weekdays that are free: days since 1970-01-01, local.
    pub fn free_days(&self) -> impl Iterator<Item = i64> {
        self.free.iter().copied()
    }

    /// Weekend days that are worked: days since 1970-01-01, local.
    pub fn worked_days(&self) -> impl Iterator<Item = i64> {
        self.worked.iter().copied()
    }

    /// Until when what came at `from` is promised, both in UTC seconds; `spent` are seconds of working days that had
    /// already run before (see [`Self::worked_seconds`]).
    #[must_use]
    pub fn due(&self, from: i64, spent: i64) -> i64 {
        let all = i64::from(self.promise_days) * DAY;
        let mut left = all.saturating_sub(spent.max(0)).max(0);
        let mut at = from.saturating_add(OFFSET);
        // A promise is days; a calendar that is free for ever would be none.
        for _ in 0..400 {
            let day = at.div_euclid(DAY);
            let rest = (day + 1) * DAY - at;
            if self.is_working(day) {
                // What ends with a day ends with it, not with the free days after it.
                if left <= rest {
                    return at + left - OFFSET;
                }
                left -= rest;
            }
            at = (day + 1) * DAY;
        }
        at - OFFSET
    }

    /// Seconds of working days between two moments, UTC seconds.
    #[must_use]
    pub fn worked_seconds(&self, from: i64, to: i64) -> i64 {
        let (mut at, end) = (from.saturating_add(OFFSET), to.saturating_add(OFFSET));
        let mut sum = 0;
        // Beyond some years every promise is long over.
        for _ in 0..2_000 {
            if at >= end {
                break;
            }
            let day = at.div_euclid(DAY);
            let until = ((day + 1) * DAY).min(end);
            if self.is_working(day) {
                sum += until - at;
            }
            at = until;
        }
        sum
    }

    fn is_working(&self, day: i64) -> bool {
        self.worked.contains(&day) || !(is_weekend(day) || self.free.contains(&day))
    }
}

/// 1970-01-01 was a Thursday.
fn is_weekend(day: i64) -> bool {
    matches!((day + 3).rem_euclid(7), 5 | 6)
}

/// Seconds after midnight of `HH:MM`.
fn second_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    if (hour.len(), minute.len()) != (2, 2) {
        return None;
    }
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 3_600 + minute * 60)
}

/// Days since 1970-01-01 of `MM-DD` in a year.
fn day_of(year: i64, text: &str) -> Option<i64> {
    let (month, day) = text.split_once('-')?;
    if (month.len(), day.len()) != (2, 2) {
        return None;
    }
    let (month, day): (i64, i64) = (month.parse().ok()?, day.parse().ok()?);
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let lengths = [
        31,
        if leap { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=length).contains(&day) || !(1970..=9999).contains(&year) {
        return None;
    }
    let before: i64 = lengths.iter().take(usize::try_from(month - 1).ok()?).sum();
    let past = year - 1;
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    Some((year - 1970) * 365 + leaps(past) - leaps(1969) + before + day - 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// UTC seconds of a moment in Beijing.
    fn at(year: i64, day: &str, hour: i64) -> i64 {
        day_of(year, day).unwrap() * DAY + hour * 3_600 - OFFSET
    }

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        assert_eq!(day_of(1970, "01-01"), Some(0));
        assert_eq!(day_of(2000, "02-29"), Some(11_016));
        assert_eq!(day_of(2026, "11-23"), Some(20_780));
        for bad in ["02-29", "13-01", "00-10", "1-1", "04-31", "x"] {
            assert_eq!(day_of(2026, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_promise_skips_weekends_and_holidays_and_keeps_worked_sundays() {
        let calendar = Calendar::embedded().unwrap();
        for (from, due) in [
            // Monday to Wednesday.
            (at(2026, "11-23", 10), at(2026, "11-25", 10)),
            // Friday to Tuesday; Saturday counts as Monday morning.
            (at(2026, "11-20", 10), at(2026, "11-24", 10)),
            (at(2026, "11-21", 10), at(2026, "11-25", 0)),
            // Over the National Day: back on the 8th, and the 10th is a worked Saturday.
            (at(2026, "09-30", 10), at(2026, "10-09", 10)),
            (at(2026, "10-08", 12), at(2026, "10-10", 12)),
        ] {
            assert_eq!(calendar.due(from, 0), due, "{from}");
            assert_eq!(calendar.worked_seconds(from, due), 2 * DAY);
        }
    }

    #[test]
    fn what_had_run_before_is_not_given_again() {
        let calendar = Calendar::embedded().unwrap();
        let spent = calendar.worked_seconds(at(2026, "11-23", 10), at(2026, "11-24", 10));
        assert_eq!(spent, DAY);
        assert_eq!(
            calendar.due(at(2026, "11-27", 10), spent),
            at(2026, "11-30", 10)
        );
        assert_eq!(
            calendar.due(at(2026, "11-27", 10), 9 * DAY),
            at(2026, "11-27", 10)
        );
    }

    #[test]
    fn a_working_day_has_its_hours() {
        let calendar = Calendar::embedded().unwrap();
        assert_eq!(calendar.hours(), (30_600, 63_000));
        assert!(
            calendar
                .free_days()
                .any(|day| Some(day) == day_of(2026, "10-01"))
        );
        assert!(calendar.worked_days().all(is_weekend));
    }

    #[test]
    fn a_calendar_that_contradicts_itself_is_refused() {
        for hours in [
            "08:30\", \"08:30",
            "8:30\", \"17:30",
            "08:30\", \"24:00",
            "08:60\", \"17:30",
        ] {
            let text = format!("promise_days = 2\nhours = [\"{hours}\"]\nyear = []");
            match Calendar::read("calendar.toml", text.as_bytes()) {
                Err(Error::Document { key, .. }) => assert_eq!(key, "hours"),
                other => panic!("{text}: {other:?}"),
            }
        }
        for (text, key) in [
            ("promise_days = 0\nyear = []", "promise_days"),
            ("promise_days = 2\nsurplus = 1\nyear = []", "surplus"),
            (
                "promise_days = 2\n[[year]]\nyear = 2026\nfree = [\"11-22\"]\nworked = []",
                "free",
            ),
            (
                "promise_days = 2\n[[year]]\nyear = 2026\nfree = []\nworked = [\"11-23\"]",
                "worked",
            ),
            (
                "promise_days = 2\n[[year]]\nyear = 2026\nfree = [\"02-30\"]\nworked = []",
                "free",
            ),
        ] {
            let text = format!("hours = [\"08:30\", \"17:30\"]\n{text}");
            match Calendar::read("calendar.toml", text.as_bytes()) {
                Err(Error::Document { key: found, .. }) => assert_eq!(found, key),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
