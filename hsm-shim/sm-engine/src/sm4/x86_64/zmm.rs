//! 512-bit registers: AVX-512 with GFNI.
#![allow(unsafe_code)]

use super::gfni::Cpu;
use crate::sm4::vector::{Gfni, Vector};
use std::arch::x86_64::*;

/// Four lanes. Exists only together with a [`Cpu`].
#[derive(Clone, Copy)]
pub(super) struct Zmm(__m512i);

/// An intrinsic of AVX-512 or GFNI. Sound wherever it is used below: every function there takes or has taken a
/// [`Cpu`], which exists only where the processor has both.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: as the macro says.
        unsafe { $call }
    };
}

impl Vector for Zmm {
    type Cpu = Cpu;
    const LANES: usize = 4;

    #[inline(always)]
    fn load(_: Cpu, from: &[[u8; 16]]) -> Self {
        let from: &[_; 4] = from.first_chunk().expect("four lanes");
        // The load reads 64 bytes from a reference to as many, and needs no alignment.
        Self(intrinsic!(_mm512_loadu_si512(from.as_ptr().cast())))
    }
    #[inline(always)]
    fn store(self, to: &mut [[u8; 16]]) {
        let to: &mut [_; 4] = to.first_chunk_mut().expect("four lanes");
        // The store writes 64 bytes over a reference to as many, and needs no alignment.
        intrinsic!(_mm512_storeu_si512(to.as_mut_ptr().cast(), self.0));
    }
    #[inline(always)]
    fn splat(_: Cpu, word: u32) -> Self {
        Self(intrinsic!(_mm512_set1_epi32(word.cast_signed())))
    }
    #[inline(always)]
    fn repeat(cpu: Cpu, lane: [u8; 16]) -> Self {
        Self::load(cpu, &[lane; 4])
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
    fn rotate_left_2(self) -> Self {
        Self(intrinsic!(_mm512_rol_epi32::<2>(self.0)))
    }
    #[inline(always)]
    fn shuffle(self, positions: Self) -> Self {
        Self(intrinsic!(_mm512_shuffle_epi8(self.0, positions.0)))
    }
    #[inline(always)]
    fn unpack_low_32(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_unpacklo_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn unpack_high_32(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_unpackhi_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn unpack_low_64(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_unpacklo_epi64(self.0, other.0)))
    }
    #[inline(always)]
    fn unpack_high_64(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_unpackhi_epi64(self.0, other.0)))
    }
}

impl Gfni for Zmm {
    #[inline(always)]
    fn affine<const CONSTANT: i32>(self, matrix: Self) -> Self {
        Self(intrinsic!(_mm512_gf2p8affine_epi64_epi8::<CONSTANT>(
            self.0, matrix.0
        )))
    }
    #[inline(always)]
    fn affine_of_inverse<const CONSTANT: i32>(self, matrix: Self) -> Self {
        Self(intrinsic!(_mm512_gf2p8affineinv_epi64_epi8::<CONSTANT>(
            self.0, matrix.0
        )))
    }
}
