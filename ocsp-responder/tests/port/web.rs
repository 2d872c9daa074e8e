//! HTTP: methods, media types, limits, GET spellings, caching, health and metrics.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ledger::event::Status as Change;
use ocsp_responder::{Limits, StatusPort};
use x509::certificate::Serial;
use x509::ocsp::{CertStatus, OcspRequest, OcspResponse};

use crate::hierarchy::{NOW, World};
use crate::record::{Record, Reply, get, get_if, post, send};

const REQUEST: &str = "application/ocsp-request";

fn status(reply: &Reply) -> CertStatus {
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/ocsp-response");
    OcspResponse::from_der(&reply.body).unwrap().responses()[0]
        .status
        .clone()
}

fn percent_encoded(base64: &str) -> String {
    base64
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
}

#[tokio::test]
async fn post_answers_at_every_address_and_for_every_spelling_of_the_media_type() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let request = world.request(&world.good());
    for path in ["/", "/ocsp", "/ocsp/"] {
        let reply = post(&port, path, REQUEST, request.clone()).await;
        assert_eq!(status(&reply), CertStatus::Good, "{path}");
        // What is authoritative must not carry no-store (RFC 5019 §6.2).
        let cache = reply.header("cache-control");
        assert_eq!(cache, "max-age=0, public, no-transform, must-revalidate");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    for media in [
        "Application/OCSP-Request",
        "application/ocsp-request; charset=binary",
    ] {
        assert_eq!(
            status(&post(&port, "/ocsp", media, request.clone()).await),
            CertStatus::Good
        );
    }
}

#[tokio::test]
async fn what_http_refuses_has_a_status_and_a_code() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let request = world.request(&world.good());
    for media in [
        "text/plain",
        "",
        "application/ocsp-response",
        "application/ocsp-request2",
    ] {
        let reply = post(&port, "/ocsp", media, request.clone()).await;
        assert_eq!(reply.status, 415, "{media}");
        assert!(reply.text().starts_with("O415 "));
    }
    let reply = post(&port, "/ocsp", REQUEST, vec![0x30; 64 * 1024 + 1]).await;
    assert_eq!(reply.status, 413);
    assert!(reply.text().starts_with("O413 "));
    let reply = get(&port, &format!("/ocsp/{}", "A".repeat(8193))).await;
    assert_eq!(reply.status, 414);
    for (method, path) in [
        ("PUT", "/"),
        ("DELETE", "/ocsp"),
        ("POST", "/crl/jinan.crl"),
        ("POST", "/log/checkpoint"),
    ] {
        let request = axum::http::Request::builder().method(method).uri(path);
        let reply = send(&port, request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 405, "{method} {path}");
        assert!(reply.text().starts_with("O405 "));
    }
    let reply = get(&port, "/etc/passwd").await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().starts_with("O404 "));
}

#[tokio::test]
async fn ocsp_errors_are_http_200_and_never_cached() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let malformed = [0x30, 0x03, 0x0a, 0x01, 0x01];
    for path in [
        "/ocsp",
        "/ocsp/",
        "/ocsp/AAAA",
        "/ocsp/%",
        "/ocsp/!!",
        "/ocsp/%2e%2e/x",
    ] {
        let reply = get(&port, path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.body.as_slice()),
            (200, &malformed[..]),
            "{path}"
        );
        assert_eq!(reply.header("content-type"), "application/ocsp-response");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("etag"), "");
    }
    for body in [Vec::new(), vec![0x30], vec![0x30; 64 * 1024]] {
        assert_eq!(post(&port, "/ocsp", REQUEST, body).await.body, malformed);
    }
    let stranger = World::new();
    let foreign = BASE64_STANDARD.encode(stranger.request(&stranger.good()));
    let reply = get(&port, &format!("/ocsp/{}", percent_encoded(&foreign))).await;
    assert_eq!(reply.body, [0x30, 0x03, 0x0a, 0x01, 0x06]);
    assert_eq!(reply.header("cache-control"), "no-store");
}

/// A serial whose request has `+`, one `//` and padding in base64, and that base64.
fn awkward(world: &World) -> (Serial, String) {
    let serials =
        (0..).map(|n| Serial::from_bytes(&Serial::random().as_bytes()[..13 + n % 3]).unwrap());
    let requests = serials.map(|serial| {
        (
            serial.clone(),
            BASE64_STANDARD.encode(world.request(&serial)),
        )
    });
    let special =
        |text: &str| text.contains('+') && text.ends_with('=') && text.matches("//").count() == 1;
    let mut awkward = requests.filter(|(_, text)| special(text) && !text.contains("///"));
    awkward.next().unwrap()
}

#[tokio::test]
async fn get_reads_every_spelling() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let (serial, text) = awkward(&world);
    world.issued("jinan", &serial);
    let spellings = [
        text.clone(),
        percent_encoded(&text),
        percent_encoded(&text).to_lowercase_escapes(),
        text.replace("//", "/"),
        text.trim_end_matches('=').to_owned(),
        format!("/{text}"),
    ];
    for spelling in spellings {
        let reply = get(&port, &format!("/ocsp/{spelling}")).await;
        assert_eq!(status(&reply), CertStatus::Good, "{spelling}");
    }
    // Where slashes were lost the serial is a guess: one that was never issued is no reason for an alarm.
    let (_, text) = awkward(&world);
    let reply = get(&port, &format!("/ocsp/{}", text.replace("//", "/"))).await;
    assert_eq!(reply.body, [0x30, 0x03, 0x0a, 0x01, 0x01]);
    assert_eq!(world.index.never_issued().0, 0);
}

trait LowerEscapes {
    fn to_lowercase_escapes(&self) -> String;
}

impl LowerEscapes for String {
    fn to_lowercase_escapes(&self) -> String {
        self.replace("%2B", "%2b")
            .replace("%2F", "%2f")
            .replace("%3D", "%3d")
    }
}

#[tokio::test]
async fn get_is_revalidated_and_a_revocation_shows_through_caches_at_once() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let serial = world.good();
    let path = format!(
        "/ocsp/{}",
        percent_encoded(&BASE64_STANDARD.encode(world.request(&serial)))
    );
    let first = get(&port, &path).await;
    assert_eq!(
        first.header("cache-control"),
        "max-age=0, public, no-transform, must-revalidate"
    );
    let date = |seconds: i64| {
        let seconds = std::time::Duration::from_secs((NOW.0 + seconds).try_into().unwrap());
        httpdate::fmt_http_date(std::time::UNIX_EPOCH + seconds)
    };
    assert_eq!(
        (first.header("last-modified"), first.header("expires")),
        (date(0).as_str(), date(3600).as_str())
    );
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() == 66, "{tag}");

    let again = get_if(&port, &path, "if-none-match", &tag).await;
    assert_eq!(
        (
            again.status.as_u16(),
            again.body.len(),
            again.header("etag")
        ),
        (304, 0, tag.as_str())
    );
    // A date has whole seconds, and a certificate may be good and revoked within one: it confirms nothing.
    let by_date = get_if(&port, &path, "if-modified-since", &date(0)).await;
    assert_eq!(status(&by_date), CertStatus::Good);
    // What is confirmed must not have expired: the tag does not outlive half of the window.
    world.clock.advance(1800);
    assert_eq!(
        status(&get_if(&port, &path, "if-none-match", &tag).await),
        CertStatus::Good
    );
    world.clock.set(NOW);
    world.change(&serial, Change::Revoked, "keyCompromise");
    let revoked = get_if(&port, &path, "if-none-match", &tag).await;
    assert!(matches!(status(&revoked), CertStatus::Revoked { .. }));
    assert_ne!(revoked.header("etag"), tag);
}

#[tokio::test]
async fn max_age_is_a_limit_below_next_update_and_a_nonce_forbids_caching() {
    let limits = Limits {
        max_age: 600,
        window: 300,
        ..Limits::default()
    };
    let (world, record) = (World::with_limits(limits), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let serial = world.good();
    let path = format!(
        "/ocsp/{}",
        percent_encoded(&BASE64_STANDARD.encode(world.request(&serial)))
    );
    let reply = get(&port, &path).await;
    let age = reply.header("cache-control").strip_prefix("max-age=");
    let age = age.and_then(|rest| rest.strip_suffix(", public, no-transform, must-revalidate"));
    let age: u32 = age.unwrap().parse().unwrap();
    // Half of the window, less up to an eighth so that copies do not all end at once.
    assert!((131..=149).contains(&age), "{age}");

    let with_nonce = OcspRequest::build(&[world.id(&serial)], Some(&[7; 32]));
    let path = format!(
        "/ocsp/{}",
        percent_encoded(&BASE64_STANDARD.encode(with_nonce))
    );
    let reply = get_if(&port, &path, "if-none-match", "*").await;
    assert_eq!(status(&reply), CertStatus::Good);
    assert_eq!(
        (reply.header("cache-control"), reply.header("etag")),
        ("no-store", "")
    );
}

#[tokio::test]
async fn a_dead_key_is_an_uncached_internal_error_over_get() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let path = format!(
        "/ocsp/{}",
        percent_encoded(&BASE64_STANDARD.encode(world.request(&world.good())))
    );
    world.signer.break_down();
    let reply = get(&port, &path).await;
    assert_eq!(reply.body, [0x30, 0x03, 0x0a, 0x01, 0x02]);
    assert_eq!(
        (reply.header("cache-control"), reply.header("etag")),
        ("no-store", "")
    );
}

#[tokio::test]
async fn readiness_needs_an_index_that_keeps_up_and_a_usable_responder() {
    let world = World::with_limits(Limits {
        lag: 2,
        ..Limits::default()
    });
    let mut record = Record::new().await;
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    assert_eq!(get(&port, "/health").await.text(), "ok\n");
    assert_eq!(get(&port, "/ready").await.status, 200);
    // The index of the world has seen one entry.
    record.append(3).await;
    assert_eq!(get(&port, "/ready").await.status, 200);
    record.append(1).await;
    let behind = get(&port, "/ready").await;
    assert_eq!(behind.status, 503);
    assert!(
        behind.text().contains("3 entries behind"),
        "{}",
        behind.text()
    );
    world.good();
    assert_eq!(get(&port, "/ready").await.status, 200);
    world.clock.set(NOW.plus_days(91));
    let expired = get(&port, "/ready").await;
    assert_eq!(expired.status, 503);
    assert!(expired.text().contains("jinan"), "{}", expired.text());
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let good = world.request(&world.good());
    post(&port, "/ocsp", REQUEST, good.clone()).await;
    post(&port, "/ocsp", REQUEST, world.request(&Serial::random())).await;
    post(&port, "/ocsp", REQUEST, vec![1]).await;
    post(&port, "/ocsp", "text/plain", good).await;
    let reply = get(&port, "/metrics").await;
    assert_eq!(
        reply.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for line in [
        "gmpki_ocsp_answers_total{status=\"successful\"} 2",
        "gmpki_ocsp_answers_total{status=\"malformedRequest\"} 1",
        "gmpki_ocsp_answers_total{status=\"tryLater\"} 0",
        "gmpki_ocsp_statuses_total{status=\"good\"} 1",
        "gmpki_ocsp_statuses_total{status=\"unknown\"} 1",
        "gmpki_ocsp_never_issued_total 1",
        "gmpki_http_errors_total{side=\"client\"} 1",
        "gmpki_ocsp_sign_seconds_bucket{le=\"+Inf\"} 2",
        "gmpki_ocsp_sign_seconds_count 2",
        "gmpki_index_entries 2",
        "gmpki_index_certificates{authority=\"jinan\",state=\"good\"} 2",
    ] {
        assert!(
            reply.text().lines().any(|found| found == line),
            "{line} is not in\n{}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn the_front_page_says_what_this_is() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let reply = get(&port, "/").await;
    assert_eq!(reply.text().lines().count(), 5);
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
}
