//! What a list speaks of and builds on: the extensions that tell full, delta and partitioned lists apart.

use const_oid::db::rfc5280 as pkix;
use der::{Decode as _, DecodeValue, Sequence};

use crate::Error;
use crate::extension::{self, Extension, FullName, distribution_urls};
use crate::writer::{SEQUENCE, Writer, constructed, primitive};

/// Everything beside issuer and number that says which certificates a list is about, and how it is to be used. A full
/// list of all certificates has none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrlScope {
    /// BaseCRLNumber: the list states only what changed since the full list of that number (RFC 5280 §5.2.4).
    pub delta_base: Option<u64>,
    /// Names of the distribution point whose certificates alone are listed, URLs in ASCII; empty where the list is
    /// about all certificates of the issuer (RFC 5280 §5.2.5).
    pub distribution_point: Vec<String>,
    /// Where the delta list to this full one is, URLs in ASCII (RFC 5280 §5.2.6).
    pub freshest: Vec<String>,
}

impl CrlScope {
    /// Appends the extensions, those that are critical first.
    pub(super) fn write(&self, list: &mut Writer) {
        if let Some(base) = self.delta_base {
            delta_indicator(base).write(list);
        }
        if !self.distribution_point.is_empty() {
            issuing_distribution_point(&self.distribution_point).write(list);
        }
        if !self.freshest.is_empty() {
            extension::freshest_crl(&self.freshest).write(list);
        }
    }

    /// Reads what `extensions` say. Of the critical ones only deltaCRLIndicator and an issuingDistributionPoint with
    /// nothing but a fullName are known.
    pub(super) fn read(extensions: &[Extension]) -> Result<Self, Error> {
        let mut scope = Self::default();
        for Extension {
            oid,
            critical,
            value,
        } in extensions
        {
            match (*oid, critical) {
                (pkix::ID_CE_DELTA_CRL_INDICATOR, true) => {
                    let base =
                        u64::from_der(value).map_err(Error::malformed("deltaCRLIndicator"))?;
                    scope.delta_base = Some(base);
                }
                (pkix::ID_CE_ISSUING_DISTRIBUTION_POINT, true) => {
                    scope.distribution_point = read_distribution_point(value)?;
                }
                (
                    pkix::ID_CE_DELTA_CRL_INDICATOR | pkix::ID_CE_ISSUING_DISTRIBUTION_POINT,
                    false,
                ) => {
                    return Err(Error::broken(
                        "CRL extensions (one that must be critical is not)",
                    ));
                }
                (pkix::ID_CE_FRESHEST_CRL, false) => {
                    scope.freshest = distribution_urls("freshestCRL", value)?;
                }
                (_, true) => {
                    return Err(Error::Unsupported {
                        what: "critical CRL extension",
                    });
                }
                (_, false) => {}
            }
        }
        Ok(scope)
    }
}

/// deltaCRLIndicator, critical.
///
/// ```asn1
/// BaseCRLNumber ::= CRLNumber
/// ```
fn delta_indicator(base: u64) -> Extension {
    let mut value = Writer::element(SEQUENCE, 16, |number| number.integer(base));
    // The INTEGER alone, without the SEQUENCE that carried it.
    value.drain(..2);
    Extension {
        oid: pkix::ID_CE_DELTA_CRL_INDICATOR,
        critical: true,
        value,
    }
}

/// issuingDistributionPoint with a fullName, critical.
///
/// ```asn1
/// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE, onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4] BOOLEAN DEFAULT FALSE, onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
/// ```
fn issuing_distribution_point(urls: &[String]) -> Extension {
    Extension {
        oid: pkix::ID_CE_ISSUING_DISTRIBUTION_POINT,
        critical: true,
        value: Writer::element(SEQUENCE, 128, |point| {
            point.nested(constructed(0), |name| {
                name.nested(constructed(0), |names| {
                    urls.iter()
                        .for_each(|url| names.put(primitive(6), url.as_bytes()));
                });
            });
        }),
    }
}

/// The one part that we know; a list with another is refused as malformed.
#[derive(DecodeValue)]
struct PointDer {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    name: FullName,
}

impl Sequence<'_> for PointDer {}

fn read_distribution_point(value: &[u8]) -> Result<Vec<String>, Error> {
    const WHAT: &str = "issuingDistributionPoint: only a fullName is accepted";
    let point = PointDer::from_der(value).map_err(|_| Error::Unsupported { what: WHAT })?;
    point
        .name
        .into_urls()
        .ok_or(Error::Unsupported { what: WHAT })
}
