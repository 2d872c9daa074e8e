//! Entries about officers: founding appointments, proposals and what was decided on them.

use ledger::event::{Entry, Event, Terms};
use sm_engine::sm3::Digest;

use super::{Overlay, ProjectionError, certificate_subject, contradiction};
use crate::views::row::{OfficerRow, ProposalRow};

impl Overlay {
    pub(super) fn project_officer(
        &mut self,
        idx: u64,
        at: i64,
        entry: &Entry,
    ) -> Result<(), ProjectionError> {
        let time = entry.time;
        let officer = match &entry.event {
            Event::OfficerAppointed {
                officer,
                role,
                authority,
                serial,
                certificate,
                particulars,
            } => {
                let row = OfficerRow {
                    officer: officer.clone(),
                    role: role.clone(),
                    cities: String::new(),
                    units: String::new(),
                    begins: time,
                    until: None,
                    ended_at: None,
                    authority: authority.clone(),
                    serial: serial.clone(),
                    certificate: *certificate,
                    particulars: *particulars,
                    idx: at,
                };
                self.set_officer(row);
                self.trail
                    .insert((certificate_subject(authority, serial), at));
                officer
            }
            Event::OfficerProposed {
                officer,
                change,
                statement,
            } => {
                let terms = change.terms();
                let row = ProposalRow {
                    proposal: at,
                    officer: officer.clone(),
                    change: change.kind().to_owned(),
                    state: "waiting".to_owned(),
                    role: terms.map(|terms| terms.role.clone()),
                    cities: terms.map(cities).unwrap_or_default(),
                    units: terms.map(units).unwrap_or_default(),
                    begins: terms.map(|terms| terms.from),
                    until: terms.and_then(|terms| terms.until),
                    authority: terms.map(|terms| terms.authority.clone()),
                    serial: terms.map(|terms| terms.serial.clone()),
                    certificate: terms.map(|terms| terms.certificate),
                    particulars: terms.map(|terms| terms.particulars),
                    proposed_by: statement.officer.clone(),
                    proposed_at: time,
                    statement: statement.digest,
                    decided_by: None,
                    decided_at: None,
                    idx: at,
                };
                self.proposals.insert(idx, row);
                self.changed_proposals.insert(idx);
                self.use_statement(entry, format!("officer:{officer}"), at);
                officer
            }
            Event::OfficerConfirmed {
                proposal,
                officer,
                statement,
            } => {
                let row =
                    self.settle(idx, *proposal, "confirmed", (&statement.officer, time, at))?;
                let changed = match appointed(&row, at) {
                    Some(changed) => changed,
                    None => {
                        let mut ended = self
                            .officers
                            .get(officer)
                            .cloned()
                            .ok_or_else(|| contradiction(idx, "officer is missing"))?;
                        ended.ended_at = Some(time);
                        ended.idx = at;
                        ended
                    }
                };
                self.set_officer(changed);
                self.use_statement(entry, format!("officer:{officer}"), at);
                officer
            }
            Event::OfficerRefused {
                proposal,
                officer,
                statement,
            } => {
                self.settle(idx, *proposal, "refused", (&statement.officer, time, at))?;
                self.use_statement(entry, format!("officer:{officer}"), at);
                officer
            }
            _ => return Ok(()),
        };
        self.trail.insert((format!("appointment:{officer}"), at));
        Ok(())
    }

    fn set_officer(&mut self, row: OfficerRow) {
        self.changed_officers.insert(row.officer.clone());
        self.officers.insert(row.officer.clone(), row);
    }

    /// The proposal, decided on by that officer, at that time, in that entry.
    fn settle(
        &mut self,
        idx: u64,
        proposal: u64,
        state: &str,
        (officer, time, at): (&str, i64, i64),
    ) -> Result<ProposalRow, ProjectionError> {
        let row = self
            .proposals
            .get_mut(&proposal)
            .ok_or_else(|| contradiction(idx, "proposal is missing"))?;
        row.state = state.to_owned();
        row.decided_by = Some(officer.to_owned());
        row.decided_at = Some(time);
        row.idx = at;
        self.changed_proposals.insert(proposal);
        Ok(row.clone())
    }
}

/// The appointment that a confirmed proposal makes; nothing where it ends one.
fn appointed(proposal: &ProposalRow, at: i64) -> Option<OfficerRow> {
    Some(OfficerRow {
        officer: proposal.officer.clone(),
        role: proposal.role.clone()?,
        cities: proposal.cities.clone(),
        units: proposal.units.clone(),
        begins: proposal.begins?,
        until: proposal.until,
        ended_at: None,
        authority: proposal.authority.clone()?,
        serial: proposal.serial.clone()?,
        certificate: proposal.certificate?,
        particulars: proposal.particulars?,
        idx: at,
    })
}

fn cities(terms: &Terms) -> String {
    terms.cities.join(",")
}

fn units(terms: &Terms) -> String {
    let codes: Vec<_> = terms.units.iter().map(Digest::to_string).collect();
    codes.join(",")
}
