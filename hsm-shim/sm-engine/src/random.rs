//! Random bytes from the operating system: the only source of randomness of the engine.

use crate::declassify;

/// Fills `buffer` from the operating system's generator.
///
/// # Panics
/// Where the operating system has no random source: nothing safe can be done then.
pub fn fill(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system has a random source");
    declassify::secret(buffer);
}

/// A fresh array of random bytes.
#[must_use]
pub fn array<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}
