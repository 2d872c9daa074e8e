//! Encryption at rest (SM4-GCM) and keyed digests (HMAC-SM3) for personal data.
//!
//! A blob is named by the SM3 of its plaintext, and each blob has a key and nonce of its own, derived from that
//! name. One key therefore never meets two plaintexts, and the same blob always has the same ciphertext: a
//! rebuilt database is the same, byte for byte. That two databases of one key hold the same blob can be seen.

use sm_engine::sm3::{self, Digest};
use sm_engine::sm4::GcmKey;
use zeroize::{Zeroize, Zeroizing};

/// The key of one database's sealed blobs and keyed digests.
pub struct SealKey {
    blob: Zeroizing<[u8; 32]>,
    search: Zeroizing<[u8; 32]>,
}

/// An encrypted blob, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBlob {
    pub(crate) digest: Digest,
    pub(crate) ciphertext: Vec<u8>,
}

impl SealedBlob {
    /// SM3 of the plaintext, by which it is found.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl SealKey {
    /// From 32 secret bytes, the same for the life of the database.
    #[must_use]
    pub fn new(master: &[u8; 32]) -> Self {
        let mut search = sm3::hmac(master, b"search");
        let key = Self {
            blob: Zeroizing::new(*master),
            search: Zeroizing::new(search.0),
        };
        search.0.zeroize();
        key
    }

    /// HMAC-SM3 of kind, a zero byte and value: finds a personal value without storing it. The caller brings
    /// the value to one canonical spelling first. `kind` holds no zero byte.
    #[must_use]
    pub fn keyed_digest(&self, kind: &str, value: &str) -> Digest {
        debug_assert!(!kind.contains('\0'), "a zero byte ends the kind");
        let message = Zeroizing::new([kind.as_bytes(), &[0], value.as_bytes()].concat());
        sm3::hmac(self.search.as_slice(), &message)
    }

    /// Encrypts a blob. Needs no transaction: callers do it side by side before the writer begins.
    #[must_use]
    pub fn seal(&self, plaintext: &[u8]) -> SealedBlob {
        let digest = sm3::digest(plaintext);
        let (key, nonce) = self.blob_key(&digest);
        SealedBlob {
            digest,
            ciphertext: key.seal(&nonce, digest.as_bytes(), plaintext),
        }
    }

    /// The plaintext, if the ciphertext is the one that belongs to `digest`. What is public lies there in the clear,
    /// which its digest says: it opens under any key.
    pub(crate) fn open(&self, digest: &Digest, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if sm3::digest(ciphertext) == *digest {
            return Some(Zeroizing::new(ciphertext.to_vec()));
        }
        let (key, nonce) = self.blob_key(digest);
        let plaintext = key.open(&nonce, digest.as_bytes(), ciphertext).ok()?;
        // GCM alone does not commit to one plaintext; the name does.
        (sm3::digest(&plaintext) == *digest).then_some(plaintext)
    }

    fn blob_key(&self, digest: &Digest) -> (GcmKey, [u8; 12]) {
        let mut derived = sm3::hmac(
            self.blob.as_slice(),
            &[b"blob", digest.as_bytes().as_slice()].concat(),
        );
        let mut key = Zeroizing::new([0; 16]);
        let mut nonce = [0; 12];
        key.copy_from_slice(&derived.0[..16]);
        nonce.copy_from_slice(&derived.0[16..28]);
        derived.0.zeroize();
        (GcmKey::new(&key), nonce)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_nothing_else(
            plaintext in prop::collection::vec(any::<u8>(), 0..300),
            at in any::<prop::sample::Index>(),
            bit in 0u8..8,
        ) {
            let key = SealKey::new(&[7; 32]);
            let sealed = key.seal(&plaintext);
            prop_assert_eq!(&key.seal(&plaintext), &sealed);
            let SealedBlob { digest, mut ciphertext } = sealed;
            let opened = key.open(&digest, &ciphertext).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext.as_slice());
            prop_assert!(SealKey::new(&[8; 32]).open(&digest, &ciphertext).is_none());
            let at = at.index(ciphertext.len());
            ciphertext[at] ^= 1 << bit;
            prop_assert!(key.open(&digest, &ciphertext).is_none());
        }
    }

    #[test]
    fn keyed_digests_separate_kind_value_and_key() {
        let key = SealKey::new(&[7; 32]);
        let digest = key.keyed_digest("name", "张三");
        assert_eq!(digest, key.keyed_digest("name", "张三"));
        assert_ne!(digest, key.keyed_digest("unit", "张三"));
        assert_ne!(digest, key.keyed_digest("nam", "e张三"));
        assert_ne!(digest, SealKey::new(&[8; 32]).keyed_digest("name", "张三"));
    }
}
