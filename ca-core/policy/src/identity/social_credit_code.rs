//! The unified social credit code of organisations: GB 32100-2015, 18 characters, with the organisation code of
//! GB 11714 inside. Public data: it stands in department certificates (1.2.156.10260.4.1.4).

use std::fmt;

use super::{Flaw, flaw};

/// Not 18 characters.
pub const LENGTH: Flaw = flaw(
    "E140",
    "统一社会信用代码应为 18 位。15 位的旧工商注册号不能使用，请按最新证书填写。",
    "the unified social credit code must have 18 characters; the old 15-digit registration number cannot be used",
);
/// A character outside the set of GB 32100.
pub const CHARACTER: Flaw = flaw(
    "E141",
    "统一社会信用代码只含数字和大写字母，且不使用 I、O、S、V、Z。请核对是否把 1、0、5、2 看成了字母。",
    "only digits and capital letters without I, O, S, V and Z are used; check whether a 1, 0, 5 or 2 was read as a letter",
);
/// The check character does not follow from the other 17.
pub const CHECK: Flaw = flaw(
    "E142",
    "统一社会信用代码校验位不符，多半是输错了字符。请对照证书逐位核对。",
    "the check character does not match, most likely a mistyped character; compare with the certificate",
);
/// The first character is no registration authority.
pub const AUTHORITY: Flaw = flaw(
    "E143",
    "统一社会信用代码第 1 位不是登记管理部门代码。请核对第 1 位。",
    "the first character is not the code of a registration authority; check it",
);
/// Characters 3 to 8 are no region of GB/T 2260.
pub const REGION: Flaw = flaw(
    "E144",
    "统一社会信用代码第 3 至 8 位应为 6 位行政区划数字。请核对。",
    "characters 3 to 8 must be the six digits of a region; check them",
);

const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31.
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];
const INNER_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Registration authorities of GB 32100-2015 table 1 with its amendments.
const AUTHORITIES: &[u8] = b"123456789ANY";

/// A code that passed the outer rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SocialCreditCode(String);

impl SocialCreditCode {
    /// Checks `text`, capitals only.
    ///
    /// # Errors
    /// The first of: [`LENGTH`], [`CHARACTER`], [`AUTHORITY`], [`REGION`], [`CHECK`].
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let Ok(bytes) = <[u8; 18]>::try_from(text.as_bytes()) else {
            return Err(LENGTH);
        };
        let mut values = [0_usize; 18];
        for (value, byte) in values.iter_mut().zip(bytes) {
            *value = CHARACTERS
                .iter()
                .position(|known| *known == byte)
                .ok_or(CHARACTER)?;
        }
        if !AUTHORITIES.contains(&bytes[0]) {
            return Err(AUTHORITY);
        }
        if !bytes[2..8].iter().all(u8::is_ascii_digit) {
            return Err(REGION);
        }
        let sum: usize = values
            .iter()
            .zip(WEIGHTS)
            .map(|(value, weight)| value * weight)
            .sum();
        if (31 - sum % 31) % 31 != values[17] {
            return Err(CHECK);
        }
        Ok(Self(text.to_owned()))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the inner organisation code (characters 9 to 17) satisfies GB 11714. Some codes of the first years do
    /// not, so this is a warning for the reviewer and never a refusal.
    #[must_use]
    pub fn inner_check_ok(&self) -> bool {
        let inner = self.0.get(8..16).and_then(organization_code_check);
        inner.is_some() && self.0.chars().nth(16) == inner
    }
}

/// The check character of an organisation code (GB 11714) from its first eight characters, digits and capitals;
/// `None` for anything else.
#[must_use]
pub fn organization_code_check(body: &str) -> Option<char> {
    let bytes = <[u8; 8]>::try_from(body.as_bytes()).ok()?;
    let mut sum = 0;
    for (byte, weight) in bytes.iter().zip(INNER_WEIGHTS) {
        let value = char::from(*byte)
            .to_digit(36)
            .filter(|_| !byte.is_ascii_lowercase())?;
        sum += value * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

impl fmt::Display for SocialCreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_rule_has_its_own_code() {
        for (text, flaw) in [
            ("11370000004500010L", CHECK),
            ("1137000000I500010K", CHARACTER),
            ("11370000004500010k", CHARACTER),
            ("01370000004500010K", AUTHORITY),
            ("B1370000004500010K", AUTHORITY),
            ("113701A0004500010K", REGION),
            ("370000000000001", LENGTH),
            ("", LENGTH),
            ("山东省财政厅", CHARACTER),
            ("山东省", LENGTH),
        ] {
            assert_eq!(SocialCreditCode::parse(text).unwrap_err(), flaw, "{text:?}");
        }
    }

    #[test]
    fn the_inner_check_is_only_a_warning() {
        assert!(
            !SocialCreditCode::parse("11370000004500011N")
                .unwrap()
                .inner_check_ok()
        );
        assert!(
            SocialCreditCode::parse("11370000004500010K")
                .unwrap()
                .inner_check_ok()
        );
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = SocialCreditCode::parse(&text);
        }

        #[test]
        fn one_wrong_character_is_always_noticed(position in 0_usize..18, value in 0_usize..31) {
            let mut bytes = b"11370000004500010K".to_vec();
            prop_assume!(bytes[position] != CHARACTERS[value]);
            bytes[position] = CHARACTERS[value];
            prop_assert!(SocialCreditCode::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
        }
    }
}
