//! `<label>.key`: one private key, sealed under a key of its own and bound to its label.

use super::keystore::{Root, from_hex};
use crate::RawSigner as _;
use crate::memory_key::MemoryKey;
use crate::{Error, KeyLabel};
use serde::{Deserialize, Serialize};
use sm_engine::key::Algorithm;
use sm_engine::random;

const FORMAT: &str = "gmpki software key 1";

/// The file as it stands on disk; byte strings in lower-case hex.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: String,
    label: String,
    /// Name of the algorithm; absent for SM2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    algorithm: Option<String>,
    /// `04 || X || Y`, or DER of an `RSAPublicKey`.
    public_key: String,
    /// Makes the sealing key from the root secret.
    salt: String,
    nonce: String,
    sealed_key: String,
}

impl KeyFile {
    /// What the seal covers besides the key: a file under another label, or with another public key or algorithm,
    /// does not open.
    fn associated_data(&self) -> Vec<u8> {
        let mut lines = vec![&*self.format, &*self.label, &*self.public_key];
        lines.extend(self.algorithm.as_deref());
        lines.join("\n").into_bytes()
    }
}

/// The content of a new key file.
pub(super) fn seal(
    root: &Root,
    label: &KeyLabel,
    key: &MemoryKey,
    secret: &[u8],
) -> Result<Vec<u8>, Error> {
    let salt = random::array::<16>();
    let nonce = random::array::<12>();
    let algorithm = key.public_key().algorithm();
    let mut file = KeyFile {
        format: FORMAT.to_owned(),
        label: label.to_string(),
        algorithm: (algorithm != Algorithm::Sm2Sm3).then(|| algorithm.name().to_owned()),
        public_key: hex::encode(key.public_key().to_bytes()),
        salt: hex::encode(salt),
        nonce: hex::encode(nonce),
        sealed_key: String::new(),
    };
    let sealed = root
        .file_key(&salt)
        .seal(&nonce, &file.associated_data(), secret);
    file.sealed_key = hex::encode(sealed);
    let mut content = serde_json::to_vec_pretty(&file)
        .map_err(|error| Error::Provider(format!("{label}: {error}")))?;
    content.push(b'\n');
    Ok(content)
}

/// The key of a file that was found under `label`; [`Error::Locked`] where anything does not fit.
pub(super) fn open(root: &Root, label: &KeyLabel, content: &[u8]) -> Result<MemoryKey, Error> {
    let file: KeyFile = serde_json::from_slice(content).map_err(|_| Error::Locked)?;
    if file.format != FORMAT || file.label != label.as_str() {
        return Err(Error::Locked);
    }
    let algorithm = match &file.algorithm {
        None => Algorithm::Sm2Sm3,
        Some(name) => Algorithm::from_name(name).ok_or(Error::Locked)?,
    };
    let sealed = hex::decode(&file.sealed_key).map_err(|_| Error::Locked)?;
    let secret = root
        .file_key(&from_hex(&file.salt)?)
        .open(&from_hex(&file.nonce)?, &file.associated_data(), &sealed)
        .map_err(|_| Error::Locked)?;
    let key = MemoryKey::from_secret(algorithm, &secret).ok_or(Error::Locked)?;
    if hex::encode(key.public_key().to_bytes()) == file.public_key {
        Ok(key)
    } else {
        Err(Error::Locked)
    }
}
