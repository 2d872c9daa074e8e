//! Multiples of points by every method, against RustCrypto's.

use super::super::affine::Affine;
use super::super::double_multiply::{PreparedQuestion, Question, ask_prepared_with, ask_with};
use super::super::fixed_base::FixedBase;
use super::super::instructions::{Instructions, Scan as _};
use super::super::limbs;
use super::super::many::{ask_prepared_vartime, ask_vartime};
use super::super::multiply::multiply_with;
use super::super::scalar::Scalar;
use super::super::xyzz::Xyzz;
use super::{N, edges, with_each};
use proptest::prelude::*;
use sm2::elliptic_curve::Group as _;
use sm2::elliptic_curve::ff::PrimeField as _;
use sm2::elliptic_curve::sec1::{FromSec1Point as _, ToSec1Point as _};
use sm2::{AffinePoint, ProjectivePoint, Sec1Point};

pub(super) fn theirs(point: &Affine) -> ProjectivePoint {
    let mut sec1 = [4; 65];
    sec1[1..].copy_from_slice(&point.coordinates());
    let encoded = Sec1Point::from_bytes(sec1).unwrap();
    AffinePoint::from_sec1_point(&encoded).unwrap().into()
}

/// `None` for infinity.
pub(super) fn ours(point: &ProjectivePoint) -> Option<Affine> {
    if bool::from(point.is_identity()) {
        return None;
    }
    let sec1 = point.to_affine().to_sec1_point(false);
    let xy: [u8; 64] = sec1.as_bytes()[1..].try_into().unwrap();
    Some(Affine::from_coordinates(&xy).unwrap())
}

fn their_scalar(limbs: &[u64; 4]) -> sm2::Scalar {
    sm2::Scalar::from_repr(limbs::to_bytes(limbs).into()).unwrap()
}

/// limbs·G by RustCrypto; `None` for infinity.
pub(super) fn oracle(limbs: &[u64; 4]) -> Option<Affine> {
    ours(&ProjectivePoint::mul_by_generator(&their_scalar(limbs)))
}

fn product_of(limbs: &[u64; 4], point: &Affine) -> Option<Affine> {
    ours(&(theirs(point) * their_scalar(limbs)))
}

/// limbs·G and limbs·point by every method; the scalar is not 0.
fn multiplies(limbs: &[u64; 4], point: &Affine, table: &FixedBase) {
    let scalar = Scalar::reduce_limbs(limbs);
    let of_generator = oracle(limbs);
    let x = of_generator.unwrap().x.to_integer();
    let expected = product_of(limbs, point);
    with_each!(a => {
        let sum = FixedBase::generator().multiply_with(a, &scalar);
        assert_eq!(Some(sum.to_affine()), of_generator, "{limbs:x?} fixed base");
        assert_eq!(sum.x_coordinate(), x);
        assert_eq!(Xyzz::x_coordinates(&[sum, sum]), [x, x]);
        let generator = multiply_with(a, &scalar, &Affine::GENERATOR);
        assert_eq!(Some(generator), of_generator, "{limbs:x?} variable base");
        let of_table = table.multiply_with(a, &scalar).to_affine();
        assert_eq!(Some(of_table), expected, "{limbs:x?} own table");
        let product = multiply_with(a, &scalar, point);
        assert_eq!(Some(product), expected, "{limbs:x?} of a point");
    });
}

/// What x(sG + tP) is modulo n, by RustCrypto; `None` for infinity.
fn sum_oracle(s: &Scalar, t: &Scalar, point: &Affine) -> Option<Scalar> {
    let of_generator = ProjectivePoint::mul_by_generator(&their_scalar(s.limbs()));
    let sum = ours(&(of_generator + theirs(point) * their_scalar(t.limbs())))?;
    Some(Scalar::reduce_limbs(&sum.x.to_integer()))
}

fn asks(s: Scalar, t: Scalar, point: &Affine, table: &FixedBase) {
    let right = sum_oracle(&s, &t, point);
    let wrong = right.unwrap_or(Scalar::ONE).add(&Scalar::ONE);
    let candidates = [right.unwrap_or(Scalar::reduce(&[0; 32])), wrong];
    let answers = [right.is_some(), false];
    with_each!(a => {
        let questions = candidates.map(|x| Question { point, s, t, x });
        assert_eq!(ask_with(a, &questions), answers, "{s:x?} {t:x?}");
        let questions = candidates.map(|x| PreparedQuestion { table, s, t, x });
        assert_eq!(ask_prepared_with(a, &questions), answers, "{s:x?} {t:x?}");
        assert_eq!(ask_prepared_with(a, &questions[..1]), answers[..1]);
    });
}

fn some_point() -> (Affine, FixedBase) {
    let point = oracle(&[0x1234_5678_9ABC_DEF0, 77, 0, 1]).unwrap();
    (point, FixedBase::new(&point))
}

#[test]
fn edges_of_the_scalar() {
    let (point, table) = some_point();
    for limbs in edges(&N).iter().filter(|limbs| **limbs != [0; 4]) {
        multiplies(limbs, &point, &table);
    }
}

#[test]
fn scalars_around_0_and_n_and_the_powers_of_the_windows() {
    let (point, table) = some_point();
    for small in 1..140 {
        multiplies(&[small, 0, 0, 0], &point, &table);
        multiplies(&limbs::sub(&N, &[small, 0, 0, 0]).0, &point, &table);
    }
    for bit in (5..256).step_by(5).chain((7..256).step_by(7)) {
        let mut power = [0; 4];
        power[bit / 64] = 1 << (bit % 64);
        multiplies(&power, &point, &table);
        multiplies(&limbs::sub(&power, &[1, 0, 0, 0]).0, &point, &table);
        multiplies(&limbs::sub(&N, &power).0, &point, &table);
    }
    // 30·2^252 - n: summed from the lowest digit up, its last sum would be a doubling.
    let meeting = limbs::sub(&[0, 0, 0, 14 << 60], &limbs::sub(&N, &[0; 4]).0).0;
    multiplies(&meeting, &point, &table);
}

#[test]
fn sums_that_meet_infinity_or_themselves() {
    // With points that are small multiples of G the two halves of sG + tP run into each other all the time.
    for multiple in [1, 2, 3, 5, 64] {
        let positive = oracle(&[multiple, 0, 0, 0]).unwrap();
        for point in [positive, positive.neg()] {
            let table = FixedBase::new(&point);
            for (s, t) in (0..12).flat_map(|s| (0..12).map(move |t| (s, t))) {
                let of = |small| Scalar::reduce_limbs(&[small, 0, 0, 0]);
                asks(of(s), of(t), &point, &table);
                asks(of(multiple * t), of(t), &point, &table);
            }
        }
    }
}

#[test]
fn no_candidate_is_right_for_a_sum_at_infinity() {
    let (s, t) = (Scalar::ONE, Scalar::ONE);
    let point = Affine::GENERATOR.neg();
    let table = FixedBase::new(&point);
    assert_eq!(sum_oracle(&s, &t, &point), None);
    for x in [[0; 4], [1, 0, 0, 0], Affine::GENERATOR.x.to_integer()] {
        let x = Scalar::reduce_limbs(&x);
        let (point, table) = (&point, &table);
        assert_eq!(
            ask_prepared_vartime(&[PreparedQuestion { table, s, t, x }]),
            [false]
        );
        assert_eq!(ask_vartime(&[Question { point, s, t, x }]), [false]);
    }
}

#[test]
fn a_table_is_read_at_each_index() {
    let entries: [Affine; 64] =
        std::array::from_fn(|index| oracle(&[index as u64 + 1, 0, 0, 0]).unwrap());
    for count in [8, 16, 64] {
        with_each!(a => reads(a, &entries[..count]));
    }
}

fn reads<I: Instructions>(a: I, entries: &[Affine]) {
    for (index, entry) in (0..).zip(entries) {
        assert_eq!(a.scan(entries, index).finish(), *entry);
        let mut scan = a.scan(entries, index);
        (0..9).for_each(|_| scan.step());
        assert_eq!(scan.finish(), *entry);
        let mut negated = *entry;
        negated.negate_where(u64::MAX);
        assert_eq!(negated, entry.neg());
        negated.negate_where(0);
        assert_eq!(negated, entry.neg());
    }
    for index in [entries.len() as u64, 64] {
        assert_eq!(a.scan(entries, index).finish(), Affine::NOTHING);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_scalars(k in super::scalar(), d in super::scalar(), s in super::scalar()) {
        prop_assume!(!k.is_zero() && !d.is_zero());
        let point = oracle(d.limbs()).unwrap();
        let table = FixedBase::new(&point);
        multiplies(k.limbs(), &point, &table);
        asks(s, k, &point, &table);
        // s = -k d: the sum is infinity.
        let opposite = Scalar::reduce(&[0; 32]).sub(&k.mul(&d.to_factor()));
        asks(opposite, k, &point, &table);
    }
}
