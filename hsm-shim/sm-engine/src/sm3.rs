//! SM3 (GB/T 32905-2016), HMAC-SM3 and HKDF-SM3.
//!
//! One stream is bound by its chain of rounds; many messages run side by side ([`digest_many`]).

mod compress;
mod digest;
mod hmac;
mod lanes;
mod many;
mod stream;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use digest::{Digest, NotADigest};
pub(crate) use hmac::mac_many;
pub use hmac::{HmacKey, hkdf, hmac};
pub use many::digest_many;
pub use stream::{Sm3, digest};
