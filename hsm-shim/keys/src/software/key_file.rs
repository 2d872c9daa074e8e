//! `<label>.key`: one private key, sealed under a key of its own and bound to its label.

use super::keystore::{Root, from_hex};
use crate::{Error, KeyLabel};
use serde::{Deserialize, Serialize};
use sm_engine::random;
use sm_engine::sm2::PrivateKey;
use zeroize::Zeroizing;

const FORMAT: &str = "gmpki software key 1";

/// The file as it stands on disk; byte strings in lower-case hex.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: String,
    label: String,
    /// `04 || X || Y`.
    public_key: String,
    /// Makes the sealing key from the root secret.
    salt: String,
    nonce: String,
    sealed_key: String,
}

impl KeyFile {
    /// What the seal covers besides the key: a file under another label, or with another public key, does not open.
    fn associated_data(&self) -> Vec<u8> {
        [&*self.format, &*self.label, &*self.public_key]
            .join("\n")
            .into_bytes()
    }
}

/// The content of a new key file.
pub(super) fn seal(root: &Root, label: &KeyLabel, key: &PrivateKey) -> Result<Vec<u8>, Error> {
    let salt = random::array::<16>();
    let nonce = random::array::<12>();
    let mut file = KeyFile {
        format: FORMAT.to_owned(),
        label: label.to_string(),
        public_key: hex::encode(key.public_key().to_sec1()),
        salt: hex::encode(salt),
        nonce: hex::encode(nonce),
        sealed_key: String::new(),
    };
    let sealed = root
        .file_key(&salt)
        .seal(&nonce, &file.associated_data(), &*key.to_bytes());
    file.sealed_key = hex::encode(sealed);
    let mut content = serde_json::to_vec_pretty(&file)
        .map_err(|error| Error::Provider(format!("{label}: {error}")))?;
    content.push(b'\n');
    Ok(content)
}

/// The key of a file that was found under `label`; [`Error::Locked`] where anything does not fit.
pub(super) fn open(root: &Root, label: &KeyLabel, content: &[u8]) -> Result<PrivateKey, Error> {
    let file: KeyFile = serde_json::from_slice(content).map_err(|_| Error::Locked)?;
    if file.format != FORMAT || file.label != label.as_str() {
        return Err(Error::Locked);
    }
    let sealed: [u8; 48] = from_hex(&file.sealed_key)?;
    let plain = root
        .file_key(&from_hex(&file.salt)?)
        .open(&from_hex(&file.nonce)?, &file.associated_data(), &sealed)
        .map_err(|_| Error::Locked)?;
    let d = Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).map_err(|_| Error::Locked)?);
    let key = PrivateKey::from_bytes(&d).map_err(|_| Error::Locked)?;
    let public: [u8; 65] = from_hex(&file.public_key)?;
    if key.public_key().to_sec1() == public {
        Ok(key)
    } else {
        Err(Error::Locked)
    }
}
