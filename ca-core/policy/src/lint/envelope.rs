//! Lints of the certificate's frame: version, serial number, algorithm identifiers.

use sm_engine::key::Algorithm;

use super::{Examined, Lint, always, hold};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "version_3",
        source: "RFC 5280 §4.1.2.1",
        applies: always,
        check: |examined| hold(examined.raw.version == Some(&[2]), "the version is not v3"),
    },
    Lint {
        name: "serial_positive",
        source: "RFC 5280 §4.1.2.2",
        applies: always,
        check: serial_positive,
    },
    Lint {
        name: "serial_at_most_20_octets",
        source: "RFC 5280 §4.1.2.2",
        applies: always,
        check: |examined| {
            hold(
                examined.raw.serial.len() <= 20,
                "the serial number has more than 20 octets",
            )
        },
    },
    Lint {
        name: "serial_at_least_64_bits",
        source: "CA/Browser Forum BR §7.1",
        applies: always,
        check: |examined| {
            let significant = examined
                .raw
                .serial
                .iter()
                .skip_while(|byte| **byte == 0)
                .count();
            hold(significant >= 8, "the serial number has fewer than 64 bits")
        },
    },
    Lint {
        name: "signature_algorithm_fits_issuer",
        source: "GM/T 0015-2012 table A.2; GM/T 0006; RFC 5758 §3.2; RFC 4055 §5",
        applies: always,
        check: |examined| {
            hold(
                signs_with(examined.issuer.public_key) == Some(examined.raw.inner_algorithm),
                "not the signature algorithm of the issuer's key, as its standard writes it",
            )
        },
    },
    Lint {
        name: "signature_algorithms_equal",
        source: "RFC 5280 §4.1.1.2",
        applies: always,
        check: |examined| {
            let equal = examined.raw.inner_algorithm == examined.raw.outer_algorithm;
            hold(equal, "the algorithm identifiers inside and outside differ")
        },
    },
    Lint {
        name: "no_unique_identifiers",
        source: "RFC 5280 §4.1.2.8",
        applies: always,
        check: |examined| {
            hold(
                !examined.raw.unique_ids,
                "issuerUniqueID or subjectUniqueID is present",
            )
        },
    },
];

/// The AlgorithmIdentifier of signatures by a key: SM2-with-SM3 or ecdsa-with-SHA256 with absent parameters,
/// sha256WithRSAEncryption with NULL.
pub(super) fn signs_with(spki: &[u8]) -> Option<&'static [u8]> {
    Some(match super::key::algorithm(spki)? {
        Algorithm::EcdsaP256Sha256 => &[
            0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,
        ],
        Algorithm::RsaSha256 => &[
            0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05,
            0x00,
        ],
        Algorithm::Sm2Sm3 => &[
            0x30, 0x0A, 0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x75,
        ],
    })
}

fn serial_positive(examined: &Examined<'_>) -> Result<(), String> {
    match examined.raw.serial {
        [] => Err("the serial number is empty".to_owned()),
        [first, ..] if first & 0x80 != 0 => Err("the serial number is negative".to_owned()),
        serial => hold(
            serial.iter().any(|byte| *byte != 0),
            "the serial number is zero",
        ),
    }
}
