//! SM3 of a message in pieces, at once, and beside others is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm3::{Sm3, digest, digest_many};

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, message)) = bytes.split_first() else {
        return;
    };
    let pieces: Vec<&[u8]> = message.chunks(usize::from(size) + 1).collect();
    let mut state = Sm3::new();
    pieces.iter().for_each(|piece| state.update(piece));
    assert_eq!(state.finish(), digest(message));
    let each: Vec<_> = pieces.iter().map(|piece| digest(piece)).collect();
    assert_eq!(digest_many(&pieces), each);
});
