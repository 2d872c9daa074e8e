use super::*;
use proptest::prelude::*;

fn builder() -> NameBuilder {
    NameBuilder {
        country: Some("CN".to_owned()),
        state: Some("山东省".to_owned()),
        locality: Some("济南市".to_owned()),
        organization: Some("山东省财政厅".to_owned()),
        organizational_unit: Some("信息中心".to_owned()),
        common_name: Some("阿卜杜拉·买买提".to_owned()),
        serial_number: Some("A-1001".to_owned()),
    }
}

/// A name of one attribute, CN, whose value is this whole element.
fn common_name(value: &[u8]) -> Result<Name, Error> {
    let der = crate::writer::Writer::element(crate::writer::SEQUENCE, 0, |name| {
        name.nested(SET, |set| {
            set.nested(crate::writer::SEQUENCE, |attribute| {
                attribute.oid(&COMMON_NAME);
                attribute.raw(value);
            });
        });
    });
    Name::from_der(&der)
}

#[test]
fn a_built_name_is_read_back_and_shown_in_order() {
    let name = builder().build().unwrap();
    let text = "C=CN, ST=山东省, L=济南市, O=山东省财政厅, OU=信息中心, CN=阿卜杜拉·买买提, serialNumber=A-1001";
    assert_eq!(name.to_string(), text);
    let read = Name::from_der(name.der()).unwrap();
    assert_eq!(read.to_string(), text);
    assert_eq!(read.attributes(), name.attributes());
    assert_eq!(read.common_name(), Some("阿卜杜拉·买买提"));
    // C and serialNumber are PrintableString, CN is UTF8String.
    let contains = |bytes: &[u8]| {
        name.der()
            .windows(bytes.len())
            .any(|window| window == bytes)
    };
    assert!(contains(b"\x06\x03\x55\x04\x06\x13\x02CN"));
    assert!(contains(b"\x06\x03\x55\x04\x05\x13\x06A-1001"));
    assert!(contains(
        "\x06\x03\x55\x04\x03\x0c\x17阿卜杜拉·买买提".as_bytes()
    ));
}

#[test]
fn each_field_has_its_rule() {
    let refused = |edit: &dyn Fn(&mut NameBuilder)| {
        let mut builder = builder();
        edit(&mut builder);
        let Err(Error::Value { what, .. }) = builder.build() else {
            panic!("accepted")
        };
        what
    };
    for country in ["cn", "C", "CHN", "中国", "C1", ""] {
        assert_eq!(refused(&|b| b.country = Some(country.to_owned())), "C");
    }
    assert_eq!(refused(&|b| b.common_name = Some("陈".repeat(65))), "CN");
    assert_eq!(refused(&|b| b.organization = Some("厅".repeat(65))), "O");
    assert_eq!(
        refused(&|b| b.organizational_unit = Some("处".repeat(65))),
        "OU"
    );
    assert_eq!(refused(&|b| b.locality = Some("市".repeat(129))), "L");
    assert_eq!(refused(&|b| b.state = Some("省".repeat(129))), "ST");
    assert_eq!(
        refused(&|b| b.serial_number = Some("1".repeat(65))),
        "serialNumber"
    );
    for serial in ["编号1", "a@b", "a*b", "a_b"] {
        assert_eq!(
            refused(&|b| b.serial_number = Some(serial.to_owned())),
            "serialNumber"
        );
    }
    assert_eq!(refused(&|b| *b = NameBuilder::default()), "name");
    let mut longest = builder();
    longest.common_name = Some("𠮷".repeat(64));
    assert_eq!(
        longest
            .build()
            .unwrap()
            .common_name()
            .unwrap()
            .chars()
            .count(),
        64
    );
}

#[test]
fn hostile_text_is_refused_whatever_the_field() {
    for text in [
        "",
        " ",
        " 陈",
        "陈 ",
        "陈\u{3000}",
        "<script>",
        "a>b",
        "陈\"",
        "陈\0",
        "陈\n",
        "陈\r",
        "陈\t齐",
        "\u{7F}",
        "\u{85}",
        "\u{202E}陈",
        "陈\u{202A}",
        "陈\u{2066}齐",
        "陈\u{2069}",
        "陈\u{200E}齐",
        "陈\u{200F}",
        "陈\u{200B}齐",
        "陈\u{2028}齐",
        "陈\u{FEFF}齐",
        "陈\u{E0041}",
    ] {
        assert!(check_text("x", text).is_err(), "{text:?}");
    }
    for text in [
        "O'Neill",
        "阿卜杜拉·买买提",
        "R&D, 中心; #1 + 2 = 3 \\",
        "𠮷田",
        "中国（山东）",
        "Nguyễn",
    ] {
        assert_eq!(check_text("x", text), Ok(()), "{text}");
    }
    let Err(error) = check_text("CN", "陈\u{202E}思齐") else {
        panic!("accepted")
    };
    assert!(
        !error.to_string().contains('陈'),
        "the text stays out of the error"
    );
}

#[test]
fn every_string_type_is_read() {
    for (value, text) in [
        (b"\x0c\x03\xe9\x99\x88".as_slice(), "陈"),
        (b"\x13\x02cn", "cn"),
        (b"\x16\x03a@b", "a@b"),
        (b"\x12\x03123", "123"),
        (b"\x1a\x03abc", "abc"),
        (b"\x14\x02\xe9\x41", "éA"),
        (b"\x1e\x02\x96\x48", "陈"),
        (b"\x0c\x00", ""),
    ] {
        assert_eq!(
            common_name(value).unwrap().common_name(),
            Some(text),
            "{value:02x?}"
        );
    }
    for value in [
        b"\x0c\x02\xe9\x99".as_slice(),
        b"\x13\x03\xe9\x99\x88",
        b"\x13\x01<",
        b"\x16\x01\x80",
        b"\x12\x01a",
        b"\x1a\x01\x07",
        b"\x1e\x01\x96",
        b"\x1e\x02\xd8\x00",
    ] {
        assert_eq!(
            common_name(value),
            Err(Error::broken("attribute of a name")),
            "{value:02x?}"
        );
    }
    for value in [b"\x04\x01a".as_slice(), b"\x03\x02\x00a", b"\x30\x00"] {
        assert!(
            matches!(common_name(value), Err(Error::Unsupported { .. })),
            "{value:02x?}"
        );
    }
}

#[test]
fn what_cannot_be_seen_is_shown_as_hex() {
    let shown = |text: &str| {
        let mut value = vec![0x0C, u8::try_from(text.len()).unwrap()];
        value.extend_from_slice(text.as_bytes());
        common_name(&value).unwrap().to_string()
    };
    assert_eq!(shown("a, O=b"), r"CN=a\, O=b");
    assert_eq!(shown("#a+b;c\\d\"<>"), r#"CN=\#a\+b\;c\\d\"\<\>"#);
    assert_eq!(shown(" a "), r"CN=\ a\ ");
    assert_eq!(shown("a\0\n\u{202E}"), r"CN=a\00\0A\E2\80\AE");
}

#[test]
fn equality_is_that_of_rfc_5280() {
    let named = |value: &[u8]| common_name(value).unwrap();
    assert_eq!(named(b"\x0c\x09Zhang San"), named(b"\x13\x0c ZHANG   san"));
    assert_eq!(named("\x0c\x03陈".as_bytes()), named(b"\x1e\x02\x96\x48"));
    assert_ne!(named(b"\x0c\x08ZhangSan"), named(b"\x0c\x09Zhang San"));
    let parts = |builder: NameBuilder| builder.build().unwrap();
    let (a, b) = (Some("a".to_owned()), Some("b".to_owned()));
    let first = parts(NameBuilder {
        organization: a.clone(),
        common_name: b.clone(),
        ..NameBuilder::default()
    });
    let second = parts(NameBuilder {
        organization: b,
        common_name: a,
        ..NameBuilder::default()
    });
    assert_ne!(first, second);
    // O=a+CN=b, one RDN of two, is another name than O=a, CN=b; its two orders are the same.
    let (o, cn) = (
        b"\x30\x08\x06\x03\x55\x04\x0a\x0c\x01a",
        b"\x30\x08\x06\x03\x55\x04\x03\x0c\x01b",
    );
    let together = |parts: [&[u8]; 2]| {
        Name::from_der(&[b"\x30\x16\x31\x14".as_slice(), &parts.concat()].concat()).unwrap()
    };
    assert_ne!(together([o, cn]), first);
    assert_eq!(together([o, cn]), together([cn, o]));
    assert_eq!(together([o, cn]).to_string(), "O=a+CN=b");
}

#[test]
fn limits() {
    let large = vec![0x30; NAME_LIMIT + 1];
    assert_eq!(
        Name::from_der(&large),
        Err(Error::TooLarge {
            what: "name",
            limit: NAME_LIMIT
        })
    );
    let set = b"\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01a";
    let name = |count: usize| {
        crate::writer::Writer::element(crate::writer::SEQUENCE, 0, |name| {
            (0..count).for_each(|_| name.raw(set))
        })
    };
    assert!(Name::from_der(&name(ATTRIBUTE_LIMIT)).is_ok());
    assert!(matches!(
        Name::from_der(&name(ATTRIBUTE_LIMIT + 1)),
        Err(Error::TooLarge { .. })
    ));
    assert!(Name::from_der(b"\x30\x00").unwrap().is_empty());
    for bad in [
        b"\x30\x02\x31\x00".as_slice(),
        b"\x31\x00",
        b"\x30\x00\x00",
        b"\x30\x80\x00\x00",
        b"",
        b"\x30\x02\x30\x00",
    ] {
        assert!(Name::from_der(bad).is_err(), "{bad:02x?}");
    }
}

proptest! {
    #[test]
    fn what_is_built_is_read_back(cn in "\\PC{1,70}", serial in "[ -~]{1,70}") {
        let builder = NameBuilder { common_name: Some(cn.clone()), serial_number: Some(serial), ..NameBuilder::default() };
        if let Ok(name) = builder.build() {
            let read = Name::from_der(name.der()).unwrap();
            prop_assert_eq!(read.attributes(), name.attributes());
            prop_assert_eq!(read.common_name(), Some(cn.as_str()));
            prop_assert!(!name.to_string().chars().any(is_hidden));
        }
    }

    #[test]
    fn text_that_is_shown_hides_nothing(text in any::<String>()) {
        prop_assert!(!escape(&text).chars().any(is_hidden));
    }

    #[test]
    fn never_panics(der in any::<Vec<u8>>()) {
        let _ = Name::from_der(&der);
    }
}
