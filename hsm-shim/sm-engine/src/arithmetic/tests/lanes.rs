//! The lanes, emulated and where the processor has them real, against the scalar arithmetic.

use super::super::affine::Affine;
use super::super::double_multiply::{
    PreparedQuestion, Question, ask_one_by_one, ask_prepared_one_by_one,
};
use super::super::field::Field;
use super::super::fixed_base::FixedBase;
use super::super::lanes::field::{Fields, LOW};
use super::super::lanes::{Emulated, LANES, generator, verify};
use super::super::many;
use super::super::scalar::Scalar;
use super::multiples::oracle;
use super::{N, P, edges};
use proptest::prelude::*;

type Eight = [Field; LANES];

fn lanes(fields: &Eight) -> Fields<Emulated> {
    Fields::from_fields(Emulated, &fields.each_ref())
}

fn same(lanes: Fields<Emulated>, expected: impl Fn(usize) -> Field) {
    let integers = lanes.to_integers(Emulated);
    let expected: [_; LANES] = std::array::from_fn(|lane| expected(lane).to_integer());
    assert_eq!(integers, expected);
}

fn agree(a: &Eight, b: &Eight) {
    let l = Emulated;
    let (x, y) = (lanes(a), lanes(b));
    let (z, w) = (x.folded(l), y.folded(l));
    // As large as they come, below 16p, times what is below 2.001p.
    for x in [x, z] {
        same(x, |i| a[i]);
        same(x.mul(l, &w), |i| a[i].mul(&b[i]));
        let sum_of_products = |i: usize| a[i].mul(&b[i]).add(&a[i].square());
        same(x.mul_add(l, &w, &z, &z), sum_of_products);
        same(x.plus(l, &y).folded(l), |i| a[i].add(&b[i]));
        same(x.minus(l, &y).folded(l), |i| a[i].sub(&b[i]));
    }
    let (x, y) = (z, w);
    same(x.square(l), |i| a[i].square());
    same(x.minus(l, &y).plus_p::<3>(l).carried(l), |i| {
        a[i].sub(&b[i])
    });
    same(x.shifted::<3>(l).carried(l), |i| {
        a[i].double().double().double()
    });
    // One inversion for all: a zero is nobody's to ask for.
    let nonzero = a.map(|a| if a.is_zero() { Field::ONE } else { a });
    let x_nonzero = Fields::from_fields(l, &nonzero.each_ref());
    same(x_nonzero.invert(l), |i| nonzero[i].invert());
    let [first, second] = Fields::mul_two(l, [&x, &y], [&y, &y]);
    same(first, |i| a[i].mul(&b[i]));
    same(second, |i| b[i].square());
    let [first, second] = Fields::square_two(l, &x, &y);
    same(first, |i| a[i].square());
    same(second, |i| b[i].square());
    let [first, second] = Fields::square_mul(l, &y, [&x, &y]);
    same(first, |i| b[i].square());
    same(second, |i| a[i].mul(&b[i]));
    assert_eq!(x.are_zero(l), a.map(|a| a.is_zero()));
}

#[test]
fn edges_in_all_lanes() {
    let edges: Vec<Field> = edges(&P).into_iter().map(Field::from_montgomery).collect();
    for (index, &a) in edges.iter().enumerate() {
        let others = std::array::from_fn(|lane| edges[(index + 5 * lane) % edges.len()]);
        agree(&[a; LANES], &others);
    }
}

#[test]
fn limbs_of_all_ones() {
    let l = Emulated;
    // 2^260 - 1, the largest carried value: x with x·2^260 = 2^260 - 1.
    let power = Field::from_integer(&[0, 0, 0, 1 << 63]);
    let power = (0..5).fold(power, |power, _| power.double());
    let x = power.sub(&Field::ONE).mul(&power.invert());
    let ones = Fields::<Emulated>([[LOW; LANES]; 5]);
    same(ones, |_| x);
    same(ones.mul(l, &ones.folded(l)), |_| x.square());
    same(ones.folded(l).square(l), |_| x.square());
    same(ones.folded(l), |_| x);
    let zero = Fields([[0; LANES]; 5]);
    same(zero.minus(l, &ones).folded(l), |_| x.neg());
    same(zero.folded(l), |_| Field::ZERO);
}

fn multiplies(scalars: &[Scalar]) {
    let expected: Vec<Affine> = scalars
        .iter()
        .map(|scalar| oracle(scalar.limbs()).unwrap())
        .collect();
    let (groups, rest) = scalars.as_chunks();
    assert!(rest.is_empty());
    let x = generator::x_coordinates(Emulated, groups).concat();
    let both = generator::coordinates(Emulated, groups).concat();
    for (index, point) in expected.iter().enumerate() {
        let integers = [point.x.to_integer(), point.y.to_integer()];
        assert_eq!(x[index], integers[0]);
        assert_eq!(both[index], integers, "{:x?}", scalars[index].limbs());
    }
    for count in [0, 1, 2, 3, scalars.len() - 1, scalars.len()] {
        assert_eq!(many::x_coordinates(&scalars[..count]), x[..count]);
        assert_eq!(many::points(&scalars[..count]), expected[..count]);
    }
}

#[test]
fn multiples_of_edges() {
    let mut scalars: Vec<Scalar> = edges(&N).iter().map(Scalar::reduce_limbs).collect();
    scalars.extend((1..140).map(|small| Scalar::reduce_limbs(&[small, 0, 0, 0])));
    scalars.extend((1..140).map(|small| Scalar::reduce_limbs(&super::minus(&N, small))));
    scalars.retain(|scalar| !scalar.is_zero());
    scalars.truncate(scalars.len() / LANES * LANES);
    multiplies(&scalars);
}

/// Asks in lanes: what they answer is right; returns how many they leave open.
fn asks(points: &[(Affine, FixedBase)], cases: &[(usize, Scalar, Scalar, Scalar)]) -> usize {
    let questions: Vec<Question<'_>> = cases
        .iter()
        .map(|&(point, s, t, x)| Question {
            point: &points[point].0,
            s,
            t,
            x,
        })
        .collect();
    let prepared: Vec<PreparedQuestion<'_>> = cases
        .iter()
        .map(|&(point, s, t, x)| PreparedQuestion {
            table: &points[point].1,
            s,
            t,
            x,
        })
        .collect();
    let expected = ask_one_by_one(&questions);
    assert_eq!(ask_prepared_one_by_one(&prepared), expected);
    assert_eq!(many::ask_vartime(&questions), expected);
    assert_eq!(many::ask_prepared_vartime(&prepared), expected);
    let mut open = 0;
    for (group, expected) in expected.chunks_exact(LANES).enumerate() {
        let at = |lane: usize| LANES * group + lane;
        let answers = [
            verify::ask(Emulated, std::array::from_fn(|lane| &questions[at(lane)])),
            verify::ask_prepared(Emulated, std::array::from_fn(|lane| &prepared[at(lane)])),
        ];
        for answers in answers {
            for (answer, expected) in answers.iter().zip(expected) {
                open += usize::from(answer.is_none());
                assert!(answer.is_none_or(|answer| answer == *expected));
            }
        }
    }
    open
}

fn table(point: Affine) -> (Affine, FixedBase) {
    (point, FixedBase::new(&point))
}

#[test]
fn sums_that_meet_infinity_or_themselves_are_left_open_or_right() {
    let mut points = Vec::new();
    for multiple in [1, 2, 64] {
        let point = oracle(&[multiple, 0, 0, 0]).unwrap();
        points.extend([table(point), table(point.neg())]);
    }
    let small = |value: u64| Scalar::reduce_limbs(&[value, 0, 0, 0]);
    let mut cases = Vec::new();
    for point in 0..points.len() {
        for (s, t) in (0..6).flat_map(|s| (1..5).map(move |t| (s, t))) {
            for x in [oracle(&[s + t, 0, 0, 0]).unwrap().x, Field::ONE] {
                cases.push((
                    point,
                    small(s),
                    small(t),
                    Scalar::reduce_limbs(&x.to_integer()),
                ));
            }
            // A candidate below p - n has a second residue.
            cases.push((point, small(s), small(t), small(s)));
        }
    }
    cases.truncate(cases.len() / LANES * LANES);
    let open = asks(&points, &cases);
    assert!(open > cases.len() / 2, "{open} of {}", 2 * cases.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fields(a in prop::array::uniform8(super::field()), b in prop::array::uniform8(super::field())) {
        agree(&a, &b);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn random(k in prop::array::uniform16(super::scalar()), d in super::scalar()) {
        prop_assume!(k.iter().all(|k| !k.is_zero()) && !d.is_zero());
        multiplies(&k);
        let points = [table(oracle(d.limbs()).unwrap())];
        let cases: Vec<_> = (0..LANES).map(|lane| {
            let (s, t) = (k[lane], k[lane + LANES]);
            let sum = oracle(s.add(&t.mul(&d.to_factor())).limbs());
            let x = sum.map_or(Scalar::ONE, |sum| Scalar::reduce_limbs(&sum.x.to_integer()));
            (0, s, t, if lane % 3 == 0 { x.add(&Scalar::ONE) } else { x })
        }).collect();
        asks(&points, &cases);
    }
}
