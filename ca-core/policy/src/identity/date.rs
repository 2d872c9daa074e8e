//! The civil calendar, as far as identity numbers need it. No clock: "today" comes from the caller.

use x509::time::Time;

/// China has one time zone, UTC+8, without summer time.
const BEIJING_OFFSET: i64 = 8 * 3600;

/// A real Gregorian date. Ordered as dates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// `None` where the calendar has no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap(year) => 29,
            2 => 28,
            _ => return None,
        };
        (1..=last)
            .contains(&day)
            .then_some(Self { year, month, day })
    }

    /// The date that calendars in China show at `time`.
    #[must_use]
    pub fn in_china(time: Time) -> Self {
        let days = time.0.saturating_add(BEIJING_OFFSET).div_euclid(86_400);
        // Days of eras of 400 years counted from 0000-03-01, so that the leap day is the last of its year.
        let shifted = days.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era.saturating_mul(400) + i64::from(month <= 2);
        Self {
            year: u16::try_from(year.clamp(0, 9_999)).unwrap_or_default(),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i64 {
        let shifted_month = (i64::from(self.month) + 9) % 12;
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        year.div_euclid(400) * 146_097 + day_of_era - 719_468
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_february() {
        assert!(Date::new(2000, 2, 29).is_some());
        assert!(Date::new(1900, 2, 29).is_none());
        assert!(Date::new(1901, 2, 29).is_none());
        assert!(Date::new(1990, 2, 30).is_none());
        assert!(Date::new(1990, 13, 1).is_none());
        assert!(Date::new(1990, 10, 0).is_none());
    }

    #[test]
    fn the_day_begins_at_midnight_in_beijing() {
        // 2026-11-22T15:59:59Z and one second later (times from `date -u -d`).
        assert_eq!(
            Some(Date::in_china(Time(1_795_363_199))),
            Date::new(2026, 11, 22)
        );
        assert_eq!(
            Some(Date::in_china(Time(1_795_363_200))),
            Date::new(2026, 11, 23)
        );
        assert_eq!(Some(Date::in_china(Time(0))), Date::new(1970, 1, 1));
        assert_eq!(
            Some(Date::in_china(Time(951_840_000))),
            Date::new(2000, 3, 1)
        );
        assert_eq!(
            Some(Date::in_china(Time(951_782_400))),
            Date::new(2000, 2, 29)
        );
    }

    #[test]
    fn days_and_dates_agree() {
        for day in (-25_000..60_000).step_by(17) {
            assert_eq!(Date::in_china(Time(day * 86_400)).days(), day);
        }
    }

    #[test]
    fn absurd_times_do_not_panic() {
        for time in [i64::MIN, i64::MAX, -1, -62_135_596_800] {
            let _ = Date::in_china(Time(time));
        }
        assert_eq!(Date::in_china(Time(i64::MAX)).year(), 9_999);
    }
}
