//! SM2 private keys in PKCS#8 and SEC 1, as openssl writes them. Strict DER, unencrypted.
//!
//! Nothing here touches a file; what is returned is wiped on drop.

use crate::Error;
use der::asn1::{Any, BitStringRef, ObjectIdentifier, OctetStringRef, SetOfVec};
use der::{Decode as _, Encode as _, Sequence};
use sm_engine::sm2::PrivateKey;
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

/// A key has some hundred bytes; a PEM file may have remarks around it.
const MAX_INPUT: usize = 64 * 1024;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// ```asn1
/// OneAsymmetricKey ::= SEQUENCE {                 -- RFC 5958 §2
///     version             INTEGER { v1(0), v2(1) },
///     privateKeyAlgorithm AlgorithmIdentifier,
///     privateKey          OCTET STRING,
///     attributes      [0] Attributes OPTIONAL,
///     publicKey       [1] BIT STRING OPTIONAL }
/// ```
#[derive(Sequence)]
struct OneAsymmetricKey<'a> {
    version: u8,
    algorithm: AlgorithmIdentifierRef<'a>,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    attributes: Option<SetOfVec<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    public_key: Option<BitStringRef<'a>>,
}

/// ```asn1
/// ECPrivateKey ::= SEQUENCE {                     -- RFC 5915 §3
///     version    INTEGER (1),
///     privateKey OCTET STRING,
///     parameters [0] EXPLICIT OBJECT IDENTIFIER OPTIONAL,
///     publicKey  [1] EXPLICIT BIT STRING OPTIONAL }
/// ```
#[derive(Sequence)]
struct EcPrivateKey<'a> {
    version: u8,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    parameters: Option<ObjectIdentifier>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    public_key: Option<BitStringRef<'a>>,
}

/// The PKCS#8 form of a key: 138 bytes, with the public key inside and the curve named once, as openssl 3 writes it.
pub(crate) fn encode(key: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, Error> {
    let point = key.public_key().to_sec1();
    let d = key.to_bytes();
    let build = || {
        let inner = EcPrivateKey {
            version: 1,
            private_key: OctetStringRef::new(&*d)?,
            parameters: None,
            public_key: Some(BitStringRef::from_bytes(&point)?),
        };
        let inner = Zeroizing::new(inner.to_der()?);
        let outer = OneAsymmetricKey {
            version: 0,
            algorithm: AlgorithmIdentifierRef {
                oid: EC_PUBLIC_KEY,
                parameters: Some((&SM2_CURVE).into()),
            },
            private_key: OctetStringRef::new(&inner)?,
            attributes: None,
            public_key: None,
        };
        outer.to_der().map(Zeroizing::new)
    };
    build().map_err(|error: der::Error| Error::Provider(format!("PKCS#8: {error}")))
}

/// A key in PEM (`PRIVATE KEY`, or SEC 1 as `EC PRIVATE KEY` or `SM2 PRIVATE KEY`) or in DER of either form.
///
/// # Errors
/// [`Error::Import`]: another algorithm or curve, an encrypted key, a public half that does not belong, not DER.
pub(crate) fn decode(bytes: &[u8]) -> Result<PrivateKey, Error> {
    if bytes.len() > MAX_INPUT {
        return Err(Error::Import("too large for a key"));
    }
    if let Some(pem) = first_private_key(bytes)? {
        let (label, der) = pem_rfc7468::decode_vec(pem).map_err(|_| Error::Import("broken PEM"))?;
        let der = Zeroizing::new(der);
        return match label {
            "PRIVATE KEY" => decode_pkcs8(&der),
            _ => decode_sec1(&der),
        };
    }
    match decode_pkcs8(bytes) {
        Err(Error::Import(NOT_DER)) => decode_sec1(bytes),
        decided => decided,
    }
}

/// The DER of a `PRIVATE KEY` block, or of what is DER already. The algorithm is not looked at.
///
/// # Errors
/// [`Error::Import`]: too large, broken, encrypted, or PEM of something else.
pub(crate) fn unwrap_pem(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    if bytes.len() > MAX_INPUT {
        return Err(Error::Import("too large for a key"));
    }
    match first_private_key(bytes)? {
        None => Ok(Zeroizing::new(bytes.to_vec())),
        Some(pem) => match pem_rfc7468::decode_vec(pem) {
            Ok(("PRIVATE KEY", der)) => Ok(Zeroizing::new(der)),
            Ok(_) => Err(Error::Import(
                "not PKCS#8; convert it with `openssl pkcs8 -topk8 -nocrypt`",
            )),
            Err(_) => Err(Error::Import("broken PEM")),
        },
    }
}

const NOT_DER: &str = "neither PEM nor DER of PKCS#8 or SEC 1";

/// The PEM block that holds the key; `openssl ecparam -genkey` puts `EC PARAMETERS` before it.
/// `None` where the bytes are not PEM at all.
fn first_private_key(bytes: &[u8]) -> Result<Option<&[u8]>, Error> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN ") => text,
        _ => return Ok(None),
    };
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("\nProc-Type: 4,") {
        return Err(Error::Import(
            "the key is encrypted; decrypt it with `openssl pkey` first",
        ));
    }
    for label in ["PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY"] {
        let begin = format!("-----BEGIN {label}-----");
        let end = format!("-----END {label}-----");
        let block = text.find(&begin).and_then(|start| {
            let length = text[start..].find(&end)? + end.len();
            text.as_bytes().get(start..start + length)
        });
        if block.is_some() {
            return Ok(block);
        }
    }
    Err(Error::Import("the PEM file holds no private key"))
}

fn decode_pkcs8(der: &[u8]) -> Result<PrivateKey, Error> {
    let outer = OneAsymmetricKey::from_der(der).map_err(|_| Error::Import(NOT_DER))?;
    if outer.version > 1 {
        return Err(Error::Import("unknown version"));
    }
    let curve = outer
        .algorithm
        .parameters
        .and_then(|parameters| ObjectIdentifier::try_from(parameters).ok());
    // GM/T 0015-2023 allows the curve's own identifier as the algorithm.
    let algorithm = [EC_PUBLIC_KEY, SM2_CURVE].contains(&outer.algorithm.oid);
    if !algorithm || curve != Some(SM2_CURVE) {
        return Err(Error::Import("another algorithm or another curve"));
    }
    let key = decode_inner(outer.private_key.as_bytes(), false)?;
    check_public(&key, outer.public_key)?;
    Ok(key)
}

fn decode_sec1(der: &[u8]) -> Result<PrivateKey, Error> {
    decode_inner(der, true)
}

/// In a SEC 1 file the curve must be named; inside PKCS#8 it may be, and then agrees.
fn decode_inner(der: &[u8], curve_required: bool) -> Result<PrivateKey, Error> {
    let inner = EcPrivateKey::from_der(der).map_err(|_| Error::Import(NOT_DER))?;
    if inner.version != 1 {
        return Err(Error::Import("unknown version"));
    }
    match inner.parameters {
        Some(curve) if curve != SM2_CURVE => return Err(Error::Import("another curve")),
        None if curve_required => return Err(Error::Import("the curve is not named")),
        _ => {}
    }
    let d: &[u8; 32] = inner
        .private_key
        .as_bytes()
        .try_into()
        .map_err(|_| Error::Import("the private key is not 32 bytes long"))?;
    let key =
        PrivateKey::from_bytes(d).map_err(|_| Error::Import("the private key is out of range"))?;
    check_public(&key, inner.public_key)?;
    Ok(key)
}

fn check_public(key: &PrivateKey, public: Option<BitStringRef<'_>>) -> Result<(), Error> {
    match public {
        Some(point) if point.as_bytes() != Some(&key.public_key().to_sec1()[..]) => Err(
            Error::Import("the public key does not belong to the private key"),
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
