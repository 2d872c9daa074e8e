//! The API from outside: the matrix of routes and roles, signing in, a life of a certificate, and bad input.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use policy::{Role, Verb};
use serde_json::{Value, json};

use super::route::{Needs, ROUTES, Route};
use super::session::{CHALLENGE_LIFETIME, IDLE};
use super::throttle::PER_CERTIFICATE;
use crate::world::{Answer, World, department_case};

/// One act of each verb, well-formed but about nothing that exists.
fn acts() -> Vec<(Verb, Value)> {
    let status = |change: &str| json!({"act": "change-status", "authority": "jinan", "serial": "0a", "change": change});
    let case = "C-2026-9999999";
    vec![
        (Verb::CaseSubmit, department_case(1)),
        (Verb::CaseReview, json!({"act": "review-case", "case": case, "revision": 1, "decision": "approved"})),
        (Verb::CaseWithdraw, json!({"act": "withdraw-case", "case": case, "reasons": "x"})),
        (Verb::CertificateIssue, json!({"act": "issue-certificates", "cases": [case]})),
        (Verb::CertificateHold, status("hold")),
        (Verb::CertificateRelease, status("release")),
        (Verb::CertificateRevoke, status("revoke")),
    ]
}

fn path(route: &Route) -> String {
    route.path.replace("{authority}", "jinan").replace("{serial}", "0a").replace("{case}", "C-2026-9999999")
}

/// The body of an act for its route.
fn act_body(route: &Route, act: &Value) -> Value {
    match route.path {
        "/acts/prepare" => json!({"act": act}),
        _ => json!({"act": act, "statement": "{}", "signature": ""}),
    }
}

fn assert_problem(answer: &Answer, status: u16, code: &str, about: &str) {
    assert_eq!(answer.status.as_u16(), status, "{about}: {}", answer.body);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{about}");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{about}");
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{about}: {}", answer.body);
    assert_eq!(problem["status"], status, "{about}");
    for member in ["type", "title", "zh", "en"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{about}: {member}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_asks_for_a_session_and_for_the_role() {
    let world = World::found().await;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push((role, world.sign_in(role).await));
    }
    let open: Vec<_> = ROUTES.iter().filter(|route| route.needs == Needs::Nothing).map(|route| route.path).collect();
    assert_eq!(open, ["/session/challenge", "/session", "/status/{serial}", "/status"]);

    let (mut refused, mut allowed) = (0, 0);
    for route in ROUTES.iter().filter(|route| route.needs != Needs::Nothing) {
        let about = format!("{} {}", route.method, route.path);
        for token in [None, Some(""), Some("0000"), Some(tokens[0].1[1..].to_owned().as_str())] {
            let answer = world.call(route.method.clone(), &path(route), token, None).await;
            assert_problem(&answer, 401, "W401", &about);
            assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
        }
        let cells: Vec<(Option<Verb>, Option<Value>)> = match route.needs {
            Needs::Nothing | Needs::Session => vec![(None, None)],
            Needs::Verb(verb) => vec![(Some(verb), None)],
            Needs::Act => {
                acts().into_iter().map(|(verb, act)| (Some(verb), Some(act_body(route, &act)))).collect()
            }
        };
        for (verb, body) in &cells {
            for (role, token) in &tokens {
                if route.method == Method::DELETE {
                    continue;
                }
                let about = format!("{about} {verb:?} as {role}");
                let answer = world.call(route.method.clone(), &path(route), Some(token), body.as_ref()).await;
                let may = verb.is_none_or(|verb| world.authority.policy().rules().authorize(*role, verb).is_ok());
                if may {
                    assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{about}: {}", answer.body);
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
    assert!(refused >= 30 && allowed >= 20, "{refused} refused, {allowed} allowed");
}

#[test]
fn the_sample_acts_cover_every_verb_of_an_act() {
    for (verb, act) in acts() {
        let act: authority::Act = serde_json::from_value(act).unwrap();
        assert_eq!(act.verb(), verb);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_lives_its_whole_life_here() {
    let world = World::found().await;
    let (serial, pem) = world.issue(1).await;
    let token = world.sign_in(Role::Entry).await;

    let cases = world.call(Method::GET, "/cases?state=issued&limit=10", Some(&token), None).await.json();
    assert_eq!(cases["cases"][0]["serial"], serial.as_str());
    let case = cases["cases"][0]["case"].as_str().unwrap();
    let view = world.call(Method::GET, &format!("/cases/{case}"), Some(&token), None).await.json();
    assert!(view["history"].as_array().unwrap().len() >= 2, "{view}");
    assert!(!view.to_string().contains("10012345679"), "a personal number is not masked");

    let found = world.call(Method::GET, &format!("/certificates?text={serial}"), Some(&token), None).await.json();
    assert_eq!(found["certificates"][0]["serial"], serial.as_str());
    let one = world.call(Method::GET, &format!("/certificates/jinan/{serial}"), Some(&token), None).await.json();
    assert_eq!(one["pem"], pem.as_str());
    let proof = format!("/ledger/proof/certificate/jinan/{serial}");
    let proof = world.call(Method::GET, &proof, Some(&token), None).await;
    let key = world.authority.log_key().parse().unwrap();
    let verdict = ledger::proof::check(proof.body.as_bytes(), &key).unwrap();
    assert_eq!(verdict.serial, serial);

    let publisher = world.sign_in(Role::Production).await;
    let before = world.call(Method::POST, "/crls/jinan", Some(&publisher), Some(&json!({}))).await.json();
    for (role, change, reason, state) in [
        (Role::Entry, "hold", None, "held"),
        (Role::Review, "release", None, "good"),
        (Role::Review, "revoke", Some("keyCompromise"), "revoked"),
    ] {
        let changed = world.change(role, &serial, change, reason).await;
        assert_eq!(changed.status, StatusCode::OK, "{change}: {}", changed.body);
        let status = world.call(Method::GET, &format!("/status/{serial}"), None, None).await.json();
        assert_eq!(status["statuses"][0]["state"], state);
        let same = world.call(Method::POST, "/status", None, Some(&json!({"certificate": pem}))).await.json();
        assert_eq!(same, status);
    }
    let after = world.call(Method::POST, "/crls/jinan", Some(&publisher), Some(&json!({}))).await.json();
    assert!(after["number"].as_u64() > before["number"].as_u64(), "{before} {after}");
    assert_eq!(after["entries"], 1);

    let figures = world.call(Method::GET, "/figures", Some(&token), None).await.json();
    assert_eq!(figures["revoked"], 1);
    let again = world.change(Role::Review, &serial, "release", None).await;
    assert!(again.status.is_client_error(), "{}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_for_one_officer_one_time_and_two_minutes() {
    let world = World::found().await;
    let answer = |challenge: &Value, signature: String| json!({"id": challenge["id"], "signature": signature});
    let text = |challenge: &Value| challenge["challenge"].as_str().unwrap().to_owned();

    let challenge = world.challenge(Role::Entry).await.json();
    let said = text(&challenge);
    let fingerprint = world.officers[&Role::Entry].certificate.fingerprint().to_string();
    for part in ["http://portal.test:8080", "OP-0001", "2026-11-23T09:41:07Z", fingerprint.as_str()] {
        assert!(said.contains(part), "{said}");
    }

    let foreign = answer(&challenge, world.sign(Role::Review, &said));
    let refused = world.call(Method::POST, "/session", None, Some(&foreign)).await;
    assert_problem(&refused, 401, "W402", "signed by another");
    let right = answer(&challenge, world.sign(Role::Entry, &said));
    let burnt = world.call(Method::POST, "/session", None, Some(&right)).await;
    assert_problem(&burnt, 401, "W402", "already answered");

    let challenge = world.challenge(Role::Entry).await.json();
    let right = answer(&challenge, world.sign(Role::Entry, &text(&challenge)));
    assert_eq!(world.call(Method::POST, "/session", None, Some(&right)).await.status, StatusCode::OK);
    let replayed = world.call(Method::POST, "/session", None, Some(&right)).await;
    assert_problem(&replayed, 401, "W402", "replayed");

    let challenge = world.challenge(Role::Entry).await.json();
    world.clock.advance(CHALLENGE_LIFETIME);
    let late = answer(&challenge, world.sign(Role::Entry, &text(&challenge)));
    assert_problem(&world.call(Method::POST, "/session", None, Some(&late)).await, 401, "W402", "late");

    for signature in ["", "=", "AAAA", &"A".repeat(5_000)] {
        let challenge = world.challenge(Role::Entry).await.json();
        let bad = answer(&challenge, signature.to_owned());
        assert_problem(&world.call(Method::POST, "/session", None, Some(&bad)).await, 401, "W402", signature);
    }

    let (_, pem) = world.issue(1).await;
    let stranger = world.call(Method::POST, "/session/challenge", None, Some(&json!({"certificate": pem}))).await;
    assert_problem(&stranger, 401, "A401", "a certificate that is not an officer's");
    let garbage = json!({"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"});
    let garbage = world.call(Method::POST, "/session/challenge", None, Some(&garbage)).await;
    assert_problem(&garbage, 400, "W400", "no certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_told_when_idle_and_with_its_certificate() {
    let world = World::found().await;
    let works = async |token: &str| {
        let answer = world.call(Method::GET, "/figures", Some(token), None).await;
        assert!(answer.status == StatusCode::OK || answer.status == StatusCode::UNAUTHORIZED, "{}", answer.body);
        answer.status == StatusCode::OK
    };

    let token = world.sign_in(Role::Entry).await;
    assert!(works(&token).await);
    let closed = world.call(Method::DELETE, "/session", Some(&token), None).await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT);
    assert!(!works(&token).await);

    let token = world.sign_in(Role::Entry).await;
    world.clock.advance(IDLE);
    assert!(!works(&token).await);

    let token = world.sign_in(Role::Entry).await;
    let other = world.sign_in(Role::Production).await;
    let serial = world.officers[&Role::Entry].certificate.serial().to_string();
    let held = world.change(Role::Review, &serial, "hold", None).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.body);
    let refused = world.call(Method::GET, "/figures", Some(&token), None).await;
    assert_problem(&refused, 401, "A401", "held");
    assert!(works(&other).await);
    assert_problem(&world.challenge(Role::Entry).await, 401, "A401", "held");
    let released = world.change(Role::RaAdministrator, &serial, "release", None).await;
    assert_eq!(released.status, StatusCode::OK, "{}", released.body);
    assert!(!works(&token).await, "a session that ended stays ended");
    assert!(works(&world.sign_in(Role::Entry).await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_replayed_or_foreign_statement_is_refused() {
    let world = World::found().await;
    let token = world.sign_in(Role::Entry).await;
    let act = json!({"act": department_case(1)});
    let prepared = world.call(Method::POST, "/acts/prepare", Some(&token), Some(&act)).await.json();
    let statement = prepared["statement"].as_str().unwrap();
    let commit = |act: &Value, statement: &str, signature: String| {
        json!({"act": act, "statement": statement, "signature": signature})
    };
    let post = async |body: Value| world.call(Method::POST, "/acts", Some(&token), Some(&body)).await;

    let foreign = commit(&prepared["act"], statement, world.sign(Role::Review, statement));
    assert_problem(&post(foreign).await, 403, "A403", "foreign signature");
    let mut altered = prepared["act"].clone();
    altered["form"]["department"] = "山东省审计厅".into();
    let altered = commit(&altered, statement, world.sign(Role::Entry, statement));
    assert!(post(altered).await.status.is_client_error());
    let right = commit(&prepared["act"], statement, world.sign(Role::Entry, statement));
    assert_eq!(post(right.clone()).await.status, StatusCode::OK);
    assert!(post(right).await.status.is_client_error(), "replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_a_clear_problem() {
    let world = World::found().await;
    let token = world.sign_in(Role::Entry).await;
    let send = async |method: Method, path: &str, media: &str, body: Vec<u8>| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("bearer {token}"))
            .header(header::CONTENT_TYPE, media);
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    let json = "application/json; charset=utf-8";
    let (post, get) = (|| Method::POST, || Method::GET);
    for (method, path, media, body, status, code) in [
        (post(), "/api/v1/acts/prepare", json, b"{".to_vec(), 400, "W400"),
        (post(), "/api/v1/acts/prepare", json, b"{\"act\":{\"act\":\"delete-everything\"}}".to_vec(), 400, "W400"),
        (post(), "/api/v1/acts/prepare", json, vec![b'['; 100_000], 400, "W400"),
        (post(), "/api/v1/acts/prepare", json, b"\xff\xfe".to_vec(), 400, "W400"),
        (post(), "/api/v1/acts/prepare", "text/plain", b"{}".to_vec(), 415, "W415"),
        (post(), "/api/v1/acts/prepare", json, vec![b' '; 24 * 1024 * 1024 + 1], 413, "W413"),
        (post(), "/api/v1/session", json, vec![b' '; 64 * 1024 + 1], 413, "W413"),
        (get(), "/api/v1/cases?limit=x", json, Vec::new(), 400, "W400"),
        (get(), "/api/v1/cases?unknown=1", json, Vec::new(), 400, "W400"),
        (get(), "/api/v1/cases/C-%FF", json, Vec::new(), 404, "W404"),
        (get(), "/api/v1/cases/C-0", json, Vec::new(), 404, "A404"),
        (get(), "/api/v1/status/xyz", json, Vec::new(), 400, "W400"),
        (get(), "/api/v1", json, Vec::new(), 404, "W404"),
        (get(), "/api/v1/nothing", json, Vec::new(), 404, "W404"),
        (Method::PUT, "/api/v1/session", json, Vec::new(), 405, "W405"),
    ] {
        let answer = send(method, path, media, body).await;
        assert_problem(&answer, status, code, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_are_counted() {
    let world = World::found().await;
    for attempt in 0..PER_CERTIFICATE {
        let answer = world.challenge(Role::Entry).await;
        assert_eq!(answer.status, StatusCode::OK, "attempt {attempt}: {}", answer.body);
    }
    assert_problem(&world.challenge(Role::Entry).await, 429, "W429", "one too many");
    assert_eq!(world.challenge(Role::Review).await.status, StatusCode::OK);
    world.clock.advance(60);
    assert_eq!(world.challenge(Role::Entry).await.status, StatusCode::OK);
}
