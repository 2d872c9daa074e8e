//! What is run under valgrind: every operation on a secret, with the secret marked (`tests/constant_time/run`).
//!
//! `constant_time` runs all of them; `constant_time leak NAME` runs something that is not constant time on purpose,
//! which must be found: it shows that the check can fail. Outside valgrind nothing is checked, so the program refuses.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

mod leaks;
mod symmetric;

use sm_engine::memcheck;
use sm_engine::random;
use sm_engine::sm2::{
    OneTimeKey, Peer, PrivateKey, PublicKey, Role, SignerId, ToSign, generate_batch, sign_batch,
};
use std::process::ExitCode;

/// Something to run, and its name.
type Operation = (&'static str, fn());

const SM2: &[Operation] = &[
    ("SM2 key from bytes", key_from_bytes),
    ("SM2 keygen", generate),
    ("SM2 keygen, batch of 19", generate_many),
    ("SM2 sign", sign),
    ("SM2 sign, batch of 19", sign_many),
    ("SM2 encrypt", encrypt),
    ("SM2 decrypt", decrypt),
    ("SM2 decrypt, refused", decrypt_refused),
    ("SM2 key exchange", exchange),
    ("SM2 envelope", envelope),
];

fn main() -> ExitCode {
    if !memcheck::running() {
        println!("runs under valgrind only");
        return ExitCode::FAILURE;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |operations: &[Operation], name: &str| {
        let found = operations.iter().find(|(known, _)| *known == name);
        found.map(|(_, run)| run())
    };
    match arguments.as_slice() {
        [] => return check_all(),
        [leak, name] if leak == "leak" => named(leaks::ALL, name).expect("a leak of that name"),
        [list] if list == "leaks" => leaks::ALL.iter().for_each(|(name, _)| println!("{name}")),
        _ => panic!("no argument, `leaks`, or `leak NAME`"),
    }
    ExitCode::SUCCESS
}

fn check_all() -> ExitCode {
    let mut leaking = 0;
    for (name, run) in SM2.iter().chain(symmetric::ALL) {
        let before = memcheck::errors();
        run();
        let found = memcheck::errors() - before;
        leaking += usize::from(found > 0);
        let verdict = match found {
            0 => "constant time".to_owned(),
            _ => format!("LEAKS, {found} errors"),
        };
        println!("{name:28} {verdict}");
    }
    if leaking == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// `N` bytes that nobody may learn.
fn secret<const N: usize>() -> [u8; N] {
    // Bytes of the generator are marked already; once more, so that this does not rest on the engine.
    let mut bytes = random::array();
    memcheck::secret(&mut bytes);
    bytes
}

/// `plain` as what a secret computation must give.
#[track_caller]
fn assert_gives(result: &[u8], plain: &[u8]) {
    let (mut result, mut plain) = (result.to_vec(), plain.to_vec());
    memcheck::public(result.as_mut_slice());
    memcheck::public(plain.as_mut_slice());
    assert_eq!(result, plain);
}

/// A key pair whose private half is marked.
fn key() -> PrivateKey {
    // Outside [1, n-2] with probability 2^-32.
    PrivateKey::from_bytes(&secret()).unwrap()
}

fn key_from_bytes() {
    let key = key();
    let public = key.public_key();
    assert_eq!(&PublicKey::from_sec1(&public.to_sec1()).unwrap(), public);
}

fn generate() {
    let key = PrivateKey::generate();
    let d = key.to_bytes();
    assert_gives(&*d, &*d);
}

fn generate_many() {
    for key in generate_batch(19) {
        let alone = PrivateKey::from_bytes(&key.to_bytes()).unwrap();
        assert_eq!(alone.public_key(), key.public_key());
    }
}

fn sign() {
    let key = key();
    for id in [SignerId::Default, SignerId::Tls13] {
        let signature = key.sign(id, b"message").unwrap();
        assert_eq!(key.public_key().verify(id, b"message", &signature), Ok(()));
    }
}

// Two whole groups of eight lanes and a rest.
fn sign_many() {
    let keys = [key(), key(), key()];
    let messages: Vec<[u8; 3]> = (0..19).map(|index| [index; 3]).collect();
    let items: Vec<ToSign<'_>> = messages
        .iter()
        .zip(keys.iter().cycle())
        .map(|(message, key)| ToSign {
            key,
            id: SignerId::Default,
            message,
        })
        .collect();
    for (item, signature) in items.iter().zip(sign_batch(&items)) {
        let public = item.key.public_key();
        let verified = public.verify(item.id, item.message, &signature.unwrap());
        assert_eq!(verified, Ok(()));
    }
}

fn encrypt() {
    let plaintext = secret::<48>();
    let key = key();
    let mut ciphertext = key.public_key().encrypt(&plaintext).unwrap();
    memcheck::public(ciphertext.as_mut_slice());
    assert_gives(&key.decrypt(&ciphertext).unwrap(), &plaintext);
}

fn decrypt() {
    let key = key();
    let mut ciphertext = key.public_key().encrypt(&[7; 100]).unwrap();
    memcheck::public(ciphertext.as_mut_slice());
    assert_gives(&key.decrypt(&ciphertext).unwrap(), &[7; 100]);
}

fn decrypt_refused() {
    let key = key();
    let mut ciphertext = key.public_key().encrypt(&[7; 16]).unwrap();
    memcheck::public(ciphertext.as_mut_slice());
    *ciphertext.last_mut().unwrap() ^= 1;
    assert!(key.decrypt(&ciphertext).is_err());
}

fn exchange() {
    let (a, b) = (key(), key());
    let (ra, rb) = (OneTimeKey::generate(), OneTimeKey::generate());
    let (ra_sent, rb_sent) = (ra.to_sec1(), rb.to_sec1());
    let id = SignerId::Default;
    let peer = |key, one_time| Peer { key, id, one_time };
    let of_a = a.agree(Role::Initiator, id, ra, peer(b.public_key(), &rb_sent), 40);
    let of_b = b.agree(Role::Responder, id, rb, peer(a.public_key(), &ra_sent), 40);
    let (of_a, of_b) = (of_a.unwrap(), of_b.unwrap());
    assert_gives(of_a.key(), of_b.key());
    let mut sent = of_a.confirmation();
    memcheck::public(&mut sent);
    assert!(of_b.confirm(&sent).is_ok());
    assert!(of_a.confirm(&sent).is_err());
}

fn envelope() {
    let (recipient, inside) = (key(), key());
    let mut envelope = inside.seal(recipient.public_key());
    memcheck::public(envelope.as_mut_slice());
    let opened = recipient.open(&envelope).unwrap();
    assert_gives(&*opened.to_bytes(), &*inside.to_bytes());
    let last = envelope.len() - 1;
    envelope[last] ^= 1;
    assert!(recipient.open(&envelope).is_err());
}
