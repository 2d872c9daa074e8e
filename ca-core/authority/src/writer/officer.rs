//! Decisions about officers inside the transaction.
//!
//! A transaction takes one confirmation: the next one is decided on what the first one made.

use ledger::event::Event;
use policy::Verb;
use store::views::{Overlay, ProposalRow};
use store::{Compare, Direction, WriteTx};
use x509::time::Time;

use super::order::Signed;
use super::rules::{Context, check_own_certificate};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::{Confirmation, Proposal, check_appointable};

pub(super) async fn propose(
    context: &Context<'_>,
    tx: &mut WriteTx,
    signed: &Signed,
    proposal: &Proposal,
    rows: &Overlay,
) -> Result<Vec<Event>, Error> {
    let number = &proposal.officer;
    let filter = [
        ("officer", Compare::Eq(number.as_str().into())),
        ("state", Compare::Eq("waiting".into())),
    ];
    let order = [("proposal", Direction::Descending)];
    let found = tx.scan::<ProposalRow>(&filter, &order, None, 1).await?;
    // Proposals of this very group, new or decided, are not in the database yet.
    let here = |row: &ProposalRow| {
        let entry = u64::try_from(row.proposal).ok();
        entry.and_then(|entry| rows.proposals.get(&entry)).cloned()
    };
    let stored = found.into_iter().map(|row| here(&row).unwrap_or(row));
    let waiting = stored
        .chain(rows.proposals.values().cloned())
        .any(|row| row.officer == *number && row.state == "waiting");
    let row = rows.officers.get(number);
    let rules = context.core.policy.rules();
    let kind = proposal.change.kind();
    decide::propose(number, kind, row, waiting, &signed.officer, rules)?;
    if let Some(terms) = proposal.change.terms() {
        let key = (terms.authority.clone(), terms.serial.clone());
        let certificate = rows.certificates.get(&key);
        if certificate.is_none_or(|row| row.state != "good") {
            return Err(not_good().into());
        }
    }
    Ok(vec![Event::OfficerProposed {
        officer: number.clone(),
        change: proposal.change.clone(),
        statement: signed.statement.clone(),
    }])
}

pub(super) fn confirm(
    context: &Context<'_>,
    signed: &Signed,
    confirmation: &Confirmation,
    rows: &Overlay,
) -> Result<Vec<Event>, Error> {
    let core = context.core;
    if rows.changed_officers().next().is_some() {
        return Err(meanwhile().into());
    }
    let now = Time(context.now);
    let mut administrators = core
        .officers
        .administrators(&core.hierarchy, &core.index, now);
    administrators.retain(|number| {
        let known = core.officers.find(number);
        known.is_some_and(|known| check_own_certificate(&known, rows).is_ok())
    });
    let row = rows.proposals.get(&confirmation.proposal);
    if row.is_some_and(|row| row.proposed_by != confirmation.proposed_by) {
        return Err(Error::Inconsistent(format!(
            "proposal {} is not the one on the ledger",
            confirmation.proposal
        )));
    }
    let rules = core.policy.rules();
    decide::confirm(
        confirmation.proposal,
        row,
        &administrators,
        &signed.officer,
        rules,
    )?;
    let former = rows.officers.get(&confirmation.officer);
    if former.is_some_and(|row| row.ended_at.is_some()) {
        return Err(meanwhile().into());
    }
    if let Some(follows) = &confirmation.follows {
        check_appointable(core, &signed.officer, Verb::OfficerConfirm, follows, now)?;
        check_own_certificate(follows, rows).map_err(|_| not_good())?;
    }
    Ok(vec![Event::OfficerConfirmed {
        proposal: confirmation.proposal,
        officer: confirmation.officer.clone(),
        statement: signed.statement.clone(),
    }])
}

pub(super) fn refuse(
    context: &Context<'_>,
    signed: &Signed,
    officer: &str,
    proposal: u64,
    rows: &Overlay,
) -> Result<Vec<Event>, Error> {
    let rules = context.core.policy.rules();
    let row = rows.proposals.get(&proposal);
    decide::refuse(proposal, row, &signed.officer, rules)?;
    Ok(vec![Event::OfficerRefused {
        proposal,
        officer: officer.to_owned(),
        statement: signed.statement.clone(),
    }])
}

fn meanwhile() -> Refusal {
    Refusal::new(
        "A412",
        "操作员名册刚刚发生变化，请重新查看后再操作",
        "the officers have just changed; look again and repeat the act",
    )
}

fn not_good() -> Refusal {
    Refusal::new(
        "A412",
        "所提证书已冻结或吊销，请重新提议",
        "the certificate of the terms was frozen or revoked; propose it again",
    )
}
