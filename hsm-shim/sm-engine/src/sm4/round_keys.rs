//! The key schedule of SM4 (GB/T 32907-2016 §7.3).
//!
//! The S-box of the schedule is a circuit too: it works on the key itself.

use zeroize::Zeroize as _;

/// The 32 round keys. No Debug, no Clone, wiped on drop.
pub(super) struct RoundKeys([u32; 32]);

impl RoundKeys {
    /// From a key; `substitute` is the S-box on each byte of a word.
    #[inline(always)]
    pub(super) fn new(key: &[u8; 16], substitute: impl Fn(u32) -> u32) -> Self {
        let mut keys = Self([0; 32]);
        let mut k = words(key);
        k.iter_mut()
            .zip(SYSTEM)
            .for_each(|(word, fixed)| *word ^= fixed);
        for (i, round_key) in keys.0.iter_mut().enumerate() {
            let s = substitute(k[1] ^ k[2] ^ k[3] ^ fixed(i));
            *round_key = k[0] ^ s ^ s.rotate_left(13) ^ s.rotate_left(23);
            k = [k[1], k[2], k[3], *round_key];
        }
        k.zeroize();
        keys
    }

    /// The keys in the order of decryption.
    pub(super) fn reversed(&self) -> Self {
        let mut reversed = Self(self.0);
        reversed.0.reverse();
        reversed
    }

    /// In the order of use.
    pub(super) fn as_words(&self) -> &[u32; 32] {
        &self.0
    }
}

impl Drop for RoundKeys {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// FK.
const SYSTEM: [u32; 4] = [0xa3b1_bac6, 0x56aa_3350, 0x677d_9197, 0xb270_22dc];

/// CK: byte j of word i is 7 (4 i + j) mod 256.
fn fixed(i: usize) -> u32 {
    u32::from_be_bytes([0, 1, 2, 3].map(|j| (7 * (4 * i + j)) as u8))
}

/// A block as four words.
#[inline(always)]
pub(super) fn words(block: &[u8; 16]) -> [u32; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    words
}
