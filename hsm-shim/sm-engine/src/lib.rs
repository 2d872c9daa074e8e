//! SM2, SM3 and SM4, and the few [`foreign`] algorithms: the only crate that names an algorithm implementation.
//!
//! Everything above speaks to the types here; the arithmetic underneath can be replaced.
//! Not here: key storage (`keys`), certificates (`x509`).

mod arithmetic;
mod cpu;
mod declassify;
mod digest_serde;
pub mod foreign;
pub mod key;
#[cfg(feature = "memcheck")]
#[doc(hidden)]
pub mod memcheck;
pub mod random;
pub mod sm2;
pub mod sm3;
pub mod sm4;
#[cfg(test)]
mod tests;
mod wipe;

pub use cpu::instructions_used;
