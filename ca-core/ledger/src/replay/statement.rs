//! Who may make statements, and that none is used twice.

use std::collections::{BTreeMap, BTreeSet};

use sm_engine::sm3::Digest;

use super::{Replay, Rule};
use crate::event::StatementRef;
use crate::life::{Breach, State, breach};

/// What each statement was used for.
pub(super) type Statements = BTreeMap<Digest, Use>;

/// One act, or the production of a list of cases.
pub(super) enum Use {
    Act,
    Production {
        officer: String,
        signature: String,
        cases: BTreeSet<String>,
    },
}

impl Replay {
    /// A statement for an act of its own: by an officer in good standing, and new.
    pub(super) fn check_statement(
        &self,
        statement: &StatementRef,
        time: i64,
    ) -> Result<(), Breach> {
        self.check_officer(&statement.officer, time)?;
        if self.statements.contains_key(&statement.digest) {
            return used();
        }
        Ok(())
    }

    pub(super) fn use_statement(&mut self, statement: &StatementRef) {
        self.statements.insert(statement.digest, Use::Act);
    }

    /// A production statement covers a list of cases, each of them once.
    pub(super) fn check_production(
        &self,
        statement: &StatementRef,
        case: &str,
        time: i64,
    ) -> Result<(), Breach> {
        self.check_officer(&statement.officer, time)?;
        match self.statements.get(&statement.digest) {
            None => Ok(()),
            Some(Use::Production {
                officer,
                signature,
                cases,
            }) if *officer == statement.officer
                && *signature == statement.signature
                && !cases.contains(case) =>
            {
                Ok(())
            }
            Some(_) => used(),
        }
    }

    pub(super) fn use_production(&mut self, statement: &StatementRef, case: &str) {
        let new = || Use::Production {
            officer: statement.officer.clone(),
            signature: statement.signature.clone(),
            cases: BTreeSet::new(),
        };
        if let Use::Production { cases, .. } =
            self.statements.entry(statement.digest).or_insert_with(new)
        {
            cases.insert(case.to_owned());
        }
    }

    /// An appointed officer, in force and with a good certificate.
    pub(super) fn check_officer(&self, number: &str, time: i64) -> Result<(), Breach> {
        let Some(officer) = self.officers.get(number) else {
            return breach(
                Rule::UnknownOfficer,
                "the statement is by nobody who was appointed",
            );
        };
        if !officer.in_force(time) {
            return breach(
                Rule::OfficerTerm,
                format!("the appointment of {number} is not in force"),
            );
        }
        let certificate = self.certificate(&officer.authority, &officer.serial);
        match certificate.map(|life| life.state) {
            Some(State::Good) => Ok(()),
            _ => breach(
                Rule::OfficerStatus,
                format!("the certificate of {number} is not good"),
            ),
        }
    }
}

fn used() -> Result<(), Breach> {
    breach(Rule::StatementUsed, "the statement was used before")
}
