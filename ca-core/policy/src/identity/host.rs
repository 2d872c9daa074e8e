//! Host names and addresses of devices, as they stand in a subjectAltName (RFC 5280 §4.2.1.6, RFC 1123 §2.1).

use std::net::IpAddr;

use super::{Flaw, flaw};

/// Not a host name.
pub const SYNTAX: Flaw = flaw(
    "E160",
    "主机名格式不符。请填写小写完整域名，如 portal.jinan.gov.cn；中文域名请填写 xn-- 开头的形式，不支持通配符。",
    "not a host name; write the full name such as portal.jinan.gov.cn, a Chinese name in its xn-- form, no wildcard",
);
/// The same name or address twice.
pub const REPEATED: Flaw = flaw(
    "E161",
    "同一名称或地址填写了两次。请删除重复项。",
    "the same name or address is given twice; remove one",
);
/// An address where a name belongs.
pub const IS_ADDRESS: Flaw = flaw(
    "E162",
    "这里应填写主机名，IP 地址请填入“IP 地址”栏。",
    "a host name belongs here; put IP addresses into their own field",
);
/// More names or addresses than a certificate should carry.
pub const TOO_MANY: Flaw = flaw(
    "E163",
    "一张证书最多写入 20 个名称或地址。请分成几张证书申请。",
    "one certificate takes at most 20 names or addresses; apply for several certificates",
);
/// Not an IP address.
pub const ADDRESS: Flaw = flaw(
    "E165",
    "IP 地址格式不符。请填写如 10.36.1.20 或 2001:db8::1 的地址，不带端口和掩码。",
    "not an IP address; write it like 10.36.1.20 or 2001:db8::1 without port or mask",
);
/// An address that is no single machine on a network.
pub const NOT_A_HOST: Flaw = flaw(
    "E166",
    "该 IP 地址不代表网络上的某台设备（全零、回环、组播或广播地址）。请填写设备的实际地址。",
    "this address is no machine on a network (unspecified, loopback, multicast or broadcast); give the device's own",
);

/// Names or addresses in one field.
pub const LIST_LIMIT: usize = 20;

/// Lower-case host name of at least two labels; letters, digits and inner hyphens; at most 253 characters; the last
/// label is not a number. No wildcard, no trailing dot.
///
/// # Errors
/// [`IS_ADDRESS`], [`SYNTAX`].
pub fn host_name(text: &str) -> Result<(), Flaw> {
    if text.parse::<IpAddr>().is_ok() {
        return Err(IS_ADDRESS);
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_number = text
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if text.len() <= 253 && text.contains('.') && text.split('.').all(label) && !last_is_number {
        Ok(())
    } else {
        Err(SYNTAX)
    }
}

/// An address of one machine.
///
/// # Errors
/// [`ADDRESS`], [`NOT_A_HOST`].
pub fn address(text: &str) -> Result<IpAddr, Flaw> {
    let address: IpAddr = text.parse().map_err(|_| ADDRESS)?;
    // A v4 address in v6 clothes is judged, and written, as what it is.
    let address = address.to_canonical();
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() || broadcast {
        return Err(NOT_A_HOST);
    }
    Ok(address)
}

/// Splits a list at commas, semicolons and blanks, checks each item with `check`, refuses repetitions, and joins the
/// answers with `,`.
///
/// # Errors
/// [`TOO_MANY`], [`REPEATED`] and what `check` refuses.
pub fn list(text: &str, check: impl Fn(&str) -> Result<String, Flaw>) -> Result<String, Flaw> {
    let mut items: Vec<String> = Vec::new();
    for item in text
        .split([',', ';', ' ', '、'])
        .filter(|item| !item.is_empty())
    {
        if items.len() == LIST_LIMIT {
            return Err(TOO_MANY);
        }
        let item = check(item)?;
        if items.contains(&item) {
            return Err(REPEATED);
        }
        items.push(item);
    }
    Ok(items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names() {
        let longest_label = format!("{}.cn", "a".repeat(63));
        for good in [
            "portal.jinan.gov.cn",
            "a.b",
            "xn--fiqs8s.cn",
            "1.example.cn",
            &longest_label,
        ] {
            assert_eq!(host_name(good), Ok(()), "{good}");
        }
        let long_label = format!("{}.cn", "a".repeat(64));
        let long_name = "a.".repeat(127) + "cn";
        for bad in [
            "",
            ".",
            "localhost",
            "*.gov.cn",
            "a..cn",
            "a.cn.",
            "-a.cn",
            "a-.cn",
            "A.cn",
            "a_b.cn",
            "济南.cn",
            "a.1",
            "a b.cn",
            "a\0.cn",
            "a.cn\n",
            &long_label,
            &long_name,
        ] {
            assert_eq!(host_name(bad), Err(SYNTAX), "{bad:?}");
        }
        assert_eq!(host_name("10.0.0.1"), Err(IS_ADDRESS));
        assert_eq!(host_name("::1"), Err(IS_ADDRESS));
    }

    #[test]
    fn addresses() {
        for good in ["10.36.1.20", "2001:db8::1"] {
            assert!(address(good).is_ok(), "{good}");
        }
        assert_eq!(
            address("::ffff:10.0.0.1").map(|a| a.to_string()),
            Ok("10.0.0.1".to_owned())
        );
        for bad in [
            "",
            "10.0.0",
            "10.0.0.1/8",
            "10.0.0.1:80",
            "010.0.0.1",
            "portal.cn",
        ] {
            assert_eq!(address(bad), Err(ADDRESS), "{bad}");
        }
        for bad in [
            "0.0.0.0",
            "::",
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert_eq!(address(bad), Err(NOT_A_HOST), "{bad}");
        }
    }

    #[test]
    fn lists() {
        let as_is = |item: &str| Ok(item.to_owned());
        assert_eq!(list("a, b;c、d", as_is).as_deref(), Ok("a,b,c,d"));
        assert_eq!(list("a,a", as_is), Err(REPEATED));
        let many = (0..21).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(list(&many, as_is), Err(TOO_MANY));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = (host_name(&text), address(&text));
        }
    }
}
