//! A SEC 1 public key: what is read is written back the same, verifies the same way with and without a table, and
//! can be encrypted to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm2::{PublicKey, Signature, SignerId};

fuzz_target!(|bytes: &[u8]| {
    let Ok(key) = PublicKey::from_sec1(bytes) else {
        return;
    };
    assert_eq!(key.to_sec1(), bytes);
    let signature = Signature::from_der(&[0x30, 6, 2, 1, 1, 2, 1, 2]).expect("r = 1, s = 2");
    let plain = key.verify(SignerId::Default, b"m", &signature);
    assert_eq!(
        key.prepare().verify(SignerId::Default, b"m", &signature),
        plain
    );
    assert!(key.encrypt(b"plaintext").is_ok());
});
