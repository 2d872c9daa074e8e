//! Extensions of certificates (RFC 5280 §4.2, GM/T 0015): made here, read back by `Understood`.
//!
//! The constructors write what they are given; `TbsCertificate::to_der` refuses whatever the reader of this
//! crate does not understand, so a URL with Chinese characters fails there and is never signed.

mod describe;
mod general_name;
mod key_usage;
mod understood;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as pkix;
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::OctetStringRef;
use der::{DecodeValue, Sequence};
use sm_engine::foreign;
use sm_engine::key::PublicKey;

use crate::Error;
use crate::writer::{
    IA5_STRING, NULL, OBJECT_IDENTIFIER, OCTET_STRING, PRINTABLE_STRING, SEQUENCE, Writer,
    constructed, primitive,
};

pub use describe::{describe, extension_name};
pub use general_name::GeneralName;
pub use key_usage::KeyUsage;
pub(crate) use understood::{FullName, Understood, distribution_urls};

/// OrganizationCode of GM/T 0015: carries the unified social credit code.
pub const ORGANIZATION_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10260.4.1.4");
/// Most extensions of one structure.
const COUNT_LIMIT: usize = 64;

/// One extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// extnID.
    pub oid: ObjectIdentifier,
    /// Whether a reader that does not know it must refuse the certificate.
    pub critical: bool,
    /// Content of extnValue: DER of the extension's own type.
    pub value: Vec<u8>,
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub ca: bool,
    /// How many intermediate authorities may follow below it; `None` for any number.
    pub path_len: Option<u8>,
}

impl Extension {
    /// Appends the extension.
    pub(crate) fn write(&self, list: &mut Writer) {
        list.nested(SEQUENCE, |extension| {
            extension.oid(&self.oid);
            if self.critical {
                extension.boolean_true();
            }
            extension.octet_string(&self.value);
        });
    }

    fn new(
        oid: ObjectIdentifier,
        critical: bool,
        tag: u8,
        write: impl FnOnce(&mut Writer),
    ) -> Self {
        Self {
            oid,
            critical,
            value: Writer::element(tag, 32, write),
        }
    }
}

/// ```asn1
/// Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
/// ```
#[derive(DecodeValue)]
pub(crate) struct ExtensionDer<'a> {
    pub(crate) oid: ObjectIdentifier,
    critical: Option<bool>,
    value: &'a OctetStringRef,
}

impl<'a> Sequence<'a> for ExtensionDer<'a> {}

impl ExtensionDer<'_> {
    /// Checks a list that was read: not empty, each extension once, no default written out.
    pub(crate) fn own(what: &'static str, list: &[Self]) -> Result<Vec<Extension>, Error> {
        if list.len() > COUNT_LIMIT {
            return Err(Error::TooLarge {
                what: "number of extensions",
                limit: COUNT_LIMIT,
            });
        }
        let repeated =
            |index: usize, oid| list.iter().take(index).any(|earlier| earlier.oid == oid);
        let written_default = |extension: &Self| extension.critical == Some(false);
        let bad = list
            .iter()
            .enumerate()
            .any(|(index, one)| written_default(one) || repeated(index, one.oid));
        if list.is_empty() || bad {
            return Err(Error::broken(what));
        }
        let own = |one: &Self| Extension {
            oid: one.oid,
            critical: one.critical == Some(true),
            value: one.value.as_bytes().to_vec(),
        };
        Ok(list.iter().map(own).collect())
    }
}

/// basicConstraints of an authority, critical.
///
/// ```asn1
/// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
/// ```
#[must_use]
pub fn basic_constraints_ca(path_len: Option<u8>) -> Extension {
    Extension::new(
        pkix::ID_CE_BASIC_CONSTRAINTS,
        true,
        SEQUENCE,
        |constraints| {
            constraints.boolean_true();
            if let Some(path_len) = path_len {
                constraints.integer(path_len.into());
            }
        },
    )
}

/// keyUsage, critical.
#[must_use]
pub fn key_usage(usage: KeyUsage) -> Extension {
    Extension {
        oid: pkix::ID_CE_KEY_USAGE,
        critical: true,
        value: usage.to_der(),
    }
}

/// extKeyUsage.
///
/// ```asn1
/// ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId
/// ```
#[must_use]
pub fn extended_key_usage(purposes: &[ObjectIdentifier], critical: bool) -> Extension {
    Extension::new(pkix::ID_CE_EXT_KEY_USAGE, critical, SEQUENCE, |list| {
        purposes.iter().for_each(|purpose| list.oid(purpose));
    })
}

/// The key identifier of a key: SHA-1 of the content of subjectPublicKey (RFC 5280 §4.2.1.2, method 1).
#[must_use]
pub fn key_identifier(key: &PublicKey) -> [u8; 20] {
    foreign::sha1(&key.to_bytes())
}

/// subjectKeyIdentifier: [`key_identifier`] of the subject's key.
#[must_use]
pub fn subject_key_id(key: &PublicKey) -> Extension {
    Extension::new(
        pkix::ID_CE_SUBJECT_KEY_IDENTIFIER,
        false,
        OCTET_STRING,
        |id| id.raw(&key_identifier(key)),
    )
}

/// authorityKeyIdentifier with the issuer's own subjectKeyIdentifier.
///
/// ```asn1
/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL, authorityCertIssuer [1] GeneralNames OPTIONAL, authorityCertSerialNumber [2] INTEGER OPTIONAL }
/// ```
#[must_use]
pub fn authority_key_id(key_id: &[u8]) -> Extension {
    Extension::new(
        pkix::ID_CE_AUTHORITY_KEY_IDENTIFIER,
        false,
        SEQUENCE,
        |id| id.put(primitive(0), key_id),
    )
}

/// cRLDistributionPoints: one point for each URL, which may be ASCII only.
///
/// ```asn1
/// CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
/// DistributionPoint ::= SEQUENCE { distributionPoint [0] CHOICE { fullName [0] GeneralNames, … } OPTIONAL, … }
/// ```
#[must_use]
pub fn crl_distribution_points(urls: &[String]) -> Extension {
    points(pkix::ID_CE_CRL_DISTRIBUTION_POINTS, urls)
}

/// freshestCRL (RFC 5280 §4.2.1.15, §5.2.6): where the delta list is; the syntax of cRLDistributionPoints.
#[must_use]
pub fn freshest_crl(urls: &[String]) -> Extension {
    points(pkix::ID_CE_FRESHEST_CRL, urls)
}

fn points(oid: ObjectIdentifier, urls: &[String]) -> Extension {
    Extension::new(oid, false, SEQUENCE, |points| {
        for url in urls {
            points.nested(SEQUENCE, |point| {
                point.nested(constructed(0), |name| {
                    name.nested(constructed(0), |names| {
                        names.put(primitive(6), url.as_bytes());
                    });
                });
            });
        }
    })
}

/// authorityInfoAccess: where OCSP answers and where the issuer's certificate is; URLs in ASCII.
///
/// ```asn1
/// AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }
/// ```
#[must_use]
pub fn authority_info_access(ocsp: &[String], ca_issuers: &[String]) -> Extension {
    let ocsp = ocsp.iter().map(|url| (pkix::ID_AD_OCSP, url));
    let ca_issuers = ca_issuers.iter().map(|url| (pkix::ID_AD_CA_ISSUERS, url));
    Extension::new(pkix::ID_PE_AUTHORITY_INFO_ACCESS, false, SEQUENCE, |list| {
        for (method, url) in ocsp.chain(ca_issuers) {
            list.nested(SEQUENCE, |access| {
                access.oid(&method);
                access.put(primitive(6), url.as_bytes());
            });
        }
    })
}

/// certificatePolicies; the CPS pointer, ASCII, goes to the first policy.
///
/// ```asn1
/// PolicyInformation ::= SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers SEQUENCE OF SEQUENCE { policyQualifierId OBJECT IDENTIFIER, qualifier ANY } OPTIONAL }
/// ```
#[must_use]
pub fn certificate_policies(policies: &[ObjectIdentifier], cps: Option<&str>) -> Extension {
    Extension::new(pkix::ID_CE_CERTIFICATE_POLICIES, false, SEQUENCE, |list| {
        let mut cps = cps;
        for policy in policies {
            list.nested(SEQUENCE, |information| {
                information.put(OBJECT_IDENTIFIER, policy.as_bytes());
                if let Some(url) = cps.take() {
                    information.nested(SEQUENCE, |qualifiers| {
                        qualifiers.nested(SEQUENCE, |qualifier| {
                            qualifier.oid(&pkix::ID_QT_CPS);
                            qualifier.put(IA5_STRING, url.as_bytes());
                        });
                    });
                }
            });
        }
    })
}

/// subjectAltName.
#[must_use]
pub fn subject_alt_names(names: &[GeneralName]) -> Extension {
    Extension::new(pkix::ID_CE_SUBJECT_ALT_NAME, false, SEQUENCE, |list| {
        names.iter().for_each(|name| name.write(list));
    })
}

/// id-pkix-ocsp-nocheck: the responder's own status need not be asked (RFC 6960 §4.2.2.2.1).
#[must_use]
pub fn ocsp_nocheck() -> Extension {
    Extension::new(ID_PKIX_OCSP_NOCHECK, false, NULL, |_| ())
}

/// OrganizationCode of GM/T 0015, PrintableString: the 18 characters of a unified social credit code.
#[must_use]
pub fn organization_code(code: &str) -> Extension {
    Extension::new(ORGANIZATION_CODE, false, PRINTABLE_STRING, |text| {
        text.raw(code.as_bytes())
    })
}
