//! Eight integers modulo p in Montgomery form with R = 2^260: five limbs of 52 bits.
//!
//! A *carried* element has limbs below 2^52 and so a value in [0, 2^260), which is 16 p and more. Only carried
//! elements are multiplied. Elements are not fully reduced: "< 3p" at a value means its integer is below that.
//! For a < A·p and b < B·p a product is below (A·B/16 + 1)·p, because (a·b + m·p)/2^260 with m < 2^260 and
//! p < 2^256; so that it is carried, A·B must be below 240. The largest here is 45. Limbs between operations are signed, far inside 63 bits.

use super::super::field::Field;
use super::super::limbs;
use super::{LANES, Lanes};

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
        Self(ONE.map(|limb| l.splat(limb)))
    }

    /// From elements of the scalar form, whose Montgomery factor is 2^256: sixteen times as much. Carried, < 16p.
    #[inline(always)]
    pub(in crate::arithmetic) fn from_fields(l: L, fields: &[&Field; LANES]) -> Self {
        let shifted = fields.map(|field| {
            let [a, b, c, d] = *field.montgomery();
            [
                a << 4 & LOW,
                (a >> 48 | b << 16) & LOW,
                (b >> 36 | c << 28) & LOW,
                (c >> 24 | d << 40) & LOW,
                d >> 12,
            ]
        });
        Self(std::array::from_fn(|limb| {
            l.load(&std::array::from_fn(|lane| shifted[lane][limb]))
        }))
    }

    /// The integers below p of carried elements.
    #[inline(always)]
    pub(in crate::arithmetic) fn to_integers(self, l: L) -> [[u64; 4]; LANES] {
        let zero = l.splat(0);
        // (a + m·p)/2^260 is at most p.
        let Self(plain) = self.mul(l, &Self([l.splat(1), zero, zero, zero, zero]));
        let limbs = plain.map(|word| l.store(word));
        std::array::from_fn(|lane| {
            let [a, b, c, d, e] = limbs.map(|limb| limb[lane]);
            Field::correct(&[
                a | b << 52,
                b >> 12 | c << 40,
                c >> 24 | d << 28,
                d >> 36 | e << 16,
            ])
        })
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
        Self(std::array::from_fn(|i| l.add(self.0[i], other.0[i])))
    }

    /// The limbs' differences: not carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn minus(self, l: L, other: &Self) -> Self {
        Self(std::array::from_fn(|i| l.sub(self.0[i], other.0[i])))
    }

    /// The limbs times 2^N: not carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn shifted<const N: u32>(self, l: L) -> Self {
        Self(self.0.map(|limb| l.shift_left::<N>(limb)))
    }

    /// With `MULTIPLE`·p added: not carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn plus_p<const MULTIPLE: u64>(self, l: L) -> Self {
        Self(std::array::from_fn(|i| {
            l.add(self.0[i], l.splat(MULTIPLE * P[i]))
        }))
    }

    /// Carries: the value must be in [0, 2^260).
    #[inline(always)]
    pub(in crate::arithmetic) fn carried(self, l: L) -> Self {
        let mut limbs = self.0;
        let low = l.splat(LOW);
        for i in 0..4 {
            limbs[i + 1] = l.add(limbs[i + 1], l.shift_right::<52>(limbs[i]));
            limbs[i] = l.and(limbs[i], low);
        }
        Self(limbs)
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
        Self(std::array::from_fn(|i| l.select(mask, a.0[i], b.0[i])))
    }

    /// a·b of carried elements; carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn mul(self, l: L, other: &Self) -> Self {
        let mut t = [l.splat(0); 10];
        accumulate(l, &mut t, &self, other);
        reduce(l, t)
    }

    /// a·b + c·d of carried elements, < ((A·B + C·D)/16 + 1)·p; carried.
    #[inline(always)]
    pub(in crate::arithmetic) fn mul_add(self, l: L, b: &Self, c: &Self, d: &Self) -> Self {
        let mut t = [l.splat(0); 10];
        accumulate(l, &mut t, &self, b);
        accumulate(l, &mut t, c, d);
        reduce(l, t)
    }

    /// a² of a carried element; carried. Mixed products are summed once and doubled.
    #[inline(always)]
    pub(in crate::arithmetic) fn square(self, l: L) -> Self {
        let a = self.0;
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
        reduce(l, t)
    }

    /// The square of the square …, `count` times.
    #[inline(always)]
    fn squared(self, l: L, count: usize) -> Self {
        let mut power = self;
        for _ in 0..count {
            power = power.square(l);
        }
        power
    }

    /// 1/a = a^(p-2) of carried elements < 3p, 0 for 0; carried, < 2p. 255 squarings, 14 multiplications.
    #[inline(always)]
    pub(in crate::arithmetic) fn invert(self, l: L) -> Self {
        // xn has the exponent 2^n - 1.
        let x1 = self;
        let x2 = x1.squared(l, 1).mul(l, &x1);
        let x3 = x2.squared(l, 1).mul(l, &x1);
        let x6 = x3.squared(l, 3).mul(l, &x3);
        let x12 = x6.squared(l, 6).mul(l, &x6);
        let x15 = x12.squared(l, 3).mul(l, &x3);
        let x30 = x15.squared(l, 15).mul(l, &x15);
        let x31 = x30.squared(l, 1).mul(l, &x1);
        let x32 = x31.squared(l, 1).mul(l, &x1);
        // p - 2 = FFFFFFFE FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF 00000000 FFFFFFFF FFFFFFFD.
        let mut power = x31.squared(l, 1);
        for zeros in [0, 0, 0, 0, 32] {
            power = power.squared(l, zeros + 32).mul(l, &x32);
        }
        power.squared(l, 30).mul(l, &x30).squared(l, 2).mul(l, &x1)
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

/// (t + m·p)/2^260, carried.
///
/// p = -1 + 2^52·(p1 + 1) - 2^104 + 2^208·(p4 + 1), so the multiple of p that clears the lowest limb is m = that
/// limb: five times, the limb is carried upwards, what of it is above m, and m times the rest of p added.
/// A limb gets at most 21 terms below 2^52 and one negative one: no overflow.
#[inline(always)]
fn reduce<L: Lanes>(l: L, mut t: [L::Word; 10]) -> Fields<L> {
    let (second, top) = (l.splat(P[1] + 1), l.splat(P[4] + 1));
    let low = l.splat(LOW);
    for i in 0..5 {
        let m = l.and(t[i], low);
        t[i + 1] = l.add(t[i + 1], l.shift_right::<52>(t[i]));
        t[i + 1] = l.madd_low(t[i + 1], m, second);
        t[i + 2] = l.sub(l.madd_high(t[i + 2], m, second), m);
        t[i + 4] = l.madd_low(t[i + 4], m, top);
        t[i + 5] = l.madd_high(t[i + 5], m, top);
    }
    let [.., a, b, c, d, e] = t;
    Fields([a, b, c, d, e]).carried(l)
}
