//! 256-bit registers: AVX2 with AES-NI, or with VAES.
#![allow(unsafe_code)]

use super::{aes, vaes};
use crate::sm4::vector::{AesRound, Vector};
use std::arch::x86_64::*;
use std::marker::PhantomData;

/// Two lanes. Exists only together with a `Cpu` of a path that has at least AVX2 and AES-NI.
#[derive(Clone, Copy)]
pub(super) struct Ymm<Cpu>(__m256i, PhantomData<Cpu>);

/// What the two paths do differently.
pub(super) trait Rounds: Copy {
    /// The last round of AES with a key of zero in both lanes.
    fn aes_last_round(x: __m256i) -> __m256i;
}

/// An intrinsic of AVX2 or AES-NI. Sound wherever it is used below: every function there takes or has taken a `Cpu`
/// of `aes` or `vaes`, which exist only where the processor has both.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: as the macro says.
        unsafe { $call }
    };
}

impl<Cpu> Ymm<Cpu> {
    #[inline(always)]
    fn new(register: __m256i) -> Self {
        Self(register, PhantomData)
    }
}

impl<Cpu: Rounds> Vector for Ymm<Cpu> {
    type Cpu = Cpu;
    const LANES: usize = 2;

    #[inline(always)]
    fn load(_: Cpu, from: &[[u8; 16]]) -> Self {
        let from: &[_; 2] = from.first_chunk().expect("two lanes");
        // The load reads 32 bytes from a reference to as many, and needs no alignment.
        Self::new(intrinsic!(_mm256_loadu_si256(from.as_ptr().cast())))
    }
    #[inline(always)]
    fn store(self, to: &mut [[u8; 16]]) {
        let to: &mut [_; 2] = to.first_chunk_mut().expect("two lanes");
        // The store writes 32 bytes over a reference to as many, and needs no alignment.
        intrinsic!(_mm256_storeu_si256(to.as_mut_ptr().cast(), self.0));
    }
    #[inline(always)]
    fn splat(_: Cpu, word: u32) -> Self {
        Self::new(intrinsic!(_mm256_set1_epi32(word.cast_signed())))
    }
    #[inline(always)]
    fn repeat(cpu: Cpu, lane: [u8; 16]) -> Self {
        Self::load(cpu, &[lane; 2])
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self::new(intrinsic!(_mm256_xor_si256(self.0, other.0)))
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        self.xor(second.xor(third))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self::new(intrinsic!(_mm256_add_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn rotate_left_2(self) -> Self {
        let left = intrinsic!(_mm256_slli_epi32::<2>(self.0));
        let right = intrinsic!(_mm256_srli_epi32::<30>(self.0));
        Self::new(intrinsic!(_mm256_or_si256(left, right)))
    }
    #[inline(always)]
    fn shuffle(self, positions: Self) -> Self {
        Self::new(intrinsic!(_mm256_shuffle_epi8(self.0, positions.0)))
    }
    #[inline(always)]
    fn unpack_low_32(self, other: Self) -> Self {
        Self::new(intrinsic!(_mm256_unpacklo_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn unpack_high_32(self, other: Self) -> Self {
        Self::new(intrinsic!(_mm256_unpackhi_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn unpack_low_64(self, other: Self) -> Self {
        Self::new(intrinsic!(_mm256_unpacklo_epi64(self.0, other.0)))
    }
    #[inline(always)]
    fn unpack_high_64(self, other: Self) -> Self {
        Self::new(intrinsic!(_mm256_unpackhi_epi64(self.0, other.0)))
    }
}

impl<Cpu: Rounds> AesRound for Ymm<Cpu> {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self::new(intrinsic!(_mm256_and_si256(self.0, other.0)))
    }
    #[inline(always)]
    fn shift_right_4(self) -> Self {
        Self::new(intrinsic!(_mm256_srli_epi32::<4>(self.0)))
    }
    #[inline(always)]
    fn aes_last_round(self) -> Self {
        Self::new(Cpu::aes_last_round(self.0))
    }
}

impl Rounds for aes::Cpu {
    #[inline(always)]
    fn aes_last_round(x: __m256i) -> __m256i {
        let zero = intrinsic!(_mm_setzero_si128());
        let low = intrinsic!(_mm_aesenclast_si128(_mm256_castsi256_si128(x), zero));
        let high = intrinsic!(_mm_aesenclast_si128(_mm256_extracti128_si256::<1>(x), zero));
        intrinsic!(_mm256_set_m128i(high, low))
    }
}

impl Rounds for vaes::Cpu {
    #[inline(always)]
    fn aes_last_round(x: __m256i) -> __m256i {
        // SAFETY: `vaes::Cpu` exists only where the processor has VAES.
        unsafe { _mm256_aesenclast_epi128(x, _mm256_setzero_si256()) }
    }
}
