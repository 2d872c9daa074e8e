//! A public key under which many signatures are verified: an issuer's, an officer's, a responder's.

use super::curve::Check;
use super::{Error, PublicKey, Signature, SignerId};
use crate::arithmetic::fixed_base::FixedBase;
use crate::sm3::Digest;

/// A public key with a table of its multiples: 148 KiB, made in about the time of fifteen verifications; each
/// verification then takes about a quarter of [`PublicKey::verify`]'s time. Share it behind an `Arc`.
pub struct PreparedKey {
    key: PublicKey,
    table: FixedBase,
}

impl PreparedKey {
    pub(super) fn new(key: &PublicKey) -> Self {
        Self {
            key: key.clone(),
            table: key.point().table(),
        }
    }

    /// The key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Verifies exactly as [`PublicKey::verify`] does.
    ///
    /// # Errors
    /// [`Error::Mismatch`].
    pub fn verify(&self, id: SignerId, message: &[u8], signature: &Signature) -> Result<(), Error> {
        if self.verify_digest(&self.key.e(id, message), signature) {
            Ok(())
        } else {
            Err(Error::Mismatch)
        }
    }

    pub(super) fn table(&self) -> &FixedBase {
        &self.table
    }

    pub(super) fn verify_digest(&self, e: &Digest, signature: &Signature) -> bool {
        Check::new(e.as_bytes(), signature.r(), signature.s())
            .is_some_and(|check| Check::all_prepared(&[(&self.table, check)]) == [true])
    }
}

impl std::fmt::Debug for PreparedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PreparedKey").field(&self.key).finish()
    }
}
