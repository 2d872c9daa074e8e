//! Issuers of different algorithms behind one port: each is answered with its own responder's key, whatever the client
//! prefers and whatever is asked at the same moment.

use std::sync::Arc;

use ocsp_responder::{Issuer, StatusPort};
use sm_engine::key::Algorithm;
use x509::certificate::{Certificate, Serial};
use x509::ocsp::{CertId, CertStatus, HashAlgorithm, OcspRequest, OcspResponse};

use crate::hierarchy::{Draft, TestSigner, World};
use crate::record::{Record, post};
use keys::Signer as _;

const REQUEST: &str = "application/ocsp-request";

/// The status in a body that `responder` signed for a certificate of `issuer`.
#[track_caller]
fn read(body: &[u8], responder: &Certificate) -> CertStatus {
    let response = OcspResponse::from_der(body).unwrap();
    response.verify_signature(responder.public_key()).unwrap();
    assert_eq!(response.certificates()[0].der(), responder.der());
    let algorithm = responder.public_key().algorithm();
    let written = x509::signature_algorithm(algorithm);
    assert!(body.windows(written.len()).any(|bytes| bytes == written));
    response.responses()[0].status.clone()
}

#[test]
fn each_issuer_is_answered_with_its_own_algorithm() {
    let world = World::new();
    let (compat, responder) = world.install_compat();
    assert_eq!(
        responder.public_key().algorithm(),
        Algorithm::EcdsaP256Sha256
    );
    // One serial, known to one issuer only.
    let serial = Serial::random();
    world.issued("compat", &serial);
    for hash in HashAlgorithm::ALL {
        for nonce in [None, Some(&[7; 32][..])] {
            let ask = |issuer: &Certificate| {
                let id = CertId::new(hash, issuer, &serial);
                let answer = world.responder.answer(&OcspRequest::build(&[id], nonce));
                assert_eq!(answer.error, None);
                answer.body
            };
            let body = ask(&compat.certificate);
            assert_eq!(read(&body, &responder), CertStatus::Good);
            let body = ask(&world.jinan.certificate);
            let other = read(&body, &world.responder_certificate);
            assert_eq!(other, CertStatus::Unknown);
        }
    }
}

#[tokio::test]
async fn questions_to_issuers_of_both_algorithms_at_once_are_not_confused() {
    let world = World::new();
    let (compat, responder) = world.install_compat();
    let record = Record::new().await;
    let port = StatusPort::new(Arc::clone(&world.responder), record.store.clone());
    let serial = world.good();
    world.issued("compat", &serial);
    let ask = |number: u8| {
        let ours = number.is_multiple_of(2);
        let issuer = if ours { &world.jinan } else { &compat };
        let id = CertId::new(HashAlgorithm::Sm3, &issuer.certificate, &serial);
        let request = OcspRequest::build(&[id], Some(&[number; 32]));
        let port = port.clone();
        tokio::spawn(async move { (ours, post(&port, "/ocsp", REQUEST, request).await.body) })
    };
    let asked: Vec<_> = (0..200).map(ask).collect();
    for answer in asked {
        let (ours, body) = answer.await.unwrap();
        let signer = if ours {
            &world.responder_certificate
        } else {
            &responder
        };
        assert_eq!(read(&body, signer), CertStatus::Good);
    }
}

/// An extension that prefers sha256WithRSAEncryption, then SM2: nothing here signs so for this issuer.
#[test]
fn a_preference_that_cannot_be_met_changes_nothing() {
    let world = World::new();
    let (compat, responder) = world.install_compat();
    let serial = Serial::random();
    world.issued("compat", &serial);
    let id = CertId::new(HashAlgorithm::Sha256, &compat.certificate, &serial);
    let element = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        let long: &[u8] = if length < 0x80 { &[] } else { &[0x81] };
        [&[tag][..], long, &[length], content].concat()
    };
    let preferred: Vec<u8> = [Algorithm::RsaSha256, Algorithm::Sm2Sm3]
        .iter()
        .flat_map(|algorithm| element(0x30, x509::signature_algorithm(*algorithm)))
        .collect();
    let oid = b"\x06\x09\x2B\x06\x01\x05\x05\x07\x30\x01\x08";
    let value = element(0x04, &element(0x30, &preferred));
    let extensions = element(0x30, &element(0x30, &[&oid[..], &value].concat()));
    let list = element(0x30, &element(0x30, &id.der));
    let tbs = element(0x30, &[list, element(0xA2, &extensions)].concat());
    let answer = world.responder.answer(&element(0x30, &tbs));
    assert_eq!(answer.error, None);
    assert_eq!(read(&answer.body, &responder), CertStatus::Good);
}

/// A responder's certificate by a P-256 authority under a key of another: neither algorithm makes it one's own.
#[test]
fn a_responder_of_another_issuer_is_not_installed() {
    let world = World::new();
    let (compat, _) = world.install_compat();
    let signer = TestSigner::new();
    let responder = world.jinan.issue(Draft::responder(signer.public_key()));
    world.issued("compat", responder.serial());
    let refused = world.responder.install(Issuer {
        authority: "compat".to_owned(),
        certificate: compat.certificate.clone(),
        responder,
        signer,
    });
    assert!(refused.is_err());
}
