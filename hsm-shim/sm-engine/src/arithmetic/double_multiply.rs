//! sG + tP for public values, and the question of verification: is x its x coordinate?

use super::affine::Affine;
use super::affine_sums::sums_vartime;
use super::field::Field;
use super::fixed_base::FixedBase;
use super::instructions::{Instructions, Portable, on_this_processor};
use super::jacobian::Jacobian;
use super::odd_multiples::odd_multiples_vartime;
use super::scalar::Scalar;
use super::wnaf::{DIGITS, digits_vartime};
use std::sync::LazyLock;

/// Digits of s pick from 256 odd multiples of G, 16 KiB; those of t from 8 of P.
const GENERATOR_WIDTH: usize = 10;
const POINT_WIDTH: usize = 5;
const POINT_ENTRIES: usize = 1 << (POINT_WIDTH - 2);

static GENERATOR: LazyLock<Vec<Affine>> = LazyLock::new(|| {
    let count = 1 << (GENERATOR_WIDTH - 2);
    let multiples = odd_multiples_vartime(Portable, &Affine::GENERATOR, count);
    Affine::normalize_vartime(Portable, &multiples)
});

/// One question: whether x(s·G + t·point), reduced modulo n, is `x`.
pub(crate) struct Question<'a> {
    pub(crate) point: &'a Affine,
    pub(crate) s: Scalar,
    pub(crate) t: Scalar,
    pub(crate) x: Scalar,
}

/// The same question about a point of which there is a table.
pub(crate) struct PreparedQuestion<'a> {
    pub(crate) table: &'a FixedBase,
    pub(crate) s: Scalar,
    pub(crate) t: Scalar,
    pub(crate) x: Scalar,
}

/// Answers questions; those asked together share the inversion of their tables.
pub(super) fn ask_one_by_one(questions: &[Question<'_>]) -> Vec<bool> {
    on_this_processor!(a => ask_with(a, questions))
}

pub(super) fn ask_with<I: Instructions>(a: I, questions: &[Question<'_>]) -> Vec<bool> {
    let multiples: Vec<Jacobian> = questions
        .iter()
        .flat_map(|question| odd_multiples_vartime(a, question.point, POINT_ENTRIES))
        .collect();
    let tables = Affine::normalize_vartime(a, &multiples);
    let tables = tables.chunks_exact(POINT_ENTRIES);
    let asked = questions.iter().zip(tables);
    asked
        .map(|(question, table)| {
            let sum = interleaved_vartime(a, &question.s, &question.t, table);
            is_residue(&question.x, |x| sum.has_x(x))
        })
        .collect()
}

/// The same with the points' tables; those asked together share more inversions, and so cost less.
pub(super) fn ask_prepared_one_by_one(questions: &[PreparedQuestion<'_>]) -> Vec<bool> {
    on_this_processor!(a => ask_prepared_with(a, questions))
}

pub(super) fn ask_prepared_with<I: Instructions>(
    a: I,
    questions: &[PreparedQuestion<'_>],
) -> Vec<bool> {
    let generator = FixedBase::generator();
    let lists = questions.iter().map(|question| {
        let mut list = Vec::with_capacity(2 * FixedBase::ROWS);
        list.extend(generator.entries_vartime(&question.s));
        list.extend(question.table.entries_vartime(&question.t));
        list
    });
    let sums = sums_vartime(a, lists.collect());
    let asked = questions.iter().zip(&sums);
    asked
        .map(|(question, sum)| is_residue(&question.x, |x| sum.has_x(x)))
        .collect()
}

/// n < p, so a residue modulo n is that of one coordinate or of two.
fn is_residue(x: &Scalar, has_x: impl Fn(&Field) -> bool) -> bool {
    has_x(&Field::from_integer(x.limbs()))
        || x.second_residue()
            .is_some_and(|x| has_x(&Field::from_integer(&x)))
}

fn interleaved_vartime<I: Instructions>(
    a: I,
    s: &Scalar,
    t: &Scalar,
    table: &[Affine],
) -> Jacobian {
    let s = digits_vartime(s.limbs(), GENERATOR_WIDTH);
    let t = digits_vartime(t.limbs(), POINT_WIDTH);
    let mut sum = Jacobian::INFINITY;
    for index in (0..DIGITS).rev() {
        if !sum.is_infinity() {
            sum = sum.double(a);
        }
        sum = add_digit_vartime(a, sum, t[index], table);
        sum = add_digit_vartime(a, sum, s[index], &GENERATOR);
    }
    sum
}

#[inline(always)]
fn add_digit_vartime<I: Instructions>(
    a: I,
    sum: Jacobian,
    digit: i16,
    table: &[Affine],
) -> Jacobian {
    let entry = &table[usize::from(digit.unsigned_abs()) / 2];
    match digit.signum() {
        0 => sum,
        1 => sum.add_vartime(a, entry),
        _ => sum.add_vartime(a, &entry.neg()),
    }
}
