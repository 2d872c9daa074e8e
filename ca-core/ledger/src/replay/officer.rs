//! Appointments after the founding: proposed by one RA administrator, confirmed by another one.

use super::{Officer, Proposal, Replay, Rule};
use crate::event::{Event, OfficerChange, StatementRef, Terms};
use crate::life::{Breach, breach};

/// The role that appoints officers.
const ADMINISTRATOR: &str = "ra-administrator";
/// Profile of officers' certificates.
const PROFILE: &str = "officer";

impl Replay {
    pub(super) fn propose_officer(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Event::OfficerProposed {
            officer,
            change,
            statement,
        } = event
        else {
            return Ok(());
        };
        self.check_administrator(statement, officer, time)?;
        if self
            .proposals
            .values()
            .any(|proposal| proposal.waits && proposal.officer == *officer)
        {
            return breach(Rule::Proposal, format!("a proposal about {officer} waits"));
        }
        self.check_change(officer, change)?;
        self.use_statement(statement);
        let proposal = Proposal {
            officer: officer.clone(),
            change: change.clone(),
            proposed_by: statement.officer.clone(),
            waits: true,
            index,
        };
        self.proposals.insert(index, proposal);
        Ok(())
    }

    pub(super) fn confirm_officer(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Event::OfficerConfirmed {
            proposal,
            officer,
            statement,
        } = event
        else {
            return Ok(());
        };
        self.check_administrator(statement, officer, time)?;
        let waiting = self.waiting(*proposal, officer)?;
        if waiting.proposed_by == statement.officer {
            return breach(
                Rule::Administrators,
                format!("{} proposed it and cannot confirm it", statement.officer),
            );
        }
        // What he proposed stands only while he may propose.
        self.check_standing(&waiting.proposed_by, time)?;
        self.check_change(officer, &waiting.change)?;
        let (number, change) = (officer.clone(), waiting.change.clone());
        self.use_statement(statement);
        self.settle(*proposal);
        match change {
            OfficerChange::Appoint { terms } => {
                let officer = appointed(number.clone(), terms, index, time);
                self.officers.insert(number, officer);
            }
            OfficerChange::Change { terms } => {
                if let Some(officer) = self.officers.get_mut(&number) {
                    let first = officer.appointed_at;
                    *officer = appointed(number, terms, index, first);
                }
            }
            OfficerChange::End => {
                if let Some(officer) = self.officers.get_mut(&number) {
                    officer.ended = true;
                    officer.index = index;
                }
            }
        }
        Ok(())
    }

    /// Turned down by another administrator, or taken back by the one who proposed it.
    pub(super) fn refuse_officer(&mut self, time: i64, event: &Event) -> Result<(), Breach> {
        let Event::OfficerRefused {
            proposal,
            officer,
            statement,
        } = event
        else {
            return Ok(());
        };
        self.check_administrator(statement, officer, time)?;
        self.waiting(*proposal, officer)?;
        self.use_statement(statement);
        self.settle(*proposal);
        Ok(())
    }

    /// The statement is by an RA administrator in good standing, about somebody else.
    fn check_administrator(
        &self,
        statement: &StatementRef,
        officer: &str,
        time: i64,
    ) -> Result<(), Breach> {
        self.check_statement(statement, time)?;
        self.check_standing(&statement.officer, time)?;
        if statement.officer == officer {
            return breach(
                Rule::Administrators,
                format!("{officer} decides about himself"),
            );
        }
        Ok(())
    }

    fn check_standing(&self, number: &str, time: i64) -> Result<(), Breach> {
        self.check_officer(number, time)?;
        let role = self.officers.get(number).map(|known| known.role.as_str());
        if role == Some(ADMINISTRATOR) {
            Ok(())
        } else {
            breach(
                Rule::Administrators,
                format!("{number} is no RA administrator"),
            )
        }
    }

    fn waiting(&self, proposal: u64, officer: &str) -> Result<&Proposal, Breach> {
        match self.proposals.get(&proposal) {
            Some(found) if found.waits && found.officer == officer => Ok(found),
            _ => breach(
                Rule::Proposal,
                format!("entry {proposal} is no proposal about {officer} that waits"),
            ),
        }
    }

    fn settle(&mut self, proposal: u64) {
        if let Some(proposal) = self.proposals.get_mut(&proposal) {
            proposal.waits = false;
        }
    }

    /// A new number for an appointment, an officer whose appointment was not ended for anything else; and the
    /// certificate of the terms is an officer's, good, and nobody else's.
    fn check_change(&self, officer: &str, change: &OfficerChange) -> Result<(), Breach> {
        let known = self.officers.get(officer);
        match (change, known) {
            (OfficerChange::Appoint { .. }, Some(_)) => {
                return breach(Rule::OfficerUsed, "the officer number is given");
            }
            (OfficerChange::Change { .. } | OfficerChange::End, None) => {
                return breach(Rule::UnknownOfficer, format!("{officer} was not appointed"));
            }
            (OfficerChange::Change { .. } | OfficerChange::End, Some(known)) if known.ended => {
                return breach(
                    Rule::OfficerTerm,
                    format!("the appointment of {officer} was ended"),
                );
            }
            _ => {}
        }
        match change.terms() {
            Some(terms) => self.check_terms(officer, terms),
            None => Ok(()),
        }
    }

    fn check_terms(&self, officer: &str, terms: &Terms) -> Result<(), Breach> {
        self.known_authority(&terms.authority)?;
        let Some(life) = self.certificate(&terms.authority, &terms.serial) else {
            return breach(Rule::OfficerCertificate, "the certificate is not on record");
        };
        life.check_stands(Rule::OfficerCertificate, &terms.certificate)?;
        if life.profile != PROFILE {
            return breach(Rule::OfficerCertificate, "it is no officer's certificate");
        }
        let taken = self.officers.values().any(|other| {
            !other.ended && other.officer != officer && other.certificate == terms.certificate
        });
        if taken {
            return breach(
                Rule::OfficerCertificate,
                "the certificate is another officer's",
            );
        }
        if terms.until.is_some_and(|until| until <= terms.from) {
            return breach(Rule::Proposal, "the appointment ends before it begins");
        }
        let ascending = terms.cities.is_sorted_by(|a, b| a < b);
        if ascending && terms.units.is_sorted_by(|a, b| a < b) {
            Ok(())
        } else {
            breach(Rule::Proposal, "the scope is not in ascending order")
        }
    }
}

fn appointed(number: String, terms: Terms, index: u64, appointed_at: i64) -> Officer {
    Officer {
        officer: number,
        role: terms.role,
        authority: terms.authority,
        serial: terms.serial,
        certificate: terms.certificate,
        particulars: terms.particulars,
        cities: terms.cities,
        units: terms.units,
        from: terms.from,
        until: terms.until,
        ended: false,
        index,
        appointed_at,
    }
}
