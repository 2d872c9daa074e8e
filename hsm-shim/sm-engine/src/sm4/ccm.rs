//! SM4-CCM (NIST SP 800-38C) with the parameters of RFC 8998 §2: 12-byte nonce, 16-byte tag, at most 2^24 - 1 bytes.
//!
//! The tag is a CBC chain, so one message cannot use blocks side by side for it: where there is a choice, take GCM.

use super::Unauthentic;
use super::cipher::{Cipher, xor};
use crate::declassify;
use zeroize::{Zeroize as _, Zeroizing};

/// The message is longer than CCM's length field can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is too long for SM4-CCM")]
pub struct TooLong;

/// An SM4 key for CCM. No Debug, no Clone, wiped on drop.
pub struct CcmKey(Cipher);

impl CcmKey {
    /// From 16 bytes.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self(Cipher::new(key))
    }

    /// Ciphertext followed by the 16-byte tag. A (key, nonce) pair must never repeat with another plaintext.
    ///
    /// # Errors
    /// [`TooLong`] from 2^24 bytes on.
    pub fn seal(&self, nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, TooLong> {
        let mut sealed = Vec::with_capacity(plaintext.len() + 16);
        sealed.extend_from_slice(plaintext);
        let message = Message::new(&self.0, nonce, 16);
        let tag = message.tag(aad, &sealed).ok_or(TooLong)?;
        message.apply(&mut sealed);
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what `seal` made.
    ///
    /// # Errors
    /// [`Unauthentic`] where `sealed` is shorter than a tag, too long or altered.
    pub fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
        Message::new(&self.0, nonce, 16).open(aad, sealed)
    }
}

/// One message under its nonce. The nonce has 7 to 13 bytes, the tag an even number from 4 to 16.
struct Message<'key> {
    cipher: &'key Cipher,
    nonce: &'key [u8],
    tag_length: usize,
}

impl<'key> Message<'key> {
    fn new(cipher: &'key Cipher, nonce: &'key [u8], tag_length: usize) -> Self {
        Self {
            cipher,
            nonce,
            tag_length,
        }
    }

    fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
        use subtle::ConstantTimeEq as _;
        let length = sealed.len().checked_sub(self.tag_length);
        let (ciphertext, tag) = sealed.split_at(length.ok_or(Unauthentic)?);
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        if plaintext.len() as u64 > self.longest() {
            return Err(Unauthentic);
        }
        self.apply(&mut plaintext);
        let expected = Zeroizing::new(self.tag(aad, &plaintext).ok_or(Unauthentic)?);
        if declassify::value(bool::from(expected[..self.tag_length].ct_eq(tag))) {
            Ok(plaintext)
        } else {
            Err(Unauthentic)
        }
    }

    /// Bytes of the length field, q in SP 800-38C §A.1.
    fn length_bytes(&self) -> usize {
        15 - self.nonce.len()
    }

    fn longest(&self) -> u64 {
        (1 << (8 * self.length_bytes()).min(63)) - 1
    }

    /// The counter block with the number `index`, SP 800-38C §A.3.
    fn counter(&self, index: u64) -> [u8; 16] {
        let mut block = [0; 16];
        block[0] = self.length_bytes() as u8 - 1;
        block[8..].copy_from_slice(&index.to_be_bytes());
        // The index is below 2^(8 q): the nonce overwrites only zeros.
        block[1..=self.nonce.len()].copy_from_slice(self.nonce);
        block
    }

    /// Encrypts or decrypts in place; `data` is not longer than `longest()`.
    fn apply(&self, data: &mut [u8]) {
        let mut index = 1_u64;
        let mut data = data;
        while !data.is_empty() {
            // As far as the low 32 bits of the counter go without a carry.
            let until_carry = ((1_u64 << 32) - (index & 0xFFFF_FFFF)) * 16;
            let here = until_carry.min(data.len() as u64) as usize;
            let piece;
            (piece, data) = data.split_at_mut(here);
            let block = self.counter(index);
            let (prefix, low) = block.split_first_chunk().expect("12 of 16 bytes");
            // A nonce of 12 or 13 bytes reaches into the low 32 bits; no carry reaches it.
            let low = u32::from_be_bytes(low.try_into().expect("the other 4"));
            self.cipher.count(prefix, low, piece);
            index += here.div_ceil(16) as u64;
        }
    }

    /// The encrypted tag, its first `tag_length` bytes valid; `None` where the plaintext is too long.
    fn tag(&self, aad: &[u8], plaintext: &[u8]) -> Option<[u8; 16]> {
        if plaintext.len() as u64 > self.longest() {
            return None;
        }
        let mut first = self.counter(plaintext.len() as u64);
        let with_aad = if aad.is_empty() { 0 } else { 0x40 };
        first[0] |= with_aad | ((self.tag_length as u8 - 2) / 2) << 3;
        let mut chain = Chain {
            cipher: self.cipher,
            sum: self.cipher.crypt_block(&first),
        };
        if !aad.is_empty() {
            chain.absorb(&aad_length(aad.len()), aad);
        }
        chain.absorb(&[], plaintext);
        let mut mask = self.cipher.crypt_block(&self.counter(0));
        let mut tag = chain.sum;
        xor(&mut tag, &mask);
        mask.zeroize();
        Some(tag)
    }
}

/// CBC-MAC. Wiped on drop.
struct Chain<'key> {
    cipher: &'key Cipher,
    sum: [u8; 16],
}

impl Chain<'_> {
    /// Absorbs `head || data`, filled up with zeros to whole blocks; `head` is shorter than a block.
    fn absorb(&mut self, head: &[u8], data: &[u8]) {
        let room = (16 - head.len()).min(data.len());
        let (first, rest) = data.split_at(if head.is_empty() { 0 } else { room });
        if !head.is_empty() {
            xor(&mut self.sum, head);
            xor(&mut self.sum[head.len()..], first);
            self.sum = self.cipher.crypt_block(&self.sum);
        }
        for block in rest.chunks(16) {
            xor(&mut self.sum, block);
            self.sum = self.cipher.crypt_block(&self.sum);
        }
    }
}

impl Drop for Chain<'_> {
    fn drop(&mut self) {
        self.sum.zeroize();
    }
}

/// SP 800-38C §A.2.2: two bytes below 2^16 - 2^8, else six or ten with a mark in front.
fn aad_length(length: usize) -> Vec<u8> {
    let length = length as u64;
    if length < 0xFF00 {
        length.to_be_bytes()[6..].to_vec()
    } else if length < 1 << 32 {
        [&[0xFF, 0xFE], &length.to_be_bytes()[4..]].concat()
    } else {
        [&[0xFF, 0xFF], &length.to_be_bytes()[..]].concat()
    }
}

#[cfg(test)]
mod tests;
