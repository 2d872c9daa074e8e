use proptest::prelude::*;
use serde_json::json;

use super::*;

fn canonical(value: &Value) -> String {
    String::from_utf8(to_canonical(value).unwrap()).unwrap()
}

fn what(text: &str) -> &'static str {
    match from_canonical::<Value>(text.as_bytes(), 4096) {
        Err(Error::NotCanonical { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    }
}

/// RFC 8785 §3.2.2: string and literals of the sample (its floats and null are outside our subset).
#[test]
fn strings_are_escaped_as_in_the_rfc() {
    let sample =
        r#"{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [true, false]}"#;
    let value: Value = serde_json::from_str(sample).unwrap();
    let expected = r#"{"literals":[true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
    assert_eq!(canonical(&value), expected);
}

/// RFC 8785 §3.2.3: names in the order of UTF-16 code units.
#[test]
fn names_are_sorted_as_in_the_rfc() {
    let sample = r#"{
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let value: Value = serde_json::from_str(sample).unwrap();
    let expected = concat!(
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",",
        "\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",",
        "\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}",
    );
    assert_eq!(canonical(&value), expected);
}

#[test]
fn every_control_character_has_its_escape() {
    let value = json!("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}\u{2028}");
    assert_eq!(
        canonical(&value),
        "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}\u{2028}\""
    );
}

#[test]
fn floats_null_and_large_integers_have_no_form() {
    for value in [
        json!(1.5),
        json!(1.0),
        json!(null),
        json!([{"a": null}]),
        json!(1_u64 << 53),
        json!(-(1_i64 << 53)),
        json!(u64::MAX),
        json!(i64::MIN),
    ] {
        assert!(
            matches!(to_canonical(&value), Err(Error::Unencodable { .. })),
            "{value}"
        );
    }
    assert_eq!(canonical(&json!((1_i64 << 53) - 1)), "9007199254740991");
    assert_eq!(canonical(&json!(1 - (1_i64 << 53))), "-9007199254740991");
}

#[test]
fn every_other_spelling_is_refused() {
    for text in [
        "",
        " {}",
        "{} ",
        "{ }",
        "{\"b\":1,\"a\":2}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,}",
        "[1,2",
        "01",
        "+1",
        "1e3",
        "1.0",
        "-0",
        "9007199254740992",
        "null",
        "\"\\u0041\"",
        "\"\\/\"",
        "\"\\u000F\"",
        "\"\\ud800\"",
        "\u{feff}{}",
        "'a'",
    ] {
        assert!(!what(text).is_empty());
    }
    assert!(from_canonical::<Value>(b"\"\xff\"", 16).is_err());
}

#[test]
fn position_points_to_the_first_wrong_byte() {
    let error = from_canonical::<Value>(b"{\"a\":1,\"b\":\"\\u0041\"}", 64).unwrap_err();
    assert_eq!(
        error,
        Error::NotCanonical {
            at: 12,
            what: "the canonical text is another"
        }
    );
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(from_canonical::<Value>(nested(MAX_DEPTH).as_bytes(), 4096).is_ok());
    assert_eq!(what(&nested(MAX_DEPTH + 1)), "nested too deeply");
    assert_eq!(what(&"[".repeat(4000)), "nested too deeply");
    let deep = (0..=MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
    assert!(to_canonical(&deep).is_err());
    // Brackets inside strings do not count.
    let text = format!("\"{}\\\"[\"", "[".repeat(100));
    assert!(from_canonical::<Value>(text.as_bytes(), 4096).is_ok());
    assert_eq!(
        from_canonical::<Value>(b"[1,2]", 4),
        Err(Error::TooLong {
            what: "canonical JSON",
            limit: 4
        })
    );
}

#[test]
fn errors_do_not_repeat_the_input() {
    let error = from_canonical::<u32>("\"张三 370102199001011234\"".as_bytes(), 64).unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("张三") && !text.contains("3701"), "{text}");
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in values()) {
        let bytes = to_canonical(&value).unwrap();
        prop_assert_eq!(&from_canonical::<Value>(&bytes, bytes.len()).unwrap(), &value);
        // An independent reader sees the same value.
        prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(value) = from_canonical::<Value>(&bytes, 150) {
            prop_assert_eq!(to_canonical(&value).unwrap(), bytes);
        }
    }

    #[test]
    fn no_json_like_text_panics(text in "[\\[\\]{}\",:0-9a-z\\\\ .eE+-]{0,60}") {
        if let Ok(value) = from_canonical::<Value>(text.as_bytes(), 60) {
            prop_assert_eq!(canonical(&value), text);
        }
    }
}
