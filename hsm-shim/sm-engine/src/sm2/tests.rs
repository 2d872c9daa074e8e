//! What SM2 must do beyond the vectors: round trips, and that nothing altered passes.
#![allow(clippy::unwrap_used)]

mod batch;
mod curve;
mod envelope;
mod exchange;
mod rustcrypto;
mod vectors;

use super::*;
use crate::sm3::digest;
use proptest::prelude::*;

const IDS: [SignerId; 2] = [SignerId::Default, SignerId::Tls13];

#[test]
fn private_keys_lie_between_1_and_n_minus_2() {
    let n_minus = |low: u8| {
        let mut d: [u8; 32] =
            hex::decode("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123")
                .unwrap()
                .try_into()
                .unwrap();
        d[31] -= low;
        d
    };
    let mut one = [0; 32];
    one[31] = 1;
    for good in [one, n_minus(2)] {
        let key = PrivateKey::from_bytes(&good).unwrap();
        assert_eq!(*key.to_bytes(), good);
        let signature = key.sign(SignerId::Default, b"m").unwrap();
        let verified = key.public_key().verify(SignerId::Default, b"m", &signature);
        assert_eq!(verified, Ok(()));
    }
    for bad in [[0; 32], n_minus(1), n_minus(0), [0xFF; 32]] {
        assert_eq!(PrivateKey::from_bytes(&bad).err(), Some(Error::Secret));
    }
}

#[test]
fn public_keys_are_uncompressed_points_of_the_curve() {
    let good = PrivateKey::generate().public_key().to_sec1();
    assert_eq!(PublicKey::from_sec1(&good).unwrap().to_sec1(), good);
    let with = |index: usize, value: u8| {
        let mut point = good;
        point[index] = value;
        point
    };
    for form in [0, 2, 3, 5, 6, 7] {
        let refused = PublicKey::from_sec1(&with(0, form));
        assert_eq!(refused, Err(Error::PublicKey), "form {form}");
    }
    for (index, byte) in good.iter().enumerate().skip(1) {
        let refused = PublicKey::from_sec1(&with(index, byte ^ 1));
        assert_eq!(refused, Err(Error::PublicKey), "byte {index}");
    }
    let mut compressed = vec![2 + (good[64] & 1)];
    compressed.extend_from_slice(&good[1..33]);
    for bad in [
        &[][..],
        &[0],
        &compressed,
        &good[1..],
        &good[..64],
        &[0; 65],
    ] {
        assert_eq!(PublicKey::from_sec1(bad), Err(Error::PublicKey));
    }
}

#[test]
fn a_coordinate_not_below_p_is_not_a_public_key() {
    // x = 0 lies on the curve; x = p is the same residue in a second spelling.
    const P: &str = "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";
    const Y: &str = "fd4511e81736a60f07e88a83d6cf5a167fae6d1a9c9330e76e232e00f5cdc154";
    let zero = "0".repeat(64);
    let point = |x: &str| PublicKey::from_sec1(&hex::decode(format!("04{x}{Y}")).unwrap());
    assert!(point(&zero).is_ok());
    assert_eq!(point(P), Err(Error::PublicKey));
}

#[test]
fn a_public_key_prints_its_point_and_compares_by_it() {
    let (a, b) = (PrivateKey::generate(), PrivateKey::generate());
    let text = format!("{:?}", a.public_key());
    assert_eq!(
        text,
        format!("PublicKey({})", hex::encode(a.public_key().to_sec1()))
    );
    assert_eq!(a.public_key(), &a.public_key().clone());
    assert_ne!(a.public_key(), b.public_key());
}

#[test]
fn identifiers_do_not_stand_in_for_each_other() {
    let key = PrivateKey::generate();
    for id in IDS {
        let signature = key.sign(id, b"message").unwrap();
        for other in IDS {
            let verified = key.public_key().verify(other, b"message", &signature);
            assert_eq!(verified.is_ok(), id == other);
        }
        assert!(
            !key.public_key()
                .verifies_with_empty_id(b"message", &signature)
        );
    }
}

#[test]
fn an_empty_identifier_is_recognised_and_still_refused() {
    let key = PrivateKey::generate();
    let z = identity::z(b"", key.public_key().xy());
    let signature = key
        .sign_digest(&identity::e(&z, b"message"), &nonce::Salt([7; 16]))
        .unwrap();
    let public = key.public_key();
    assert!(public.verifies_with_empty_id(b"message", &signature));
    assert!(!public.verifies_with_empty_id(b"other", &signature));
    assert_eq!(
        public.verify(SignerId::Default, b"message", &signature),
        Err(Error::Mismatch)
    );
}

#[test]
fn nonces_depend_on_salt_digest_key_and_attempt() {
    let (key, other) = (PrivateKey::generate(), PrivateKey::generate());
    let (e, f) = (digest(b"e"), digest(b"f"));
    let of = |key: &PrivateKey, e, salt: u8| key.sign_digest(e, &nonce::Salt([salt; 16])).unwrap();
    let first = of(&key, &e, 1);
    assert_eq!(first, of(&key, &e, 1));
    for different in [of(&key, &e, 2), of(&key, &f, 1), of(&other, &e, 1)] {
        assert_ne!(first.r(), different.r());
    }
    assert_ne!(
        key.sign(SignerId::Default, b"m").unwrap(),
        key.sign(SignerId::Default, b"m").unwrap()
    );
    let keyed = nonce::NonceKey::derive(&key.to_bytes());
    let point = |attempt| {
        let k = keyed
            .nonce(&nonce::Salt([1; 16]), e.as_bytes(), attempt)
            .unwrap();
        k.point().coordinates()
    };
    assert_ne!(point(0), point(1));
}

#[test]
fn plaintexts_have_1_byte_to_1_mebibyte() {
    let key = PrivateKey::generate();
    let public = key.public_key();
    assert_eq!(public.encrypt(b""), Err(Error::Length));
    assert_eq!(
        public.encrypt(&vec![1; MAX_PLAINTEXT + 1]),
        Err(Error::Length)
    );
    for length in [
        1,
        31,
        32,
        33,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        MAX_PLAINTEXT,
    ] {
        // Leading zeros are data.
        let mut plaintext = vec![0; length];
        plaintext[length - 1] = 0xA5;
        let cipher = public.encrypt(&plaintext).unwrap();
        assert_eq!(
            key.decrypt(&cipher).unwrap().as_slice(),
            plaintext,
            "{length}"
        );
    }
}

#[test]
fn a_ciphertext_without_or_with_too_much_content_is_refused() {
    let key = PrivateKey::generate();
    let k = nonce::random_nonce();
    let empty = ciphertext::encrypt_with(&k, key.public_key().point(), b"");
    assert_eq!(empty, None, "an empty key stream counts as all zero");
    let long = loop {
        let plaintext = vec![1; MAX_PLAINTEXT + 1];
        let k = nonce::random_nonce();
        if let Some(cipher) = ciphertext::encrypt_with(&k, key.public_key().point(), &plaintext) {
            break cipher;
        }
    };
    assert_eq!(key.decrypt(&long), Err(Error::Secret));
    // C2 of a good ciphertext emptied: 30 .. x y C3 04 00.
    let good = key.public_key().encrypt(b"z").unwrap();
    let mut emptied = good[..good.len() - 1].to_vec();
    emptied[1] -= 1;
    *emptied.last_mut().unwrap() = 0;
    assert_eq!(key.decrypt(&emptied), Err(Error::Secret));
}

#[test]
fn every_altered_bit_of_a_ciphertext_is_noticed() {
    let key = PrivateKey::generate();
    let good = key.public_key().encrypt(b"sixteen byte key").unwrap();
    assert_eq!(key.decrypt(&good).unwrap().as_slice(), b"sixteen byte key");
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.decrypt(&bad), Err(Error::Secret), "bit {bit}");
    }
    for length in 0..good.len() {
        assert_eq!(
            key.decrypt(&good[..length]),
            Err(Error::Secret),
            "{length} bytes"
        );
    }
    let other = PrivateKey::generate();
    assert_eq!(other.decrypt(&good), Err(Error::Secret));
}

#[test]
fn every_altered_bit_of_a_signature_is_noticed() {
    let key = PrivateKey::generate();
    let good = key.sign(SignerId::Default, b"message").unwrap().to_der();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let verified = Signature::from_der(&bad)
            .and_then(|bad| key.public_key().verify(SignerId::Default, b"message", &bad));
        assert!(verified.is_err(), "bit {bit}");
    }
    for length in 0..good.len() {
        let cut = Signature::from_der(&good[..length]);
        assert_eq!(cut, Err(Error::SignatureEncoding));
    }
}

#[test]
fn the_shortest_signature_has_8_bytes_and_the_longest_72() {
    let mut one = [0; 32];
    one[31] = 1;
    let mut high = [0xFF; 32];
    high[3] = 0xFE;
    high[16] = 0;
    for (value, length) in [(one, 8), (high, 72)] {
        let signature = Signature::new(value, value).unwrap();
        let der = signature.to_der();
        assert_eq!(der.len(), length);
        assert_eq!(Signature::from_der(&der), Ok(signature));
    }
    assert_eq!(
        hex::encode(Signature::new(one, one).unwrap().to_der()),
        "3006020101020101"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn signatures_verify_for_their_message_only(
        d in any::<[u8; 32]>(), message in any::<Vec<u8>>(), at in any::<prop::sample::Index>(),
    ) {
        let Ok(key) = PrivateKey::from_bytes(&d) else { return Ok(()) };
        let public = PublicKey::from_sec1(&key.public_key().to_sec1()).unwrap();
        for id in IDS {
            let signature = key.sign(id, &message).unwrap();
            let read = Signature::from_der(&signature.to_der()).unwrap();
            prop_assert_eq!(public.verify(id, &message, &read), Ok(()));
            let mut altered = message.clone();
            match altered.len() {
                0 => altered.push(0),
                length => altered[at.index(length)] ^= 1,
            }
            prop_assert_eq!(public.verify(id, &altered, &read), Err(Error::Mismatch));
        }
    }

    #[test]
    fn ciphertexts_open(plaintext in prop::collection::vec(any::<u8>(), 1..300)) {
        let key = PrivateKey::generate();
        let cipher = key.public_key().encrypt(&plaintext).unwrap();
        let opened = key.decrypt(&cipher).unwrap();
        prop_assert_eq!(opened.as_slice(), plaintext);
    }

    #[test]
    fn whatever_is_read_as_a_signature_is_written_the_same(
        r in prop::collection::vec(any::<u8>(), 0..34), s in prop::collection::vec(any::<u8>(), 0..34),
        tail in prop::collection::vec(any::<u8>(), 0..2),
    ) {
        let mut der = vec![0x30, (4 + r.len() + s.len() + tail.len()) as u8, 2, r.len() as u8];
        der.extend_from_slice(&r);
        der.extend_from_slice(&[2, s.len() as u8]);
        der.extend_from_slice(&s);
        der.extend_from_slice(&tail);
        if let Ok(signature) = Signature::from_der(&der) {
            prop_assert_eq!(signature.to_der(), der);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let key = PrivateKey::generate();
        let _ = Signature::from_der(&bytes);
        let _ = PublicKey::from_sec1(&bytes);
        prop_assert_eq!(key.decrypt(&bytes), Err(Error::Secret));
    }
}
