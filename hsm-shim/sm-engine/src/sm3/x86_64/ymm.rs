//! Eight words in a 256-bit register of AVX2.
#![allow(unsafe_code)]

use super::avx2::Cpu;
use crate::sm3::lanes::Lanes;
use std::arch::x86_64::*;

/// Eight lanes. Exists only together with a [`Cpu`].
#[derive(Clone, Copy)]
pub(super) struct Ymm(__m256i);

/// An intrinsic of AVX2. Sound wherever it is used below: every function there takes or has taken a [`Cpu`],
/// which exists only where the processor has it.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: as the macro says.
        unsafe { $call }
    };
}

impl Lanes for Ymm {
    type Cpu = Cpu;
    type Words = [u32; 8];
    const ZEROS: Self::Words = [0; 8];

    #[inline(always)]
    fn load(_: Cpu, words: &Self::Words) -> Self {
        // The load reads 32 bytes from a reference to as many, and needs no alignment.
        Self(intrinsic!(_mm256_loadu_si256(words.as_ptr().cast())))
    }
    #[inline(always)]
    fn store(self) -> Self::Words {
        let mut words = Self::ZEROS;
        // The store writes 32 bytes over a reference to as many, and needs no alignment.
        intrinsic!(_mm256_storeu_si256(words.as_mut_ptr().cast(), self.0));
        words
    }
    #[inline(always)]
    fn load_blocks(cpu: Cpu, blocks: &[&[u8; 64]]) -> [Self; 16] {
        let mut words = [Self::splat(cpu, 0); 16];
        for four in 0..4 {
            // In each lane of 16 bytes four words of one block, then one word of four blocks.
            let a = Self::quarters(blocks, 0, four);
            let b = Self::quarters(blocks, 1, four);
            let c = Self::quarters(blocks, 2, four);
            let d = Self::quarters(blocks, 3, four);
            let ab_low = intrinsic!(_mm256_unpacklo_epi32(a, b));
            let ab_high = intrinsic!(_mm256_unpackhi_epi32(a, b));
            let cd_low = intrinsic!(_mm256_unpacklo_epi32(c, d));
            let cd_high = intrinsic!(_mm256_unpackhi_epi32(c, d));
            words[4 * four] = Self(intrinsic!(_mm256_unpacklo_epi64(ab_low, cd_low)));
            words[4 * four + 1] = Self(intrinsic!(_mm256_unpackhi_epi64(ab_low, cd_low)));
            words[4 * four + 2] = Self(intrinsic!(_mm256_unpacklo_epi64(ab_high, cd_high)));
            words[4 * four + 3] = Self(intrinsic!(_mm256_unpackhi_epi64(ab_high, cd_high)));
        }
        words
    }
    #[inline(always)]
    fn splat(_: Cpu, word: u32) -> Self {
        Self(intrinsic!(_mm256_set1_epi32(word.cast_signed())))
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_xor_si256(self.0, other.0)))
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        self.xor(second.xor(third))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_add_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        let left = intrinsic!(_mm256_slli_epi32::<N>(self.0));
        let right = intrinsic!(_mm256_srli_epi32::<M>(self.0));
        Self(intrinsic!(_mm256_or_si256(left, right)))
    }
    #[inline(always)]
    fn majority(self, second: Self, third: Self) -> Self {
        let both = intrinsic!(_mm256_and_si256(self.0, second.0));
        let either = intrinsic!(_mm256_or_si256(self.0, second.0));
        let third = intrinsic!(_mm256_and_si256(either, third.0));
        Self(intrinsic!(_mm256_or_si256(both, third)))
    }
    #[inline(always)]
    fn choose(self, one: Self, other: Self) -> Self {
        let different = intrinsic!(_mm256_and_si256(one.xor(other).0, self.0));
        Self(different).xor(other)
    }
}

impl Ymm {
    /// Words `4 * four` and the next three of blocks `i` and `i + 4`.
    #[inline(always)]
    fn quarters(blocks: &[&[u8; 64]], i: usize, four: usize) -> __m256i {
        let x = intrinsic!(_mm256_set_m128i(
            quarter(blocks[i + 4], four),
            quarter(blocks[i], four)
        ));
        let order = intrinsic!(_mm256_broadcastsi128_si256(big_endian()));
        intrinsic!(_mm256_shuffle_epi8(x, order))
    }
}

/// Words `4 * four` and the next three of a block.
#[inline(always)]
fn quarter(block: &[u8; 64], four: usize) -> __m128i {
    let bytes = &block.as_chunks::<16>().0[four];
    // The load reads 16 bytes from a reference to as many, and needs no alignment.
    intrinsic!(_mm_loadu_si128(bytes.as_ptr().cast()))
}

/// The bytes of each word the other way round.
#[inline(always)]
fn big_endian() -> __m128i {
    let order = [3_u8, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
    // The load reads 16 bytes from a reference to as many, and needs no alignment.
    intrinsic!(_mm_loadu_si128(order.as_ptr().cast()))
}
