//! What is answered: each state of a certificate, each form of CertID, nonces, mixtures, times.

use ledger::event::{Basis, Event, Status as Change};
use ocsp_responder::{Freshness, Limits};
use sm_engine::sm3;
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::ocsp::{CertId, CertStatus, HashAlgorithm, OcspRequest, OcspResponse, ResponseStatus};

use crate::hierarchy::{NOW, World};

/// The status of `serial` as a client reads it, signature checked.
fn status(world: &World, serial: &Serial) -> CertStatus {
    let answer = world.responder.answer(&world.request(serial));
    assert_eq!(answer.error, None);
    let response = OcspResponse::from_der(&answer.body).unwrap();
    response
        .verify_signature(world.responder_certificate.public_key())
        .unwrap();
    response.responses()[0].status.clone()
}

#[test]
fn each_state_is_told_from_the_instant_of_its_entry() {
    let world = World::new();
    let serial = Serial::random();
    assert_eq!(status(&world, &serial), CertStatus::Unknown);
    world.issued("jinan", &serial);
    assert_eq!(status(&world, &serial), CertStatus::Good);
    world.change(&serial, Change::Held, "certificateHold");
    let held = CertStatus::Revoked {
        at: NOW,
        reason: RevocationReason::CertificateHold,
    };
    assert_eq!(status(&world, &serial), held);
    world.change(&serial, Change::Good, "removeFromCRL");
    assert_eq!(status(&world, &serial), CertStatus::Good);
    world.change(&serial, Change::Revoked, "keyCompromise");
    let revoked = CertStatus::Revoked {
        at: NOW,
        reason: RevocationReason::KeyCompromise,
    };
    assert_eq!(status(&world, &serial), revoked);
}

#[test]
fn never_issued_is_unknown_and_an_alarm_but_intended_is_no_alarm() {
    let world = World::new();
    let forged = Serial::random();
    assert_eq!(status(&world, &forged), CertStatus::Unknown);
    let (count, alarms) = world.index.never_issued();
    assert_eq!(count, 1);
    assert_eq!(
        (
            alarms[0].authority.as_str(),
            &alarms[0].serial,
            alarms[0].at
        ),
        ("jinan", &forged.to_string(), NOW)
    );

    let intended = Serial::random();
    let digest = sm3::digest(b"x");
    world.follow(Event::CertificateIntended {
        authority: "jinan".to_owned(),
        serial: intended.to_string(),
        tbs: digest,
        profile: "staff-signing".to_owned(),
        profile_document: digest,
        key: digest,
        basis: Basis::Founding,
    });
    assert_eq!(status(&world, &intended), CertStatus::Unknown);
    assert_eq!(world.index.never_issued().0, 1);
}

#[test]
fn a_serial_of_one_authority_is_unknown_at_another() {
    let world = World::new();
    let qingdao = world.install_qingdao();
    let serial = world.good();
    let id = CertId::new(HashAlgorithm::Sha256, &qingdao.certificate, &serial);
    let answer = world.responder.answer(&OcspRequest::build(&[id], None));
    let response = OcspResponse::from_der(&answer.body).unwrap();
    assert_eq!(response.responses()[0].status, CertStatus::Unknown);
    assert_eq!(status(&world, &serial), CertStatus::Good);
}

#[test]
fn every_hash_is_matched_and_echoed_byte_for_byte() {
    let world = World::new();
    let serial = world.good();
    for hash in [
        HashAlgorithm::Sha1,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sm3,
    ] {
        let id = CertId::new(hash, &world.jinan.certificate, &serial);
        let answer = world
            .responder
            .answer(&OcspRequest::build(std::slice::from_ref(&id), None));
        let response = OcspResponse::from_der(&answer.body).unwrap();
        assert_eq!(response.responses()[0].cert_id.der, id.der);
        assert_eq!(response.responses()[0].status, CertStatus::Good);
        assert!(
            answer
                .body
                .windows(id.der.len())
                .any(|window| window == id.der)
        );
    }
}

#[test]
fn a_hash_algorithm_without_parameters_is_the_same_and_echoed_as_sent() {
    let world = World::new();
    let with_null = CertId::new(HashAlgorithm::Sm3, &world.jinan.certificate, &world.good());
    let null = with_null
        .der
        .windows(2)
        .position(|window| window == [5, 0])
        .unwrap();
    let mut der = with_null.der;
    der.drain(null..null + 2);
    // The lengths of CertID and AlgorithmIdentifier.
    der[1] -= 2;
    der[3] -= 2;
    let without = CertId::from_der(&der).unwrap();
    let answer = world
        .responder
        .answer(&OcspRequest::build(&[without], None));
    let response = OcspResponse::from_der(&answer.body).unwrap();
    assert_eq!(response.responses()[0].cert_id.der, der);
    assert_eq!(response.responses()[0].status, CertStatus::Good);
}

#[test]
fn an_unknown_issuer_or_a_mixture_is_unauthorized() {
    let world = World::new();
    let qingdao = world.install_qingdao();
    let serial = world.good();
    let ours = world.id(&serial);
    let theirs = CertId::new(HashAlgorithm::Sha1, &qingdao.certificate, &serial);
    let nobodys = CertId::new(HashAlgorithm::Sha1, &world.responder_certificate, &serial);
    // The right name with another key.
    let impostor = crate::hierarchy::Authority::root("济南测试");
    let half = CertId::new(HashAlgorithm::Sha1, &impostor.certificate, &serial);
    for ids in [
        vec![nobodys.clone()],
        vec![half],
        vec![ours.clone(), theirs],
        vec![ours, nobodys],
    ] {
        let answer = world.responder.answer(&OcspRequest::build(&ids, None));
        assert_eq!(answer.error, Some(ResponseStatus::Unauthorized));
    }
    assert_eq!(world.index.never_issued().0, 0);
}

#[test]
fn several_certificates_are_answered_in_order_up_to_the_limit() {
    let world = World::new();
    let serials: Vec<_> = (0..16).map(|_| world.good()).collect();
    world.change(&serials[3], Change::Revoked, "superseded");
    let ids: Vec<_> = serials.iter().map(|serial| world.id(serial)).collect();
    let answer = world.responder.answer(&OcspRequest::build(&ids, None));
    let response = OcspResponse::from_der(&answer.body).unwrap();
    let told: Vec<_> = response
        .responses()
        .iter()
        .map(|single| single.cert_id.der.clone())
        .collect();
    assert_eq!(
        told,
        ids.iter().map(|id| id.der.clone()).collect::<Vec<_>>()
    );
    let bad: Vec<_> = response
        .responses()
        .iter()
        .map(|single| single.status != CertStatus::Good)
        .collect();
    assert_eq!(bad.iter().position(|bad| *bad), Some(3));
    assert_eq!(bad.iter().filter(|bad| **bad).count(), 1);

    let many: Vec<_> = ids.iter().chain(&ids[..1]).cloned().collect();
    let answer = world.responder.answer(&OcspRequest::build(&many, None));
    assert_eq!(answer.error, Some(ResponseStatus::MalformedRequest));
}

#[test]
fn a_nonce_of_1_to_128_bytes_is_echoed_and_any_other_is_malformed() {
    let world = World::new();
    let serial = world.good();
    for length in [1, 16, 32, 128] {
        let nonce: Vec<u8> = (0..length).collect();
        let request = OcspRequest::build(&[world.id(&serial)], Some(&nonce));
        let answer = world.responder.answer(&request);
        let response = OcspResponse::from_der(&answer.body).unwrap();
        let sent = OcspRequest::from_der(&request, 1).unwrap().nonce;
        assert!(sent.is_some());
        assert_eq!(response.nonce().map(<[u8]>::to_vec), sent);
        assert!(
            answer
                .body
                .windows(nonce.len())
                .any(|window| window == nonce)
        );
        assert_eq!(
            answer.freshness, None,
            "an answer with a nonce is not for caches"
        );
    }
    for length in [0, 129, 200] {
        let request = OcspRequest::build(&[world.id(&serial)], Some(&vec![7; length]));
        assert_eq!(
            world.responder.answer(&request).error,
            Some(ResponseStatus::MalformedRequest),
            "{length}"
        );
    }
}

#[test]
fn times_come_from_the_clock_and_never_outlive_the_responder() {
    let world = World::new();
    let serial = world.good();
    let answer = world.responder.answer(&world.request(&serial));
    let freshness = Freshness {
        produced_at: NOW,
        this_update: NOW,
        next_update: NOW.plus_seconds(3600),
    };
    assert_eq!(answer.freshness, Some(freshness));
    let response = OcspResponse::from_der(&answer.body).unwrap();
    assert_eq!(response.produced_at(), NOW);
    assert_eq!(response.responses()[0].this_update, NOW);
    assert_eq!(
        response.responses()[0].next_update,
        Some(NOW.plus_seconds(3600))
    );
    assert_eq!(
        response.certificates()[0].der(),
        world.responder_certificate.der()
    );

    let last_minute = NOW.plus_days(90).plus_seconds(-60);
    world.clock.set(last_minute);
    let answer = world.responder.answer(&world.request(&serial));
    assert_eq!(answer.freshness.unwrap().next_update, NOW.plus_days(90));
}

#[test]
fn the_window_is_a_limit() {
    let world = World::with_limits(Limits {
        window: 60,
        ..Limits::default()
    });
    let answer = world.responder.answer(&world.request(&world.good()));
    assert_eq!(answer.freshness.unwrap().next_update, NOW.plus_seconds(60));
}
