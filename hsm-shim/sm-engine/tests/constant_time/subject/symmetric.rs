//! SM3 and SM4 with secret keys and data.

use super::{Operation, assert_gives, secret};
use sm_engine::memcheck;
use sm_engine::sm3;
use sm_engine::sm4::GcmKey;

pub(super) const ALL: &[Operation] = &[
    ("SM3", digest),
    ("HMAC-SM3", hmac),
    ("HKDF-SM3", hkdf),
    ("SM4-GCM", gcm),
    ("SM4-GCM, refused", gcm_refused),
];

fn digest() {
    let message = secret::<200>();
    let digest = sm3::digest(&message);
    assert_gives(digest.as_bytes(), sm3::digest(&message).as_bytes());
}

fn hmac() {
    for key in [&secret::<16>()[..], &secret::<100>()] {
        let mac = sm3::hmac(key, &secret::<75>());
        let mut same = mac.matches(mac.as_bytes());
        memcheck::public(&mut same);
        assert!(same);
    }
}

fn hkdf() {
    let mut okm = [0; 70];
    sm3::hkdf(b"salt", &secret::<32>(), b"info", &mut okm);
    assert_gives(&okm, &okm);
}

fn gcm() {
    let key = GcmKey::new(&secret());
    // Whole wide blocks, one block, and a part of one.
    let plaintext = secret::<{ 512 + 16 + 5 }>();
    let mut sealed = key.seal(&[1; 12], b"associated", &plaintext);
    memcheck::public(sealed.as_mut_slice());
    assert_gives(
        &key.open(&[1; 12], b"associated", &sealed).unwrap(),
        &plaintext,
    );
}

fn gcm_refused() {
    let key = GcmKey::new(&secret());
    let mut sealed = key.seal(&[1; 12], b"", &secret::<40>());
    memcheck::public(sealed.as_mut_slice());
    assert!(key.open(&[1; 12], b"other", &sealed).is_err());
}
