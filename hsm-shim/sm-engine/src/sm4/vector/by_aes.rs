//! The S-box by AES's: S(x) = M·AES(N·x), M and N affine.
//!
//! N maps to AES's field and M back, and both contain what else the two S-boxes do around the inversion. An affine
//! map of a byte is the sum of one of its lower and one of its upper four bits: two 16-byte look-ups inside a
//! register. The instruction that has AES's S-box also shifts rows; the shuffles that rotate words undo it.

use super::{Substitution, Vector};

/// What this needs beyond [`Vector`].
pub(in crate::sm4) trait AesRound: Vector {
    /// Bitwise and.
    fn and(self, other: Self) -> Self;
    /// Words shifted right by 4.
    fn shift_right_4(self) -> Self;
    /// The last round of AES with a key of zero: rows shifted, bytes substituted.
    fn aes_last_round(self) -> Self;
}

/// The constants, in registers or beside the code.
#[derive(Clone, Copy)]
pub(in crate::sm4) struct ByAes<V> {
    low_half: V,
    to_aes: [V; 2],
    from_aes: [V; 2],
    /// Undo the shifted rows and rotate words by 0, 8, 16 and 24.
    rotated: [V; 4],
}

/// N of the numbers 0 to 15, and of 16 times these without the constant.
const TO_AES: [u128; 2] = [
    0x3eb2_0e82_bb37_8b07_a12d_911d_24a8_1498,
    0x00dc_2ef2_c519_eb37_08d4_26fa_cd11_e33f,
];
/// M, likewise.
const FROM_AES: [u128; 2] = [
    0x6cd4_a61e_52ea_9820_0bb3_c179_358d_ff47,
    0x00e0_50b0_9d7d_cd2d_c020_9070_5dbd_0ded,
];

impl<V: AesRound> ByAes<V> {
    #[inline(always)]
    fn aes(self, x: V) -> V {
        let x = self.affine(self.to_aes, x).aes_last_round();
        self.affine(self.from_aes, x)
    }

    #[inline(always)]
    fn affine(self, [low, high]: [V; 2], x: V) -> V {
        let low = low.shuffle(x.and(self.low_half));
        let high = high.shuffle(x.shift_right_4().and(self.low_half));
        low.xor(high)
    }
}

impl<V: AesRound> Substitution<V> for ByAes<V> {
    #[inline(always)]
    fn new(cpu: V::Cpu) -> Self {
        let table = |table: u128| V::repeat(cpu, table.to_be_bytes());
        let rotated = |bytes| V::repeat(cpu, rows_unshifted(bytes));
        Self {
            low_half: V::repeat(cpu, [15; 16]),
            to_aes: [table(TO_AES[0]), table(TO_AES[1])],
            from_aes: [table(FROM_AES[0]), table(FROM_AES[1])],
            rotated: [rotated(0), rotated(1), rotated(2), rotated(3)],
        }
    }

    #[inline(always)]
    fn substitute(self, x: V) -> V {
        self.aes(x).shuffle(self.rotated[0])
    }

    #[inline(always)]
    fn transform(self, x: V) -> V {
        let s = self.aes(x);
        let [by_0, by_8, by_16, by_24] = self.rotated;
        let s_0 = s.shuffle(by_0);
        let twice = s_0.xor3(s.shuffle(by_8), s.shuffle(by_16));
        s_0.xor3(twice.rotate_left_2(), s.shuffle(by_24))
    }
}

/// Where each byte stands after AES has shifted its rows (FIPS 197 §5.1.2), words rotated by so many bytes.
const fn rows_unshifted(rotation: usize) -> [u8; 16] {
    let mut positions = [0; 16];
    let mut i = 0;
    while i < 16 {
        let (column, row) = (i / 4, (i + 4 - rotation) % 4);
        positions[i] = (4 * ((column + 4 - row) % 4) + row) as u8;
        i += 1;
    }
    positions
}
