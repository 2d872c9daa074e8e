//! SM2 encryption (GB/T 32918.4) in its DER form.
//!
//! ```asn1
//! SM2Cipher ::= SEQUENCE {            -- GM/T 0009-2012 §7.2
//!     XCoordinate INTEGER,
//!     YCoordinate INTEGER,
//!     HASH        OCTET STRING (SIZE(32)),
//!     CipherText  OCTET STRING }
//! ```

use super::Error;
use super::curve::{Nonce, Point, Secret};
use super::der::{self, Reader};
use super::nonce::random_nonce;
use crate::declassify;
use crate::sm3::{Digest, Sm3};
use zeroize::Zeroizing;

/// The longest plaintext, 1 MiB: keys and small messages are encrypted here, not files.
pub const MAX_PLAINTEXT: usize = 1 << 20;

/// GB/T 32918.4 §6.1. An empty plaintext has no ciphertext: its key stream is "all zero" for every k.
pub(super) fn encrypt(recipient: &Point, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    if !(1..=MAX_PLAINTEXT).contains(&plaintext.len()) {
        return Err(Error::Length);
    }
    loop {
        if let Some(cipher) = encrypt_with(&random_nonce(), recipient, plaintext) {
            return Ok(cipher);
        }
    }
}

/// Steps A2 to A8; `None` where the key stream is all zero and the standard asks for another k.
pub(super) fn encrypt_with(k: &Nonce, recipient: &Point, plaintext: &[u8]) -> Option<Vec<u8>> {
    let c1 = k.point().coordinates();
    let shared = k.shared(recipient);
    let mut c2 = Zeroizing::new(plaintext.to_vec());
    apply_key_stream(&[&*shared], &mut c2)?;
    Some(encode(&c1, &checksum(&shared, plaintext), &c2))
}

/// GB/T 32918.4 §7.1. `None` hides which of the checks failed.
pub(super) fn decrypt(secret: &Secret, cipher: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (c1, c3, c2) = decode(cipher)?;
    let shared = secret.shared(&Point::from_coordinates(&c1)?);
    let mut plaintext = Zeroizing::new(c2.to_vec());
    let stream = apply_key_stream(&[&*shared], &mut plaintext);
    let authentic = checksum(&shared, &plaintext).matches(c3);
    declassify::value(authentic & stream.is_some()).then_some(plaintext)
}

/// XORs KDF(`parts` one after the other) (GB/T 32918.4 §5.4.3) into `data`; `None` where the key stream is all
/// zero.
pub(super) fn apply_key_stream(parts: &[&[u8]], data: &mut [u8]) -> Option<()> {
    let mut prefix = Sm3::new();
    parts.iter().for_each(|part| prefix.update(part));
    let mut any = 0;
    for (counter, chunk) in (1_u32..).zip(data.chunks_mut(32)) {
        let mut state = prefix.clone();
        state.update(&counter.to_be_bytes());
        let block = Zeroizing::new(state.finish().0);
        for (byte, key) in chunk.iter_mut().zip(block.iter()) {
            *byte ^= key;
            any |= key;
        }
    }
    // All zero with probability 256^-length; the standard has both sides give up then.
    declassify::value(any != 0).then_some(())
}

/// C3 = SM3(x2 || M || y2).
fn checksum(shared: &[u8; 64], plaintext: &[u8]) -> Digest {
    let (x2, y2) = shared.split_at(32);
    let mut state = Sm3::new();
    state.update(x2);
    state.update(plaintext);
    state.update(y2);
    state.finish()
}

fn encode(c1: &[u8; 64], c3: &Digest, c2: &[u8]) -> Vec<u8> {
    let [x, y] = halves(c1);
    let octets = der::header_length(c2.len()) + c2.len();
    let content = der::integer_length(&x) + der::integer_length(&y) + 34 + octets;
    let mut out = Vec::with_capacity(der::header_length(content) + content);
    der::write_header(&mut out, der::SEQUENCE, content);
    der::write_integer(&mut out, &x);
    der::write_integer(&mut out, &y);
    der::write_header(&mut out, der::OCTET_STRING, 32);
    out.extend_from_slice(c3.as_bytes());
    der::write_header(&mut out, der::OCTET_STRING, c2.len());
    out.extend_from_slice(c2);
    out
}

/// C1 as `x || y`, C3 and C2 of a strict encoding with 1 to [`MAX_PLAINTEXT`] bytes of C2.
fn decode(cipher: &[u8]) -> Option<([u8; 64], &[u8; 32], &[u8])> {
    let mut outer = Reader::new(cipher);
    let mut inner = Reader::new(outer.element(der::SEQUENCE)?);
    outer.end()?;
    let (x, y) = (inner.integer()?, inner.integer()?);
    let c3 = inner.element(der::OCTET_STRING)?.try_into().ok()?;
    let c2 = inner.element(der::OCTET_STRING)?;
    inner.end()?;
    let mut c1 = [0; 64];
    c1[..32].copy_from_slice(&x);
    c1[32..].copy_from_slice(&y);
    (1..=MAX_PLAINTEXT)
        .contains(&c2.len())
        .then_some((c1, c3, c2))
}

fn halves(xy: &[u8; 64]) -> [[u8; 32]; 2] {
    let mut halves = [[0; 32]; 2];
    halves[0].copy_from_slice(&xy[..32]);
    halves[1].copy_from_slice(&xy[32..]);
    halves
}
