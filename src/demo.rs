//! The demonstration's departments, people and devices: invented, entered, reviewed and issued by the
//! demonstration officers through the same acts as any other case.
//!
//! Identity numbers use the unallocated area 3799xx, credit codes the marker DEM, telephones the range 100….

pub mod fill;
mod province;

use std::collections::BTreeMap;

use anyhow::Context as _;
use authority::{Act, Authority, IssuedCertificate, Outcome, StatusChange};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keys::Signer;
use keys::officer_file::OfficerKey;
use ledger::event::Decision;
use policy::identity::{IdNumber, SocialCreditCode, social_credit_code::organization_code_check};
use sm_engine::foreign::P256PrivateKey;
use sm_engine::key::{PublicKey, Signature};
use sm_engine::sm2::{PrivateKey, SignerId};
use x509::crl::RevocationReason;
use x509::name::NameBuilder;
use x509::request::Request;

/// Departments: full name, city, authority, division, document.
const DEPARTMENTS: [(&str, &str, &str, &str, &str); 8] = [
    (
        "山东省财政厅",
        "济南市",
        "jinan",
        "国库处",
        "鲁财人〔2026〕12号",
    ),
    (
        "山东省审计厅",
        "济南市",
        "jinan",
        "审计一处",
        "鲁审发〔2026〕8号",
    ),
    (
        "山东省人力资源和社会保障厅",
        "济南市",
        "jinan",
        "信息中心",
        "鲁人社字〔2026〕21号",
    ),
    (
        "山东省经济和信息化委员会",
        "济南市",
        "jinan",
        "电子政务处",
        "鲁经信政〔2026〕5号",
    ),
    (
        "济南市行政审批服务局",
        "济南市",
        "jinan",
        "受理中心",
        "济审批〔2026〕2号",
    ),
    (
        "青岛市财政局",
        "青岛市",
        "qingdao",
        "预算处",
        "青财办〔2026〕4号",
    ),
    (
        "青岛市工商行政管理局",
        "青岛市",
        "qingdao",
        "企业登记处",
        "青工商〔2026〕9号",
    ),
    (
        "烟台市人民政府办公室",
        "烟台市",
        "qingdao",
        "电子政务科",
        "烟政办〔2026〕6号",
    ),
];

/// People: name, department, what becomes of the case.
const PEOPLE: [(&str, usize, Fate); 16] = [
    ("陈思齐", 0, Fate::Good),
    ("周文博", 0, Fate::Good),
    ("高春燕", 0, Fate::Held),
    ("宋雨桐", 1, Fate::Good),
    (
        "韩立群",
        1,
        Fate::Revoked(RevocationReason::AffiliationChanged),
    ),
    ("何骏", 3, Fate::Good),
    ("郑浩然", 3, Fate::Good),
    ("杜若溪", 2, Fate::Good),
    ("范明远", 2, Fate::Revoked(RevocationReason::KeyCompromise)),
    ("于清和", 4, Fate::Good),
    ("买买提·阿不都", 4, Fate::Good),
    ("姜海宁", 5, Fate::Good),
    ("孟庆林", 5, Fate::Approved),
    ("纪晓舟", 6, Fate::Submitted),
    ("鲁宁", 6, Fate::Submitted),
    ("丛蔚", 7, Fate::Returned),
];

/// Devices: host, department.
const DEVICES: [(&str, usize); 3] = [
    ("budget.czt.example.cn", 0),
    ("exchange.jxw.example.cn", 3),
    ("apply.jnsp.example.cn", 4),
];

/// Devices whose clients do not know SM2: host, department.
const COMPATIBLE: [(&str, usize); 1] = [("www.czt.example.cn", 0)];

/// How far a case goes.
#[derive(Clone, Copy)]
enum Fate {
    Submitted,
    Returned,
    Approved,
    Good,
    Held,
    Revoked(RevocationReason),
}

/// The demonstration officers' keys, by what they do.
pub struct Desk<'a> {
    /// Where they act.
    pub authority: &'a Authority,
    /// Keys of the entry, review and production officer, numbers OP-0001 to OP-0003.
    pub keys: &'a [&'a dyn Signer],
}

/// The issuing authority of the hierarchy for clients without SM2.
const COMPAT: &str = "compat";
const ENTRY: usize = 0;
const REVIEW: usize = 1;
const PRODUCTION: usize = 2;

/// Enters everything.
pub async fn populate(
    authority: &Authority,
    keys: &[OfficerKey],
    tell: &(dyn Fn(usize, usize, &str) + Send + Sync),
) -> anyhow::Result<()> {
    let keys: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
    let desk = Desk {
        authority,
        keys: &keys,
    };
    let authorities = authority.authorities().await?;
    let compatible = if authorities.iter().any(|known| known.authority == COMPAT) {
        &COMPATIBLE[..]
    } else {
        &[]
    };
    let total = DEPARTMENTS.len() + PEOPLE.len() + DEVICES.len() + compatible.len();
    let mut done = 0;
    let mut step = |what: &str| {
        done += 1;
        tell(done, total, what);
    };
    for (number, (name, city, issuer, _, basis)) in (1..).zip(DEPARTMENTS) {
        let form = [
            ("department", name.to_owned()),
            ("uscc", credit_code(&format!("DEM{number:05}"))?),
            ("city", city.to_owned()),
            ("contact_name", "周文博".to_owned()),
            ("contact_mobile", format!("100{:08}", 4_000 + number)),
            ("basis", basis.to_owned()),
        ];
        desk.take("department-signing", issuer, &form, Fate::Good)
            .await?;
        step(name);
    }
    for (number, (name, department, fate)) in (1..).zip(PEOPLE) {
        let (department, city, issuer, division, basis) = DEPARTMENTS[department];
        let form = [
            ("name", name.to_owned()),
            (
                "id_number",
                id_number(
                    &format!(
                        "379902{}0{}1{}{:03}",
                        1970 + number,
                        1 + number % 9,
                        number % 9,
                        number
                    ),
                    authority.clock().now(),
                )?,
            ),
            ("department", department.to_owned()),
            ("division", division.to_owned()),
            ("city", city.to_owned()),
            ("employee_number", format!("P{number:07}")),
            ("mobile", format!("100{:08}", 1_000 + number)),
            ("basis", basis.to_owned()),
        ];
        desk.take("staff-signing", issuer, &form, fate).await?;
        step(name);
    }
    let devices = DEVICES.iter().map(|device| (device, None));
    let compatible = compatible.iter().map(|device| (device, Some(COMPAT)));
    for ((host, department), compat) in devices.chain(compatible) {
        let (department, city, issuer, division, basis) = DEPARTMENTS[*department];
        let form = [
            ("host", (*host).to_owned()),
            ("department", department.to_owned()),
            ("division", division.to_owned()),
            ("city", city.to_owned()),
            ("contact_name", "何骏".to_owned()),
            ("contact_mobile", "10000005001".to_owned()),
            ("basis", basis.to_owned()),
        ];
        let (profile, issuer) =
            compat.map_or(("device", issuer), |compat| ("device-compat", compat));
        desk.take(profile, issuer, &form, Fate::Good).await?;
        step(host);
    }
    Ok(())
}

/// The form of the invented holder of that number.
pub fn holder_form(
    number: u32,
    today: x509::time::Time,
) -> anyhow::Result<BTreeMap<String, String>> {
    let form = province::holder(number, today)?.form;
    Ok(form
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect())
}

impl Desk<'_> {
    /// One case, as far as its fate goes.
    async fn take(
        &self,
        profile: &str,
        issuer: &str,
        form: &[(&str, String)],
        fate: Fate,
    ) -> anyhow::Result<()> {
        let (case, revision) = self.submit(profile, issuer, form).await?;
        match fate {
            Fate::Submitted => return Ok(()),
            Fate::Returned => {
                let reasons = "证明材料上的单位名称与花名册不一致，请核对后补正";
                return self
                    .review(&case, revision, Decision::Returned, reasons)
                    .await;
            }
            _ => self.review(&case, revision, Decision::Approved, "").await?,
        }
        if matches!(fate, Fate::Approved) {
            return Ok(());
        }
        let act = Act::IssueCertificates { cases: vec![case] };
        let Outcome::CertificatesIssued { certificates } = self.act(PRODUCTION, act).await? else {
            anyhow::bail!("a produced case has a certificate")
        };
        let certificate = certificates
            .into_iter()
            .next()
            .context("one case, one certificate")?;
        self.befall(certificate, fate).await
    }

    /// What becomes of a certificate afterwards.
    async fn befall(&self, certificate: IssuedCertificate, fate: Fate) -> anyhow::Result<()> {
        let (officer, change, reason, note) = match fate {
            Fate::Held => (ENTRY, StatusChange::Hold, None, "持证人电话报失，先行冻结"),
            Fate::Revoked(reason) => (REVIEW, StatusChange::Revoke, Some(reason), "依据单位来函"),
            _ => return Ok(()),
        };
        let (authority, serial) = (certificate.authority, certificate.serial);
        let act = Act::ChangeStatus {
            authority,
            serial,
            change,
            reason,
            note: note.into(),
        };
        self.act(officer, act).await?;
        Ok(())
    }

    /// Enters a case and approves it; returns its number.
    pub async fn approve(
        &self,
        profile: &str,
        issuer: &str,
        form: &[(&str, String)],
    ) -> anyhow::Result<String> {
        let (case, revision) = self.submit(profile, issuer, form).await?;
        self.review(&case, revision, Decision::Approved, "").await?;
        Ok(case)
    }

    /// Enters a case; its number and revision. The subject's key is made and forgotten: nobody needs it.
    async fn submit(
        &self,
        profile: &str,
        issuer: &str,
        form: &[(&str, String)],
    ) -> anyhow::Result<(String, u32)> {
        let act = Act::SubmitCase {
            case: None,
            notes: authority::EntryNotes::default(),
            succeeds: None,
            profile: profile.into(),
            authority: issuer.into(),
            form: form
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect::<BTreeMap<_, _>>(),
            request: STANDARD.encode(fresh_request(issuer == COMPAT)?),
            evidence: Vec::new(),
        };
        match self.act(ENTRY, act).await? {
            Outcome::CaseSubmitted { case, revision } => Ok((case, revision)),
            _ => anyhow::bail!("a submitted case has a number"),
        }
    }

    async fn review(
        &self,
        case: &str,
        revision: u32,
        decision: Decision,
        reasons: &str,
    ) -> anyhow::Result<()> {
        let act = Act::ReviewCase {
            case: case.into(),
            revision,
            decision,
            reasons: reasons.into(),
        };
        self.act(REVIEW, act).await?;
        Ok(())
    }

    async fn act(&self, officer: usize, act: Act) -> anyhow::Result<Outcome> {
        let key = self.keys[officer];
        let officer = self
            .authority
            .officer(&format!("OP-{:04}", officer + 1))
            .await?;
        let prepared = self.authority.prepare(&officer, act).await?;
        let signature = key.sign(prepared.statement.as_bytes())?.to_bytes();
        Ok(self
            .authority
            .commit(&officer, prepared.act, &prepared.statement, &signature)
            .await?)
    }
}

/// An identity number from its first 17 digits.
fn id_number(digits: &str, today: x509::time::Time) -> anyhow::Result<String> {
    completed(digits, "0123456789X", |text| {
        IdNumber::parse(text, today).is_ok()
    })
}

/// A unified social credit code from the body of its organisation code.
fn credit_code(body: &str) -> anyhow::Result<String> {
    let check =
        organization_code_check(body).context("an organisation code has eight characters")?;
    let digits = format!("11370000{body}{check}");
    completed(&digits, "0123456789ABCDEFGHJKLMNPQRTUWXY", |text| {
        SocialCreditCode::parse(text).is_ok()
    })
}

/// The text with the one check character that makes it valid.
fn completed(text: &str, alphabet: &str, valid: impl Fn(&str) -> bool) -> anyhow::Result<String> {
    alphabet
        .chars()
        .map(|check| format!("{text}{check}"))
        .find(|candidate| valid(candidate))
        .with_context(|| format!("{text} has no check character"))
}

/// A PKCS#10 request under a fresh SM2 or P-256 key; its subject is ignored, as always.
fn fresh_request(p256: bool) -> anyhow::Result<Vec<u8>> {
    let subject = NameBuilder {
        country: None,
        state: None,
        locality: None,
        organization: None,
        organizational_unit: None,
        common_name: Some("subject of the request is ignored".into()),
        serial_number: None,
    }
    .build()?;
    if p256 {
        let (key, _) = P256PrivateKey::generate().context("no random source")?;
        return Request::build(
            |tbs| {
                let signature = key.sign(tbs).context("no random source")?;
                anyhow::Ok(Signature::EcdsaP256Sha256(signature))
            },
            PublicKey::P256(key.public_key().clone()),
            &subject,
        );
    }
    let key = PrivateKey::generate();
    Ok(Request::build(
        |tbs| key.sign(SignerId::Default, tbs),
        key.public_key(),
        &subject,
    )?)
}
