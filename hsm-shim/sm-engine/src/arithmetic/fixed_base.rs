//! Multiples of a point known in advance, from a table of all its signed odd 7-bit digits: only additions.

use super::affine::Affine;
use super::instructions::{Instructions, Scan, on_this_processor};
use super::jacobian::Jacobian;
use super::odd_digits::{self, digit};
use super::odd_multiples::odd_multiples_vartime;
use super::scalar::Scalar;
use super::xyzz::Xyzz;
use std::sync::LazyLock;
use zeroize::Zeroize as _;

pub(super) const WIDTH: usize = 7;
pub(super) const ENTRIES: usize = 1 << (WIDTH - 1);

/// The generator's table: 148 KiB, made at its first use.
static GENERATOR: LazyLock<FixedBase> = LazyLock::new(|| FixedBase::new(&Affine::GENERATOR));

/// Row i holds 1, 3, …, 127 times 2^(7i) times the point.
pub(crate) struct FixedBase {
    rows: Vec<[Affine; ENTRIES]>,
}

impl FixedBase {
    /// A multiple is the sum of so many entries.
    pub(super) const ROWS: usize = odd_digits::count(WIDTH);

    /// The table of a public point.
    pub(crate) fn new(point: &Affine) -> Self {
        on_this_processor!(a => Self::new_with(a, point))
    }

    fn new_with<I: Instructions>(a: I, point: &Affine) -> Self {
        let mut power = Jacobian::from(point);
        let mut powers = Vec::with_capacity(Self::ROWS);
        for _ in 0..Self::ROWS {
            powers.push(power);
            for _ in 0..WIDTH {
                power = power.double(a);
            }
        }
        let powers = Affine::normalize_vartime(a, &powers);
        let multiples: Vec<Jacobian> = powers
            .iter()
            .flat_map(|power| odd_multiples_vartime(a, power, ENTRIES))
            .collect();
        let entries = Affine::normalize_vartime(a, &multiples);
        Self {
            rows: entries.as_chunks().0.to_vec(),
        }
    }

    /// The generator's.
    pub(crate) fn generator() -> &'static Self {
        &GENERATOR
    }

    /// scalar·point in constant time, for a scalar that is not 0.
    pub(crate) fn multiply(&self, scalar: &Scalar) -> Xyzz {
        on_this_processor!(a => self.multiply_with(a, scalar))
    }

    /// Of the scalar and its negative the odd one, k, is worked with: none of its digits is 0, so every row gives
    /// an entry. From the highest row down the sum S never is infinity, nor does it meet the entry e that is added
    /// or its negative. As integers they differ: S is an odd multiple of 2^(7(i+1)) and e below that in magnitude.
    /// Modulo n they could meet where S - e or S + e is n: both are positive and below 2n. Being odd, n is no sum of
    /// higher rows, so e would have to be the lowest digit; then S + e is k, below n; and S - e = n means
    /// k = n + 2e. The digit is e = (k mod 256) - 128, and n is 35 modulo 256, so e = 93 modulo 256; but k = n + 186
    /// is above n.
    pub(super) fn multiply_with<I: Instructions>(&self, a: I, scalar: &Scalar) -> Xyzz {
        let (mut scalar, negated) = scalar.odd();
        let mut entry = self.entry(a, Self::ROWS - 1, &scalar);
        let mut sum = Xyzz::from(&entry);
        entry = self.entry(a, Self::ROWS - 2, &scalar);
        for index in (0..Self::ROWS - 2).rev() {
            // Beside each addition the next entry is read.
            let (position, negative) = digit::<WIDTH>(scalar.limbs(), index);
            let mut scan = a.scan(&self.rows[index], position);
            (sum, _) = sum.add_unequal_beside(a, &entry, || scan.step());
            entry = scan.finish();
            entry.negate_where(negative);
        }
        (sum, _) = sum.add_unequal(a, &entry);
        entry.zeroize();
        scalar.zeroize();
        sum.negate_where(negated);
        sum
    }

    /// What digit `index` of the scalar picks from its row.
    #[inline(always)]
    fn entry<I: Instructions>(&self, a: I, index: usize, scalar: &Scalar) -> Affine {
        let (position, negative) = digit::<WIDTH>(scalar.limbs(), index);
        let mut entry = a.scan(&self.rows[index], position).finish();
        entry.negate_where(negative);
        entry
    }

    /// The rows, to be laid out in another way.
    #[cfg(any(test, target_arch = "x86_64"))]
    pub(super) fn rows(&self) -> &[[Affine; ENTRIES]] {
        &self.rows
    }

    /// The entries whose sum is scalar·point, for public values.
    pub(super) fn entries_vartime(&self, scalar: &Scalar) -> impl Iterator<Item = Affine> {
        (0..Self::ROWS).map(|index| self.entry_vartime(index, scalar))
    }

    /// One of them.
    pub(super) fn entry_vartime(&self, index: usize, scalar: &Scalar) -> Affine {
        let (scalar, negated) = scalar.odd();
        let (position, negative) = digit::<WIDTH>(scalar.limbs(), index);
        let entry = self.entry_at_vartime(index, position);
        if negative == negated {
            *entry
        } else {
            entry.neg()
        }
    }

    /// The entry at a public position of a row.
    #[inline(always)]
    pub(super) fn entry_at_vartime(&self, index: usize, position: u64) -> &Affine {
        &self.rows[index][position as usize]
    }
}
