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
            let month = usize::try_from(at.month() - 1)
                .ok()
                .and_then(|month| MONTHS.get(month));
            format!(
                "{} {} {}, {time}",
                at.day(),
                month.unwrap_or(&""),
                at.year()
            )
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

fn beijing(seconds: i64) -> Option<DateTime> {
    Timestamp::from_second(seconds)
        .ok()
        .map(|at| BEIJING.to_datetime(at))
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
    fn ages() {
        assert_eq!(age(-5), (0, "age.seconds"));
        assert_eq!(age(119), (119, "age.seconds"));
        assert_eq!(age(120), (2, "age.minutes"));
        assert_eq!(age(7_200), (2, "age.hours"));
        assert_eq!(age(200_000), (2, "age.days"));
    }
}
