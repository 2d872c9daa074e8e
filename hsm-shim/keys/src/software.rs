//! Software keys in one directory: `keystore.json` and one sealed file for each key.
//!
//! For development and demonstration: whoever reads this process's memory has the keys. At rest they are
//! sealed with SM4-GCM under a random root secret, and that under the passphrase (Argon2id).

mod key_file;
mod keystore;

use crate::durable;
use crate::memory_key::MemoryKey;
use crate::{Error, KeyLabel, Provider, Signer, Verified};
use keystore::Root;
use sm_engine::key::Algorithm;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

const KEY_SUFFIX: &str = ".key";

/// The software provider. No Debug, no Clone; the root secret is wiped on drop.
pub struct SoftwareProvider {
    directory: PathBuf,
    root: Root,
}

impl SoftwareProvider {
    /// Makes `directory` (mode 0700) and in it a new store under `passphrase` (1 to 1024 bytes).
    ///
    /// # Errors
    /// [`Error::Exists`] where a store is there already; [`Error::Passphrase`]; [`Error::Provider`], also for
    /// an existing directory with something in it that others can enter.
    pub fn create(directory: impl AsRef<Path>, passphrase: &[u8]) -> Result<Self, Error> {
        let directory = directory.as_ref().to_owned();
        let root = keystore::create(&directory, passphrase)?;
        Ok(Self { directory, root })
    }

    /// Opens the store in `directory`.
    ///
    /// # Errors
    /// [`Error::Locked`]: wrong passphrase or damaged file. [`Error::Provider`]: no store there, or not readable.
    pub fn open(directory: impl AsRef<Path>, passphrase: &[u8]) -> Result<Self, Error> {
        let directory = directory.as_ref().to_owned();
        let root = keystore::open(&directory, passphrase)?;
        Ok(Self { directory, root })
    }

    fn path(&self, label: &KeyLabel) -> PathBuf {
        self.directory.join(format!("{label}{KEY_SUFFIX}"))
    }

    /// Writes the file of a new key.
    fn keep(
        &self,
        label: &KeyLabel,
        (key, secret): (MemoryKey, Zeroizing<Vec<u8>>),
    ) -> Result<Arc<dyn Signer>, Error> {
        let content = key_file::seal(&self.root, label, &key, &secret)?;
        if durable::create_file(&self.path(label), &content)? {
            Ok(Arc::new(Verified::new(key)))
        } else {
            Err(Error::Exists(label.to_string()))
        }
    }
}

impl Provider for SoftwareProvider {
    fn describe(&self) -> String {
        "software keys (development and demonstration)".to_owned()
    }

    fn generate_for(
        &self,
        label: &KeyLabel,
        algorithm: Algorithm,
    ) -> Result<Arc<dyn Signer>, Error> {
        self.keep(label, MemoryKey::generate(algorithm)?)
    }

    fn import(&self, label: &KeyLabel, key: &[u8]) -> Result<Arc<dyn Signer>, Error> {
        self.keep(label, MemoryKey::import(key)?)
    }

    fn signer(&self, label: &KeyLabel) -> Result<Arc<dyn Signer>, Error> {
        let content = durable::read_file(&self.path(label))?
            .ok_or_else(|| Error::NotFound(label.to_string()))?;
        let key = key_file::open(&self.root, label, &content)?;
        Ok(Arc::new(Verified::new(key)))
    }

    fn labels(&self) -> Result<Vec<KeyLabel>, Error> {
        let failed = |error| durable::failed(&self.directory, &error);
        let mut labels = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let label = name.to_str().and_then(|name| name.strip_suffix(KEY_SUFFIX));
            // Other files may lie here: an editor's copy, a note. They are not keys.
            labels.extend(label.and_then(|label| KeyLabel::new(label).ok()));
        }
        labels.sort();
        Ok(labels)
    }

    fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
        Ok(self.root.derive(purpose))
    }
}

#[cfg(test)]
mod tests;
