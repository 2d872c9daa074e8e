//! SM3 on x86-64: one stream with BMI2, 8 messages at once with AVX2, 16 with AVX-512.
#![allow(unsafe_code)]

mod word;
mod ymm;
mod zmm;

use super::compress::compress_block;
use super::lanes::{self, Expanded, Lanes as _};
use word::Word;
use ymm::Ymm;
use zmm::Zmm;

/// BMI2 and AVX2.
pub(super) mod avx2 {
    use super::*;

    /// Evidence that the processor has BMI1, BMI2 and AVX2.
    #[derive(Clone, Copy)]
    pub(in crate::sm3) struct Cpu(());

    /// Asks the processor.
    pub(in crate::sm3) fn detect() -> Option<Cpu> {
        (crate::cpu::avx2() && crate::cpu::bmi()).then_some(Cpu(()))
    }

    /// Blocks whose expansion side by side costs less than one after another.
    const WORTHWHILE: usize = 3;

    impl Cpu {
        /// Whole blocks of one stream.
        pub(in crate::sm3) fn compress(self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
            compress(self, state, blocks);
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

    fn compress(cpu: Cpu, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        // A few blocks, also at the end of many.
        let (many, few) = match blocks.len() % 8 {
            rest if rest < WORTHWHILE => blocks.split_at(blocks.len() - rest),
            _ => (blocks, [].as_slice()),
        };
        if !many.is_empty() {
            // SAFETY: there is a `Cpu` only where `detect` found these features.
            unsafe { compress_groups(cpu, state, many) }
        }
        if !few.is_empty() {
            // SAFETY: there is a `Cpu` only where `detect` found these features.
            unsafe { compress_few(state, few) }
        }
    }

    /// The rounds of a stream are a chain, but the expansions of its blocks are not: those of the next eight blocks are
    /// made side by side in vector registers, which the rounds leave free, a word every eighth round.
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn compress_groups(cpu: Cpu, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        let (mut one, mut other) = (Expansion::NEW, Expansion::NEW);
        let (mut now, mut next) = (&mut one, &mut other);
        let mut words = state.map(Word);
        let mut groups = blocks.chunks(8);
        let mut group = groups.next();
        if let Some(group) = group {
            now.begin(cpu, group);
            (16..68).for_each(|j| now.step(cpu, j));
        }
        while let Some(blocks) = group {
            let following = groups.next();
            if let Some(following) = following {
                next.begin(cpu, following);
            }
            for lane in 0..blocks.len() {
                lanes::rounds::<Word>(
                    (),
                    &mut words,
                    #[inline(always)]
                    |j| {
                        let step = 16 + 8 * lane + j / 8;
                        if j % 8 == 0 && following.is_some() && step < 68 {
                            next.step(cpu, step);
                        }
                        (Word(now.words[j][lane % 8]), Word(now.mixed[j][lane % 8]))
                    },
                );
            }
            (now, next) = (next, now);
            group = following;
        }
        *state = words.map(|word| word.0);
    }

    /// The expansions of eight blocks.
    struct Expansion {
        /// W.
        words: Expanded<[u32; 8]>,
        /// W'.
        mixed: [[u32; 8]; 64],
    }

    impl Expansion {
        const NEW: Self = Self {
            words: [Ymm::ZEROS; 68],
            mixed: [Ymm::ZEROS; 64],
        };

        /// The first 16 words of one to eight blocks.
        #[inline(always)]
        fn begin(&mut self, cpu: Cpu, blocks: &[[u8; 64]]) {
            let mut side_by_side = [&blocks[0]; 8];
            for (place, block) in side_by_side.iter_mut().zip(blocks) {
                *place = block;
            }
            let first = Ymm::load_blocks(cpu, &side_by_side);
            for (words, first) in self.words.iter_mut().zip(first) {
                *words = first.store();
            }
            for j in 0..12 {
                self.mixed[j] = first[j].xor(first[j + 4]).store();
            }
        }

        /// W_j and W'_(j-4), after those before them.
        #[inline(always)]
        fn step(&mut self, cpu: Cpu, j: usize) {
            let words = &self.words;
            let word = lanes::expanded(
                #[inline(always)]
                |back| Ymm::load(cpu, &words[j - back]),
            );
            self.mixed[j - 4] = Ymm::load(cpu, &words[j - 4]).xor(word).store();
            self.words[j] = word.store();
        }
    }

    /// Without AVX2: the compiler would move scalar expansions into vector registers, to their disadvantage.
    #[target_feature(enable = "bmi1,bmi2")]
    fn compress_few(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        let mut words = state.map(Word);
        for block in blocks {
            compress_block(&mut words, block);
        }
        *state = words.map(|word| word.0);
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
