//! SM4-GCM: bytes that were not sealed do not open, and what is sealed opens. The first byte splits associated data
//! from the rest.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm4::GcmKey;
use std::sync::LazyLock;

static KEY: LazyLock<GcmKey> = LazyLock::new(|| GcmKey::new(&[7; 16]));

fuzz_target!(|bytes: &[u8]| {
    let Some((&split, rest)) = bytes.split_first() else {
        return;
    };
    let (associated, data) = rest.split_at(usize::from(split).min(rest.len()));
    // A forgery has probability 2^-128, unless the tag is not looked at.
    assert!(KEY.open(&[1; 12], associated, data).is_err());
    let sealed = KEY.seal(&[1; 12], associated, data);
    assert_eq!(
        KEY.open(&[1; 12], associated, &sealed)
            .expect("our own")
            .as_slice(),
        data
    );
});
