//! Messages that come in pieces: e (GB/T 32918.2 §6.1) of one that no buffer holds as a whole.
//!
//! A [`Hashed`] comes from hashing only, and serves the key that it was made for: nobody signs a digest that somebody
//! brings along.

use super::nonce::Salt;
use super::{Error, PrivateKey, PublicKey, Signature, SignerId};
use crate::sm3::{Digest, Sm3};
use crate::wipe;

/// A message on its way.
pub struct MessageHasher {
    z: Digest,
    state: Sm3,
}

/// e of a message under one key and identifier.
pub struct Hashed {
    z: Digest,
    e: Digest,
}

impl MessageHasher {
    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.state.update(piece);
    }

    /// That was all.
    #[must_use]
    pub fn finish(self) -> Hashed {
        Hashed {
            z: self.z,
            e: self.state.finish(),
        }
    }
}

impl PublicKey {
    /// Takes a message in pieces.
    #[must_use]
    pub fn hasher(&self, id: SignerId) -> MessageHasher {
        let z = self.z(id);
        let mut state = Sm3::new();
        state.update(z.as_bytes());
        MessageHasher { z, state }
    }

    /// [`Self::verify`] of a message that came in pieces.
    ///
    /// # Errors
    /// [`Error::Mismatch`]; also where it was hashed for another key or identifier.
    pub fn verify_hashed(
        &self,
        id: SignerId,
        hashed: &Hashed,
        signature: &Signature,
    ) -> Result<(), Error> {
        if hashed.z == self.z(id) && self.verify_digest(&hashed.e, signature) {
            Ok(())
        } else {
            Err(Error::Mismatch)
        }
    }
}

impl PrivateKey {
    /// [`Self::sign`] of a message that came in pieces.
    ///
    /// # Errors
    /// As [`Self::sign`]; also where it was hashed for another key or identifier.
    ///
    /// # Panics
    /// As [`Self::sign`].
    pub fn sign_hashed(&self, id: SignerId, hashed: &Hashed) -> Result<Signature, Error> {
        if hashed.z != self.public_key().z(id) {
            return Err(Error::Secret);
        }
        wipe::after_points(|| self.sign_digest(&hashed.e, &Salt::fresh()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_pieces_is_the_message() {
        let (key, other) = (PrivateKey::generate(), PrivateKey::generate());
        let public = key.public_key();
        let hashed = |key: &PrivateKey, id| {
            let mut hasher = key.public_key().hasher(id);
            for piece in [&b"in "[..], b"", b"pieces"] {
                hasher.update(piece);
            }
            hasher.finish()
        };
        let id = SignerId::Default;
        let signature = key.sign_hashed(id, &hashed(&key, id)).unwrap();
        assert_eq!(public.verify(id, b"in pieces", &signature), Ok(()));
        assert!(public.verify(id, b"in piece", &signature).is_err());
        let whole = key.sign(id, b"in pieces").unwrap();
        assert_eq!(public.verify_hashed(id, &hashed(&key, id), &whole), Ok(()));
        // What was hashed for another key or identifier is of no use.
        for wrong in [hashed(&other, id), hashed(&key, SignerId::Tls13)] {
            assert_eq!(key.sign_hashed(id, &wrong).err(), Some(Error::Secret));
            assert!(public.verify_hashed(id, &wrong, &whole).is_err());
        }
    }
}
