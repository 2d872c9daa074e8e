//! SM4 on x86-64: AES-NI on AVX2, the same with VAES, and GFNI on AVX-512.
//!
//! Each path is a module with the kernels of [`vector`](super::vector), compiled for its instructions, and with
//! the `Cpu` that proves that this processor has them: only `detect` makes one.
#![allow(unsafe_code)]

mod ymm;
mod zmm;

use super::round_keys::RoundKeys;
use super::vector::{self, ByAes, ByGfni};

macro_rules! path {
    ($(#[$documentation:meta])* $path:ident, $features:tt, $found:expr, $vector:ty, $substitution:ty, $groups:literal) => {
        $(#[$documentation])*
        pub(super) mod $path {
            use super::*;

            /// Evidence that the processor has the instructions of this path.
            #[derive(Clone, Copy)]
            pub(in crate::sm4) struct Cpu(());

            /// Asks the processor.
            pub(in crate::sm4) fn detect() -> Option<Cpu> {
                $found.then_some(Cpu(()))
            }

            impl Cpu {
                /// The key schedule.
                pub(in crate::sm4) fn expand(self, key: &[u8; 16]) -> RoundKeys {
                    #[target_feature(enable = $features)]
                    fn expand(cpu: Cpu, key: &[u8; 16]) -> RoundKeys {
                        vector::expand::<$vector, $substitution>(cpu, key)
                    }
                    // SAFETY: there is a `Cpu` only where `detect` found these features.
                    unsafe { expand(self, key) }
                }

                /// One block.
                pub(in crate::sm4) fn crypt_block(self, keys: &[u32; 32], block: &[u8; 16]) -> [u8; 16] {
                    #[target_feature(enable = $features)]
                    fn crypt_block(cpu: Cpu, keys: &[u32; 32], block: &[u8; 16]) -> [u8; 16] {
                        vector::crypt_block::<$vector, $substitution>(cpu, keys, block)
                    }
                    // SAFETY: there is a `Cpu` only where `detect` found these features.
                    unsafe { crypt_block(self, keys, block) }
                }

                /// Any number of blocks in place.
                pub(in crate::sm4) fn crypt_blocks(self, keys: &[u32; 32], blocks: &mut [[u8; 16]]) {
                    #[target_feature(enable = $features)]
                    fn crypt_blocks(cpu: Cpu, keys: &[u32; 32], blocks: &mut [[u8; 16]]) {
                        vector::crypt_blocks::<$vector, $substitution, $groups>(cpu, keys, blocks);
                    }
                    // SAFETY: there is a `Cpu` only where `detect` found these features.
                    unsafe { crypt_blocks(self, keys, blocks) }
                }

                /// The key stream of a counter, xored into `data`.
                pub(in crate::sm4) fn count(self, keys: &[u32; 32], prefix: &[u8; 12], counter: u32, data: &mut [u8]) {
                    #[target_feature(enable = $features)]
                    fn count(cpu: Cpu, keys: &[u32; 32], prefix: &[u8; 12], counter: u32, data: &mut [u8]) {
                        vector::count::<$vector, $substitution, $groups>(cpu, keys, prefix, counter, data);
                    }
                    // SAFETY: there is a `Cpu` only where `detect` found these features.
                    unsafe { count(self, keys, prefix, counter, data) }
                }
            }
        }
    };
}

path!(
    /// AVX2 with AES-NI, whose instructions take half a register.
    aes, "avx2,aes", crate::cpu::avx2_aes(), ymm::Ymm<aes::Cpu>, ByAes<ymm::Ymm<aes::Cpu>>, 2
);
path!(
    /// AVX2 with VAES, whose instructions take the whole register.
    vaes, "avx2,aes,vaes", crate::cpu::avx2_vaes(), ymm::Ymm<vaes::Cpu>, ByAes<ymm::Ymm<vaes::Cpu>>, 2
);
path!(
    /// AVX-512 with GFNI.
    gfni, "avx512f,avx512bw,avx512vl,gfni", crate::cpu::gfni_avx512(), zmm::Zmm, ByGfni<zmm::Zmm>, 4
);
