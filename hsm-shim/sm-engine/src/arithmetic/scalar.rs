//! Integers modulo n, the order of the group, as plain integers below n.
//!
//! n has no special form, so a multiplication is a general Montgomery one; a signature has one, and its
//! constant factor (1+d)^-1 is kept in Montgomery form, so that nothing else is ever converted.

use super::{inversion, limbs, mask};
use crate::declassify;
use zeroize::Zeroize;

/// n.
const N: [u64; 4] = [
    0x53BB_F409_39D5_4123,
    0x7203_DF6B_21C6_052B,
    0xFFFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFE_FFFF_FFFF,
];
/// -1/n mod 2^64.
const QUOTIENT: u64 = 0x327F_9E88_7235_0975;
/// 2^512 mod n: takes a scalar into Montgomery form.
const R2: [u64; 4] = [
    0x9011_92AF_7C11_4F20,
    0x3464_504A_DE6F_A2FA,
    0x620F_C84C_3AFF_E0D4,
    0x1EB5_E412_A22B_3D3B,
];
/// p - n.
const P_MINUS_N: [u64; 4] = [0xAC44_0BF6_C62A_BEDC, 0x8DFC_2093_DE39_FAD5, 0, 0];

/// An integer below n. Copies stay on the stack; whoever holds a secret one wipes it.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Scalar([u64; 4]);

/// A constant factor: a scalar times 2^256 mod n.
#[derive(Zeroize)]
pub(crate) struct Factor([u64; 4]);

impl Scalar {
    pub(crate) const ONE: Self = Self([1, 0, 0, 0]);

    /// From 32 big-endian bytes; `None` for 0 and where they are not below n.
    pub(crate) fn from_nonzero(bytes: &[u8; 32]) -> Option<Self> {
        let limbs = limbs::from_bytes(bytes);
        let (_, below) = limbs::sub(&limbs, &N);
        // The answer, not the scalar, is what the branch tells.
        declassify::value(below & !limbs::is_zero(&limbs)).then_some(Self(limbs))
    }

    /// 32 big-endian bytes modulo n.
    pub(crate) fn reduce(bytes: &[u8; 32]) -> Self {
        Self::reduce_limbs(&limbs::from_bytes(bytes))
    }

    /// 2^256 < 2n, so one subtraction is enough.
    pub(crate) fn reduce_limbs(limbs: &[u64; 4]) -> Self {
        Self(subtract_once(limbs, false))
    }

    /// 32 big-endian bytes.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        limbs::to_bytes(&self.0)
    }

    pub(crate) fn limbs(&self) -> &[u64; 4] {
        &self.0
    }

    pub(crate) fn is_zero(&self) -> bool {
        limbs::is_zero(&self.0)
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let (sum, carry) = limbs::add(&self.0, &other.0);
        Self(subtract_once(&sum, carry))
    }

    pub(crate) fn sub(&self, other: &Self) -> Self {
        let (difference, borrow) = limbs::sub(&self.0, &other.0);
        let m = mask(borrow);
        Self(limbs::add(&difference, &N.map(|limb| limb & m)).0)
    }

    /// self·factor.
    pub(crate) fn mul(&self, factor: &Factor) -> Self {
        Self(montgomery_product(&self.0, &factor.0))
    }

    /// The odd one of self and n - self, and all ones where it is the second; for a scalar that is not 0.
    pub(super) fn odd(&self) -> (Self, u64) {
        let even = mask(self.0[0] & 1 == 0);
        let (negative, _) = limbs::sub(&N, &self.0);
        (Self(limbs::select(even, &negative, &self.0)), even)
    }

    /// 1/self in constant time, ready to be a factor; 0 for 0.
    pub(crate) fn invert(&self) -> Factor {
        let mut inverse = Self(inversion::MODULO_N.invert(&self.0));
        let factor = inverse.to_factor();
        inverse.zeroize();
        factor
    }

    pub(crate) fn to_factor(self) -> Factor {
        Factor(montgomery_product(&self.0, &R2))
    }

    /// self + n where that is still below p: the other x coordinate with this residue.
    pub(super) fn second_residue(&self) -> Option<[u64; 4]> {
        let (_, below) = limbs::sub(&self.0, &P_MINUS_N);
        below.then(|| limbs::add(&self.0, &N).0)
    }
}

/// a·b·2^-256 mod n.
fn montgomery_product(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut t = limbs::wide_product(a, b);
    // What has been carried out of the limb above the current window.
    let mut above = false;
    for i in 0..4 {
        let m = t[i].wrapping_mul(QUOTIENT);
        let mut carry = 0;
        for (j, limb) in N.iter().enumerate() {
            (t[i + j], carry) = m.carrying_mul_add(*limb, t[i + j], carry);
        }
        (t[i + 4], above) = t[i + 4].carrying_add(carry, above);
    }
    subtract_once(&[t[4], t[5], t[6], t[7]], above)
}

/// t - n where t (with `carry` as its bit 256) is at least n, else t; for t < 2n.
fn subtract_once(t: &[u64; 4], carry: bool) -> [u64; 4] {
    let (difference, borrow) = limbs::sub(t, &N);
    limbs::choose(borrow & !carry, t, &difference)
}
