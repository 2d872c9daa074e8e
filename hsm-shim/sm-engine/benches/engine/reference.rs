//! Other implementations, for comparison: `ring` (the curve P-256, of the same size) and RustCrypto.

use crate::contest::Contestant;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, Signature,
    UnparsedPublicKey,
};
use sm2::dsa::signature::Signer as _;
use sm3::Digest as _;

const MESSAGE: &[u8] = b"a message of some thirty-two byte";

fn ring_signed() -> (EcdsaKeyPair, SystemRandom, Signature) {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let signature = key.sign(&random, MESSAGE).unwrap();
    (key, random, signature)
}

pub(crate) fn ring_sign() -> Contestant<'static> {
    let (key, random, _) = ring_signed();
    Contestant::new(1, move || key.sign(&random, MESSAGE).unwrap())
}

pub(crate) fn ring_verify() -> Contestant<'static> {
    let (key, _, signature) = ring_signed();
    let public =
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key().as_ref().to_vec());
    Contestant::new(1, move || {
        public.verify(MESSAGE, signature.as_ref()).unwrap()
    })
}

pub(crate) fn ring_keygen() -> Contestant<'static> {
    let random = SystemRandom::new();
    Contestant::new(1, move || {
        let key = EphemeralPrivateKey::generate(&ECDH_P256, &random).unwrap();
        key.compute_public_key().unwrap()
    })
}

pub(crate) fn rustcrypto_sign() -> Contestant<'static> {
    let secret = sm2::SecretKey::from_slice(&[7; 32]).unwrap();
    let key = sm2::dsa::SigningKey::new("1234567812345678", &secret).unwrap();
    Contestant::new(1, move || {
        let signature: sm2::dsa::Signature = key.sign(MESSAGE);
        signature
    })
}

pub(crate) fn rustcrypto_public_key(point: [u8; 65]) -> Contestant<'static> {
    Contestant::new(1, move || sm2::PublicKey::from_sec1_bytes(&point).unwrap())
}

pub(crate) fn rustcrypto_sm3(length: usize) -> Contestant<'static> {
    let message = vec![0x5A; length];
    Contestant::new(length, move || sm3::Sm3::digest(&message))
}

pub(crate) fn rustcrypto_sm4_gcm(length: usize) -> Contestant<'static> {
    let key = aes_gcm::AesGcm::<sm4::Sm4, aes_gcm::aead::consts::U12>::new(&[7; 16].into());
    let mut message = vec![0xA5; length];
    Contestant::new(length, move || {
        key.encrypt_inout_detached(&[0; 12].into(), b"", message.as_mut_slice().into())
            .unwrap()
    })
}

/// The bare block cipher over blocks that do not depend on one another: no mode is faster than this.
pub(crate) fn rustcrypto_sm4(length: usize) -> Contestant<'static> {
    use sm4::cipher::BlockCipherEncrypt as _;
    let cipher = sm4::Sm4::new(&[7; 16].into());
    let mut blocks = vec![sm4::cipher::Block::<sm4::Sm4>::default(); length / 16];
    Contestant::new(length, move || cipher.encrypt_blocks(&mut blocks))
}
