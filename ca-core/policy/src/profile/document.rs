//! Reading a profile's document, and the rules that every profile must satisfy before it may make a certificate.
//!
//! A profile that breaks them does not load: a wrong key usage is found at start-up, not in ten thousand certificates.

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;
use serde::Deserialize;
use sm_engine::key::Algorithm;
use sm_engine::sm3::{self, Digest};
use x509::extension::KeyUsage;
use x509::time::Time;

use super::extension::{ExtensionKind, OCSP_SIGNING};
use super::{Class, Profile, Purpose, Title, is_requestable};
use crate::Error;
use crate::field::{Field, Target};
use crate::form::is_field_name;
use crate::set::source::Source;

const FIELD_LIMIT: usize = 32;
const VALIDITY_LIMIT: u32 = 11_000;
/// A responder certificate is not checked for revocation (nocheck), so it has to be short-lived.
pub(crate) const RESPONDER_VALIDITY_LIMIT: u32 = 93;
/// Longest time for which a certificate is good beside its successor: days. The ledger's rules say the same.
const OVERLAP_LIMIT: u32 = 30;
/// Late enough that the date of birth in an example is always in the past.
const EXAMPLES_ARE_CHECKED_AT: Time = Time(4_102_444_800);

/// A document as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    class: Class,
    purpose: Purpose,
    validity_days: u32,
    renew_before_days: u32,
    /// Absent: none.
    #[serde(default)]
    overlap_days: u32,
    /// Absent: a new key for every certificate.
    #[serde(default)]
    renew_same_key: bool,
    approvals: u8,
    key_usage: Vec<UsageBit>,
    #[serde(default)]
    extended_key_usage: Vec<Purpose5280>,
    path_len: Option<u8>,
    /// Algorithms of the keys. Absent: SM2; for what is founded and never applied for, every algorithm, since the
    /// authority decides.
    keys: Option<Vec<KeyName>>,
    title: Title,
    subject: RawSubject,
    extensions: RawExtensions,
    field: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSubject {
    country: String,
    state: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExtensions {
    required: Vec<ExtensionKind>,
    #[serde(default)]
    optional: Vec<ExtensionKind>,
}

/// One bit of keyUsage by its RFC 5280 §4.2.1.3 name.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct UsageBit(KeyUsage);

impl TryFrom<String> for UsageBit {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
            .map(Self)
            .map_err(|_| format!("{name:?} is not a key usage of RFC 5280"))
    }
}

/// An algorithm by its name: `sm2`, `p256`, `rsa`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct KeyName(Algorithm);

impl TryFrom<String> for KeyName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Algorithm::from_name(&name)
            .map(Self)
            .ok_or_else(|| format!("{name:?} is not sm2, p256 or rsa"))
    }
}

/// One extended key usage by its RFC 5280 §4.2.1.12 name.
#[derive(Deserialize)]
enum Purpose5280 {
    #[serde(rename = "clientAuth")]
    ClientAuth,
    #[serde(rename = "codeSigning")]
    CodeSigning,
    #[serde(rename = "emailProtection")]
    EmailProtection,
    #[serde(rename = "OCSPSigning")]
    OcspSigning,
    #[serde(rename = "serverAuth")]
    ServerAuth,
}

impl Purpose5280 {
    fn oid(&self) -> ObjectIdentifier {
        match self {
            Self::ClientAuth => super::extension::CLIENT_AUTH,
            Self::CodeSigning => super::extension::CODE_SIGNING,
            Self::EmailProtection => super::extension::EMAIL_PROTECTION,
            Self::OcspSigning => OCSP_SIGNING,
            Self::ServerAuth => super::extension::SERVER_AUTH,
        }
    }
}

impl Profile {
    /// Reads one profile document by its name and bytes: for documents that are no longer in force but were
    /// frozen when a case was opened.
    ///
    /// # Errors
    /// [`Error::Document`] where it is not a consistent profile.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let file = format!("{name}.toml");
        Self::read(name, &Source::new(&file, bytes)?, sm3::digest(bytes))
    }

    /// Reads one that the set has opened.
    pub(crate) fn read(name: &str, source: &Source<'_>, document: Digest) -> Result<Self, Error> {
        let raw: Raw = source.parse()?;
        let mut bits = raw.key_usage.into_iter().map(|bit| bit.0);
        let first = bits
            .next()
            .ok_or_else(|| source.fault("key_usage", "at least one bit is needed"))?;
        let keys = match raw.keys {
            Some(names) => names.into_iter().map(|name| name.0).collect(),
            None if is_requestable(raw.class) => vec![Algorithm::Sm2Sm3],
            None => Algorithm::ALL.to_vec(),
        };
        let profile = Self {
            keys,
            name: name.to_owned(),
            title: raw.title,
            class: raw.class,
            purpose: raw.purpose,
            validity_days: raw.validity_days,
            renew_before_days: raw.renew_before_days,
            overlap_days: raw.overlap_days,
            renew_same_key: raw.renew_same_key,
            approvals: raw.approvals,
            key_usage: bits.fold(first, |all, bit| all | bit),
            extended_key_usage: raw
                .extended_key_usage
                .iter()
                .map(Purpose5280::oid)
                .collect(),
            path_len: raw.path_len,
            country: raw.subject.country,
            state: raw.subject.state,
            required: raw.extensions.required,
            optional: raw.extensions.optional,
            fields: raw.field,
            document,
        };
        profile.check_validity(source)?;
        profile.check_usage(source)?;
        profile.check_keys(source)?;
        profile.check_extensions(source)?;
        profile.check_subject(source)?;
        profile.check_fields(source)?;
        Ok(profile)
    }

    fn check_validity(&self, source: &Source<'_>) -> Result<(), Error> {
        let limit = if self.class == Class::Responder {
            RESPONDER_VALIDITY_LIMIT
        } else {
            VALIDITY_LIMIT
        };
        if !(1..=limit).contains(&self.validity_days) {
            return Err(source.fault(
                "validity_days",
                format!("must be 1 to {limit} for this class"),
            ));
        }
        if self.renew_before_days >= self.validity_days {
            return Err(source.fault("renew_before_days", "must be less than validity_days"));
        }
        let overlap = if self.requestable() { OVERLAP_LIMIT } else { 0 };
        if self.overlap_days > overlap {
            return Err(source.fault(
                "overlap_days",
                format!("must be 0 to {overlap} for this class"),
            ));
        }
        if self.renew_same_key && self.class != Class::Device {
            return Err(source.fault("renew_same_key", "only machines keep their keys"));
        }
        // Entry and review, by two people. Certificates that nobody applies for have no case to approve.
        let approvals = if self.requestable() { 2 } else { 0 };
        if self.approvals != approvals {
            return Err(source.fault("approvals", format!("must be {approvals} for this class")));
        }
        Ok(())
    }

    fn check_usage(&self, source: &Source<'_>) -> Result<(), Error> {
        let purpose = match self.class {
            Class::Authority | Class::Root => self.purpose == Purpose::CertificateSigning,
            Class::Responder => self.purpose == Purpose::OcspSigning,
            _ => matches!(self.purpose, Purpose::Encryption | Purpose::Signing),
        };
        if !purpose {
            return Err(source.fault("purpose", "does not suit the class"));
        }
        let (needed, allowed) = match self.purpose {
            Purpose::CertificateSigning => {
                let both = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
                (both, both)
            }
            Purpose::Encryption => {
                let both = KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT;
                (both, both | KeyUsage::KEY_AGREEMENT)
            }
            Purpose::OcspSigning => (KeyUsage::DIGITAL_SIGNATURE, KeyUsage::DIGITAL_SIGNATURE),
            Purpose::Signing => (
                KeyUsage::DIGITAL_SIGNATURE,
                KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION,
            ),
        };
        if !self.key_usage.contains(needed) || !allowed.contains(self.key_usage) {
            return Err(source.fault(
                "key_usage",
                format!("must hold {needed} and nothing outside {allowed}"),
            ));
        }
        let for_ocsp = self.extended_key_usage.contains(&OCSP_SIGNING);
        if for_ocsp != (self.class == Class::Responder)
            || (for_ocsp && self.extended_key_usage.len() > 1)
        {
            return Err(source.fault(
                "extended_key_usage",
                "OCSPSigning belongs to responders, alone",
            ));
        }
        if self.is_authority() && !self.extended_key_usage.is_empty() {
            return Err(source.fault("extended_key_usage", "not in a certificate authority"));
        }
        let distinct: BTreeSet<_> = self.extended_key_usage.iter().collect();
        if distinct.len() != self.extended_key_usage.len() {
            return Err(source.fault("extended_key_usage", "the same purpose twice"));
        }
        match (self.class, self.path_len) {
            (Class::Authority, None) => {
                Err(source.fault("path_len", "needed in an authority below the root"))
            }
            (Class::Authority | Class::Root, _) | (_, None) => Ok(()),
            (_, Some(_)) => Err(source.fault("path_len", "only for certificate authorities")),
        }
    }

    fn check_keys(&self, source: &Source<'_>) -> Result<(), Error> {
        let fault = |reason: &str| Err(source.fault("keys", reason));
        let distinct: BTreeSet<_> = self.keys.iter().collect();
        if self.keys.is_empty() || distinct.len() != self.keys.len() {
            return fault("at least one algorithm is needed, and each once");
        }
        if !self.requestable() && self.keys.len() != Algorithm::ALL.len() {
            return fault("the authority decides in this class");
        }
        if self.class == Class::Officer && self.keys != [Algorithm::Sm2Sm3] {
            return fault("officers sign statements with SM2");
        }
        Ok(())
    }

    fn check_extensions(&self, source: &Source<'_>) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for kind in self.required.iter().chain(&self.optional) {
            if !seen.insert(kind) {
                return Err(source.fault("extensions", format!("{kind} is listed twice")));
            }
        }
        let mut needed = vec![ExtensionKind::SubjectKeyIdentifier];
        if self.class != Class::Root {
            needed.extend([
                ExtensionKind::AuthorityKeyIdentifier,
                ExtensionKind::CrlDistributionPoints,
            ]);
        }
        match self.class {
            Class::Authority => needed.push(ExtensionKind::CertificatePolicies),
            Class::Device => needed.push(ExtensionKind::SubjectAltName),
            Class::Responder => needed.push(ExtensionKind::OcspNoCheck),
            _ => {}
        }
        if let Some(kind) = needed.iter().find(|kind| !self.required.contains(kind)) {
            return Err(source.fault(
                "required",
                format!("{kind} is missing; this class needs it"),
            ));
        }
        if seen.contains(&ExtensionKind::OcspNoCheck) && self.class != Class::Responder {
            return Err(source.fault("extensions", "ocsp-no-check belongs to responders"));
        }
        Ok(())
    }

    fn check_subject(&self, source: &Source<'_>) -> Result<(), Error> {
        if self.country.len() != 2 || !self.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(source.fault("country", "must be two capital letters"));
        }
        if crate::identity::text::title(&self.state, crate::identity::text::PLACE_LIMIT).is_err() {
            return Err(source.fault("state", "must be the name of a province"));
        }
        Ok(())
    }

    fn check_fields(&self, source: &Source<'_>) -> Result<(), Error> {
        if self.fields.len() > FIELD_LIMIT {
            return Err(source.fault("field", format!("at most {FIELD_LIMIT} fields")));
        }
        let mut names = BTreeSet::new();
        let mut targets = Vec::new();
        for (index, field) in self.fields.iter().enumerate() {
            let fault =
                |key: &str, reason: String| Err(source.fault_in("field", index, key, reason));
            if !is_field_name(&field.name) || !names.insert(&field.name) {
                return fault(
                    "name",
                    "must be lower-case letters, digits and _, and not used before".to_owned(),
                );
            }
            if field.zh.trim().is_empty() || field.en.trim().is_empty() {
                return fault("zh", "a field needs a label in both languages".to_owned());
            }
            if field.personal && !field.into.is_empty() {
                return fault(
                    "into",
                    "personal data never goes into a certificate".to_owned(),
                );
            }
            if field.kind.always_personal() && !field.personal {
                return fault(
                    "kind",
                    "a field of this kind must be personal = true".to_owned(),
                );
            }
            for target in &field.into {
                if !field.kind.suits(*target) {
                    return fault("into", format!("{target:?} does not take this kind"));
                }
                if targets.contains(target) {
                    return fault("into", format!("{target:?} is filled twice"));
                }
                targets.push(*target);
            }
            match field.accept(&field.example, EXAMPLES_ARE_CHECKED_AT) {
                Ok(value) if !value.is_empty() => {}
                Ok(_) => return fault("example", "an example is needed".to_owned()),
                Err(flaw) => return fault("example", flaw.to_string()),
            }
        }
        for target in [Target::CommonName, Target::Organization] {
            if !self
                .fields
                .iter()
                .any(|field| field.required && field.into.contains(&target))
            {
                return Err(
                    source.fault("field", format!("no required field goes into {target:?}"))
                );
            }
        }
        self.check_content(source)
    }

    /// Extensions whose content comes from the form need a field, and such a field needs its extension.
    fn check_content(&self, source: &Source<'_>) -> Result<(), Error> {
        for kind in [
            ExtensionKind::SubjectAltName,
            ExtensionKind::OrganizationCode,
        ] {
            let fills = |field: &&Field| field.into.iter().any(|target| kind.is_filled_by(*target));
            let fields: Vec<&Field> = self.fields.iter().filter(fills).collect();
            if self.required.contains(&kind) && !fields.iter().any(|field| field.required) {
                return Err(source.fault("required", format!("no required field fills {kind}")));
            }
            let listed = self.required.contains(&kind) || self.optional.contains(&kind);
            if listed == fields.is_empty() {
                return Err(source.fault(
                    "extensions",
                    format!("{kind} and the fields that fill it must go together"),
                ));
            }
        }
        Ok(())
    }
}
