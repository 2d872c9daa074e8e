//! Acts that no rule allows: another role's act, a statement that is replayed, altered, or signed by another, a
//! certificate that is on hold, no session. Each is refused with a stable code and leaves the ledger as it was.

use serde_json::json;

use super::officer::Desk;
use super::openssl::request;
use super::people;
use super::world::{World, text};

#[test]
fn nobody_does_the_work_of_another_role() {
    let world = World::found();
    let csr = request(world.path("").as_path(), "holder");
    let case = world.submit("staff-signing", &csr, &people::staff(0));
    let before = world.size();
    for (role, verb) in [
        ("entry", "approve"),
        ("production", "approve"),
        ("auditor", "approve"),
    ] {
        assert_eq!(
            world.act(role, &["case", verb, &case]).refused(),
            "P403",
            "{role} {verb}"
        );
    }
    for role in ["entry", "review", "auditor"] {
        assert_eq!(
            world.act(role, &["cert", "issue", &case]).refused(),
            "P403",
            "{role} issues"
        );
    }
    // The right role, too early: nobody has approved it.
    world.act("production", &["cert", "issue", &case]).refused();
    assert_eq!(world.size(), before);

    world.act("review", &["case", "approve", &case]).ok();
    world.act("review", &["case", "approve", &case]).refused();
    let issued = world.produce(&case);
    world.act("production", &["cert", "issue", &case]).refused();
    for (role, act) in [
        ("entry", "release"),
        ("production", "release"),
        ("auditor", "hold"),
    ] {
        assert_eq!(
            world.act(role, &["cert", act, &issued.serial]).refused(),
            "P403",
            "{role} {act}"
        );
    }
    let revoke = [
        "cert",
        "revoke",
        &issued.serial,
        "--reason",
        "keyCompromise",
    ];
    for role in ["entry", "production", "auditor"] {
        assert_eq!(world.act(role, &revoke).refused(), "P403", "{role} revokes");
    }
    assert_eq!(world.state(&issued.serial), "good");
}

#[test]
fn who_froze_a_certificate_does_not_release_it() {
    let world = World::found();
    let csr = request(world.path("").as_path(), "holder");
    let issued = world.issue("staff-signing", &csr, &people::staff(0));
    world.act("review", &["cert", "hold", &issued.serial]).ok();
    world
        .act("review", &["cert", "release", &issued.serial])
        .refused();
    assert_eq!(world.state(&issued.serial), "held");
    world
        .act(
            "review",
            &["cert", "revoke", &issued.serial, "--reason", "superseded"],
        )
        .ok();
    world
        .act(
            "review",
            &[
                "cert",
                "revoke",
                &issued.serial,
                "--reason",
                "keyCompromise",
            ],
        )
        .refused();
    assert_eq!(world.state(&issued.serial), "revoked");
}

#[test]
fn statements_work_once_unaltered_and_for_their_signer() {
    let world = World::found();
    let csr = request(world.path("").as_path(), "holder");
    let case = world.submit("staff-signing", &csr, &people::staff(0));
    let other = world.submit(
        "staff-signing",
        &request(world.path("").as_path(), "other"),
        &people::staff(1),
    );
    let review = Desk::sign_in(&world, "review");
    let entry = Desk::sign_in(&world, "entry");
    let approve = |case: &str| json!({"act": "review-case", "case": case, "revision": 1, "decision": "approved", "reasons": ""});
    let (act, statement) = review.prepare(&approve(&case));
    let signature = review.sign(&statement);
    let before = world.size();

    let refused = |page: super::curl::Page, what: &str| {
        let problem = page.json();
        assert!(
            (400..500).contains(&page.status),
            "{what}: {} {problem}",
            page.status
        );
        assert_eq!(text(&problem["code"]).len(), 4, "{what}: {problem}");
    };
    refused(
        review.commit(&act, &statement, &entry.sign(&statement)),
        "signed by another officer",
    );
    refused(
        entry.commit(&act, &statement, &signature),
        "another officer's session",
    );
    refused(
        entry.commit(&act, &statement, &entry.sign(&statement)),
        "another role",
    );
    refused(
        review.commit(&approve(&other), &statement, &signature),
        "about another case",
    );
    let altered = statement.replacen(&case, &other, 1);
    refused(
        review.commit(&approve(&other), &altered, &signature),
        "altered after signing",
    );
    refused(
        review.commit(&act, &altered, &review.sign(&altered)),
        "altered and signed again",
    );
    let worded = statement.replacen("\"zh\":\"", "\"zh\":\"不", 1);
    refused(
        review.commit(&act, &worded, &review.sign(&worded)),
        "another sentence",
    );
    let spaced = statement.replacen(',', ", ", 1);
    refused(
        review.commit(&act, &spaced, &review.sign(&spaced)),
        "not canonical",
    );
    refused(review.commit(&act, &statement, "AAAA"), "no signature");
    assert_eq!(
        world.size(),
        before,
        "a refused statement left a trace on the ledger"
    );

    let page = review.commit(&act, &statement, &signature);
    assert_eq!(page.status, 200, "{}", page.json());
    refused(review.commit(&act, &statement, &signature), "replayed");
    assert_eq!(world.size(), before + 1);
}

#[test]
fn a_session_needs_a_fresh_signature_and_a_good_certificate() {
    let world = World::found();
    let review = Desk::sign_in(&world, "review");
    let (id, challenge) = review.challenge();
    let signature = review.sign(&challenge);
    let entry = Desk::sign_in(&world, "entry");
    let foreign = review.post(
        "session",
        &json!({"id": id, "signature": entry.sign(&challenge)}),
    );
    assert!((400..500).contains(&foreign.status), "{}", foreign.status);
    // Somebody else's failed attempt does not keep the officer out; a challenge opens one session.
    let answer = json!({"id": id, "signature": signature});
    assert_eq!(review.post("session", &answer).status, 200);
    let again = review.post("session", &answer);
    assert!((400..500).contains(&again.status), "{}", again.status);

    let url = format!("{}/api/v1/acts/prepare", world.portal);
    let body = json!({"act": {"act": "issue-certificates", "cases": ["C-2026-0000001"]}});
    for token in [None, Some("0000"), Some("")] {
        let page = super::curl::post_json(&url, token, &body, &world.path("body.json"));
        assert_eq!(page.status, 401, "{token:?}: {}", page.json());
    }
}
