//! What every [`Provider`] must do, whatever device it stands for.
//!
//! Plain asserts: a provider's test calls [`check`] and has passed where it returns. It makes five keys with
//! labels `conformance-<random>-…` and leaves them there, since nothing deletes keys.

use crate::{Error, KeyLabel, Provider, Signer};
use sm_engine::key::Algorithm;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Runs the whole suite. `open` opens the same key store anew each time, so that durability is seen.
///
/// # Panics
/// Where the provider breaks a rule; the message names it.
pub fn check(open: &dyn Fn() -> Arc<dyn Provider>) {
    let provider = open();
    assert!(
        !provider.describe().is_empty(),
        "a provider describes itself"
    );
    let run: u64 = u64::from_be_bytes(sm_engine::random::array());
    let label = |name: &str| {
        KeyLabel::new(&format!("conformance-{run:016x}-{name}")).expect("a valid label")
    };
    keys_are_made_once_and_last(&*provider, open, &label("first"), &label("second"));
    one_of_many_makes_the_key(&*provider, &label("contested"));
    for algorithm in [Algorithm::Sm2Sm3, Algorithm::EcdsaP256Sha256] {
        let label = label(&format!("signing-{}", algorithm.name()));
        signatures_verify_in_order(&*provider, &label, algorithm);
    }
    labels_are_complete_and_sorted(
        &*provider,
        &[
            "contested",
            "first",
            "second",
            "signing-p256",
            "signing-sm2",
        ]
        .map(label),
    );
    secrets_are_stable_and_distinct(&*provider, open);
}

fn keys_are_made_once_and_last(
    provider: &dyn Provider,
    open: &dyn Fn() -> Arc<dyn Provider>,
    first: &KeyLabel,
    second: &KeyLabel,
) {
    assert!(
        matches!(provider.signer(first), Err(Error::NotFound(label)) if label == first.as_str()),
        "a key that was never made is not found"
    );
    let made = provider
        .generate(first)
        .map_err(text)
        .expect("a key is made");
    let other = provider
        .generate(second)
        .map_err(text)
        .expect("a second key is made");
    assert!(
        made.public_key() != other.public_key(),
        "each label has its own key"
    );
    assert!(
        matches!(provider.generate(first), Err(Error::Exists(label)) if label == first.as_str()),
        "a key is never made twice"
    );
    for place in [provider, &*open()] {
        let found = place
            .signer(first)
            .map_err(text)
            .expect("a made key is found");
        assert!(
            found.public_key() == made.public_key(),
            "a label always means the same key"
        );
        signs(&*found, b"found again");
    }
}

fn one_of_many_makes_the_key(provider: &dyn Provider, label: &KeyLabel) {
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| provider.generate(label)))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().expect("generate does not panic").ok())
            .collect()
    });
    assert_eq!(
        made.len(),
        1,
        "of callers at the same moment one makes the key"
    );
    let found = provider
        .signer(label)
        .map_err(text)
        .expect("the made key is found");
    assert!(
        made.iter()
            .all(|made| made.public_key() == found.public_key()),
        "the key that was returned is the key that is kept"
    );
}

fn signatures_verify_in_order(provider: &dyn Provider, label: &KeyLabel, algorithm: Algorithm) {
    let signer = provider
        .generate_for(label, algorithm)
        .map_err(text)
        .expect("a key is made");
    let long = vec![0x5A; 100_000];
    let messages: [&[u8]; 5] = [b"", b"a", b"a", "待签名".as_bytes(), &long];
    for message in messages {
        signs(&*signer, message);
    }
    let results = signer.sign_many(&messages);
    assert_eq!(results.len(), messages.len(), "one result for each message");
    for (message, result) in messages.iter().zip(results) {
        let signature = result.map_err(text).expect("a batch is signed");
        signer
            .public_key()
            .verify(message, &signature)
            .expect("results stand in the order of the messages");
    }
    assert!(
        signer.sign_many(&[]).is_empty(),
        "nothing to sign gives nothing"
    );
    let signature = signer.sign_pieces(&mut |take| long.chunks(999).for_each(&mut *take));
    let signature = signature.map_err(text).expect("pieces are signed");
    signer
        .public_key()
        .verify(&long, &signature)
        .expect("a message in pieces is that message");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| signs(&*signer, b"side by side"));
        }
    });
}

fn labels_are_complete_and_sorted(provider: &dyn Provider, expected: &[KeyLabel]) {
    let labels = provider.labels().map_err(text).expect("labels are listed");
    assert!(labels.is_sorted(), "labels are sorted");
    let distinct: BTreeSet<_> = labels.iter().collect();
    assert_eq!(distinct.len(), labels.len(), "no label is listed twice");
    assert!(
        expected.iter().all(|label| distinct.contains(label)),
        "every key is listed"
    );
}

fn secrets_are_stable_and_distinct(provider: &dyn Provider, open: &dyn Fn() -> Arc<dyn Provider>) {
    let purposes = ["", "a", "b", "columns", "columns2", "姓名"];
    let derive = |provider: &dyn Provider, purpose| {
        provider
            .derive(purpose)
            .map_err(text)
            .expect("a secret is derived")
    };
    let distinct: BTreeSet<[u8; 32]> = purposes.iter().map(|p| *derive(provider, p)).collect();
    assert_eq!(
        distinct.len(),
        purposes.len(),
        "each purpose has its own secret"
    );
    let again = open();
    for purpose in purposes {
        assert!(
            *derive(provider, purpose) == *derive(&*again, purpose),
            "a purpose's secret is the same for ever"
        );
    }
}

fn signs(signer: &dyn Signer, message: &[u8]) {
    let signature = signer
        .sign(message)
        .map_err(text)
        .expect("a message is signed");
    signer
        .public_key()
        .verify(message, &signature)
        .expect("a released signature verifies");
}

fn text(error: Error) -> String {
    error.to_string()
}
