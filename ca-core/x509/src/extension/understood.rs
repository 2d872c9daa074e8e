//! The extensions that this crate understands, read strictly: one that is there but broken refuses the
//! certificate, so that a getter's `None` always means "absent".

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as pkix;
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::{OctetStringRef, PrintableStringRef};
use der::{Decode, DecodeValue, FixedTag, Header, Reader, Sequence, Tag, TagNumber};

use super::general_name::{AnyName, visible_ascii};
use super::{BasicConstraints, Extension, KeyUsage, ORGANIZATION_CODE};
use crate::Error;
use crate::element::{Integer, Raw};
use crate::writer::IA5_STRING;

/// What the known extensions of a certificate say.
#[derive(Clone, Default)]
pub(crate) struct Understood {
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) extended_key_usage: Vec<ObjectIdentifier>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    pub(crate) subject_alt_names: Vec<String>,
    pub(crate) crl_distribution_points: Vec<String>,
    pub(crate) ocsp_urls: Vec<String>,
    pub(crate) ca_issuers: Vec<String>,
    /// Policies and, behind each, its CPS pointers.
    pub(crate) policies: Vec<String>,
    pub(crate) organization_code: Option<String>,
}

impl Understood {
    /// Reads every extension of `list` that is known; the others are left to whoever validates a path.
    pub(crate) fn read(list: &[Extension]) -> Result<Self, Error> {
        let mut understood = Self::default();
        list.iter()
            .try_for_each(|extension| understood.read_one(extension).map(drop))?;
        Ok(understood)
    }

    /// Reads one extension; false where it is not known.
    pub(super) fn read_one(&mut self, extension: &Extension) -> Result<bool, Error> {
        let value = extension.value.as_slice();
        match extension.oid {
            pkix::ID_CE_KEY_USAGE => self.key_usage = Some(KeyUsage::from_der(value)?),
            pkix::ID_CE_BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(basic_constraints(value)?)
            }
            pkix::ID_CE_EXT_KEY_USAGE => self.extended_key_usage = some("extKeyUsage", value)?,
            pkix::ID_CE_SUBJECT_KEY_IDENTIFIER => {
                let id: &OctetStringRef = read("subjectKeyIdentifier", value)?;
                self.subject_key_id = Some(key_id("subjectKeyIdentifier", id)?);
            }
            pkix::ID_CE_AUTHORITY_KEY_IDENTIFIER => {
                let id: AuthorityKeyIdentifier<'_> = read("authorityKeyIdentifier", value)?;
                self.authority_key_id = id
                    .key_id
                    .map(|id| key_id("authorityKeyIdentifier", id))
                    .transpose()?;
            }
            pkix::ID_CE_SUBJECT_ALT_NAME => {
                let names: Vec<AnyName> = some("subjectAltName", value)?;
                self.subject_alt_names = names.iter().map(AnyName::text).collect();
            }
            pkix::ID_CE_CRL_DISTRIBUTION_POINTS => {
                self.crl_distribution_points = distribution_urls("cRLDistributionPoints", value)?;
            }
            pkix::ID_PE_AUTHORITY_INFO_ACCESS => self.read_access(value)?,
            pkix::ID_CE_CERTIFICATE_POLICIES => self.policies = policies(value)?,
            ID_PKIX_OCSP_NOCHECK if value != [5, 0] => {
                return Err(Error::broken("id-pkix-ocsp-nocheck"));
            }
            ID_PKIX_OCSP_NOCHECK => {}
            ORGANIZATION_CODE => {
                let code: PrintableStringRef<'_> = read("OrganizationCode", value)?;
                self.organization_code = Some(code.as_str().to_owned());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_access(&mut self, value: &[u8]) -> Result<(), Error> {
        for access in some::<AccessDescription>("authorityInfoAccess", value)? {
            let list = match access.method {
                pkix::ID_AD_OCSP => &mut self.ocsp_urls,
                pkix::ID_AD_CA_ISSUERS => &mut self.ca_issuers,
                _ => continue,
            };
            list.extend(access.location.url());
        }
        Ok(())
    }
}

/// The URLs of cRLDistributionPoints and freshestCRL.
pub(crate) fn distribution_urls(what: &'static str, value: &[u8]) -> Result<Vec<String>, Error> {
    let points: Vec<DistributionPoint<'_>> = some(what, value)?;
    let names = points
        .into_iter()
        .filter_map(|point| point.name)
        .flat_map(|name| name.0);
    Ok(names.filter_map(AnyName::url).collect())
}

/// Reads the whole value as one element.
fn read<'a, T: Decode<'a, Error = der::Error>>(
    what: &'static str,
    value: &'a [u8],
) -> Result<T, Error> {
    T::from_der(value).map_err(Error::malformed(what))
}

/// Reads `SEQUENCE SIZE (1..MAX) OF`.
fn some<'a, T: Decode<'a, Error = der::Error>>(
    what: &'static str,
    value: &'a [u8],
) -> Result<Vec<T>, Error> {
    read(what, value).and_then(|list: Vec<T>| {
        if list.is_empty() {
            Err(Error::broken(what))
        } else {
            Ok(list)
        }
    })
}

fn key_id(what: &'static str, id: &OctetStringRef) -> Result<Vec<u8>, Error> {
    // An empty identifier would agree with every other empty one.
    if (1..=64).contains(&id.as_bytes().len()) {
        Ok(id.as_bytes().to_vec())
    } else {
        Err(Error::broken(what))
    }
}

/// ```asn1
/// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct BasicConstraintsDer {
    ca: Option<bool>,
    path_len: Option<u8>,
}

impl Sequence<'_> for BasicConstraintsDer {}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Error> {
    let BasicConstraintsDer { ca, path_len } = read("basicConstraints", value)?;
    match (ca, path_len) {
        (Some(false), _) | (None, Some(_)) => Err(Error::broken("basicConstraints")),
        (ca, path_len) => Ok(BasicConstraints {
            ca: ca.is_some(),
            path_len,
        }),
    }
}

/// ```asn1
/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL, authorityCertIssuer [1] GeneralNames OPTIONAL, authorityCertSerialNumber [2] INTEGER OPTIONAL }
/// ```
#[derive(DecodeValue)]
#[allow(dead_code)] // read for their form only
struct AuthorityKeyIdentifier<'a> {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    key_id: Option<&'a OctetStringRef>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    issuer: Option<Vec<AnyName>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    serial: Option<Integer<'a>>,
}

impl<'a> Sequence<'a> for AuthorityKeyIdentifier<'a> {}

/// ```asn1
/// DistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] GeneralNames OPTIONAL }
/// DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName }
/// ```
#[derive(DecodeValue)]
#[allow(dead_code)] // read for their form only
struct DistributionPoint<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    name: Option<FullName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    reasons: Option<der::asn1::BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    issuer: Option<Vec<AnyName>>,
}

impl<'a> Sequence<'a> for DistributionPoint<'a> {}

/// `fullName [0] GeneralNames`; the other choice is refused, nobody writes it (RFC 5280 §4.2.1.13).
pub(crate) struct FullName(Vec<AnyName>);

impl FullName {
    /// Its names, which must all be URLs and at least one.
    pub(crate) fn into_urls(self) -> Option<Vec<String>> {
        let urls: Option<Vec<_>> = self.0.into_iter().map(AnyName::url).collect();
        urls.filter(|urls| !urls.is_empty())
    }
}

impl FixedTag for FullName {
    const TAG: Tag = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(0),
    };
}

impl<'a> DecodeValue<'a> for FullName {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        Vec::decode_value(reader, header).map(Self)
    }
}

/// ```asn1
/// AccessDescription ::= SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }
/// ```
#[derive(DecodeValue)]
struct AccessDescription {
    method: ObjectIdentifier,
    location: AnyName,
}

impl Sequence<'_> for AccessDescription {}

/// ```asn1
/// PolicyInformation ::= SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct PolicyInformation<'a> {
    policy: ObjectIdentifier,
    qualifiers: Option<Vec<PolicyQualifier<'a>>>,
}

impl<'a> Sequence<'a> for PolicyInformation<'a> {}

/// ```asn1
/// PolicyQualifierInfo ::= SEQUENCE { policyQualifierId OBJECT IDENTIFIER, qualifier ANY DEFINED BY policyQualifierId }
/// ```
#[derive(DecodeValue)]
struct PolicyQualifier<'a> {
    kind: ObjectIdentifier,
    value: Raw<'a>,
}

impl<'a> Sequence<'a> for PolicyQualifier<'a> {}

fn policies(value: &[u8]) -> Result<Vec<String>, Error> {
    const WHAT: &str = "certificatePolicies";
    let mut texts = Vec::new();
    for information in some::<PolicyInformation<'_>>(WHAT, value)? {
        let mut text = information.policy.to_string();
        for qualifier in information
            .qualifiers
            .iter()
            .flatten()
            .filter(|one| one.kind == pkix::ID_QT_CPS)
        {
            let content = qualifier.value.content().map_err(Error::malformed(WHAT))?;
            let url = Some(content)
                .filter(|_| qualifier.value.tag() == IA5_STRING)
                .and_then(visible_ascii);
            text.push_str(&format!(
                " (CPS {})",
                url.ok_or_else(|| Error::broken(WHAT))?
            ));
        }
        texts.push(text);
    }
    Ok(texts)
}
