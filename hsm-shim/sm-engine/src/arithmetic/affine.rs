//! A point by its two coordinates: what keys and tables hold.

use super::field::Field;
use super::instructions::{Instructions, Portable};
use super::jacobian::Jacobian;
use zeroize::Zeroize;

/// b of the curve equation, in Montgomery form.
const B: Field = Field::from_montgomery([
    0x90D2_3063_2BC0_DD42,
    0x71CF_379A_E9B5_37AB,
    0x5279_8150_5EA5_1C3C,
    0x240F_E188_BA20_E2C8,
]);

/// A point of the curve, never infinity. One cache line, so that reading a table entry touches one.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
#[cfg_attr(test, derive(Debug))]
#[repr(C, align(64))]
pub(crate) struct Affine {
    pub(super) x: Field,
    pub(super) y: Field,
}

impl Affine {
    /// G (GB/T 32918.5).
    pub(super) const GENERATOR: Self = Self {
        x: Field::from_montgomery([
            0x6132_8990_F418_029E,
            0x3E79_81ED_DCA6_C050,
            0xD6A1_ED99_AC24_C3C3,
            0x9116_7A5E_E1C1_3B05,
        ]),
        y: Field::from_montgomery([
            0xC135_4E59_3C2D_0DDD,
            0xC1F5_E578_8D32_95FA,
            0x8D4C_FB06_6E2A_48F8,
            0x63CD_65D4_81D7_35BD,
        ]),
    };

    /// (0, 0), which is no point: where the reading of a table begins.
    pub(super) const NOTHING: Self = Self {
        x: Field::ZERO,
        y: Field::ZERO,
    };

    /// From two big-endian coordinates; `None` where one is not below p or the equation does not hold.
    pub(crate) fn from_coordinates(xy: &[u8; 64]) -> Option<Self> {
        let ([x, y], _) = xy.as_chunks::<32>() else {
            return None;
        };
        let (x, y) = (Field::from_bytes(x)?, Field::from_bytes(y)?);
        let right = x.square().mul(&x).sub(&x.triple()).add(&B);
        (y.square() == right).then_some(Self { x, y })
    }

    /// `X || Y`, big-endian.
    pub(crate) fn coordinates(&self) -> [u8; 64] {
        let mut xy = [0; 64];
        xy[..32].copy_from_slice(&self.x.to_bytes());
        xy[32..].copy_from_slice(&self.y.to_bytes());
        xy
    }

    /// self + other for public points; `None` for infinity.
    pub(crate) fn add_vartime(&self, other: &Self) -> Option<Self> {
        let sum = Jacobian::from(self).add_vartime(Portable, other);
        (!sum.is_infinity()).then(|| sum.scale(Portable, &sum.z.invert_vartime()))
    }

    pub(super) fn neg(&self) -> Self {
        Self {
            x: self.x,
            y: self.y.neg(),
        }
    }

    /// The negative where the mask is all ones.
    #[inline(always)]
    pub(super) fn negate_where(&mut self, mask: u64) {
        self.y = Field::select(mask, &self.y.neg(), &self.y);
    }

    /// The entry at `index` of a table of at most 64, [`Self::NOTHING`] where there is none.
    /// Reads all of the table and takes the same time for every index.
    #[inline(always)]
    pub(super) fn look_up(table: &[Self], index: u64) -> Self {
        let mut masks = [0_u64; 64];
        for (mask, position) in masks.iter_mut().zip(0_u64..) {
            // Bit 63 of (difference - 1) is set for a difference of 0 only: both are small.
            *mask = 0_u64.wrapping_sub((position ^ index).wrapping_sub(1) >> 63);
        }
        // Behind the barrier nothing is known of the masks, so no entry can be left out.
        let masks = std::hint::black_box(&mut masks);
        let mut found = Self::NOTHING;
        for (entry, mask) in table.iter().zip(masks) {
            found.x.gather(*mask, &entry.x);
            found.y.gather(*mask, &entry.y);
        }
        found
    }

    /// Brings points, none of them infinity, to coordinates with one inversion; for public points.
    pub(super) fn normalize_vartime<I: Instructions>(a: I, points: &[Jacobian]) -> Vec<Self> {
        let mut inverses: Vec<Field> = points.iter().map(|point| point.z).collect();
        Field::invert_all(a, &mut inverses, Field::invert_vartime);
        let scaled = points.iter().zip(&inverses);
        scaled
            .map(|(point, inverse)| point.scale(a, inverse))
            .collect()
    }
}
