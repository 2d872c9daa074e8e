//! Lints of the certificate's frame: version, serial number, algorithm identifiers.

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
        name: "signature_algorithm_sm2_with_sm3",
        source: "GM/T 0015-2012 table A.2; GM/T 0006",
        applies: always,
        check: |examined| {
            hold(
                examined.raw.inner_algorithm == SM2_WITH_SM3,
                "not SM2-with-SM3 with absent parameters",
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

/// `SEQUENCE { OBJECT IDENTIFIER 1.2.156.10197.1.501 }`, parameters absent.
pub(super) const SM2_WITH_SM3: &[u8] = &[
    0x30, 0x0A, 0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x75,
];

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
