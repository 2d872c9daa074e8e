//! Z, the digest of who signs (GB/T 32918.2 §5.5), and e, the digest that is signed.

use crate::sm3::{Digest, Sm3, digest_many};

/// a, b, Gx and Gy of the curve (GB/T 32918.5), 32 bytes each.
const CURVE: [u8; 128] = *b"\
\xFF\xFF\xFF\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\
\xFF\xFF\xFF\xFF\x00\x00\x00\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFC\
\x28\xE9\xFA\x9E\x9D\x9F\x5E\x34\x4D\x5A\x9E\x4B\xCF\x65\x09\xA7\
\xF3\x97\x89\xF5\x15\xAB\x8F\x92\xDD\xBC\xBD\x41\x4D\x94\x0E\x93\
\x32\xC4\xAE\x2C\x1F\x19\x81\x19\x5F\x99\x04\x46\x6A\x39\xC9\x94\
\x8F\xE3\x0B\xBF\xF2\x66\x0B\xE1\x71\x5A\x45\x89\x33\x4C\x74\xC7\
\xBC\x37\x36\xA2\xF4\xF6\x77\x9C\x59\xBD\xCE\xE3\x6B\x69\x21\x53\
\xD0\xA9\x87\x7C\xC6\x2A\x47\x40\x02\xDF\x32\xE5\x21\x39\xF0\xA0";

/// Z = SM3(ENTL || ID || a || b || Gx || Gy || Px || Py), ENTL being the bits of `id` in 16 bits.
///
/// # Panics
/// Above 8191 bytes of `id`; identifiers are constants of this crate.
pub(super) fn z(id: &[u8], xy: &[u8; 64]) -> Digest {
    let bits = u16::try_from(id.len() * 8).expect("identifiers are short constants");
    let mut state = Sm3::new();
    state.update(&bits.to_be_bytes());
    state.update(id);
    state.update(&CURVE);
    state.update(xy);
    state.finish()
}

/// e = SM3(Z || M).
pub(super) fn e(z: &Digest, message: &[u8]) -> Digest {
    let mut state = Sm3::new();
    state.update(z.as_bytes());
    state.update(message);
    state.finish()
}

/// Longer messages are not worth the copy that hashing side by side needs.
const SHORT: usize = 16 << 10;

/// The same of many.
pub(super) fn e_many(items: &[(Digest, &[u8])]) -> Vec<Digest> {
    if items.iter().any(|(_, message)| message.len() > SHORT) {
        return items.iter().map(|(z, message)| e(z, message)).collect();
    }
    let whole: Vec<Vec<u8>> = items
        .iter()
        .map(|(z, message)| [z.as_bytes(), *message].concat())
        .collect();
    digest_many(&whole.iter().map(Vec::as_slice).collect::<Vec<_>>())
}
