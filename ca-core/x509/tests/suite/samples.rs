//! `test-vectors/x509_samples.json`: structures that OpenSSL made. Every entry is used; an unknown one fails.

use serde_json::Value;
use sm_engine::key::Algorithm;
use sm_engine::sm2::{PrivateKey, PublicKey};
use x509::certificate::{Certificate, Serial, TbsCertificate};
use x509::extension::{self, Extension, KeyUsage};
use x509::name::Name;
use x509::ocsp::{CertId, HashAlgorithm, OcspRequest};
use x509::request::Request;

use crate::hierarchy::oid;

struct Samples(Vec<Value>);

impl Samples {
    fn read() -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../test-vectors/x509_samples.json"
        );
        let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let list = all
            .as_array()
            .cloned()
            .or_else(|| all.as_object()?.values().find_map(Value::as_array).cloned());
        Self(list.unwrap())
    }

    fn find(&self, name: &str) -> &Value {
        self.0.iter().find(|sample| sample["name"] == name).unwrap()
    }

    fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_der(&bytes(self.find(name), "der")).unwrap()
    }
}

fn bytes(sample: &Value, field: &str) -> Vec<u8> {
    hex::decode(sample[field].as_str().unwrap()).unwrap()
}

fn key(sample: &Value, field: &str) -> PublicKey {
    PublicKey::from_sec1(&bytes(sample, field)).unwrap()
}

#[test]
fn every_entry_reads_as_it_says() {
    let samples = Samples::read();
    for sample in &samples.0 {
        let name = sample["name"].as_str().unwrap();
        match name {
            "root-self-signed" | "ee-sign-cert" | "ee-enc-cert" => certificate(sample),
            "csr-sign-key" => request(sample),
            "keys" => keys(&samples, sample),
            "ocsp-request-sm3-no-nonce" => ocsp_request(&samples, sample),
            _ if name.starts_with("ocsp-certid-") => cert_id(&samples, sample),
            _ => panic!("{name}: nobody uses this sample"),
        }
    }
    assert_eq!(samples.0.len(), 12);
}

fn certificate(sample: &Value) {
    let certificate = Certificate::from_der(&bytes(sample, "der")).unwrap();
    assert_eq!(certificate.tbs(), bytes(sample, "tbs"));
    assert_eq!(
        certificate.signature().to_bytes(),
        bytes(sample, "signature_der")
    );
    let signer = key(sample, "signer_public_key");
    certificate.verify_signature(&(&signer).into()).unwrap();
    let signature = certificate.signature().clone().sm2().unwrap();
    assert!(!signer.verifies_with_empty_id(certificate.tbs(), &signature));
    assert_eq!(
        Certificate::from_pem(&certificate.to_pem()).unwrap(),
        certificate
    );
}

fn request(sample: &Value) {
    let request = Request::from_pem_or_der(&bytes(sample, "der")).unwrap();
    request.verify().unwrap();
    assert_eq!(request.public_key(), &key(sample, "signer_public_key"));
    assert_eq!(request.subject().common_name(), Some("张三测试"));
}

fn keys(samples: &Samples, sample: &Value) {
    for (private, certificate) in [
        ("root_private", "root-self-signed"),
        ("sign_private", "ee-sign-cert"),
        ("enc_private", "ee-enc-cert"),
    ] {
        let private = PrivateKey::from_bytes(&bytes(sample, private).try_into().unwrap()).unwrap();
        assert_eq!(
            samples.certificate(certificate).public_key(),
            private.public_key()
        );
    }
}

fn cert_id(samples: &Samples, sample: &Value) {
    let hash = match sample["hash"].as_str().unwrap() {
        "sha1" => HashAlgorithm::Sha1,
        "sha256" => HashAlgorithm::Sha256,
        "sm3" => HashAlgorithm::Sm3,
        other => panic!("{other}"),
    };
    let root = samples.certificate("root-self-signed");
    let certificate = samples.certificate(sample["cert"].as_str().unwrap());
    let ours = CertId::new(hash, &root, certificate.serial());
    let theirs = CertId::from_der(&bytes(sample, "certid_der")).unwrap();
    assert_eq!(root.subject().der(), bytes(sample, "issuer_name_der"));
    assert_eq!(root.subject_public_key(), bytes(sample, "issuer_key_bits"));
    for id in [&ours, &theirs] {
        assert_eq!(id.issuer_name_hash, bytes(sample, "issuer_name_hash"));
        assert_eq!(id.issuer_key_hash, bytes(sample, "issuer_key_hash"));
        assert_eq!(
            format!("0x{}", hex::encode(&id.serial)),
            sample["serial"].as_str().unwrap()
        );
        assert_eq!(id.hash, hash);
    }
    assert_eq!(theirs.der, bytes(sample, "certid_der"));
    let null = sample["name"].as_str().unwrap().ends_with("NULL");
    assert_eq!(ours.der == theirs.der, null);
}

fn ocsp_request(samples: &Samples, sample: &Value) {
    let request = OcspRequest::from_der(&bytes(sample, "der"), 1).unwrap();
    let root = samples.certificate("root-self-signed");
    let id = CertId::new(
        HashAlgorithm::Sm3,
        &root,
        samples.certificate("ee-sign-cert").serial(),
    );
    assert_eq!(request.cert_ids, [id]);
    assert_eq!(
        (
            request.nonce,
            request.nonce_len,
            request.signature.is_some()
        ),
        (None, None, false)
    );
    assert_eq!(
        OcspRequest::build(&request.cert_ids, None),
        bytes(sample, "der")
    );
}

/// The golden test: what OpenSSL wrote for a profile, our constructors write byte for byte.
#[test]
fn our_builder_writes_what_openssl_wrote() {
    let samples = Samples::read();
    let root = samples.certificate("root-self-signed");
    let key_id = root.subject_key_id().unwrap();
    let no_authority = Extension {
        oid: oid("2.5.29.19"),
        critical: true,
        value: vec![0x30, 0],
    };
    let identity = Extension {
        oid: oid("1.2.156.10260.4.1.1"),
        critical: false,
        value: b"\xA0\x14\x13\x12370102199003070014".to_vec(),
    };
    let signing = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
    let encryption =
        KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT;
    let subject_key =
        |name: &str| extension::subject_key_id(samples.certificate(name).public_key());
    let profiles = [
        (
            "root-self-signed",
            vec![
                extension::basic_constraints_ca(None),
                extension::key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN),
                subject_key("root-self-signed"),
            ],
        ),
        (
            "ee-sign-cert",
            vec![
                no_authority.clone(),
                extension::key_usage(signing),
                subject_key("ee-sign-cert"),
                extension::authority_key_id(key_id),
                extension::crl_distribution_points(
                    &["http://crl.example.gov.cn/ca.crl".to_owned()],
                ),
                extension::authority_info_access(&["http://ocsp.example.gov.cn/".to_owned()], &[]),
                identity,
            ],
        ),
        (
            "ee-enc-cert",
            vec![
                no_authority,
                extension::key_usage(encryption),
                subject_key("ee-enc-cert"),
                extension::authority_key_id(key_id),
            ],
        ),
    ];
    for (name, extensions) in profiles {
        let theirs = samples.certificate(name);
        let ours = TbsCertificate {
            signature_algorithm: Algorithm::Sm2Sm3,
            serial: theirs.serial().clone(),
            issuer: Name::from_der(root.subject().der()).unwrap(),
            not_before: theirs.not_before(),
            not_after: theirs.not_after(),
            subject: theirs.subject().clone(),
            public_key: theirs.public_key().clone(),
            extensions,
        };
        assert_eq!(
            hex::encode(ours.to_der().unwrap()),
            hex::encode(theirs.tbs()),
            "{name}"
        );
        assert_eq!(ours.extensions, theirs.extensions(), "{name}");
    }
}

#[test]
fn the_getters_say_what_openssl_prints() {
    let samples = Samples::read();
    let certificate = samples.certificate("ee-sign-cert");
    assert_eq!(
        certificate.serial(),
        &"11:22:33:44:55:66:77:88:01".parse::<Serial>().unwrap()
    );
    assert_eq!(
        certificate.issuer().to_string(),
        "C=CN, O=示例省电子政务认证中心, CN=示例 SM2 根 CA"
    );
    assert_eq!(
        certificate.subject().to_string(),
        "C=CN, O=示例市大数据局, OU=测试处, CN=张三测试"
    );
    assert_eq!(certificate.not_before().to_string(), "2026-11-23T07:59:18Z");
    assert_eq!(certificate.not_after().to_string(), "2029-11-22T07:59:18Z");
    assert_eq!(
        certificate.key_usage().unwrap().to_string(),
        "digitalSignature, nonRepudiation"
    );
    assert_eq!(
        certificate.basic_constraints().map(|b| (b.ca, b.path_len)),
        Some((false, None))
    );
    assert_eq!(
        hex::encode(certificate.subject_key_id().unwrap()),
        "8a8ccd9f25cc81ee0688e0843d05b1e462b1f8fd"
    );
    assert_eq!(
        hex::encode(certificate.authority_key_id().unwrap()),
        "f9e251614c2f0e9e80913ffda308e47c01a241b4"
    );
    assert_eq!(
        certificate.crl_distribution_points(),
        ["http://crl.example.gov.cn/ca.crl"]
    );
    assert_eq!(certificate.ocsp_urls(), ["http://ocsp.example.gov.cn/"]);
    assert!(certificate.ca_issuers().is_empty() && certificate.extended_key_usage().is_empty());
    let signer = key(samples.find("ee-sign-cert"), "signer_public_key");
    certificate.verify_signature(&signer.into()).unwrap();
}
