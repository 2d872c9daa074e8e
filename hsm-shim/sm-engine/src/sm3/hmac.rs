//! HMAC-SM3 (GM/T 0042-2015, RFC 2104) and HKDF-SM3 (RFC 5869 with SM3).

use super::compress::Path;
use super::many::{Rest, digest_rests};
use super::{Digest, Sm3, digest};
use zeroize::{Zeroize as _, Zeroizing};

/// A key of HMAC-SM3, both its padded blocks hashed already. No Debug, no Clone, wiped on drop.
pub struct HmacKey {
    inner: [u32; 8],
    outer: [u32; 8],
    path: Path,
}

impl HmacKey {
    /// From a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let path = Path::fastest();
        let mut block = [0; 64];
        if key.len() > 64 {
            block[..32].copy_from_slice(&digest(key).0);
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let state = |block: &[u8; 64]| {
            let mut state = Sm3::on(path);
            state.update(block);
            state.into_state()
        };
        block.iter_mut().for_each(|byte| *byte ^= 0x36);
        let inner = state(&block);
        block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5C);
        let outer = state(&block);
        block.zeroize();
        Self { inner, outer, path }
    }

    /// HMAC-SM3 of the concatenation of `parts`.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> Digest {
        let mut inner = Sm3::after_block(self.path, self.inner, 1);
        parts.iter().for_each(|part| inner.update(part));
        let mut outer = Sm3::after_block(self.path, self.outer, 1);
        outer.update(inner.finish().as_bytes());
        outer.finish()
    }
}

/// HMAC-SM3 of many messages, each under a key of its own, side by side where the processor has lanes for them.
pub(crate) fn mac_many(items: &[(&HmacKey, &[u8])]) -> Zeroizing<Vec<Digest>> {
    let path = Path::fastest();
    let after = |rests: &mut dyn Iterator<Item = ([u32; 8], &[u8])>| {
        let rest = |(state, message)| Rest {
            state,
            blocks: 1,
            message,
        };
        // A state is as good as its key.
        let rests = Zeroizing::new(rests.map(rest).collect::<Box<[_]>>());
        Zeroizing::new(digest_rests(path, &rests))
    };
    let inner = after(&mut items.iter().map(|(key, message)| (key.inner, *message)));
    let outer = items.iter().zip(&*inner);
    after(&mut outer.map(|((key, _), digest)| (key.outer, &digest.0[..])))
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// HMAC-SM3 of one message under a key of any length that is not used again.
#[must_use]
pub fn hmac(key: &[u8], message: &[u8]) -> Digest {
    HmacKey::new(key).mac(&[message])
}

/// HKDF-SM3 (RFC 5869 with SM3): fills `okm`.
///
/// # Panics
/// Where `okm` is longer than 255 × 32 bytes, the limit of RFC 5869 §2.3.
pub fn hkdf(salt: &[u8], ikm: &[u8], info: &[u8], okm: &mut [u8]) {
    let mut prk = hmac(salt, ikm).0;
    let key = HmacKey::new(&prk);
    prk.zeroize();
    let mut block = [0; 32];
    for (index, chunk) in okm.chunks_mut(32).enumerate() {
        let counter = u8::try_from(index + 1).expect("HKDF gives at most 255 blocks");
        let previous: &[u8] = if index == 0 { &[] } else { &block };
        block = key.mac(&[previous, info, &[counter]]).0;
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    block.zeroize();
}
