//! Key exchange: the vectors of `test-vectors/sm2_kex.json`, and what must not agree.

use super::super::curve::Nonce;
use super::super::exchange::{OneTimeKey, Peer, Role};
use super::super::*;
use super::vectors::{array, bytes, entries};
use serde_json::Value;

const DEFAULT: SignerId = SignerId::Default;

struct Side {
    key: PrivateKey,
    one_time: OneTimeKey,
    z: crate::sm3::Digest,
}

fn side(entry: &Value, letter: &str) -> Side {
    let key = PrivateKey::from_bytes(&array(entry, &format!("d_{letter}"))).unwrap();
    let public = key.public_key();
    assert_eq!(public.to_sec1(), array(entry, &format!("p_{letter}")));
    let z = identity::z(&bytes(entry, &format!("id_{letter}")), public.xy());
    assert_eq!(z.0, array(entry, &format!("z_{letter}")));
    let nonce = Nonce::from_bytes(&array(entry, &format!("r_{letter}"))).unwrap();
    let one_time = OneTimeKey::new(nonce);
    assert_eq!(one_time.to_sec1(), array(entry, &format!("R_{letter}")));
    Side { key, one_time, z }
}

fn agree(role: Role, own: &Side, other: &Side, length: usize) -> Agreement {
    let peer = Peer {
        key: other.key.public_key(),
        id: DEFAULT,
        one_time: &other.one_time.to_sec1(),
    };
    let agreed = own
        .key
        .agree_for(role, [own.z, other.z], &own.one_time, peer, length);
    agreed.map_err(|error| error.to_string()).unwrap()
}

#[test]
fn vectors() {
    let entries = entries("sm2_kex.json");
    assert_eq!(entries.len(), 5);
    for entry in &entries {
        let (a, b) = (side(entry, "a"), side(entry, "b"));
        let expected = bytes(entry, "key");
        let of_a = agree(Role::Initiator, &a, &b, expected.len());
        let of_b = agree(Role::Responder, &b, &a, expected.len());
        assert_eq!(of_a.key(), expected);
        assert_eq!(of_b.key(), expected);
        assert_eq!(of_a.confirmation(), array(entry, "S2_SA"));
        assert_eq!(of_b.confirmation(), array(entry, "S1_SB"));
        assert_eq!(of_a.confirm(&of_b.confirmation()), Ok(()));
        assert_eq!(of_b.confirm(&of_a.confirmation()), Ok(()));
        // Nobody's own confirmation, and no altered one.
        assert_eq!(of_a.confirm(&of_a.confirmation()), Err(Error::Secret));
        assert_eq!(of_b.confirm(&of_b.confirmation()), Err(Error::Secret));
        for byte in 0..32 {
            let mut altered = of_b.confirmation();
            altered[byte] ^= 1;
            assert_eq!(of_a.confirm(&altered), Err(Error::Secret));
        }
        // Both in the same role: nothing agrees.
        let confused = agree(Role::Initiator, &b, &a, expected.len());
        assert_ne!(confused.key(), of_a.key());
        assert!(of_a.confirm(&confused.confirmation()).is_err());
    }
}

fn peer<'a>(key: &'a PublicKey, id: SignerId, one_time: &'a [u8]) -> Peer<'a> {
    Peer { key, id, one_time }
}

#[test]
fn sides_agree_only_about_the_same_keys_points_and_identifiers() {
    let (a, b, other) = (
        PrivateKey::generate(),
        PrivateKey::generate(),
        PrivateKey::generate(),
    );
    let tls = SignerId::Tls13;
    let fresh = || OneTimeKey::new(Nonce::from_bytes(&[7; 32]).unwrap());
    let point = fresh().to_sec1();
    let strange = OneTimeKey::generate().to_sec1();
    let of_a = a.agree(
        Role::Initiator,
        DEFAULT,
        fresh(),
        peer(b.public_key(), tls, &point),
        48,
    );
    let of_a = of_a.ok().unwrap();
    let respond = |key: &PrivateKey, id, peer| {
        let agreed = key.agree(Role::Responder, id, fresh(), peer, 48);
        agreed.ok().unwrap()
    };
    let of_b = respond(&b, tls, peer(a.public_key(), DEFAULT, &point));
    assert_eq!(of_a.key(), of_b.key());
    assert_eq!(of_a.confirm(&of_b.confirmation()), Ok(()));
    for wrong in [
        respond(&b, DEFAULT, peer(a.public_key(), DEFAULT, &point)),
        respond(&b, tls, peer(a.public_key(), tls, &point)),
        respond(&b, tls, peer(a.public_key(), DEFAULT, &strange)),
        respond(&b, tls, peer(other.public_key(), DEFAULT, &point)),
        respond(&other, tls, peer(a.public_key(), DEFAULT, &point)),
    ] {
        assert_ne!(of_a.key(), wrong.key());
        assert_eq!(of_a.confirm(&wrong.confirmation()), Err(Error::Secret));
    }
}

#[test]
fn what_is_no_point_and_no_length_is_refused() {
    let (a, b) = (PrivateKey::generate(), PrivateKey::generate());
    let good = OneTimeKey::generate().to_sec1();
    let agree = |one_time: &[u8], length| {
        let peer = peer(b.public_key(), DEFAULT, one_time);
        a.agree(
            Role::Initiator,
            DEFAULT,
            OneTimeKey::generate(),
            peer,
            length,
        )
        .map(|agreement| agreement.key().len())
    };
    for length in [1, 32, 33, MAX_SHARED_KEY] {
        assert_eq!(agree(&good, length), Ok(length));
    }
    for length in [0, MAX_SHARED_KEY + 1] {
        assert_eq!(agree(&good, length), Err(Error::Length));
    }
    let mut off_curve = good;
    off_curve[64] ^= 1;
    for bad in [&off_curve[..], &good[..64], &[0], &[], &[4; 65]] {
        assert_eq!(agree(bad, 16), Err(Error::PublicKey));
    }
}

#[test]
fn a_shared_point_at_infinity_is_refused() {
    // The other side's R chosen so that P + x'R is infinity: with P = -x'·R for a known r.
    let (a, r) = (PrivateKey::generate(), Nonce::from_bytes(&[9; 32]).unwrap());
    let point = r.point();
    let opposite = {
        use crate::arithmetic::scalar::Scalar;
        let product = Scalar::reduce(&[9; 32]).mul(&point.half().to_factor());
        Scalar::reduce(&[0; 32]).sub(&product)
    };
    let hostile = PrivateKey::from_bytes(&opposite.to_bytes()).unwrap();
    let one_time = OneTimeKey::new(r).to_sec1();
    let agreed = a.agree(
        Role::Responder,
        DEFAULT,
        OneTimeKey::generate(),
        peer(hostile.public_key(), DEFAULT, &one_time),
        16,
    );
    assert_eq!(agreed.err(), Some(Error::Secret));
}
