//! The citizen identity number: GB 11643-1999, 18 characters (6 region, 8 birth date,
//! 3 sequence, 1 check character by ISO 7064 MOD 11-2).
//!
//! The number is personal data: this module never prints it whole.

use std::fmt;

use x509::time::Time;

use super::date::Date;
use super::{Flaw, flaw};

/// The check character does not follow from the other 17.
pub const CHECK: Flaw = flaw(
    "E102",
    "身份证号码校验位不符，多半是输错或颠倒了数字。请对照身份证逐位核对。",
    "the check digit does not match, most likely a mistyped or swapped digit; compare with the card digit by digit",
);
/// A spreadsheet turned the number into a floating-point value.
pub const SPREADSHEET: Flaw = flaw(
    "E103",
    "身份证号码疑被 Excel 转为数字（科学计数或末三位变为 000）。请把该列设为“文本”格式后重新录入。",
    "a spreadsheet turned the number into a figure (scientific notation, or the last three digits became 000); set the column to text and enter it again",
);
/// The birth date is no day of the calendar.
pub const DATE: Flaw = flaw(
    "E104",
    "身份证号码中的出生日期不存在。请核对第 7 至 14 位。",
    "the date of birth in digits 7 to 14 does not exist; check them",
);
/// The first two digits are no province.
pub const PROVINCE: Flaw = flaw(
    "E105",
    "身份证号码前两位不是省级代码。请核对第 1、2 位。",
    "the first two digits are not the code of a province; check them",
);
/// Not 18 characters.
pub const LENGTH: Flaw = flaw(
    "E106",
    "身份证号码应为 18 位。15 位旧号码已于 2013 年停用，请按第二代身份证填写。",
    "the number must have 18 characters; 15-digit numbers were abolished in 2013, use the one on the second-generation card",
);
/// Born tomorrow or later.
pub const FUTURE: Flaw = flaw(
    "E107",
    "身份证号码中的出生日期晚于今天。请核对第 7 至 14 位。",
    "the date of birth lies in the future; check digits 7 to 14",
);
/// Something else than digits, or an X before the end.
pub const CHARACTER: Flaw = flaw(
    "E108",
    "身份证号码只能由数字组成，仅最后一位可以是 X。请删除其他字符。",
    "only digits are allowed, and X as the last character; remove everything else",
);
/// A birth year before 1900 or the sequence 000.
pub const UNASSIGNED: Flaw = flaw(
    "E109",
    "身份证号码的出生年份早于 1900 年或顺序码为 000，不会是在用号码。请核对。",
    "a birth year before 1900 or the sequence 000 is never in use; check the number",
);

/// ISO 7064 MOD 11-2: 2^(17-i) mod 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";

/// A number that passed every rule. No Debug of the digits; `Display` is masked.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber {
    text: String,
    birth: Date,
}

impl IdNumber {
    /// Checks `text`; a lower-case final `x` is taken as `X`. `today` bounds the date of birth.
    ///
    /// # Errors
    /// The first of: [`SPREADSHEET`], [`CHARACTER`], [`LENGTH`], [`PROVINCE`], [`DATE`], [`FUTURE`],
    /// [`UNASSIGNED`], [`CHECK`].
    pub fn parse(text: &str, today: Time) -> Result<Self, Flaw> {
        if is_scientific(text) {
            return Err(SPREADSHEET);
        }
        let body = text.strip_suffix(['X', 'x']).unwrap_or(text);
        if !body.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CHARACTER);
        }
        let upper = text.to_ascii_uppercase();
        let Ok(digits) = <[u8; 18]>::try_from(upper.as_bytes()) else {
            return Err(LENGTH);
        };
        if !is_province(&upper[..2]) {
            return Err(PROVINCE);
        }
        let number = |from: usize, to: usize| upper[from..to].parse::<u16>().unwrap_or(u16::MAX);
        let day = |from: usize| u8::try_from(number(from, from + 2)).unwrap_or(u8::MAX);
        let Some(birth) = Date::new(number(6, 10), day(10), day(12)) else {
            return Err(DATE);
        };
        if birth > Date::in_china(today) {
            return Err(FUTURE);
        }
        if birth.year() < 1900 {
            return Err(UNASSIGNED);
        }
        if check_character(&digits) != digits[17] {
            // 15 significant digits are what a spreadsheet keeps of 18.
            return Err(if upper.ends_with("000") {
                SPREADSHEET
            } else {
                CHECK
            });
        }
        if &upper[14..17] == "000" {
            return Err(UNASSIGNED);
        }
        Ok(Self { text: upper, birth })
    }

    /// The 18 characters. Personal data: into sealed storage and keyed digests only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The date of birth.
    #[must_use]
    pub fn birth(&self) -> Date {
        self.birth
    }

    /// `370102********001X`: for screens and print.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}********{}", &self.text[..6], &self.text[14..])
    }
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

/// True where `text` contains, anywhere, 18 characters that have the shape of an identity number: a province, a real
/// date from 1900 to 2099 and the right check character. Such text must not stand in a certificate.
#[must_use]
pub fn appears_in(text: &str) -> bool {
    text.as_bytes().windows(18).any(|window| {
        let Ok(mut digits) = <[u8; 18]>::try_from(window) else {
            return false;
        };
        digits[17] = digits[17].to_ascii_uppercase();
        digits[..17].iter().all(u8::is_ascii_digit)
            && digits[17] == check_character(&digits)
            && std::str::from_utf8(&digits).is_ok_and(has_person_shape)
    })
}

fn has_person_shape(number: &str) -> bool {
    let part = |from: usize, to: usize| {
        number
            .get(from..to)
            .and_then(|digits| digits.parse::<u16>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (part(6, 10), part(10, 12), part(12, 14)) else {
        return false;
    };
    let (Ok(month), Ok(day)) = (u8::try_from(month), u8::try_from(day)) else {
        return false;
    };
    number.get(..2).is_some_and(is_province)
        && (1900..2100).contains(&year)
        && Date::new(year, month, day).is_some()
}

/// The first 17 bytes must be digits; the 18th is not looked at.
fn check_character(digits: &[u8; 18]) -> u8 {
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .sum();
    // The remainder is below 11, the length of the table.
    CHECK_CHARACTERS[usize::try_from(sum % 11).unwrap_or_default()]
}

/// GB/T 2260 first level, and 83 for the residence permit of Taiwan residents.
fn is_province(code: &str) -> bool {
    matches!(
        code.parse::<u8>(),
        Ok(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
    )
}

/// `3.70102E+17` and its kin.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    all_digits(whole) && all_digits(fraction) && all_digits(exponent)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-01-01T00:00:00Z, the test date of the vectors.
    const TODAY: Time = Time(1_767_225_600);
    const GOOD: &str = "11010519491231002X";

    #[test]
    fn every_rule_has_its_own_code() {
        for (text, flaw) in [
            ("370102199003070015", CHECK),
            ("110105194912311000", SPREADSHEET),
            ("3.70102E+17", SPREADSHEET),
            ("3.70102199003070E17", SPREADSHEET),
            ("370102199002300019", DATE),
            ("990102199003070011", PROVINCE),
            ("37010219900307001", LENGTH),
            ("3701021990030700160", LENGTH),
            ("370102900307001", LENGTH),
            ("", LENGTH),
            ("37010220991231001X", FUTURE),
            ("370102199X03070016", CHARACTER),
            ("37010219900307001é", CHARACTER),
            ("370102199003070016\0", CHARACTER),
            ("440524188001010014", UNASSIGNED),
            ("370102199003070008", UNASSIGNED),
        ] {
            assert_eq!(IdNumber::parse(text, TODAY).unwrap_err(), flaw, "{text:?}");
        }
    }

    #[test]
    fn a_person_born_today_exists_and_one_born_tomorrow_does_not() {
        // 2010-09-10 begins in Beijing at 2010-09-09T16:00:00Z.
        let born = "371702201009100099";
        assert!(IdNumber::parse(born, Time(1_284_048_000)).is_ok());
        assert_eq!(IdNumber::parse(born, Time(1_284_047_999)), Err(FUTURE));
    }

    #[test]
    fn nothing_prints_the_whole_number() {
        let number = IdNumber::parse(GOOD, TODAY).unwrap();
        assert_eq!(number.to_string(), "110105********002X");
        assert_eq!(format!("{number:?}"), "IdNumber(110105********002X)");
        assert_eq!(number.reveal(), GOOD);
    }

    #[test]
    fn a_number_is_found_inside_other_text() {
        assert!(appears_in("EMP-11010519491231002x/7"));
        assert!(appears_in("工号370102199003070016"));
        assert!(!appears_in("370102199003070015"));
        assert!(!appears_in("370102199002300019"));
        assert!(!appears_in("P0007731"));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), today in any::<i64>()) {
            let _ = IdNumber::parse(&text, Time(today));
            let _ = appears_in(&text);
        }

        #[test]
        fn one_wrong_character_is_always_noticed(position in 0_usize..18, digit in 0_u8..10) {
            let mut bytes = GOOD.as_bytes().to_vec();
            prop_assume!(bytes[position] != b'0' + digit);
            bytes[position] = b'0' + digit;
            prop_assert!(IdNumber::parse(std::str::from_utf8(&bytes).unwrap(), TODAY).is_err());
        }

        #[test]
        fn one_swap_of_neighbours_is_always_noticed(position in 0_usize..16) {
            let mut bytes = GOOD.as_bytes().to_vec();
            prop_assume!(bytes[position] != bytes[position + 1]);
            bytes.swap(position, position + 1);
            prop_assert!(IdNumber::parse(std::str::from_utf8(&bytes).unwrap(), TODAY).is_err());
        }
    }
}
