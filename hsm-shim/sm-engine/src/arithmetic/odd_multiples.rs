//! P, 3P, 5P, … of a public point: what a non-adjacent form picks from.

use super::affine::Affine;
use super::field::Field;
use super::instructions::Instructions;
use super::jacobian::Jacobian;

/// The first `count` odd multiples. Not normalised, so that several tables can share one inversion.
///
/// On the curve scaled by the Z of 2P the point 2P has Z = 1, and sums do not depend on the coefficients of a
/// curve: so every step is a cheap sum with an affine point, and each Z is scaled back in the end.
pub(super) fn odd_multiples_vartime<I: Instructions>(
    a: I,
    point: &Affine,
    count: usize,
) -> Vec<Jacobian> {
    let twice = Jacobian::from(point).double(a);
    let step = Affine {
        x: twice.x,
        y: twice.y,
    };
    let square = a.square(&twice.z);
    let mut multiple = Jacobian {
        x: a.mul(&point.x, &square),
        y: a.mul(&point.y, &a.mul(&square, &twice.z)),
        z: Field::ONE,
    };
    let mut multiples = Vec::with_capacity(count);
    for _ in 0..count {
        multiples.push(Jacobian {
            z: a.mul(&multiple.z, &twice.z),
            ..multiple
        });
        multiple = multiple.add_vartime(a, &step);
    }
    multiples
}
