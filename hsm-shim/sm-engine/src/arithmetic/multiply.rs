//! A secret multiple of a public point that is met once: encryption, decryption and key exchange.

use super::affine::Affine;
use super::instructions::{Instructions, Scan as _, on_this_processor};
use super::jacobian::Jacobian;
use super::mask;
use super::odd_digits::{self, digit};
use super::odd_multiples::odd_multiples_vartime;
use super::scalar::Scalar;
use zeroize::Zeroize as _;

const WIDTH: usize = 5;
const ENTRIES: usize = 1 << (WIDTH - 1);

/// scalar·point in constant time, for a scalar that is not 0.
pub(crate) fn multiply(scalar: &Scalar, point: &Affine) -> Affine {
    on_this_processor!(a => multiply_with(a, scalar, point))
}

/// Of the scalar and its negative the odd one, k, is worked with, whose digits are odd too.
///
/// From the highest digit down, 32·sum + digit·point. The sum is never 0: it is an odd number below n. Before the
/// last digit 32·sum and the digit's entry, at most 31, stay apart, also modulo n. The last sum may wrap around n:
/// 32·sum - digit = n where k = n - 6, with the digit -3; so the last step knows how to double.
pub(super) fn multiply_with<I: Instructions>(a: I, scalar: &Scalar, point: &Affine) -> Affine {
    let (mut scalar, negated) = scalar.odd();
    let multiples = odd_multiples_vartime(a, point, ENTRIES);
    let table = Affine::normalize_vartime(a, &multiples);
    let entry = |index: usize| {
        let (position, negative) = digit::<WIDTH>(scalar.limbs(), index);
        let mut entry = a.scan(&table, position).finish();
        entry.negate_where(negative);
        entry
    };
    let highest = odd_digits::count(WIDTH) - 1;
    let mut sum = Jacobian::from(&entry(highest));
    for index in (0..highest).rev() {
        for _ in 0..WIDTH {
            sum = sum.double(a);
        }
        let mut entry = entry(index);
        let (mut added, [x_difference, y_difference]) = sum.add_unequal(a, &entry);
        if index == 0 {
            let same = mask(x_difference.is_zero() & y_difference.is_zero());
            added = Jacobian::select(same, &Jacobian::from(&entry).double(a), &added);
        }
        sum = added;
        entry.zeroize();
        added.zeroize();
    }
    scalar.zeroize();
    let mut product = sum.scale(a, &sum.z.invert());
    product.negate_where(negated);
    sum.zeroize();
    product
}
