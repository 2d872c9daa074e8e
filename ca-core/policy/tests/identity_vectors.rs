//! Every entry of the vector files for identity numbers and social credit codes.
#![allow(clippy::unwrap_used)]

use policy::identity::social_credit_code::organization_code_check;
use policy::identity::{IdNumber, SocialCreditCode};
use policy::{Field, FieldKind};
use serde_json::Value;
use x509::time::Time;

const ID_NUMBERS: &str = include_str!("../../../test-vectors/id_numbers.json");
const CREDIT_CODES: &str = include_str!("../../../test-vectors/uscc.json");
/// 2026-01-01T00:00:00Z, the test date of the vectors.
const TODAY: Time = Time(1_767_225_600);

/// What the strict parsers answer to each negative vector.
const REFUSED: [(&str, &str); 28] = [
    ("gb11643-example-2", "E109"),
    ("neg-wrong-check-digit", "E102"),
    ("neg-transposed-digits", "E104"),
    ("neg-feb-30", "E104"),
    ("neg-feb-29-non-leap", "E104"),
    ("neg-feb-29-1900", "E104"),
    ("neg-month-13", "E104"),
    ("neg-day-00", "E104"),
    ("neg-future", "E107"),
    ("neg-unknown-province", "E105"),
    ("neg-17-digits", "E106"),
    ("neg-19-chars", "E106"),
    ("neg-15-digit-old-style", "E106"),
    ("neg-full-width-digits", "E108"),
    ("neg-leading-space", "E108"),
    ("neg-x-in-the-middle", "E108"),
    ("neg-sequence-000", "E109"),
    ("neg-check-char", "E142"),
    ("neg-letter-I", "E141"),
    ("neg-letter-O", "E141"),
    ("neg-letter-S", "E141"),
    ("neg-letter-V", "E141"),
    ("neg-letter-Z", "E141"),
    ("neg-lower-case", "E141"),
    ("neg-17-chars", "E140"),
    ("neg-authority-0", "E143"),
    ("neg-region-letters", "E144"),
    ("neg-15-digit-business-licence", "E140"),
];

fn entries(file: &str) -> Vec<Value> {
    serde_json::from_str::<Vec<Value>>(file).unwrap()
}

fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry[key].as_str().unwrap()
}

fn expected_code(name: &str) -> Option<&'static str> {
    REFUSED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, code)| *code)
}

#[test]
fn id_numbers() {
    let entries = entries(ID_NUMBERS);
    assert_eq!(entries.len(), 49);
    for entry in &entries {
        let (name, value) = (text(entry, "name"), text(entry, "value"));
        let parsed = IdNumber::parse(value, TODAY);
        assert_eq!(
            parsed.as_ref().err().map(|flaw| flaw.code),
            expected_code(name),
            "{name}"
        );
        let Ok(number) = parsed else {
            assert_eq!(entry["valid"], false, "{name}");
            continue;
        };
        // `normalise`: a lower-case x is taken and written as X.
        assert!(
            entry["valid"] == true || entry["valid"] == "normalise",
            "{name}"
        );
        assert_eq!(number.reveal(), value.to_ascii_uppercase(), "{name}");
        if let Some(birth) = entry["birth"].as_str() {
            let date = number.birth();
            assert_eq!(
                format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
                birth,
                "{name}"
            );
        }
        if let Some(old) = entry["value_15"].as_str() {
            assert_eq!(
                IdNumber::parse(old, TODAY).unwrap_err().code,
                "E106",
                "{name}"
            );
        }
    }
}

#[test]
fn credit_codes() {
    let entries = entries(CREDIT_CODES);
    assert_eq!(entries.len(), 63);
    for entry in &entries {
        let (name, value) = (text(entry, "name"), text(entry, "value"));
        if entry["kind"] == "GB 11714" {
            let (body, check) = value.split_once('-').unwrap();
            assert_eq!(
                organization_code_check(body).map(String::from).as_deref(),
                Some(check),
                "{name}"
            );
            continue;
        }
        let parsed = SocialCreditCode::parse(value);
        assert_eq!(
            parsed.as_ref().err().map(|flaw| flaw.code),
            expected_code(name),
            "{name}"
        );
        // A wrong inner check is a warning: the only invalid vector that is taken.
        if let Ok(code) = parsed {
            assert_eq!(code.inner_check_ok(), entry["valid"] == true, "{name}");
            assert_eq!(
                code.inner_check_ok(),
                name != "neg-inner-org-check",
                "{name}"
            );
        }
    }
}

#[test]
fn a_form_normalises_what_the_strict_parsers_refuse() {
    let field = |kind| Field {
        name: "number".to_owned(),
        zh: "号码".to_owned(),
        en: "Number".to_owned(),
        kind,
        required: true,
        personal: true,
        example: String::new(),
        into: Vec::new(),
    };
    let normalised = ["neg-full-width-digits", "neg-leading-space", "lower-case-x"];
    for entry in entries(ID_NUMBERS) {
        if normalised.contains(&text(&entry, "name")) {
            assert!(
                field(FieldKind::IdNumber)
                    .accept(text(&entry, "value"), TODAY)
                    .is_ok()
            );
        }
    }
    for bad in ["", "0000000", "000000000", "0000000a", "山东0"] {
        assert_eq!(organization_code_check(bad), None, "{bad}");
    }
    let lower = field(FieldKind::SocialCreditCode).accept("11370000004500010k", TODAY);
    assert_eq!(lower.as_deref(), Ok("11370000004500010K"));
}
