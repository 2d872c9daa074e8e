//! A small hierarchy in a temporary directory: a root, one issuing authority, seven officers, a clock that obeys and
//! keys that can be told to fail.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use authority::{
    Act, Authority, AuthorityPlan, CheckpointKeeper, Error, Founding, IssuedCertificate, KeyPlan,
    OfficerPlan, Outcome, Prepared, Setup, StatusChange, Urls, audit,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use keys::software::SoftwareProvider;
use keys::{KeyLabel, Provider, Signer};
use ledger::event::Decision;
use policy::{PolicySet, Role};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm2::{PrivateKey, SignerId};
use store::clock::{Clock as _, ManualClock};
use store::status::{SnapshotFile, SnapshotKey};
use store::{SealKey, Store};
use tempfile::TempDir;
use tokio::sync::Notify;
use x509::certificate::Certificate;
use x509::crl::RevocationReason;
use x509::name::NameBuilder;
use x509::request::Request;
use x509::time::Time;
use zeroize::Zeroizing;

pub(crate) const ENTRY: usize = 1;
pub(crate) const REVIEW: usize = 2;
pub(crate) const PRODUCTION: usize = 3;
pub(crate) const SECOND_REVIEW: usize = 4;
pub(crate) const AUDITOR: usize = 5;
pub(crate) const ADMINISTRATOR: usize = 6;
pub(crate) const SECOND_ADMINISTRATOR: usize = 7;

/// Roles of OP-0001 to OP-0007.
const ROLES: [Role; 7] = [
    Role::Entry,
    Role::Review,
    Role::Production,
    Role::Review,
    Role::Auditor,
    Role::RaAdministrator,
    Role::RaAdministrator,
];

/// Their names.
const NAMES: [&str; 7] = [
    "王晓岚",
    "刘承远",
    "赵敏之",
    "周文博",
    "林静",
    "孙立群",
    "杨立新",
];

pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) broken: Arc<AtomicBool>,
    pub(crate) keys: Vec<PrivateKey>,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) kept: Arc<Memory>,
    pub(crate) accept_clock: bool,
    pub(crate) folder: TempDir,
}

/// Keeps the latest checkpoint as long as the test lives, whatever happens to the database.
#[derive(Default)]
pub(crate) struct Memory(
    pub(crate) Mutex<Option<String>>,
    /// How often it refuses from now on.
    pub(crate) AtomicU32,
    /// Told of every note.
    pub(crate) Notify,
);

impl CheckpointKeeper for Memory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn kept(&self) -> io::Result<Option<String>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn keep(&self, note: &str) -> io::Result<()> {
        let refuses = |left: u32| left.checked_sub(1);
        let told = Ordering::SeqCst;
        if self.1.fetch_update(told, told, refuses).is_ok() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *self.0.lock().unwrap() = Some(note.to_owned());
        self.2.notify_one();
        Ok(())
    }
}

impl World {
    pub(crate) async fn found() -> Self {
        Self::found_with(Vec::new()).await
    }

    /// Founds with further authorities.
    pub(crate) async fn found_with(further: Vec<AuthorityPlan>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let software = SoftwareProvider::create(folder.path().join("keys"), b"for tests").unwrap();
        let broken = Arc::new(AtomicBool::new(false));
        let provider: Arc<dyn Provider> = Arc::new(Fragile {
            inner: software,
            broken: Arc::clone(&broken),
        });
        let clock = Arc::new(ManualClock::new(Time(1_795_426_867)));
        let keys: Vec<PrivateKey> = ROLES.iter().map(|_| PrivateKey::generate()).collect();
        let kept = Arc::new(Memory::default());
        let setup = setup(&folder, &provider, &clock, &kept).await;
        let mut plan = founding(&keys);
        plan.authorities.extend(further);
        Authority::found(setup.clone(), plan, &|_, _, _| {})
            .await
            .unwrap();
        let authority = Authority::open(setup).await.unwrap();
        Self {
            authority,
            clock,
            broken,
            keys,
            provider,
            kept,
            accept_clock: false,
            folder,
        }
    }

    /// Stops the authority and starts it again on the same database.
    pub(crate) async fn restart(mut self) -> Self {
        self.authority.shut_down().await;
        let setup = self.setup().await;
        self.authority = Authority::open(setup).await.unwrap();
        self
    }

    async fn setup(&self) -> Setup {
        Setup {
            accept_clock: self.accept_clock,
            ..setup(&self.folder, &self.provider, &self.clock, &self.kept).await
        }
    }

    /// Stops the authority and lets go of the database: its file holds everything.
    pub(crate) async fn close(&self) {
        self.authority.shut_down().await;
        self.authority.store().clone().close().await;
    }

    /// Founds once more in the same place.
    pub(crate) async fn found_again(&self) -> Result<Vec<Certificate>, Error> {
        let setup = self.setup().await;
        Authority::found(setup, founding(&self.keys), &|_, _, _| {}).await
    }

    /// Starts another authority on the same database; this one has been stopped.
    pub(crate) async fn reopen(&self) -> Result<Authority, Error> {
        Authority::open(self.setup().await).await
    }

    pub(crate) async fn prepare(&self, officer: usize, act: Act) -> Result<Prepared, Error> {
        let officer = self.authority.officer(&number(officer)).await?;
        self.authority.prepare(&officer, act).await
    }

    pub(crate) fn sign(&self, officer: usize, statement: &str) -> Vec<u8> {
        let key = &self.keys[officer - 1];
        key.sign(SignerId::Default, statement.as_bytes())
            .unwrap()
            .to_der()
    }

    pub(crate) async fn commit(
        &self,
        officer: usize,
        prepared: &Prepared,
    ) -> Result<Outcome, Error> {
        let signature = self.sign(officer, &prepared.statement);
        let officer = self.authority.officer(&number(officer)).await?;
        let act = prepared.act.clone();
        self.authority
            .commit(&officer, act, &prepared.statement, &signature)
            .await
    }

    pub(crate) async fn act(&self, officer: usize, act: Act) -> Result<Outcome, Error> {
        let prepared = self.prepare(officer, act).await?;
        self.commit(officer, &prepared).await
    }

    /// A device's case, entered.
    pub(crate) async fn submitted(&self, host: &str) -> String {
        self.submitted_under(host, &PrivateKey::generate()).await
    }

    /// The same with this key.
    pub(crate) async fn submitted_under(&self, host: &str, key: &PrivateKey) -> String {
        let act = submit(host, &request_under(key));
        match self.act(ENTRY, act).await.unwrap() {
            Outcome::CaseSubmitted { case, .. } => case,
            other => panic!("{other:?}"),
        }
    }

    /// A device's case, entered and approved.
    pub(crate) async fn approved(&self, host: &str) -> String {
        let case = self.submitted(host).await;
        self.act(REVIEW, approve(&case)).await.unwrap();
        case
    }

    /// A device's certificate.
    pub(crate) async fn issued(&self, host: &str) -> IssuedCertificate {
        let case = self.approved(host).await;
        match self.act(PRODUCTION, issue(&[&case])).await.unwrap() {
            Outcome::CertificatesIssued { mut certificates } => certificates.remove(0),
            other => panic!("{other:?}"),
        }
    }

    /// Serial of an officer's own certificate.
    pub(crate) async fn officer_serial(&self, officer: usize) -> String {
        let filter = [("officer", store::Compare::Eq(number(officer).into()))];
        let rows = self
            .authority
            .store()
            .scan::<store::views::OfficerRow>(&filter, &[], None, 1)
            .await
            .unwrap();
        rows[0].serial.clone()
    }

    /// The whole record is as it must be: the auditor's opinion after every test.
    pub(crate) async fn check(self) -> TempDir {
        self.authority.shut_down().await;
        let report = self.audit().await;
        assert!(report.is_clean(), "{:#?}", report.findings);
        self.folder
    }

    pub(crate) async fn audit(&self) -> audit::Report {
        let key = self.authority.log_key().parse().unwrap();
        let terms = audit::Terms {
            key: &key,
            kept: &[],
            now: self.clock.now(),
        };
        let scratch = tempfile::tempdir().unwrap();
        let made = std::sync::atomic::AtomicUsize::new(0);
        let open = async || {
            let name = format!("{}.db", made.fetch_add(1, Ordering::Relaxed));
            let url = format!("sqlite:{}", scratch.path().join(name).display());
            Ok(Store::open(&url, SealKey::new(&[0; 32])).await?)
        };
        audit::verify(self.authority.store(), open, &terms, &|_, _, _| {})
            .await
            .unwrap()
    }
}

async fn setup(
    folder: &TempDir,
    provider: &Arc<dyn Provider>,
    clock: &Arc<ManualClock>,
    kept: &Arc<Memory>,
) -> Setup {
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    Setup {
        store: Store::open(&url, SealKey::new(&[7; 32])).await.unwrap(),
        provider: Arc::clone(provider),
        policy: Arc::new(PolicySet::embedded().unwrap()),
        clock: Arc::clone(clock) as Arc<dyn store::clock::Clock>,
        urls: Urls {
            machines: "http://machines.test:8081".to_owned(),
        },
        crl: authority::CrlSchedule {
            shards: 4,
            ..authority::CrlSchedule::default()
        },
        longest_gap: 30 * 86_400,
        accept_clock: false,
        keeper: Some(Arc::clone(kept) as Arc<dyn CheckpointKeeper>),
        snapshot: Some(SnapshotFile {
            path: folder.path().join("status.snapshot"),
            key: Arc::new(SnapshotKey::new(&[9; 32])),
        }),
        crash: None,
    }
}

fn founding(keys: &[PrivateKey]) -> Founding {
    let officers = ROLES.iter().zip(NAMES).zip(keys);
    let officers = officers.map(|((role, name), key)| OfficerPlan {
        role: *role,
        form: form(&[
            ("name", name),
            ("department", "济南市注册机构"),
            ("role", role.zh()),
            ("basis", "鲁经信政〔2026〕3号"),
        ]),
        key: key.public_key().clone(),
        authority: "jinan".to_owned(),
    });
    Founding {
        origin: "gmpki.test/authority".to_owned(),
        demonstration: true,
        organization: "山东省电子政务网络信任服务（测试）".to_owned(),
        certificate_policy: "2.16.840.1.101.3.2.1.48.1".parse().unwrap(),
        authorities: vec![plan("root", None), plan("jinan", Some("root"))],
        officers: officers.collect(),
    }
}

pub(crate) fn plan(authority: &str, parent: Option<&str>) -> AuthorityPlan {
    AuthorityPlan {
        authority: authority.to_owned(),
        parent: parent.map(str::to_owned),
        common_name: format!("测试 {authority} CA"),
        locality: parent.map(|_| "济南市".to_owned()),
        key: KeyPlan::Generated(Algorithm::Sm2Sm3),
    }
}

pub(crate) fn number(officer: usize) -> String {
    format!("OP-{officer:04}")
}

pub(crate) fn form(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    fields.iter().map(own).collect()
}

/// A request under a fresh key, DER in base64.
pub(crate) fn request() -> String {
    request_under(&PrivateKey::generate())
}

/// A request under that key, DER in base64.
pub(crate) fn request_under(key: &PrivateKey) -> String {
    let subject = NameBuilder {
        country: None,
        state: None,
        locality: None,
        organization: None,
        organizational_unit: None,
        common_name: Some("ignored".to_owned()),
        serial_number: None,
    };
    let sign = |tbs: &[u8]| key.sign(SignerId::Default, tbs);
    let der = Request::build(sign, key.public_key(), &subject.build().unwrap()).unwrap();
    BASE64_STANDARD.encode(der)
}

pub(crate) fn submit(host: &str, request: &str) -> Act {
    submit_in("济南市", "济南市行政审批服务局", host, request)
}

/// A device's case of a department in a city.
pub(crate) fn submit_in(city: &str, department: &str, host: &str, request: &str) -> Act {
    Act::SubmitCase {
        case: None,
        notes: authority::EntryNotes::default(),
        succeeds: None,
        profile: "device".to_owned(),
        authority: "jinan".to_owned(),
        form: form(&[
            ("host", host),
            ("department", department),
            ("city", city),
            ("contact_name", "何骏"),
            ("contact_mobile", "10012345670"),
            ("basis", "济审批〔2026〕2号"),
        ]),
        request: request.to_owned(),
        evidence: Vec::new(),
    }
}

pub(crate) fn approve(case: &str) -> Act {
    Act::ReviewCase {
        case: case.to_owned(),
        revision: 1,
        decision: Decision::Approved,
        reasons: String::new(),
    }
}

pub(crate) fn issue(cases: &[&str]) -> Act {
    let cases = cases.iter().map(|case| (*case).to_owned()).collect();
    Act::IssueCertificates { cases }
}

pub(crate) fn revoke(serial: &str, reason: RevocationReason) -> Act {
    change(serial, StatusChange::Revoke, Some(reason))
}

pub(crate) fn change(serial: &str, change: StatusChange, reason: Option<RevocationReason>) -> Act {
    Act::ChangeStatus {
        authority: "jinan".to_owned(),
        serial: serial.to_owned(),
        change,
        reason,
        note: String::new(),
    }
}

/// The stable code of a refusal.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not a refusal: {other:?}"),
    }
}

/// Software keys that fail where they are told to, as a device would.
struct Fragile {
    inner: SoftwareProvider,
    broken: Arc<AtomicBool>,
}

struct FragileSigner {
    inner: Arc<dyn Signer>,
    broken: Arc<AtomicBool>,
}

impl Signer for FragileSigner {
    fn public_key(&self) -> &PublicKey {
        self.inner.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, keys::Error> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(keys::Error::BadSignature);
        }
        self.inner.sign(message)
    }
}

impl Fragile {
    fn wrap(&self, inner: Arc<dyn Signer>) -> Arc<dyn Signer> {
        let broken = Arc::clone(&self.broken);
        Arc::new(FragileSigner { inner, broken })
    }
}

impl Provider for Fragile {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn generate_for(
        &self,
        label: &KeyLabel,
        algorithm: Algorithm,
    ) -> Result<Arc<dyn Signer>, keys::Error> {
        Ok(self.wrap(self.inner.generate_for(label, algorithm)?))
    }

    fn import(&self, label: &KeyLabel, key: &[u8]) -> Result<Arc<dyn Signer>, keys::Error> {
        Ok(self.wrap(self.inner.import(label, key)?))
    }

    fn signer(&self, label: &KeyLabel) -> Result<Arc<dyn Signer>, keys::Error> {
        // The log must go on signing checkpoints while the authorities' keys fail.
        let signer = self.inner.signer(label)?;
        Ok(if label.as_str() == "log" {
            signer
        } else {
            self.wrap(signer)
        })
    }

    fn labels(&self) -> Result<Vec<KeyLabel>, keys::Error> {
        self.inner.labels()
    }

    fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, keys::Error> {
        self.inner.derive(purpose)
    }
}
