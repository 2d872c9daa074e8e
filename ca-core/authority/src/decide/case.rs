//! Rules on cases.

use policy::{Rules, Verb};
use sm_engine::sm3::Digest;
use store::views::{CaseRow, KeyRow};

use super::wrong_state;
use crate::error::Error;
use crate::error::Refusal;
use crate::examine::Predecessor;
use crate::view::Officer;

/// A case may be submitted: new, or returned to the same officer; its key was never seen elsewhere, but for one that
/// policy lets a renewed certificate keep.
pub(crate) fn submit(
    case: &str,
    revision: u32,
    before: Option<&CaseRow>,
    key: Option<&KeyRow>,
    predecessor: Option<&Predecessor>,
    officer: &Officer,
) -> Result<(), Error> {
    match before {
        None if revision == 1 => {}
        None => return Err(super::no_such(case).into()),
        Some(row) if row.state != "returned" => {
            return Err(wrong_state(case, &row.state, "returned").into());
        }
        Some(row) if i64::from(revision) != row.revision + 1 => {
            return Err(changed_meanwhile(case).into());
        }
        Some(row) if row.entered_by != officer.number => {
            return Err(Refusal::new(
                "A411",
                format!("案件由 {} 录入，只能由其本人补正", row.entered_by),
                format!(
                    "the case was entered by {}; only that officer completes it",
                    row.entered_by
                ),
            )
            .into());
        }
        Some(_) => {}
    }
    match key {
        None => Ok(()),
        Some(row) if row.compromised != 0 => Err(Refusal::new(
            "A421",
            "该公钥对应的私钥已报告泄露，不能再使用。请重新生成密钥对",
            "the private half of this key was reported compromised; generate a new key pair",
        )
        .into()),
        // A returned case may come back with the key that it brought itself.
        Some(row) if row.subject == format!("case:{case}") => Ok(()),
        Some(row) if predecessor.is_some_and(|predecessor| predecessor.keeps(&row.key)) => Ok(()),
        Some(row) => Err(Refusal::new(
            "A420",
            format!(
                "该公钥已用于 {}，一个公钥只能使用一次。请重新生成密钥对",
                row.subject
            ),
            format!(
                "this public key was already used for {}; generate a new key pair",
                row.subject
            ),
        )
        .into()),
    }
}

/// A submission may be decided on, by somebody who did not enter it.
pub(crate) fn review(
    case: &str,
    revision: u32,
    template: Option<&Digest>,
    row: Option<&CaseRow>,
    officer: &Officer,
    rules: &Rules,
) -> Result<(), Error> {
    let row = row.ok_or_else(|| super::no_such(case))?;
    if row.state != "submitted" {
        return Err(wrong_state(case, &row.state, "submitted").into());
    }
    rules.separate(
        Verb::CaseReview,
        &officer.number,
        &[(Verb::CaseSubmit, &row.entered_by)],
    )?;
    if row.revision != i64::from(revision)
        || template.is_some_and(|template| *template != row.template)
    {
        return Err(changed_meanwhile(case).into());
    }
    Ok(())
}

/// A case may be taken back before it is produced, by the officer who entered it.
pub(crate) fn withdraw(case: &str, row: Option<&CaseRow>, officer: &Officer) -> Result<(), Error> {
    let row = row.ok_or_else(|| super::no_such(case))?;
    if !matches!(row.state.as_str(), "submitted" | "returned" | "approved") {
        return Err(wrong_state(case, &row.state, "submitted").into());
    }
    if row.entered_by != officer.number {
        return Err(Refusal::new(
            "A411",
            format!("案件由 {} 录入，只能由其本人撤回", row.entered_by),
            format!(
                "the case was entered by {}; only that officer takes it back",
                row.entered_by
            ),
        )
        .into());
    }
    Ok(())
}

fn changed_meanwhile(case: &str) -> Refusal {
    Refusal::new(
        "A412",
        format!("{case} 的内容在此期间已变化，请重新查看后再操作"),
        format!("{case} has changed meanwhile; look at it again"),
    )
}
