//! What a site may choose: another name for what was never issued, further extensions, signed requests.

use ledger::event::Status as Change;
use ocsp_responder::{Limits, NeverIssued, Policy, Responder, Signatures};
use sm_engine::sm2::{PrivateKey, SignerId};
use x509::certificate::{Certificate, Serial};
use x509::crl::RevocationReason;
use x509::extension::{self, KeyUsage};
use x509::ocsp::{CertStatus, OcspRequest, OcspResponse, ResponseStatus};
use x509::time::Time;

use crate::hierarchy::{Authority, Draft, NOW, World};

/// A responder over the index of `world` with this policy.
fn governed(world: &World, policy: Policy) -> Responder {
    let responder = Responder::new(world.index.clone(), world.clock.clone(), Limits::default());
    let responder = responder.with_policy(policy);
    responder.install(world.issuer()).unwrap();
    responder
}

fn has(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// The extension with its NULL (RFC 6960 §4.4.8).
const EXTENDED_REVOKE: &[u8] = b"\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x09\x04\x02\x05\x00";
const ARCHIVE_CUTOFF: &[u8] = b"\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x06";
const CRL_REFERENCE: &[u8] = b"\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x03";

#[test]
fn never_issued_may_be_called_revoked_and_stays_an_alarm() {
    let world = World::new();
    let responder = governed(
        &world,
        Policy {
            never_issued: NeverIssued::Revoked,
            crl_base: Some("http://status.test".to_owned()),
            ..Policy::default()
        },
    );
    let answer = responder.answer(&world.request(&Serial::random()));
    let response = OcspResponse::from_der(&answer.body).unwrap();
    let expected = CertStatus::Revoked {
        at: Time(0),
        reason: RevocationReason::CertificateHold,
    };
    assert_eq!(response.responses()[0].status, expected);
    assert!(has(&answer.body, EXTENDED_REVOKE));
    assert!(!has(&answer.body, CRL_REFERENCE));
    assert_eq!(world.index.never_issued().0, 1);

    let good = responder.answer(&world.request(&world.good()));
    let response = OcspResponse::from_der(&good.body).unwrap();
    assert_eq!(response.responses()[0].status, CertStatus::Good);

    let plain = world.responder.answer(&world.request(&Serial::random()));
    assert!(!has(&plain.body, EXTENDED_REVOKE));
}

#[test]
fn archive_cutoff_and_crl_references_are_given_where_they_are_wanted() {
    let world = World::new();
    let (good, revoked) = (world.good(), world.good());
    world.change(&revoked, Change::Revoked, "keyCompromise");
    let both = Policy {
        archive_cutoff: true,
        crl_base: Some("http://status.test".to_owned()),
        ..Policy::default()
    };
    let responder = governed(&world, both);
    let body = |serial| responder.answer(&world.request(serial)).body;
    let since = world.jinan.certificate.not_before().to_generalized_der();
    for serial in [&good, &revoked] {
        assert!(has(&body(serial), ARCHIVE_CUTOFF));
        assert!(has(&body(serial), &since));
    }
    assert!(!has(&body(&good), CRL_REFERENCE));
    assert!(has(&body(&revoked), CRL_REFERENCE));
    assert!(has(&body(&revoked), b"http://status.test/crl/jinan.crl"));

    let plain = world.responder.answer(&world.request(&revoked)).body;
    assert!(!has(&plain, ARCHIVE_CUTOFF) && !has(&plain, CRL_REFERENCE));
}

/// One DER element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = match content.len() {
        length @ 0..=0x7f => vec![tag, u8::try_from(length).unwrap()],
        length @ 0x80..=0xff => vec![tag, 0x81, u8::try_from(length).unwrap()],
        length => {
            let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
            vec![tag, 0x82, high, low]
        }
    };
    der.extend_from_slice(content);
    der
}

/// Somebody who signs requests.
struct Requestor {
    key: PrivateKey,
    certificate: Certificate,
}

impl Requestor {
    fn of(world: &World, authority: &Authority, usage: KeyUsage, until: Time) -> Self {
        let key = PrivateKey::generate();
        let draft = Draft {
            extensions: vec![extension::key_usage(usage)],
            ..Draft::responder(&key.public_key().into())
        };
        let certificate = authority.issue(draft.valid(NOW.plus_days(-1), until));
        world.issued("jinan", certificate.serial());
        Self { key, certificate }
    }

    /// A request about `serial`, signed; with or without the requestor's name.
    fn ask(&self, world: &World, serial: &Serial, named: bool) -> Vec<u8> {
        let single = element(0x30, &world.id(serial).der);
        let name = element(0xa4, self.certificate.subject().der());
        let name = if named {
            element(0xa1, &name)
        } else {
            Vec::new()
        };
        let tbs = element(0x30, &[name, element(0x30, &single)].concat());
        let signature = self.key.sign(SignerId::Default, &tbs).unwrap().to_der();
        let bits = element(0x03, &[&[0], &signature[..]].concat());
        let algorithm = b"\x30\x0A\x06\x08\x2A\x81\x1C\xCF\x55\x01\x83\x75".to_vec();
        let certificates = element(0xa0, &element(0x30, self.certificate.der()));
        let signed = element(0x30, &[algorithm, bits, certificates].concat());
        element(0x30, &[tbs, element(0xa0, &signed)].concat())
    }
}

#[test]
fn signed_requests_are_verified_where_the_policy_asks_for_it() {
    let world = World::new();
    let serial = world.good();
    let stranger = world.root.below("外人");
    let signing = KeyUsage::DIGITAL_SIGNATURE;
    let until = NOW.plus_days(30);
    let holder = Requestor::of(&world, &world.jinan, signing, until);
    let revoked = Requestor::of(&world, &world.jinan, signing, until);
    world.change(
        revoked.certificate.serial(),
        Change::Revoked,
        "keyCompromise",
    );
    let expired = Requestor::of(&world, &world.jinan, signing, NOW.plus_seconds(-1));
    let encrypting = Requestor::of(&world, &world.jinan, KeyUsage::KEY_ENCIPHERMENT, until);
    let foreign = Requestor::of(&world, &stranger, signing, until);

    let fine = holder.ask(&world, &serial, true);
    let mut broken = fine.clone();
    // Within the serial that is asked for: what was signed is another request.
    let place = fine
        .windows(serial.as_bytes().len())
        .position(|window| window == serial.as_bytes())
        .unwrap();
    broken[place + 3] ^= 1;
    let plain = world.request(&serial);
    let (answered, unauthorized) = (None, Some(ResponseStatus::Unauthorized));
    let cases = [
        ("fine", &fine, answered),
        ("broken", &broken, unauthorized),
        ("revoked", &revoked.ask(&world, &serial, true), unauthorized),
        ("expired", &expired.ask(&world, &serial, true), unauthorized),
        (
            "usage",
            &encrypting.ask(&world, &serial, true),
            unauthorized,
        ),
        ("foreign", &foreign.ask(&world, &serial, true), unauthorized),
        (
            "no name",
            &holder.ask(&world, &serial, false),
            Some(ResponseStatus::MalformedRequest),
        ),
    ];
    let with = |signatures| {
        let requestors = [world.jinan.certificate.clone()].into();
        governed(
            &world,
            Policy {
                signatures,
                requestors,
                ..Policy::default()
            },
        )
    };
    let (require, verify) = (with(Signatures::Require), with(Signatures::Verify));
    for (name, request, expected) in cases {
        assert_eq!(require.answer(request).error, expected, "{name}");
        assert_eq!(verify.answer(request).error, expected, "{name}");
        assert_eq!(world.responder.answer(request).error, None, "{name}");
    }
    assert_eq!(verify.answer(&plain).error, None);
    // Also where the answer is at hand, made for one who signed.
    assert_eq!(
        require.answer(&plain).error,
        Some(ResponseStatus::SigRequired)
    );
    assert!(
        OcspRequest::from_der(&plain, 1)
            .unwrap()
            .signature
            .is_none()
    );
}
