//! Where the one-time secret k comes from.
//!
//! No Chinese standard says how to make k. For signatures it is hedged in the manner of RFC 6979 §3.6:
//! HMAC-SM3 under a key of its own, over fresh randomness and the digest. A broken generator then gives
//! deterministic signatures, never a repeated k; a fault or a repeated message meets other randomness.
//! Candidates outside [1, n-1] are rejected (2^-32), so k is unbiased.

use super::curve::Nonce;
use crate::random;
use crate::sm3::{HmacKey, hmac};
use zeroize::{Zeroize as _, Zeroizing};

/// The key of a private key's nonces, derived from it and from nothing else. Wiped on drop.
pub(super) struct NonceKey(HmacKey);

impl NonceKey {
    pub(super) fn derive(d: &[u8; 32]) -> Self {
        let key = Zeroizing::new(hmac(d, b"SM2 nonce key").0);
        Self(HmacKey::new(&*key))
    }

    /// A k for the digest `e`; other ones for other `attempt`s even where `salt` repeats.
    pub(super) fn nonce(&self, salt: &[u8; 32], e: &[u8; 32], attempt: u32) -> Option<Nonce> {
        let mut k = self.0.mac(&[salt, e, &attempt.to_be_bytes()]).0;
        let nonce = Nonce::from_bytes(&k);
        k.zeroize();
        nonce
    }
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
