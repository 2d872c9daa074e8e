//! Where the one-time secret k comes from.
//!
//! No Chinese standard says how to make k. For signatures it is hedged in the manner of RFC 6979 §3.6:
//! HMAC-SM3 under a key of its own, over fresh randomness and the digest. A broken generator then gives
//! deterministic signatures, never a repeated k; a fault or a repeated message meets other randomness.
//! Candidates outside [1, n-1] are rejected (2^-32), so k is unbiased.
//!
//! The randomness comes 32 salts at a time from the operating system, into memory of the thread; a salt is wiped
//! when it is used. Nothing rests on a salt being used once: after a fork, or from a copied machine, equal salts
//! give another k for another key or digest, and for the same ones the same signature.

use super::curve::Nonce;
use crate::random;
use crate::sm3::{Digest, HmacKey, hmac, mac_many};
use std::cell::RefCell;
use zeroize::{Zeroize, Zeroizing};

/// Fresh randomness of a signature. With the digest it fits one block of SM3.
#[derive(Default, Zeroize)]
pub(super) struct Salt(pub(super) [u8; 16]);

/// Salts taken from the operating system at once.
const POOL: usize = 32;

thread_local! {
    static SALTS: RefCell<Zeroizing<Vec<Salt>>> = RefCell::default();
}

impl Salt {
    /// # Panics
    /// Where the operating system has no random source.
    pub(super) fn fresh() -> Self {
        SALTS.with_borrow_mut(|salts| {
            if salts.is_empty() {
                let mut bytes = Zeroizing::new([0; 16 * POOL]);
                random::fill(&mut *bytes);
                salts.reserve_exact(POOL);
                salts.extend(bytes.as_chunks().0.iter().copied().map(Salt));
            }
            let last = salts.last_mut().map(std::mem::take);
            salts.pop();
            last.expect("the pool has just been filled")
        })
    }
}

/// The key of a private key's nonces, derived from it and from nothing else. Wiped on drop.
pub(super) struct NonceKey(HmacKey);

impl NonceKey {
    pub(super) fn derive(d: &[u8; 32]) -> Self {
        let key = Zeroizing::new(hmac(d, b"SM2 nonce key").0);
        Self(HmacKey::new(&*key))
    }

    /// A k for the digest `e`; other ones for other `attempt`s even where `salt` repeats.
    pub(super) fn nonce(&self, salt: &Salt, e: &[u8; 32], attempt: u32) -> Option<Nonce> {
        let mut k = self.0.mac(&[&salt.0, e, &attempt.to_be_bytes()]).0;
        let nonce = Nonce::from_bytes(&k);
        k.zeroize();
        nonce
    }
}

/// The first candidates of many keys, each for a digest under fresh randomness; `None` once in 2^32 times.
pub(super) fn first_nonces(items: &[(&NonceKey, &Digest)]) -> Vec<Option<Nonce>> {
    let texts: Vec<[u8; 52]> = items
        .iter()
        .map(|(_, e)| {
            // The attempt, zero, is the last four bytes.
            let mut text = [0; 52];
            text[..16].copy_from_slice(&Salt::fresh().0);
            text[16..48].copy_from_slice(e.as_bytes());
            text
        })
        .collect();
    let texts = Zeroizing::new(texts);
    let macs: Vec<(&HmacKey, &[u8])> = items
        .iter()
        .zip(&*texts)
        .map(|((key, ..), text)| (&key.0, &text[..]))
        .collect();
    mac_many(&macs)
        .iter()
        .map(|k| Nonce::from_bytes(k.as_bytes()))
        .collect()
}

/// A k for encryption, straight from the operating system: there is no long-term secret to hedge with.
pub(super) fn random_nonce() -> Nonce {
    loop {
        let k = Zeroizing::new(random::array::<32>());
        if let Some(nonce) = Nonce::from_bytes(&k) {
            return nonce;
        }
    }
}
