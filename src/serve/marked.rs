//! The keys of a demonstration's invented officers, which the portal may use: whoever opens the site can be one of them.

use std::sync::{Arc, OnceLock};

use authority::Authority;
use keys::officer_file::OfficerKey;
use keys::{Error, Signer};
use ra_portal::DemonstrationOfficer;
use sm_engine::key::{PublicKey, Signature};
use x509::certificate::Certificate;

use crate::data::{DataDirectory, read_passphrase};
use crate::found::OFFICERS;

/// A key file that is opened when it signs for the first time: that costs a passphrase derivation each.
struct MarkedKey {
    files: [std::path::PathBuf; 3],
    public_key: PublicKey,
    opened: OnceLock<OfficerKey>,
}

impl MarkedKey {
    fn key(&self) -> Result<&OfficerKey, Error> {
        if let Some(key) = self.opened.get() {
            return Ok(key);
        }
        let [key, _, passphrase] = &self.files;
        let passphrase =
            read_passphrase(passphrase).map_err(|error| Error::NotFound(error.to_string()))?;
        let key = OfficerKey::open(key, passphrase.as_bytes())?;
        Ok(self.opened.get_or_init(|| key))
    }
}

impl Signer for MarkedKey {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        self.key()?.sign(message)
    }
}

/// The officers of a demonstration whose key files lie in the data directory; none of a real hierarchy.
pub fn officers(authority: &Authority, data: &DataDirectory) -> Vec<DemonstrationOfficer> {
    if !authority.is_demonstration() {
        return Vec::new();
    }
    let officer = |(number, (file, ..)): (usize, &(&str, policy::Role, &str))| {
        let files = data.officer(file);
        let certificate = std::fs::read_to_string(&files[1]).ok()?;
        let certificate = Certificate::from_pem(&certificate).ok()?;
        Some(DemonstrationOfficer {
            number: format!("OP-{number:04}"),
            signer: Arc::new(MarkedKey {
                public_key: certificate.public_key().clone(),
                files,
                opened: OnceLock::new(),
            }),
        })
    };
    (1..).zip(&OFFICERS).filter_map(officer).collect()
}
