//! Authorities and officers.

use super::{Authority, Officer, Replay, Rule};
use crate::event::Event;
use crate::life::{Breach, breach};

impl Replay {
    /// An authority follows its certificate: a root its own, any other one its parent's.
    pub(super) fn found_authority(&mut self, index: u64, event: &Event) -> Result<(), Breach> {
        let Event::AuthorityFounded {
            authority,
            parent,
            serial,
            certificate,
            key_id,
        } = event
        else {
            return Ok(());
        };
        if self.authorities.contains_key(authority) {
            return breach(Rule::AuthorityUsed, "the authority exists");
        }
        if parent != authority {
            self.known_authority(parent)?;
        }
        let Some(life) = self.certificate(parent, serial) else {
            return breach(
                Rule::AuthorityCertificate,
                "its certificate is not on record",
            );
        };
        life.check_stands(Rule::AuthorityCertificate, certificate)?;
        let founded = Authority {
            authority: authority.clone(),
            parent: parent.clone(),
            serial: serial.clone(),
            certificate: *certificate,
            key_id: key_id.clone(),
            index,
        };
        self.authorities.insert(authority.clone(), founded);
        Ok(())
    }

    pub(super) fn appoint_officer(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Event::OfficerAppointed {
            officer,
            role,
            authority,
            serial,
            certificate,
            particulars,
        } = event
        else {
            return Ok(());
        };
        self.still_founding()?;
        self.known_authority(authority)?;
        if self.officers.contains_key(officer) {
            return breach(Rule::OfficerUsed, "the officer number is given");
        }
        let Some(life) = self.certificate(authority, serial) else {
            return breach(Rule::OfficerCertificate, "the certificate is not on record");
        };
        life.check_stands(Rule::OfficerCertificate, certificate)?;
        let appointed = Officer {
            officer: officer.clone(),
            role: role.clone(),
            authority: authority.clone(),
            serial: serial.clone(),
            certificate: *certificate,
            particulars: *particulars,
            cities: Vec::new(),
            units: Vec::new(),
            from: time,
            until: None,
            ended: false,
            index,
            appointed_at: time,
        };
        self.officers.insert(officer.clone(), appointed);
        Ok(())
    }

    /// What rests on nobody's statement belongs to the founding, which is over with the first statement.
    pub(super) fn still_founding(&self) -> Result<(), Breach> {
        if self.cases.is_empty() && self.proposals.is_empty() {
            Ok(())
        } else {
            breach(
                Rule::FoundingOver,
                "officers have made statements, so the founding is over",
            )
        }
    }
}
