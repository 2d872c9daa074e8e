//! Appointments: proposed by one RA administrator, confirmed or refused by another one.

mod sentence;
mod terms;

use std::sync::Arc;

use ledger::event::{Entry, Event, OfficerChange};
use policy::Verb;
use store::views::{OfficerRow, ProposalRow};
use store::{Compare, Direction};

use super::{Examined, Facts, words};
use crate::act::ProposedChange;
use crate::decide;
use crate::error::{Error, Refusal};
use crate::officer::{self, Appointed, Particulars};
use crate::service::Core;
use crate::statement::{Stamp, Subject};
use crate::view::Officer;

pub(crate) use sentence::lines;
pub(crate) use terms::check_appointable;

/// A proposal that the writer may commit.
pub(crate) struct Proposal {
    pub(crate) officer: String,
    pub(crate) change: OfficerChange,
    /// Canonical bytes of the particulars that the terms commit to.
    pub(crate) particulars: Option<Vec<u8>>,
}

/// A confirmation that the writer may commit.
pub(crate) struct Confirmation {
    pub(crate) proposal: u64,
    pub(crate) officer: String,
    /// The administrator who proposed it.
    pub(crate) proposed_by: String,
    /// The appointment that follows; nothing where it ends.
    pub(crate) follows: Option<Arc<Appointed>>,
}

pub(super) async fn propose(
    core: &Core,
    actor: &Officer,
    subject: Option<&str>,
    change: &ProposedChange,
    note: &str,
    stamp: &Stamp,
) -> Result<Examined, Error> {
    let note = words("变更理由", note, true)?;
    let number = subject
        .ok_or_else(|| Refusal::new("A400", "缺少操作员编号", "the officer's number is missing"))?;
    if !core.officers.has_handed_out(number) {
        return Err(decide::no_such(number).into());
    }
    let row = core.store.get::<OfficerRow>(&[number.into()]).await?;
    let waiting = waiting(core, number).await?;
    let kind = match change {
        ProposedChange::Appoint { .. } => "appoint",
        ProposedChange::Change { .. } => "change",
        ProposedChange::End => "end",
    };
    let rules = core.policy.rules();
    decide::propose(number, kind, row.as_ref(), waiting, actor, rules)?;
    let former = core.officers.find(number);
    if let Some(former) = &former {
        rules.within_scope(Verb::OfficerPropose, &actor.scope, &former.scope)?;
    }
    let (change, particulars) = match change {
        ProposedChange::Appoint { terms } => {
            let (terms, particulars) =
                terms::examine(core, actor, number, None, terms, stamp).await?;
            (OfficerChange::Appoint { terms }, Some(particulars))
        }
        ProposedChange::Change { terms } => {
            let former = former.as_deref();
            let (terms, particulars) =
                terms::examine(core, actor, number, former, terms, stamp).await?;
            (OfficerChange::Change { terms }, Some(particulars))
        }
        ProposedChange::End => (OfficerChange::End, None),
    };
    let about = particulars
        .as_ref()
        .or(former.as_ref().map(|former| &former.particulars))
        .ok_or_else(|| decide::no_such(number))?;
    let zh = sentence::proposal(number, &change, about, &note);
    let preview = lines(number, &change, about);
    let sealed = particulars
        .as_ref()
        .map(ledger::canonical::to_canonical)
        .transpose()?;
    Ok(Examined {
        zh,
        subject: Subject::OfficerPropose {
            officer: number.to_owned(),
            change: change.clone(),
            note,
        },
        preview,
        places: Vec::new(),
        facts: Facts::Propose(Box::new(Proposal {
            officer: number.to_owned(),
            change,
            particulars: sealed,
        })),
    })
}

pub(super) async fn confirm(
    core: &Core,
    actor: &Officer,
    proposal: u64,
) -> Result<Examined, Error> {
    let row = find(core, proposal).await?;
    let now = core.clock.now();
    let administrators = core
        .officers
        .administrators(&core.hierarchy, &core.index, now);
    let rules = core.policy.rules();
    decide::confirm(proposal, Some(&row), &administrators, actor, rules)?;
    let proposed = read_proposal(core, actor, Verb::OfficerConfirm, &row).await?;
    if let Some(follows) = &proposed.follows {
        check_appointable(core, actor, Verb::OfficerConfirm, follows, now)?;
    }
    let Proposed {
        change,
        about,
        follows,
    } = proposed;
    Ok(Examined {
        zh: sentence::confirmation(&row, &change, &about),
        subject: Subject::OfficerConfirm {
            proposal,
            officer: row.officer.clone(),
            proposed: row.statement,
        },
        preview: lines(&row.officer, &change, &about),
        places: Vec::new(),
        facts: Facts::Confirm(Box::new(Confirmation {
            proposal,
            officer: row.officer,
            proposed_by: row.proposed_by,
            follows,
        })),
    })
}

pub(super) async fn refuse(
    core: &Core,
    actor: &Officer,
    proposal: u64,
    reasons: &str,
) -> Result<Examined, Error> {
    let reasons = words("理由", reasons, true)?;
    let row = find(core, proposal).await?;
    decide::refuse(proposal, Some(&row), actor, core.policy.rules())?;
    let Proposed { change, about, .. } =
        read_proposal(core, actor, Verb::OfficerRefuse, &row).await?;
    let own = row.proposed_by == actor.number;
    Ok(Examined {
        zh: sentence::refusal(&row, &change, &about, &reasons, own),
        subject: Subject::OfficerRefuse {
            proposal,
            officer: row.officer.clone(),
            proposed: row.statement,
            reasons,
        },
        preview: lines(&row.officer, &change, &about),
        places: Vec::new(),
        facts: Facts::Refuse {
            officer: row.officer,
            proposal,
        },
    })
}

/// What a proposal on record says.
struct Proposed {
    change: OfficerChange,
    about: Particulars,
    follows: Option<Arc<Appointed>>,
}

/// Reads a proposal; what it gives or takes lies within the administrator's scope.
async fn read_proposal(
    core: &Core,
    actor: &Officer,
    verb: Verb,
    row: &ProposalRow,
) -> Result<Proposed, Error> {
    let rules = core.policy.rules();
    let former = core.officers.find(&row.officer);
    if let Some(former) = &former {
        rules.within_scope(verb, &actor.scope, &former.scope)?;
    }
    let change = change_of(core, row).await?;
    let follows = match change.terms() {
        Some(terms) => Some(Arc::new(
            officer::read(&core.store, &row.officer, terms).await?,
        )),
        None => None,
    };
    if let Some(follows) = &follows {
        rules.within_scope(verb, &actor.scope, &follows.scope)?;
    }
    let about = follows
        .as_ref()
        .or(former.as_ref())
        .map(|officer| officer.particulars.clone())
        .ok_or_else(|| decide::no_such(&row.officer))?;
    Ok(Proposed {
        change,
        about,
        follows,
    })
}

/// What the proposal's entry says: nothing else is put in force.
pub(crate) async fn change_of(core: &Core, row: &ProposalRow) -> Result<OfficerChange, Error> {
    let wrong = || Error::Inconsistent(format!("entry {} is not the proposal", row.proposal));
    let entry = u64::try_from(row.proposal).map_err(|_| wrong())?;
    let body = core.store.entry(entry).await?.unwrap_or_default();
    match Entry::decode(&body)?.event {
        Event::OfficerProposed {
            officer,
            change,
            statement,
        } if officer == row.officer
            && statement.digest == row.statement
            && statement.officer == row.proposed_by =>
        {
            Ok(change)
        }
        _ => Err(wrong()),
    }
}

async fn find(core: &Core, proposal: u64) -> Result<ProposalRow, Error> {
    let name = format!("#{proposal}");
    let key = i64::try_from(proposal).map_err(|_| decide::no_such(&name))?;
    let row = core.store.get::<ProposalRow>(&[key.into()]).await?;
    row.ok_or_else(|| decide::no_such(&name).into())
}

/// Whether a proposal about that officer waits.
async fn waiting(core: &Core, number: &str) -> Result<bool, Error> {
    let filter = [
        ("officer", Compare::Eq(number.into())),
        ("state", Compare::Eq("waiting".into())),
    ];
    let order = [("proposal", Direction::Descending)];
    let rows = core
        .store
        .scan::<ProposalRow>(&filter, &order, None, 1)
        .await?;
    Ok(!rows.is_empty())
}
