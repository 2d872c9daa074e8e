//! Vectors in safe Rust, instruction by instruction as the manuals define them: slow, for tests only.

use super::{AesRound, Gfni, Vector};
use crate::sm4::sbox::tests::power;

/// `LANES` lanes of 16 bytes.
#[derive(Clone, Copy)]
pub(super) struct Emulated<const LANES: usize>([[u8; 16]; LANES]);

impl<const LANES: usize> Emulated<LANES> {
    fn lanes(self, of_lane: impl Fn([u8; 16]) -> [u8; 16]) -> Self {
        Self(self.0.map(of_lane))
    }

    fn bytes(self, of_byte: impl Fn(u8) -> u8) -> Self {
        self.lanes(|lane| lane.map(&of_byte))
    }

    fn words(self, other: Self, of_words: impl Fn(u32, u32) -> u32) -> Self {
        let mut out = self;
        for (lane, other) in out.0.iter_mut().zip(other.0) {
            for (word, other) in lane.as_chunks_mut().0.iter_mut().zip(other.as_chunks().0) {
                let word_out = of_words(u32::from_le_bytes(*word), u32::from_le_bytes(*other));
                *word = word_out.to_le_bytes();
            }
        }
        out
    }

    /// In each lane the words at these positions of `self || other`.
    fn pick(self, other: Self, positions: [usize; 4]) -> Self {
        let mut out = self;
        for (index, lane) in out.0.iter_mut().enumerate() {
            let both = [self.0[index], other.0[index]].concat();
            for (word, position) in lane.as_chunks_mut::<4>().0.iter_mut().zip(positions) {
                *word = both.as_chunks().0[position];
            }
        }
        out
    }
}

impl<const LANES: usize> Vector for Emulated<LANES> {
    type Cpu = ();
    const LANES: usize = LANES;

    fn load(_: (), from: &[[u8; 16]]) -> Self {
        Self(*from.first_chunk().expect("enough lanes"))
    }
    fn store(self, to: &mut [[u8; 16]]) {
        to[..LANES].copy_from_slice(&self.0);
    }
    fn splat(_: (), word: u32) -> Self {
        let word = word.to_le_bytes();
        Self([[word; 4].as_flattened().try_into().expect("16 bytes"); LANES])
    }
    fn repeat(_: (), lane: [u8; 16]) -> Self {
        Self([lane; LANES])
    }
    fn xor(self, other: Self) -> Self {
        self.words(other, |a, b| a ^ b)
    }
    fn xor3(self, second: Self, third: Self) -> Self {
        self.xor(second).xor(third)
    }
    fn add(self, other: Self) -> Self {
        self.words(other, u32::wrapping_add)
    }
    fn rotate_left_2(self) -> Self {
        self.words(self, |a, _| a.rotate_left(2))
    }
    fn shuffle(self, positions: Self) -> Self {
        let mut out = self;
        for (index, lane) in out.0.iter_mut().enumerate() {
            *lane = positions.0[index].map(|position| self.0[index][usize::from(position)]);
        }
        out
    }
    fn unpack_low_32(self, other: Self) -> Self {
        self.pick(other, [0, 4, 1, 5])
    }
    fn unpack_high_32(self, other: Self) -> Self {
        self.pick(other, [2, 6, 3, 7])
    }
    fn unpack_low_64(self, other: Self) -> Self {
        self.pick(other, [0, 1, 4, 5])
    }
    fn unpack_high_64(self, other: Self) -> Self {
        self.pick(other, [2, 3, 6, 7])
    }
}

impl<const LANES: usize> AesRound for Emulated<LANES> {
    fn and(self, other: Self) -> Self {
        self.words(other, |a, b| a & b)
    }
    fn shift_right_4(self) -> Self {
        self.words(self, |a, _| a >> 4)
    }
    fn aes_last_round(self) -> Self {
        let shifted =
            self.lanes(|lane| std::array::from_fn(|i| lane[4 * ((i / 4 + i % 4) % 4) + i % 4]));
        shifted.bytes(|byte| {
            let inverse = power(byte, 254, 0x1B);
            (1..5).fold(inverse ^ 0x63, |sum, i| sum ^ inverse.rotate_left(i))
        })
    }
}

impl<const LANES: usize> Gfni for Emulated<LANES> {
    fn affine<const CONSTANT: i32>(self, matrix: Self) -> Self {
        let rows = matrix.0[0];
        self.bytes(|byte| {
            (0..8).fold(CONSTANT as u8, |sum, i| {
                sum ^ ((rows[7 - i] & byte).count_ones() as u8 & 1) << i
            })
        })
    }
    fn affine_of_inverse<const CONSTANT: i32>(self, matrix: Self) -> Self {
        self.bytes(|byte| power(byte, 254, 0x1B))
            .affine::<CONSTANT>(matrix)
    }
}
