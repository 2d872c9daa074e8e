//! From an act to facts: everything that can be checked outside the writer, in the caller's task.
//!
//! Both preparing and committing examine the act; the statement is built from the facts, never from the request.

mod dossier;
mod list;
mod material;
mod officer;
mod produce;
mod state;
mod submission;
mod succession;

pub(crate) use dossier::{Dossiers, Reading};
pub(crate) use list::{LIST_LIMIT, StatusList};
pub(crate) use material::{Material, check_form, preview};
pub(crate) use officer::{Confirmation, Proposal, change_of, check_appointable, lines};
pub(crate) use submission::Submission;
pub(crate) use submission::read_request;
pub use submission::{EVIDENCE_COUNT, EVIDENCE_LIMIT, evidence_media};
pub(crate) use succession::Predecessor;

use std::sync::Arc;

use ledger::event::Decision;
use policy::Place;
use sm_engine::sm3::Digest;
use store::views::{CaseRow, CertificateRow};
use x509::crl::RevocationReason;

use crate::act::{Act, StatusChange};
use crate::error::{Error, Refusal};
use crate::service::Core;
use crate::statement::{Stamp, Statement, Subject};
use crate::view::Officer;

/// What was found out about an act.
pub(crate) struct Examined {
    pub(crate) zh: String,
    pub(crate) subject: Subject,
    preview: Vec<(String, String)>,
    /// Where the cases and certificates belong that the act is about.
    places: Vec<Place>,
    pub(crate) facts: Facts,
}

/// What the writer needs to decide.
pub(crate) enum Facts {
    Submit(Box<Submission>),
    Review {
        case: String,
        revision: u32,
        template: Digest,
        decision: Decision,
    },
    Withdraw {
        case: String,
    },
    Propose(Box<Proposal>),
    Confirm(Box<Confirmation>),
    Refuse {
        officer: String,
        proposal: u64,
    },
    Issue {
        items: Vec<IssueFacts>,
        /// What the cases rest on, approvals included.
        dossiers: Arc<Dossiers>,
    },
    StatusList(Box<StatusList>),
    Status {
        authority: String,
        serial: String,
        change: StatusChange,
        reason: Option<RevocationReason>,
        since: i64,
    },
}

/// A case that is to be produced.
pub(crate) struct IssueFacts {
    pub(crate) row: CaseRow,
    pub(crate) material: Material,
}

impl Examined {
    /// The statement over these facts.
    pub(crate) fn statement(&self, officer: &Officer, stamp: &Stamp) -> Result<Statement, Error> {
        Statement::new(self.zh.clone(), self.subject.clone(), officer, stamp)
    }

    /// The one certificate that the act leads to, for people; nothing where it leads to none or to several.
    pub(crate) fn preview(self, core: &Core) -> Result<Vec<(String, String)>, Error> {
        match &self.facts {
            Facts::Issue { items, .. } => match items.as_slice() {
                [item] => Ok(preview(&item.material, &item.material.template(core)?)),
                _ => Ok(Vec::new()),
            },
            _ => Ok(self.preview),
        }
    }
}

/// Examines `act`, which must lie within the officer's scope. `stamp` makes the salt of a new form the same when it is
/// committed as when it was prepared.
pub(crate) async fn examine(
    core: &Core,
    officer: &Officer,
    act: &Act,
    stamp: &Stamp,
) -> Result<Examined, Error> {
    let rules = core.policy.rules();
    rules.authorize(officer.role, act.verb())?;
    let examined = examine_kind(core, officer, act, stamp).await?;
    for place in &examined.places {
        rules.within(act.verb(), &officer.scope, place)?;
    }
    Ok(examined)
}

async fn examine_kind(
    core: &Core,
    officer: &Officer,
    act: &Act,
    stamp: &Stamp,
) -> Result<Examined, Error> {
    match act {
        Act::SubmitCase {
            case,
            profile,
            authority,
            form,
            request,
            evidence,
            succeeds,
            notes,
        } => {
            let case = case.as_deref().ok_or_else(|| {
                Refusal::new("A400", "缺少案件编号", "the case number is missing")
            })?;
            submission::examine(
                core,
                officer,
                case,
                profile,
                authority,
                form,
                request,
                evidence,
                succeeds.as_ref(),
                notes,
                stamp,
            )
            .await
        }
        Act::ReviewCase {
            case,
            revision,
            decision,
            reasons,
        } => state::review(core, officer, case, *revision, *decision, reasons).await,
        Act::WithdrawCase { case, reasons } => state::withdraw(core, officer, case, reasons).await,
        Act::ProposeOfficer {
            officer: subject,
            change,
            note,
        } => officer::propose(core, officer, subject.as_deref(), change, note, stamp).await,
        Act::ConfirmOfficer { proposal } => officer::confirm(core, officer, *proposal).await,
        Act::RefuseOfficer { proposal, reasons } => {
            officer::refuse(core, officer, *proposal, reasons).await
        }
        Act::IssueCertificates { cases } => produce::examine(core, officer, cases).await,
        Act::ChangeStatuses {
            change,
            reason,
            selection,
            note,
            certificates,
        } => list::examine(*change, *reason, selection, note, certificates),
        Act::ChangeStatus {
            authority,
            serial,
            change,
            reason,
            note,
        } => state::change(core, officer, authority, serial, *change, *reason, note).await,
    }
}

/// Where a case belongs.
pub(crate) fn place_of_case(row: &CaseRow) -> Place {
    Place {
        city: row.city.clone(),
        unit: row.unit,
    }
}

/// Where a certificate belongs.
pub(crate) fn place_of_certificate(row: &CertificateRow) -> Place {
    Place {
        city: row.city.clone(),
        unit: row.unit,
    }
}

/// Words of an officer: bounded, one paragraph, no control characters.
fn words(what: &str, text: &str, required: bool) -> Result<String, Refusal> {
    const LIMIT: usize = 500;
    let text = text.trim();
    let bad = text.chars().count() > LIMIT || text.chars().any(|c| c.is_control() && c != '\n');
    if bad || (required && text.is_empty()) {
        return Err(Refusal::new(
            "A422",
            format!("{what}：请填写 1–{LIMIT} 字的说明，不含控制字符"),
            format!("{what}: give 1 to {LIMIT} characters without control characters"),
        ));
    }
    Ok(text.to_owned())
}
