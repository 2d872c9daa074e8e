//! SM4-CBC: what has a right padding is what encrypts to the same, and CTR in pieces is CTR at once. The first byte
//! is the length of a piece.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm4::{CbcKey, CtrKey};
use std::sync::LazyLock;

static CBC: LazyLock<CbcKey> = LazyLock::new(|| CbcKey::new(&[7; 16]));
static CTR: LazyLock<CtrKey> = LazyLock::new(|| CtrKey::new(&[7; 16]));

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, data)) = bytes.split_first() else {
        return;
    };
    if let Ok(plaintext) = CBC.decrypt(&[1; 16], data) {
        assert_eq!(CBC.encrypt(&[1; 16], &plaintext), data);
    }
    let ciphertext = CBC.encrypt(&[1; 16], data);
    assert_eq!(
        CBC.decrypt(&[1; 16], &ciphertext)
            .expect("our own")
            .as_slice(),
        data
    );
    // A counter that overflows 32, 64 and 128 bits soon.
    let counter = [0xFF; 16];
    let (mut whole, mut pieces) = (data.to_vec(), data.to_vec());
    CTR.stream(&counter).apply(&mut whole);
    let mut stream = CTR.stream(&counter);
    pieces
        .chunks_mut(usize::from(size) + 1)
        .for_each(|piece| stream.apply(piece));
    assert_eq!(whole, pieces);
});
