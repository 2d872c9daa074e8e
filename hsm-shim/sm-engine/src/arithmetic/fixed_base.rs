//! Multiples of a point known in advance, from a table of all its signed 7-bit digits: only additions.

use super::affine::Affine;
use super::jacobian::Jacobian;
use super::scalar::Scalar;
use super::xyzz::Xyzz;
use super::{booth, mask};
use std::sync::LazyLock;
use zeroize::Zeroize as _;

const WIDTH: usize = 7;
const ENTRIES: usize = 1 << (WIDTH - 1);
const ROWS: usize = 257_usize.div_ceil(WIDTH);

/// The generator's table: 148 KiB, made at its first use.
static GENERATOR: LazyLock<FixedBase> = LazyLock::new(|| FixedBase::new(&Affine::GENERATOR));

/// Row i holds 1, 2, …, 64 times 2^(7i) times the point.
pub(crate) struct FixedBase {
    rows: Box<[[Affine; ENTRIES]]>,
}

impl FixedBase {
    /// A multiple is the sum of at most so many entries.
    pub(super) const MAX_ENTRIES: usize = ROWS;

    /// The table of a public point.
    pub(crate) fn new(point: &Affine) -> Self {
        let mut power = Jacobian::from(point);
        let mut powers = Vec::with_capacity(ROWS);
        for _ in 0..ROWS {
            powers.push(power);
            for _ in 0..WIDTH {
                power = power.double();
            }
        }
        let powers = Affine::normalize_vartime(&powers);
        Self {
            rows: powers.iter().map(row).collect(),
        }
    }

    /// The generator's.
    pub(crate) fn generator() -> &'static Self {
        &GENERATOR
    }

    /// scalar·point in constant time, for a scalar that is not 0.
    ///
    /// Of the scalar and its negative the odd one is worked with: its lowest digit is not 0, so the sum of the
    /// rows from the lowest up never is infinity. Nor does it meet its own positive or negative in the table:
    /// below digit i it is less than 0.51·2^(7i) in magnitude, an entry of row i is at least 2^(7i), so as
    /// integers they differ. Modulo n they could meet in the last row only. There sum + entry is the scalar,
    /// between 1 and n - 1, not 0; and entry = sum + n needs an entry above n - 0.51·2^252, that is
    /// 16·2^252 = 2^256, while the last digit of a scalar below n is 16 only with sum = scalar - 2^256 < 0.
    pub(crate) fn multiply(&self, scalar: &Scalar) -> Xyzz {
        let (mut scalar, negated) = scalar.odd();
        let (mut entry, mut skip) = self.entry(0, &scalar);
        let mut sum = Xyzz::from(&entry);
        for index in 1..self.rows.len() {
            (entry, skip) = self.entry(index, &scalar);
            let (added, _) = sum.add_unequal(&entry);
            sum = Xyzz::select(skip, &sum, &added);
        }
        entry.zeroize();
        skip.zeroize();
        scalar.zeroize();
        sum.negate_where(negated);
        sum
    }

    /// What digit `index` of the scalar picks from its row, and all ones where the digit is 0.
    #[inline(always)]
    fn entry(&self, index: usize, scalar: &Scalar) -> (Affine, u64) {
        let (magnitude, negative) = booth::digit::<WIDTH>(scalar.limbs(), index);
        let mut entry = Affine::look_up(&self.rows[index], magnitude);
        entry.negate_where(negative);
        (entry, mask(magnitude == 0))
    }

    /// The entries whose sum is scalar·point, for public values.
    pub(super) fn entries_vartime(&self, scalar: &Scalar) -> impl Iterator<Item = Affine> {
        let limbs = *scalar.limbs();
        self.rows
            .iter()
            .enumerate()
            .filter_map(move |(index, row)| {
                let (magnitude, negative) = booth::digit::<WIDTH>(&limbs, index);
                let entry = &row[usize::try_from(magnitude).ok()?.checked_sub(1)?];
                Some(if negative == 0 { *entry } else { entry.neg() })
            })
    }
}

/// 1 to 64 times the point.
fn row(point: &Affine) -> [Affine; ENTRIES] {
    let mut multiples = vec![Jacobian::from(point)];
    for count in 2..=ENTRIES {
        let next = match count % 2 {
            0 => multiples[count / 2 - 1].double(),
            _ => multiples[count - 2].add_vartime(point),
        };
        multiples.push(next);
    }
    let entries = Affine::normalize_vartime(&multiples);
    std::array::from_fn(|index| entries[index])
}
