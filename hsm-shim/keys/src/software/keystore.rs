//! `keystore.json`: the root secret, sealed under the passphrase.

use crate::Error;
use crate::durable;
use crate::passphrase::{Cost, Derived};
use serde::{Deserialize, Serialize};
use sm_engine::sm3;
use sm_engine::sm4::GcmKey;
use sm_engine::{random, sm3::Digest};
use std::path::Path;
use zeroize::Zeroizing;

const FILE: &str = "keystore.json";
const FORMAT: &str = "gmpki software key store 1";

/// The file as it stands on disk; byte strings in lower-case hex.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyStore {
    format: String,
    kdf: Kdf,
    /// Tells a wrong passphrase before anything is opened.
    check: Digest,
    nonce: String,
    sealed_root: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    algorithm: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

const ALGORITHM: &str = "argon2id-1.3";

/// The root secret at work. No Debug, no Clone, wiped on drop.
pub(super) struct Root(Zeroizing<[u8; 32]>);

impl Root {
    /// For `Provider::derive`; the salt keeps it apart from the keys of key files.
    pub(super) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut secret = Zeroizing::new([0; 32]);
        sm3::hkdf(
            b"gmpki derive 1",
            &*self.0,
            purpose.as_bytes(),
            &mut *secret,
        );
        secret
    }

    /// The key of one key file; its random salt makes it a key for one seal.
    pub(super) fn file_key(&self, salt: &[u8; 16]) -> GcmKey {
        let mut key = Zeroizing::new([0; 16]);
        sm3::hkdf(b"gmpki key file 1", &*self.0, salt, &mut *key);
        GcmKey::new(&key)
    }
}

/// Makes the directory and a new store in it.
pub(super) fn create(directory: &Path, passphrase: &[u8]) -> Result<Root, Error> {
    let cost = Cost::fresh();
    let derived = cost.derive(passphrase)?;
    let root = Root(Zeroizing::new(random::array()));
    let nonce = random::array::<12>();
    let store = KeyStore {
        format: FORMAT.to_owned(),
        kdf: Kdf {
            algorithm: ALGORITHM.to_owned(),
            memory_kib: cost.memory,
            passes: cost.passes,
            lanes: cost.lanes,
            salt: hex::encode(cost.salt),
        },
        check: derived.check_value(),
        nonce: hex::encode(nonce),
        sealed_root: hex::encode(sealing_key(&derived).seal(&nonce, FORMAT.as_bytes(), &*root.0)),
    };
    let mut content = serde_json::to_vec_pretty(&store)
        .map_err(|error| Error::Provider(format!("{FILE}: {error}")))?;
    content.push(b'\n');
    durable::create_directory(directory)?;
    if durable::create_file(&directory.join(FILE), &content)? {
        Ok(root)
    } else {
        Err(Error::Exists(directory.join(FILE).display().to_string()))
    }
}

/// Opens the store of a directory.
pub(super) fn open(directory: &Path, passphrase: &[u8]) -> Result<Root, Error> {
    let content = durable::read_file(&directory.join(FILE))?
        .ok_or_else(|| Error::Provider(format!("{}: no key store here", directory.display())))?;
    let store: KeyStore = serde_json::from_slice(&content).map_err(|_| Error::Locked)?;
    if store.format != FORMAT || store.kdf.algorithm != ALGORITHM {
        return Err(Error::Locked);
    }
    let cost = Cost {
        memory: store.kdf.memory_kib,
        passes: store.kdf.passes,
        lanes: store.kdf.lanes,
        salt: from_hex(&store.kdf.salt)?,
    };
    // An empty passphrase is as wrong as any other here.
    let derived = cost.derive(passphrase).map_err(|error| match error {
        Error::Passphrase => Error::Locked,
        other => other,
    })?;
    if !store.check.matches(derived.check_value().as_bytes()) {
        return Err(Error::Locked);
    }
    let sealed: [u8; 48] = from_hex(&store.sealed_root)?;
    let root = sealing_key(&derived)
        .open(&from_hex(&store.nonce)?, FORMAT.as_bytes(), &sealed)
        .map_err(|_| Error::Locked)?;
    let root: &[u8; 32] = root.as_slice().try_into().map_err(|_| Error::Locked)?;
    Ok(Root(Zeroizing::new(*root)))
}

fn sealing_key(derived: &Derived) -> GcmKey {
    derived.sealing_key(FORMAT)
}

/// Exactly `N` bytes of hex.
pub(super) fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| Error::Locked)?;
    Ok(bytes)
}
