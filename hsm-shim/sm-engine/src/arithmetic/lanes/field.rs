//! Eight integers modulo p in Montgomery form with R = 2^260: five limbs of 52 bits.
//!
//! A *carried* element has limbs below 2^52 and so a value in [0, 2^260), which is 16 p and more. Only carried
//! elements are multiplied. Elements are not fully reduced: "< 3p" at a value means its integer is below that.
//! For a < A·p and b < B·p a product is below (A·B/16 + 1)·p, because (a·b + m·p)/2^260 with m < 2^260 and
//! p < 2^256; so that it is carried, A·B must be below 240. The largest here is 45. Limbs between operations are signed, far inside 63 bits.

use super::super::field::Field;
use super::super::instructions::on_this_processor;
use super::super::limbs;
use super::{LANES, Lanes};
use zeroize::Zeroize as _;

/// The low 52 bits.
pub(crate) const LOW: u64 = (1 << 52) - 1;

/// p in limbs.
const P: [u64; 5] = [
    0xF_FFFF_FFFF_FFFF,
    0xF_F000_0000_0FFF,
    0xF_FFFF_FFFF_FFFF,
    0xF_FFFF_FFFF_FFFF,
    0xFFFF_FFFE_FFFF,
];

/// 2^260 mod p in limbs: one in Montgomery form.
const ONE: [u64; 5] = [0x10, 0xFFFF_FFFF_0000, 0, 0, 0x10_0000];

/// Eight elements.
///
/// Loops over limbs instead of `map` and `from_fn`: their closures are not always inlined into the functions that enable
/// the instructions, and then each operation is a call.
pub(crate) struct Fields<L: Lanes>(pub(in crate::arithmetic) [L::Word; 5]);

impl<L: Lanes> Clone for Fields<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Lanes> Copy for Fields<L> {}

impl<L: Lanes> Fields<L> {
    /// One in all lanes.
    #[inline(always)]
    pub(super) fn one(l: L) -> Self {
        let mut limbs = [l.splat(0); 5];
        for i in 0..5 {
            limbs[i] = l.splat(ONE[i]);
        }
        Self(limbs)
    }

    /// From elements of the scalar form, whose Montgomery factor is 2^256: sixteen times as much. Carried, < 16p.
    #[inline(always)]
    pub(in crate::arithmetic) fn from_fields(l: L, fields: &[&Field; LANES]) -> Self {
        let mut columns = [[0; LANES]; 5];
        for lane in 0..LANES {
            let [a, b, c, d] = *fields[lane].montgomery();
            columns[0][lane] = a << 4 & LOW;
            columns[1][lane] = (a >> 48 | b << 16) & LOW;
            columns[2][lane] = (b >> 36 | c << 28) & LOW;
            columns[3][lane] = (c >> 24 | d << 40) & LOW;
            columns[4][lane] = d >> 12;
        }
        let mut limbs = [l.splat(0); 5];
        for i in 0..5 {
            limbs[i] = l.load(&columns[i]);
        }
        Self(limbs)
    }

    /// The integers below p of carried elements.
    #[inline(always)]
    pub(in crate::arithmetic) fn to_integers(self, l: L) -> [[u64; 4]; LANES] {
        let zero = l.splat(0);
        // (a + m·p)/2^260 is at most p.
        let Self(plain) = self.mul(l, &Self([l.splat(1), zero, zero, zero, zero]));
        let mut columns = [[0; LANES]; 5];
        for i in 0..5 {
            columns[i] = l.store(plain[i]);
        }
        let [a, b, c, d, e] = columns;
        let mut integers = [[0; 4]; LANES];
        for lane in 0..LANES {
            integers[lane] = Field::correct(&[
                a[lane] | b[lane] << 52,
                b[lane] >> 12 | c[lane] << 40,
                c[lane] >> 24 | d[lane] << 28,
                d[lane] >> 36 | e[lane] << 16,
            ]);
        }
        integers
    }

    /// Which carried elements are 0 modulo p; for public values.
    #[inline(always)]
    pub(in crate::arithmetic) fn are_zero(self, l: L) -> [bool; LANES] {
        self.to_integers(l).map(|integer| limbs::is_zero(&integer))
    }

    /// Overwrites secret elements.
    #[inline(always)]
    pub(super) fn wipe(&mut self, l: L) {
        // Behind the barrier the overwriting has a reader, and so is not left out.
        *self = Self([l.splat(0); 5]);
        std::hint::black_box(self);
    }

    /// The limbs' sums: not carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn plus(self, l: L, other: &Self) -> Self {
        let mut limbs = self.0;
        for (limb, other) in limbs.iter_mut().zip(other.0) {
            *limb = l.add(*limb, other);
        }
        Self(limbs)
    }

    /// The limbs' differences: not carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn minus(self, l: L, other: &Self) -> Self {
        let mut limbs = self.0;
        for (limb, other) in limbs.iter_mut().zip(other.0) {
            *limb = l.sub(*limb, other);
        }
        Self(limbs)
    }

    /// The limbs times 2^N: not carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn shifted<const N: u32>(self, l: L) -> Self {
        let mut limbs = self.0;
        for limb in &mut limbs {
            *limb = l.shift_left::<N>(*limb);
        }
        Self(limbs)
    }

    /// With `MULTIPLE`·p added: not carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn plus_p<const MULTIPLE: u64>(self, l: L) -> Self {
        let mut limbs = self.0;
        for (limb, p) in limbs.iter_mut().zip(P) {
            *limb = l.add(*limb, l.splat(MULTIPLE * p));
        }
        Self(limbs)
    }

    /// Carries: the value must be in [0, 2^260).
    #[inline(always)]
    pub(in crate::arithmetic) fn carried(self, l: L) -> Self {
        let [carried] = carry(l, [self]);
        carried
    }

    /// Takes all but one or two p out of a value of magnitude below 2^261, negative ones too: carried, < 2.001p.
    ///
    /// With q = ⌊top limb/2^48⌋ - 1, |q| < 2^6, the top limb keeps [2^48, 2^49), and -q·p is that and
    /// q·(2^224 + 2^96 - 2^64 + 1) in the other limbs. The lower limbs, below 2^60 in magnitude, and this are
    /// below 2^232 together, so the result is within that of [2^256, 2^257].
    #[inline(always)]
    pub(in crate::arithmetic) fn folded(self, l: L) -> Self {
        let [a, b, c, d, e] = self.0;
        let q = l.sub(l.shift_right::<48>(e), l.splat(1));
        let e = l.sub(e, l.shift_left::<48>(q));
        let b = l.sub(l.add(b, l.shift_left::<44>(q)), l.shift_left::<12>(q));
        Self([l.add(a, q), b, c, d, l.add(e, l.shift_left::<16>(q))]).carried(l)
    }

    /// `a` where the mask is all ones, else `b`.
    #[inline(always)]
    pub(super) fn select(l: L, mask: L::Word, a: &Self, b: &Self) -> Self {
        let mut limbs = a.0;
        for (limb, other) in limbs.iter_mut().zip(b.0) {
            *limb = l.select(mask, *limb, other);
        }
        Self(limbs)
    }

    /// a·b of carried elements; carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn mul(self, l: L, other: &Self) -> Self {
        let mut t = [l.splat(0); 10];
        accumulate(l, &mut t, &self, other);
        let [product] = reduce(l, [t]);
        product
    }

    /// a·b + c·d of carried elements, < ((A·B + C·D)/16 + 1)·p; carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn mul_add(self, l: L, b: &Self, c: &Self, d: &Self) -> Self {
        let mut t = [l.splat(0); 10];
        accumulate(l, &mut t, &self, b);
        accumulate(l, &mut t, c, d);
        let [sum] = reduce(l, [t]);
        sum
    }

    /// a² of a carried element; carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn square(self, l: L) -> Self {
        let t = wide_square(l, &self);
        let [square] = reduce(l, [t]);
        square
    }

    /// a·b and c·d of carried elements; carried.
    ///
    /// A single product waits for itself most of the time: its reduction is five dependent steps. Here the steps of
    /// two reductions alternate, and so in the functions below.
    #[inline(always)]
    pub(in crate::arithmetic) fn mul_two(
        l: L,
        [a, b]: [&Self; 2],
        [c, d]: [&Self; 2],
    ) -> [Self; 2] {
        let mut t = [[l.splat(0); 10]; 2];
        accumulate(l, &mut t[0], a, b);
        accumulate(l, &mut t[1], c, d);
        reduce(l, t)
    }

    /// a² and b² of carried elements; carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn square_two(l: L, a: &Self, b: &Self) -> [Self; 2] {
        let t = [wide_square(l, a), wide_square(l, b)];
        reduce(l, t)
    }

    /// a² and b·c of carried elements; carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn square_mul(l: L, a: &Self, [b, c]: [&Self; 2]) -> [Self; 2] {
        let mut t = [wide_square(l, a), [l.splat(0); 10]];
        accumulate(l, &mut t[1], b, c);
        reduce(l, t)
    }

    /// 1/a in each lane, of carried elements, secret and not 0 modulo p; carried, < 16p.
    ///
    /// The lanes have no inversion but powers, 270 dependent products; one of division steps for all eight, in the
    /// scalar form, takes a third of their time.
    #[inline(always)]
    pub(in crate::arithmetic) fn invert(self, l: L) -> Self {
        let mut integers = self.to_integers(l);
        let mut fields = [Field::ONE; LANES];
        for lane in 0..LANES {
            fields[lane] = Field::from_integer(&integers[lane]);
        }
        on_this_processor!(a => Field::invert_all(a, &mut fields, Field::invert));
        let inverse = Self::from_fields(l, &fields.each_ref());
        integers.zeroize();
        fields.zeroize();
        inverse
    }
}

/// t += a·b. At most ten terms below 2^52 meet in a limb.
#[inline(always)]
fn accumulate<L: Lanes>(l: L, t: &mut [L::Word; 10], a: &Fields<L>, b: &Fields<L>) {
    for i in 0..5 {
        for j in 0..5 {
            t[i + j] = l.madd_low(t[i + j], a.0[j], b.0[i]);
            t[i + j + 1] = l.madd_high(t[i + j + 1], a.0[j], b.0[i]);
        }
    }
}

/// a², not reduced. Mixed products are summed once and doubled.
#[inline(always)]
fn wide_square<L: Lanes>(l: L, a: &Fields<L>) -> [L::Word; 10] {
    let a = a.0;
    let mut t = [l.splat(0); 10];
    for i in 0..5 {
        for j in i + 1..5 {
            t[i + j] = l.madd_low(t[i + j], a[i], a[j]);
            t[i + j + 1] = l.madd_high(t[i + j + 1], a[i], a[j]);
        }
    }
    for limb in &mut t {
        *limb = l.add(*limb, *limb);
    }
    for i in 0..5 {
        t[2 * i] = l.madd_low(t[2 * i], a[i], a[i]);
        t[2 * i + 1] = l.madd_high(t[2 * i + 1], a[i], a[i]);
    }
    t
}

/// (t + m·p)/2^260 of each, carried, the steps of all side by side.
///
/// p = -1 + 2^52·(p1 + 1) - 2^104 + 2^208·(p4 + 1), so the multiple of p that clears the lowest limb is m = that
/// limb: five times, the limb is carried upwards, what of it is above m, and m times the rest of p added.
/// A limb gets at most 21 terms below 2^52 and one negative one: no overflow.
#[inline(always)]
fn reduce<const N: usize, L: Lanes>(l: L, mut sums: [[L::Word; 10]; N]) -> [Fields<L>; N] {
    let (second, top) = (l.splat(P[1] + 1), l.splat(P[4] + 1));
    let low = l.splat(LOW);
    for i in 0..5 {
        for t in &mut sums {
            let m = l.and(t[i], low);
            t[i + 1] = l.add(t[i + 1], l.shift_right::<52>(t[i]));
            t[i + 1] = l.madd_low(t[i + 1], m, second);
            t[i + 2] = l.sub(l.madd_high(t[i + 2], m, second), m);
            t[i + 4] = l.madd_low(t[i + 4], m, top);
            t[i + 5] = l.madd_high(t[i + 5], m, top);
        }
    }
    let mut reduced = [Fields([l.splat(0); 5]); N];
    for i in 0..5 {
        for (t, reduced) in sums.iter().zip(&mut reduced) {
            reduced.0[i] = t[i + 5];
        }
    }
    carry(l, reduced)
}

/// Carries each, whose value must be in [0, 2^260), the steps of all side by side.
#[inline(always)]
fn carry<const N: usize, L: Lanes>(l: L, mut all: [Fields<L>; N]) -> [Fields<L>; N] {
    let low = l.splat(LOW);
    for i in 0..4 {
        for Fields(limbs) in &mut all {
            limbs[i + 1] = l.add(limbs[i + 1], l.shift_right::<52>(limbs[i]));
            limbs[i] = l.and(limbs[i], low);
        }
    }
    all
}
