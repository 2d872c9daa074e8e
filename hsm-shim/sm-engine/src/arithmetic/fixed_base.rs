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
    /// The sum runs from the lowest digit up. It never meets its own positive or negative in the table: below
    /// digit i it is less than 0.51·2^(7i) in magnitude, an entry of row i is at least 2^(7i), so as integers
    /// they differ. Modulo n they could meet in the last row only. There sum + entry is the scalar, between 1
    /// and n - 1, not 0; and entry = sum + n needs an entry above n - 0.51·2^252, that is 16·2^252 = 2^256 (as
    /// n > 15.5·2^252), while the last digit of a scalar below n reaches 16 only with sum = scalar - 2^256 < 0.
    pub(crate) fn multiply(&self, scalar: &Scalar) -> Xyzz {
        let mut sum = Xyzz::INFINITY;
        // All ones until the first digit that is not zero.
        let mut empty = u64::MAX;
        for (index, row) in self.rows.iter().enumerate() {
            let (magnitude, negative) = booth::digit::<WIDTH>(scalar.limbs(), index);
            let mut entry = Affine::look_up(row, magnitude);
            entry.negate_where(negative);
            let (added, _) = sum.add_unequal(&entry);
            let added = Xyzz::select(empty, &Xyzz::from(&entry), &added);
            let skip = mask(magnitude == 0);
            sum = Xyzz::select(skip, &sum, &added);
            empty &= skip;
            entry.zeroize();
        }
        sum
    }

    /// sum + scalar·point for public values, all cases.
    pub(super) fn add_multiple_vartime(&self, mut sum: Xyzz, scalar: &Scalar) -> Xyzz {
        for (index, row) in self.rows.iter().enumerate() {
            let (magnitude, negative) = booth::digit::<WIDTH>(scalar.limbs(), index);
            let Some(place) = (magnitude as usize).checked_sub(1) else {
                continue;
            };
            let entry = &row[place];
            sum = match negative {
                0 => sum.add_vartime(entry),
                _ => sum.add_vartime(&entry.neg()),
            };
        }
        sum
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
