//! Lints of the validity period.

use super::reader::{Element, GENERALIZED_TIME, UTC_TIME, seconds};
use super::{Examined, Lint, always, hold, issued};

/// 2050-01-01T00:00:00Z, from which GeneralizedTime is used.
const YEAR_2050: i64 = 2_524_608_000;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "validity_encoding",
        source: "RFC 5280 §4.1.2.5",
        applies: always,
        check: validity_encoding,
    },
    Lint {
        name: "validity_in_order",
        source: "RFC 5280 §4.1.2.5",
        applies: always,
        check: |examined| {
            let (from, to) = period(examined)?;
            hold(from < to, "notAfter is not later than notBefore")
        },
    },
    Lint {
        name: "validity_within_profile",
        source: "the profile; RFC 5280 §4.1.2.5 (both ends count)",
        applies: always,
        check: |examined| {
            let (from, to) = period(examined)?;
            let longest = examined.profile.validity_seconds();
            hold(
                to.saturating_sub(from) <= longest,
                "the period is longer than the profile allows",
            )
        },
    },
    Lint {
        name: "validity_within_issuers",
        source: "RFC 5280 §6.1.3 (a)(2), shell model",
        applies: issued,
        check: validity_within_issuers,
    },
];

fn period(examined: &Examined<'_>) -> Result<(i64, i64), String> {
    times(examined.raw.not_before, examined.raw.not_after)
}

fn times(from: Element<'_>, to: Element<'_>) -> Result<(i64, i64), String> {
    seconds(from)
        .zip(seconds(to))
        .ok_or_else(|| "the period cannot be read".to_owned())
}

fn validity_encoding(examined: &Examined<'_>) -> Result<(), String> {
    for (which, time) in [
        ("notBefore", examined.raw.not_before),
        ("notAfter", examined.raw.not_after),
    ] {
        if !well_encoded(time) {
            return Err(format!(
                "{which} is not UTCTime through 2049 or GeneralizedTime from 2050, with seconds and Z"
            ));
        }
    }
    Ok(())
}

/// RFC 5280 §4.1.2.5 for certificates and §5.1.2.4 for CRLs.
pub(super) fn well_encoded(time: Element<'_>) -> bool {
    match seconds(time) {
        Some(value) if value < YEAR_2050 => time.tag == UTC_TIME,
        Some(_) => time.tag == GENERALIZED_TIME,
        None => false,
    }
}

fn validity_within_issuers(examined: &Examined<'_>) -> Result<(), String> {
    let (_, to) = period(examined)?;
    let (_, issuer_to) = times(examined.issuer.not_before, examined.issuer.not_after)?;
    hold(to <= issuer_to, "it outlives its issuer's certificate")
}
