//! Certificate profiles: what a kind of certificate looks like and what its form asks for.
//!
//! A profile is data of `policies/`; its document's digest is frozen when a case is opened and is on the ledger with
//! every certificate. Structure follows GB/T 20518-2018 (GM/T 0015) tables C.1 to C.4 and RFC 5280 §4.

use std::collections::BTreeMap;

use const_oid::ObjectIdentifier;
use serde::Deserialize;
use sm_engine::key::{Algorithm, PublicKey};
use sm_engine::sm3::Digest;
use x509::extension::{Extension, KeyUsage};
use x509::name::Name;
use x509::time::Time;

use crate::field::Field;
use crate::form::{Form, Problem};

pub(crate) mod document;
pub mod extension;
mod subject;

pub use extension::{ExtensionKind, Issuer};

/// Whom or what a certificate stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A certificate authority below the root.
    Authority,
    /// 机构: a department or another body.
    Department,
    /// 设备: a server or another machine.
    Device,
    /// 操作员: an officer of this system.
    Officer,
    /// A delegated OCSP responder (RFC 6960 §4.2.2.2).
    Responder,
    /// The self-signed trust anchor.
    Root,
    /// 人员: a member of staff.
    Staff,
}

/// What the certified key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Signing certificates and CRLs.
    CertificateSigning,
    /// Decrypting: the second certificate of a pair.
    Encryption,
    /// Signing OCSP responses.
    OcspSigning,
    /// Signing: the first certificate of a pair, or the only one.
    Signing,
}

/// A name for people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// One profile, read and found consistent.
#[derive(Debug)]
pub struct Profile {
    /// `staff-signing`: the stem of its file name.
    pub name: String,
    /// What officers call it.
    pub title: Title,
    /// Whom or what it stands for.
    pub class: Class,
    /// What the key is for.
    pub purpose: Purpose,
    /// Days of validity, 1 to 11,000.
    pub validity_days: u32,
    /// Days before the end from which it may be renewed; less than `validity_days`.
    pub renew_before_days: u32,
    /// Days for which it may stay good beside the one that renews it or takes its key's place; at most 30, and 0 in what
    /// is never applied for.
    pub overlap_days: u32,
    /// Whether it may be renewed with the key that it has.
    pub renew_same_key: bool,
    /// Different officers whose statements must cover a case before it is produced; entry and review make 2.
    pub approvals: u8,
    /// Exactly these bits, critical.
    pub key_usage: KeyUsage,
    /// Exactly these purposes, in this order; empty: no extension.
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// pathLenConstraint; only for certificate authorities.
    pub path_len: Option<u8>,
    country: String,
    state: String,
    keys: Vec<Algorithm>,
    required: Vec<ExtensionKind>,
    optional: Vec<ExtensionKind>,
    fields: Vec<Field>,
    document: Digest,
}

impl Profile {
    /// SM3 of the document that this profile was read from.
    #[must_use]
    pub fn document(&self) -> Digest {
        self.document
    }

    /// Whether a case can ask for it. Roots, authorities and responders are founded, never applied for.
    #[must_use]
    pub fn requestable(&self) -> bool {
        is_requestable(self.class)
    }

    /// Whether it certifies keys of an algorithm.
    #[must_use]
    pub fn takes(&self, algorithm: Algorithm) -> bool {
        self.keys.contains(&algorithm)
    }

    /// From when on a certificate that ends then may be renewed; both in UTC seconds.
    #[must_use]
    pub fn renewable_from(&self, not_after: i64) -> i64 {
        not_after.saturating_sub(i64::from(self.renew_before_days) * 86_400)
    }

    /// Whether it makes a certificate authority.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        matches!(self.class, Class::Authority | Class::Root)
    }

    /// notAfter minus notBefore, in seconds. Both ends belong to the validity period (RFC 5280 §4.1.2.5), so this is
    /// one second less than the whole days.
    #[must_use]
    pub fn validity_seconds(&self) -> i64 {
        i64::from(self.validity_days) * 86_400 - 1
    }

    /// The fields of the form, in the order in which they are asked.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// C and ST of every subject.
    #[must_use]
    pub fn country_and_state(&self) -> (&str, &str) {
        (&self.country, &self.state)
    }

    /// Extensions that every certificate has, besides keyUsage, extKeyUsage and basicConstraints.
    #[must_use]
    pub fn required_extensions(&self) -> &[ExtensionKind] {
        &self.required
    }

    /// Extensions that a certificate has where issuer or form give them content.
    #[must_use]
    pub fn optional_extensions(&self) -> &[ExtensionKind] {
        &self.optional
    }

    /// Checks and normalises a form. `today` bounds dates of birth.
    ///
    /// # Errors
    /// All problems at once, in the order of the fields; unknown fields last.
    pub fn check_form(
        &self,
        form: &BTreeMap<String, String>,
        today: Time,
    ) -> Result<Form, Vec<Problem>> {
        Form::check(&self.fields, form, today)
    }

    /// The subject: C and ST of the profile, the rest from the form, in the order C, ST, L, O, OU, CN, serialNumber
    /// (GB/T 20518; X.520 bounds). Signing and encryption certificate of one form have the same subject.
    ///
    /// # Errors
    /// [`x509::Error::Value`] where the form, checked for another profile, lacks a required value.
    pub fn subject(&self, form: &Form) -> Result<Name, x509::Error> {
        subject::build(self, form)
    }

    /// The extensions, in a fixed order, for `key` under `issuer`; for a root the issuer is itself.
    ///
    /// # Errors
    /// [`x509::Error::Value`] where the issuer or the form gives no content for a required extension.
    pub fn extensions(
        &self,
        form: Option<&Form>,
        issuer: &Issuer,
        key: &PublicKey,
    ) -> Result<Vec<Extension>, x509::Error> {
        extension::build(self, form, issuer, key)
    }
}

/// Whether a case can ask for certificates of the class.
fn is_requestable(class: Class) -> bool {
    matches!(
        class,
        Class::Department | Class::Device | Class::Officer | Class::Staff
    )
}
