//! Cases: submitted, reviewed by somebody else, withdrawn.

use std::collections::BTreeSet;

use super::{Case, CaseState, Replay, Rule};
use crate::event::{Decision, Event};
use crate::life::{Breach, breach};

impl Replay {
    /// A new case as revision 1, or a returned one as the next revision.
    pub(super) fn submit_case(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Event::CaseSubmitted {
            case,
            revision,
            profile,
            profile_document,
            authority,
            key,
            template,
            statement,
            ..
        } = event
        else {
            return Ok(());
        };
        self.known_authority(authority)?;
        self.adopted(profile_document)?;
        let before = self.cases.get(case);
        let next = before.map_or(Some(1), |before| before.revision.checked_add(1));
        if Some(*revision) != next {
            return breach(
                Rule::Revision,
                format!("revision {revision} is not the next one"),
            );
        }
        if let Some(before) = before {
            if before.state != CaseState::Returned {
                return wrong_state(before);
            }
            if before.reviewed_by.contains(&statement.officer) {
                return same_person(&statement.officer);
            }
        }
        self.check_statement(statement, time)?;
        let (mut entered_by, reviewed_by) = before.map_or_else(
            || (BTreeSet::new(), BTreeSet::new()),
            |before| (before.entered_by.clone(), before.reviewed_by.clone()),
        );
        entered_by.insert(statement.officer.clone());
        let submitted = Case {
            case: case.clone(),
            state: CaseState::Submitted,
            revision: *revision,
            authority: authority.clone(),
            profile: profile.clone(),
            profile_document: *profile_document,
            key: *key,
            template: *template,
            entered_by,
            reviewed_by,
            predecessor: before.and_then(|before| before.predecessor.clone()),
            serial: None,
            changed_at: time,
            changed_in: index,
        };
        self.use_statement(statement);
        self.cases.insert(case.clone(), submitted);
        Ok(())
    }

    pub(super) fn review_case(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Event::CaseReviewed {
            case,
            revision,
            decision,
            statement,
        } = event
        else {
            return Ok(());
        };
        let reviewed = self.known_case(case)?;
        if reviewed.state != CaseState::Submitted {
            return wrong_state(reviewed);
        }
        if reviewed.revision != *revision {
            return breach(
                Rule::Revision,
                format!("revision {} is to be reviewed", reviewed.revision),
            );
        }
        if reviewed.entered_by.contains(&statement.officer) {
            return same_person(&statement.officer);
        }
        self.check_statement(statement, time)?;
        self.use_statement(statement);
        self.change_case(case, index, time, |reviewed| {
            reviewed.state = match decision {
                Decision::Approved => CaseState::Approved,
                Decision::Refused => CaseState::Refused,
                Decision::Returned => CaseState::Returned,
            };
            reviewed.reviewed_by.insert(statement.officer.clone());
        });
        Ok(())
    }

    /// Until it is approved, the entry side may take a case back.
    pub(super) fn withdraw_case(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Event::CaseWithdrawn { case, statement } = event else {
            return Ok(());
        };
        let withdrawn = self.known_case(case)?;
        if !matches!(
            withdrawn.state,
            CaseState::Submitted | CaseState::Returned | CaseState::Approved
        ) {
            return wrong_state(withdrawn);
        }
        self.check_statement(statement, time)?;
        self.use_statement(statement);
        self.change_case(case, index, time, |withdrawn| {
            withdrawn.state = CaseState::Withdrawn;
        });
        Ok(())
    }

    pub(super) fn known_case(&self, case: &str) -> Result<&Case, Breach> {
        match self.cases.get(case) {
            Some(case) => Ok(case),
            None => breach(Rule::UnknownCase, "the case was never submitted"),
        }
    }

    pub(super) fn change_case(
        &mut self,
        case: &str,
        index: u64,
        time: i64,
        change: impl FnOnce(&mut Case),
    ) {
        if let Some(case) = self.cases.get_mut(case) {
            change(case);
            case.changed_at = time;
            case.changed_in = index;
        }
    }
}

fn wrong_state<T>(case: &Case) -> Result<T, Breach> {
    breach(Rule::CaseState, format!("the case is {}", case.state))
}

fn same_person<T>(officer: &str) -> Result<T, Breach> {
    breach(
        Rule::Separation,
        format!("{officer} both enters and reviews the case"),
    )
}
