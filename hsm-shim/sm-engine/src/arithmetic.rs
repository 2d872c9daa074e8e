//! The SM2 curve y² = x³ - 3x + b over the prime field of p, its group of prime order n (GB/T 32918.5).
//!
//! Safe, portable Rust on 64-bit limbs, with faster forms of its innermost parts for processors that have
//! them (`instructions`). What has `vartime` in its name branches on its input and is for
//! public data only; all else runs the same instructions and touches the same addresses for every input.
//! The compiler likes to turn masks back into branches: each decision passes through [`mask`].

pub(crate) mod affine;
mod affine_sums;
pub(crate) mod double_multiply;
pub(crate) mod field;
pub(crate) mod fixed_base;
mod instructions;
mod inversion;
mod jacobian;
#[cfg(any(test, target_arch = "x86_64"))]
mod lanes;
mod limbs;
pub(crate) mod many;
pub(crate) mod multiply;
mod odd_digits;
mod odd_multiples;
pub(crate) mod scalar;
#[cfg(test)]
mod tests;
mod wnaf;
#[cfg(target_arch = "x86_64")]
mod x86_64;
pub(crate) mod xyzz;

use std::hint::black_box;

/// All ones where `condition` holds, else zero; opaque to the optimiser, so that what is masked with it
/// stays masked and does not become a jump.
#[inline(always)]
fn mask(condition: bool) -> u64 {
    black_box(0_u64.wrapping_sub(u64::from(condition)))
}
