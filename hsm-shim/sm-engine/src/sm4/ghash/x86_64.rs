//! GHASH on x86-64: PCLMULQDQ, and VPCLMULQDQ on 256 or 512 bits.
#![allow(unsafe_code)]

mod registers;

use super::POWERS;
use super::vector::{self, Product};

macro_rules! path {
    ($(#[$documentation:meta])* $path:ident, $features:tt, $found:expr, $wide:ident) => {
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
                /// Product in the field.
                pub(in crate::sm4) fn multiply(self, a: u128, b: u128) -> u128 {
                    #[target_feature(enable = $features)]
                    fn multiply(cpu: Cpu, a: u128, b: u128) -> u128 {
                        vector::multiply::<registers::Xmm<Cpu>>(cpu, a, b)
                    }
                    // SAFETY: there is a `Cpu` only where `detect` found these features.
                    unsafe { multiply(self, a, b) }
                }

                /// `sum` after `blocks`.
                pub(in crate::sm4) fn absorb(self, powers: &[u128; POWERS], sum: u128, blocks: &[[u8; 16]]) -> u128 {
                    #[target_feature(enable = $features)]
                    fn absorb(cpu: Cpu, powers: &[u128; POWERS], sum: u128, blocks: &[[u8; 16]]) -> u128 {
                        vector::absorb::<registers::$wide<Cpu>, registers::Xmm<Cpu>>(cpu, powers, sum, blocks)
                    }
                    // SAFETY: there is a `Cpu` only where `detect` found these features.
                    unsafe { absorb(self, powers, sum, blocks) }
                }
            }
        }
    };
}

path!(
    /// One product at a time.
    clmul, "avx2,pclmulqdq", crate::cpu::avx2_aes(), Xmm
);
path!(
    /// Two products at a time.
    clmul_256, "avx2,pclmulqdq,vpclmulqdq", crate::cpu::avx2_vaes(), Ymm
);
path!(
    /// Four products at a time.
    clmul_512, "avx2,avx512f,avx512bw,avx512vl,pclmulqdq,vpclmulqdq", crate::cpu::gfni_avx512(), Zmm
);
