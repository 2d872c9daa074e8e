//! SM3 and SM4 with secret keys and data.

use super::{Operation, assert_gives, secret};
use sm_engine::memcheck;
use sm_engine::sm3;
use sm_engine::sm4::{CbcKey, CcmKey, CtrKey, GcmKey};

pub(super) const ALL: &[Operation] = &[
    ("SM3", digest),
    ("SM3, 19 messages", digests),
    ("HMAC-SM3", hmac),
    ("HKDF-SM3", hkdf),
    ("SM4-CBC", cbc),
    ("SM4-CTR", ctr),
    ("SM4-CCM", ccm),
    ("SM4-CCM, refused", ccm_refused),
    ("SM4-GCM", gcm),
    ("SM4-GCM, refused", gcm_refused),
];

/// Whole steps of the widest path, a narrower one, one block, and a part of one.
const LENGTH: usize = 1024 + 256 + 16 + 5;

fn digest() {
    let message = secret::<200>();
    let digest = sm3::digest(&message);
    assert_gives(digest.as_bytes(), sm3::digest(&message).as_bytes());
}

// A group of sixteen, and a rest for the narrower paths; of different lengths.
fn digests() {
    let bytes = secret::<{ 19 * 90 }>();
    let messages: Vec<&[u8]> = bytes
        .chunks(90)
        .zip(0..)
        .map(|(m, n)| &m[..90 - n])
        .collect();
    for (digest, message) in sm3::digest_many(&messages).iter().zip(messages) {
        assert_gives(digest.as_bytes(), sm3::digest(message).as_bytes());
    }
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

fn cbc() {
    let key = CbcKey::new(&secret());
    let plaintext = secret::<LENGTH>();
    let mut ciphertext = key.encrypt(&[1; 16], &plaintext);
    memcheck::public(ciphertext.as_mut_slice());
    assert_gives(&key.decrypt(&[1; 16], &ciphertext).unwrap(), &plaintext);
    assert!(key.decrypt(&[1; 16], &ciphertext[..16]).is_err());
}

fn ctr() {
    let key = CtrKey::new(&secret());
    let plaintext = secret::<LENGTH>();
    let mut data = plaintext;
    let (mut there, mut back) = (key.stream(&[1; 16]), key.stream(&[1; 16]));
    data.chunks_mut(700).for_each(|piece| there.apply(piece));
    memcheck::public(data.as_mut_slice());
    back.apply(&mut data);
    assert_gives(&data, &plaintext);
}

fn ccm() {
    let key = CcmKey::new(&secret());
    let plaintext = secret::<LENGTH>();
    let mut sealed = key.seal(&[1; 12], b"associated", &plaintext).unwrap();
    memcheck::public(sealed.as_mut_slice());
    assert_gives(
        &key.open(&[1; 12], b"associated", &sealed).unwrap(),
        &plaintext,
    );
}

fn ccm_refused() {
    let key = CcmKey::new(&secret());
    let mut sealed = key.seal(&[1; 12], b"", &secret::<40>()).unwrap();
    memcheck::public(sealed.as_mut_slice());
    assert!(key.open(&[1; 12], b"other", &sealed).is_err());
}

fn gcm() {
    let key = GcmKey::new(&secret());
    let plaintext = secret::<LENGTH>();
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
