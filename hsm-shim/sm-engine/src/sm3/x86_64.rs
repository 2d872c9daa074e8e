//! SM3 on x86-64: one stream with BMI2, 8 messages at once with AVX2, 16 with AVX-512.
#![allow(unsafe_code)]

mod ymm;
mod zmm;

use super::compress::compress_block;
use super::lanes::{self, Expanded, Lanes as _};
use ymm::Ymm;
use zmm::Zmm;

/// BMI2 and AVX2.
pub(super) mod avx2 {
    use super::*;

    /// Evidence that the processor has BMI1, BMI2 and AVX2.
    #[derive(Clone, Copy)]
    pub(in crate::sm3) struct Cpu(());

    /// Asks the processor; whoever has ADX has BMI1 and BMI2.
    pub(in crate::sm3) fn detect() -> Option<Cpu> {
        (crate::cpu::avx2() && crate::cpu::adx()).then_some(Cpu(()))
    }

    /// Blocks whose expansion side by side costs less than one after another.
    const WORTHWHILE: usize = 3;

    impl Cpu {
        /// Whole blocks of one stream.
        pub(in crate::sm3) fn compress(self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
            // SAFETY: there is a `Cpu` only where `detect` found these features.
            unsafe { compress(self, state, blocks) }
        }

        /// One block in each of 8 lanes.
        pub(in crate::sm3) fn compress_many(
            self,
            state: &mut [[u32; 8]; 8],
            blocks: &[&[u8; 64]; 8],
        ) {
            #[target_feature(enable = "avx2,bmi1,bmi2")]
            fn compress(cpu: Cpu, state: &mut [[u32; 8]; 8], blocks: &[&[u8; 64]; 8]) {
                lanes::compress::<Ymm>(cpu, state, blocks);
            }
            // SAFETY: there is a `Cpu` only where `detect` found these features.
            unsafe { compress(self, state, blocks) }
        }
    }

    /// The rounds of a stream are a chain, but the expansions of its blocks are not: eight of them are made at once
    /// in vector registers, which the rounds leave free.
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn compress(cpu: Cpu, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        // A few blocks, also at the end of many.
        let (many, few) = match blocks.len() % 8 {
            rest if rest < WORTHWHILE => blocks.split_at(blocks.len() - rest),
            _ => (blocks, [].as_slice()),
        };
        if !many.is_empty() {
            compress_groups(cpu, state, many);
        }
        for block in few {
            compress_block(state, block);
        }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn compress_groups(cpu: Cpu, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        let mut w: Expanded<[u32; 8]> = [Ymm::ZEROS; 68];
        for group in blocks.chunks(8) {
            let mut side_by_side = [&group[0]; 8];
            for (place, block) in side_by_side.iter_mut().zip(group) {
                *place = block;
            }
            lanes::expand::<Ymm>(cpu, &side_by_side, &mut w);
            for lane in 0..group.len() {
                lanes::rounds::<u32>(
                    (),
                    state,
                    #[inline(always)]
                    |j| w[j][lane % 8],
                );
            }
        }
    }
}

/// AVX-512.
pub(super) mod avx512 {
    use super::*;

    /// Evidence that the processor has AVX-512 with byte shuffles.
    #[derive(Clone, Copy)]
    pub(in crate::sm3) struct Cpu(());

    /// Asks the processor.
    pub(in crate::sm3) fn detect() -> Option<Cpu> {
        crate::cpu::avx512().then_some(Cpu(()))
    }

    impl Cpu {
        /// One block in each of 16 lanes.
        pub(in crate::sm3) fn compress_many(
            self,
            state: &mut [[u32; 16]; 8],
            blocks: &[&[u8; 64]; 16],
        ) {
            #[target_feature(enable = "avx512f,avx512bw")]
            fn compress(cpu: Cpu, state: &mut [[u32; 16]; 8], blocks: &[&[u8; 64]; 16]) {
                lanes::compress::<Zmm>(cpu, state, blocks);
            }
            // SAFETY: there is a `Cpu` only where `detect` found these features.
            unsafe { compress(self, state, blocks) }
        }
    }
}
