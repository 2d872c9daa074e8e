//! The whole matrix role × verb as a literal, and every separation with its negative.
//!
//! The table repeats `policies/separation.toml` on purpose: a right is granted or taken in two places or not at all.
#![allow(clippy::unwrap_used)]

use policy::{Place, PolicySet, Role, Scope, Verb};

/// Columns: entry, review, production, ra-administrator, auditor. `y` may, `-` may not.
const MATRIX: [(&str, &str); 20] = [
    //                      E R P A U
    ("audit.read", "        - - - - y"),
    ("case.list", "         y y y y y"),
    ("case.review", "       - y - - -"),
    ("case.submit", "       y - - - -"),
    ("case.view", "         y y y y y"),
    ("case.withdraw", "     y - - - -"),
    ("certificate.hold", "  y y y y -"),
    ("certificate.issue", " - - y - -"),
    ("certificate.release", "- y - y -"),
    ("certificate.revoke", "- y - y -"),
    ("certificate.search", "y y y y y"),
    ("certificate.view", "  y y y y y"),
    ("crl.publish", "       - - y y -"),
    ("ledger.read", "       y y y y y"),
    ("officer.confirm", "   - - - y -"),
    ("officer.list", "      - - - y y"),
    ("officer.propose", "   - - - y -"),
    ("officer.refuse", "    - - - y -"),
    ("roster.import", "     y - - y -"),
    ("roster.view", "       y y - y y"),
];

#[test]
fn every_role_and_verb() {
    let set = PolicySet::embedded().unwrap();
    let mut cells = 0;
    for (verb, row) in MATRIX {
        let verb: Verb = verb.parse().unwrap();
        let row: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(row.len(), Role::ALL.len(), "{verb}");
        for (role, cell) in Role::ALL.into_iter().zip(row) {
            cells += 1;
            match set.rules().authorize(role, verb) {
                Ok(()) => assert_eq!(cell, "y", "{role} may {verb}, the table says no"),
                Err(refusal) => {
                    assert_eq!(cell, "-", "{role} may not {verb}, the table says yes");
                    assert_eq!(refusal.code, "P403");
                    assert!(
                        refusal.zh.contains(role.zh()) && refusal.zh.contains(verb.zh()),
                        "{}",
                        refusal.zh
                    );
                    assert!(refusal.to_string().starts_with("P403 "));
                }
            }
        }
    }
    assert_eq!(
        cells,
        Role::ALL.len() * Verb::ALL.len(),
        "the table is complete"
    );
}

/// In one case: who did the first never does the second.
const SEPARATED: [(Verb, Verb); 6] = [
    (Verb::CaseSubmit, Verb::CaseReview),
    (Verb::CertificateIssue, Verb::CaseReview),
    (Verb::CaseReview, Verb::CaseSubmit),
    (Verb::CaseReview, Verb::CertificateIssue),
    (Verb::CertificateHold, Verb::CertificateRelease),
    (Verb::OfficerPropose, Verb::OfficerConfirm),
];

#[test]
fn every_pair_of_verbs_is_separated_or_not() {
    let set = PolicySet::embedded().unwrap();
    for earlier in Verb::ALL {
        for verb in Verb::ALL {
            let before = [(Verb::CaseView, "OP-0009"), (earlier, "OP-0001")];
            let answer = set.rules().separate(verb, "OP-0001", &before);
            assert_eq!(
                answer.is_err(),
                SEPARATED.contains(&(earlier, verb)),
                "{verb} after {earlier}"
            );
            if let Err(refusal) = answer {
                assert_eq!(refusal.code, "P409");
            }
            assert!(
                set.rules().separate(verb, "OP-0002", &before).is_ok(),
                "another person: {verb} after {earlier}"
            );
            assert!(set.rules().separate(verb, "OP-0001", &[]).is_ok());
        }
    }
}

#[test]
fn an_office_of_two_can_work() {
    let set = PolicySet::embedded().unwrap();
    let entered = [(Verb::CaseSubmit, "OP-0001"), (Verb::CaseReview, "OP-0002")];
    assert!(
        set.rules()
            .separate(Verb::CertificateIssue, "OP-0001", &entered)
            .is_ok()
    );
    assert!(
        set.rules()
            .separate(Verb::CertificateIssue, "OP-0002", &entered)
            .is_err()
    );
}

#[test]
fn an_earlier_revision_counts() {
    let set = PolicySet::embedded().unwrap();
    let history = [
        (Verb::CaseSubmit, "OP-0001"),
        (Verb::CaseReview, "OP-0002"),
        (Verb::CaseSubmit, "OP-0003"),
    ];
    assert!(
        set.rules()
            .separate(Verb::CaseReview, "OP-0001", &history)
            .is_err()
    );
    assert!(
        set.rules()
            .separate(Verb::CaseReview, "OP-0003", &history)
            .is_err()
    );
    assert!(
        set.rules()
            .separate(Verb::CaseReview, "OP-0002", &history)
            .is_ok()
    );
}

#[test]
fn spelling_does_not_make_another_person() {
    let set = PolicySet::embedded().unwrap();
    for spelling in ["op-0001", " OP-0001", "Op-0001 "] {
        let refusal =
            set.rules()
                .separate(Verb::CaseReview, spelling, &[(Verb::CaseSubmit, "OP-0001")]);
        assert_eq!(refusal.unwrap_err().code, "P409", "{spelling:?}");
    }
    assert_eq!(
        set.rules()
            .separate(Verb::CaseReview, "", &[])
            .unwrap_err()
            .code,
        "P409"
    );
}

#[test]
fn auditors_do_nothing_else() {
    let set = PolicySet::embedded().unwrap();
    for role in Role::ALL {
        for held in Role::ALL {
            let clash = role != held && (role == Role::Auditor || held == Role::Auditor);
            let answer = set.rules().combine(role, &[held]);
            assert_eq!(answer.is_err(), clash, "{role} with {held}");
            if let Err(refusal) = answer {
                assert_eq!(refusal.code, "P410");
            }
        }
    }
}

#[test]
fn nobody_decides_about_himself() {
    let set = PolicySet::embedded().unwrap();
    for verb in [
        Verb::OfficerConfirm,
        Verb::OfficerPropose,
        Verb::OfficerRefuse,
    ] {
        for own in ["OP-0001", "op-0001 "] {
            let refusal = set.rules().about_another(verb, "OP-0001", own);
            assert_eq!(refusal.unwrap_err().code, "P412", "{verb} {own}");
        }
        assert!(
            set.rules()
                .about_another(verb, "OP-0001", "OP-0002")
                .is_ok()
        );
    }
}

#[test]
fn every_verb_is_kept_within_the_scope() {
    let set = PolicySet::embedded().unwrap();
    let place = |city| Place::named(Some(city), "某局");
    let whole = Scope::default();
    let jinan = Scope {
        cities: ["370100".to_owned()].into(),
        ..Scope::default()
    };
    for verb in Verb::ALL {
        let within = |scope, city| set.rules().within(verb, scope, &place(city));
        assert!(within(&jinan, "济南市").is_ok());
        assert!(within(&whole, "青岛市").is_ok());
        let refusal = within(&jinan, "青岛市").unwrap_err();
        assert_eq!(refusal.code, "P411");
        assert!(refusal.zh.contains(verb.zh()), "{}", refusal.zh);
        let scoped = |scope, theirs| set.rules().within_scope(verb, scope, theirs);
        assert!(scoped(&whole, &jinan).is_ok());
        let refusal = scoped(&jinan, &whole).unwrap_err();
        assert_eq!(refusal.code, "P411");
    }
}

#[test]
fn names_of_roles_and_verbs_read_back() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse(), Ok(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
    }
    for verb in Verb::ALL {
        assert_eq!(verb.as_str().parse(), Ok(verb));
        assert_eq!(serde_json::to_value(verb).unwrap(), verb.as_str());
    }
    assert!("root".parse::<Role>().is_err());
    assert!("case.approve".parse::<Verb>().is_err());
}
