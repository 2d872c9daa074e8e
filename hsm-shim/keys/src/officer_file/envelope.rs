//! The encrypted PEM around an officer's PKCS#8. A format of this project.
//!
//! PBES2 would be readable elsewhere, but has neither Argon2id nor an authenticated SM4 mode that any
//! program agrees on; `export` is the way out.

use crate::Error;
use crate::passphrase::Cost;
use der::asn1::{OctetString, OctetStringRef};
use der::{Decode as _, Encode as _, Sequence};
use sm_engine::random;
use zeroize::Zeroizing;

const LABEL: &str = "GMPKI ENCRYPTED KEY";

/// ```asn1
/// EncryptedKey ::= SEQUENCE {
///     parameters Parameters,
///     sealed     OCTET STRING }      -- SM4-GCM, tag last; associated data: DER of parameters
/// ```
#[derive(Sequence)]
struct EncryptedKey<'a> {
    parameters: Parameters,
    sealed: &'a OctetStringRef,
}

/// ```asn1
/// Parameters ::= SEQUENCE {
///     version INTEGER (1),
///     memory  INTEGER,               -- Argon2id 1.3: KiB
///     passes  INTEGER,
///     lanes   INTEGER,
///     salt    OCTET STRING (SIZE(16)),
///     nonce   OCTET STRING (SIZE(12)) }
/// ```
#[derive(Sequence)]
struct Parameters {
    version: u8,
    memory: u32,
    passes: u32,
    lanes: u32,
    salt: OctetString,
    nonce: OctetString,
}

/// A PEM text that holds `pkcs8` under `passphrase`.
pub(super) fn seal(pkcs8: &[u8], passphrase: &[u8]) -> Result<String, Error> {
    let cost = Cost::fresh();
    let nonce = random::array::<12>();
    let key = cost.derive(passphrase)?.sealing_key(LABEL);
    let build = || -> der::Result<String> {
        let parameters = Parameters {
            version: 1,
            memory: cost.memory,
            passes: cost.passes,
            lanes: cost.lanes,
            salt: OctetString::new(cost.salt)?,
            nonce: OctetString::new(nonce)?,
        };
        let sealed = key.seal(&nonce, &parameters.to_der()?, pkcs8);
        let file = EncryptedKey {
            parameters,
            sealed: OctetStringRef::new(&sealed)?,
        };
        Ok(pem_rfc7468::encode_string(
            LABEL,
            pem_rfc7468::LineEnding::LF,
            &file.to_der()?,
        )?)
    };
    build().map_err(|error| Error::Provider(format!("officer key file: {error}")))
}

/// What `seal` put in; [`Error::Locked`] for everything that is not that.
pub(super) fn open(pem: &[u8], passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (label, content) = pem_rfc7468::decode_vec(pem).map_err(|_| Error::Locked)?;
    let file = EncryptedKey::from_der(&content).map_err(|_| Error::Locked)?;
    let parameters = &file.parameters;
    if label != LABEL || parameters.version != 1 {
        return Err(Error::Locked);
    }
    let cost = Cost {
        memory: parameters.memory,
        passes: parameters.passes,
        lanes: parameters.lanes,
        salt: exactly(&parameters.salt)?,
    };
    let nonce = exactly(&parameters.nonce)?;
    let derived = cost.derive(passphrase).map_err(|error| match error {
        Error::Passphrase => Error::Locked,
        other => other,
    })?;
    let associated = parameters.to_der().map_err(|_| Error::Locked)?;
    derived
        .sealing_key(LABEL)
        .open(&nonce, &associated, file.sealed.as_bytes())
        .map_err(|_| Error::Locked)
}

fn exactly<const N: usize>(octets: &OctetString) -> Result<[u8; N], Error> {
    octets.as_bytes().try_into().map_err(|_| Error::Locked)
}
