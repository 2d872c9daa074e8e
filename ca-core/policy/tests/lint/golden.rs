//! Two hierarchies, one with SM2 and one with P-256: a root, an issuing authority, and one good certificate for every
//! profile.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use const_oid::ObjectIdentifier;
use policy::lint::{self, LintContext};
use policy::{Class, Issuer, PolicySet, Profile};
use sm_engine::foreign::{P256PrivateKey, RsaPublicKey};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm2::{PrivateKey, SignerId};
use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
use x509::extension;
use x509::time::Time;

/// 2026-01-01T00:00:00Z.
const FOUNDED: Time = Time(1_767_225_600);
/// 2026-11-23T00:00:00Z.
const ISSUED: Time = Time(1_795_392_000);

pub(crate) struct Hierarchy {
    pub(crate) set: PolicySet,
    pub(crate) root: Certificate,
    pub(crate) issuing: Certificate,
    /// The issuing authority with a P-256 key.
    pub(crate) compat: Certificate,
}

pub(crate) fn hierarchy() -> &'static Hierarchy {
    static HIERARCHY: OnceLock<Hierarchy> = OnceLock::new();
    HIERARCHY.get_or_init(|| {
        let set = PolicySet::embedded().unwrap();
        let founded = |algorithm| {
            let root = sign(&tbs(set.profile("root").unwrap(), None, algorithm), 1);
            let profile = set.profile("issuing-ca").unwrap();
            let issuing = sign(&tbs(profile, Some(&root), algorithm), 1);
            (root, issuing)
        };
        let (root, issuing) = founded(Algorithm::Sm2Sm3);
        let (_, compat) = founded(Algorithm::EcdsaP256Sha256);
        Hierarchy {
            set,
            root,
            issuing,
            compat,
        }
    })
}

impl Hierarchy {
    pub(crate) fn profile(&self, name: &str) -> &Arc<Profile> {
        self.set.profile(name).unwrap()
    }

    /// Who issues certificates of a profile; nobody but itself for the root.
    pub(crate) fn issuer_of(&self, profile: &Profile) -> Option<&Certificate> {
        match profile.class {
            Class::Root => None,
            Class::Authority => Some(&self.root),
            _ if !profile.takes(Algorithm::Sm2Sm3) => Some(&self.compat),
            _ => Some(&self.issuing),
        }
    }

    pub(crate) fn tbs(&self, profile: &str) -> TbsCertificate {
        let profile = self.profile(profile);
        let issuer = self.issuer_of(profile);
        let algorithm = issuer.map_or(Algorithm::Sm2Sm3, |issuer| issuer.public_key().algorithm());
        tbs(profile, issuer, algorithm)
    }

    pub(crate) fn certificate(&self, profile: &str) -> Certificate {
        let issuer_key = if matches!(self.profile(profile).class, Class::Root | Class::Authority) {
            1
        } else {
            2
        };
        sign(&self.tbs(profile), issuer_key)
    }
}

/// 1: the root's, 2: the issuing authority's, 3: everybody else's.
fn key(number: u8) -> PrivateKey {
    PrivateKey::from_bytes(&[number; 32]).unwrap()
}

fn p256(number: u8) -> &'static P256PrivateKey {
    static KEYS: OnceLock<[P256PrivateKey; 3]> = OnceLock::new();
    let keys = KEYS.get_or_init(|| [(); 3].map(|()| P256PrivateKey::generate().unwrap().0));
    &keys[usize::from(number) - 1]
}

/// An RSA key of 2048 bits of which nobody knows the factors: good enough to be certified.
pub(crate) fn rsa() -> PublicKey {
    let der = |last: u16| {
        let head = b"\x30\x82\x01\x0A\x02\x82\x01\x01\x00\x80";
        let zeros = [0; 253];
        [
            &head[..],
            &zeros,
            &last.to_be_bytes(),
            b"\x02\x03\x01\x00\x01",
        ]
        .concat()
    };
    let mut keys = (0..u16::MAX).filter_map(|last| RsaPublicKey::from_der(&der(last)).ok());
    PublicKey::Rsa(keys.next().unwrap())
}

fn tbs(profile: &Profile, issuer: Option<&Certificate>, algorithm: Algorithm) -> TbsCertificate {
    let raw: BTreeMap<String, String> = profile
        .fields()
        .iter()
        .map(|field| (field.name.clone(), field.example.clone()))
        .collect();
    let form = profile.check_form(&raw, ISSUED).unwrap();
    let (number, not_before) = match profile.class {
        Class::Root => (1, FOUNDED),
        Class::Authority => (2, FOUNDED),
        _ => (3, ISSUED),
    };
    let public_key = match algorithm {
        Algorithm::Sm2Sm3 => PublicKey::from(key(number).public_key()),
        _ => PublicKey::P256(p256(number).public_key().clone()),
    };
    let own_id = x509::extension::key_identifier(&public_key).to_vec();
    let about_issuer = Issuer {
        key_id: issuer.map_or(own_id, |issuer| issuer.subject_key_id().unwrap().to_vec()),
        crl_urls: vec!["http://crl.example.cn/crl/jinan.crl".to_owned()],
        ocsp_urls: vec!["http://ocsp.example.cn:8081/ocsp".to_owned()],
        ca_issuers_urls: vec!["http://ocsp.example.cn:8081/ca/jinan.cer".to_owned()],
        policy_oids: vec![ObjectIdentifier::new_unwrap("1.2.156.112562.2.1")],
        cps: Some("http://www.example.cn/cps".to_owned()),
    };
    let subject = profile.subject(&form).unwrap();
    TbsCertificate {
        signature_algorithm: algorithm,
        serial: Serial::from_bytes(&[0x2A; 16]).unwrap(),
        issuer: issuer.map_or_else(|| subject.clone(), |issuer| issuer.subject().clone()),
        not_before,
        not_after: Time(not_before.0 + profile.validity_seconds()),
        subject,
        extensions: profile
            .extensions(Some(&form), &about_issuer, &public_key)
            .unwrap(),
        public_key,
    }
}

fn sign(tbs: &TbsCertificate, number: u8) -> Certificate {
    let der = tbs.to_der().unwrap();
    let signature = match tbs.signature_algorithm {
        Algorithm::Sm2Sm3 => key(number).sign(SignerId::Default, &der).unwrap().into(),
        _ => Signature::EcdsaP256Sha256(p256(number).sign(&der).unwrap()),
    };
    Certificate::from_der(&assemble_certificate(&der, &signature).unwrap()).unwrap()
}

#[test]
fn every_profile_makes_a_certificate_without_findings() {
    let hierarchy = hierarchy();
    let mut count = 0;
    for profile in hierarchy.set.profiles() {
        let certificate = hierarchy.certificate(&profile.name);
        let context = LintContext {
            profile,
            issuer: hierarchy.issuer_of(profile),
        };
        assert_eq!(lint::run(&certificate, &context), [], "{}", profile.name);
        count += 1;
    }
    assert_eq!(count, 10);
}

/// Whatever the algorithms of its issuer and of its key, a certificate for clients without SM2 has no findings.
#[test]
fn an_rsa_key_is_certified_like_a_p256_key() {
    let hierarchy = hierarchy();
    let profile = hierarchy.profile("device-compat");
    let good = hierarchy.tbs("device-compat");
    let key = rsa();
    let id = extension::subject_key_id(&key);
    let mut extensions = good.extensions.clone();
    let old = extensions.iter_mut().find(|old| old.oid == id.oid).unwrap();
    *old = id;
    let tbs = TbsCertificate {
        public_key: key,
        extensions,
        ..good
    };
    let context = LintContext {
        profile,
        issuer: Some(&hierarchy.compat),
    };
    assert_eq!(lint::run(&sign(&tbs, 2), &context), []);
}

#[test]
fn a_certificate_is_not_clean_under_another_profile() {
    let hierarchy = hierarchy();
    for made_from in hierarchy.set.profiles() {
        let certificate = hierarchy.certificate(&made_from.name);
        for profile in hierarchy
            .set
            .profiles()
            .filter(|profile| profile.name != made_from.name)
        {
            let context = LintContext {
                profile,
                issuer: Some(&hierarchy.issuing),
            };
            assert_ne!(
                lint::run(&certificate, &context),
                [],
                "{} taken for {}",
                made_from.name,
                profile.name
            );
        }
    }
}

#[test]
fn without_its_issuer_nothing_is_clean() {
    let hierarchy = hierarchy();
    for profile in hierarchy
        .set
        .profiles()
        .filter(|profile| profile.class != Class::Root)
    {
        let findings = lint::run(
            &hierarchy.certificate(&profile.name),
            &LintContext {
                profile,
                issuer: None,
            },
        );
        assert_eq!(findings.len(), 1, "{}", profile.name);
        assert_eq!(findings[0].lint, "readable");
    }
}

#[test]
fn names_and_extensions_as_the_standards_list_them() {
    let hierarchy = hierarchy();
    for (profile, subject) in [
        (
            "root",
            "C=CN, ST=山东省, O=山东省电子政务网络信任服务中心, CN=山东省电子政务 SM2 根 CA",
        ),
        (
            "issuing-ca",
            "C=CN, ST=山东省, L=济南市, O=山东省电子政务网络信任服务中心, CN=济南签发 CA",
        ),
        (
            "staff-signing",
            "C=CN, ST=山东省, L=济南市, O=山东省财政厅, OU=国库处, CN=陈思齐, serialNumber=P0007731",
        ),
        (
            "department-signing",
            "C=CN, ST=山东省, L=济南市, O=山东省财政厅, CN=山东省财政厅",
        ),
        (
            "device",
            "C=CN, ST=山东省, L=济南市, O=济南市行政审批服务局, OU=信息中心, CN=portal.jinan.example.cn",
        ),
        (
            "officer",
            "C=CN, ST=山东省, L=济南市, O=济南市注册机构, CN=王晓岚, serialNumber=OP-0001",
        ),
    ] {
        assert_eq!(
            hierarchy.certificate(profile).subject().to_string(),
            subject
        );
    }
    let pair = ["staff-signing", "staff-encryption"].map(|profile| hierarchy.certificate(profile));
    assert_eq!(pair[0].subject().der(), pair[1].subject().der());
    let device = hierarchy.certificate("device");
    let names = device.subject_alt_names().join(" ");
    assert!(
        [
            "portal.jinan.example.cn",
            "www.jinan.example.cn",
            "10.36.1.20"
        ]
        .iter()
        .all(|name| names.contains(name))
    );
    assert!(
        hierarchy
            .certificate("staff-signing")
            .subject_alt_names()
            .concat()
            .contains("chensq@czt.example.cn")
    );
    assert_eq!(
        hierarchy
            .certificate("department-signing")
            .organization_code(),
        Some("11370000DEM000014W")
    );
    assert_eq!(hierarchy.root.authority_key_id(), None);
    assert_eq!(
        hierarchy.issuing.basic_constraints().unwrap().path_len,
        Some(0)
    );
}

#[test]
fn personal_data_is_nowhere_in_a_certificate() {
    let hierarchy = hierarchy();
    for profile in hierarchy.set.profiles() {
        let certificate = hierarchy.certificate(&profile.name);
        for field in profile.fields().iter().filter(|field| field.personal) {
            let found = certificate
                .der()
                .windows(field.example.len())
                .any(|window| window == field.example.as_bytes());
            assert!(!found, "{} of {}", field.name, profile.name);
        }
    }
}

#[test]
fn a_required_extension_without_content_is_an_error() {
    let hierarchy = hierarchy();
    let key = PublicKey::from(key(3).public_key());
    let full = Issuer {
        key_id: vec![1; 20],
        crl_urls: vec!["http://a.cn/c".to_owned()],
        ..Issuer::default()
    };
    let device = hierarchy.profile("device");
    assert!(
        device.extensions(None, &full, &key).is_err(),
        "no names without a form"
    );
    let staff = hierarchy.profile("staff-signing");
    assert!(staff.extensions(None, &full, &key).is_ok());
    assert!(
        staff
            .extensions(
                None,
                &Issuer {
                    crl_urls: Vec::new(),
                    ..full.clone()
                },
                &key
            )
            .is_err()
    );
    assert!(
        staff
            .extensions(
                None,
                &Issuer {
                    key_id: Vec::new(),
                    ..full.clone()
                },
                &key
            )
            .is_err()
    );
    assert!(
        hierarchy
            .profile("issuing-ca")
            .extensions(None, &full, &key)
            .is_err(),
        "policies are required"
    );
}
