//! Signature algorithms and keys as bytes: SM2 with SM3; ECDSA P-256 and RSA with SHA-256 in hierarchies for clients
//! that know no SM2.
//!
//! Each has a single accepted encoding but for the NULL that some authorities write after SM2-with-SM3, so they
//! are compared, not parsed (GM/T 0009-2012, GM/T 0015; RFC 5480, RFC 5758, RFC 3279 §2.3.1, RFC 4055).

use sm_engine::foreign::{P256PublicKey, RsaPublicKey};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm2;

use crate::Error;
use crate::element::Raw;
use crate::writer::{SEQUENCE, Writer};

/// What is written for SM2: parameters absent.
///
/// ```asn1
/// sm2-with-SM3 AlgorithmIdentifier ::= { algorithm 1.2.156.10197.1.501 }
/// ```
const SM2_WITH_SM3: &[u8] = b"\x30\x0A\x06\x08\x2A\x81\x1C\xCF\x55\x01\x83\x75";
/// What some authorities write instead: parameters NULL.
const SM2_WITH_SM3_NULL: &[u8] = b"\x30\x0C\x06\x08\x2A\x81\x1C\xCF\x55\x01\x83\x75\x05\x00";
/// ```asn1
/// ecdsa-with-SHA256 AlgorithmIdentifier ::= { algorithm 1.2.840.10045.4.3.2 }   -- RFC 5758 §3.2
/// ```
const ECDSA_WITH_SHA256: &[u8] = b"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02";
/// ```asn1
/// sha256WithRSAEncryption AlgorithmIdentifier ::= { algorithm 1.2.840.113549.1.1.11, parameters NULL }   -- RFC 4055 §5
/// ```
const RSA_WITH_SHA256: &[u8] = b"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00";

/// Everything of a SubjectPublicKeyInfo before the point: id-ecPublicKey, named curve 1.2.156.10197.1.301.
///
/// ```asn1
/// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
/// ```
const SM2_KEY: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x81\x1C\xCF\x55\x01\x82\x2D\x03\x42\x00";
/// The same for the named curve P-256, 1.2.840.10045.3.1.7.
const P256_KEY: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07\x03\x42\x00";
/// The AlgorithmIdentifier of an RSA key: rsaEncryption, parameters NULL.
const RSA_KEY: &[u8] = b"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00";

/// DER of the AlgorithmIdentifier that is written for a signature.
#[must_use]
pub fn signature_algorithm(algorithm: Algorithm) -> &'static [u8] {
    match algorithm {
        Algorithm::EcdsaP256Sha256 => ECDSA_WITH_SHA256,
        Algorithm::RsaSha256 => RSA_WITH_SHA256,
        Algorithm::Sm2Sm3 => SM2_WITH_SM3,
    }
}

/// Reads the AlgorithmIdentifier of a signature.
pub(crate) fn read_signature_algorithm(algorithm: Raw<'_>) -> Result<Algorithm, Error> {
    if algorithm.0 == SM2_WITH_SM3_NULL {
        return Ok(Algorithm::Sm2Sm3);
    }
    Algorithm::ALL
    .into_iter()
    .find(|known| signature_algorithm(*known) == algorithm.0)
    .ok_or(Error::Unsupported {
        what: "signature algorithm: only SM2 with SM3, and ECDSA P-256 or RSA with SHA-256, are accepted",
    })
}

/// DER of the SubjectPublicKeyInfo; 91 bytes for a curve.
#[must_use]
pub fn key_info(key: &PublicKey) -> Vec<u8> {
    match key {
        PublicKey::P256(key) => [P256_KEY, key.as_bytes()].concat(),
        PublicKey::Rsa(key) => Writer::element(SEQUENCE, key.as_bytes().len() + 32, |info| {
            info.raw(RSA_KEY);
            info.bit_string(key.as_bytes());
        }),
        PublicKey::Sm2(key) => [SM2_KEY, &key.to_sec1()].concat(),
    }
}

/// Reads a SubjectPublicKeyInfo; a point must be uncompressed and on its curve, and an RSA key not known to be weak.
pub(crate) fn read_key_info(info: Raw<'_>) -> Result<PublicKey, Error> {
    let malformed = Error::Malformed {
        what: "public key",
        position: SM2_KEY.len(),
    };
    if let Some(point) = info.0.strip_prefix(SM2_KEY) {
        let key = sm2::PublicKey::from_sec1(point).map_err(|_| malformed)?;
        return Ok(PublicKey::Sm2(key));
    }
    if let Some(point) = info.0.strip_prefix(P256_KEY) {
        let key = P256PublicKey::from_sec1(point).ok_or(malformed)?;
        return Ok(PublicKey::P256(key));
    }
    let Some(der) = rsa_key(info) else {
        return Err(Error::Unsupported {
            what: "public key: only SM2 on the named curve sm2p256v1, P-256, both uncompressed, and RSA are accepted",
        });
    };
    let key = RsaPublicKey::from_der(der).map_err(|reason| Error::WeakKey { reason })?;
    let key = PublicKey::Rsa(key);
    // One key has one encoding.
    if key_info(&key) == info.0 {
        Ok(key)
    } else {
        Err(malformed)
    }
}

/// What stands where an RSA key has its RSAPublicKey.
fn rsa_key(info: Raw<'_>) -> Option<&[u8]> {
    let content = info.0.get(crate::element::header_length(info.0)..)?;
    let bits = content.strip_prefix(RSA_KEY)?;
    // Tag, length, no unused bits.
    bits.get(crate::element::header_length(bits) + 1..)
}

/// The signature within a BIT STRING.
pub(crate) fn read_signature(
    algorithm: Algorithm,
    bits: der::asn1::BitStringRef<'_>,
) -> Result<Signature, Error> {
    let content = bits.as_bytes().ok_or_else(|| Error::broken("signature"))?;
    signature_from_bytes(algorithm, content)
}

/// The content of that BIT STRING.
pub(crate) fn signature_from_bytes(
    algorithm: Algorithm,
    content: &[u8],
) -> Result<Signature, Error> {
    Signature::from_bytes(algorithm, content).ok_or_else(|| Error::broken("signature"))
}
