//! Integers modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1 in Montgomery form: x is held as x·2^256 mod p.
//!
//! Every value is fully reduced (0 <= x < p) before and after every operation, so equality is equality of
//! limbs and no bound has to be carried through the point formulas.

use super::instructions::Instructions;
use super::{inversion, limbs};
use zeroize::Zeroize;

/// p.
const P: [u64; 4] = [
    0xFFFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFF_0000_0000,
    0xFFFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFE_FFFF_FFFF,
];
/// 2^256 - p, which is 2^256 mod p: one in Montgomery form.
const ONE: [u64; 4] = [1, 0xFFFF_FFFF, 0, 0x1_0000_0000];
/// 2^512 mod p: what takes an integer into Montgomery form.
const R2: [u64; 4] = [
    0x0000_0002_0000_0003,
    0x0000_0002_FFFF_FFFF,
    0x0000_0001_0000_0001,
    0x0000_0004_0000_0002,
];
/// 2^768 mod p: takes the plain inverse of a Montgomery form back into it.
const R3: [u64; 4] = [
    0x0000_0012_0000_0016,
    0x0000_000E_FFFF_FFF8,
    0x0000_000A_0000_000C,
    0x0000_001B_0000_0009,
];

/// An element of the field. Copies stay on the stack; whoever holds a secret one wipes it.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
#[cfg_attr(test, derive(Debug))]
#[repr(transparent)]
pub(crate) struct Field([u64; 4]);

impl Field {
    pub(super) const ZERO: Self = Self([0; 4]);
    pub(super) const ONE: Self = Self(ONE);

    /// From limbs that are in Montgomery form already.
    pub(super) const fn from_montgomery(limbs: [u64; 4]) -> Self {
        Self(limbs)
    }

    /// From 32 big-endian bytes; `None` where they are not below p.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let limbs = limbs::from_bytes(bytes);
        let (_, below) = limbs::sub(&limbs, &P);
        below.then(|| Self::from_integer(&limbs))
    }

    /// From an integer below p.
    pub(super) fn from_integer(limbs: &[u64; 4]) -> Self {
        Self(*limbs).mul(&Self(R2))
    }

    /// The integer below p.
    pub(super) fn to_integer(self) -> [u64; 4] {
        let [a, b, c, d] = self.0;
        reduce([a, b, c, d, 0, 0, 0, 0])
    }

    /// 32 big-endian bytes.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        limbs::to_bytes(&self.to_integer())
    }

    /// The limbs of the Montgomery form.
    #[cfg(any(test, target_arch = "x86_64"))]
    #[inline(always)]
    pub(super) fn montgomery(&self) -> &[u64; 4] {
        &self.0
    }

    /// The integer below p that is congruent to one below 2p.
    #[cfg(any(test, target_arch = "x86_64"))]
    #[inline(always)]
    pub(super) fn correct(limbs: &[u64; 4]) -> [u64; 4] {
        subtract_once(limbs, false)
    }

    /// p - x where the mask is all ones, else x; for an integer x in [1, p-1].
    #[cfg(any(test, target_arch = "x86_64"))]
    pub(super) fn negate_integer_where(mask: u64, x: &[u64; 4]) -> [u64; 4] {
        limbs::select(mask, &limbs::sub(&P, x).0, x)
    }

    #[inline(always)]
    pub(super) fn is_zero(&self) -> bool {
        limbs::is_zero(&self.0)
    }

    /// `a` where the mask is all ones, `b` where it is zero.
    #[inline(always)]
    pub(super) fn select(mask: u64, a: &Self, b: &Self) -> Self {
        Self(limbs::select(mask, &a.0, &b.0))
    }

    /// ORs `other & mask` into limbs that start at zero: one step of a table scan.
    #[inline(always)]
    pub(super) fn gather(&mut self, mask: u64, other: &Self) {
        for (limb, other) in self.0.iter_mut().zip(&other.0) {
            *limb |= mask & other;
        }
    }

    #[inline(always)]
    pub(super) fn add(&self, other: &Self) -> Self {
        let (sum, carry) = limbs::add(&self.0, &other.0);
        Self(subtract_once(&sum, carry))
    }

    #[inline(always)]
    pub(super) fn double(&self) -> Self {
        self.add(self)
    }

    #[inline(always)]
    pub(super) fn triple(&self) -> Self {
        self.double().add(self)
    }

    #[inline(always)]
    pub(super) fn sub(&self, other: &Self) -> Self {
        let (difference, borrow) = limbs::sub(&self.0, &other.0);
        // Below zero: add p, which is to subtract 2^256 - p from what wrapped around.
        let m = 0_u64.wrapping_sub(u64::from(borrow));
        let [one, high, _, top] = ONE;
        Self(limbs::sub(&difference, &[m & one, m & high, 0, m & top]).0)
    }

    #[inline(always)]
    pub(super) fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// x/2: an odd x is made even by adding p first.
    #[inline(always)]
    pub(super) fn halve(&self) -> Self {
        let m = 0_u64.wrapping_sub(self.0[0] & 1);
        let ([a, b, c, d], carry) = limbs::add(&self.0, &P.map(|limb| limb & m));
        Self([
            a >> 1 | b << 63,
            b >> 1 | c << 63,
            c >> 1 | d << 63,
            d >> 1 | u64::from(carry) << 63,
        ])
    }

    #[inline(always)]
    pub(super) fn mul(&self, other: &Self) -> Self {
        Self(reduce(limbs::wide_product(&self.0, &other.0)))
    }

    #[inline(always)]
    pub(super) fn square(&self) -> Self {
        Self(reduce(limbs::wide_square(&self.0)))
    }

    /// 1/x in constant time; 0 for 0.
    pub(super) fn invert(&self) -> Self {
        Self(inversion::MODULO_P.invert(&self.0)).mul(&Self(R3))
    }

    /// 1/x; 0 for 0.
    pub(super) fn invert_vartime(&self) -> Self {
        Self(inversion::MODULO_P.invert_vartime(&self.0)).mul(&Self(R3))
    }

    /// Replaces each of `values`, none of them zero, by its inverse: one inversion and three multiplications
    /// each (Montgomery's trick). `invert` is [`Self::invert`] where the values are secret.
    pub(super) fn invert_all<I: Instructions>(
        a: I,
        values: &mut [Self],
        invert: fn(&Self) -> Self,
    ) {
        let mut product = Self::ONE;
        let mut prefixes = Vec::with_capacity(values.len());
        for value in values.iter() {
            prefixes.push(product);
            product = a.mul(&product, value);
        }
        let mut inverse = invert(&product);
        for (value, prefix) in values.iter_mut().zip(&prefixes).rev() {
            let rest = a.mul(&inverse, value);
            *value = a.mul(&inverse, prefix);
            inverse = rest;
        }
        prefixes.zeroize();
    }
}

/// t·2^-256 mod p for t < p·2^256 (Montgomery).
///
/// p is -1 modulo 2^64, so the multiple of p that clears the lowest limb m is m·p, and
/// (t + m·p)/2^64 = (t - m)/2^64 + m·2^192 - m·2^160 - m·2^32 + m: shifts instead of multiplications.
/// Four such steps on the low half alone give (low + M·p)/2^256 for some M < 2^256, which is at most p. The
/// high half is at most p - 1, so their sum is below 2p and one subtraction corrects it.
#[inline(always)]
fn reduce(t: [u64; 8]) -> [u64; 4] {
    let low = clear_limb(t[0], &[t[1], t[2], t[3], 0]);
    let low = clear_limb(low[0], &[low[1], low[2], low[3], 0]);
    let low = clear_limb(low[0], &[low[1], low[2], low[3], 0]);
    let low = clear_limb(low[0], &[low[1], low[2], low[3], 0]);
    let (sum, carry) = limbs::add(&low, &[t[4], t[5], t[6], t[7]]);
    subtract_once(&sum, carry)
}

/// ((t, m) + m·p)/2^64, where `t` has the three limbs above m and a zero.
///
/// No carry: with T = (t, m) < 2^256 the result is at most (2^256 - 1 + (2^64 - 1)·p)/2^64 < 2^256.
#[inline(always)]
fn clear_limb(m: u64, t: &[u64; 4]) -> [u64; 4] {
    let (low, high) = (m << 32, m >> 32);
    let (difference, _) = limbs::sub(&[m, 0, 0, m], &[low, high, low, high]);
    limbs::add(t, &difference).0
}

/// t - p where t (with `carry` as its bit 256) is at least p, else t; for t < 2p.
#[inline(always)]
fn subtract_once(t: &[u64; 4], carry: bool) -> [u64; 4] {
    // t >= p exactly where adding 2^256 - p overflows; the wrapped sum then is t - p.
    let (difference, reaches) = limbs::add(t, &ONE);
    limbs::choose(carry | reaches, &difference, t)
}
