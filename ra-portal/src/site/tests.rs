//! The site from outside: every page in both languages, every state, every form error, and hostile input.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use policy::Role;
use x509::certificate::Certificate;
use x509::ocsp::OcspRequest;

use super::html_check::check;
use crate::world::{Answer, MACHINES, World};

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                   frame-ancestors 'none'";

/// What holds for every page.
fn assert_page(answer: &Answer, status: u16, about: &str) {
    assert_eq!(answer.status.as_u16(), status, "{about}: {}", answer.body);
    assert_eq!(
        answer.header(header::CONTENT_TYPE),
        "text/html; charset=utf-8",
        "{about}"
    );
    assert_eq!(
        answer.header(header::CONTENT_SECURITY_POLICY),
        CSP,
        "{about}"
    );
    assert_eq!(
        answer.header(header::X_CONTENT_TYPE_OPTIONS),
        "nosniff",
        "{about}"
    );
    assert_eq!(
        answer.header(header::REFERRER_POLICY),
        "same-origin",
        "{about}"
    );
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{about}");
    for name in [
        "cross-origin-opener-policy",
        "cross-origin-embedder-policy",
        "cross-origin-resource-policy",
    ] {
        assert!(answer.headers.contains_key(name), "{about}: {name}");
    }
    assert!(
        answer.body.len() < 60 * 1024,
        "{about}: {} bytes",
        answer.body.len()
    );
    check(&answer.body, MACHINES)
        .unwrap_or_else(|problem| panic!("{about}: {problem}\n{}", answer.body));
}

fn upload(content: &[u8]) -> Request<Body> {
    let mut body = b"--edge\r\nContent-Disposition: form-data; name=\"certificate\"; filename=\"<x>.pem\"\r\n\r\n".to_vec();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    Request::post("/check")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_both_languages() {
    let world = World::found().await;
    let (serial, _) = world.issue(1).await;
    world.authority.shut_down().await;
    let size = world.authority.figures().await.unwrap().entries;
    let mut pages = vec![
        "/".to_owned(),
        "/check".to_owned(),
        format!("/check?serial={serial}"),
        format!("/check?serial={serial}&authority=jinan"),
        "/check?serial=0123456789abcdef&authority=jinan".to_owned(),
        "/ca".to_owned(),
        "/log".to_owned(),
        "/log?newest=3".to_owned(),
        "/log/certificate".to_owned(),
        format!("/log/certificate?serial={serial}"),
        "/log/certificate?serial=0a".to_owned(),
        "/help".to_owned(),
        "/accessibility".to_owned(),
    ];
    pages.extend((0..size).map(|index| format!("/log/entry/{index}")));
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for path in &pages {
        let chinese = world.get(path).await;
        assert_page(&chinese, 200, path);
        assert!(
            chinese.body.contains("<html lang=\"zh-CN\">") && chinese.body.contains("演示环境"),
            "{path}"
        );
        let join = if path.contains('?') { '&' } else { '?' };
        let english = world.get(&format!("{path}{join}lang=en")).await;
        assert_page(&english, 200, path);
        assert!(
            english.body.contains("<html lang=\"en\">") && english.body.contains("Demonstration"),
            "{path}"
        );
        assert_eq!(english.header(header::CONTENT_LANGUAGE), "en", "{path}");
        // Only what people named themselves stays Chinese: the service, the authorities.
        let main = english
            .body
            .split("<main")
            .nth(1)
            .unwrap()
            .split("</main>")
            .next()
            .unwrap();
        let main = main
            .replace("测试 TEST", "")
            .replace("山东省电子政务网络信任服务", "");
        assert!(
            !main.contains(is_chinese),
            "{path}: Chinese in the English page: {main}"
        );
        for text in [&chinese.body, &english.body] {
            assert!(
                !text.contains("—</") && !text.contains("> — "),
                "{path}: a fact without a value"
            );
        }
    }
    for index in 0..size {
        let chinese = world.get(&format!("/log/entry/{index}")).await.body;
        let names = chinese
            .split("<dt>")
            .skip(1)
            .filter_map(|rest| rest.split("</dt>").next());
        for name in names {
            assert!(
                name.contains(is_chinese),
                "entry {index}: the fact {name} has no name in the catalogue"
            );
        }
        let page = world.get(&format!("/log/entry/{index}?lang=en")).await;
        assert!(
            page.body
                .contains("They agree: the entry is in the ledger."),
            "entry {index}: {}",
            page.body
        );
        assert!(
            !page.body.contains("<p class=\"result-meaning\"></p>"),
            "entry {index} has no sentence"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_says_its_word_and_gives_the_signed_answer() {
    let world = World::found().await;
    let (serial, pem) = world.issue(1).await;
    let by_serial = format!("/check?serial={serial}");
    for (change, word, class) in [
        (None, "有效", "good"),
        (Some(("hold", None)), "已冻结", "held"),
        (Some(("revoke", Some("keyCompromise"))), "已吊销", "revoked"),
    ] {
        if let Some((change, reason)) = change {
            let changed = world.change(Role::Review, &serial, change, reason).await;
            assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        }
        for page in [
            world.get(&by_serial).await,
            world.send(upload(pem.as_bytes())).await,
        ] {
            assert_page(&page, 200, word);
            assert!(
                page.body
                    .contains(&format!("<section class=\"result {class}\"")),
                "{word}: {}",
                page.body
            );
            assert!(
                page.body.contains(&format!("<span>{word}</span>")),
                "{word}"
            );
            assert!(
                page.body.contains("2026年11月23日 17:41:07"),
                "{word}: {}",
                page.body
            );
            let request = page
                .body
                .split(&format!("{MACHINES}/ocsp/"))
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            let request = request
                .replace("%2B", "+")
                .replace("%2F", "/")
                .replace("%3D", "=");
            let request =
                OcspRequest::from_der(&BASE64_STANDARD.decode(request).unwrap(), 1).unwrap();
            assert_eq!(
                hex::encode(&request.cert_ids[0].serial).trim_start_matches("00"),
                serial.trim_start_matches("00")
            );
        }
    }
    let page = world.get(&by_serial).await;
    assert!(
        page.body.contains("密钥泄露") && page.body.contains("证书状态变更"),
        "{}",
        page.body
    );

    let (serial, _) = world.issue(2).await;
    world.clock.advance(366 * 86_400);
    let expired = world.get(&format!("/check?serial={serial}")).await;
    assert!(
        expired.body.contains("<section class=\"result expired\""),
        "{}",
        expired.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_does_not_know_is_unknown() {
    let world = World::found().await;
    let (_, pem) = world.issue(1).await;
    let mut forged = Certificate::from_pem(&pem).unwrap().der().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let page = world.send(upload(&forged)).await;
    assert_page(&page, 200, "forged");
    assert!(
        page.body.contains("<section class=\"result unknown\"")
            && !page.body.contains("result good")
    );
    let page = world.get("/check?serial=0102030405").await;
    assert!(page.body.contains("<section class=\"result unknown\""));
    assert!(
        !page.body.contains("/ocsp/"),
        "no authority was named that could sign"
    );
    let page = world.get("/check?serial=0102030405&authority=jinan").await;
    assert!(
        page.body.contains("<section class=\"result unknown\"") && page.body.contains("/ocsp/")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_form_comes_back_with_the_same_words_twice() {
    let world = World::found().await;
    let large = world.send(upload(&vec![b'A'; 64 * 1024 + 1])).await;
    let huge = world.send(upload(&vec![b'A'; 200 * 1024])).await;
    let serial = world.get("/check?serial=nonsense").await;
    let authority = world.get("/check?serial=0a&authority=nowhere").await;
    let empty = world.send(upload(b"")).await;
    let garbage = world.send(upload(b"not a certificate")).await;
    for (page, status, code) in [
        (large, 413, "W413"),
        (huge, 413, "W413"),
        (serial, 400, "W422"),
        (authority, 400, "W421"),
        (empty, 400, "W423"),
        (garbage, 400, "W424"),
    ] {
        assert_page(&page, status, code);
        assert!(page.body.contains("<title>错误："), "{code}");
        assert_eq!(
            page.body.matches(code).count(),
            2,
            "{code}: in the summary and at the field: {}",
            page.body
        );
        assert!(
            page.body
                .contains("role=\"alert\" tabindex=\"-1\" autofocus"),
            "{code}"
        );
        assert!(page.body.contains("aria-invalid=\"true\""), "{code}");
    }
    let not_multipart = Request::post("/check").body(Body::from("x")).unwrap();
    assert_page(&world.send(not_multipart).await, 400, "no form at all");
    assert_page(
        &world.get("/log/certificate?serial=zz").await,
        400,
        "proof form",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_input_is_shown_as_text_or_not_at_all() {
    let world = World::found().await;
    let payloads = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' autofocus onfocus='alert(1)",
        "{{7*7}}{% raw %}",
        "</title><svg onload=alert(1)>",
        "\u{202e}txt.exe\u{0}\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        &"A".repeat(8_000),
    ];
    let templates = [
        "/check?serial=*",
        "/check?serial=0a&authority=*",
        "/check?*=1",
        "/check?lang=*",
        "/log?newest=*",
        "/log/entry?number=*",
        "/log/entry/*",
        "/log/certificate?serial=*",
        "/log/certificate?serial=0a&authority=*",
        "/log/certificate/proof?serial=*&authority=*",
        "/assets/*",
        "/*",
        "//*",
    ];
    for template in templates {
        for payload in payloads {
            let encoded: String = payload.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let answer = world.get(&template.replace('*', &encoded)).await;
            let about = format!("{template} {payload:.20}");
            assert!(!answer.status.is_server_error(), "{about}: {}", answer.body);
            assert_page(&answer, answer.status.as_u16(), &about);
            assert!(
                !answer.body.contains(payload) || payload.starts_with(['A', '{', 'j']),
                "{about}"
            );
            assert!(!answer.headers.contains_key(header::SET_COOKIE), "{about}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_remembered_and_failures_speak_it() {
    let world = World::found().await;
    let chosen = world.get("/help?lang=en").await;
    let cookie = chosen.header(header::SET_COOKIE);
    assert_eq!(
        cookie,
        "lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    );
    let request = Request::get("/nothing/here")
        .header(header::COOKIE, "lang=en")
        .body(Body::empty())
        .unwrap();
    let missing = world.send(request).await;
    assert_page(&missing, 404, "404");
    assert!(missing.body.contains("There is nothing here.") && missing.body.contains("W404"));
    assert!(!missing.headers.contains_key(header::SET_COOKIE));
    let request = Request::put("/check").body(Body::empty()).unwrap();
    let method = world.send(request).await;
    assert_page(&method, 405, "405");
    assert!(method.header(header::ALLOW).contains("GET"));
    for path in [
        "/log/entry/99999999",
        "/log/entry/-1",
        "/log/entry/007",
        "/assets/site-0.css",
        "/log/certificate/proof?serial=0a",
    ] {
        assert_page(&world.get(path).await, 404, path);
    }
    assert_page(&world.get("/log?newest=x").await, 400, "not a number");
    let way = world.get("/log/entry?number=3").await;
    assert_eq!(
        (way.status, way.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "/log/entry/3")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_immutable_and_the_proof_file_verifies() {
    let world = World::found().await;
    let front = world.get("/").await;
    let names: Vec<&str> = front
        .body
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .collect();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        let asset = world.get(name).await;
        assert_eq!(asset.status, StatusCode::OK, "{name}");
        assert_eq!(
            asset.header(header::CACHE_CONTROL),
            "public, max-age=31536000, immutable",
            "{name}"
        );
        assert_eq!(asset.header(header::CONTENT_SECURITY_POLICY), CSP, "{name}");
        assert!(
            !asset.body.contains("url(") && !asset.body.contains("@import"),
            "{name} asks for more"
        );
    }
    let (serial, _) = world.issue(1).await;
    let file = world
        .get(&format!(
            "/log/certificate/proof?serial={serial}&authority=jinan"
        ))
        .await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    let disposition = format!("attachment; filename=\"gmpki-proof-{serial}.json\"");
    assert_eq!(file.header(header::CONTENT_DISPOSITION), disposition);
    let key = world.authority.log_key().parse().unwrap();
    assert_eq!(
        ledger::proof::check(file.body.as_bytes(), &key)
            .unwrap()
            .serial,
        serial
    );
}
