//! SM3 and HMAC-SM3 by the crates `sm3` and `hmac`.

use hmac::{Hmac, KeyInit, Mac};
use sm3::Digest as _;

/// A running SM3.
#[derive(Clone, Default)]
pub(crate) struct Sm3(sm3::Sm3);

impl Sm3 {
    /// Absorbs bytes.
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// Finishes.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// A key of HMAC-SM3 with both its padded blocks hashed already. Wiped on drop by the crates themselves.
pub(crate) struct HmacKey(Hmac<sm3::Sm3>);

impl HmacKey {
    /// From a key of any length.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// HMAC-SM3 of the concatenation of `parts`.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// HMAC-SM3 of the concatenation of `parts`; a key of any length.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    HmacKey::new(key).mac(parts)
}
