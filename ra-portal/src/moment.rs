//! Moments as people read them: Asia/Shanghai, which has been UTC+8 without summer time since 1991.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::language::Language;

/// UTC+8.
const BEIJING: Offset = Offset::constant(8);

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `2026年11月23日 17:41:07`, or `23 November 2026, 17:41:07`; `—` for what no calendar holds.
pub(crate) fn words(seconds: i64, language: Language) -> String {
    let Some(at) = beijing(seconds) else {
        return "—".to_owned();
    };
    let time = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    match language {
        Language::Chinese => format!("{}年{}月{}日 {time}", at.year(), at.month(), at.day()),
        Language::English => {
            let month = month_name(at.month());
            format!("{} {month} {}, {time}", at.day(), at.year())
        }
    }
}

/// `2026-11-23T09:41:07Z`, for machines; empty for what no calendar holds.
pub(crate) fn utc(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

/// The first second of a day written `2026-11-23`, UTC.
pub(crate) fn day(text: &str) -> Option<i64> {
    let well_formed = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    let date: Date = text.parse().ok().filter(|_| well_formed)?;
    let start = BEIJING.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(start.as_second())
}

/// The day of a moment, `2026-11-23`; empty for what no calendar holds.
pub(crate) fn date(seconds: i64) -> String {
    beijing(seconds)
        .map(|at| at.date().to_string())
        .unwrap_or_default()
}

/// The day of a moment without its year, `11-23`; empty for what no calendar holds.
pub(crate) fn short_date(seconds: i64) -> String {
    let date = beijing(seconds).map(|at| at.date());
    date.map(|date| format!("{:02}-{:02}", date.month(), date.day()))
        .unwrap_or_default()
}

fn beijing(seconds: i64) -> Option<DateTime> {
    Timestamp::from_second(seconds)
        .ok()
        .map(|at| BEIJING.to_datetime(at))
}

/// A month of the calendar in Beijing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Month(Date);

impl Month {
    /// The month of that moment, UTC seconds; none for what no calendar holds.
    pub(crate) fn of(seconds: i64) -> Option<Self> {
        Some(Self(beijing(seconds)?.date().first_of_month()))
    }

    /// Of `2026-12`; nothing else is taken.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if (year.len(), month.len(), digits) != (4, 2, 6) {
            return None;
        }
        let date = Date::new(year.parse().ok()?, month.parse().ok()?, 1);
        date.ok().map(Self)
    }

    /// The month after it.
    pub(crate) fn next(self) -> Option<Self> {
        let next = self.0.checked_add(jiff::Span::new().months(1));
        next.ok().map(Self)
    }

    /// That many months before it.
    pub(crate) fn back(self, months: i64) -> Option<Self> {
        let before = self.0.checked_sub(jiff::Span::new().months(months));
        before.ok().map(Self)
    }

    /// Its first second, UTC seconds.
    pub(crate) fn begin(self) -> Option<i64> {
        let at = BEIJING.to_timestamp(self.0.at(0, 0, 0, 0));
        at.ok().map(Timestamp::as_second)
    }

    /// `2026-12`.
    pub(crate) fn code(self) -> String {
        format!("{:04}-{:02}", self.0.year(), self.0.month())
    }

    /// `12`: its number in the year.
    pub(crate) fn short(self) -> String {
        self.0.month().to_string()
    }

    /// `2026年12月`, or `December 2026`.
    pub(crate) fn words(self, language: Language) -> String {
        match language {
            Language::Chinese => format!("{}年{}月", self.0.year(), self.0.month()),
            Language::English => format!("{} {}", month_name(self.0.month()), self.0.year()),
        }
    }
}

fn month_name(month: i8) -> &'static str {
    let position = usize::try_from(month - 1).ok();
    position
        .and_then(|position| MONTHS.get(position))
        .copied()
        .unwrap_or_default()
}

/// How long ago, in the largest unit that says it: number and catalogue key of the unit.
pub(crate) fn age(seconds: i64) -> (i64, &'static str) {
    match seconds.max(0) {
        s @ 0..120 => (s, "age.seconds"),
        s @ 120..7_200 => (s / 60, "age.minutes"),
        s @ 7_200..172_800 => (s / 3_600, "age.hours"),
        s => (s / 86_400, "age.days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        assert_eq!(
            words(1_795_426_867, Language::Chinese),
            "2026年11月23日 17:41:07"
        );
        assert_eq!(
            words(1_795_426_867, Language::English),
            "23 November 2026, 17:41:07"
        );
        assert_eq!(utc(1_795_426_867), "2026-11-23T09:41:07Z");
        assert_eq!(words(0, Language::Chinese), "1970年1月1日 08:00:00");
    }

    #[test]
    fn days_begin_at_midnight_in_beijing() {
        let start = day("2026-11-23").unwrap_or_default();
        assert_eq!(words(start, Language::Chinese), "2026年11月23日 00:00:00");
        assert_eq!(date(start), "2026-11-23");
        assert_eq!(date(start - 1), "2026-11-22");
        assert_eq!(short_date(start), "11-23");
        for wrong in [
            "",
            "2026-11-31",
            "2026-13-01",
            "23.11.2026",
            "20261123",
            "2026-11-23T1",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn impossible_moments_are_a_dash() {
        for seconds in [i64::MIN, i64::MAX] {
            assert_eq!(words(seconds, Language::Chinese), "—");
            assert_eq!(utc(seconds), "");
        }
    }

    #[test]
    fn months_begin_at_midnight_in_beijing() {
        let december = Month::parse("2026-12").unwrap();
        assert_eq!(utc(december.begin().unwrap()), "2026-11-30T16:00:00Z");
        assert_eq!(december.next().map(Month::code).unwrap(), "2027-01");
        assert_eq!(Month::of(december.begin().unwrap()), Some(december));
        assert_eq!(
            Month::of(december.begin().unwrap() - 1).map(Month::code),
            Some("2026-11".to_owned())
        );
        assert_eq!(december.words(Language::Chinese), "2026年12月");
        assert_eq!(december.words(Language::English), "December 2026");
        for wrong in [
            "", "2026", "2026-13", "2026-00", "-026-12", "2026-1x", "02026-12",
        ] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
        assert_eq!(december.back(12).map(Month::code).unwrap(), "2025-12");
        assert_eq!(december.short(), "12");
        assert_eq!(Month::of(i64::MAX), None);
        assert_eq!(Month::parse("9999-12").and_then(Month::next), None);
    }

    #[test]
    fn ages() {
        assert_eq!(age(-5), (0, "age.seconds"));
        assert_eq!(age(119), (119, "age.seconds"));
        assert_eq!(age(120), (2, "age.minutes"));
        assert_eq!(age(7_200), (2, "age.hours"));
        assert_eq!(age(200_000), (2, "age.days"));
    }
}
