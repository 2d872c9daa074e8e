//! Extensions in words, for people who look at a certificate or approve one.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as pkix;
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;

use super::{BasicConstraints, Extension, ORGANIZATION_CODE, Understood};

/// Names of extensions, as the standards have them.
const EXTENSIONS: [(ObjectIdentifier, &str); 22] = [
    (
        pkix::ID_CE_SUBJECT_DIRECTORY_ATTRIBUTES,
        "subjectDirectoryAttributes",
    ),
    (pkix::ID_CE_SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (pkix::ID_CE_KEY_USAGE, "keyUsage"),
    (
        pkix::ID_CE_PRIVATE_KEY_USAGE_PERIOD,
        "privateKeyUsagePeriod",
    ),
    (pkix::ID_CE_SUBJECT_ALT_NAME, "subjectAltName"),
    (pkix::ID_CE_ISSUER_ALT_NAME, "issuerAltName"),
    (pkix::ID_CE_BASIC_CONSTRAINTS, "basicConstraints"),
    (pkix::ID_CE_NAME_CONSTRAINTS, "nameConstraints"),
    (pkix::ID_CE_CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints"),
    (pkix::ID_CE_CERTIFICATE_POLICIES, "certificatePolicies"),
    (pkix::ID_CE_POLICY_MAPPINGS, "policyMappings"),
    (
        pkix::ID_CE_AUTHORITY_KEY_IDENTIFIER,
        "authorityKeyIdentifier",
    ),
    (pkix::ID_CE_POLICY_CONSTRAINTS, "policyConstraints"),
    (pkix::ID_CE_EXT_KEY_USAGE, "extKeyUsage"),
    (pkix::ID_CE_FRESHEST_CRL, "freshestCRL"),
    (pkix::ID_CE_INHIBIT_ANY_POLICY, "inhibitAnyPolicy"),
    (pkix::ID_PE_AUTHORITY_INFO_ACCESS, "authorityInfoAccess"),
    (ID_PKIX_OCSP_NOCHECK, "id-pkix-ocsp-nocheck"),
    (
        ObjectIdentifier::new_unwrap("1.2.156.10260.4.1.1"),
        "IdentifyCode",
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.156.10260.4.1.2"),
        "InsuranceNumber",
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.156.10260.4.1.3"),
        "ICRegistrationNumber",
    ),
    (ORGANIZATION_CODE, "OrganizationCode"),
];

/// Names of key purposes (RFC 5280 §4.2.1.12).
const PURPOSES: [(ObjectIdentifier, &str); 7] = [
    (pkix::ID_KP_SERVER_AUTH, "serverAuth"),
    (pkix::ID_KP_CLIENT_AUTH, "clientAuth"),
    (pkix::ID_KP_CODE_SIGNING, "codeSigning"),
    (pkix::ID_KP_EMAIL_PROTECTION, "emailProtection"),
    (pkix::ID_KP_TIME_STAMPING, "timeStamping"),
    (pkix::ID_KP_OCSP_SIGNING, "OCSPSigning"),
    (pkix::ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"),
];

/// The standard's name of an extension; `None` for one that this crate has never heard of.
#[must_use]
pub fn extension_name(oid: &ObjectIdentifier) -> Option<&'static str> {
    EXTENSIONS
        .iter()
        .find(|(known, _)| known == oid)
        .map(|(_, name)| *name)
}

/// The value in one line: `keyCertSign, cRLSign`, `CA, pathLen 0`, a URL; in hex where it is not understood.
#[must_use]
pub fn describe(extension: &Extension) -> String {
    let mut one = Understood::default();
    let Ok(true) = one.read_one(extension) else {
        return hex::encode(&extension.value);
    };
    let mut parts = Vec::new();
    parts.extend(one.key_usage.map(|usage| usage.to_string()));
    parts.extend(one.basic_constraints.map(constraints));
    parts.extend(one.extended_key_usage.iter().map(purpose));
    parts.extend(one.subject_key_id.map(hex::encode));
    parts.extend(one.authority_key_id.map(hex::encode));
    parts.extend(one.subject_alt_names);
    parts.extend(one.crl_distribution_points);
    parts.extend(one.ocsp_urls.iter().map(|url| format!("OCSP {url}")));
    parts.extend(one.ca_issuers.iter().map(|url| format!("caIssuers {url}")));
    parts.extend(one.policies);
    parts.extend(one.organization_code);
    parts.join(", ")
}

fn constraints(BasicConstraints { ca, path_len }: BasicConstraints) -> String {
    let kind = if ca { "CA" } else { "no CA" };
    path_len.map_or_else(
        || kind.to_owned(),
        |length| format!("{kind}, pathLen {length}"),
    )
}

fn purpose(oid: &ObjectIdentifier) -> String {
    PURPOSES
        .iter()
        .find(|(known, _)| known == oid)
        .map_or_else(|| oid.to_string(), |(_, name)| (*name).to_owned())
}
