//! The public half: verifies and encrypts.

use super::curve::{Check, Point};
use super::{Error, PreparedKey, Signature, SignerId, ciphertext, identity};
use crate::sm3::Digest;
use crate::wipe;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// A point of the curve, never infinity. Cheap to clone.
#[derive(Clone)]
pub struct PublicKey {
    point: Point,
    xy: [u8; 64],
    /// Z under the default identifier, four of the five SM3 blocks of a short message; made when first needed.
    z: OnceLock<Digest>,
}

impl PublicKey {
    /// From `04 || X || Y`, 65 bytes.
    ///
    /// # Errors
    /// [`Error::PublicKey`] for another form or length, a coordinate not below p, a point off the curve.
    pub fn from_sec1(point: &[u8]) -> Result<Self, Error> {
        let parse = || {
            let (&form, xy) = point.split_first()?;
            let xy: &[u8; 64] = xy.try_into().ok()?;
            (form == 4).then(|| Point::from_coordinates(xy))?
        };
        parse().map(Self::new).ok_or(Error::PublicKey)
    }

    pub(super) fn new(point: Point) -> Self {
        let xy = point.coordinates();
        let z = OnceLock::new();
        Self { point, xy, z }
    }

    /// `04 || X || Y`.
    #[must_use]
    pub fn to_sec1(&self) -> [u8; 65] {
        let mut point = [4; 65];
        point[1..].copy_from_slice(&self.xy);
        point
    }

    /// Verifies in variable time (all data is public).
    ///
    /// # Errors
    /// [`Error::Mismatch`].
    pub fn verify(&self, id: SignerId, message: &[u8], signature: &Signature) -> Result<(), Error> {
        if self.verify_digest(&self.e(id, message), signature) {
            Ok(())
        } else {
            Err(Error::Mismatch)
        }
    }

    /// True where the signature was made with the EMPTY identifier (OpenSSL before 4.0 without `distid`).
    /// For a helpful refusal only; never a reason to accept.
    #[must_use]
    pub fn verifies_with_empty_id(&self, message: &[u8], signature: &Signature) -> bool {
        let z = identity::z(b"", &self.xy);
        self.verify_digest(&identity::e(&z, message), signature)
    }

    /// The same key with a table of its multiples, under which many signatures are verified quickly.
    #[must_use]
    pub fn prepare(&self) -> PreparedKey {
        PreparedKey::new(self)
    }

    /// Encrypts 1 byte to [`MAX_PLAINTEXT`](super::MAX_PLAINTEXT) to a DER `SM2Cipher` (GM/T 0009-2012 §7.2).
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        wipe::after_digests(|| ciphertext::encrypt(&self.point, plaintext))
    }

    /// e = SM3(Z || M).
    pub(super) fn e(&self, id: SignerId, message: &[u8]) -> Digest {
        identity::e(&self.z(id), message)
    }

    /// Z (GB/T 32918.2 §5.5). Only the identifier of nearly every call has its own kept.
    pub(super) fn z(&self, id: SignerId) -> Digest {
        let z = || identity::z(id.bytes(), &self.xy);
        match id {
            SignerId::Default => *self.z.get_or_init(z),
            SignerId::Tls13 => z(),
        }
    }

    pub(super) fn verify_digest(&self, e: &Digest, signature: &Signature) -> bool {
        Check::new(e.as_bytes(), signature.r(), signature.s())
            .is_some_and(|check| Check::all(&[(&self.point, check)]) == [true])
    }

    pub(super) fn point(&self) -> &Point {
        &self.point
    }

    #[cfg(test)]
    pub(super) fn xy(&self) -> &[u8; 64] {
        &self.xy
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(04")?;
        self.xy
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.xy == other.xy
    }
}

impl Eq for PublicKey {}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.xy.hash(state);
    }
}
