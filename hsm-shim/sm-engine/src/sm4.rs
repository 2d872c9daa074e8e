//! SM4 (GB/T 32907-2016) in four modes: [`GcmKey`] and [`CcmKey`] authenticate (RFC 8998 §2), [`CtrKey`] and
//! [`CbcKey`] do not.
//!
//! No path looks anything up by a secret or branches on one: safe Rust computes the S-box as a circuit, x86-64 by
//! AES-NI or GFNI. Which path is taken is decided by the processor when a key is made. The bare block cipher
//! stays inside.

mod cbc;
mod ccm;
mod cipher;
mod ctr;
mod gcm;
mod ghash;
mod portable;
mod round_keys;
mod sbox;
#[cfg(test)]
mod tests;
#[cfg(any(test, target_arch = "x86_64"))]
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use cbc::{CbcKey, NotBlocks, Undecryptable};
pub use ccm::{CcmKey, TooLong};
pub use ctr::{CtrKey, CtrStream};
pub use gcm::{GcmKey, Unauthentic};
