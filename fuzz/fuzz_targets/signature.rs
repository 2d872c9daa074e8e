//! A DER signature: what is read is written back the same, and no bytes pass for a signature under a fixed key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm2::{
    PrivateKey, PublicKey, Signature, SignerId, ToVerify, VerifyingKey, verify_batch,
};
use std::sync::LazyLock;

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    PrivateKey::from_bytes(&[7; 32])
        .expect("below n")
        .public_key()
        .clone()
});

fuzz_target!(|der: &[u8]| {
    let Ok(signature) = Signature::from_der(der) else {
        return;
    };
    assert_eq!(signature.to_der(), der);
    let id = SignerId::Default;
    let refused = KEY.verify(id, b"nothing was ever signed", &signature);
    assert!(refused.is_err());
    let item = ToVerify {
        key: VerifyingKey::Plain(&KEY),
        id,
        message: b"nothing was ever signed",
        signature: &signature,
    };
    assert_eq!(verify_batch(&[item]), [refused]);
});
