//! Lints of the certified key.

use sm_engine::sm2::PublicKey;

use super::reader::{BIT_STRING, OID, SEQUENCE, Walk, oid};
use super::{Examined, Lint, always, hold, issued};
use const_oid::ObjectIdentifier;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "key_on_named_curve_sm2",
        source: "GM/T 0015-2012 table A.2; GB/T 32918.5",
        applies: always,
        check: |examined| {
            hold(
                names_sm2(examined.raw.public_key),
                "not id-ecPublicKey with the named curve SM2",
            )
        },
    },
    Lint {
        name: "key_point_valid",
        source: "GB/T 32918.1 §6.2.1; GM/T 0009-2012 §7.1",
        applies: always,
        check: |examined| {
            let valid = point(examined.raw.public_key)
                .is_some_and(|point| PublicKey::from_sec1(point).is_ok());
            hold(valid, "not an uncompressed point on the curve")
        },
    },
    Lint {
        name: "key_differs_from_issuers",
        source: "RFC 5280 §3.2",
        applies: issued,
        check: key_differs_from_issuers,
    },
];

fn names_sm2(spki: &[u8]) -> bool {
    let read = || {
        let mut parts = Walk::over(Walk::only(spki, SEQUENCE)?.content);
        let mut algorithm = Walk::over(parts.one(SEQUENCE)?.content);
        let named = (oid(algorithm.one(OID)?)?, oid(algorithm.one(OID)?)?);
        algorithm.is_done().then_some(named)
    };
    read() == Some((EC_PUBLIC_KEY, SM2_CURVE))
}

/// The content of the BIT STRING without its count of unused bits, which must be 0.
pub(super) fn point(spki: &[u8]) -> Option<&[u8]> {
    let mut parts = Walk::over(Walk::only(spki, SEQUENCE)?.content);
    parts.one(SEQUENCE)?;
    let bits = parts.one(BIT_STRING)?.content.strip_prefix(&[0])?;
    parts.is_done().then_some(bits)
}

fn key_differs_from_issuers(examined: &Examined<'_>) -> Result<(), String> {
    let same = point(examined.raw.public_key) == point(examined.issuer.public_key);
    hold(!same, "the certified key is the issuer's own")
}
