//! A DER SM2EnvelopedKey under a fixed key: no bytes make opening panic, and what opens can be sealed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm2::PrivateKey;
use std::sync::LazyLock;

static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_bytes(&[7; 32]).expect("below n"));

fuzz_target!(|der: &[u8]| {
    if let Ok(inside) = KEY.open(der) {
        let again = KEY.open(&inside.seal(KEY.public_key())).expect("our own");
        assert_eq!(*again.to_bytes(), *inside.to_bytes());
    }
});
