//! A small hierarchy with software keys: root, issuing CA, delegated responder; and a responder fed with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use keys::Signer;
use ledger::event::{Entry, Event, StatementRef, Status as Change};
use ocsp_responder::{Issuer, Limits, Responder};
use sm_engine::foreign::P256PrivateKey;
use sm_engine::key::{PublicKey, Signature};
use sm_engine::sm2::{PrivateKey, SignerId};
use sm_engine::sm3;
use store::clock::{Clock, ManualClock};
use store::status::{Follower, StatusIndex};
use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
use x509::extension::{self, Extension, KeyUsage};
use x509::name::{Name, NameBuilder};
use x509::ocsp::{CertId, HashAlgorithm, OcspRequest};
use x509::time::Time;

/// Noon of a day in 2026.
pub(crate) const NOW: Time = Time(1_795_003_200);
pub(crate) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// A key that can be told to fail.
pub(crate) struct TestSigner {
    key: Key,
    public: PublicKey,
    broken: AtomicBool,
    signed: AtomicUsize,
}

enum Key {
    P256(P256PrivateKey),
    Sm2(PrivateKey),
}

impl TestSigner {
    pub(crate) fn new() -> Arc<Self> {
        let key = PrivateKey::generate();
        Self::of(key.public_key().into(), Key::Sm2(key))
    }

    pub(crate) fn p256() -> Arc<Self> {
        let (key, _) = P256PrivateKey::generate().unwrap();
        Self::of(PublicKey::P256(key.public_key().clone()), Key::P256(key))
    }

    fn of(public: PublicKey, key: Key) -> Arc<Self> {
        Arc::new(Self {
            key,
            public,
            broken: AtomicBool::new(false),
            signed: AtomicUsize::new(0),
        })
    }

    /// Signatures so far.
    pub(crate) fn signed(&self) -> usize {
        self.signed.load(Ordering::SeqCst)
    }

    pub(crate) fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }
}

impl Signer for TestSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, keys::Error> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(keys::Error::Provider("unplugged".to_owned()));
        }
        self.signed.fetch_add(1, Ordering::SeqCst);
        Ok(self.plainly(message))
    }
}

impl TestSigner {
    /// Signs without being counted.
    fn plainly(&self, message: &[u8]) -> Signature {
        match &self.key {
            Key::P256(key) => Signature::EcdsaP256Sha256(key.sign(message).unwrap()),
            Key::Sm2(key) => key.sign(SignerId::Default, message).unwrap().into(),
        }
    }
}

pub(crate) fn name(common_name: &str) -> Name {
    NameBuilder {
        country: Some("CN".to_owned()),
        organization: Some("测试".to_owned()),
        common_name: Some(common_name.to_owned()),
        ..NameBuilder::default()
    }
    .build()
    .unwrap()
}

/// A certification authority with its key.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    pub(crate) key: Arc<TestSigner>,
}

impl Authority {
    pub(crate) fn root(common_name: &str) -> Self {
        Self::root_at(common_name, NOW)
    }

    fn root_at(common_name: &str, now: Time) -> Self {
        Self::root_with(common_name, now, TestSigner::new())
    }

    fn root_with(common_name: &str, now: Time, key: Arc<TestSigner>) -> Self {
        let draft = Draft::authority(common_name, key.public_key()).from(now);
        let certificate = Self::sign(&key, &name(common_name), draft);
        Self { certificate, key }
    }

    pub(crate) fn below(&self, common_name: &str) -> Self {
        let key = TestSigner::new();
        let mut draft = Draft::authority(common_name, key.public_key());
        (draft.not_before, draft.not_after) =
            (self.certificate.not_before(), self.certificate.not_after());
        let certificate = self.issue(draft);
        Self { certificate, key }
    }

    pub(crate) fn issue(&self, draft: Draft) -> Certificate {
        Self::sign(&self.key, self.certificate.subject(), draft)
    }

    fn sign(key: &TestSigner, issuer: &Name, draft: Draft) -> Certificate {
        let tbs = TbsCertificate {
            signature_algorithm: key.public_key().algorithm(),
            serial: draft.serial,
            issuer: issuer.clone(),
            not_before: draft.not_before,
            not_after: draft.not_after,
            subject: name(&draft.common_name),
            public_key: draft.public_key,
            extensions: draft.extensions,
        };
        let tbs = tbs.to_der().unwrap();
        let signature = key.plainly(&tbs);
        Certificate::from_der(&assemble_certificate(&tbs, &signature).unwrap()).unwrap()
    }
}

/// A certificate to be issued.
pub(crate) struct Draft {
    pub(crate) common_name: String,
    pub(crate) serial: Serial,
    pub(crate) public_key: PublicKey,
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
    pub(crate) extensions: Vec<Extension>,
}

impl Draft {
    fn new(common_name: &str, public_key: &PublicKey, extensions: Vec<Extension>) -> Self {
        Self {
            common_name: common_name.to_owned(),
            serial: Serial::random(),
            public_key: public_key.clone(),
            not_before: NOW.plus_days(-1),
            not_after: NOW.plus_days(90),
            extensions,
        }
    }

    pub(crate) fn authority(common_name: &str, key: &PublicKey) -> Self {
        let usage = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
        let extensions = vec![
            extension::basic_constraints_ca(None),
            extension::key_usage(usage),
            extension::subject_key_id(key),
        ];
        Self::new(common_name, key, extensions)
    }

    pub(crate) fn responder(key: &PublicKey) -> Self {
        let extensions = vec![
            extension::key_usage(KeyUsage::DIGITAL_SIGNATURE),
            extension::extended_key_usage(&[OCSP_SIGNING.parse().unwrap()], false),
            extension::ocsp_nocheck(),
        ];
        Self::new("OCSP 测试", key, extensions)
    }

    /// The same without the extension of this OID.
    pub(crate) fn without(mut self, oid: &str) -> Self {
        self.extensions
            .retain(|extension| extension.oid.to_string() != oid);
        self
    }

    pub(crate) fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Valid from a day before `now` for 91 days.
    fn from(self, now: Time) -> Self {
        self.valid(now.plus_days(-1), now.plus_days(90))
    }

    pub(crate) fn valid(mut self, not_before: Time, not_after: Time) -> Self {
        (self.not_before, self.not_after) = (not_before, not_after);
        self
    }
}

/// A responder for one issuing CA, `jinan`, its index and its clock.
pub(crate) struct World {
    pub(crate) jinan: Authority,
    pub(crate) signer: Arc<TestSigner>,
    pub(crate) responder_certificate: Certificate,
    pub(crate) index: Arc<StatusIndex>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) responder: Arc<Responder>,
    pub(crate) root: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::founded(limits, NOW)
    }

    pub(crate) fn founded(limits: Limits, now: Time) -> Self {
        let root = Authority::root_at("测试根", now);
        let jinan = root.below("济南测试");
        let signer = TestSigner::new();
        let responder_certificate = jinan.issue(Draft::responder(signer.public_key()).from(now));
        let index = Arc::new(StatusIndex::new());
        let clock = Arc::new(ManualClock::new(now));
        let responder = Arc::new(Responder::new(index.clone(), clock.clone(), limits));
        let world = Self {
            jinan,
            signer,
            responder_certificate,
            index,
            clock,
            responder,
            root,
        };
        world.issued("jinan", world.responder_certificate.serial());
        world.responder.install(world.issuer()).unwrap();
        world
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer {
            authority: "jinan".to_owned(),
            certificate: self.jinan.certificate.clone(),
            responder: self.responder_certificate.clone(),
            signer: self.signer.clone(),
        }
    }

    /// A second CA with its own responder, installed as `qingdao`.
    pub(crate) fn install_qingdao(&self) -> Authority {
        let qingdao = self.root.below("青岛测试");
        let signer = TestSigner::new();
        let responder = qingdao.issue(Draft::responder(signer.public_key()));
        self.issued("qingdao", responder.serial());
        let certificate = qingdao.certificate.clone();
        self.responder
            .install(Issuer {
                authority: "qingdao".to_owned(),
                certificate,
                responder,
                signer,
            })
            .unwrap();
        qingdao
    }

    /// A CA with a P-256 key and its own responder, installed as `compat`.
    pub(crate) fn install_compat(&self) -> (Authority, Certificate) {
        let compat = Authority::root_with("测试 P-256", NOW, TestSigner::p256());
        let signer = TestSigner::p256();
        let responder = compat.issue(Draft::responder(signer.public_key()));
        self.issued("compat", responder.serial());
        self.responder
            .install(Issuer {
                authority: "compat".to_owned(),
                certificate: compat.certificate.clone(),
                responder: responder.clone(),
                signer,
            })
            .unwrap();
        (compat, responder)
    }

    /// A further responder certificate for `jinan` with the key of `signer`, on the ledger and installed.
    pub(crate) fn succeed(&self, signer: Arc<dyn Signer>) -> Certificate {
        let responder = self.jinan.issue(Draft::responder(signer.public_key()));
        self.issued("jinan", responder.serial());
        self.responder
            .install(Issuer {
                responder: responder.clone(),
                signer,
                ..self.issuer()
            })
            .unwrap();
        responder
    }

    pub(crate) fn follow(&self, event: Event) {
        let entry = Entry::new(self.clock.now().0, event);
        self.index.follow(self.index.applied(), &[entry]);
    }

    pub(crate) fn issued(&self, authority: &str, serial: &Serial) {
        self.follow(issued(authority, serial));
    }

    /// A fresh serial that was issued by `jinan`.
    pub(crate) fn good(&self) -> Serial {
        let serial = Serial::random();
        self.issued("jinan", &serial);
        serial
    }

    pub(crate) fn change(&self, serial: &Serial, status: Change, reason: &str) {
        let statement = StatementRef {
            digest: sm3::digest(b"s"),
            officer: "OP-0001".to_owned(),
            signature: String::new(),
        };
        let (authority, serial, reason) =
            ("jinan".to_owned(), serial.to_string(), reason.to_owned());
        self.follow(Event::CertificateStatus {
            authority,
            serial,
            status,
            reason,
            list: None,
            statement,
        });
    }

    pub(crate) fn id(&self, serial: &Serial) -> CertId {
        CertId::new(HashAlgorithm::Sha1, &self.jinan.certificate, serial)
    }

    pub(crate) fn request(&self, serial: &Serial) -> Vec<u8> {
        OcspRequest::build(&[self.id(serial)], None)
    }
}

pub(crate) fn issued(authority: &str, serial: &Serial) -> Event {
    Event::CertificateIssued {
        authority: authority.to_owned(),
        serial: serial.to_string(),
        certificate: sm3::digest(b"certificate"),
        intent: 0,
        not_after: NOW.plus_days(365).0,
    }
}
