//! Who may make statements, and that none is used twice.

use std::collections::{BTreeMap, BTreeSet};

use sm_engine::sm3::Digest;

use super::{Replay, Rule};
use crate::event::{Event, StatementRef, Status};
use crate::life::{Breach, State, breach};

/// What each statement was used for.
pub(super) type Statements = BTreeMap<Digest, Use>;

/// One act, the production of a list of cases, or a new state for a list of certificates.
pub(super) enum Use {
    Act,
    Production {
        officer: String,
        signature: String,
        cases: BTreeSet<String>,
    },
    List {
        officer: String,
        signature: String,
        /// The list, the new state and the reason.
        what: (Digest, Status, String),
        /// Authorities and serials.
        certificates: BTreeSet<(String, String)>,
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

    /// A statement about the state of one certificate, or over a list of them, each of which it covers once.
    pub(super) fn check_status_statement(&self, event: &Event, time: i64) -> Result<(), Breach> {
        let Event::CertificateStatus {
            authority,
            serial,
            status,
            reason,
            list,
            statement,
        } = event
        else {
            return Ok(());
        };
        let Some(list) = list else {
            return self.check_statement(statement, time);
        };
        self.check_officer(&statement.officer, time)?;
        match self.statements.get(&statement.digest) {
            None => Ok(()),
            Some(Use::List {
                officer,
                signature,
                what,
                certificates,
            }) if *officer == statement.officer
                && *signature == statement.signature
                && (&what.0, &what.1, &what.2) == (list, status, reason)
                && !certificates.contains(&(authority.clone(), serial.clone())) =>
            {
                Ok(())
            }
            Some(_) => used(),
        }
    }

    pub(super) fn use_status_statement(&mut self, event: &Event) {
        let Event::CertificateStatus {
            authority,
            serial,
            status,
            reason,
            list,
            statement,
        } = event
        else {
            return;
        };
        let Some(list) = list else {
            return self.use_statement(statement);
        };
        let new = || Use::List {
            officer: statement.officer.clone(),
            signature: statement.signature.clone(),
            what: (*list, *status, reason.clone()),
            certificates: BTreeSet::new(),
        };
        if let Use::List { certificates, .. } =
            self.statements.entry(statement.digest).or_insert_with(new)
        {
            certificates.insert((authority.clone(), serial.clone()));
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
