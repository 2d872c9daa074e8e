//! Certificates that follow on others: which may, and when the one before ends.

use super::{Case, CaseState, Predecessor, Replay, Rule};
use crate::event::Event;
use crate::life::{Breach, breach};

/// Longest overlap of a certificate with its successor: 30 days, in seconds.
const OVERLAP: i64 = 30 * 86_400;

impl Replay {
    /// A case that was just opened follows on a certificate.
    pub(super) fn succeed(&mut self, index: u64, event: &Event) -> Result<(), Breach> {
        let Event::CaseSuccession {
            case,
            succession,
            authority,
            serial,
            overlap,
        } = event
        else {
            return Ok(());
        };
        let opened = self.known_case(case)?;
        let fresh = opened.state == CaseState::Submitted
            && opened.revision == 1
            && opened.predecessor.is_none()
            && opened.changed_in.checked_add(1) == Some(index);
        if !fresh {
            return breach(
                Rule::Succession,
                "it does not stand right behind the case's first submission",
            );
        }
        let most = if succession.overlaps() { OVERLAP } else { 0 };
        if !(0..=most).contains(overlap) {
            return breach(
                Rule::Succession,
                format!("an overlap of {overlap} seconds, at most {most} are allowed"),
            );
        }
        let Some(life) = self.certificate(authority, serial) else {
            return breach(Rule::Succession, "the predecessor was never issued");
        };
        let alike = life.authority == opened.authority && life.profile == opened.profile;
        if life.case.is_none() || !alike {
            return breach(
                Rule::Succession,
                "the predecessor is not a certificate of that authority and profile on a case",
            );
        }
        if !succession.opens(life.state) {
            return breach(
                Rule::Succession,
                format!("the predecessor is {}", life.state),
            );
        }
        let name = (authority.clone(), serial.clone());
        let other = self
            .successors
            .get(&name)
            .and_then(|case| self.cases.get(case));
        if let Some(other) = other
            && !matches!(other.state, CaseState::Refused | CaseState::Withdrawn)
        {
            return breach(
                Rule::Succession,
                format!("{} succeeds that certificate already", other.case),
            );
        }
        self.successors.insert(name, case.clone());
        let predecessor = Predecessor {
            succession: *succession,
            authority: authority.clone(),
            serial: serial.clone(),
            overlap: *overlap,
        };
        if let Some(opened) = self.cases.get_mut(case) {
            opened.predecessor = Some(predecessor);
        }
        Ok(())
    }

    /// The predecessor of a case that is produced still is in a state that allows it.
    pub(super) fn check_predecessor(&self, case: &Case) -> Result<(), Breach> {
        let Some(predecessor) = &case.predecessor else {
            return Ok(());
        };
        let life = self.certificate(&predecessor.authority, &predecessor.serial);
        match life {
            Some(life) if predecessor.succession.produces(life.state) => Ok(()),
            Some(life) => breach(
                Rule::Succession,
                format!("the predecessor is {}", life.state),
            ),
            None => breach(Rule::Succession, "the predecessor was never issued"),
        }
    }

    /// A predecessor ends.
    pub(super) fn supersede(&mut self, index: u64, time: i64, event: &Event) -> Result<(), Breach> {
        let Event::CertificateSuperseded {
            authority,
            serial,
            reason,
            case,
        } = event
        else {
            return Ok(());
        };
        let case = self.known_case(case)?;
        let Some(predecessor) = &case.predecessor else {
            return breach(Rule::Superseded, "the case succeeds no certificate");
        };
        if (authority, serial) != (&predecessor.authority, &predecessor.serial) {
            return breach(Rule::Superseded, "the case succeeds another certificate");
        }
        if case.state != CaseState::Issued {
            return breach(Rule::Superseded, format!("the case is {}", case.state));
        }
        if time - case.changed_at < predecessor.overlap {
            return breach(Rule::Superseded, "the overlap is not over");
        }
        if reason != predecessor.succession.reason() {
            return breach(Rule::Superseded, "the reason is not that of the succession");
        }
        let of_authority = self.certificates.get_mut(authority);
        match of_authority.and_then(|certificates| certificates.get_mut(serial)) {
            Some(life) => life.advance(index, time, event),
            None => breach(Rule::NotIssued, "no certificate has that serial"),
        }
    }
}
