//! The extensions of a certificate, in a fixed order: what the profile lists, filled from issuer, key and form.
//!
//! Criticality is that of RFC 5280: keyUsage and basicConstraints are critical, everything else is not.

use std::fmt;

use const_oid::ObjectIdentifier;
use serde::Deserialize;
use sm_engine::key::PublicKey;
use x509::Error;
use x509::extension::{self as make, Extension, GeneralName};

use super::Profile;
use crate::field::Target;
use crate::form::Form;

/// id-kp-clientAuth.
pub const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
/// id-kp-codeSigning.
pub const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// id-kp-emailProtection.
pub const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
/// id-kp-OCSPSigning.
pub const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");
/// id-kp-serverAuth.
pub const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");

/// keyUsage, basicConstraints and extKeyUsage, which follow from the profile's own keys and are not listed.
pub(crate) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// An extension that a profile can list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionKind {
    /// RFC 5280 §4.2.2.1, OCSP and caIssuers.
    AuthorityInformationAccess,
    /// RFC 5280 §4.2.1.1, keyIdentifier form.
    AuthorityKeyIdentifier,
    /// RFC 5280 §4.2.1.4.
    CertificatePolicies,
    /// RFC 5280 §4.2.1.13.
    CrlDistributionPoints,
    /// RFC 6960 §4.2.2.2.1.
    OcspNoCheck,
    /// GM/T 0015: unified social credit code in 1.2.156.10260.4.1.4.
    OrganizationCode,
    /// RFC 5280 §4.2.1.6.
    SubjectAltName,
    /// RFC 5280 §4.2.1.2, method (1).
    SubjectKeyIdentifier,
}

impl ExtensionKind {
    /// Its object identifier.
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::AuthorityInformationAccess => "1.3.6.1.5.5.7.1.1",
            Self::AuthorityKeyIdentifier => "2.5.29.35",
            Self::CertificatePolicies => "2.5.29.32",
            Self::CrlDistributionPoints => "2.5.29.31",
            Self::OcspNoCheck => "1.3.6.1.5.5.7.48.1.5",
            Self::OrganizationCode => "1.2.156.10260.4.1.4",
            Self::SubjectAltName => "2.5.29.17",
            Self::SubjectKeyIdentifier => "2.5.29.14",
        })
    }

    /// Its name in standards.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorityInformationAccess => "authorityInfoAccess",
            Self::AuthorityKeyIdentifier => "authorityKeyIdentifier",
            Self::CertificatePolicies => "certificatePolicies",
            Self::CrlDistributionPoints => "cRLDistributionPoints",
            Self::OcspNoCheck => "ocsp-nocheck",
            Self::OrganizationCode => "organizationCode",
            Self::SubjectAltName => "subjectAltName",
            Self::SubjectKeyIdentifier => "subjectKeyIdentifier",
        }
    }

    pub(crate) fn is_filled_by(self, target: Target) -> bool {
        match self {
            Self::OrganizationCode => target == Target::OrganizationCode,
            Self::SubjectAltName => matches!(
                target,
                Target::DnsNames | Target::Email | Target::IpAddresses
            ),
            _ => false,
        }
    }
}

impl fmt::Display for ExtensionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a certificate says about its issuer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issuer {
    /// Subject key identifier of the issuer's certificate.
    pub key_id: Vec<u8>,
    /// Where its CRL is, `http:`.
    pub crl_urls: Vec<String>,
    /// Where its OCSP responder is, `http:`.
    pub ocsp_urls: Vec<String>,
    /// Where its certificate is, `http:`.
    pub ca_issuers_urls: Vec<String>,
    /// Certificate policies under which it issues.
    pub policy_oids: Vec<ObjectIdentifier>,
    /// Where its certification practice statement is.
    pub cps: Option<String>,
}

pub(super) fn build(
    profile: &Profile,
    form: Option<&Form>,
    issuer: &Issuer,
    key: &PublicKey,
) -> Result<Vec<Extension>, Error> {
    let mut extensions = Vec::new();
    if profile.is_authority() {
        extensions.push(make::basic_constraints_ca(profile.path_len));
    }
    extensions.push(make::key_usage(profile.key_usage));
    if !profile.extended_key_usage.is_empty() {
        extensions.push(make::extended_key_usage(&profile.extended_key_usage, false));
    }
    for (kind, required) in ordered(profile) {
        match content(kind, profile, form, issuer, key)? {
            Some(extension) => extensions.push(extension),
            None if required => {
                return Err(Error::Value {
                    what: kind.name(),
                    reason: "the profile requires it, and neither issuer nor form gives its content",
                });
            }
            None => {}
        }
    }
    Ok(extensions)
}

/// Required and optional extensions in the order in which they stand in certificates: identifiers first, as readers
/// expect them, then the rest.
fn ordered(profile: &Profile) -> impl Iterator<Item = (ExtensionKind, bool)> {
    [
        ExtensionKind::SubjectKeyIdentifier,
        ExtensionKind::AuthorityKeyIdentifier,
        ExtensionKind::CertificatePolicies,
        ExtensionKind::SubjectAltName,
        ExtensionKind::OrganizationCode,
        ExtensionKind::CrlDistributionPoints,
        ExtensionKind::AuthorityInformationAccess,
        ExtensionKind::OcspNoCheck,
    ]
    .into_iter()
    .filter_map(|kind| {
        let required = profile.required.contains(&kind);
        (required || profile.optional.contains(&kind)).then_some((kind, required))
    })
}

/// `None` where there is nothing to say.
fn content(
    kind: ExtensionKind,
    profile: &Profile,
    form: Option<&Form>,
    issuer: &Issuer,
    key: &PublicKey,
) -> Result<Option<Extension>, Error> {
    Ok(match kind {
        ExtensionKind::AuthorityInformationAccess => {
            let given = !issuer.ocsp_urls.is_empty() || !issuer.ca_issuers_urls.is_empty();
            given.then(|| make::authority_info_access(&issuer.ocsp_urls, &issuer.ca_issuers_urls))
        }
        ExtensionKind::AuthorityKeyIdentifier => {
            (!issuer.key_id.is_empty()).then(|| make::authority_key_id(&issuer.key_id))
        }
        ExtensionKind::CertificatePolicies => (!issuer.policy_oids.is_empty())
            .then(|| make::certificate_policies(&issuer.policy_oids, issuer.cps.as_deref())),
        ExtensionKind::CrlDistributionPoints => {
            (!issuer.crl_urls.is_empty()).then(|| make::crl_distribution_points(&issuer.crl_urls))
        }
        ExtensionKind::OcspNoCheck => Some(make::ocsp_nocheck()),
        ExtensionKind::OrganizationCode => {
            value(profile, form, Target::OrganizationCode).map(make::organization_code)
        }
        ExtensionKind::SubjectAltName => {
            let names = alternative_names(profile, form)?;
            (!names.is_empty()).then(|| make::subject_alt_names(&names))
        }
        ExtensionKind::SubjectKeyIdentifier => Some(make::subject_key_id(key)),
    })
}

fn alternative_names(profile: &Profile, form: Option<&Form>) -> Result<Vec<GeneralName>, Error> {
    let items = |target| {
        value(profile, form, target)
            .unwrap_or_default()
            .split(',')
            .filter(|item| !item.is_empty())
    };
    let mut names: Vec<GeneralName> = items(Target::DnsNames)
        .map(|name| GeneralName::Dns(name.to_owned()))
        .collect();
    for address in items(Target::IpAddresses) {
        let address = address.parse().map_err(|_| Error::Value {
            what: "iPAddress",
            reason: "not an address",
        })?;
        names.push(GeneralName::Ip(address));
    }
    names.extend(items(Target::Email).map(|address| GeneralName::Email(address.to_owned())));
    Ok(names)
}

fn value<'a>(profile: &Profile, form: Option<&'a Form>, target: Target) -> Option<&'a str> {
    let field = profile
        .fields
        .iter()
        .find(|field| field.into.contains(&target))?;
    form?.get(&field.name)
}
