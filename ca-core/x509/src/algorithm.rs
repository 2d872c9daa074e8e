//! The one signature algorithm and the one key type of this crate, as bytes: SM2 with SM3, SM2 on the named curve.
//!
//! Both have a single accepted encoding but for the NULL that some authorities write after the algorithm, so
//! they are compared, not parsed (GM/T 0009-2012, GM/T 0015).

use sm_engine::sm2::{PublicKey, Signature};

use crate::Error;
use crate::element::Raw;

/// What is written: parameters absent.
///
/// ```asn1
/// sm2-with-SM3 AlgorithmIdentifier ::= { algorithm 1.2.156.10197.1.501 }
/// ```
pub(crate) const SM2_WITH_SM3: [u8; 12] = *b"\x30\x0A\x06\x08\x2A\x81\x1C\xCF\x55\x01\x83\x75";
/// What some authorities write instead: parameters NULL.
const SM2_WITH_SM3_NULL: [u8; 14] = *b"\x30\x0C\x06\x08\x2A\x81\x1C\xCF\x55\x01\x83\x75\x05\x00";
/// Everything of a SubjectPublicKeyInfo before the point: id-ecPublicKey, named curve 1.2.156.10197.1.301.
///
/// ```asn1
/// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
/// ```
const SM2_KEY: [u8; 26] =
    *b"\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x81\x1C\xCF\x55\x01\x82\x2D\x03\x42\x00";

/// Refuses every AlgorithmIdentifier but SM2 with SM3.
pub(crate) fn check_signature_algorithm(algorithm: Raw<'_>) -> Result<(), Error> {
    if algorithm.0 == SM2_WITH_SM3 || algorithm.0 == SM2_WITH_SM3_NULL {
        return Ok(());
    }
    Err(Error::Unsupported {
        what: "signature algorithm: only SM2 with SM3 is accepted",
    })
}

/// DER of the SubjectPublicKeyInfo, 91 bytes.
#[must_use]
pub fn key_info(key: &PublicKey) -> [u8; 91] {
    let mut der = [0; 91];
    der[..SM2_KEY.len()].copy_from_slice(&SM2_KEY);
    der[SM2_KEY.len()..].copy_from_slice(&key.to_sec1());
    der
}

/// Reads a SubjectPublicKeyInfo; the point must be on the curve and uncompressed.
pub(crate) fn read_key_info(info: Raw<'_>) -> Result<PublicKey, Error> {
    let point = info.0.strip_prefix(&SM2_KEY).ok_or(Error::Unsupported {
        what: "public key: only SM2 on the named curve sm2p256v1, uncompressed, is accepted",
    })?;
    PublicKey::from_sec1(point).map_err(|_| Error::Malformed {
        what: "public key",
        position: SM2_KEY.len(),
    })
}

/// The signature within a BIT STRING.
pub(crate) fn read_signature(bits: der::asn1::BitStringRef<'_>) -> Result<Signature, Error> {
    let der = bits.as_bytes().ok_or_else(|| Error::broken("signature"))?;
    signature_from_der(der)
}

/// The content of that BIT STRING.
pub(crate) fn signature_from_der(der: &[u8]) -> Result<Signature, Error> {
    Signature::from_der(der).map_err(|_| Error::broken("signature"))
}
