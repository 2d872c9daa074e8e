//! What came of an act, in the officer's words, and where to go on.

use authority::Outcome;
use ledger::event::Decision;

use crate::language::Language;
use crate::wording::{fill, phrase};

/// A finished act.
pub(super) struct Done {
    /// What happened.
    pub(super) sentence: String,
    /// Key of the line that says what happens next.
    pub(super) next: &'static str,
    /// Pages about it: label and address.
    pub(super) links: Vec<(String, String)>,
}

impl Done {
    /// Of an outcome.
    pub(super) fn of(outcome: &Outcome, language: Language) -> Self {
        let say = |key, name: &str, value: &str| {
            fill(phrase(language, key), |place| {
                (place == name).then(|| value.to_owned().into())
            })
        };
        let proposal_link = |proposal: u64| {
            let label = say("officers.proposal_number", "n", &proposal.to_string());
            (label, format!("/officer/proposal/{proposal}"))
        };
        let case_link = |case: &str| (case.to_owned(), format!("/case/{case}"));
        match outcome {
            Outcome::CaseSubmitted { case, .. } => Self {
                sentence: say("done.submitted", "case", case),
                next: "done.submitted_next",
                links: vec![case_link(case)],
            },
            Outcome::CaseReviewed { case, decision } => {
                let (key, next) = match decision {
                    Decision::Approved => ("done.approved", "done.approved_next"),
                    Decision::Returned => ("done.returned", "done.returned_next"),
                    Decision::Refused => ("done.refused", "done.refused_next"),
                };
                Self {
                    sentence: say(key, "case", case),
                    next,
                    links: vec![case_link(case)],
                }
            }
            Outcome::CaseWithdrawn { case } => Self {
                sentence: say("done.withdrawn", "case", case),
                next: "done.withdrawn_next",
                links: vec![case_link(case)],
            },
            Outcome::CertificatesIssued { certificates } => Self {
                sentence: say("done.issued", "n", &certificates.len().to_string()),
                next: "done.issued_next",
                links: certificates
                    .iter()
                    .map(|one| {
                        let at = format!("/cert/{}/{}", one.authority, one.serial);
                        (format!("{} · {}", one.case, one.serial), at)
                    })
                    .collect(),
            },
            Outcome::OfficerProposed { officer, proposal } => Self {
                sentence: say("done.officer_proposed", "officer", officer),
                next: "done.officer_proposed_next",
                links: vec![proposal_link(*proposal)],
            },
            Outcome::OfficerConfirmed {
                officer, proposal, ..
            } => Self {
                sentence: say("done.officer_confirmed", "officer", officer),
                next: "done.officer_confirmed_next",
                links: vec![
                    (officer.clone(), format!("/officer/{officer}")),
                    proposal_link(*proposal),
                ],
            },
            Outcome::OfficerRefused { officer, proposal } => Self {
                sentence: say("done.officer_refused", "officer", officer),
                next: "done.officer_refused_next",
                links: vec![proposal_link(*proposal)],
            },
            Outcome::StatusesChanged {
                state,
                done,
                refused,
                ..
            } => Self {
                sentence: say(
                    if state == "held" {
                        "done.all_held"
                    } else {
                        "done.all_revoked"
                    },
                    "n",
                    &done.to_string(),
                ),
                next: if refused.is_empty() {
                    "done.all_next"
                } else {
                    "done.all_refused_next"
                },
                links: Vec::new(),
            },
            Outcome::StatusChanged {
                authority,
                serial,
                state,
                ..
            } => {
                let (key, next) = match state.as_str() {
                    "held" => ("done.held", "done.held_next"),
                    "revoked" => ("done.revoked", "done.revoked_next"),
                    _ => ("done.released", "done.released_next"),
                };
                Self {
                    sentence: say(key, "serial", serial),
                    next,
                    links: vec![(serial.clone(), format!("/cert/{authority}/{serial}"))],
                }
            }
        }
    }
}
