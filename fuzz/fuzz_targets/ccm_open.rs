//! SM4-CCM: as `gcm_open`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm4::CcmKey;
use std::sync::LazyLock;

static KEY: LazyLock<CcmKey> = LazyLock::new(|| CcmKey::new(&[7; 16]));

fuzz_target!(|bytes: &[u8]| {
    let Some((&split, rest)) = bytes.split_first() else {
        return;
    };
    let (associated, data) = rest.split_at(usize::from(split).min(rest.len()));
    assert!(KEY.open(&[1; 12], associated, data).is_err());
    let sealed = KEY.seal(&[1; 12], associated, data).expect("short");
    let opened = KEY.open(&[1; 12], associated, &sealed).expect("our own");
    assert_eq!(opened.as_slice(), data);
});
