//! Lints of the certified key.

use sm_engine::foreign::{P256PublicKey, RsaPublicKey};
use sm_engine::key::{Algorithm, PublicKey};
use sm_engine::sm2;

use super::reader::{BIT_STRING, NULL, OID, SEQUENCE, Walk, oid};
use super::{Examined, Lint, always, hold, issued};
use const_oid::ObjectIdentifier;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
const P256_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "key_algorithm_fits_issuer",
        source: "GM/T 0015-2012 table A.2; GB/T 32918.5; RFC 5480 §2; RFC 8017",
        applies: always,
        check: key_algorithm_fits_issuer,
    },
    Lint {
        name: "key_algorithm_fits_profile",
        source: "CA/Browser Forum BR §6.1.5: keys of the algorithms that the profile names",
        applies: always,
        check: |examined| {
            let own = algorithm(examined.raw.public_key);
            hold(
                own.is_some_and(|own| examined.profile.takes(own)),
                "the profile does not certify keys of this algorithm",
            )
        },
    },
    Lint {
        name: "key_value_valid",
        source: "GB/T 32918.1 §6.2.1; GM/T 0009-2012 §7.1; RFC 5480 §2.2; RFC 8017 §A.1.1",
        applies: always,
        check: |examined| {
            hold(
                key(examined.raw.public_key).is_some(),
                "not an uncompressed point of the curve, or not an RSA key of 2048 to 4096 bits that is not known to be weak",
            )
        },
    },
    Lint {
        name: "key_differs_from_issuers",
        source: "RFC 5280 §3.2",
        applies: issued,
        check: key_differs_from_issuers,
    },
];

/// An SM2 authority certifies SM2 keys, which GM/T 0015 asks for; one of a hierarchy for clients without SM2
/// certifies P-256 and RSA keys.
fn key_algorithm_fits_issuer(examined: &Examined<'_>) -> Result<(), String> {
    let (own, issuers) = (
        algorithm(examined.raw.public_key),
        algorithm(examined.issuer.public_key),
    );
    match (own, issuers) {
        (None, _) => {
            Err("not id-ecPublicKey with a known named curve, nor rsaEncryption".to_owned())
        }
        (Some(Algorithm::Sm2Sm3), Some(Algorithm::Sm2Sm3)) => Ok(()),
        (_, Some(Algorithm::Sm2Sm3)) => Err("an SM2 authority certifies SM2 keys".to_owned()),
        (Some(Algorithm::Sm2Sm3), _) => {
            Err("an SM2 key is certified by an SM2 authority".to_owned())
        }
        _ => Ok(()),
    }
}

/// What the AlgorithmIdentifier of a SubjectPublicKeyInfo names.
pub(super) fn algorithm(spki: &[u8]) -> Option<Algorithm> {
    let mut parts = Walk::over(Walk::only(spki, SEQUENCE)?.content);
    let mut named = Walk::over(parts.one(SEQUENCE)?.content);
    let algorithm = match oid(named.one(OID)?)? {
        EC_PUBLIC_KEY => match oid(named.one(OID)?)? {
            SM2_CURVE => Algorithm::Sm2Sm3,
            P256_CURVE => Algorithm::EcdsaP256Sha256,
            _ => return None,
        },
        RSA => {
            named.one(NULL)?;
            Algorithm::RsaSha256
        }
        _ => return None,
    };
    named.is_done().then_some(algorithm)
}

/// The key of a SubjectPublicKeyInfo, where it is one.
pub(super) fn key(spki: &[u8]) -> Option<PublicKey> {
    let bits = bits(spki)?;
    Some(match algorithm(spki)? {
        Algorithm::EcdsaP256Sha256 => PublicKey::P256(P256PublicKey::from_sec1(bits)?),
        Algorithm::RsaSha256 => PublicKey::Rsa(RsaPublicKey::from_der(bits).ok()?),
        Algorithm::Sm2Sm3 => PublicKey::Sm2(sm2::PublicKey::from_sec1(bits).ok()?),
    })
}

/// The content of the BIT STRING without its count of unused bits, which must be 0.
pub(super) fn bits(spki: &[u8]) -> Option<&[u8]> {
    let mut parts = Walk::over(Walk::only(spki, SEQUENCE)?.content);
    parts.one(SEQUENCE)?;
    let bits = parts.one(BIT_STRING)?.content.strip_prefix(&[0])?;
    parts.is_done().then_some(bits)
}

fn key_differs_from_issuers(examined: &Examined<'_>) -> Result<(), String> {
    let same = bits(examined.raw.public_key) == bits(examined.issuer.public_key);
    hold(!same, "the certified key is the issuer's own")
}
