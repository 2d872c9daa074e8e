//! Two implementations that share no code with the engine's, as oracles: `sm-crypto` and `libsmx`.
//!
//! Oracles only. `sm-crypto` 0.1.9 decrypts what was tampered with, takes points off the curve, drops
//! leading zeros of a plaintext and checks no ranges; what it gets wrong, the engine's own tests refuse.
#![allow(clippy::unwrap_used)]

use crate::sm2::{PrivateKey, Signature, SignerId};
use crate::{random, sm3, sm4::GcmKey};
use proptest::prelude::*;

const ID: &[u8] = b"1234567812345678";
const TLS_ID: &[u8] = b"TLSv1.3+GM+Cipher+Suite";

fn raw(der: &[u8]) -> [u8; 64] {
    libsmx::sm2::der::sig_from_der(der).unwrap()
}

#[test]
fn signatures_of_the_engine_verify_elsewhere() {
    for round in 0..8_u8 {
        let key = PrivateKey::generate();
        let point = key.public_key().to_sec1();
        let message = vec![round; usize::from(round) * 37];
        for (id, bytes) in [(SignerId::Default, ID), (SignerId::Tls13, TLS_ID)] {
            let der = key.sign(id, &message).unwrap().to_der();
            let public = hex::encode(&point[1..]);
            let oracle = sm_crypto::sm2::Verify::new_with_id(bytes, &public);
            assert!(oracle.verify_der(&message, &der, true));
            assert!(!oracle.verify_der(b"another", &der, true));
            assert!(libsmx::sm2::verify_message(&message, bytes, &point, &raw(&der)).is_ok());
        }
    }
}

#[test]
fn signatures_made_elsewhere_verify_here() {
    for round in 0..8_u8 {
        let key = PrivateKey::generate();
        let public = key.public_key();
        let d = hex::encode(*key.to_bytes());
        let message = vec![round; usize::from(round) * 41];
        let der = sm_crypto::sm2::Sign::new(&d).sign_der(&message, true);
        let signature = Signature::from_der(&der).unwrap();
        assert_eq!(
            public.verify(SignerId::Default, &message, &signature),
            Ok(())
        );
        assert!(
            public
                .verify(SignerId::Tls13, &message, &signature)
                .is_err()
        );

        // The empty identifier that OpenSSL uses unasked.
        let der = sm_crypto::sm2::Sign::new_with_id(b"", &d).sign_der(&message, true);
        let signature = Signature::from_der(&der).unwrap();
        assert!(
            public
                .verify(SignerId::Default, &message, &signature)
                .is_err()
        );
        assert!(public.verifies_with_empty_id(&message, &signature));
    }
}

#[test]
fn public_keys_agree() {
    for _ in 0..8 {
        let key = PrivateKey::generate();
        let theirs = libsmx::sm2::PrivateKey::from_bytes(&key.to_bytes()).unwrap();
        assert_eq!(theirs.public_key(), key.public_key().to_sec1());
        let d = hex::encode(*key.to_bytes());
        let public = sm_crypto::sm2::pk_from_sk(&d);
        assert_eq!(public, hex::encode(&key.public_key().to_sec1()[1..]));
    }
}

#[test]
fn ciphertexts_open_on_both_sides() {
    for length in [1, 16, 32, 33, 100] {
        let key = PrivateKey::generate();
        let d = hex::encode(*key.to_bytes());
        // No leading zero, which sm-crypto would drop; and no all-zero key stream, which it cannot redo.
        let plaintext = vec![0x80 | u8::try_from(length).unwrap(); length];
        let cipher = key.public_key().encrypt(&plaintext).unwrap();
        let oracle = sm_crypto::sm2::Decrypt::new(&d);
        assert_eq!(
            oracle.decrypt_asna1(&cipher),
            plaintext,
            "{length} bytes, opened there"
        );

        let public = hex::encode(&key.public_key().to_sec1()[1..]);
        let theirs = loop {
            let cipher = sm_crypto::sm2::Encrypt::new(&public).encrypt(&plaintext);
            if !cipher.is_empty() {
                break cipher;
            }
        };
        let opened = key.decrypt(&der_of(&theirs)).unwrap();
        assert_eq!(opened.as_slice(), plaintext, "{length} bytes, opened here");
    }
}

/// SM2Cipher of `x || y || C3 || C2` with short lengths only.
fn der_of(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let digits: Vec<u8> = bytes
            .iter()
            .copied()
            .skip_while(|&byte| byte == 0)
            .collect();
        let pad = usize::from(digits[0] >= 0x80);
        let mut out = vec![2, u8::try_from(digits.len() + pad).unwrap()];
        out.extend(std::iter::repeat_n(0, pad));
        out.extend(digits);
        out
    };
    let c2 = &raw[96..];
    let mut content = [integer(&raw[..32]), integer(&raw[32..64])].concat();
    content.extend([4, 32]);
    content.extend(&raw[64..96]);
    content.extend([4, u8::try_from(c2.len()).unwrap()]);
    content.extend(c2);
    let length = u8::try_from(content.len()).unwrap();
    let mut out = if length < 0x80 {
        vec![0x30, length]
    } else {
        vec![0x30, 0x81, length]
    };
    out.extend(content);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn digests_agree(message in prop::collection::vec(any::<u8>(), 0..400)) {
        let ours = sm3::digest(&message);
        prop_assert_eq!(ours.to_string(), sm_crypto::sm3::sm3_hash(&message));
        prop_assert_eq!(ours.0, libsmx::sm3::Sm3Hasher::digest(&message));
    }

    #[test]
    fn seals_agree_and_notice_every_alteration(
        aad in any::<Vec<u8>>(), plaintext in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let (key, nonce) = (random::array::<16>(), random::array::<12>());
        let ours = GcmKey::new(&key);
        let mut sealed = ours.seal(&nonce, &aad, &plaintext);
        let theirs = libsmx::sm4::sm4_encrypt_gcm_combined(&key, &nonce, &aad, &plaintext);
        prop_assert_eq!(&sealed, &theirs);
        let opened = ours.open(&nonce, &aad, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), plaintext);
        let index = at.index(sealed.len());
        sealed[index] ^= 1_u8 << bit;
        prop_assert!(ours.open(&nonce, &aad, &sealed).is_err());
        sealed[index] ^= 1_u8 << bit;
        prop_assert!(ours.open(&nonce, &[&*aad, &[0]].concat(), &sealed).is_err());
        prop_assert!(ours.open(&random::array(), &aad, &sealed).is_err());
        prop_assert!(ours.open(&nonce, &aad, &sealed[1..]).is_err());
    }
}
