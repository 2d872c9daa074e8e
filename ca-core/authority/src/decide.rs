//! The rules on state: may this happen, given the rows as they are? Pure; called early when an act is prepared
//! and again by the writer, inside the transaction, where the answer counts.

mod case;
mod certificate;
mod officer;
pub(crate) mod succession;

pub(crate) use case::{review, submit, withdraw};
pub(crate) use certificate::{change_status, issue, reason_fits, state_after};
pub(crate) use officer::{confirm, propose, refuse};

use crate::error::Refusal;

/// The case or certificate is not in a state that allows the act.
fn wrong_state(what: &str, state: &str, needed: &str) -> Refusal {
    Refusal::new(
        "A409",
        format!(
            "{what} 当前状态为“{}”，不能执行此操作（需要：{}）",
            zh_state(state),
            zh_state(needed)
        ),
        format!("{what} is {state}; this act needs {needed}"),
    )
}

/// Nothing of that number.
pub(crate) fn no_such(what: &str) -> Refusal {
    Refusal::new(
        "A404",
        format!("没有找到 {what}"),
        format!("there is no {what}"),
    )
}

/// States in officers' words.
pub(crate) fn zh_state(state: &str) -> &str {
    match state {
        "submitted" => "待审核",
        "returned" => "退回补正",
        "approved" => "已审核，待制证",
        "refused" => "已拒绝",
        "withdrawn" => "已撤回",
        "producing" => "制证中",
        "issued" => "已签发",
        "intended" => "签发中",
        "good" => "有效",
        "held" => "已冻结",
        "revoked" => "已吊销",
        "abandoned" => "已作废",
        "waiting" => "待确认",
        "confirmed" => "已确认",
        other => other,
    }
}
