//! SM4-CBC (GB/T 17964-2021 §8) with the padding of PKCS #7 (RFC 5652 §6.3) and without one.
//!
//! CBC notices no alteration. Whoever decrypts what a stranger may have altered must not let the stranger learn
//! whether the padding was right: check an authentication over the ciphertext first.

use super::cipher::{Cipher, xor};
use crate::declassify;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeGreater as _};
use zeroize::Zeroizing;

/// The ciphertext is not a whole number of blocks or its padding is wrong; says no more on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SM4-CBC decryption failed")]
pub struct Undecryptable;

/// The data is not a whole number of 16-byte blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the data is not a whole number of 16-byte blocks")]
pub struct NotBlocks;

/// An SM4 key for CBC. No Debug, no Clone, wiped on drop.
pub struct CbcKey {
    encrypt: Cipher,
    decrypt: Cipher,
}

/// Blocks that are decrypted side by side.
const SIDE_BY_SIDE: usize = 64;

impl CbcKey {
    /// From 16 bytes.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        let encrypt = Cipher::new(key);
        let decrypt = encrypt.inverse();
        Self { encrypt, decrypt }
    }

    /// Pads and encrypts. The initial vector must be random and new for every message.
    #[must_use]
    pub fn encrypt(&self, iv: &[u8; 16], plaintext: &[u8]) -> Vec<u8> {
        let length = plaintext.len() / 16 * 16 + 16;
        let padding = length - plaintext.len();
        let mut data = Vec::with_capacity(length);
        data.extend_from_slice(plaintext);
        data.resize(length, padding as u8);
        self.encrypt_blocks(&mut iv.clone(), &mut data)
            .expect("padded to a whole number of blocks");
        data
    }

    /// Decrypts and takes the padding off; its check runs in constant time, but the length of the result tells it.
    ///
    /// # Errors
    /// [`Undecryptable`] for every reason.
    pub fn decrypt(
        &self,
        iv: &[u8; 16],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        let mut data = Zeroizing::new(ciphertext.to_vec());
        self.decrypt_blocks(&mut iv.clone(), &mut data)
            .map_err(|NotBlocks| Undecryptable)?;
        let last = data.last_chunk::<16>().ok_or(Undecryptable)?;
        let (right, padding) = padding(last);
        // Told by the result and by its length, as said above.
        let (right, padding) = declassify::value((bool::from(right), padding));
        if !right {
            return Err(Undecryptable);
        }
        let length = data.len() - usize::from(padding);
        data.truncate(length);
        Ok(data)
    }

    /// Encrypts whole blocks in place without padding; `iv` becomes the one for the blocks that follow.
    ///
    /// # Errors
    /// [`NotBlocks`], and nothing is changed.
    pub fn encrypt_blocks(&self, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), NotBlocks> {
        let (blocks, []) = data.as_chunks_mut::<16>() else {
            return Err(NotBlocks);
        };
        for block in blocks {
            xor(block, iv);
            *block = self.encrypt.crypt_block(block);
            *iv = *block;
        }
        Ok(())
    }

    /// Decrypts whole blocks in place; `iv` becomes the one for the blocks that follow.
    ///
    /// # Errors
    /// [`NotBlocks`], and nothing is changed.
    pub fn decrypt_blocks(&self, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), NotBlocks> {
        let (blocks, []) = data.as_chunks_mut::<16>() else {
            return Err(NotBlocks);
        };
        let mut before = [[0; 16]; SIDE_BY_SIDE];
        for group in blocks.chunks_mut(SIDE_BY_SIDE) {
            // The ciphertext, which is not secret, is still needed after the blocks have been overwritten.
            let before = &mut before[..group.len()];
            before.copy_from_slice(group);
            self.decrypt.crypt_blocks(group);
            for (block, previous) in group.iter_mut().zip([*iv].iter().chain(&*before)) {
                xor(block, previous);
            }
            *iv = before[before.len() - 1];
        }
        Ok(())
    }
}

/// Whether a block ends in the padding of PKCS #7, and how long it is.
fn padding(last: &[u8; 16]) -> (Choice, u8) {
    let padding = last[15];
    let mut right = !padding.ct_eq(&0) & !padding.ct_gt(&16);
    for (distance, byte) in (1..).zip(last.iter().rev()) {
        let outside = u8::ct_gt(&distance, &padding);
        right &= outside | byte.ct_eq(&padding);
    }
    (right, u8::conditional_select(&0, &padding, right))
}
