//! The private half: signs and decrypts.

use super::curve::{Nonce, Point, Secret};
use super::nonce::{NonceKey, Salt};
use super::{Error, PublicKey, Signature, SignerId, ciphertext};
use crate::arithmetic::scalar::Scalar;
use crate::random;
use crate::sm3::Digest;
use crate::wipe;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// Attempts at a usable k. One fails with probability 2^-32, so eight never do by chance.
const ATTEMPTS: u32 = 8;

/// A private key d in [1, n-2]. No Debug, no Clone, wiped on drop.
pub struct PrivateKey {
    // Boxed: moving the key then leaves no copies of its secrets behind on the stack.
    secret: Box<Secret>,
    /// Made for the first signature.
    nonces: OnceLock<Box<NonceKey>>,
    public: PublicKey,
}

impl PrivateKey {
    /// A fresh key from the operating system's generator.
    #[must_use]
    pub fn generate() -> Self {
        wipe::after_points(|| {
            loop {
                let d = Zeroizing::new(random::array::<32>());
                if let Some(key) = Self::read(&d) {
                    return key;
                }
            }
        })
    }

    /// From 32 big-endian bytes; refuses 0 and everything above n-2.
    ///
    /// # Errors
    /// [`Error::Secret`].
    pub fn from_bytes(d: &[u8; 32]) -> Result<Self, Error> {
        wipe::after_points(|| Self::read(d)).ok_or(Error::Secret)
    }

    fn read(d: &[u8; 32]) -> Option<Self> {
        let secret = Secret::from_bytes(d)?;
        let public = secret.public();
        Some(Self::new(Box::new(secret), public))
    }

    pub(super) fn new(secret: Box<Secret>, public: Point) -> Self {
        Self {
            secret,
            nonces: OnceLock::new(),
            public: PublicKey::new(public),
        }
    }

    pub(super) fn nonces(&self) -> &NonceKey {
        self.nonces
            .get_or_init(|| Box::new(NonceKey::derive(&self.to_bytes())))
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The 32 big-endian bytes, for wrapping only.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.secret.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message (Z and SM3 inside); the nonce is derived from key, message and fresh randomness.
    ///
    /// # Errors
    /// [`Error::Secret`] where no usable nonce was found, which does not happen by chance.
    ///
    /// # Panics
    /// Where the operating system has no random source.
    pub fn sign(&self, id: SignerId, message: &[u8]) -> Result<Signature, Error> {
        let e = self.public.e(id, message);
        wipe::after_points(|| self.sign_digest(&e, &Salt::fresh()))
    }

    /// Decrypts a DER `SM2Cipher` (GM/T 0009-2012 §7.2) of at most [`MAX_PLAINTEXT`](super::MAX_PLAINTEXT).
    ///
    /// # Errors
    /// [`Error::Secret`], whatever is wrong.
    pub fn decrypt(&self, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        wipe::after_digests(|| ciphertext::decrypt(&self.secret, cipher)).ok_or(Error::Secret)
    }

    /// A signature that leaves behind on the stack what it used.
    #[cfg(all(test, target_os = "linux", target_arch = "x86_64", not(miri)))]
    pub(crate) fn sign_unwiped(&self, e: &Digest) -> Result<Signature, Error> {
        self.sign_digest(e, &Salt::fresh())
    }

    pub(super) fn sign_digest(&self, e: &Digest, salt: &Salt) -> Result<Signature, Error> {
        (0..ATTEMPTS)
            .find_map(|attempt| {
                let k = self.nonces().nonce(salt, e.as_bytes(), attempt)?;
                self.finish(e, &k, &k.x_coordinate())
            })
            .ok_or(Error::Secret)
    }

    /// The signature with a one-time secret whose x1 is known; `None` where it takes another one.
    pub(super) fn finish(&self, e: &Digest, k: &Nonce, x1: &Scalar) -> Option<Signature> {
        let (r, s) = self.secret.sign(e.as_bytes(), k, x1)?;
        Signature::new(r, s)
    }
}
