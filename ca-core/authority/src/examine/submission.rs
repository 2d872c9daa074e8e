//! A case as it is entered: form, request, evidence.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::{Place, Profile};
use sm_engine::key::Algorithm;
use sm_engine::sm3::{self, Digest};
use store::views::{CaseRow, CertificateRow, SealedForm};
use x509::certificate::Serial;
use x509::request::Request;

use super::material::{Material, check_form, preview};
use super::succession::Predecessor;
use super::{Examined, Facts, words};
use crate::act::{EntryNotes, Evidence, Succeeds};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::hierarchy::Member;
use crate::query::history::times_of;
use crate::service::Core;
use crate::statement::{Stamp, Subject};
use crate::view::Officer;

/// Largest PKCS#10 request, PEM or DER: bytes.
const REQUEST_LIMIT: usize = 16 * 1024;
/// Largest evidence file: bytes.
pub const EVIDENCE_LIMIT: usize = 10 * 1024 * 1024;
/// Most evidence files of a case.
pub const EVIDENCE_COUNT: usize = 10;
/// Longest form in one piece: bytes.
const FORM_LIMIT: usize = 16 * 1024;

/// What the writer commits.
pub(crate) struct Submission {
    pub(crate) case: String,
    pub(crate) revision: u32,
    pub(crate) profile: String,
    pub(crate) profile_document: Digest,
    pub(crate) renew_before: i64,
    pub(crate) authority: String,
    pub(crate) form: SealedForm,
    pub(crate) form_bytes: Vec<u8>,
    pub(crate) form_digest: Digest,
    pub(crate) request: Vec<u8>,
    pub(crate) key: Digest,
    pub(crate) template: Digest,
    pub(crate) evidence: Vec<(Digest, Vec<u8>)>,
    /// Kind and value by which the same person, department or host is recognised.
    pub(crate) identity: Option<(String, String)>,
    /// The certificate that the new one follows on.
    pub(crate) predecessor: Option<Predecessor>,
}

#[allow(clippy::too_many_arguments)] // the fields of one act
pub(super) async fn examine(
    core: &Core,
    officer: &Officer,
    case: &str,
    profile: &str,
    authority: &str,
    fields: &BTreeMap<String, String>,
    request: &str,
    evidence: &[Evidence],
    succeeds: Option<&Succeeds>,
    notes: &EntryNotes,
    stamp: &Stamp,
) -> Result<Examined, Error> {
    let number = parse_case_number(case)?;
    let profile = core
        .policy
        .profile(profile)
        .filter(|p| p.requestable())
        .cloned()
        .ok_or_else(|| {
            Refusal::new(
                "A404",
                format!("没有可申请的证书类型 {profile}"),
                format!("no profile {profile} can be requested"),
            )
        })?;
    let member = core.hierarchy.get(authority)?;
    if core.hierarchy.parent_of(&member).is_none() {
        return Err(Refusal::new(
            "A413",
            "根不直接签发用户证书",
            "the root does not issue to subscribers",
        )
        .into());
    }
    if fields.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>() > FORM_LIMIT {
        return Err(Refusal::new("A413", "表单过大", "the form is too large").into());
    }
    let now = core.clock.now();
    let before = core.store.get::<CaseRow>(&[case.into()]).await?;
    if before.is_none() && !core.has_handed_out(number) {
        return Err(Refusal::new(
            "A416",
            format!("案件编号 {case} 不是本系统给出的，请重新操作"),
            format!("the case number {case} was not given out; prepare the act again"),
        )
        .into());
    }
    let opened = before
        .as_ref()
        .map_or(now, |row| x509::time::Time(row.opened_at));
    let form = check_form(&profile, fields, opened)?;
    let request = read_request(request)?;
    check_key_algorithm(&member, &profile, request.public_key().algorithm())?;
    let key = sm3::digest(request.spki_der());
    let key_row = core.store.get(&[key.into()]).await?;
    let revision = before.as_ref().map_or(1, |row| {
        u32::try_from(row.revision)
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    });
    let predecessor = predecessor(core, &member, &profile, before.as_ref(), succeeds).await?;
    decide::submit(
        case,
        revision,
        before.as_ref(),
        key_row.as_ref(),
        predecessor.as_ref(),
        officer,
    )?;
    if let Some(predecessor) = &predecessor {
        predecessor.check_form(core, &profile, &form).await?;
    }

    let evidence = read_evidence(evidence)?;
    let material = Material {
        member,
        profile,
        form,
        key: request.public_key().clone(),
    };
    let tbs = material.template(core)?;
    let template = tbs.template_digest();
    let preview = preview(&material, &tbs);
    let salt = core
        .store
        .seal_key()
        .keyed_digest("form-salt", &stamp.nonce)
        .to_string();
    let place = Place::named(material.form.get("city"), material.form.department());
    let remark = words("录入说明", &notes.remark, false)?;
    let terms = material.form.search_terms().into_iter();
    let mut terms: BTreeSet<(String, String)> = terms
        .map(|(kind, value)| (kind.to_owned(), value))
        .collect();
    let files = evidence.iter().map(|(digest, _)| digest.to_string());
    terms.extend(files.map(|digest| ("evidence".to_owned(), digest)));
    let list = notes.source.as_ref().map(|line| line.file.to_string());
    terms.extend(list.map(|digest| ("list".to_owned(), digest)));
    let sealed = SealedForm {
        city: place.city.clone(),
        fields: material.form.to_map(),
        promised: Some(promise(core, before.as_ref(), stamp.time).await?),
        unit: place.unit,
        remark: (!remark.is_empty()).then_some(remark),
        salt: salt.chars().take(32).collect(),
        source: notes.source.clone(),
        terms,
    };
    let form_bytes = ledger::canonical::to_canonical(&sealed)?;
    let form_digest = sm3::digest(&form_bytes);
    let Material {
        member,
        profile,
        form,
        ..
    } = material;

    let zh = format!(
        "录入{}：{}（{}），案件 {case} 第 {revision} 次提交，签发机构 {}。{}{}",
        profile.title.zh,
        form.display_name(),
        form.department(),
        member.title(),
        predecessor
            .as_ref()
            .map(Predecessor::sentence)
            .unwrap_or_default(),
        basis_sentence(form.get("basis")),
    );
    let subject = Subject::CaseSubmit {
        case: case.to_owned(),
        revision,
        form: form_digest,
        request: sm3::digest(request.der()),
        template,
        profile: profile.document(),
        evidence: evidence.iter().map(|(digest, _)| *digest).collect(),
        succeeds: predecessor.as_ref().map(|one| one.succeeds.clone()),
    };
    let places = predecessor
        .iter()
        .filter_map(|before| before.place.clone())
        .chain([place])
        .collect();
    let submission = Submission {
        case: case.to_owned(),
        revision,
        profile: profile.name.clone(),
        profile_document: profile.document(),
        renew_before: i64::from(profile.renew_before_days) * 86_400,
        authority: member.authority.clone(),
        identity: form.unique_identity().map(searchable),
        form: sealed,
        form_bytes,
        form_digest,
        request: request.der().to_vec(),
        key,
        template,
        evidence,
        predecessor,
    };
    Ok(Examined {
        zh,
        subject,
        preview,
        places,
        facts: Facts::Submit(Box::new(submission)),
    })
}

/// The certificate that the new one follows on, and that a case may be opened for that now. A returned case keeps the
/// one that it was opened with.
async fn predecessor(
    core: &Core,
    member: &Member,
    profile: &Profile,
    before: Option<&CaseRow>,
    given: Option<&Succeeds>,
) -> Result<Option<Predecessor>, Error> {
    let kept = before.map(Succeeds::of).transpose()?;
    let succeeds = match (kept, given) {
        (None, given) => given.cloned(),
        (Some(kept), None) => kept,
        (Some(kept), Some(given)) if kept.as_ref() == Some(given) => kept,
        (Some(_), Some(_)) => {
            return Err(Refusal::new(
                "A438",
                "退回补正的案件不能改变接续的证书或事由。请撤回后重新录入",
                "a returned case keeps the certificate that it follows on, and why; withdraw it and enter it again",
            )
            .into());
        }
    };
    let Some(mut succeeds) = succeeds else {
        return Ok(None);
    };
    let serial = succeeds.serial.parse::<Serial>();
    succeeds.serial = serial
        .map_err(|_| decide::no_such("证书序列号 / serial"))?
        .to_string();
    let key = [
        member.authority.as_str().into(),
        succeeds.serial.as_str().into(),
    ];
    let row = core.store.get::<CertificateRow>(&key).await?;
    let predecessor = Predecessor::new(succeeds, &member.authority, profile, row.as_ref());
    // Whether another case succeeds it is asked where it counts; here it would be asked too early.
    let case = before.map_or("", |row| row.case_id.as_str());
    decide::succession::open(&predecessor, row.as_ref(), case, &[], core.clock.now().0)?;
    Ok(Some(predecessor))
}

/// Until when a case that is submitted at `time` is promised. What its earlier submissions waited for their reviews has
/// been used up; while it was returned, the promise stood still.
async fn promise(core: &Core, before: Option<&CaseRow>, time: i64) -> Result<i64, Error> {
    let mut spent = 0;
    if let Some(row) = before {
        let subject = format!("case:{}", row.case_id);
        let times = times_of(core, std::slice::from_ref(&subject)).await?;
        let mut since = None;
        for (kind, at) in times.get(&subject).into_iter().flatten() {
            match (kind.as_str(), since) {
                ("case.submitted", _) => since = Some(*at),
                ("case.reviewed", Some(from)) => {
                    spent += core.calendar.worked_seconds(from, *at);
                    since = None;
                }
                _ => {}
            }
        }
    }
    Ok(core.calendar.due(time, spent))
}

/// A unique identity as its search term is stored: numbers are one kind, whoever gave them.
fn searchable((kind, value): (&str, &str)) -> (String, String) {
    let kind = if kind == "host" { "host" } else { "identity" };
    (kind.to_owned(), policy::form::fold(value))
}

/// 依据：… where the form names a document.
pub(super) fn basis_sentence(basis: Option<&str>) -> String {
    basis
        .map(|basis| format!("依据：{basis}。"))
        .unwrap_or_default()
}

/// Year and number of `C-2026-0000001`. Numbers count on over the years; beyond seven digits they grow.
fn parse_case_number(case: &str) -> Result<(u16, u64), Refusal> {
    let digits = |text: &str, n: std::ops::RangeInclusive<usize>| {
        n.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let parsed = case
        .strip_prefix("C-")
        .and_then(|rest| rest.split_once('-'))
        .and_then(|(year, number)| {
            (digits(year, 4..=4) && digits(number, 7..=12)).then_some(())?;
            Some((year.parse().ok()?, number.parse().ok()?))
        });
    parsed.ok_or_else(|| {
        Refusal::new(
            "A400",
            "案件编号格式不正确",
            "case numbers look like C-2026-0000001",
        )
    })
}

/// The request with its proof of possession checked.
pub(crate) fn read_request(text: &str) -> Result<Request, Error> {
    if text.len() > REQUEST_LIMIT {
        return Err(Refusal::new(
            "A413",
            format!("证书请求超过 {} KB", REQUEST_LIMIT / 1024),
            format!(
                "the certificate request is larger than {} KiB",
                REQUEST_LIMIT / 1024
            ),
        )
        .into());
    }
    let bytes = if text.contains("-----BEGIN") {
        text.as_bytes().to_vec()
    } else {
        let compact: String = text.split_ascii_whitespace().collect();
        STANDARD.decode(compact).map_err(|_| {
            Refusal::new(
                "A400",
                "证书请求既不是 PEM 也不是 base64 编码的 DER",
                "the request is neither PEM nor DER in base64",
            )
        })?
    };
    let request = Request::from_pem_or_der(&bytes).map_err(refuse_request)?;
    request.verify().map_err(refuse_request)?;
    Ok(request)
}

/// The profile says which keys it is for; an SM2 authority certifies SM2 keys, and one of a hierarchy for clients
/// without SM2 the others.
fn check_key_algorithm(member: &Member, profile: &Profile, key: Algorithm) -> Result<(), Refusal> {
    let (name, authority) = (key.name().to_uppercase(), &member.authority);
    if !profile.takes(key) {
        return Err(Refusal::new(
            "A423",
            format!(
                "“{}”不接受 {name} 密钥，请更换密钥或证书类型",
                profile.title.zh
            ),
            format!(
                "profile {} takes no {name} key; use another key or another profile",
                profile.name
            ),
        ));
    }
    if (key == Algorithm::Sm2Sm3) != (member.algorithm() == Algorithm::Sm2Sm3) {
        return Err(Refusal::new(
            "A423",
            format!("签发机构 {authority} 不为 {name} 密钥签发证书，请更换密钥或签发机构"),
            format!(
                "authority {authority} certifies no {name} key; use another key or another authority"
            ),
        ));
    }
    Ok(())
}

/// What is wrong with a request, in words that say what to do.
fn refuse_request(error: x509::Error) -> Error {
    let zh = match &error {
        x509::Error::EmptyIdentifier => {
            "证书请求使用了空的 SM2 用户标识。请用 openssl 的 -sigopt distid:1234567812345678 重新签名"
        }
        x509::Error::Signature { .. } => "证书请求的签名不正确，不能证明申请者持有私钥",
        x509::Error::Unsupported { .. } => {
            "证书请求必须使用 SM2 密钥（曲线 sm2p256v1，SM2-SM3 签名），或 P-256、RSA 密钥（SHA-256 签名）"
        }
        x509::Error::TooLarge { .. } => "证书请求过大",
        x509::Error::WeakKey { .. } => {
            "证书请求中的 RSA 密钥过短或不安全，请重新生成 2048 至 4096 位的密钥"
        }
        _ => "证书请求的格式不正确或不完整，请重新生成",
    };
    Refusal::new("A423", zh, error.to_string()).into()
}

/// Media type of an evidence file, by its content alone: PDF, JPEG or PNG; nothing else is taken.
#[must_use]
pub fn evidence_media(content: &[u8]) -> Option<&'static str> {
    let known = [
        (b"%PDF-".as_slice(), "application/pdf"),
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
    ];
    let found = known
        .into_iter()
        .find(|(magic, _)| content.starts_with(magic));
    found.map(|(_, media)| media)
}

/// Evidence files: kind by content, digest at arrival.
fn read_evidence(files: &[Evidence]) -> Result<Vec<(Digest, Vec<u8>)>, Refusal> {
    if files.len() > EVIDENCE_COUNT {
        return Err(Refusal::new(
            "A413",
            format!("证明材料最多 {EVIDENCE_COUNT} 份"),
            format!("at most {EVIDENCE_COUNT} evidence files"),
        ));
    }
    let mut read = Vec::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let bytes = STANDARD
            .decode(&file.content)
            .map_err(|_| bad_evidence(number, "不是 base64", "is not base64"))?;
        if bytes.len() > EVIDENCE_LIMIT {
            return Err(bad_evidence(number, "超过 10 MB", "is larger than 10 MiB"));
        }
        if evidence_media(&bytes).is_none() {
            return Err(bad_evidence(
                number,
                "不是 PDF、JPEG 或 PNG",
                "is not a PDF, JPEG or PNG file",
            ));
        }
        read.push((sm3::digest(&bytes), bytes));
    }
    Ok(read)
}

fn bad_evidence(number: usize, zh: &str, en: &str) -> Refusal {
    Refusal::new(
        "A424",
        format!("第 {} 份证明材料{zh}", number + 1),
        format!("evidence file {} {en}", number + 1),
    )
}
