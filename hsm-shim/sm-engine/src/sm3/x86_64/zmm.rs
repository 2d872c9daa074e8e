//! Sixteen words in a 512-bit register of AVX-512.
#![allow(unsafe_code)]

use super::avx512::Cpu;
use crate::sm3::lanes::Lanes;
use std::arch::x86_64::*;

/// Sixteen lanes. Exists only together with a [`Cpu`].
#[derive(Clone, Copy)]
pub(super) struct Zmm(__m512i);

/// An intrinsic of AVX-512. Sound wherever it is used below: every function there takes or has taken a [`Cpu`],
/// which exists only where the processor has it.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: as the macro says.
        unsafe { $call }
    };
}

impl Lanes for Zmm {
    type Cpu = Cpu;
    type Words = [u32; 16];
    const ZEROS: Self::Words = [0; 16];

    #[inline(always)]
    fn load(_: Cpu, words: &Self::Words) -> Self {
        // The load reads 64 bytes from a reference to as many, and needs no alignment.
        Self(intrinsic!(_mm512_loadu_si512(words.as_ptr().cast())))
    }
    #[inline(always)]
    fn store(self) -> Self::Words {
        let mut words = Self::ZEROS;
        // The store writes 64 bytes over a reference to as many, and needs no alignment.
        intrinsic!(_mm512_storeu_si512(words.as_mut_ptr().cast(), self.0));
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
            let ab_low = intrinsic!(_mm512_unpacklo_epi32(a, b));
            let ab_high = intrinsic!(_mm512_unpackhi_epi32(a, b));
            let cd_low = intrinsic!(_mm512_unpacklo_epi32(c, d));
            let cd_high = intrinsic!(_mm512_unpackhi_epi32(c, d));
            words[4 * four] = Self(intrinsic!(_mm512_unpacklo_epi64(ab_low, cd_low)));
            words[4 * four + 1] = Self(intrinsic!(_mm512_unpackhi_epi64(ab_low, cd_low)));
            words[4 * four + 2] = Self(intrinsic!(_mm512_unpacklo_epi64(ab_high, cd_high)));
            words[4 * four + 3] = Self(intrinsic!(_mm512_unpackhi_epi64(ab_high, cd_high)));
        }
        words
    }
    #[inline(always)]
    fn splat(_: Cpu, word: u32) -> Self {
        Self(intrinsic!(_mm512_set1_epi32(word.cast_signed())))
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_xor_si512(self.0, other.0)))
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        Self(intrinsic!(_mm512_ternarylogic_epi32::<0x96>(
            self.0, second.0, third.0
        )))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_add_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        Self(intrinsic!(_mm512_rol_epi32::<N>(self.0)))
    }
    #[inline(always)]
    fn majority(self, second: Self, third: Self) -> Self {
        Self(intrinsic!(_mm512_ternarylogic_epi32::<0xE8>(
            self.0, second.0, third.0
        )))
    }
    #[inline(always)]
    fn choose(self, one: Self, other: Self) -> Self {
        Self(intrinsic!(_mm512_ternarylogic_epi32::<0xCA>(
            self.0, one.0, other.0
        )))
    }
}

impl Zmm {
    /// Words `4 * four` and the next three of blocks `i`, `i + 4`, `i + 8` and `i + 12`.
    #[inline(always)]
    fn quarters(blocks: &[&[u8; 64]], i: usize, four: usize) -> __m512i {
        let x = intrinsic!(_mm512_castsi128_si512(quarter(blocks[i], four)));
        let x = intrinsic!(_mm512_inserti32x4::<1>(x, quarter(blocks[i + 4], four)));
        let x = intrinsic!(_mm512_inserti32x4::<2>(x, quarter(blocks[i + 8], four)));
        let x = intrinsic!(_mm512_inserti32x4::<3>(x, quarter(blocks[i + 12], four)));
        let order = intrinsic!(_mm512_broadcast_i32x4(big_endian()));
        intrinsic!(_mm512_shuffle_epi8(x, order))
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
