//! Certificates of P-256 and RSA hierarchies: paths, what is told from what, and encodings that are refused.

use sm_engine::foreign::{P256PrivateKey, RsaPrivateKey, Weakness};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm2::{PrivateKey, SignerId};
use x509::Error;
use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
use x509::extension::{self, KeyUsage};
use x509::path::{Purpose, validate};

use crate::hierarchy::{NOW, name};
use crate::judge::Judge;

/// A private key of any algorithm.
enum Key {
    P256(P256PrivateKey),
    Rsa(Box<RsaPrivateKey>),
    Sm2(PrivateKey),
}

impl Key {
    fn p256() -> Self {
        Self::P256(P256PrivateKey::generate().unwrap().0)
    }

    fn rsa() -> Self {
        let judge = Judge::new();
        judge.ok("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pem");
        judge.ok("pkcs8 -topk8 -nocrypt -in pem -outform DER -out key");
        Self::Rsa(Box::new(
            RsaPrivateKey::from_pkcs8(&judge.read("key")).unwrap(),
        ))
    }

    fn public(&self) -> PublicKey {
        match self {
            Self::P256(key) => PublicKey::P256(key.public_key().clone()),
            Self::Rsa(key) => PublicKey::Rsa(key.public_key().clone()),
            Self::Sm2(key) => key.public_key().into(),
        }
    }

    fn sign(&self, message: &[u8]) -> Signature {
        match self {
            Self::P256(key) => Signature::EcdsaP256Sha256(key.sign(message).unwrap()),
            Self::Rsa(key) => Signature::RsaSha256(key.sign(message).unwrap()),
            Self::Sm2(key) => key.sign(SignerId::Default, message).unwrap().into(),
        }
    }
}

fn tbs(subject: &str, key: &PublicKey, issuer: &str, by: Algorithm) -> TbsCertificate {
    let authority = subject.ends_with("CA");
    let usage = if authority {
        KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN
    } else {
        KeyUsage::DIGITAL_SIGNATURE
    };
    let mut extensions = vec![extension::key_usage(usage), extension::subject_key_id(key)];
    if authority {
        extensions.push(extension::basic_constraints_ca(None));
    }
    TbsCertificate {
        serial: Serial::random(),
        signature_algorithm: by,
        issuer: name(issuer),
        not_before: NOW.plus_days(-1),
        not_after: NOW.plus_days(90),
        subject: name(subject),
        public_key: key.clone(),
        extensions,
    }
}

fn certify(subject: &str, key: &PublicKey, issuer: &str, by: &Key) -> Certificate {
    let der = tbs(subject, key, issuer, by.public().algorithm())
        .to_der()
        .unwrap();
    Certificate::from_der(&assemble_certificate(&der, &by.sign(&der)).unwrap()).unwrap()
}

#[test]
fn paths_of_every_algorithm_are_valid_and_openssl_agrees() {
    for (root_key, issuing_key, key) in [
        (Key::p256(), Key::p256(), Key::rsa()),
        (Key::rsa(), Key::rsa(), Key::p256()),
        (Key::rsa(), Key::p256(), Key::p256()),
    ] {
        let root = certify("root CA", &root_key.public(), "root CA", &root_key);
        let issuing = certify("issuing CA", &issuing_key.public(), "root CA", &root_key);
        let leaf = certify("leaf", &key.public(), "issuing CA", &issuing_key);
        assert_eq!(leaf.public_key(), &key.public());
        assert_eq!(leaf.signature_algorithm(), issuing_key.public().algorithm());
        let intermediate = [issuing.clone()];
        validate(&leaf, &intermediate, &root, NOW, Purpose::Any).unwrap();
        let judge = Judge::new();
        for (file, certificate) in [("root", &root), ("issuing", &issuing), ("leaf", &leaf)] {
            judge.write(file, certificate.to_pem().as_bytes());
        }
        let verify = format!(
            "verify -attime {} -CAfile root -untrusted issuing leaf",
            NOW.0
        );
        assert!(judge.ok(&verify).contains("leaf: OK"));
        // The same names with another key of the same algorithm.
        let other = certify("issuing CA", &Key::p256().public(), "root CA", &root_key);
        assert!(validate(&leaf, &[other], &root, NOW, Purpose::Any).is_err());
    }
}

#[test]
fn a_signature_is_of_the_algorithm_that_the_certificate_names() {
    let (p256, sm2) = (Key::p256(), Key::Sm2(PrivateKey::generate()));
    // Signed by the one and labelled as the other's: both are two integers, so it can be read.
    for (signer, named) in [
        (&p256, Algorithm::Sm2Sm3),
        (&sm2, Algorithm::EcdsaP256Sha256),
    ] {
        let der = tbs("leaf", &p256.public(), "CA", named).to_der().unwrap();
        let bytes = signer.sign(&der).to_bytes();
        let relabelled = Signature::from_bytes(named, &bytes).unwrap();
        let certificate = assemble_certificate(&der, &relabelled).unwrap();
        let certificate = Certificate::from_der(&certificate).unwrap();
        for key in [&p256, &sm2] {
            let refused = certificate.verify_signature(&key.public());
            assert_eq!(
                refused,
                Err(Error::Signature {
                    what: "certificate"
                })
            );
        }
        // Inside one algorithm, outside the other.
        let error = assemble_certificate(&der, &signer.sign(&der)).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
    }
}

#[test]
fn other_encodings_and_weak_keys_are_refused() {
    let key = Key::p256();
    let good = certify("leaf", &key.public(), "leaf", &key);
    let changed = |from: &[u8], to: &[u8]| {
        let mut der = good.der().to_vec();
        let place = der.windows(from.len()).position(|found| found == from);
        let place = place.unwrap();
        der[place..place + to.len()].copy_from_slice(to);
        Certificate::from_der(&der).unwrap_err()
    };
    // ecdsa-with-SHA384, and the curve P-192.
    let sha256 = b"\x2A\x86\x48\xCE\x3D\x04\x03\x02";
    let error = changed(sha256, b"\x2A\x86\x48\xCE\x3D\x04\x03\x03");
    assert!(matches!(
        error,
        Error::Unsupported { .. } | Error::Malformed { .. }
    ));
    let error = changed(b"\xCE\x3D\x03\x01\x07", b"\xCE\x3D\x03\x01\x01");
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    // Off the curve.
    let point = key.public().to_bytes();
    let mut off = point.clone();
    off[64] ^= 1;
    let error = changed(&point, &off);
    assert!(
        matches!(
            error,
            Error::Malformed {
                what: "public key",
                ..
            }
        ),
        "{error}"
    );

    let key = Key::rsa();
    let good = certify("leaf", &key.public(), "leaf", &key);
    let mut der = good.der().to_vec();
    let exponent = b"\x02\x03\x01\x00\x01";
    let place = der.windows(5).position(|found| found == exponent).unwrap();
    der[place + 4] = 2;
    let error = Certificate::from_der(&der).unwrap_err();
    let reason = Weakness::Exponent;
    assert_eq!(error, Error::WeakKey { reason });
    // The last byte of the modulus: even.
    let mut der = good.der().to_vec();
    der[place - 1] &= 0xFE;
    let error = Certificate::from_der(&der).unwrap_err();
    let reason = Weakness::Factor;
    assert_eq!(error, Error::WeakKey { reason });
}
