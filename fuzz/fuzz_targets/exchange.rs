//! The one-time point of the other side of a key exchange: what is no point is refused, and two sides agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm2::{OneTimeKey, Peer, PrivateKey, PublicKey, Role, SignerId};
use std::sync::LazyLock;

static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_bytes(&[7; 32]).expect("below n"));

fuzz_target!(|one_time: &[u8]| {
    let id = SignerId::Default;
    let key = KEY.public_key();
    let peer = Peer { key, id, one_time };
    let agreed = KEY.agree(Role::Initiator, id, OneTimeKey::generate(), peer, 16);
    assert_eq!(agreed.is_ok(), PublicKey::from_sec1(one_time).is_ok());
});
