//! What an operation on secrets leaves behind on the stack: spilled registers, field elements inside a sum of points,
//! digits. Variables that hold a key or a nonce are wiped one by one where they stand; of the copies that the compiler
//! makes of them and of intermediate values nobody knows the place, but they all lie in the frames below the operation.
//!
//! Best effort: no promise of the language keeps the frames apart. `tests` looks at the stack of each operation and on
//! each path of x86-64 afterwards. Not wiped: registers, and the frames of an operation that panics.

#[cfg(all(test, target_os = "linux", target_arch = "x86_64", not(miri)))]
mod tests;

use zeroize::zeroize_stack;

/// Bytes of stack below multiples of points and inversions.
const POINTS: usize = 8 << 10;

/// The same below digests of whole texts, whose blocks are expanded eight at a time.
const DIGESTS: usize = 16 << 10;

/// The same below batches, whose lanes are wide.
const BATCHES: usize = 32 << 10;

/// Does work with points and short digests and overwrites the stack that it used.
#[inline(always)]
pub(crate) fn after_points<R>(work: impl FnOnce() -> R) -> R {
    let result = apart(work);
    zeroize_stack::<POINTS>();
    result
}

/// The same of work with digests of any length.
#[inline(always)]
pub(crate) fn after_digests<R>(work: impl FnOnce() -> R) -> R {
    let result = apart(work);
    zeroize_stack::<DIGESTS>();
    result
}

/// The same of work on many keys at once.
#[inline(always)]
pub(crate) fn after_batch<R>(work: impl FnOnce() -> R) -> R {
    let result = apart(work);
    zeroize_stack::<BATCHES>();
    result
}

/// Work in frames below its caller's, where `zeroize_stack` then has its own.
#[inline(never)]
fn apart<R>(work: impl FnOnce() -> R) -> R {
    work()
}
