//! Seconds since 1970 in UTC, the one notion of time of this system, and its ASN.1 forms (RFC 5280 §4.1.2.5).
//!
//! No clock here. Leap seconds do not exist in X.509.

use std::fmt;
use std::str::FromStr;

use der::{Decode, DecodeValue, FixedTag, Header, Reader, Tag};

use crate::Error;
use crate::element::Raw;
use crate::writer::{GENERALIZED_TIME, UTC_TIME, Writer};

const DAY: i64 = 86_400;

/// UTC seconds since 1970-01-01. DER: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// 1950-01-01T00:00:00Z: the first that a certificate can name.
    pub const EARLIEST: Self = Self(-631_152_000);
    /// 9999-12-31T23:59:59Z: the last; RFC 5280 §4.1.2.5 gives it the meaning "no end".
    pub const LATEST: Self = Self(253_402_300_799);
    /// 2050-01-01T00:00:00Z: from here on GeneralizedTime.
    const GENERALIZED: Self = Self(2_524_608_000);

    /// Later by `seconds` (earlier where negative); stops at the ends of `i64`.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Later by `days` of 86,400 seconds; stops at the ends of `i64`.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(DAY))
    }

    /// Whether a certificate can name this time: [`Time::EARLIEST`] to [`Time::LATEST`].
    #[must_use]
    pub fn is_encodable(self) -> bool {
        (Self::EARLIEST..=Self::LATEST).contains(&self)
    }

    /// DER of `Time`, as in certificates and CRLs. A time outside the encodable range becomes its nearest end.
    ///
    /// ```asn1
    /// Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime }
    /// ```
    #[must_use]
    pub fn to_der(self) -> Vec<u8> {
        let mut der = Vec::new();
        self.element(&mut der, self >= Self::GENERALIZED);
        der
    }

    /// DER of a GeneralizedTime, as in OCSP (RFC 6960 §4.2.1); the range as for [`Time::to_der`].
    #[must_use]
    pub fn to_generalized_der(self) -> Vec<u8> {
        let mut der = Vec::new();
        self.element(&mut der, true);
        der
    }

    /// Reads the DER of `Time`: seconds present, `Z`, no fraction, UTCTime through 2049 and only there.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        <AnyTime as Decode>::from_der(der)
            .map(|time| time.0)
            .map_err(Error::malformed("time"))
    }

    /// Reads a UTCTime of seconds and `Z`, 15 bytes; `None` for anything else.
    pub(crate) fn from_utc_der(der: &[u8]) -> Option<Self> {
        match der {
            [UTC_TIME, 13, digits @ ..] => Self::from_digits(digits, 2),
            _ => None,
        }
    }

    /// Appends what [`Time::to_der`] gives.
    pub(crate) fn write(self, writer: &mut Writer) {
        writer.raw(&self.to_der());
    }

    /// Appends what [`Time::to_generalized_der`] gives.
    pub(crate) fn write_generalized(self, writer: &mut Writer) {
        writer.raw(&self.to_generalized_der());
    }

    fn element(self, der: &mut Vec<u8>, generalized: bool) {
        let civil = Civil::of(self.clamp(Self::EARLIEST, Self::LATEST));
        let (tag, length) = if generalized {
            (GENERALIZED_TIME, 15)
        } else {
            (UTC_TIME, 13)
        };
        der.reserve_exact(2 + usize::from(length));
        der.extend_from_slice(&[tag, length]);
        if generalized {
            two_digits(der, civil.year / 100);
        }
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = civil;
        for number in [year % 100, month, day, hour, minute, second] {
            two_digits(der, number);
        }
        der.push(b'Z');
    }

    /// Reads `[YY]YYMMDDHHMMSSZ`; `None` for another form or a day that does not exist.
    fn from_digits(digits: &[u8], year_digits: usize) -> Option<Self> {
        let (digits, zone) = digits.split_last_chunk::<1>()?;
        if zone != b"Z"
            || digits.len() != year_digits + 10
            || !digits.iter().all(u8::is_ascii_digit)
        {
            return None;
        }
        let number = |digits: &[u8]| {
            digits
                .iter()
                .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
        };
        let (year, rest) = digits.split_at_checked(year_digits)?;
        let year = match (year_digits, number(year)) {
            (2, short @ 0..=49) => 2000 + short,
            (2, short) => 1900 + short,
            (_, full) => full,
        };
        let mut parts = rest.chunks_exact(2).map(number);
        Civil {
            year,
            month: parts.next()?,
            day: parts.next()?,
            hour: parts.next()?,
            minute: parts.next()?,
            second: parts.next()?,
        }
        .time()
    }
}

/// `2026-11-23T09:41:07Z` (RFC 3339).
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = Civil::of(*self);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl FromStr for Time {
    type Err = Error;

    /// Reads the form that `Display` gives, years 0000 to 9999.
    fn from_str(text: &str) -> Result<Self, Error> {
        let shaped = text.len() == 20
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                10 => byte == b'T',
                13 | 16 => byte == b':',
                19 => byte == b'Z',
                _ => byte.is_ascii_digit(),
            });
        let digits: Vec<u8> = text
            .bytes()
            .filter(|byte| byte.is_ascii_digit() || *byte == b'Z')
            .collect();
        let time = shaped.then(|| Self::from_digits(&digits, 4)).flatten();
        time.ok_or(Error::Value {
            what: "time",
            reason: "expected a time like 2026-11-23T09:41:07Z",
        })
    }
}

/// `Time` of RFC 5280.
pub(crate) struct AnyTime(pub(crate) Time);

impl<'a> Decode<'a> for AnyTime {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> der::Result<Self> {
        let raw = Raw::decode(reader)?;
        let content = raw.content()?;
        let time = match raw.tag() {
            UTC_TIME => Time::from_digits(content, 2),
            GENERALIZED_TIME => {
                Time::from_digits(content, 4).filter(|time| *time >= Time::GENERALIZED)
            }
            _ => None,
        };
        time.map(Self)
            .ok_or_else(|| reader.error(der::ErrorKind::DateTime))
    }
}

/// A GeneralizedTime of any year, as in OCSP and invalidityDate.
pub(crate) struct GeneralizedTime(pub(crate) Time);

impl FixedTag for GeneralizedTime {
    const TAG: Tag = Tag::GeneralizedTime;
}

impl<'a> DecodeValue<'a> for GeneralizedTime {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        let digits = reader.read_slice(header.length())?;
        let time = Time::from_digits(digits, 4);
        time.map(Self)
            .ok_or_else(|| reader.error(der::ErrorKind::DateTime))
    }
}

/// A moment in the proleptic Gregorian calendar.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Civil {
    /// Years are counted from March, in eras of 400 years, so that the leap day is the last of its year.
    fn of(time: Time) -> Self {
        let (days, seconds) = (time.0.div_euclid(DAY), time.0.rem_euclid(DAY));
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * from_march + 2) / 5 + 1,
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
        }
    }

    /// `None` where no such moment exists.
    fn time(&self) -> Option<Time> {
        let from_march = if self.month > 2 {
            self.month - 3
        } else {
            self.month + 9
        };
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        let time = Time(days * DAY + self.hour * 3_600 + self.minute * 60 + self.second);
        // A 30 February or a 25th hour comes back as another moment.
        let back = Self::of(time);
        let same = back.month == self.month
            && back.day == self.day
            && back.hour == self.hour
            && back.minute == self.minute;
        (same && back.second == self.second).then_some(time)
    }
}

/// Appends a number of 0 to 99.
fn two_digits(out: &mut Vec<u8>, number: i64) {
    for digit in [number / 10 % 10, number % 10] {
        out.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_426_867, "2026-11-23T09:41:07Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (Time::EARLIEST.0, "1950-01-01T00:00:00Z"),
            (Time::GENERALIZED.0, "2050-01-01T00:00:00Z"),
            (Time::LATEST.0, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Time(seconds).to_string(), text);
            assert_eq!(text.parse::<Time>().unwrap(), Time(seconds));
        }
    }

    #[test]
    fn the_form_changes_in_2050() {
        assert_eq!(
            Time(Time::GENERALIZED.0 - 1).to_der(),
            b"\x17\x0d491231235959Z"
        );
        assert_eq!(Time::GENERALIZED.to_der(), b"\x18\x0f20500101000000Z");
        assert_eq!(Time::EARLIEST.to_der(), b"\x17\x0d500101000000Z");
        assert_eq!(Time(0).to_generalized_der(), b"\x18\x0f19700101000000Z");
        assert_eq!(Time(i64::MAX).to_der(), b"\x18\x0f99991231235959Z");
        assert_eq!(Time(i64::MIN).to_der(), Time::EARLIEST.to_der());
    }

    #[test]
    fn refusals() {
        for bad in [
            &b"\x17\x0d261323094107Z"[..],
            b"\x17\x0d260230094107Z",
            b"\x17\x0d261123240000Z",
            b"\x17\x0d261123096000Z",
            b"\x17\x0d261123090060Z",
            b"\x17\x0d260023090000Z",
            b"\x17\x0b2611230941Z",
            b"\x17\x0d2611230941070",
            b"\x17\x112611230941+0800",
            b"\x18\x0f20261123094107Z",
            b"\x18\x1120500101000000.5Z",
            b"\x17\x0d26112309410 Z",
            b"\x0c\x0d261123094107Z",
            b"\x17\x0d261123094107Z\x00",
            b"",
        ] {
            assert!(Time::from_der(bad).is_err(), "{bad:02x?}");
        }
        for bad in [
            "",
            "2026-11-23",
            "2026-11-23T09:41:07",
            "2026-11-23 09:41:07Z",
            "2026-02-30T00:00:00Z",
            "+026-11-23T09:41:07Z",
            "2026-11-23T09:41:60Z",
        ] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_encodable_second_comes_back(seconds in Time::EARLIEST.0..=Time::LATEST.0) {
            let time = Time(seconds);
            prop_assert_eq!(Time::from_der(&time.to_der()).unwrap(), time);
            prop_assert_eq!(GeneralizedTime::from_der(&time.to_generalized_der()).unwrap().0, time);
            prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
        }

        #[test]
        fn never_panics(seconds in any::<i64>(), days in any::<i64>(), text in any::<String>()) {
            let time = Time(seconds).plus_days(days).plus_seconds(days);
            let _ = (time.to_string(), time.to_der(), time.to_generalized_der(), text.parse::<Time>());
        }
    }
}
