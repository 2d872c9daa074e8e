//! What is not OCSP gets a clear answer, costs nothing more, and never a good one; the service goes on.

use super::curl;
use super::judge::{arg, castle};
use super::world::World;

/// The whole of an OCSP error answer: `SEQUENCE { ENUMERATED status }` (RFC 6960 section 4.2.1).
fn error_answer(status: u8) -> Vec<u8> {
    vec![0x30, 3, 0x0a, 1, status]
}

const MALFORMED: u8 = 1;
const UNAUTHORIZED: u8 = 6;

#[test]
fn ocsp_garbage() {
    let world = World::found();
    let url = format!("{}/ocsp", world.machines);
    let kind = "application/ocsp-request";
    let jinan = world.write(
        "jinan.cer",
        curl::get(&format!("{}/ca/jinan.cer", world.machines)).success(),
    );
    let question = world.path("question.der");
    castle(&["ocsp-request", arg(&jinan), "01", "sha1", arg(&question)]).success();
    let good = std::fs::read(&question).unwrap();

    let truncated = &good[..good.len() - 1];
    let trailing = [&good[..], &[0]].concat();
    let nested: Vec<u8> = [0x30, 0x80].repeat(500);
    for bad in [
        &b""[..],
        b"GET / HTTP/1.1",
        &[0xff; 400],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        truncated,
        &trailing,
        &nested,
    ] {
        let page = curl::post(&url, kind, &world.write("bad", bad));
        assert_eq!(
            (page.status, page.body),
            (200, error_answer(MALFORMED)),
            "{bad:02x?}"
        );
    }
    let page = curl::post(&url, kind, &world.write("large", vec![0x30; 100_000]));
    assert_eq!(page.status, 413);
    assert_eq!(curl::post(&url, "text/plain", &question).status, 415);
    assert_eq!(curl::request(&url, &["-X", "DELETE"]).status, 405);
    let long = "A".repeat(20_000);
    for path in ["%%%", "AAAA", "..%2f..%2fetc%2fpasswd", &long] {
        let page = curl::get(&format!("{url}/{path}"));
        let answered = page.status == 200 && page.body == error_answer(MALFORMED);
        assert!(
            answered || (400..500).contains(&page.status),
            "{} {:02x?}",
            page.status,
            page.body
        );
    }
    // Another authority's certificate as the issuer: none of our business.
    let foreign = foreign_issuer(&world);
    castle(&["ocsp-request", arg(&foreign), "01", "sha1", arg(&question)]).success();
    assert_eq!(
        curl::post(&url, kind, &question).body,
        error_answer(UNAUTHORIZED)
    );

    world.audited();
    assert_eq!(curl::get(&format!("{}/health", world.machines)).status, 200);
}

fn foreign_issuer(world: &World) -> std::path::PathBuf {
    let folder = world.path("");
    let key = super::openssl::key(&folder, "foreign", "SM2");
    let path = folder.join("foreign.pem");
    let how = ["-sm3", "-subj", "/CN=foreign", "-days", "1"];
    let files = ["-key", arg(&key), "-out", arg(&path)];
    super::openssl::openssl(&[&["req", "-new", "-x509"], &files[..], &how[..]].concat()).success();
    path
}

#[test]
fn paths_that_are_not_there() {
    let world = World::found();
    for path in [
        "/crl/none.crl",
        "/ca/none.cer",
        "/crl/..%2f..%2fgmpki.toml",
        "/log/entry/18446744073709551616",
        "/log/tile/9/000",
    ] {
        let page = curl::get(&format!("{}{path}", world.machines));
        assert!((400..500).contains(&page.status), "{path}: {}", page.status);
    }
    for path in [
        "/no-such-page",
        "/log/entry/999999999",
        "/api/v1/no-such-thing",
        "/check?serial=%00%ff",
    ] {
        let page = curl::get(&format!("{}{path}", world.portal));
        assert!(
            page.status < 500 && page.status != 0,
            "{path}: {}",
            page.status
        );
        assert!(
            !String::from_utf8_lossy(&page.body).contains("panicked"),
            "{path}"
        );
    }
}
