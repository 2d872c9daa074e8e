//! SM4-CTR (GB/T 17964-2021 §10): a key stream over a counter of 128 bits. Nothing notices an alteration.

use super::cipher::{Cipher, xor};
use zeroize::Zeroize as _;

/// An SM4 key for CTR. No Debug, no Clone, wiped on drop.
pub struct CtrKey(Cipher);

/// The key stream from one first counter on. Wiped on drop.
pub struct CtrStream<'key> {
    cipher: &'key Cipher,
    /// The next counter to be encrypted.
    counter: u128,
    /// The end of the last block, not used yet.
    rest: [u8; 16],
    /// How much of `rest`.
    left: usize,
}

impl CtrKey {
    /// From 16 bytes.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self(Cipher::new(key))
    }

    /// The key stream that begins with the encryption of `counter`. No counter may be met twice under one key.
    #[must_use]
    pub fn stream(&self, counter: &[u8; 16]) -> CtrStream<'_> {
        CtrStream {
            cipher: &self.0,
            counter: u128::from_be_bytes(*counter),
            rest: [0; 16],
            left: 0,
        }
    }
}

impl CtrStream<'_> {
    /// Encrypts or decrypts the next bytes in place; the pieces may have any length.
    pub fn apply(&mut self, data: &mut [u8]) {
        let (head, data) = data.split_at_mut(self.left.min(data.len()));
        xor(head, &self.rest[16 - self.left..]);
        self.left -= head.len();
        let mut data = data;
        while data.len() >= 16 {
            // As far as the low 32 bits of the counter go without a carry.
            let until_carry = (1_u64 << 32) - u64::from(self.counter as u32);
            let blocks = until_carry.min(data.len() as u64 / 16) as usize;
            let piece;
            (piece, data) = data.split_at_mut(blocks * 16);
            self.count(piece);
            self.counter = self.counter.wrapping_add(blocks as u128);
        }
        if !data.is_empty() {
            self.rest = [0; 16];
            let mut rest = self.rest;
            self.count(&mut rest);
            self.counter = self.counter.wrapping_add(1);
            xor(data, &rest);
            self.rest = rest;
            rest.zeroize();
            self.left = 16 - data.len();
        }
    }

    fn count(&self, data: &mut [u8]) {
        let bytes = self.counter.to_be_bytes();
        let prefix = bytes.first_chunk().expect("12 of 16 bytes");
        self.cipher.count(prefix, self.counter as u32, data);
    }
}

impl Drop for CtrStream<'_> {
    fn drop(&mut self) {
        self.rest.zeroize();
    }
}
