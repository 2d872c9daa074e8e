//! The question of verification, eight at a time: is x the x coordinate of sG + tP? All values are public.
//!
//! The first part, tP, has its digits in step in all lanes; then the entries for sG, and for a prepared point those
//! for tP too, are added one by one. Exceptional sums are not computed: they leave ZZ = 0, and such a lane says so.

use super::super::affine::Affine;
use super::super::double_multiply::{PreparedQuestion, Question};
use super::super::field::Field;
use super::super::fixed_base::{self, FixedBase};
use super::super::odd_digits::{self, digit};
use super::super::scalar::Scalar;
use super::field::Fields;
use super::points::{Entry, Jacobian, Xyzz};
use super::{LANES, Lanes};

const WIDTH: usize = 5;
const ENTRIES: usize = 1 << (WIDTH - 1);

/// An answer, or `None` where the question must be asked in the scalar way.
pub(crate) type Answers = [Option<bool>; LANES];

/// A multiple of a point with a table: of the odd one of the scalar and its negative.
struct Multiple<'table> {
    table: &'table FixedBase,
    odd: Scalar,
    negated: u64,
}

impl<'table> Multiple<'table> {
    #[inline(always)]
    fn new(table: &'table FixedBase, scalar: &Scalar) -> Self {
        let (odd, negated) = scalar.odd();
        Self {
            table,
            odd,
            negated,
        }
    }
}

/// About points without tables.
#[inline(always)]
pub(crate) fn ask<L: Lanes>(l: L, questions: [&Question<'_>; LANES]) -> Answers {
    let products = multiply(
        l,
        questions.map(|question| question.point),
        questions.map(|question| question.t.odd()),
    );
    let sums = add_entries(
        l,
        products.to_xyzz(l),
        questions.map(|question| Multiple::new(FixedBase::generator(), &question.s)),
    );
    compare(l, &sums, questions.map(|question| question.x))
}

/// About points with tables.
#[inline(always)]
pub(crate) fn ask_prepared<L: Lanes>(l: L, questions: [&PreparedQuestion<'_>; LANES]) -> Answers {
    // The first sum, of the highest entries for tP, begins at these themselves.
    let of_points = questions.map(|question| Multiple::new(question.table, &question.t));
    let (x, y) = entries(l, FixedBase::ROWS - 1, &of_points);
    let mut sums = Xyzz {
        // < 16p becomes < 2.001p.
        x: x.folded(l),
        y: y.folded(l),
        zz: Fields::one(l),
        zzz: Fields::one(l),
    };
    for index in (0..FixedBase::ROWS - 1).rev() {
        let (x, y) = entries(l, index, &of_points);
        sums = sums.add(l, &x, &y);
    }
    let sums = add_entries(
        l,
        sums,
        questions.map(|question| Multiple::new(FixedBase::generator(), &question.s)),
    );
    compare(l, &sums, questions.map(|question| question.x))
}

/// The products of points and odd scalars, negated where the mask is all ones.
#[inline(always)]
fn multiply<L: Lanes>(
    l: L,
    points: [&Affine; LANES],
    scalars: [(Scalar, u64); LANES],
) -> Jacobian<L> {
    let negated = l.load(&scalars.map(|(_, negated)| negated));
    let first = Jacobian {
        // < 16p becomes < 2.001p.
        x: Fields::from_fields(l, &points.map(|point| &point.x)).folded(l),
        y: Fields::from_fields(l, &points.map(|point| &point.y)).folded(l),
        z: Fields::one(l),
    };
    let twice = first.double(l).entry(l);
    let mut multiple = first;
    let mut table = [multiple.entry(l); ENTRIES];
    for entry in &mut table[1..] {
        multiple = multiple.add(l, &twice);
        *entry = multiple.entry(l);
    }
    let highest = odd_digits::count(WIDTH) - 1;
    let mut sum = pick(l, &table, &scalars, highest).point;
    for index in (0..highest).rev() {
        for _ in 0..WIDTH {
            sum = sum.double(l);
        }
        sum = sum.add(l, &pick(l, &table, &scalars, index));
    }
    let mut product = sum.entry(l);
    product.negate_where(l, negated);
    // < 3p becomes < 2.001p.
    product.point.y = product.point.y.folded(l);
    product.point
}

/// What digit `index` of each scalar picks from its lane of the table.
#[inline(always)]
fn pick<L: Lanes>(
    l: L,
    table: &[Entry<L>; ENTRIES],
    scalars: &[(Scalar, u64); LANES],
    index: usize,
) -> Entry<L> {
    let (mut digits, mut negative) = ([0; LANES], [0; LANES]);
    for lane in 0..LANES {
        (digits[lane], negative[lane]) = digit::<WIDTH>(scalars[lane].0.limbs(), index);
    }
    let mut entry = table[0];
    for (position, other) in (0_u64..).zip(table).skip(1) {
        let mut wanted = [0; LANES];
        for (wanted, digit) in wanted.iter_mut().zip(digits) {
            *wanted = if digit == position { u64::MAX } else { 0 };
        }
        entry = Entry::select(l, l.load(&wanted), other, &entry);
    }
    entry.negate_where(l, l.load(&negative));
    entry
}

/// Adds each lane's multiple, entry by entry.
#[inline(always)]
fn add_entries<L: Lanes>(l: L, mut sum: Xyzz<L>, multiples: [Multiple<'_>; LANES]) -> Xyzz<L> {
    for index in (0..FixedBase::ROWS).rev() {
        let (x, y) = entries(l, index, &multiples);
        sum = sum.add(l, &x, &y);
    }
    sum
}

/// One entry for each lane, from its own table by its own digit: < 16p.
#[inline(always)]
fn entries<L: Lanes>(
    l: L,
    index: usize,
    multiples: &[Multiple<'_>; LANES],
) -> (Fields<L>, Fields<L>) {
    let (mut x, mut y) = ([&Field::ZERO; LANES], [&Field::ZERO; LANES]);
    let mut negative = [0; LANES];
    for lane in 0..LANES {
        let Multiple {
            table,
            odd,
            negated,
        } = &multiples[lane];
        let (position, sign) = digit::<{ fixed_base::WIDTH }>(odd.limbs(), index);
        let entry = table.entry_at_vartime(index, position);
        (x[lane], y[lane]) = (&entry.x, &entry.y);
        negative[lane] = sign ^ negated;
    }
    let (x, y) = (Fields::from_fields(l, &x), Fields::from_fields(l, &y));
    // y is a multiple of 16 and not 0, as no point has order 2: so the negative is below 16p too.
    let minus_y = Fields([l.splat(0); 5])
        .minus(l, &y)
        .plus_p::<16>(l)
        .carried(l);
    (x, Fields::select(l, l.load(&negative), &minus_y, &y))
}

/// Whether each x is that of its sum, modulo n.
#[inline(always)]
fn compare<L: Lanes>(l: L, sums: &Xyzz<L>, x: [Scalar; LANES]) -> Answers {
    let candidates = x.map(|x| Field::from_integer(x.limbs()));
    let scaled = Fields::from_fields(l, &candidates.each_ref()).mul(l, &sums.zz);
    // < 2.5p; the difference < 5.1p.
    let difference = sums.x.minus(l, &scaled).plus_p::<3>(l).carried(l);
    let (same, nowhere) = (difference.are_zero(l), sums.zz.are_zero(l));
    std::array::from_fn(|lane| {
        // A second candidate, x + n below p, is as rare as an exceptional sum.
        let ordinary = !nowhere[lane] && x[lane].second_residue().is_none();
        ordinary.then_some(same[lane])
    })
}
