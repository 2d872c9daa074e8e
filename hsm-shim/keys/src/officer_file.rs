//! An officer's own key: one PEM file, encrypted under the officer's passphrase.
//!
//! Inside is PKCS#8, so the key can leave for another program; outside is Argon2id and SM4-GCM.
//! A token takes the place of this file where there is one.

mod envelope;

use crate::memory_key::MemoryKey;
use crate::{Error, Signer, Verified, durable, pkcs8};
use sm_engine::key::{PublicKey, Signature};
use sm_engine::sm2::{self, PrivateKey};
use std::path::Path;
use zeroize::Zeroizing;

/// An opened officer's key, ready to sign. No Debug, no Clone, wiped on drop.
pub struct OfficerKey {
    key: Verified<MemoryKey>,
    sm2: sm2::PublicKey,
}

impl OfficerKey {
    /// Makes a fresh key and its file (mode 0600) under `passphrase` (1 to 1024 bytes).
    ///
    /// # Errors
    /// [`Error::Exists`]: a file is never overwritten. [`Error::Passphrase`], [`Error::Provider`].
    pub fn create(path: impl AsRef<Path>, passphrase: &[u8]) -> Result<Self, Error> {
        Self::store(path.as_ref(), passphrase, PrivateKey::generate())
    }

    /// Takes over a key that the officer made elsewhere: unencrypted PKCS#8 or SEC 1, PEM or DER, as openssl
    /// writes it. Makes a file of it under `passphrase`; wiping `key` is the caller's part.
    ///
    /// # Errors
    /// [`Error::Import`] says what `key` is instead; otherwise as [`OfficerKey::create`].
    pub fn import(path: impl AsRef<Path>, passphrase: &[u8], key: &[u8]) -> Result<Self, Error> {
        Self::store(path.as_ref(), passphrase, pkcs8::decode(key)?)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Locked`]: wrong passphrase or damaged file. [`Error::NotFound`] with the path. [`Error::Provider`].
    pub fn open(path: impl AsRef<Path>, passphrase: &[u8]) -> Result<Self, Error> {
        let key = pkcs8::decode(&Self::export(path, passphrase)?).map_err(|_| Error::Locked)?;
        Ok(Self::new(key))
    }

    /// The PKCS#8 DER (138 bytes, unencrypted) of a file, for the officer to carry elsewhere.
    ///
    /// # Errors
    /// As [`OfficerKey::open`].
    pub fn export(path: impl AsRef<Path>, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let path = path.as_ref();
        let pem =
            durable::read_file(path)?.ok_or_else(|| Error::NotFound(path.display().to_string()))?;
        envelope::open(&pem, passphrase)
    }

    /// The public half, by its type: an officer's key is SM2.
    #[must_use]
    pub fn sm2_public_key(&self) -> &sm2::PublicKey {
        &self.sm2
    }

    fn new(key: PrivateKey) -> Self {
        Self {
            sm2: key.public_key().clone(),
            key: Verified::new(key.into()),
        }
    }

    fn store(path: &Path, passphrase: &[u8], key: PrivateKey) -> Result<Self, Error> {
        let pem = envelope::seal(&pkcs8::encode(&key)?, passphrase)?;
        if durable::create_file(path, pem.as_bytes())? {
            Ok(Self::new(key))
        } else {
            Err(Error::Exists(path.display().to_string()))
        }
    }
}

impl Signer for OfficerKey {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        self.key.sign(message)
    }

    fn sign_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
        self.key.sign_many(messages)
    }
}

#[cfg(test)]
mod tests;
