//! A small authority in a temporary directory, with officers of every role, and the portal in front of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use authority::{Authority, AuthorityPlan, Founding, KeyPlan, OfficerPlan, Setup, Urls};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt as _;
use keys::software::SoftwareProvider;
use keys::{Provider, Signer};
use policy::identity::social_credit_code::{SocialCreditCode, organization_code_check};
use policy::{PolicySet, Role};
use serde_json::{Value, json};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm2::{PrivateKey, SignerId};
use store::Store;
use store::clock::ManualClock;
use store::desk::Desk;
use store::seal::SealKey;
use tempfile::TempDir;
use tower::ServiceExt as _;
use x509::certificate::Certificate;
use x509::name::NameBuilder;
use x509::request::Request as CertificateRequest;
use x509::time::Time;

use crate::portal::{Portal, routes};
use crate::{DemonstrationOfficer, PortalConfig};

/// Where the machines' port of the tests would be.
pub(crate) const MACHINES: &str = "http://machines.test:8081";

/// Names of the officers, by number.
const NAMES: [&str; 6] = ["王晓岚", "刘承远", "赵敏之", "孙立群", "林静", "杨立新"];
/// Number of the second RA administrator.
pub(crate) const SECOND_ADMINISTRATOR: &str = "OP-0006";

/// An officer with the key.
pub(crate) struct Acting {
    pub(crate) key: Arc<PrivateKey>,
    pub(crate) certificate: Certificate,
}

/// The same key as the portal of a demonstration holds it.
struct Held(Arc<PrivateKey>, PublicKey);

impl Signer for Held {
    fn public_key(&self) -> &PublicKey {
        &self.1
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, keys::Error> {
        Ok(self.0.sign(SignerId::Default, message).unwrap().into())
    }
}

/// The whole service without its sockets.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) officers: BTreeMap<Role, Acting>,
    pub(crate) portal: Arc<Portal>,
    router: Router,
    _folder: TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The same before it was taken for text.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.body))
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(&name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

impl World {
    /// Founds it: a root, one issuing authority, one officer of each role and a second RA administrator.
    pub(crate) async fn found() -> Self {
        let sm2 = Algorithm::Sm2Sm3;
        Self::found_with(vec![
            authority("root", None, sm2),
            authority("jinan", Some("root"), sm2),
        ])
        .await
    }

    /// The same beside a hierarchy for clients without SM2, whose names come first in the alphabet.
    pub(crate) async fn found_beside_p256() -> Self {
        let (sm2, p256) = (Algorithm::Sm2Sm3, Algorithm::EcdsaP256Sha256);
        Self::found_with(vec![
            authority("root", None, sm2),
            authority("jinan", Some("root"), sm2),
            authority("compat-root", None, p256),
            authority("compat", Some("compat-root"), p256),
        ])
        .await
    }

    async fn found_with(authorities: Vec<AuthorityPlan>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let provider: Arc<dyn Provider> = Arc::new(
            SoftwareProvider::create(folder.path().join("keys"), b"a passphrase for tests")
                .unwrap(),
        );
        let url = format!("sqlite:{}", folder.path().join("gmpki.sqlite").display());
        let clock = Arc::new(ManualClock::new(Time(1_795_426_867)));
        let setup = async || Setup {
            store: Store::open(&url, SealKey::new(&[7; 32])).await.unwrap(),
            provider: Arc::clone(&provider),
            policy: Arc::new(PolicySet::embedded().unwrap()),
            clock: clock.clone(),
            urls: Urls {
                machines: MACHINES.to_owned(),
            },
            crl: authority::CrlSchedule {
                shards: 2,
                ..authority::CrlSchedule::default()
            },
            longest_gap: 30 * 86_400,
            accept_clock: false,
            keeper: None,
            snapshot: None,
            crash: None,
        };
        let roles: Vec<Role> = Role::ALL
            .into_iter()
            .chain([Role::RaAdministrator])
            .collect();
        let keys: Vec<Arc<PrivateKey>> = roles
            .iter()
            .map(|_| Arc::new(PrivateKey::generate()))
            .collect();
        let named = roles.iter().zip(NAMES).zip(&keys);
        let officers = named.map(|((role, name), key)| OfficerPlan {
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
        let plan = Founding {
            origin: "gmpki.test/portal".to_owned(),
            demonstration: true,
            organization: "山东省电子政务网络信任服务（测试）".to_owned(),
            certificate_policy: "1.2.156.10260.4.1.99".parse().unwrap(),
            authorities,
            officers: officers.collect(),
        };
        let certificates = Authority::found(setup().await, plan, &|_, _, _| {})
            .await
            .unwrap();
        let authority = Authority::open(setup().await).await.unwrap();
        let config = PortalConfig {
            public_url: "http://portal.test:8080/".to_owned(),
            agent_url: "http://127.0.0.1:8765".to_owned(),
            machines_url: format!("{MACHINES}/"),
            service_name: "山东省电子政务网络信任服务".to_owned(),
        };
        let marked = (1..).zip(&keys).map(|(number, key)| DemonstrationOfficer {
            number: format!("OP-{number:04}"),
            signer: Arc::new(Held(Arc::clone(key), key.public_key().into())),
        });
        let marked = marked.collect();
        let acting = keys
            .into_iter()
            .zip(certificates)
            .map(|(key, certificate)| Acting { key, certificate });
        let officers = Role::ALL.into_iter().zip(acting).collect();
        let desk = format!(
            "sqlite:{}",
            folder.path().join("unfinished.sqlite").display()
        );
        let desk = Desk::open(&desk, SealKey::new(&[8; 32])).await.unwrap();
        let portal = Portal::new(authority.clone(), desk, marked, config);
        Self {
            router: routes(&portal),
            portal,
            authority,
            clock,
            officers,
            _folder: folder,
        }
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
            bytes: bytes.to_vec(),
        }
    }

    /// `GET` as a browser.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// A request of a program.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body
            .map(|body| Body::from(body.to_string()))
            .unwrap_or_default();
        self.send(request.body(body).unwrap()).await
    }

    /// The signature of an officer over a text, base64.
    pub(crate) fn sign(&self, role: Role, text: &str) -> String {
        let signature = self.officers[&role]
            .key
            .sign(SignerId::Default, text.as_bytes())
            .unwrap();
        BASE64_STANDARD.encode(signature.to_der())
    }

    /// A challenge for an officer.
    pub(crate) async fn challenge(&self, role: Role) -> Answer {
        let certificate = json!({"certificate": self.officers[&role].certificate.to_pem()});
        self.call(Method::POST, "/session/challenge", None, Some(&certificate))
            .await
    }

    /// Signs in and gives the token.
    pub(crate) async fn sign_in(&self, role: Role) -> String {
        let challenge = self.challenge(role).await.json();
        let signature = self.sign(role, challenge["challenge"].as_str().unwrap());
        let answer = json!({"id": challenge["id"], "signature": signature});
        let opened = self
            .call(Method::POST, "/session", None, Some(&answer))
            .await;
        assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
        opened.json()["token"].as_str().unwrap().to_owned()
    }

    /// Prepares an act, signs it and commits it, all as one officer.
    pub(crate) async fn act(&self, role: Role, act: Value) -> Answer {
        let token = self.sign_in(role).await;
        let prepared = self
            .call(
                Method::POST,
                "/acts/prepare",
                Some(&token),
                Some(&json!({"act": act})),
            )
            .await;
        if prepared.status != StatusCode::OK {
            return prepared;
        }
        let prepared = prepared.json();
        let signature = self.sign(role, prepared["statement"].as_str().unwrap());
        let signed = json!({"act": prepared["act"], "statement": prepared["statement"], "signature": signature});
        self.call(Method::POST, "/acts", Some(&token), Some(&signed))
            .await
    }

    /// Takes the department of that number through all three desks; serial and PEM of its certificate.
    pub(crate) async fn issue(&self, number: u32) -> (String, String) {
        let submitted = self.act(Role::Entry, department_case(number)).await;
        assert_eq!(submitted.status, StatusCode::OK, "{}", submitted.body);
        let case = submitted.json()["case"].clone();
        let review =
            json!({"act": "review-case", "case": case, "revision": 1, "decision": "approved"});
        let reviewed = self.act(Role::Review, review).await;
        assert_eq!(reviewed.status, StatusCode::OK, "{}", reviewed.body);
        let issued = self
            .act(
                Role::Production,
                json!({"act": "issue-certificates", "cases": [case]}),
            )
            .await;
        assert_eq!(issued.status, StatusCode::OK, "{}", issued.body);
        let certificate = &issued.json()["certificates"][0];
        let text = |member: &str| certificate[member].as_str().unwrap().to_owned();
        (text("serial"), text("pem"))
    }

    /// Changes the status of a certificate of the issuing authority.
    pub(crate) async fn change(
        &self,
        role: Role,
        serial: &str,
        change: &str,
        reason: Option<&str>,
    ) -> Answer {
        let mut act = json!({"act": "change-status", "authority": "jinan", "serial": serial, "change": change, "note": "测试"});
        if let Some(reason) = reason {
            act["reason"] = reason.into();
        }
        self.act(role, act).await
    }
}

/// A case that every rule accepts, under a fresh key, for the department of that number.
pub(crate) fn department_case(number: u32) -> Value {
    let key = PrivateKey::generate();
    let subject = NameBuilder {
        common_name: Some("ignored".into()),
        ..NameBuilder::default()
    }
    .build()
    .unwrap();
    let sign = |tbs: &[u8]| key.sign(SignerId::Default, tbs);
    let request = CertificateRequest::build(sign, key.public_key(), &subject).unwrap();
    json!({
        "act": "submit-case",
        "profile": "department-signing",
        "authority": "jinan",
        "form": {
            "department": format!("演示单位{number}"),
            "uscc": credit_code(number),
            "city": "济南市",
            "contact_name": "周文博",
            "contact_mobile": "10012345679",
            "basis": "鲁财办〔2026〕7号",
        },
        "request": BASE64_STANDARD.encode(request),
    })
}

/// The invented credit code of that number, with both check characters (GB 32100-2015, GB 11714-1997).
fn credit_code(number: u32) -> String {
    let organization = format!("DEM{number:05}");
    let inner = organization_code_check(&organization).unwrap();
    let body = format!("11370000{organization}{inner}");
    let codes = ('0'..='9')
        .chain('A'..='Z')
        .map(|check| format!("{body}{check}"));
    codes
        .into_iter()
        .find(|code| SocialCreditCode::parse(code).is_ok())
        .unwrap()
}

fn form(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn authority(name: &str, parent: Option<&str>, algorithm: Algorithm) -> AuthorityPlan {
    AuthorityPlan {
        authority: name.to_owned(),
        parent: parent.map(str::to_owned),
        common_name: format!("测试 TEST {name} CA"),
        locality: None,
        key: KeyPlan::Generated(algorithm),
    }
}
