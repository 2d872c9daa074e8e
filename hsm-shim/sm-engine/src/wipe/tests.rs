//! Looks at the stack below an operation when it is over: as a file of the system, so that nothing here refers to
//! memory that is no variable's.
#![allow(clippy::unwrap_used)]

use crate::random;
use crate::sm2::{
    OneTimeKey, Peer, PrivateKey, Role, SignerId, ToSign, generate_batch, sign_batch,
};
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt as _;
use zeroize::optimization_barrier;

/// What the stack is painted with before.
const PAINT: u64 = 0xA5A5_A5A5_A5A5_A5A5;
/// How much of it.
const ARENA: usize = 256 << 10;
/// The uppermost part, which looking itself uses.
const LOOKING: usize = 1 << 10;
/// Addresses to which wiping returns and what it saves: no secrets.
const OF_WIPING: usize = 8;

/// What an operation left.
#[derive(Debug)]
struct Left {
    /// Bytes down to the lowest one written.
    depth: usize,
    /// Words of eight bytes with anything in them.
    words: usize,
}

#[inline(never)]
fn left_by(operation: &mut dyn FnMut()) -> Left {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut seen = vec![0; ARENA];
    paint();
    operation();
    let top = std::ptr::from_ref(&memory).addr() as u64 & !7;
    memory.read_exact_at(&mut seen, top - ARENA as u64).unwrap();
    let (words, _) = seen[..ARENA - LOOKING].as_chunks();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let untouched = words.iter().take_while(|word| **word == PAINT).count();
    let full = |word: &&u64| **word != 0 && **word != PAINT;
    Left {
        depth: ARENA - 8 * untouched,
        words: words.iter().filter(full).count(),
    }
}

#[inline(never)]
fn paint() {
    let arena = [black_box(PAINT); ARENA / 8 + 512];
    optimization_barrier(&arena);
}

fn key() -> PrivateKey {
    PrivateKey::from_bytes(&random::array()).unwrap()
}

fn assert_wiped(name: &str, operation: &mut dyn FnMut()) {
    let left = left_by(operation);
    assert!(left.depth > LOOKING, "{name} did nothing: {left:?}");
    assert!(left.words <= OF_WIPING, "{name}: {left:?}");
}

#[test]
fn nothing_is_left_on_the_stack() {
    let (own, other) = (key(), key());
    let message = vec![7; 1000];
    let id = SignerId::Default;
    // The first signature of a key also makes what the later ones need. What is signed is no secret.
    for name in ["the first signature", "a signature"] {
        assert_wiped(name, &mut || {
            black_box(own.sign(id, b"message").unwrap());
        });
    }
    assert_wiped("a key", &mut || drop(black_box(PrivateKey::generate())));
    let d = own.to_bytes();
    assert_wiped("a key from bytes", &mut || {
        drop(black_box(PrivateKey::from_bytes(&d)));
    });
    let ciphertext = own.public_key().encrypt(&message).unwrap();
    assert_wiped("an encryption", &mut || {
        drop(black_box(own.public_key().encrypt(&message)));
    });
    assert_wiped("a decryption", &mut || {
        drop(black_box(own.decrypt(&ciphertext)));
    });
    let envelope = own.seal(other.public_key());
    assert_wiped("a sealing", &mut || {
        drop(black_box(own.seal(other.public_key())));
    });
    assert_wiped("an opening", &mut || {
        drop(black_box(other.open(&envelope)));
    });
    assert_wiped("a one-time key", &mut || {
        drop(black_box(OneTimeKey::generate()));
    });
    let theirs = OneTimeKey::generate().to_sec1();
    let mut mine = Some(OneTimeKey::generate());
    assert_wiped("an agreement", &mut || {
        let key = other.public_key();
        let one_time = &theirs;
        let peer = Peer { key, id, one_time };
        drop(black_box(own.agree(
            Role::Initiator,
            id,
            mine.take().unwrap(),
            peer,
            48,
        )));
    });
}

#[test]
fn nothing_is_left_on_the_stack_by_batches() {
    let keys = generate_batch(40);
    assert_wiped("40 keys", &mut || drop(black_box(generate_batch(40))));
    let items: Vec<ToSign<'_>> = keys
        .iter()
        .map(|key| ToSign {
            key,
            id: SignerId::Default,
            message: b"message",
        })
        .collect();
    assert_wiped("40 signatures", &mut || drop(black_box(sign_batch(&items))));
}

#[test]
fn what_is_not_wiped_is_seen() {
    let own = key();
    let left = left_by(&mut || {
        let e = crate::sm3::digest(b"message");
        black_box(own.sign_unwiped(&e).unwrap());
    });
    assert!(left.words > 10 * OF_WIPING, "{left:?}");
}
