//! A secret multiple of a public point that is met once: encryption and decryption.

use super::affine::Affine;
use super::jacobian::Jacobian;
use super::scalar::Scalar;
use super::{booth, mask};
use zeroize::Zeroize as _;

const WIDTH: usize = 5;
const ENTRIES: usize = 1 << (WIDTH - 1);
const DIGITS: usize = 257_usize.div_ceil(WIDTH);

/// scalar·point in constant time, for a scalar that is not 0.
///
/// From the highest digit down, 32·sum + digit·point. Before the last digit no sum meets a table entry: 32·sum
/// is at least 32 (or 0, the empty case), an entry at most 16, and both stay below n. The last sum may wrap
/// around n, as 32·sum = n - 3 with the digit -3 for the scalar n - 6; so it knows how to double.
pub(crate) fn multiply(scalar: &Scalar, point: &Affine) -> Affine {
    let table = multiples(point);
    let mut sum = Jacobian::INFINITY;
    // All ones until the first digit that is not zero.
    let mut empty = u64::MAX;
    for index in (0..DIGITS).rev() {
        for _ in 0..WIDTH {
            sum = sum.double();
        }
        let (magnitude, negative) = booth::digit::<WIDTH>(scalar.limbs(), index);
        let mut entry = Affine::look_up(&table, magnitude);
        entry.negate_where(negative);
        let (mut added, [x_difference, y_difference]) = sum.add_unequal(&entry);
        if index == 0 {
            let same = mask(x_difference.is_zero() & y_difference.is_zero());
            added = Jacobian::select(same, &Jacobian::from(&entry).double(), &added);
        }
        added = Jacobian::select(empty, &Jacobian::from(&entry), &added);
        let skip = mask(magnitude == 0);
        sum = Jacobian::select(skip, &sum, &added);
        empty &= skip;
        entry.zeroize();
        added.zeroize();
    }
    let product = sum.scale(&sum.z.invert());
    sum.zeroize();
    product
}

/// 1 to 16 times a public point.
fn multiples(point: &Affine) -> [Affine; ENTRIES] {
    let mut multiple = Jacobian::from(point);
    let mut multiples = Vec::with_capacity(ENTRIES);
    for _ in 0..ENTRIES {
        multiples.push(multiple);
        multiple = multiple.add_vartime(point);
    }
    let entries = Affine::normalize_vartime(&multiples);
    std::array::from_fn(|index| entries[index])
}
