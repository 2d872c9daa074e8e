//! Registers of one, two and four 128-bit integers.
#![allow(unsafe_code)]

use super::{Product, clmul, clmul_256, clmul_512};
use std::arch::x86_64::*;
use std::marker::PhantomData;

/// One lane; every path has it.
#[derive(Clone, Copy)]
pub(super) struct Xmm<Cpu>(__m128i, PhantomData<Cpu>);
/// Two lanes.
#[derive(Clone, Copy)]
pub(super) struct Ymm<Cpu>(__m256i, PhantomData<Cpu>);
/// Four lanes.
#[derive(Clone, Copy)]
pub(super) struct Zmm<Cpu>(__m512i, PhantomData<Cpu>);

/// A path that has at least AVX2 and PCLMULQDQ.
pub(super) trait Clmul: Copy {}
impl Clmul for clmul::Cpu {}
impl Clmul for clmul_256::Cpu {}
impl Clmul for clmul_512::Cpu {}

/// An intrinsic. Sound wherever it is used below: every function there takes or has taken the `Cpu` of a path that
/// has the instruction, and a `Cpu` exists only where the processor was found to have the path's features.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: as the macro says.
        unsafe { $call }
    };
}

/// The bytes of each lane the other way round.
const REVERSED: [u8; 16] = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

impl<Cpu: Clmul> Product for Xmm<Cpu> {
    type Cpu = Cpu;
    const LANES: usize = 1;

    #[inline(always)]
    fn load(_: Cpu, from: &[u128]) -> Self {
        // The load reads 16 bytes from a reference to as many, and needs no alignment.
        let from = std::ptr::from_ref(&from[0]);
        Self(intrinsic!(_mm_loadu_si128(from.cast())), PhantomData)
    }
    #[inline(always)]
    fn load_blocks(_: Cpu, from: &[[u8; 16]]) -> Self {
        // Both loads read 16 bytes from a reference to as many, and need no alignment.
        let blocks = intrinsic!(_mm_loadu_si128(from[0].as_ptr().cast()));
        let reversed = intrinsic!(_mm_loadu_si128(REVERSED.as_ptr().cast()));
        Self(intrinsic!(_mm_shuffle_epi8(blocks, reversed)), PhantomData)
    }
    #[inline(always)]
    fn first(_: Cpu, first: u128) -> Self {
        let (low, high) = (first as i64, (first >> 64) as i64);
        Self(intrinsic!(_mm_set_epi64x(high, low)), PhantomData)
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(intrinsic!(_mm_xor_si128(self.0, other.0)), PhantomData)
    }
    #[inline(always)]
    fn product<const HALVES: i32>(self, other: Self) -> Self {
        let product = intrinsic!(_mm_clmulepi64_si128::<HALVES>(self.0, other.0));
        Self(product, PhantomData)
    }
    #[inline(always)]
    fn sum(self) -> u128 {
        let low = intrinsic!(_mm_cvtsi128_si64(self.0)).cast_unsigned();
        let high = intrinsic!(_mm_extract_epi64::<1>(self.0)).cast_unsigned();
        u128::from(low) | u128::from(high) << 64
    }
}

impl Product for Ymm<clmul_256::Cpu> {
    type Cpu = clmul_256::Cpu;
    const LANES: usize = 2;

    #[inline(always)]
    fn load(_: Self::Cpu, from: &[u128]) -> Self {
        let from: &[_; 2] = from.first_chunk().expect("two lanes");
        // The load reads 32 bytes from a reference to as many, and needs no alignment.
        Self(
            intrinsic!(_mm256_loadu_si256(from.as_ptr().cast())),
            PhantomData,
        )
    }
    #[inline(always)]
    fn load_blocks(_: Self::Cpu, from: &[[u8; 16]]) -> Self {
        let from: &[_; 2] = from.first_chunk().expect("two lanes");
        let reversed = [REVERSED; 2];
        // Both loads read 32 bytes from a reference to as many, and need no alignment.
        let blocks = intrinsic!(_mm256_loadu_si256(from.as_ptr().cast()));
        let reversed = intrinsic!(_mm256_loadu_si256(reversed.as_ptr().cast()));
        Self(
            intrinsic!(_mm256_shuffle_epi8(blocks, reversed)),
            PhantomData,
        )
    }
    #[inline(always)]
    fn first(cpu: Self::Cpu, first: u128) -> Self {
        let first = Xmm::first(cpu, first).0;
        Self(intrinsic!(_mm256_zextsi128_si256(first)), PhantomData)
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_xor_si256(self.0, other.0)), PhantomData)
    }
    #[inline(always)]
    fn product<const HALVES: i32>(self, other: Self) -> Self {
        let product = intrinsic!(_mm256_clmulepi64_epi128::<HALVES>(self.0, other.0));
        Self(product, PhantomData)
    }
    #[inline(always)]
    fn sum(self) -> u128 {
        let low = intrinsic!(_mm256_castsi256_si128(self.0));
        let high = intrinsic!(_mm256_extracti128_si256::<1>(self.0));
        let sum = intrinsic!(_mm_xor_si128(low, high));
        Xmm::<clmul_256::Cpu>(sum, PhantomData).sum()
    }
}

impl Product for Zmm<clmul_512::Cpu> {
    type Cpu = clmul_512::Cpu;
    const LANES: usize = 4;

    #[inline(always)]
    fn load(_: Self::Cpu, from: &[u128]) -> Self {
        let from: &[_; 4] = from.first_chunk().expect("four lanes");
        // The load reads 64 bytes from a reference to as many, and needs no alignment.
        Self(
            intrinsic!(_mm512_loadu_si512(from.as_ptr().cast())),
            PhantomData,
        )
    }
    #[inline(always)]
    fn load_blocks(_: Self::Cpu, from: &[[u8; 16]]) -> Self {
        let from: &[_; 4] = from.first_chunk().expect("four lanes");
        let reversed = [REVERSED; 4];
        // Both loads read 64 bytes from a reference to as many, and need no alignment.
        let blocks = intrinsic!(_mm512_loadu_si512(from.as_ptr().cast()));
        let reversed = intrinsic!(_mm512_loadu_si512(reversed.as_ptr().cast()));
        Self(
            intrinsic!(_mm512_shuffle_epi8(blocks, reversed)),
            PhantomData,
        )
    }
    #[inline(always)]
    fn first(cpu: Self::Cpu, first: u128) -> Self {
        let first = Xmm::first(cpu, first).0;
        Self(intrinsic!(_mm512_zextsi128_si512(first)), PhantomData)
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_xor_si512(self.0, other.0)), PhantomData)
    }
    #[inline(always)]
    fn product<const HALVES: i32>(self, other: Self) -> Self {
        let product = intrinsic!(_mm512_clmulepi64_epi128::<HALVES>(self.0, other.0));
        Self(product, PhantomData)
    }
    #[inline(always)]
    fn sum(self) -> u128 {
        let low = intrinsic!(_mm512_castsi512_si256(self.0));
        let high = intrinsic!(_mm512_extracti64x4_epi64::<1>(self.0));
        let both = intrinsic!(_mm256_xor_si256(low, high));
        let low = intrinsic!(_mm256_castsi256_si128(both));
        let high = intrinsic!(_mm256_extracti128_si256::<1>(both));
        let sum = intrinsic!(_mm_xor_si128(low, high));
        Xmm::<clmul_512::Cpu>(sum, PhantomData).sum()
    }
}
