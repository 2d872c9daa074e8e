//! Answers that are kept: the same bytes for everybody while they are true, and not an instant longer.

use std::sync::Arc;

use ledger::event::Status as Change;
use ocsp_responder::{Limits, StatusPort};
use x509::certificate::Serial;
use x509::ocsp::{CertId, CertStatus, HashAlgorithm, OcspRequest, OcspResponse, ResponseStatus};

use crate::hierarchy::{NOW, TestSigner, World};
use crate::record::{Record, get};

fn told(body: &[u8]) -> CertStatus {
    OcspResponse::from_der(body).unwrap().responses()[0]
        .status
        .clone()
}

#[test]
fn an_answer_is_signed_once_and_given_to_everybody() {
    let world = World::new();
    let request = world.request(&world.good());
    let first = world.responder.answer(&request);
    assert_eq!(world.responder.answer(&request), first);
    world.clock.advance(1799);
    assert_eq!(world.responder.answer(&request), first);
    assert_eq!(world.signer.signed(), 1);
}

#[test]
fn an_answer_ends_with_the_status_that_it_states() {
    let world = World::new();
    let serial = world.good();
    let request = world.request(&serial);
    assert_eq!(
        told(&world.responder.answer(&request).body),
        CertStatus::Good
    );
    for (change, reason) in [
        (Change::Held, "certificateHold"),
        (Change::Good, "removeFromCRL"),
        (Change::Revoked, "keyCompromise"),
    ] {
        let before = world.responder.answer(&request);
        world.change(&serial, change, reason);
        let after = world.responder.answer(&request);
        assert_ne!(told(&before.body), told(&after.body), "{reason}");
        assert_eq!(world.responder.answer(&request), after);
    }
}

#[test]
fn an_answer_ends_at_half_of_its_window_and_none_comes_from_the_future() {
    let world = World::new();
    let request = world.request(&world.good());
    let first = world.responder.answer(&request);
    world.clock.advance(1800);
    let second = world.responder.answer(&request);
    assert_eq!(
        second.freshness.unwrap().this_update,
        NOW.plus_seconds(1800)
    );
    // The clock goes back behind what was signed: that is not given out before its time.
    world.clock.set(NOW.plus_seconds(-1));
    let earlier = world.responder.answer(&request);
    assert_eq!(earlier.freshness.unwrap().this_update, NOW.plus_seconds(-1));
    assert!(first != earlier && second != earlier);
}

#[test]
fn an_answer_ends_with_the_responder_that_signed_it() {
    let world = World::new();
    let request = world.request(&world.good());
    let first = world.responder.answer(&request);
    let successor = world.succeed(TestSigner::new());
    let second = world.responder.answer(&request);
    assert_ne!(first, second);
    let response = OcspResponse::from_der(&second.body).unwrap();
    response.verify_signature(successor.public_key()).unwrap();

    world.change(successor.serial(), Change::Revoked, "keyCompromise");
    assert_eq!(
        world.responder.answer(&request).error,
        Some(ResponseStatus::TryLater)
    );
}

#[test]
fn a_followers_answer_says_for_when_its_view_was_complete() {
    let world = World::new();
    world.index.limit_lag(60);
    world.index.complete(NOW);
    world.clock.advance(10);
    let answer = world.responder.answer(&world.request(&world.good()));
    let response = OcspResponse::from_der(&answer.body).unwrap();
    assert_eq!(response.produced_at(), NOW.plus_seconds(10));
    assert_eq!(response.responses()[0].this_update, NOW);
    world.clock.advance(51);
    let late = world.responder.answer(&world.request(&world.good()));
    assert_eq!(late.error, Some(ResponseStatus::TryLater));
}

#[test]
fn an_index_that_is_not_trusted_ends_every_answer() {
    let world = World::new();
    let request = world.request(&world.good());
    assert!(world.responder.answer(&request).is_successful());
    world.index.stop_trusting();
    assert_eq!(
        world.responder.answer(&request).error,
        Some(ResponseStatus::TryLater)
    );
}

#[test]
fn what_was_never_issued_is_an_alarm_each_time_and_takes_no_room() {
    let world = World::new();
    let request = world.request(&Serial::random());
    for count in 1..=3 {
        assert_eq!(
            told(&world.responder.answer(&request).body),
            CertStatus::Unknown
        );
        assert_eq!(world.index.never_issued().0, count);
        assert_eq!(u64::try_from(world.signer.signed()).unwrap(), count);
    }
}

#[test]
fn each_way_to_name_a_certificate_has_its_own_answer() {
    let world = World::new();
    let serial = world.good();
    for _ in 0..2 {
        for hash in HashAlgorithm::ALL {
            let id = CertId::new(hash, &world.jinan.certificate, &serial);
            let request = OcspRequest::build(std::slice::from_ref(&id), None);
            let body = world.responder.answer(&request).body;
            let response = OcspResponse::from_der(&body).unwrap();
            assert_eq!(response.responses()[0].cert_id.der, id.der);
        }
    }
    assert_eq!(world.signer.signed(), HashAlgorithm::ALL.len());
}

#[test]
fn a_nonce_and_a_list_are_signed_each_time() {
    let world = World::new();
    let (one, two) = (world.id(&world.good()), world.id(&world.good()));
    let nonce = OcspRequest::build(std::slice::from_ref(&one), Some(&[7; 32]));
    let list = OcspRequest::build(&[one, two], None);
    for request in [&nonce, &list, &nonce, &list] {
        assert!(world.responder.answer(request).is_successful());
    }
    assert_eq!(world.signer.signed(), 4);
}

#[tokio::test]
async fn the_cache_stays_within_its_bounds_and_keeps_what_is_asked_for() {
    let limits = Limits {
        kept_answers: 64 * 4,
        ..Limits::default()
    };
    let (world, record) = (World::with_limits(limits), Record::new().await);
    let favourite = world.request(&world.good());
    let first = world.responder.answer(&favourite);
    for _ in 0..2000 {
        let request = world.request(&world.good());
        assert!(world.responder.answer(&request).is_successful());
        assert_eq!(world.responder.answer(&favourite), first);
    }
    let port = StatusPort::new(Arc::clone(&world.responder), record.store.clone());
    let page = get(&port, "/metrics").await;
    let value = |name: &str| -> u64 {
        let line = page.text().lines().find(|line| line.starts_with(name));
        line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
    };
    let entries = value("gmpki_ocsp_cache_entries ");
    assert!((64..=256).contains(&entries), "{entries}");
    assert_eq!(value("gmpki_ocsp_cache_evictions_total "), 2001 - entries);
    assert_eq!(
        value("gmpki_ocsp_cache_lookups_total{result=\"hit\"}"),
        2000
    );
}

#[test]
fn a_cache_of_no_size_keeps_nothing() {
    for (kept_answers, kept_bytes) in [(0, 1 << 20), (100, 0)] {
        let world = World::with_limits(Limits {
            kept_answers,
            kept_bytes,
            ..Limits::default()
        });
        let request = world.request(&world.good());
        for count in 1..=2 {
            assert!(world.responder.answer(&request).is_successful());
            assert_eq!(world.signer.signed(), count);
        }
    }
}
