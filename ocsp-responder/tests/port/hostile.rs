//! Garbage and mutations: never a panic, and never `good` for anything but the certificate that is good.

use proptest::prelude::*;
use x509::certificate::Serial;
use x509::ocsp::{CertStatus, OcspRequest, OcspResponse};

use crate::hierarchy::World;

/// Every serial that an answer calls good.
fn called_good(world: &World, request: &[u8]) -> Vec<Vec<u8>> {
    let answer = world.responder.answer(request);
    if !answer.is_successful() {
        assert!(answer.body.len() == 5 && answer.freshness.is_none());
        return Vec::new();
    }
    let response = OcspResponse::from_der(&answer.body).unwrap();
    response
        .verify_signature(world.responder_certificate.public_key())
        .unwrap();
    let good = response
        .responses()
        .iter()
        .filter(|single| single.status == CertStatus::Good);
    good.map(|single| single.cert_id.serial.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn garbage_is_answered_and_never_good(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let world = world();
        prop_assert!(called_good(world, &bytes).is_empty());
    }

    #[test]
    fn garbage_in_a_sequence_is_never_good(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let world = world();
        let mut der = vec![0x30, u8::try_from(bytes.len()).unwrap()];
        der.extend_from_slice(&bytes);
        prop_assert!(called_good(world, &der).is_empty());
    }

    #[test]
    fn a_mutated_request_never_makes_another_certificate_good(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        nonce in any::<bool>(),
    ) {
        let world = world();
        let good = good();
        let nonce = nonce.then_some([7_u8; 32]);
        let mut request = OcspRequest::build(
            &[world.id(good), world.id(&Serial::from_bytes(&[0x55; 16]).unwrap())],
            nonce.as_ref().map(<[u8; 32]>::as_slice),
        );
        for (position, value) in changes {
            let length = request.len();
            request[position.index(length)] = value;
        }
        if let Some(cut) = cut {
            request.truncate(cut.index(request.len()));
        }
        for serial in called_good(world, &request) {
            let known = serial == good.as_bytes() || serial == world.responder_certificate.serial().as_bytes();
            prop_assert!(known, "{}", hex::encode(serial));
        }
    }
}

/// One world for all cases: founding one for each would make the suite slow.
fn world() -> &'static World {
    static WORLD: std::sync::LazyLock<World> = std::sync::LazyLock::new(|| {
        let world = World::new();
        world.issued("jinan", good());
        world
    });
    &WORLD
}

fn good() -> &'static Serial {
    static GOOD: std::sync::LazyLock<Serial> = std::sync::LazyLock::new(Serial::random);
    &GOOD
}

#[test]
fn a_serial_is_matched_by_its_bytes_alone() {
    let world = World::new();
    let serial = Serial::from_bytes(&[0x12, 0x34]).unwrap();
    world.issued("jinan", &serial);
    // Negative, zero, and 40 bytes long: allowed in a CertID, never issued.
    for bytes in [&[0x92, 0x34][..], &[0x00], &[0x12; 40], &[0x12, 0x34, 0x00]] {
        let request = with_serial(&world.request(&serial), bytes);
        assert!(
            called_good(&world, &request).is_empty(),
            "{}",
            hex::encode(bytes)
        );
    }
    assert_eq!(
        called_good(&world, &world.request(&serial)),
        [vec![0x12, 0x34]]
    );
    assert_eq!(
        called_good(&world, &with_serial(&world.request(&serial), &[0x12, 0x34])),
        [vec![0x12, 0x34]]
    );
}

/// A request of one CertID whose serial 12 34 is replaced: the INTEGER is the last value, within four lengths.
fn with_serial(request: &[u8], serial: &[u8]) -> Vec<u8> {
    let mut der = request
        .strip_suffix(&[0x02, 0x02, 0x12, 0x34])
        .unwrap()
        .to_vec();
    der.extend_from_slice(&[0x02, u8::try_from(serial.len()).unwrap()]);
    der.extend_from_slice(serial);
    // OCSPRequest, TBSRequest, requestList, Request, CertID: each header is two bytes long.
    for position in [1, 3, 5, 7, 9] {
        der[position] = der[position] - 2 + u8::try_from(serial.len()).unwrap();
    }
    der
}

#[test]
fn deep_and_long_requests_are_malformed() {
    let world = World::new();
    let mut nested = Vec::new();
    for depth in 0..16_000_u16 {
        let rest = 4 * (15_999 - depth);
        let [high, low] = rest.to_be_bytes();
        nested.extend_from_slice(&[0x30, 0x82, high, low]);
    }
    let indefinite = [0x30, 0x80].repeat(30_000);
    let id = world.id(&world.good());
    let many = OcspRequest::build(&vec![id.clone(); 800], None);
    let huge = OcspRequest::build(&vec![id; 10_000], None);
    for request in [nested, indefinite, many, huge, vec![0x30; 1 << 20]] {
        let answer = world.responder.answer(&request);
        assert_eq!(answer.body[..], [0x30, 0x03, 0x0a, 0x01, 0x01]);
    }
    assert_eq!(world.signer.signed(), 0);
}
