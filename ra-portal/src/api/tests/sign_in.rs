//! Challenges and sessions: for whom, how often, how long.

use axum::http::{Method, StatusCode};
use policy::Role;
use serde_json::{Value, json};

use super::assert_problem;
use crate::session::IDLE;
use crate::session::challenge::LIFETIME;
use crate::session::throttle::SIGN_INS;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_for_one_officer_one_time_and_two_minutes() {
    let world = World::found().await;
    let answer = |challenge: &Value, signature: String| json!({"id": challenge["id"], "signature": signature});
    let text = |challenge: &Value| challenge["challenge"].as_str().unwrap().to_owned();

    let challenge = world.challenge(Role::Entry).await.json();
    let said = text(&challenge);
    let fingerprint = world.officers[&Role::Entry]
        .certificate
        .fingerprint()
        .to_string();
    for part in [
        "http://portal.test:8080",
        "OP-0001",
        "2026-11-23T09:41:07Z",
        fingerprint.as_str(),
    ] {
        assert!(said.contains(part), "{said}");
    }

    let foreign = answer(&challenge, world.sign(Role::Review, &said));
    let refused = world
        .call(Method::POST, "/session", None, Some(&foreign))
        .await;
    assert_problem(&refused, 401, "W402", "signed by another");
    let right = answer(&challenge, world.sign(Role::Entry, &said));
    // Whoever saw the number on its way and answers wrongly does not spoil it.
    assert_eq!(
        world
            .call(Method::POST, "/session", None, Some(&right))
            .await
            .status,
        StatusCode::OK
    );
    let replayed = world
        .call(Method::POST, "/session", None, Some(&right))
        .await;
    assert_problem(&replayed, 401, "W402", "replayed");

    let challenge = world.challenge(Role::Entry).await.json();
    world.clock.advance(LIFETIME);
    let late = answer(&challenge, world.sign(Role::Entry, &text(&challenge)));
    assert_problem(
        &world
            .call(Method::POST, "/session", None, Some(&late))
            .await,
        401,
        "W402",
        "late",
    );

    for signature in ["", "=", "AAAA", &"A".repeat(5_000)] {
        let challenge = world.challenge(Role::Entry).await.json();
        let bad = answer(&challenge, signature.to_owned());
        assert_problem(
            &world.call(Method::POST, "/session", None, Some(&bad)).await,
            401,
            "W402",
            signature,
        );
    }

    for id in ["", "OP-0001", &"x".repeat(5_000)] {
        let unknown = json!({"id": id, "signature": world.sign(Role::Entry, "")});
        let unknown = world
            .call(Method::POST, "/session", None, Some(&unknown))
            .await;
        assert_problem(&unknown, 401, "W402", id);
    }

    let (_, pem) = world.issue(1).await;
    let stranger = world
        .call(
            Method::POST,
            "/session/challenge",
            None,
            Some(&json!({"certificate": pem})),
        )
        .await;
    assert_problem(
        &stranger,
        401,
        "A401",
        "a certificate that is not an officer's",
    );
    let garbage =
        json!({"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"});
    let garbage = world
        .call(Method::POST, "/session/challenge", None, Some(&garbage))
        .await;
    assert_problem(&garbage, 400, "W400", "no certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_told_when_idle_and_with_its_certificate() {
    let world = World::found().await;
    let works = async |token: &str| {
        let answer = world.call(Method::GET, "/figures", Some(token), None).await;
        assert!(
            answer.status == StatusCode::OK || answer.status == StatusCode::UNAUTHORIZED,
            "{}",
            answer.body
        );
        answer.status == StatusCode::OK
    };

    let token = world.sign_in(Role::Entry).await;
    assert!(works(&token).await);
    let closed = world
        .call(Method::DELETE, "/session", Some(&token), None)
        .await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT);
    assert!(!works(&token).await);

    let token = world.sign_in(Role::Entry).await;
    world.clock.advance(IDLE);
    assert!(!works(&token).await);

    let token = world.sign_in(Role::Entry).await;
    let other = world.sign_in(Role::Production).await;
    let serial = world.officers[&Role::Entry]
        .certificate
        .serial()
        .to_string();
    let held = world
        .change(Role::RaAdministrator, &serial, "hold", None)
        .await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.body);
    let refused = world
        .call(Method::GET, "/figures", Some(&token), None)
        .await;
    assert_problem(&refused, 401, "A401", "held");
    assert!(works(&other).await);
    assert_problem(&world.challenge(Role::Entry).await, 401, "A401", "held");
    let released = world
        .change(Role::RaAdministrator, &serial, "release", None)
        .await;
    assert_problem(
        &released,
        409,
        "P409",
        "whoever froze it does not release it",
    );
    assert!(!works(&token).await, "a session that ended stays ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_s_sign_ins_are_counted() {
    let world = World::found().await;
    for _ in 0..SIGN_INS {
        world.sign_in(Role::Entry).await;
    }
    let challenge = world.challenge(Role::Entry).await.json();
    let signature = world.sign(Role::Entry, challenge["challenge"].as_str().unwrap());
    let answer = json!({"id": challenge["id"], "signature": signature});
    let refused = world
        .call(Method::POST, "/session", None, Some(&answer))
        .await;
    assert_problem(&refused, 429, "W429", "one too many");
    world.sign_in(Role::Review).await;
    world.clock.advance(60);
    world.sign_in(Role::Entry).await;
}

/// Whoever holds no officer's key keeps no officer out: not with a stranger's certificate, not with a copy of the
/// officer's own, not with wrong answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_attempts_keeps_no_officer_out() {
    const FLOOD: usize = 2_000;
    let world = World::found().await;
    let (_, stranger) = world.issue(1).await;
    let stranger = json!({"certificate": stranger});
    let waiting = world.challenge(Role::Entry).await.json();
    for _ in 0..FLOOD {
        let refused = world
            .call(Method::POST, "/session/challenge", None, Some(&stranger))
            .await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let copied = world.challenge(Role::Entry).await;
        assert_eq!(copied.status, StatusCode::OK);
        let wrong = json!({"id": copied.json()["id"], "signature": "AAAA"});
        let refused = world
            .call(Method::POST, "/session", None, Some(&wrong))
            .await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    let signature = world.sign(Role::Entry, waiting["challenge"].as_str().unwrap());
    let answer = json!({"id": waiting["id"], "signature": signature});
    let opened = world
        .call(Method::POST, "/session", None, Some(&answer))
        .await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
    world.sign_in(Role::Review).await;
}
