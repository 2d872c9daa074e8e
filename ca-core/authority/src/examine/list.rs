//! One act on a list of certificates. What is signed is the digest of the list and how it was chosen; whether each
//! certificate may change is decided one by one, in the writer, when it is carried out.

use sm_engine::sm3::{self, Digest};
use x509::crl::RevocationReason;

use super::state::zh_reason;
use super::{Examined, Facts, words};
use crate::act::{ListedCertificate, StatusChange};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::statement::Subject;

/// Most certificates of one act.
pub(crate) const LIST_LIMIT: usize = 5_000;

/// What is to be carried out.
pub(crate) struct StatusList {
    pub(crate) digest: Digest,
    /// Canonical JSON of the list.
    pub(crate) text: Vec<u8>,
    pub(crate) change: StatusChange,
    pub(crate) reason: Option<RevocationReason>,
    pub(crate) items: Vec<ListedCertificate>,
}

pub(super) fn examine(
    change: StatusChange,
    reason: Option<RevocationReason>,
    selection: &str,
    note: &str,
    items: &[ListedCertificate],
) -> Result<Examined, Error> {
    let verb = match change {
        StatusChange::Hold => "冻结",
        StatusChange::Revoke => "吊销",
        StatusChange::Release => {
            return Err(Refusal::new(
                "A422",
                "解冻须逐张办理，不能批量",
                "certificates are released one by one, not by a list",
            )
            .into());
        }
    };
    decide::reason_fits(change, reason)?;
    if items.is_empty() || items.len() > LIST_LIMIT {
        return Err(Refusal::new(
            "A413",
            format!("一次须选择 1 到 {LIST_LIMIT} 张证书，请缩小范围后分次办理"),
            format!("a list has 1 to {LIST_LIMIT} certificates; narrow the selection"),
        )
        .into());
    }
    let key = |item: &ListedCertificate| (item.authority.clone(), item.serial.clone());
    if !items.is_sorted_by(|one, other| key(one) < key(other)) {
        return Err(Refusal::new(
            "A400",
            "名单须按机构和序列号排列，且不重复。请重新操作",
            "the list must be in order of authority and serial, each once; prepare the act again",
        )
        .into());
    }
    let selection = words("选择条件", selection, true)?;
    let note = words("说明", note, true)?;
    let text = ledger::canonical::to_canonical(&items)?;
    let digest = sm3::digest(&text);
    let (_, reason_name) = decide::state_after(change, reason);
    let why = match change {
        StatusChange::Revoke => format!("，原因：{}（{reason_name}），不可恢复", zh_reason(reason)),
        StatusChange::Hold | StatusChange::Release => String::new(),
    };
    let short: String = digest.to_string().chars().take(16).collect();
    let zh = format!(
        "{verb} {} 张证书（{selection}），名单摘要 {short}{why}。说明：{note}",
        items.len(),
    );
    Ok(Examined {
        zh,
        subject: Subject::CertificateStatusList {
            list: digest,
            count: u64::try_from(items.len()).unwrap_or(u64::MAX),
            selection,
            change,
            reason: reason_name,
            note,
        },
        preview: Vec::new(),
        places: Vec::new(),
        facts: Facts::StatusList(Box::new(StatusList {
            digest,
            text,
            change,
            reason,
            items: items.to_vec(),
        })),
    })
}
