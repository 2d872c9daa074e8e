//! One lane: a `u32` whose sums are taken in the order in which they are written.
#![allow(unsafe_code)]

use crate::sm3::lanes::Lanes;

/// A word of one stream.
#[derive(Clone, Copy)]
pub(super) struct Word(pub(super) u32);

impl Lanes for Word {
    type Cpu = ();
    type Words = [u32; 1];
    const ZEROS: [u32; 1] = [0];
    const WRITTEN_OUT: bool = true;

    #[inline(always)]
    fn load((): (), words: &[u32; 1]) -> Self {
        Self(words[0])
    }
    #[inline(always)]
    fn store(self) -> [u32; 1] {
        [self.0]
    }
    #[inline(always)]
    fn load_blocks((): (), blocks: &[&[u8; 64]]) -> [Self; 16] {
        let words = u32::load_blocks((), blocks);
        let mut wrapped = [Self(0); 16];
        for (wrapped, word) in wrapped.iter_mut().zip(words) {
            *wrapped = Self(word);
        }
        wrapped
    }
    #[inline(always)]
    fn splat((): (), word: u32) -> Self {
        Self(word)
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        Self(self.0 ^ second.0 ^ third.0)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        Self(self.0.rotate_left(N as u32))
    }
    #[inline(always)]
    fn settled(self) -> Self {
        let mut word = self.0;
        // SAFETY: no instruction at all; the compiler only takes `word` for changed.
        unsafe {
            std::arch::asm!("/* {0:e} */", inout(reg) word, options(pure, nomem, nostack, preserves_flags));
        }
        Self(word)
    }
    #[inline(always)]
    fn majority(self, second: Self, third: Self) -> Self {
        Self(self.0.majority(second.0, third.0))
    }
    #[inline(always)]
    fn choose(self, one: Self, other: Self) -> Self {
        Self(self.0.choose(one.0, other.0))
    }
}
