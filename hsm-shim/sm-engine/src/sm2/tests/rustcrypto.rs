//! The whole of signing, verifying, encrypting and decrypting against the crate `sm2`, both ways.

use super::super::*;
use crate::random;
use proptest::prelude::*;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{SigningKey, VerifyingKey as TheirVerifyingKey};
use sm2::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use sm2::pke::Mode;
use std::convert::Infallible;

const ID: &str = "1234567812345678";
const TLS_ID: &str = "TLSv1.3+GM+Cipher+Suite";

struct OsRandom;

impl TryRng for OsRandom {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(random::array()))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(random::array()))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        random::fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for OsRandom {}

fn raw(signature: &Signature) -> sm2::dsa::Signature {
    sm2::dsa::Signature::from_scalars(*signature.r(), *signature.s()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn signatures_verify_on_both_sides(d in any::<[u8; 32]>(), message in any::<Vec<u8>>()) {
        let Ok(key) = PrivateKey::from_bytes(&d) else { return Ok(()) };
        let public = key.public_key();
        let prepared = public.prepare();
        for (id, text) in [(SignerId::Default, ID), (SignerId::Tls13, TLS_ID)] {
            let signing = SigningKey::from_slice(text, &d).unwrap();
            let verifying = TheirVerifyingKey::from_sec1_bytes(text, &public.to_sec1()).unwrap();
            prop_assert_eq!(signing.verifying_key().to_sec1_bytes(), verifying.to_sec1_bytes());
            let ours = key.sign(id, &message).unwrap();
            prop_assert!(verifying.verify(&message, &raw(&ours)).is_ok());
            let theirs = signing.sign(&message).to_bytes();
            let (r, s) = theirs.split_at(32);
            let read = Signature::new(r.try_into().unwrap(), s.try_into().unwrap()).unwrap();
            prop_assert_eq!(public.verify(id, &message, &read), Ok(()));
            prop_assert_eq!(prepared.verify(id, &message, &read), Ok(()));
            let altered = [&*message, &[0]].concat();
            prop_assert_eq!(public.verify(id, &altered, &read), Err(Error::Mismatch));
            prop_assert_eq!(prepared.verify(id, &altered, &read), Err(Error::Mismatch));
        }
    }

    #[test]
    fn ciphertexts_open_on_both_sides(d in any::<[u8; 32]>(), plaintext in prop::collection::vec(any::<u8>(), 1..200)) {
        let Ok(key) = PrivateKey::from_bytes(&d) else { return Ok(()) };
        let secret = sm2::SecretKey::from_slice(&d).unwrap();
        let decrypting = sm2::pke::DecryptingKey::new_with_mode(secret.into(), Mode::C1C3C2);
        let ours = key.public_key().encrypt(&plaintext).unwrap();
        prop_assert_eq!(&decrypting.decrypt_der(&ours).unwrap(), &plaintext);
        let encrypting = sm2::pke::EncryptingKey::from_sec1_bytes(&key.public_key().to_sec1()).unwrap();
        let theirs = encrypting.encrypt_der(&mut OsRandom, &plaintext).unwrap();
        let opened = key.decrypt(&theirs).unwrap();
        prop_assert_eq!(opened.as_slice(), plaintext);
    }
}
