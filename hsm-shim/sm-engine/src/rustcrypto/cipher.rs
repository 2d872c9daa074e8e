//! SM4-GCM by the crates `sm4` and `aes-gcm` (whose GCM is generic over the block cipher).

use aes_gcm::aead::{AeadInOut, KeyInit, consts::U12};

/// GCM over SM4 with a 12-byte nonce and a 16-byte tag; wiped on drop by the crates themselves.
pub(crate) struct Gcm(aes_gcm::AesGcm<sm4::Sm4, U12>);

impl Gcm {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self(aes_gcm::AesGcm::new(&(*key).into()))
    }

    /// Encrypts in place and returns the tag.
    ///
    /// # Panics
    /// Above 64 GiB, the limit of GCM: no such buffer reaches this crate.
    pub(crate) fn encrypt(&self, nonce: &[u8; 12], aad: &[u8], buffer: &mut [u8]) -> [u8; 16] {
        self.0
            .encrypt_inout_detached(&(*nonce).into(), aad, buffer.into())
            .expect("no buffer exceeds the limit of GCM")
            .into()
    }

    /// Decrypts in place after the tag has been found right; otherwise leaves `buffer` as it is.
    pub(crate) fn decrypt(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        self.0
            .decrypt_inout_detached(&(*nonce).into(), aad, buffer.into(), &(*tag).into())
            .is_ok()
    }
}
