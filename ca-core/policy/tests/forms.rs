//! Forms: every kind of field good and bad, hostile input, and what a form answers.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use policy::{Field, FieldKind, Form, PolicySet, Problem, Profile};
use proptest::prelude::*;
use x509::time::Time;

/// 2026-11-23T00:00:00Z.
const TODAY: Time = Time(1_795_392_000);

const KINDS: [FieldKind; 15] = [
    FieldKind::AuthorityName,
    FieldKind::DocumentNumber,
    FieldKind::Email,
    FieldKind::EmployeeNumber,
    FieldKind::HostNames,
    FieldKind::IdNumber,
    FieldKind::IpAddresses,
    FieldKind::Mobile,
    FieldKind::Organization,
    FieldKind::PersonName,
    FieldKind::Place,
    FieldKind::SocialCreditCode,
    FieldKind::Telephone,
    FieldKind::Text,
    FieldKind::Unit,
];

fn field(kind: FieldKind) -> Field {
    Field {
        name: "value".to_owned(),
        zh: "内容".to_owned(),
        en: "Value".to_owned(),
        kind,
        required: true,
        personal: false,
        example: String::new(),
        into: Vec::new(),
    }
}

fn profile(name: &str) -> std::sync::Arc<Profile> {
    PolicySet::embedded()
        .unwrap()
        .profile(name)
        .unwrap()
        .clone()
}

fn examples(profile: &Profile) -> BTreeMap<String, String> {
    profile
        .fields()
        .iter()
        .map(|field| (field.name.clone(), field.example.clone()))
        .collect()
}

fn with(profile: &Profile, field: &str, value: &str) -> Result<Form, Vec<Problem>> {
    let mut form = examples(profile);
    form.insert(field.to_owned(), value.to_owned());
    profile.check_form(&form, TODAY)
}

#[test]
fn every_kind_normalises() {
    for (kind, raw, normal) in [
        (FieldKind::AuthorityName, " 济南　签发  CA ", "济南 签发 CA"),
        (
            FieldKind::DocumentNumber,
            "\t鲁财人〔2026〕12号\r\n",
            "鲁财人〔2026〕12号",
        ),
        (
            FieldKind::Email,
            " ChenSQ＠CZT.Example.CN",
            "ChenSQ@czt.example.cn",
        ),
        (FieldKind::EmployeeNumber, "Ｐ０００７７３１", "P0007731"),
        (
            FieldKind::HostNames,
            "Portal.Jinan.cn，www.jinan.cn、a.cn",
            "portal.jinan.cn,www.jinan.cn,a.cn",
        ),
        (
            FieldKind::IdNumber,
            "\u{FEFF}１１０１０５１９４９１２３１００２ｘ ",
            "11010519491231002X",
        ),
        (
            FieldKind::IpAddresses,
            "10.36.1.20; 2001:DB8:0::1",
            "10.36.1.20,2001:db8::1",
        ),
        (FieldKind::IpAddresses, "::ffff:10.0.0.1", "10.0.0.1"),
        (FieldKind::Mobile, "+86 138-0013-8000", "13800138000"),
        (FieldKind::Mobile, "0086 13800138000", "13800138000"),
        (FieldKind::Mobile, "１３８００１３８０００", "13800138000"),
        (
            FieldKind::Organization,
            "山东省\u{3000}财政厅",
            "山东省 财政厅",
        ),
        (FieldKind::PersonName, "阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        (FieldKind::PersonName, "阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        (FieldKind::PersonName, "Nguye\u{302}\u{303}n", "Nguyễn"),
        (FieldKind::PersonName, "\u{F90A}", "金"),
        (FieldKind::PersonName, "陈思齐\n", "陈思齐"),
        (FieldKind::Place, " 济南市 ", "济南市"),
        (
            FieldKind::SocialCreditCode,
            "11370000004500010k",
            "11370000004500010K",
        ),
        (FieldKind::Telephone, "+86 13800138000", "13800138000"),
        (FieldKind::Telephone, "0531－86061234", "0531-86061234"),
        (FieldKind::Text, " 录入员 ", "录入员"),
        (FieldKind::Unit, "国库处", "国库处"),
    ] {
        let found = field(kind).accept(raw, TODAY);
        assert_eq!(found.as_deref(), Ok(normal), "{kind:?} {raw:?}");
        assert_eq!(
            field(kind).accept(normal, TODAY).as_deref(),
            Ok(normal),
            "{kind:?} twice"
        );
    }
}

#[test]
fn every_kind_refuses() {
    let long = "厅".repeat(129);
    for (kind, raw, code) in [
        (FieldKind::AuthorityName, "2026", "E153"),
        (FieldKind::AuthorityName, &long, "E150"),
        (FieldKind::DocumentNumber, &long, "E150"),
        (FieldKind::DocumentNumber, "鲁财\u{202E}人", "E151"),
        (FieldKind::Email, "chensq", "E122"),
        (FieldKind::EmployeeNumber, "P_1", "E170"),
        (FieldKind::EmployeeNumber, "工号1", "E170"),
        (FieldKind::EmployeeNumber, &"1".repeat(65), "E170"),
        (FieldKind::HostNames, "*.jinan.cn", "E160"),
        (FieldKind::HostNames, "10.0.0.1", "E162"),
        (FieldKind::HostNames, "a.cn, A.cn", "E161"),
        (FieldKind::IdNumber, "11010519491231003X", "E102"),
        (FieldKind::IdNumber, "1.10105E+17", "E103"),
        (FieldKind::IpAddresses, "portal.jinan.cn", "E165"),
        (FieldKind::IpAddresses, "127.0.0.1", "E166"),
        (FieldKind::IpAddresses, "10.0.0.1 10.0.0.1", "E161"),
        (FieldKind::Mobile, "86061234", "E120"),
        (FieldKind::Organization, "<b>厅</b>", "E152"),
        (FieldKind::Organization, &long, "E150"),
        (FieldKind::PersonName, "陈=思齐", "E152"),
        (FieldKind::PersonName, "007", "E153"),
        (FieldKind::PersonName, "陈\u{E001}", "E154"),
        (FieldKind::Place, &long, "E150"),
        (FieldKind::SocialCreditCode, "370000000000001", "E140"),
        (FieldKind::SocialCreditCode, "11370000004500010L", "E142"),
        (FieldKind::Telephone, "12345", "E121"),
        (FieldKind::Text, "a\u{0}b", "E151"),
        (FieldKind::Unit, "——", "E153"),
    ] {
        let flaw = field(kind).accept(raw, TODAY).unwrap_err();
        assert_eq!(flaw.code, code, "{kind:?} {raw:.20}");
        assert!(
            flaw.zh.ends_with('。') && !flaw.en.is_empty(),
            "{code} says what to do"
        );
    }
}

#[test]
fn hostile_text_is_refused_by_every_kind() {
    let megabytes = "厅".repeat(700_000);
    for kind in KINDS {
        for hostile in [
            "<script>alert(1)</script>",
            "\"><img src=x>",
            "财政\u{202E}厅",
            "财政\u{200F}厅",
            "财政\u{2066}厅",
            "财政\0厅",
            "财政\n厅",
            "财政\r\n厅",
            "财政\u{2028}厅",
            "财政\u{200B}厅",
            "财政\u{FEFF}厅",
            "财政\u{1B}[31m厅",
            &megabytes,
        ] {
            assert!(
                field(kind).accept(hostile, TODAY).is_err(),
                "{kind:?} takes {:?}",
                hostile.get(..20)
            );
        }
    }
    assert_eq!(
        field(FieldKind::Text)
            .accept(&megabytes, TODAY)
            .unwrap_err()
            .code,
        "E191"
    );
}

#[test]
fn the_examples_of_every_profile_pass() {
    for profile in PolicySet::embedded().unwrap().profiles() {
        let form = profile.check_form(&examples(profile), TODAY).unwrap();
        assert!(
            !form.display_name().is_empty() && !form.department().is_empty(),
            "{}",
            profile.name
        );
        // What is stored is checked again at issuance; it must say the same.
        assert_eq!(
            profile.check_form(&form.to_map(), TODAY).unwrap(),
            form,
            "{}",
            profile.name
        );
        for field in profile.fields() {
            assert!(
                !form.is_personal(&field.name) || field.into.is_empty(),
                "{}",
                field.name
            );
            assert_eq!(form.is_personal(&field.name), field.personal);
        }
    }
}

#[test]
fn only_required_fields_are_enough_and_each_is_missed() {
    for profile in PolicySet::embedded().unwrap().profiles() {
        let mut form = examples(profile);
        let required = |name: &String| {
            profile
                .fields()
                .iter()
                .any(|field| field.name == *name && field.required)
        };
        form.retain(|name, _| required(name));
        assert!(profile.check_form(&form, TODAY).is_ok(), "{}", profile.name);
        for field in profile.fields().iter().filter(|field| field.required) {
            for empty in [None, Some(""), Some(" \u{3000}\t")] {
                let mut form = form.clone();
                form.remove(&field.name);
                form.extend(empty.map(|empty| (field.name.clone(), empty.to_owned())));
                let problems = profile.check_form(&form, TODAY).unwrap_err();
                assert_eq!(problems.len(), 1);
                assert_eq!(
                    (problems[0].field.as_str(), problems[0].code),
                    (field.name.as_str(), "E101")
                );
                assert!(
                    problems[0].zh.contains(&field.zh) && problems[0].zh.contains(&field.example)
                );
            }
        }
    }
}

#[test]
fn all_problems_at_once_in_the_order_of_the_fields() {
    let profile = profile("staff-signing");
    let mut form = examples(&profile);
    form.remove("name");
    form.insert("id_number".to_owned(), "379902199003070011".to_owned());
    form.insert("mobile".to_owned(), "1".to_owned());
    form.insert("clearance".to_owned(), "top".to_owned());
    let problems = profile.check_form(&form, TODAY).unwrap_err();
    let found: Vec<_> = problems
        .iter()
        .map(|problem| (problem.field.as_str(), problem.code))
        .collect();
    assert_eq!(
        found,
        [
            ("name", "E101"),
            ("id_number", "E102"),
            ("mobile", "E120"),
            ("clearance", "E190")
        ]
    );
    let json = serde_json::to_value(&problems[1]).unwrap();
    assert_eq!(json["code"], "E102");
    assert!(
        !format!("{problems:?}").contains("379902199003070011"),
        "problems do not repeat personal data"
    );
}

#[test]
fn unknown_fields_are_reported_without_their_hostile_names() {
    let profile = profile("device");
    for name in ["<script>", "a\nb", "名", &"x".repeat(2_000_000), ""] {
        let problems = with(&profile, name, "x").unwrap_err();
        assert_eq!(
            (problems[0].field.as_str(), problems[0].code),
            ("-", "E190")
        );
    }
    let many = (0..65).map(|n| (format!("f{n}"), String::new())).collect();
    assert_eq!(
        profile.check_form(&many, TODAY).unwrap_err()[0].code,
        "E192"
    );
    let eleven = (0..60).map(|n| (format!("f{n}"), String::new())).collect();
    let problems = profile.check_form(&eleven, TODAY).unwrap_err();
    assert_eq!(
        problems
            .iter()
            .filter(|problem| problem.code == "E190")
            .count(),
        8
    );
}

#[test]
fn an_identity_number_never_reaches_a_public_field() {
    let staff = profile("staff-signing");
    for field in ["employee_number", "division", "department", "city"] {
        let value = if field == "employee_number" {
            "379902199003070018"
        } else {
            "处379902199003070018"
        };
        assert_eq!(
            with(&staff, field, value).unwrap_err()[0].code,
            "E172",
            "{field}"
        );
    }
    assert!(with(&staff, "employee_number", "379902199003070019").is_ok());
}

#[test]
fn the_first_host_name_must_fit_into_the_common_name() {
    let device = profile("device");
    let long = format!("{}.{}.cn", "a".repeat(40), "b".repeat(40));
    assert_eq!(with(&device, "host", &long).unwrap_err()[0].code, "E150");
    assert!(with(&device, "host", &format!("a.cn,{long}")).is_ok());
}

#[test]
fn what_a_staff_form_answers() {
    let staff = profile("staff-signing");
    let form = staff.check_form(&examples(&staff), TODAY).unwrap();
    assert_eq!(form.display_name(), "陈思齐");
    assert_eq!(form.department(), "山东省财政厅");
    assert_eq!(
        form.unique_identity(),
        Some(("id-number", "379902199003070018"))
    );
    assert_eq!(form.get("division"), Some("国库处"));
    assert_eq!(form.get("nothing"), None);
    let terms = form.search_terms();
    for term in [
        ("name", "陈思齐"),
        ("department", "山东省财政厅"),
        ("department", "财政"),
        ("identity", "379902199003070018"),
        ("identity-tail", "0018"),
        ("pinyin", "chensiqi"),
        ("initials", "csq"),
        ("born", "陈思齐 19900307"),
        ("mobile", "10012345678"),
    ] {
        assert!(terms.contains(&(term.0, term.1.to_owned())), "{term:?}");
    }
    assert_eq!(
        terms
            .iter()
            .filter(|(kind, _)| *kind == "department")
            .count(),
        6
    );
    assert_eq!(terms.len(), 13);
    let debug = format!("{form:?}");
    assert!(debug.contains("id_number") && !debug.contains("379902") && !debug.contains("陈思齐"));
}

#[test]
fn the_last_four_characters_of_an_identity_number() {
    for (text, tail) in [
        ("0018", Some("0018")),
        ("123X", Some("123x")),
        (" １２３ｘ ", Some("123x")),
        ("12X4", None),
        ("123", None),
        ("12345", None),
        ("123y", None),
        ("陈12", None),
        ("", None),
    ] {
        let found = policy::form::identity_tail(text);
        assert_eq!(found.as_deref(), tail, "{text}");
    }
    let department = profile("department-signing");
    let form = department
        .check_form(&examples(&department), TODAY)
        .unwrap();
    assert!(
        form.search_terms()
            .iter()
            .all(|(kind, _)| !["identity-tail", "born", "mobile"].contains(kind)),
        "the code of an organisation is nobody's number"
    );
}

#[test]
fn what_other_forms_answer() {
    let device = profile("device");
    let form = device.check_form(&examples(&device), TODAY).unwrap();
    assert_eq!(form.display_name(), "portal.jinan.example.cn");
    assert_eq!(
        form.unique_identity(),
        Some(("host", "portal.jinan.example.cn"))
    );
    let hosts: Vec<_> = form
        .search_terms()
        .into_iter()
        .filter(|(kind, _)| *kind == "host")
        .map(|(_, v)| v)
        .collect();
    assert_eq!(hosts, ["portal.jinan.example.cn", "www.jinan.example.cn"]);
    assert!(
        form.search_terms()
            .iter()
            .all(|(kind, _)| *kind != "name" && *kind != "identity")
    );

    let department = profile("department-signing");
    let form = department
        .check_form(&examples(&department), TODAY)
        .unwrap();
    assert_eq!(form.unique_identity(), Some(("uscc", "11370000DEM000014W")));
    assert!(
        form.search_terms()
            .contains(&("identity", "11370000dem000014w".to_owned()))
    );
    assert_eq!(
        policy::form::fold(" 11370000DEM000014Ｗ"),
        "11370000dem000014w"
    );

    let officer = profile("officer");
    let mut raw = examples(&officer);
    raw.remove("id_number");
    assert_eq!(
        officer.check_form(&raw, TODAY).unwrap().unique_identity(),
        None
    );
}

proptest! {
    #[test]
    fn no_input_panics_and_normalising_is_stable(text in any::<String>(), kind in 0_usize..15) {
        let field = field(KINDS[kind]);
        if let Ok(value) = field.accept(&text, TODAY) {
            prop_assert_eq!(field.accept(&value, TODAY), Ok(value.clone()));
            prop_assert!(!value.chars().any(char::is_control));
        }
    }

    #[test]
    fn names_of_letters_are_stable(text in "[\\PC]{0,60}", kind in 0_usize..15) {
        let field = field(KINDS[kind]);
        if let Ok(value) = field.accept(&text, TODAY) {
            prop_assert_eq!(field.accept(&value, TODAY), Ok(value.clone()));
        }
    }

    #[test]
    fn whatever_a_form_accepts_makes_a_subject(name in "\\PC{1,20}", unit in "\\PC{1,70}", number in "[ -~]{1,70}") {
        let staff = profile("staff-signing");
        let mut raw = examples(&staff);
        for (field, value) in [("name", name), ("department", unit.clone()), ("division", unit), ("employee_number", number)] {
            if staff.fields().iter().any(|known| known.name == field && known.accept(&value, TODAY).is_ok_and(|v| !v.is_empty())) {
                raw.insert(field.to_owned(), value);
            }
        }
        let form = staff.check_form(&raw, TODAY).unwrap();
        let subject = staff.subject(&form).unwrap();
        prop_assert_eq!(subject.common_name(), Some(form.display_name()));
    }
}
