//! Acts from outside: a whole life, statements that are not what they should be, and bad input.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use policy::Role;
use serde_json::{Value, json};

use super::assert_problem;
use crate::world::{World, department_case};

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_lives_its_whole_life_here() {
    let world = World::found().await;
    let (serial, pem) = world.issue(1).await;
    let token = world.sign_in(Role::Entry).await;

    let cases = world
        .call(
            Method::GET,
            "/cases?state=issued&limit=10",
            Some(&token),
            None,
        )
        .await
        .json();
    assert_eq!(cases["cases"][0]["serial"], serial.as_str());
    let case = cases["cases"][0]["case"].as_str().unwrap();
    let view = world
        .call(Method::GET, &format!("/cases/{case}"), Some(&token), None)
        .await
        .json();
    assert!(view["history"].as_array().unwrap().len() >= 2, "{view}");
    assert!(
        !view.to_string().contains("10012345679"),
        "a personal number is not masked"
    );

    let found = world
        .call(
            Method::POST,
            "/certificates/search",
            Some(&token),
            Some(&json!({"text": serial})),
        )
        .await
        .json();
    assert_eq!(found["certificates"][0]["serial"], serial.as_str());
    let name = world
        .call(
            Method::GET,
            &format!("/certificates?text={serial}"),
            Some(&token),
            None,
        )
        .await;
    assert_problem(&name, 404, "W404", "a search in an address");
    let one = world
        .call(
            Method::GET,
            &format!("/certificates/jinan/{serial}"),
            Some(&token),
            None,
        )
        .await
        .json();
    assert_eq!(one["pem"], pem.as_str());
    let proof = format!("/ledger/proof/certificate/jinan/{serial}");
    let proof = world.call(Method::GET, &proof, Some(&token), None).await;
    let key = world.authority.log_key().parse().unwrap();
    let verdict = ledger::proof::check(proof.body.as_bytes(), &key).unwrap();
    assert_eq!(verdict.serial, serial);

    let publisher = world.sign_in(Role::Production).await;
    let before = world
        .call(
            Method::POST,
            "/crls/jinan",
            Some(&publisher),
            Some(&json!({})),
        )
        .await
        .json();
    for (role, change, reason, state) in [
        (Role::Entry, "hold", None, "held"),
        (Role::Review, "release", None, "good"),
        (Role::Review, "revoke", Some("keyCompromise"), "revoked"),
    ] {
        let changed = world.change(role, &serial, change, reason).await;
        assert_eq!(changed.status, StatusCode::OK, "{change}: {}", changed.body);
        let status = world
            .call(Method::GET, &format!("/status/{serial}"), None, None)
            .await
            .json();
        assert_eq!(status["statuses"][0]["state"], state);
        let same = world
            .call(
                Method::POST,
                "/status",
                None,
                Some(&json!({"certificate": pem})),
            )
            .await
            .json();
        assert_eq!(same, status);
    }
    let after = world
        .call(
            Method::POST,
            "/crls/jinan",
            Some(&publisher),
            Some(&json!({})),
        )
        .await
        .json();
    assert!(
        after["number"].as_u64() > before["number"].as_u64(),
        "{before} {after}"
    );
    assert_eq!(after["entries"], 1);

    let figures = world
        .call(Method::GET, "/figures", Some(&token), None)
        .await
        .json();
    assert_eq!(figures["revoked"], 1);
    let again = world.change(Role::Review, &serial, "release", None).await;
    assert!(again.status.is_client_error(), "{}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_replayed_or_foreign_statement_is_refused() {
    let world = World::found().await;
    let token = world.sign_in(Role::Entry).await;
    let act = json!({"act": department_case(1)});
    let prepared = world
        .call(Method::POST, "/acts/prepare", Some(&token), Some(&act))
        .await
        .json();
    let statement = prepared["statement"].as_str().unwrap();
    let commit = |act: &Value, statement: &str, signature: String| json!({"act": act, "statement": statement, "signature": signature});
    let post = async |body: Value| {
        world
            .call(Method::POST, "/acts", Some(&token), Some(&body))
            .await
    };

    let foreign = commit(
        &prepared["act"],
        statement,
        world.sign(Role::Review, statement),
    );
    assert_problem(&post(foreign).await, 403, "A403", "foreign signature");
    let mut altered = prepared["act"].clone();
    altered["form"]["department"] = "山东省审计厅".into();
    let altered = commit(&altered, statement, world.sign(Role::Entry, statement));
    assert!(post(altered).await.status.is_client_error());
    let right = commit(
        &prepared["act"],
        statement,
        world.sign(Role::Entry, statement),
    );
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
    let media_type = "application/json; charset=utf-8";
    let nul = json!({"act": {"act": "withdraw-case", "case": "C-\u{0}", "reasons": "x"}});
    let (post, get) = (|| Method::POST, || Method::GET);
    for (method, path, media, body, status, code) in [
        (
            post(),
            "/api/v1/acts/prepare",
            media_type,
            b"{".to_vec(),
            400,
            "W400",
        ),
        (
            post(),
            "/api/v1/acts/prepare",
            media_type,
            b"{\"act\":{\"act\":\"delete-everything\"}}".to_vec(),
            400,
            "W400",
        ),
        (
            post(),
            "/api/v1/acts/prepare",
            media_type,
            vec![b'['; 100_000],
            400,
            "W400",
        ),
        (
            post(),
            "/api/v1/acts/prepare",
            media_type,
            b"\xff\xfe".to_vec(),
            400,
            "W400",
        ),
        (
            post(),
            "/api/v1/acts/prepare",
            "text/plain",
            b"{}".to_vec(),
            415,
            "W415",
        ),
        (
            post(),
            "/api/v1/acts/prepare",
            media_type,
            vec![b' '; 24 * 1024 * 1024 + 1],
            413,
            "W413",
        ),
        (
            post(),
            "/api/v1/session",
            media_type,
            vec![b' '; 64 * 1024 + 1],
            413,
            "W413",
        ),
        (
            post(),
            "/api/v1/acts/prepare",
            media_type,
            nul.to_string().into_bytes(),
            400,
            "W400",
        ),
        (
            get(),
            "/api/v1/cases?state=%00",
            media_type,
            Vec::new(),
            400,
            "W400",
        ),
        (
            get(),
            "/api/v1/cases/%00",
            media_type,
            Vec::new(),
            400,
            "W400",
        ),
        (
            get(),
            "/api/v1/cases?limit=x",
            media_type,
            Vec::new(),
            400,
            "W400",
        ),
        (
            get(),
            "/api/v1/cases?unknown=1",
            media_type,
            Vec::new(),
            400,
            "W400",
        ),
        (
            get(),
            "/api/v1/cases/C-%FF",
            media_type,
            Vec::new(),
            404,
            "W404",
        ),
        (
            get(),
            "/api/v1/cases/C-0",
            media_type,
            Vec::new(),
            404,
            "A404",
        ),
        (
            get(),
            "/api/v1/status/xyz",
            media_type,
            Vec::new(),
            400,
            "W400",
        ),
        (get(), "/api/v1", media_type, Vec::new(), 404, "W404"),
        (
            get(),
            "/api/v1/nothing",
            media_type,
            Vec::new(),
            404,
            "W404",
        ),
        (
            Method::PUT,
            "/api/v1/session",
            media_type,
            Vec::new(),
            405,
            "W405",
        ),
    ] {
        let answer = send(method, path, media, body).await;
        assert_problem(&answer, status, code, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crls_asked_for_are_counted() {
    let world = World::found().await;
    let token = world.sign_in(Role::Production).await;
    let ask = async || {
        world
            .call(Method::POST, "/crls/jinan", Some(&token), None)
            .await
    };
    for _ in 0..crate::session::throttle::CRLS {
        let made = ask().await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    }
    assert_problem(&ask().await, 429, "W429", "one too many");
    world.clock.advance(60);
    assert_eq!(ask().await.status, StatusCode::OK);
}
