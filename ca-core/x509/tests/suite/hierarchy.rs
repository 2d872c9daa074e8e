//! A small hierarchy with software keys: root, issuing authority, whatever is issued below.

use const_oid::ObjectIdentifier;
use sm_engine::key::{Algorithm, Signature};
use sm_engine::sm2::{PrivateKey, PublicKey, SignerId};
use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
use x509::crl::{CrlBuilder, CrlEntry, CrlScope, assemble_crl};
use x509::extension::{self, Extension, KeyUsage};
use x509::name::{Name, NameBuilder};
use x509::time::Time;

/// 2026-11-18T12:00:00Z.
pub(crate) const NOW: Time = Time(1_795_003_200);

pub(crate) fn oid(text: &str) -> ObjectIdentifier {
    text.parse().unwrap()
}

pub(crate) fn name(common_name: &str) -> Name {
    NameBuilder {
        country: Some("CN".to_owned()),
        state: Some("山东省".to_owned()),
        organization: Some("测试".to_owned()),
        common_name: Some(common_name.to_owned()),
        ..NameBuilder::default()
    }
    .build()
    .unwrap()
}

pub(crate) fn sign(key: &PrivateKey, tbs: &[u8]) -> Signature {
    key.sign(SignerId::Default, tbs).unwrap().into()
}

/// A holder of a key and a certificate for it.
pub(crate) struct Party {
    pub(crate) certificate: Certificate,
    pub(crate) key: PrivateKey,
}

/// What is to be certified; starts as a good staff certificate or a good authority.
pub(crate) struct Draft {
    pub(crate) common_name: String,
    pub(crate) serial: Serial,
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
    pub(crate) extensions: Vec<Extension>,
    /// Whether the identifiers of subject's and issuer's key are added.
    pub(crate) key_ids: bool,
}

impl Draft {
    pub(crate) fn staff() -> Self {
        Self::new(
            "陈思齐",
            vec![extension::key_usage(
                KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION,
            )],
        )
    }

    pub(crate) fn authority(common_name: &str, path_len: Option<u8>) -> Self {
        let usage = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
        Self::new(
            common_name,
            vec![
                extension::basic_constraints_ca(path_len),
                extension::key_usage(usage),
            ],
        )
    }

    fn new(common_name: &str, extensions: Vec<Extension>) -> Self {
        Self {
            common_name: common_name.to_owned(),
            serial: Serial::random(),
            not_before: NOW.plus_days(-1),
            not_after: NOW.plus_days(365),
            extensions,
            key_ids: true,
        }
    }

    pub(crate) fn without_key_ids(mut self) -> Self {
        self.key_ids = false;
        self
    }

    pub(crate) fn valid(mut self, not_before: Time, not_after: Time) -> Self {
        (self.not_before, self.not_after) = (not_before, not_after);
        self
    }

    pub(crate) fn with(mut self, extension: Extension) -> Self {
        self.extensions
            .retain(|present| present.oid != extension.oid);
        self.extensions.push(extension);
        self
    }

    pub(crate) fn without(mut self, which: &str) -> Self {
        self.extensions
            .retain(|extension| extension.oid != oid(which));
        self
    }
}

impl Party {
    /// A self-signed authority.
    pub(crate) fn root(common_name: &str) -> Self {
        Self::root_of(Draft::authority(common_name, None))
    }

    pub(crate) fn root_of(draft: Draft) -> Self {
        let key = PrivateKey::generate();
        let issuer = name(&draft.common_name);
        let certificate = certify(&key, &issuer, None, key.public_key(), draft);
        Self { certificate, key }
    }

    /// An authority or holder below this one, with a fresh key.
    pub(crate) fn issue(&self, draft: Draft) -> Self {
        let key = PrivateKey::generate();
        let certificate = self.certify(key.public_key(), draft);
        Self { certificate, key }
    }

    /// A certificate for a key, with the key identifiers that belong to it.
    pub(crate) fn certify(&self, key: &PublicKey, draft: Draft) -> Certificate {
        certify(
            &self.key,
            self.certificate.subject(),
            self.certificate.subject_key_id(),
            key,
            draft,
        )
    }

    pub(crate) fn crl_builder(&self, number: u64) -> CrlBuilder {
        CrlBuilder {
            signature_algorithm: Algorithm::Sm2Sm3,
            issuer: self.certificate.subject().clone(),
            authority_key_id: self.certificate.subject_key_id().unwrap().to_vec(),
            number,
            this_update: NOW,
            next_update: NOW.plus_days(1),
            scope: CrlScope::default(),
        }
    }

    pub(crate) fn crl(&self, number: u64, entries: Vec<CrlEntry>) -> Vec<u8> {
        let tbs = self.crl_builder(number).to_tbs_der(&entries).unwrap();
        assemble_crl(&tbs, &sign(&self.key, &tbs))
    }
}

fn certify(
    signer: &PrivateKey,
    issuer: &Name,
    issuer_key_id: Option<&[u8]>,
    key: &PublicKey,
    draft: Draft,
) -> Certificate {
    let mut extensions = draft.extensions;
    if draft.key_ids {
        extensions.push(extension::subject_key_id(&key.into()));
        extensions.extend(issuer_key_id.map(extension::authority_key_id));
    }
    let tbs = TbsCertificate {
        signature_algorithm: Algorithm::Sm2Sm3,
        serial: draft.serial,
        issuer: issuer.clone(),
        not_before: draft.not_before,
        not_after: draft.not_after,
        subject: name(&draft.common_name),
        public_key: key.clone().into(),
        extensions,
    };
    let tbs = tbs.to_der().unwrap();
    Certificate::from_der(&assemble_certificate(&tbs, &sign(signer, &tbs)).unwrap()).unwrap()
}
