//! The two questions one may ask of a key's home: who signs, and where it lives.

use crate::{Error, KeyLabel};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Hands a message over, piece by piece, to whoever takes the pieces.
pub type Pieces<'a> = dyn FnMut(&mut dyn FnMut(&[u8])) + 'a;

/// One private key at work. Handles are cheap to share.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// Whether signing is computation of microseconds in this process: whoever asks need not expect to wait, nor keep
    /// other work away from the thread.
    fn is_prompt(&self) -> bool {
        false
    }

    /// Signs `message` with the algorithm of the key; SM2 with SM3 under the default identifier. The result has
    /// been verified.
    ///
    /// # Errors
    /// [`Error::BadSignature`] where the provider's signature does not verify; whatever the provider reports.
    fn sign(&self, message: &[u8]) -> Result<Signature, Error>;

    /// Signs many; one result each, in order.
    fn sign_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
        messages.iter().map(|message| self.sign(message)).collect()
    }

    /// Signs a message that `message` hands over piece by piece, which it does once. Where the key's algorithm or its
    /// home takes whole messages only, the pieces are put together first.
    ///
    /// # Errors
    /// As [`Self::sign`].
    fn sign_pieces(&self, message: &mut Pieces<'_>) -> Result<Signature, Error> {
        let mut whole = Vec::new();
        message(&mut |piece| whole.extend_from_slice(piece));
        self.sign(&whole)
    }
}

/// A place where private keys live.
pub trait Provider: Send + Sync {
    /// Shown to people: `software keys (development and demonstration)`.
    fn describe(&self) -> String;

    /// Makes a new SM2 key pair, durably, and returns its handle.
    ///
    /// # Errors
    /// As [`Self::generate_for`].
    fn generate(&self, label: &KeyLabel) -> Result<Arc<dyn Signer>, Error> {
        self.generate_for(label, Algorithm::Sm2Sm3)
    }

    /// Makes a new key pair of an algorithm, durably, and returns its handle.
    ///
    /// # Errors
    /// [`Error::Exists`]: keys are never overwritten. [`Error::Import`]: this provider makes no keys of that
    /// algorithm, they are imported. [`Error::Provider`].
    fn generate_for(
        &self,
        label: &KeyLabel,
        algorithm: Algorithm,
    ) -> Result<Arc<dyn Signer>, Error>;

    /// Takes over a P-256 or RSA key that was made elsewhere: unencrypted PKCS#8 in DER or PEM, durably. Wiping
    /// `key` is the caller's part.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::Import`] says what `key` is instead; [`Error::Provider`].
    fn import(&self, label: &KeyLabel, key: &[u8]) -> Result<Arc<dyn Signer>, Error>;

    /// The handle of an existing key.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Locked`] for a key that is damaged or not the one the label names.
    fn signer(&self, label: &KeyLabel) -> Result<Arc<dyn Signer>, Error>;

    /// All labels, sorted.
    ///
    /// # Errors
    /// [`Error::Provider`].
    fn labels(&self) -> Result<Vec<KeyLabel>, Error>;

    /// A 32-byte secret for encrypting data at rest and for keyed digests, derived in the provider from its
    /// root secret and `purpose` (HKDF-SM3): the same for ever, different for every purpose.
    ///
    /// # Errors
    /// [`Error::Provider`].
    fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, Error>;
}
