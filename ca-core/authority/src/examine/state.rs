//! Reviews, withdrawals and changes of status.

use ledger::event::Decision;
use store::views::{CaseRow, CertificateRow};
use x509::certificate::Certificate;
use x509::crl::RevocationReason;

use super::material::{Material, preview};
use super::submission::basis_sentence;
use super::succession::sentence;
use super::{Examined, Facts, place_of_case, place_of_certificate, words};
use crate::act::{StatusChange, Succeeds};
use crate::decide;
use crate::error::Error;
use crate::service::Core;
use crate::statement::Subject;
use crate::view::Officer;

pub(super) async fn review(
    core: &Core,
    officer: &Officer,
    case: &str,
    revision: u32,
    decision: Decision,
    reasons: &str,
) -> Result<Examined, Error> {
    let reasons = words("审核意见", reasons, decision != Decision::Approved)?;
    let row = core.store.get::<CaseRow>(&[case.into()]).await?;
    decide::review(
        case,
        revision,
        None,
        row.as_ref(),
        officer,
        core.policy.rules(),
    )?;
    let row = row.ok_or_else(|| decide::no_such(case))?;
    let material = Material::of_case(core, &row).await?;
    let tbs = material.template(core)?;
    if tbs.template_digest() != row.template {
        return Err(Error::Inconsistent(format!(
            "{case}: the template is not the one that was submitted"
        )));
    }
    let who = format!(
        "{} {}",
        material.form.department(),
        material.form.display_name()
    );
    let title = &material.profile.title.zh;
    let zh = match decision {
        Decision::Approved => format!(
            "同意为 {who} 签发{title}（案件 {case}），有效期 {} 天，签发机构 {}。{}{}",
            material.profile.validity_days,
            material.member.title(),
            Succeeds::of(&row)?
                .map(|succeeds| sentence(&succeeds, row.overlap.unwrap_or(0)))
                .unwrap_or_default(),
            basis_sentence(material.form.get("basis")),
        ),
        Decision::Returned => format!("退回 {who} 的{title}申请（案件 {case}）补正：{reasons}"),
        Decision::Refused => format!("拒绝 {who} 的{title}申请（案件 {case}）：{reasons}"),
    };
    let subject = Subject::CaseReview {
        case: case.to_owned(),
        revision,
        decision,
        form: row.form,
        template: row.template,
        evidence: evidence_of(&row)?,
        reasons,
    };
    let facts = Facts::Review {
        case: case.to_owned(),
        revision,
        template: row.template,
        decision,
    };
    Ok(Examined {
        zh,
        subject,
        preview: preview(&material, &tbs),
        places: vec![place_of_case(&row)],
        facts,
    })
}

pub(super) async fn withdraw(
    core: &Core,
    officer: &Officer,
    case: &str,
    reasons: &str,
) -> Result<Examined, Error> {
    let reasons = words("撤回原因", reasons, true)?;
    let row = core.store.get::<CaseRow>(&[case.into()]).await?;
    decide::withdraw(case, row.as_ref(), officer)?;
    let row = row.ok_or_else(|| decide::no_such(case))?;
    let material = Material::of_case(core, &row).await?;
    let zh = format!(
        "撤回 {} {} 的{}申请（案件 {case}）：{reasons}",
        material.form.department(),
        material.form.display_name(),
        material.profile.title.zh,
    );
    let revision = u32::try_from(row.revision).unwrap_or(u32::MAX);
    let subject = Subject::CaseWithdraw {
        case: case.to_owned(),
        revision,
        reasons,
    };
    Ok(Examined {
        zh,
        subject,
        preview: Vec::new(),
        places: vec![place_of_case(&row)],
        facts: Facts::Withdraw {
            case: case.to_owned(),
        },
    })
}

pub(super) async fn change(
    core: &Core,
    officer: &Officer,
    authority: &str,
    serial: &str,
    change: StatusChange,
    reason: Option<RevocationReason>,
    note: &str,
) -> Result<Examined, Error> {
    let note = words("说明", note, false)?;
    let member = core.hierarchy.get(authority)?;
    let serial = serial
        .parse::<x509::certificate::Serial>()
        .map_err(|_| decide::no_such("证书序列号 / serial"))?
        .to_string();
    let row = core
        .store
        .get::<CertificateRow>(&[authority.into(), serial.as_str().into()])
        .await?;
    decide::change_status(
        &serial,
        change,
        reason,
        row.as_ref(),
        officer,
        core.policy.rules(),
    )?;
    let row = row.ok_or_else(|| decide::no_such(&serial))?;
    let digest = row.certificate.ok_or_else(|| decide::no_such(&serial))?;
    let der = core
        .store
        .unseal(&digest)
        .await?
        .ok_or_else(|| Error::Inconsistent(format!("certificate {serial} is missing")))?;
    let name = Certificate::from_der(&der)?
        .subject()
        .common_name()
        .unwrap_or_default()
        .to_owned();
    let (_, reason_name) = decide::state_after(change, reason);
    let verb = match change {
        StatusChange::Hold => "冻结",
        StatusChange::Release => "解冻",
        StatusChange::Revoke => "吊销",
    };
    let why = match change {
        StatusChange::Revoke => format!("，原因：{}（{reason_name}），不可恢复", zh_reason(reason)),
        StatusChange::Hold | StatusChange::Release => String::new(),
    };
    let words = if note.is_empty() {
        String::new()
    } else {
        format!("说明：{note}")
    };
    let zh = format!(
        "{verb} {} 签发给 {name} 的证书，序列号 {serial}{why}。{words}",
        member.title()
    );
    let subject = Subject::CertificateStatus {
        authority: authority.to_owned(),
        serial: serial.clone(),
        certificate: digest,
        from: row.state.clone(),
        since: row.idx,
        change,
        reason: reason_name,
        note,
    };
    let facts = Facts::Status {
        authority: authority.to_owned(),
        serial,
        change,
        reason,
        since: row.idx,
    };
    Ok(Examined {
        zh,
        subject,
        preview: Vec::new(),
        places: vec![place_of_certificate(&row)],
        facts,
    })
}

/// Reasons in officers' words.
pub(super) fn zh_reason(reason: Option<RevocationReason>) -> &'static str {
    match reason {
        Some(RevocationReason::KeyCompromise) => "私钥泄露或丢失",
        Some(RevocationReason::AffiliationChanged) => "调离或机构变更",
        Some(RevocationReason::Superseded) => "已换新证",
        Some(RevocationReason::CessationOfOperation) => "离职或停用",
        Some(RevocationReason::PrivilegeWithdrawn) => "授权收回",
        _ => "未说明",
    }
}

/// The evidence digests of a case.
pub(super) fn evidence_of(row: &CaseRow) -> Result<Vec<sm_engine::sm3::Digest>, Error> {
    row.evidence
        .split(',')
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.parse()
                .map_err(|_| Error::Inconsistent(format!("{}: evidence digests", row.case_id)))
        })
        .collect()
}
