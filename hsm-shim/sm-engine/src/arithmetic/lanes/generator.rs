//! Secret multiples of the generator, eight at a time: signatures and new keys in batches. Constant time.
//!
//! A row of the table is read by vector permutations: sixteen entries of one limb are two registers, in which each
//! lane picks its own. All of the row is loaded, whatever the digits are.

use super::super::affine::Affine;
use super::super::field::Field;
use super::super::fixed_base::{ENTRIES, FixedBase, WIDTH};
use super::super::scalar::Scalar;
use super::field::{Fields, LOW};
use super::points::Xyzz;
use super::{LANES, Lanes};
use std::sync::LazyLock;
use zeroize::{Zeroize as _, Zeroizing};

/// One limb of all entries of a row.
type Column = [[u64; LANES]; ENTRIES / LANES];

/// For each row the five limbs of x and the five of y: 185 KiB.
static TABLE: LazyLock<Vec<[Column; 10]>> = LazyLock::new(|| {
    let rows = FixedBase::generator().rows();
    rows.iter().map(columns).collect()
});

fn columns(row: &[Affine; ENTRIES]) -> [Column; 10] {
    let entries = row.map(|entry| [limbs(&entry.x), limbs(&entry.y)]);
    std::array::from_fn(|limb| {
        std::array::from_fn(|part| {
            std::array::from_fn(|lane| entries[LANES * part + lane][limb / 5][limb % 5])
        })
    })
}

/// The limbs of x·2^260 mod p.
fn limbs(x: &Field) -> [u64; 5] {
    let [a, b, c, d] = *x.double().double().double().double().montgomery();
    [
        a & LOW,
        (a >> 52 | b << 12) & LOW,
        (b >> 40 | c << 24) & LOW,
        (c >> 28 | d << 36) & LOW,
        d >> 16,
    ]
}

/// Eight multiples; the negatives of those that were asked for where `negated` has all ones.
struct Multiples<L: Lanes> {
    points: Xyzz<L>,
    negated: [u64; LANES],
}

/// The coordinates x, as integers below p, of each scalar's multiple of the generator; no scalar is 0.
#[inline(always)]
pub(crate) fn x_coordinates<L: Lanes>(l: L, groups: &[[Scalar; LANES]]) -> Vec<[[u64; 4]; LANES]> {
    let mut multiples: Vec<Multiples<L>> = Vec::with_capacity(groups.len());
    let mut inverses = Vec::with_capacity(groups.len());
    for group in groups {
        let multiple = multiply(l, group);
        inverses.push(multiple.points.zz);
        multiples.push(multiple);
    }
    invert_all(l, &mut inverses);
    let mut all = Vec::with_capacity(groups.len());
    for (multiple, inverse) in multiples.iter_mut().zip(&mut inverses) {
        all.push(multiple.points.x.mul(l, inverse).to_integers(l));
        // The projective form tells more about a scalar than the point does.
        multiple.points.wipe(l);
        inverse.wipe(l);
    }
    all
}

/// The same with the coordinates y, as Montgomery forms would be: both as integers below p.
#[inline(always)]
pub(crate) fn coordinates<L: Lanes>(
    l: L,
    groups: &[[Scalar; LANES]],
) -> Vec<[[[u64; 4]; 2]; LANES]> {
    let mut multiples: Vec<Multiples<L>> = Vec::with_capacity(groups.len());
    let mut inverses = Vec::with_capacity(groups.len());
    for group in groups {
        let multiple = multiply(l, group);
        inverses.push(multiple.points.zzz);
        multiples.push(multiple);
    }
    invert_all(l, &mut inverses);
    let mut all = Vec::with_capacity(groups.len());
    for (Multiples { points, negated }, inverse) in multiples.iter_mut().zip(&mut inverses) {
        // 1/Z² = Z⁴/Z⁶.
        let inverse_zz = points.zz.mul(l, inverse).square(l);
        let x = points.x.mul(l, &inverse_zz).to_integers(l);
        let y = points.y.mul(l, inverse).to_integers(l);
        all.push(std::array::from_fn(|lane| {
            let y = Field::negate_integer_where(negated[lane], &y[lane]);
            [x[lane], y]
        }));
        points.wipe(l);
        inverse.wipe(l);
    }
    all
}

/// Replaces each, none of them zero, by its inverse: lane by lane one inversion for all.
#[inline(always)]
fn invert_all<L: Lanes>(l: L, values: &mut [Fields<L>]) {
    let mut product = Fields::one(l);
    let mut prefixes = Vec::with_capacity(values.len());
    for value in values.iter() {
        prefixes.push(product);
        product = product.mul(l, value);
    }
    let mut inverse = product.invert(l);
    for (value, prefix) in values.iter_mut().zip(&mut prefixes).rev() {
        let rest = inverse.mul(l, value);
        *value = inverse.mul(l, prefix);
        prefix.wipe(l);
        inverse = rest;
    }
}

/// `FixedBase::multiply_with` has the proof that no sum is exceptional.
#[inline(always)]
fn multiply<L: Lanes>(l: L, scalars: &[Scalar; LANES]) -> Multiples<L> {
    let table: &[[Column; 10]] = &TABLE;
    // Limb by limb, with zeros above.
    let mut odd = Zeroizing::new([[0; LANES]; 5]);
    let mut negated = [0; LANES];
    for lane in 0..LANES {
        let (mut scalar, sign) = scalars[lane].odd();
        for (column, limb) in odd.iter_mut().zip(scalar.limbs()) {
            column[lane] = *limb;
        }
        negated[lane] = sign;
        scalar.zeroize();
    }
    let (x, y) = entry(l, table, FixedBase::ROWS - 1, &odd);
    let mut points = Xyzz {
        x,
        y,
        zz: Fields::one(l),
        zzz: Fields::one(l),
    };
    for index in (0..FixedBase::ROWS - 1).rev() {
        let (x, y) = entry(l, table, index, &odd);
        points = points.add(l, &x, &y);
    }
    Multiples { points, negated }
}

/// [`super::super::odd_digits::digit`] of eight odd scalars: (m - 1)/2, and all ones where the digit is negative.
#[inline(always)]
fn digits<L: Lanes>(l: L, odd: &[[u64; LANES]; 5], index: usize) -> (L::Word, L::Word) {
    let (limb, shift) = (index * WIDTH / 64, (index * WIDTH % 64) as u32);
    let low = l.shift_right_by(l.load(&odd[limb]), shift);
    // Nothing where the shift is 64.
    let high = l.shift_left_by(l.load(&odd[limb + 1]), 64 - shift);
    let window = l.xor(low, high);
    let ones = l.splat((1 << WIDTH) - 1);
    if index + 1 == FixedBase::ROWS {
        let magnitude = l.and(window, ones);
        return (l.shift_right::<1>(magnitude), l.splat(0));
    }
    let sign = l.and(l.shift_right_by(window, WIDTH as u32), l.splat(1));
    let negative = l.sub(sign, l.splat(1));
    let magnitude = l.and(l.xor(window, negative), ones);
    (l.shift_right::<1>(magnitude), negative)
}

/// What digit `index` of each scalar picks from its row: x < p, y < 2p.
#[inline(always)]
fn entry<L: Lanes>(
    l: L,
    table: &[[Column; 10]],
    index: usize,
    odd: &[[u64; LANES]; 5],
) -> (Fields<L>, Fields<L>) {
    let (position, negative) = digits(l, odd, index);
    // Bits 4 and 5 of the position as masks.
    let (zero, one) = (l.splat(0), l.splat(1));
    let upper = [
        l.sub(zero, l.and(l.shift_right::<4>(position), one)),
        l.sub(zero, l.and(l.shift_right::<5>(position), one)),
    ];
    let row = &table[index];
    let (mut x, mut y) = (Fields([zero; 5]), Fields([zero; 5]));
    for i in 0..5 {
        x.0[i] = limb(l, &row[i], position, upper);
        y.0[i] = limb(l, &row[5 + i], position, upper);
    }
    let minus_y = Fields([zero; 5]).minus(l, &y).plus_p::<1>(l).carried(l);
    (x, Fields::select(l, negative, &minus_y, &y))
}

/// In each lane the value of the column at its position, whose bits 4 and 5 are given as masks.
#[inline(always)]
fn limb<L: Lanes>(
    l: L,
    column: &Column,
    position: L::Word,
    [fourth, fifth]: [L::Word; 2],
) -> L::Word {
    let [a, b, c, d, e, f, g, h] = column;
    let first = l.pick(position, [l.load(a), l.load(b)]);
    let second = l.pick(position, [l.load(c), l.load(d)]);
    let third = l.pick(position, [l.load(e), l.load(f)]);
    let last = l.pick(position, [l.load(g), l.load(h)]);
    let low = l.select(fourth, second, first);
    let high = l.select(fourth, last, third);
    l.select(fifth, high, low)
}
