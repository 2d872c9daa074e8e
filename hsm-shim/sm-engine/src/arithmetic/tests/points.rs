//! Sums of points in both projective forms, all exceptional cases, against RustCrypto's group.

use super::super::affine::Affine;
use super::super::affine_sums::sums_vartime;
use super::super::field::Field;
use super::super::instructions::{Instructions, Portable};
use super::super::jacobian::Jacobian;
use super::super::odd_multiples::odd_multiples_vartime;
use super::super::xyzz::Xyzz;
use super::multiples::{oracle, ours, theirs};
use super::with_each;
use proptest::prelude::*;

/// The same point with Z = z.
fn jacobian(point: &Affine, z: &Field) -> Jacobian {
    let zz = z.square();
    Jacobian {
        x: point.x.mul(&zz),
        y: point.y.mul(&zz.mul(z)),
        z: *z,
    }
}

fn affine(point: &Jacobian) -> Option<Affine> {
    (!point.is_infinity()).then(|| point.scale(Portable, &point.z.invert()))
}

/// a·G + b·G by each of the sums; `None` is infinity.
fn sums<I: Instructions>(i: I, a: u64, b: &Affine, z: &Field) -> [Option<Affine>; 2] {
    let mut jacobians = Jacobian::INFINITY;
    let mut xyzz = Xyzz::INFINITY;
    if a != 0 {
        let a = oracle(&[a, 0, 0, 0]).unwrap();
        jacobians = jacobian(&a, z);
        xyzz = Xyzz::scaled(&a, z);
    }
    let xyzz = xyzz.add_vartime(i, b);
    let xyzz = (!xyzz.is_infinity()).then(|| xyzz.to_affine());
    [affine(&jacobians.add_vartime(i, b)), xyzz]
}

#[test]
fn small_multiples_in_every_constellation() {
    let z = Field::from_integer(&[7, 1, 1, 1]);
    with_each!(i => small_multiples(i, &z));
}

fn small_multiples<I: Instructions>(i: I, z: &Field) {
    for a in 0..8 {
        for b in 1..8 {
            let point = oracle(&[b, 0, 0, 0]).unwrap();
            assert_eq!(
                sums(i, a, &point, z),
                [oracle(&[a + b, 0, 0, 0]); 2],
                "{a} + {b}"
            );
            // a - b, where equal ones give infinity.
            let expected = if a >= b {
                oracle(&[a - b, 0, 0, 0])
            } else {
                oracle(&[b - a, 0, 0, 0]).map(|point| point.neg())
            };
            assert_eq!(sums(i, a, &point.neg(), z), [expected; 2], "{a} - {b}");
        }
    }
}

#[test]
fn infinity_doubles_to_infinity_and_has_no_x() {
    with_each!(a => assert!(Jacobian::INFINITY.double(a).is_infinity()));
    assert!(!Jacobian::INFINITY.has_x(&Field::ZERO));
    assert!(!Jacobian::INFINITY.has_x(&Field::ONE));
    assert!(!Xyzz::INFINITY.has_x(&Field::ONE));
}

#[test]
fn the_generator_is_the_standard_s() {
    let read = Affine::from_coordinates(&Affine::GENERATOR.coordinates());
    assert_eq!(read, Some(Affine::GENERATOR));
    assert_eq!(oracle(&[1, 0, 0, 0]), Some(Affine::GENERATOR));
}

/// G multiplied by a small number of either sign; not 0.
fn small(number: i64) -> Affine {
    let point = oracle(&[number.unsigned_abs(), 0, 0, 0]).unwrap();
    if number < 0 { point.neg() } else { point }
}

#[test]
fn lists_full_of_equal_and_opposite_points_add_up() {
    with_each!(a => adds_lists(a));
}

fn adds_lists<I: Instructions>(a: I) {
    // 2·31 points and more, so that pairs are added in coordinates; neighbours are equal, opposite or neither.
    for shift in 0..6 {
        let numbers: Vec<Vec<i64>> = (0..3)
            .map(|list| {
                let number = |i: i64| match (i + shift) % 6 {
                    0 | 1 => 1 + i / 24,
                    2 => 2 + list,
                    3 => -2 - list,
                    4 => 5,
                    _ => -7,
                };
                (0..70 + list + shift).map(number).collect()
            })
            .collect();
        let lists = numbers
            .iter()
            .map(|list| list.iter().map(|&n| small(n)).collect());
        let sums = sums_vartime(a, lists.collect());
        for (sum, list) in sums.into_iter().zip(&numbers) {
            let expected = match list.iter().sum() {
                0 => None,
                total => Some(small(total)),
            };
            assert_eq!((!sum.is_infinity()).then(|| sum.to_affine()), expected);
        }
    }
    let opposite = [small(3), small(-3)].repeat(40);
    assert!(
        sums_vartime(a, vec![opposite, vec![]])
            .iter()
            .all(Xyzz::is_infinity)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn doublings_sums_and_tables(k in super::scalar(), m in super::scalar(), z in super::field()) {
        let (Some(a), Some(b)) = (oracle(k.limbs()), oracle(m.limbs())) else { return Ok(()) };
        prop_assume!(!z.is_zero());
        with_each!(i => doubles_and_adds(i, &a, &b, &z));
    }
}

fn doubles_and_adds<I: Instructions>(i: I, a: &Affine, b: &Affine, z: &Field) {
    let (point, other) = (jacobian(a, z), theirs(a) + theirs(b));
    assert_eq!(affine(&point.double(i)), ours(&(theirs(a) + theirs(a))));
    assert_eq!(affine(&point.add_vartime(i, b)), ours(&other));
    let sum = Xyzz::scaled(a, z).add_vartime(i, b);
    assert_eq!((!sum.is_infinity()).then(|| sum.to_affine()), ours(&other));
    assert!(point.has_x(&a.x) && Xyzz::scaled(a, z).has_x(&a.x));
    assert!(!point.has_x(&a.y) && !Xyzz::scaled(a, z).has_x(&a.y));
    let mut expected = theirs(a);
    for entry in Affine::normalize_vartime(i, &odd_multiples_vartime(i, a, 8)) {
        assert_eq!(Some(entry), ours(&expected));
        expected += theirs(a) + theirs(a);
    }
}
