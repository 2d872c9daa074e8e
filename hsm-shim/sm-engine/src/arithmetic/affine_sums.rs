//! Sums of many public points by halving: pairs are added in coordinates, all of a round sharing one inversion.
//!
//! A sum in coordinates costs 5M + 1S with its part of the sharing, against 8M + 2S in projective form; the
//! inversion of a round costs as much as some twenty such savings, so small rounds are not made.

use super::affine::Affine;
use super::field::Field;
use super::instructions::Instructions;
use super::xyzz::Xyzz;

/// Fewer pairs than this are cheaper to add one after the other.
const WORTHWHILE: usize = 24;

/// The sum of each list.
pub(super) fn sums_vartime<I: Instructions>(a: I, mut lists: Vec<Vec<Affine>>) -> Vec<Xyzz> {
    while lists.iter().map(|list| list.len() / 2).sum::<usize>() >= WORTHWHILE {
        halve(a, &mut lists);
    }
    let sum = |list: &Vec<Affine>| {
        list.iter()
            .fold(Xyzz::INFINITY, |sum, point| sum.add_vartime(a, point))
    };
    lists.iter().map(sum).collect()
}

/// Replaces pairs by their sums; two opposite points vanish.
fn halve<I: Instructions>(a: I, lists: &mut [Vec<Affine>]) {
    let pairs = || lists.iter().flat_map(|list| list.as_chunks::<2>().0);
    let mut inverses: Vec<Field> = pairs().map(denominator).collect();
    Field::invert_all(a, &mut inverses, Field::invert_vartime);
    let mut inverses = inverses.iter();
    for list in lists {
        // In place: a sum is written where no unread point is left.
        let (pairs, odd) = (list.len() / 2, list.len() % 2);
        let mut kept = 0;
        for (pair, inverse) in (0..pairs).zip(&mut inverses) {
            if let Some(sum) = sum(a, &[list[2 * pair], list[2 * pair + 1]], inverse) {
                list[kept] = sum;
                kept += 1;
            }
        }
        if odd == 1 {
            list[kept] = list[2 * pairs];
        }
        list.truncate(kept + odd);
    }
}

/// What the slope of the line through both points is divided by; 1 for opposite points, which have none.
fn denominator([p, q]: &[Affine; 2]) -> Field {
    let difference = q.x.sub(&p.x);
    if !difference.is_zero() {
        difference
    } else if p.y == q.y {
        p.y.double()
    } else {
        Field::ONE
    }
}

fn sum<I: Instructions>(a: I, [p, q]: &[Affine; 2], inverse: &Field) -> Option<Affine> {
    let slope = if p.x != q.x {
        q.y.sub(&p.y)
    } else if p.y == q.y {
        a.square(&p.x).sub(&Field::ONE).triple()
    } else {
        return None;
    };
    let slope = a.mul(&slope, inverse);
    let x = a.square(&slope).sub(&p.x).sub(&q.x);
    let y = a.mul(&slope, &p.x.sub(&x)).sub(&p.y);
    Some(Affine { x, y })
}
