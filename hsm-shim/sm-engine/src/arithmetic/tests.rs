//! The arithmetic against others' (fiat-crypto's proved field, RustCrypto's group) and against its own laws.
#![allow(clippy::unwrap_used)]

mod fields;
mod lanes;
mod multiples;
mod points;
mod recodings;

use super::field::Field;
use super::scalar::Scalar;

/// Runs the expression with `a` each of the instruction sets that this processor has.
macro_rules! with_each {
    ($a:ident => $work:expr) => {{
        let $a = $crate::arithmetic::instructions::Portable;
        $work;
        #[cfg(target_arch = "x86_64")]
        if let Some($a) = $crate::arithmetic::x86_64::Adx::detect() {
            $work;
        }
    }};
}
use proptest::prelude::*;
use with_each;

/// The modulus as an integer in little-endian limbs.
pub(super) const P: [u64; 4] = [
    0xFFFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFF_0000_0000,
    0xFFFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFE_FFFF_FFFF,
];
pub(super) const N: [u64; 4] = [
    0x53BB_F409_39D5_4123,
    0x7203_DF6B_21C6_052B,
    0xFFFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFE_FFFF_FFFF,
];

fn minus(a: &[u64; 4], small: u64) -> [u64; 4] {
    super::limbs::sub(a, &[small, 0, 0, 0]).0
}

/// Integers where carries and corrections live: near 0, near the modulus, limbs of all ones or of one bit.
fn edges(modulus: &[u64; 4]) -> Vec<[u64; 4]> {
    let mut edges: Vec<[u64; 4]> = (0..4).map(|low| [low, 0, 0, 0]).collect();
    edges.extend((1..9).map(|small| minus(modulus, small)));
    for pattern in 1..15_u32 {
        let limbs = [0, 1, 2, 3].map(|i| if pattern >> i & 1 == 1 { u64::MAX } else { 0 });
        edges.push(limbs);
        edges.push(limbs.map(|limb| limb & 0xFFFF_FFFF));
        edges.push(limbs.map(|limb| limb << 63));
    }
    let (half, _) = super::limbs::sub(modulus, &[1, 0, 0, 0]);
    edges.push([
        half[0] >> 1 | half[1] << 63,
        half[1] >> 1 | half[2] << 63,
        half[2] >> 1 | half[3] << 63,
        half[3] >> 1,
    ]);
    edges.retain(|value| super::limbs::sub(value, modulus).1);
    edges
}

/// Integers below the modulus: random ones, and as often edges.
fn below(modulus: [u64; 4]) -> impl Strategy<Value = [u64; 4]> {
    let random = any::<[u64; 4]>().prop_map(move |value| {
        let (reduced, below) = super::limbs::sub(&value, &modulus);
        if below { value } else { reduced }
    });
    prop_oneof![random, prop::sample::select(edges(&modulus))]
}

fn field() -> impl Strategy<Value = Field> {
    below(P).prop_map(Field::from_montgomery)
}

fn scalar() -> impl Strategy<Value = Scalar> {
    below(N).prop_map(|limbs| Scalar::reduce_limbs(&limbs))
}
