//! Telephone numbers and e-mail addresses.

use super::{Flaw, flaw};

/// No mobile number of mainland China.
pub const MOBILE: Flaw = flaw(
    "E120",
    "手机号格式不符。应为 11 位、以 1 开头的大陆手机号。",
    "not a mobile number; it must have 11 digits and begin with 1",
);
/// Neither a mobile number nor a fixed line with its area code.
pub const TELEPHONE: Flaw = flaw(
    "E121",
    "电话号码格式不符。请填写 11 位手机号，或带区号的固定电话，如 0531-86061234。",
    "not a telephone number; give an 11-digit mobile number or a fixed line with area code such as 0531-86061234",
);
/// No address of RFC 5321 that we put into a certificate.
pub const EMAIL: Flaw = flaw(
    "E122",
    "电子邮件地址格式不符。请填写形如 name@example.gov.cn 的地址，只用英文字母、数字和 . _ - +。",
    "not an e-mail address; write it like name@example.gov.cn with ASCII letters, digits and . _ - + only",
);

/// A mobile number without its country prefix: 11 digits. Numbers beginning with 100 belong to nobody; the
/// demonstration uses them so that it never names a real telephone.
///
/// # Errors
/// [`MOBILE`].
pub fn mobile(text: &str) -> Result<(), Flaw> {
    let bytes = text.as_bytes();
    let known_prefix = matches!(bytes, [b'1', b'3'..=b'9', ..] | [b'1', b'0', b'0', ..]);
    if bytes.len() == 11 && known_prefix && bytes.iter().all(u8::is_ascii_digit) {
        Ok(())
    } else {
        Err(MOBILE)
    }
}

/// A mobile number, or a fixed line `0` + 2 or 3 digits, optional hyphen, 7 or 8 digits.
///
/// # Errors
/// [`TELEPHONE`].
pub fn telephone(text: &str) -> Result<(), Flaw> {
    if mobile(text).is_ok() {
        return Ok(());
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fixed = match text.split_once('-') {
        Some((area, number)) => {
            area.starts_with('0')
                && (3..=4).contains(&area.len())
                && (7..=8).contains(&number.len())
                && digits(area)
                && digits(number)
        }
        None => text.starts_with('0') && (10..=12).contains(&text.len()) && digits(text),
    };
    if fixed { Ok(()) } else { Err(TELEPHONE) }
}

/// An e-mail address: dot-atom of at most 64 bytes, `@`, a host name; at most 254 bytes (RFC 5321 §4.5.3.1, RFC 5280
/// §4.2.1.6 rfc822Name). Quoted local parts are refused: nobody can type them on a telephone.
///
/// # Errors
/// [`EMAIL`].
pub fn email(text: &str) -> Result<(), Flaw> {
    let Some((local, domain)) = text.split_once('@') else {
        return Err(EMAIL);
    };
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte))
    };
    let good = text.len() <= 254
        && local.len() <= 64
        && local.split('.').all(atom)
        && super::host::host_name(domain).is_ok();
    if good { Ok(()) } else { Err(EMAIL) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn telephones() {
        for good in ["13800138000", "19912345678", "10012345678"] {
            assert_eq!(mobile(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "12012345678",
            "1380013800",
            "138001380000",
            "1380013800x",
            "10112345678",
            "+8613800138000",
        ] {
            assert_eq!(mobile(bad), Err(MOBILE), "{bad}");
        }
        for good in [
            "0531-86061234",
            "053186061234",
            "010-12345678",
            "0539-2251234",
            "13800138000",
        ] {
            assert_eq!(telephone(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "86061234",
            "531-86061234",
            "0531-860",
            "0531--86061234",
            "0531-8606123a",
            "05318606123456",
        ] {
            assert_eq!(telephone(bad), Err(TELEPHONE), "{bad}");
        }
    }

    #[test]
    fn addresses() {
        for good in ["chensq@czt.shandong.gov.cn", "a.b+c_d-e@example.cn"] {
            assert_eq!(email(good), Ok(()), "{good}");
        }
        let long = format!("{}@example.cn", "a".repeat(65));
        for bad in [
            "",
            "a",
            "@example.cn",
            "a@",
            "a@b@example.cn",
            "a..b@example.cn",
            ".a@example.cn",
            "陈@example.cn",
            "a b@example.cn",
            "a@-x.cn",
            "\"a\"@example.cn",
            "a\n@example.cn",
            &long,
        ] {
            assert_eq!(email(bad), Err(EMAIL), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = (mobile(&text), telephone(&text), email(&text));
        }
    }
}
