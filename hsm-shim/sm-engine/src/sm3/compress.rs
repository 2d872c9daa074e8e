//! The compression of SM3 on the fastest path that this processor has.

use super::Digest;
use super::lanes::{self, Lanes};
#[cfg(target_arch = "x86_64")]
use super::x86_64;

/// GB/T 32905-2016 §4.1.
pub(super) const INITIAL: [u32; 8] = [
    0x7380_166f,
    0x4914_b2b9,
    0x1724_42d7,
    0xda8a_0600,
    0xa96f_30bc,
    0x1631_38aa,
    0xe38d_ee4d,
    0xb0fb_0e4e,
];

/// How blocks are computed.
#[derive(Clone, Copy)]
pub(super) enum Path {
    /// Safe Rust, one block at a time.
    Portable,
    /// BMI2 for the rounds, AVX2 for expansions and for 8 messages at once.
    #[cfg(target_arch = "x86_64")]
    Avx2(x86_64::avx2::Cpu),
    /// The same with AVX-512 for 16 messages at once.
    #[cfg(target_arch = "x86_64")]
    Avx512(x86_64::avx2::Cpu, x86_64::avx512::Cpu),
}

impl Path {
    /// The fastest one here.
    #[inline]
    pub(super) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = x86_64::avx2::detect() {
            return match x86_64::avx512::detect() {
                Some(avx512) => Self::Avx512(avx2, avx512),
                None => Self::Avx2(avx2),
            };
        }
        Self::Portable
    }

    /// Every path that this machine can take, with its name.
    #[cfg(test)]
    pub(super) fn all() -> Vec<(&'static str, Self)> {
        let portable = ("portable", Self::Portable);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = x86_64::avx2::detect() {
            let avx512 = x86_64::avx512::detect();
            let avx512 = avx512.map(|avx512| ("AVX-512", Self::Avx512(avx2, avx512)));
            let here = [portable, ("AVX2", Self::Avx2(avx2))];
            return here.into_iter().chain(avx512).collect();
        }
        vec![portable]
    }

    /// Whole blocks of one stream.
    pub(super) fn compress(self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        match self {
            Self::Portable => compress_portable(state, blocks),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(cpu) | Self::Avx512(cpu, _) => cpu.compress(state, blocks),
        }
    }
}

/// The state as bytes.
pub(super) fn digest_of(state: &[u32; 8]) -> Digest {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    Digest(bytes)
}

fn compress_portable(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
    for block in blocks {
        compress_block(state, block);
    }
}

/// One block of one stream, each word expanded where the rounds first need it.
#[inline(always)]
pub(super) fn compress_block<Word: Lanes<Cpu = ()>>(state: &mut [Word; 8], block: &[u8; 64]) {
    let mut w = Word::load_blocks((), &[block]);
    lanes::rounds::<Word>(
        (),
        state,
        #[inline(always)]
        |j| {
            let word = w[j % 16];
            if j >= 12 {
                let next = j + 4;
                w[next % 16] = lanes::expanded(
                    #[inline(always)]
                    |back| w[(next - back) % 16],
                );
            }
            (word, word.xor(w[(j + 4) % 16]))
        },
    );
}
