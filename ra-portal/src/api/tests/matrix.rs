//! Every route of the table: without a session, and with a session of each role.

use axum::http::{Method, StatusCode, header};
use policy::{Role, Verb};
use serde_json::{Value, json};

use super::assert_problem;
use crate::api::route::{Needs, ROUTES, Route};
use crate::world::{World, department_case};

/// One act of each verb, well-formed but about nothing that exists.
fn acts() -> Vec<(Verb, Value)> {
    let status = |change: &str| json!({"act": "change-status", "authority": "jinan", "serial": "0a", "change": change});
    let case = "C-2026-9999999";
    vec![
        (Verb::CaseSubmit, department_case(1)),
        (
            Verb::CaseReview,
            json!({"act": "review-case", "case": case, "revision": 1, "decision": "approved"}),
        ),
        (
            Verb::CaseWithdraw,
            json!({"act": "withdraw-case", "case": case, "reasons": "x"}),
        ),
        (
            Verb::CertificateIssue,
            json!({"act": "issue-certificates", "cases": [case]}),
        ),
        (Verb::CertificateHold, status("hold")),
        (Verb::CertificateRelease, status("release")),
        (Verb::CertificateRevoke, status("revoke")),
        (
            Verb::OfficerPropose,
            json!({"act": "propose-officer", "officer": "OP-9999", "change": {"kind": "end"}, "note": "x"}),
        ),
        (
            Verb::OfficerConfirm,
            json!({"act": "confirm-officer", "proposal": 9_999}),
        ),
        (
            Verb::OfficerRefuse,
            json!({"act": "refuse-officer", "proposal": 9_999, "reasons": "x"}),
        ),
    ]
}

fn path(route: &Route) -> String {
    route
        .path
        .replace("{authority}", "jinan")
        .replace("{serial}", "0a")
        .replace("{case}", "C-2026-9999999")
        .replace("{officer}", "OP-9999")
        .replace("{proposal}", "9999")
}

/// The body of an act for its route.
fn act_body(route: &Route, act: &Value) -> Value {
    match route.path {
        "/acts/prepare" => json!({"act": act}),
        _ => json!({"act": act, "statement": "{}", "signature": ""}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_asks_for_a_session_and_for_the_role() {
    let world = World::found().await;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push((role, world.sign_in(role).await));
    }
    let open: Vec<_> = ROUTES
        .iter()
        .filter(|route| route.needs == Needs::Nothing)
        .map(|route| route.path)
        .collect();
    assert_eq!(
        open,
        [
            "/session/challenge",
            "/session",
            "/status/{serial}",
            "/status"
        ]
    );

    let (mut refused, mut allowed) = (0, 0);
    for route in ROUTES.iter().filter(|route| route.needs != Needs::Nothing) {
        let about = format!("{} {}", route.method, route.path);
        for token in [
            None,
            Some(""),
            Some("0000"),
            Some(tokens[0].1[1..].to_owned().as_str()),
        ] {
            let answer = world
                .call(route.method.clone(), &path(route), token, None)
                .await;
            assert_problem(&answer, 401, "W401", &about);
            assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
        }
        let cells: Vec<(Option<Verb>, Option<Value>)> = match route.needs {
            Needs::Nothing | Needs::Session => vec![(None, None)],
            Needs::Verb(verb) => vec![(Some(verb), None)],
            Needs::Act => acts()
                .into_iter()
                .map(|(verb, act)| (Some(verb), Some(act_body(route, &act))))
                .collect(),
        };
        for (verb, body) in &cells {
            for (role, token) in &tokens {
                if route.method == Method::DELETE {
                    continue;
                }
                let about = format!("{about} {verb:?} as {role}");
                let answer = world
                    .call(
                        route.method.clone(),
                        &path(route),
                        Some(token),
                        body.as_ref(),
                    )
                    .await;
                let may = verb.is_none_or(|verb| {
                    world
                        .authority
                        .policy()
                        .rules()
                        .authorize(*role, verb)
                        .is_ok()
                });
                if may {
                    assert_ne!(
                        answer.status,
                        StatusCode::UNAUTHORIZED,
                        "{about}: {}",
                        answer.body
                    );
                    assert!(!answer.body.contains("P403"), "{about}: {}", answer.body);
                    assert!(!answer.status.is_server_error(), "{about}: {}", answer.body);
                    allowed += 1;
                } else {
                    assert_problem(&answer, 403, "P403", &about);
                    refused += 1;
                }
            }
        }
    }
    assert!(
        refused >= 30 && allowed >= 20,
        "{refused} refused, {allowed} allowed"
    );
}

#[test]
fn the_sample_acts_cover_every_verb_of_an_act() {
    for (verb, act) in acts() {
        let act: authority::Act = serde_json::from_value(act).unwrap();
        assert_eq!(act.verb(), verb);
    }
}
