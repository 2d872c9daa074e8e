//! Entries about certificates, from intent to end.

use ledger::event::{Basis, Entry, Event, Status};

use super::{Overlay, ProjectionError, certificate_subject, contradiction};
use crate::views::row::CertificateRow;
use crate::views::tally::{Counted, Tally};

impl Overlay {
    pub(super) fn project_certificate(
        &mut self,
        idx: u64,
        at: i64,
        entry: &Entry,
    ) -> Result<(), ProjectionError> {
        let (authority, serial) = match &entry.event {
            Event::CertificateIntended {
                authority,
                serial,
                tbs,
                profile,
                profile_document,
                key,
                basis,
            } => {
                let (mut case_id, mut place, mut late) = (None, (None, None), None);
                if let Basis::Case { case, .. } = basis {
                    self.set_case(idx, at, entry.time, case, "producing", Some(serial))?;
                    self.use_statement(entry, format!("case:{case}"), at);
                    let row = self.cases.get(case);
                    place = row.map_or(place, |row| (row.city.clone(), row.unit));
                    let due = row.and_then(|row| row.due_at);
                    late = due.map(|due| i64::from(entry.time > due));
                    case_id = Some(case.clone());
                }
                let (city, unit) = place;
                let row = CertificateRow {
                    authority: authority.clone(),
                    serial: serial.clone(),
                    state: "intended".into(),
                    reason: None,
                    profile: profile.clone(),
                    profile_document: *profile_document,
                    tbs: *tbs,
                    certificate: None,
                    key: *key,
                    case_id,
                    city,
                    unit,
                    late,
                    not_after: None,
                    issued_at: None,
                    changed_at: entry.time,
                    changed_by: basis_officer(basis),
                    produced_by: basis_officer(basis),
                    intended_idx: at,
                    idx: at,
                };
                self.see_key(*key, certificate_subject(authority, serial), at);
                self.set_certificate_row(row);
                (authority, serial)
            }
            Event::CertificateIssued {
                authority,
                serial,
                certificate,
                not_after,
                ..
            } => {
                let row = self.certificate(idx, authority, serial)?;
                // Nothing changes an open intent: this is its time.
                let produced = row.changed_at;
                row.state = "good".into();
                row.certificate = Some(*certificate);
                row.not_after = Some(*not_after);
                row.issued_at = Some(entry.time);
                row.changed_at = entry.time;
                row.idx = at;
                let (case, counted) = (row.case_id.clone(), Counted::of(row));
                let promise = row.late.map(|late| match late {
                    0 => Tally::InTime,
                    _ => Tally::Late,
                });
                self.tally(counted.as_ref(), Tally::Good, *not_after, 1);
                for kind in [Some(Tally::Issued), promise].into_iter().flatten() {
                    self.tally(counted.as_ref(), kind, produced, 1);
                }
                if let Some(case) = case {
                    self.set_case(idx, at, entry.time, &case, "issued", Some(serial))?;
                    let overlap = self.cases.get(&case).and_then(|row| row.overlap);
                    let due_at = overlap.map(|overlap| entry.time.saturating_add(overlap));
                    self.set_succession(idx, at, &case, due_at)?;
                }
                (authority, serial)
            }
            Event::CertificateAbandoned {
                authority,
                serial,
                reason,
                ..
            } => {
                let row = self.certificate(idx, authority, serial)?;
                row.state = "abandoned".into();
                row.reason = Some(reason.clone());
                row.changed_at = entry.time;
                row.idx = at;
                if let Some(case) = row.case_id.clone() {
                    // The approvals still stand; the case can be produced again under another serial.
                    self.set_case(idx, at, entry.time, &case, "approved", None)?;
                }
                (authority, serial)
            }
            Event::CertificateStatus {
                authority,
                serial,
                status,
                reason,
                statement,
                ..
            } => {
                let by = Some(statement.officer.clone());
                let of = (authority.as_str(), serial.as_str());
                self.set_status(idx, at, entry.time, of, *status, reason, by)?;
                self.use_statement(entry, certificate_subject(authority, serial), at);
                (authority, serial)
            }
            Event::CertificateSuperseded {
                authority,
                serial,
                reason,
                case,
            } => {
                let of = (authority.as_str(), serial.as_str());
                self.set_status(idx, at, entry.time, of, Status::Revoked, reason, None)?;
                self.set_succession(idx, at, case, None)?;
                self.trail.insert((format!("case:{case}"), at));
                (authority, serial)
            }
            _ => return Ok(()),
        };
        self.trail
            .insert((certificate_subject(authority, serial), at));
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // what an entry says of a state
    fn set_status(
        &mut self,
        idx: u64,
        at: i64,
        time: i64,
        (authority, serial): (&str, &str),
        status: Status,
        reason: &str,
        by: Option<String>,
    ) -> Result<(), ProjectionError> {
        let row = self.certificate(idx, authority, serial)?;
        let (ends, counted) = (row.not_after, Counted::of(row));
        let before = match row.state.as_str() {
            "good" => Some(Tally::Good),
            "held" => Some(Tally::Held),
            _ => None,
        };
        let (word, after) = match status {
            Status::Good => ("good", Tally::Good),
            Status::Held => ("held", Tally::Held),
            Status::Revoked => ("revoked", Tally::Revoked),
        };
        row.state = word.into();
        row.reason = (status != Status::Good).then(|| reason.to_owned());
        row.changed_at = time;
        row.changed_by = by;
        row.idx = at;
        let key = row.key;
        if let (Some(before), Some(ends)) = (before, ends) {
            self.tally(counted.as_ref(), before, ends, -1);
            let at = match after {
                Tally::Revoked => time,
                _ => ends,
            };
            self.tally(counted.as_ref(), after, at, 1);
        }
        if reason == "keyCompromise" {
            let row = self
                .keys
                .get_mut(&key)
                .ok_or_else(|| contradiction(idx, "key is missing"))?;
            row.compromised = 1;
            self.changed_keys.insert(key);
        }
        Ok(())
    }
}

fn basis_officer(basis: &Basis) -> Option<String> {
    if let Basis::Case { statement, .. } = basis {
        Some(statement.officer.clone())
    } else {
        None
    }
}
