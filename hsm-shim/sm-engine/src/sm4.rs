//! SM4-GCM (GB/T 32907-2016, GCM of NIST SP 800-38D as RFC 8998 §2 uses it): 12-byte nonce, 16-byte tag.

use crate::rustcrypto::cipher::Gcm;
use zeroize::Zeroizing;

/// The ciphertext, tag or associated data do not belong together; says nothing more on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SM4-GCM authentication failed")]
pub struct Unauthentic;

/// An SM4 key for GCM. No Debug, no Clone, wiped on drop.
pub struct GcmKey(Gcm);

impl GcmKey {
    /// From 16 bytes.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self(Gcm::new(key))
    }

    /// Ciphertext followed by the 16-byte tag. A (key, nonce) pair must never repeat with another plaintext.
    #[must_use]
    pub fn seal(&self, nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        // Room for the tag at once: growing would leave a copy of the plaintext behind in freed memory.
        let mut sealed = Vec::with_capacity(plaintext.len() + 16);
        sealed.extend_from_slice(plaintext);
        let tag = self.0.encrypt(nonce, aad, &mut sealed);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what `seal` made.
    ///
    /// # Errors
    /// [`Unauthentic`] where `sealed` is shorter than a tag or anything was altered.
    pub fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
        let (ciphertext, tag) = sealed.split_last_chunk::<16>().ok_or(Unauthentic)?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        if self.0.decrypt(nonce, aad, &mut plaintext, tag) {
            Ok(plaintext)
        } else {
            Err(Unauthentic)
        }
    }
}
