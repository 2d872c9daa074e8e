//! Where something derived from a secret becomes public: each place says why it may.
//!
//! With the feature `memcheck` valgrind is told, which then stops to treat the value as a secret; everything else that
//! branches on a secret or indexes by one is an error there. Without it the value passes a barrier instead, so that
//! what is decided on is computed in one piece first, as in the program that was checked.

#[cfg(feature = "memcheck")]
use crate::memcheck;

/// The value, which is public from here on.
#[inline(always)]
pub(crate) fn value<T: Copy>(value: T) -> T {
    #[cfg(feature = "memcheck")]
    let value = {
        let mut value = value;
        memcheck::public(&mut value);
        value
    };
    std::hint::black_box(value)
}

/// Bytes that are secret although they came from outside the program: valgrind takes them for public.
#[inline(always)]
pub(crate) fn secret(bytes: &mut [u8]) {
    #[cfg(feature = "memcheck")]
    memcheck::secret(bytes);
    let _ = bytes;
}
