//! SM4-GCM (NIST SP 800-38D, RFC 8998 §2): 12-byte nonce, 16-byte tag.

use super::cipher::{Cipher, xor};
use super::ghash::HashKey;
use crate::declassify;
use zeroize::{Zeroize as _, Zeroizing};

/// The ciphertext, tag or associated data do not belong together; says nothing more on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SM4 authentication failed")]
pub struct Unauthentic;

/// An SM4 key for GCM, its round keys and powers of H made once. No Debug, no Clone, wiped on drop.
pub struct GcmKey {
    cipher: Cipher,
    hash: HashKey,
}

/// Data that is encrypted and hashed while it is in the nearest cache.
const PIECE: usize = 4096;
/// The block that masks the tag and the first key stream, made together: short messages need no second call.
const FIRST: usize = 256;

impl GcmKey {
    /// From 16 bytes.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        let cipher = Cipher::new(key);
        let mut h = cipher.crypt_block(&[0; 16]);
        let hash = HashKey::new(&h);
        h.zeroize();
        Self { cipher, hash }
    }

    /// Ciphertext followed by the 16-byte tag. A (key, nonce) pair must never repeat with another plaintext.
    ///
    /// # Panics
    /// From 2^36 - 31 bytes on, the limit of GCM.
    #[must_use]
    pub fn seal(&self, nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        // Room for the tag at once: growing would leave a copy of the plaintext behind in freed memory.
        let mut sealed = Vec::with_capacity(plaintext.len() + 16);
        sealed.extend_from_slice(plaintext);
        let tag = self.seal_in_place(nonce, aad, &mut sealed);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Encrypts `data` in place and returns the tag; otherwise as [`GcmKey::seal`].
    ///
    /// # Panics
    /// From 2^36 - 31 bytes on, the limit of GCM.
    #[must_use]
    pub fn seal_in_place(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> [u8; 16] {
        assert!(fits(data.len()), "GCM ends at 2^36 - 32 bytes");
        let mut hash = self.hash.start();
        hash.update_padded(aad);
        let length = data.len();
        let mut stream = Stream::new(&self.cipher, nonce, length);
        for piece in pieces(data) {
            stream.apply(piece);
            hash.update_padded(piece);
        }
        let mut tag = hash.finish(aad.len(), length);
        xor(&mut tag, &stream.mask);
        tag
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
        self.open_in_place(nonce, aad, &mut plaintext, tag)?;
        Ok(plaintext)
    }

    /// Decrypts `data` in place once the tag has been found right.
    ///
    /// # Errors
    /// [`Unauthentic`] where anything was altered; `data` is then as it was.
    pub fn open_in_place(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Unauthentic> {
        use subtle::ConstantTimeEq as _;
        if !fits(data.len()) {
            return Err(Unauthentic);
        }
        let mut hash = self.hash.start();
        hash.update_padded(aad);
        hash.update_padded(data);
        let mut stream = Stream::new(&self.cipher, nonce, data.len());
        let mut expected = hash.finish(aad.len(), data.len());
        xor(&mut expected, &stream.mask);
        let right: bool = expected.ct_eq(tag).into();
        // What would have been the right tag is nobody's business.
        expected.zeroize();
        if !declassify::value(right) {
            return Err(Unauthentic);
        }
        pieces(data).for_each(|piece| stream.apply(piece));
        Ok(())
    }
}

/// NIST SP 800-38D §5.2.1.1: at most 2^39 - 256 bits.
fn fits(length: usize) -> bool {
    length as u64 <= (1 << 36) - 32
}

/// `data` cut so that the key stream made first ends with a piece.
fn pieces(data: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    let first = data.len().min(FIRST - 16);
    let (first, rest) = data.split_at_mut(first);
    std::iter::once(first).chain(rest.chunks_mut(PIECE))
}

/// The key stream of one message. Wiped on drop.
struct Stream<'key> {
    cipher: &'key Cipher,
    nonce: &'key [u8; 12],
    /// Encryption of counter 1.
    mask: [u8; 16],
    /// Encryption of the counters from 2 on, until it has been used.
    first: Option<[u8; FIRST - 16]>,
    counter: u32,
}

impl<'key> Stream<'key> {
    fn new(cipher: &'key Cipher, nonce: &'key [u8; 12], length: usize) -> Self {
        let mut made = [0; FIRST];
        cipher.count(nonce, 1, &mut made[..FIRST.min(16 + length)]);
        let (mask, first) = made.split_first_chunk::<16>().expect("FIRST is longer");
        let stream = Self {
            cipher,
            nonce,
            mask: *mask,
            first: first.try_into().ok(),
            counter: 2,
        };
        made.zeroize();
        stream
    }

    /// Encrypts or decrypts the next of the pieces.
    fn apply(&mut self, piece: &mut [u8]) {
        if let Some(mut first) = self.first.take() {
            xor(piece, &first);
            first.zeroize();
        } else {
            self.cipher.count(self.nonce, self.counter, piece);
        }
        self.counter += piece.len().div_ceil(16) as u32;
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.mask.zeroize();
        self.first.zeroize();
    }
}
