//! Rules on officers: who may propose and decide what, given the rows as they are.

use policy::{Rules, Verb};
use store::views::{OfficerRow, ProposalRow};

use super::{no_such, wrong_state};
use crate::error::{Error, Refusal};
use crate::view::Officer;

/// A change may be proposed: an appointment for a number that nobody has, anything else for an appointment that was
/// not ended; one at a time, and not for oneself.
pub(crate) fn propose(
    number: &str,
    kind: &str,
    row: Option<&OfficerRow>,
    waiting: bool,
    actor: &Officer,
    rules: &Rules,
) -> Result<(), Error> {
    rules.about_another(Verb::OfficerPropose, &actor.number, number)?;
    match (kind, row) {
        ("appoint", Some(_)) => {
            return Err(Refusal::new(
                "A409",
                format!("操作员编号 {number} 已经使用"),
                format!("the officer number {number} is taken"),
            )
            .into());
        }
        ("appoint", None) => {}
        (_, None) => return Err(no_such(number).into()),
        (_, Some(row)) if row.ended_at.is_some() => {
            return Err(Refusal::new(
                "A409",
                format!("{number} 的任命已终止，不能再变更；需要时请重新任命"),
                format!("the appointment of {number} was ended; appoint the person anew"),
            )
            .into());
        }
        (_, Some(_)) => {}
    }
    if waiting {
        return Err(Refusal::new(
            "A409",
            format!("{number} 已有一项变更等待确认，请先确认或驳回"),
            format!("a proposal about {number} waits; confirm or refuse it first"),
        )
        .into());
    }
    Ok(())
}

/// A proposal may be confirmed: it waits, it is not about oneself, and somebody else made it who is still one of the
/// `administrators`. So two of them always remain.
pub(crate) fn confirm(
    proposal: u64,
    row: Option<&ProposalRow>,
    administrators: &[String],
    actor: &Officer,
    rules: &Rules,
) -> Result<(), Error> {
    let row = waits(proposal, row)?;
    rules.about_another(Verb::OfficerConfirm, &actor.number, &row.officer)?;
    rules.separate(
        Verb::OfficerConfirm,
        &actor.number,
        &[(Verb::OfficerPropose, &row.proposed_by)],
    )?;
    if !administrators.contains(&row.proposed_by) {
        return Err(Refusal::new(
            "A417",
            format!(
                "提议人 {} 已不能履职，请驳回后由在任的RA管理员重新提议",
                row.proposed_by
            ),
            format!(
                "{}, who proposed it, may no longer act; refuse it and have it proposed again",
                row.proposed_by
            ),
        )
        .into());
    }
    Ok(())
}

/// A proposal may be turned down or taken back: it waits and is not about oneself.
pub(crate) fn refuse(
    proposal: u64,
    row: Option<&ProposalRow>,
    actor: &Officer,
    rules: &Rules,
) -> Result<(), Error> {
    let row = waits(proposal, row)?;
    rules.about_another(Verb::OfficerRefuse, &actor.number, &row.officer)?;
    Ok(())
}

fn waits(proposal: u64, row: Option<&ProposalRow>) -> Result<&ProposalRow, Refusal> {
    let name = format!("#{proposal}");
    let row = row.ok_or_else(|| no_such(&name))?;
    if row.state == "waiting" {
        Ok(row)
    } else {
        Err(wrong_state(&name, &row.state, "waiting"))
    }
}
