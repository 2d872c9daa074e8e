//! The S-box by GFNI: S(x) = M·(N·x)^-1, M and N affine, inverted in AES's field.
//!
//! N is SM4's first affine map followed by the isomorphism from SM4's field to AES's, M the way back followed by
//! SM4's second map; two instructions.

use super::{Substitution, Vector};

/// What this needs beyond [`Vector`]. Row i of a matrix, for bit i of the result, is byte 7 - i.
pub(in crate::sm4) trait Gfni: Vector {
    /// The matrix times every byte, plus `CONSTANT`.
    fn affine<const CONSTANT: i32>(self, matrix: Self) -> Self;
    /// The matrix times the inverse in AES's field of every byte, plus `CONSTANT`.
    fn affine_of_inverse<const CONSTANT: i32>(self, matrix: Self) -> Self;
}

/// The constants, in registers or beside the code.
#[derive(Clone, Copy)]
pub(in crate::sm4) struct ByGfni<V> {
    to_aes: V,
    from_aes: V,
    /// Rotate words by 8, 16 and 24.
    rotated: [V; 3],
}

const TO_AES: u64 = 0x4c28_7db9_1a22_505d;
const FROM_AES: u64 = 0xf3ab_34a9_74a6_b589;

impl<V: Gfni> Substitution<V> for ByGfni<V> {
    #[inline(always)]
    fn new(cpu: V::Cpu) -> Self {
        let matrix = |rows: u64| V::repeat(cpu, u128::to_le_bytes(rows as u128 * (1 << 64 | 1)));
        let rotated = |bytes| V::repeat(cpu, words_rotated(bytes));
        Self {
            to_aes: matrix(TO_AES),
            from_aes: matrix(FROM_AES),
            rotated: [rotated(1), rotated(2), rotated(3)],
        }
    }

    #[inline(always)]
    fn substitute(self, x: V) -> V {
        x.affine::<0x3e>(self.to_aes)
            .affine_of_inverse::<0xd3>(self.from_aes)
    }

    #[inline(always)]
    fn transform(self, x: V) -> V {
        let s = self.substitute(x);
        let [by_8, by_16, by_24] = self.rotated;
        let twice = s.xor3(s.shuffle(by_8), s.shuffle(by_16));
        s.xor3(twice.rotate_left_2(), s.shuffle(by_24))
    }
}

const fn words_rotated(rotation: usize) -> [u8; 16] {
    let mut positions = [0; 16];
    let mut i = 0;
    while i < 16 {
        positions[i] = (i / 4 * 4 + (i + 4 - rotation) % 4) as u8;
        i += 1;
    }
    positions
}
