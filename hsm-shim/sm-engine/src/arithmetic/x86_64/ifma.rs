//! The lanes of AVX-512 IFMA: each operation is one instruction.
//!
//! Everything generic is inlined into the four entries below, which enable the instructions; a function that is
//! not inlined would call each intrinsic. So the generic code has loops where a closure would be large.
#![allow(unsafe_code)]

use crate::arithmetic::double_multiply::{PreparedQuestion, Question};
use crate::arithmetic::lanes::verify::{self, Answers};
use crate::arithmetic::lanes::{LANES, Lanes, generator};
use crate::arithmetic::scalar::Scalar;
use crate::cpu;
use std::arch::x86_64::{
    __m512i, _mm_cvtsi32_si128, _mm512_add_epi64, _mm512_and_si512, _mm512_loadu_si512,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_permutex2var_epi64, _mm512_set1_epi64,
    _mm512_sll_epi64, _mm512_slli_epi64, _mm512_srai_epi64, _mm512_srl_epi64, _mm512_storeu_si512,
    _mm512_sub_epi64, _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

/// Proof that the processor and the operating system have AVX-512 F, DQ and IFMA.
#[derive(Clone, Copy)]
pub(in crate::arithmetic) struct Ifma(());

impl Ifma {
    /// `None` where something is missing.
    pub(in crate::arithmetic) fn detect() -> Option<Self> {
        cpu::avx512_ifma().then_some(Self(()))
    }

    /// [`generator::x_coordinates`].
    pub(in crate::arithmetic) fn x_coordinates(
        self,
        groups: &[[Scalar; LANES]],
    ) -> Vec<[[u64; 4]; LANES]> {
        #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
        fn enabled(l: Ifma, groups: &[[Scalar; LANES]]) -> Vec<[[u64; 4]; LANES]> {
            generator::x_coordinates(l, groups)
        }
        // SAFETY: the token proves the features.
        unsafe { enabled(self, groups) }
    }

    /// [`generator::coordinates`].
    pub(in crate::arithmetic) fn coordinates(
        self,
        groups: &[[Scalar; LANES]],
    ) -> Vec<[[[u64; 4]; 2]; LANES]> {
        #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
        fn enabled(l: Ifma, groups: &[[Scalar; LANES]]) -> Vec<[[[u64; 4]; 2]; LANES]> {
            generator::coordinates(l, groups)
        }
        // SAFETY: the token proves the features.
        unsafe { enabled(self, groups) }
    }

    /// [`verify::ask`].
    pub(in crate::arithmetic) fn ask(self, questions: [&Question<'_>; LANES]) -> Answers {
        #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
        fn enabled(l: Ifma, questions: [&Question<'_>; LANES]) -> Answers {
            verify::ask(l, questions)
        }
        // SAFETY: the token proves the features.
        unsafe { enabled(self, questions) }
    }

    /// [`verify::ask_prepared`].
    pub(in crate::arithmetic) fn ask_prepared(
        self,
        questions: [&PreparedQuestion<'_>; LANES],
    ) -> Answers {
        #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
        fn enabled(l: Ifma, questions: [&PreparedQuestion<'_>; LANES]) -> Answers {
            verify::ask_prepared(l, questions)
        }
        // SAFETY: the token proves the features.
        unsafe { enabled(self, questions) }
    }
}

impl Lanes for Ifma {
    type Word = __m512i;

    #[inline(always)]
    fn splat(self, value: u64) -> __m512i {
        // SAFETY: the token proves the features; so below.
        unsafe { _mm512_set1_epi64(value.cast_signed()) }
    }

    #[inline(always)]
    fn load(self, values: &[u64; LANES]) -> __m512i {
        // SAFETY: 64 bytes are behind the reference; unaligned is fine.
        unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, word: __m512i) -> [u64; LANES] {
        let mut values = [0; LANES];
        // SAFETY: 64 bytes are behind the reference; unaligned is fine.
        unsafe { _mm512_storeu_si512(values.as_mut_ptr().cast(), word) };
        values
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_add_epi64(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_sub_epi64(a, b) }
    }

    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_and_si512(a, b) }
    }

    #[inline(always)]
    fn xor(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_xor_si512(a, b) }
    }

    #[inline(always)]
    fn shift_left_by(self, a: __m512i, count: u32) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_sll_epi64(a, _mm_cvtsi32_si128(count.cast_signed())) }
    }

    #[inline(always)]
    fn shift_right_by(self, a: __m512i, count: u32) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_srl_epi64(a, _mm_cvtsi32_si128(count.cast_signed())) }
    }

    #[inline(always)]
    fn shift_left<const N: u32>(self, a: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_slli_epi64::<N>(a) }
    }

    #[inline(always)]
    fn shift_right<const N: u32>(self, a: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_srai_epi64::<N>(a) }
    }

    #[inline(always)]
    fn madd_low(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_madd52lo_epu64(sum, a, b) }
    }

    #[inline(always)]
    fn madd_high(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_madd52hi_epu64(sum, a, b) }
    }

    #[inline(always)]
    fn select(self, mask: __m512i, a: __m512i, b: __m512i) -> __m512i {
        // 0xCA is "the second where the first, else the third".
        // SAFETY: the token.
        unsafe { _mm512_ternarylogic_epi64::<0xCA>(mask, a, b) }
    }

    #[inline(always)]
    fn pick(self, index: __m512i, table: [__m512i; 2]) -> __m512i {
        // SAFETY: the token.
        unsafe { _mm512_permutex2var_epi64(table[0], index, table[1]) }
    }
}
