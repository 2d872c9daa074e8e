//! A DER SM2 ciphertext under a fixed key: no bytes make decryption panic. What opens has the length it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm2::{MAX_PLAINTEXT, PrivateKey};
use std::sync::LazyLock;

/// The key of GB/T 32918.5 Annex C, whose ciphertext is among the seeds.
const D: [u8; 32] = *b"\
\x39\x45\x20\x8F\x7B\x21\x44\xB1\x3F\x36\xE3\x8A\xC6\xD3\x9F\x95\
\x88\x93\x93\x69\x28\x60\xB5\x1A\x42\xFB\x81\xEF\x4D\xF7\xC5\xB8";

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::from_bytes(&D).expect("below n"));

fuzz_target!(|der: &[u8]| {
    if let Ok(plaintext) = KEY.decrypt(der) {
        assert!((1..=MAX_PLAINTEXT).contains(&plaintext.len()));
        assert!(plaintext.len() < der.len());
    }
});
