//! Entries about cases.

use ledger::event::{Decision, Entry, Event};
use sm_engine::sm3::Digest;

use super::{Overlay, ProjectionError, contradiction};
use crate::views::row::CaseRow;
use crate::views::tally::UnitRow;

impl Overlay {
    pub(super) fn project_case(
        &mut self,
        idx: u64,
        at: i64,
        entry: &Entry,
    ) -> Result<(), ProjectionError> {
        let case_id = match &entry.event {
            Event::CaseSubmitted {
                case,
                revision,
                profile,
                profile_document,
                authority,
                form,
                request,
                key,
                template,
                evidence,
                statement,
            } => {
                let before = self.cases.get(case).cloned();
                let opened_at = before
                    .as_ref()
                    .map_or(entry.time, |before| before.opened_at);
                let (succession, predecessor, overlap) = before.map_or((None, None, None), |row| {
                    (row.succession, row.predecessor, row.overlap)
                });
                let sealed = self
                    .forms
                    .get(form)
                    .ok_or_else(|| contradiction(idx, "sealed form is missing"))?;
                let row = CaseRow {
                    case_id: case.clone(),
                    revision: i64::from(*revision),
                    state: "submitted".into(),
                    profile: profile.clone(),
                    profile_document: *profile_document,
                    authority: authority.clone(),
                    form: *form,
                    request: *request,
                    key: *key,
                    template: *template,
                    evidence: evidence
                        .iter()
                        .map(Digest::to_string)
                        .collect::<Vec<_>>()
                        .join(","),
                    entered_by: statement.officer.clone(),
                    entry_statement: statement.digest,
                    succession,
                    predecessor,
                    overlap,
                    reviewed_by: None,
                    review_statement: None,
                    serial: None,
                    city: sealed.city.clone(),
                    unit: sealed.unit,
                    due_at: sealed.promised,
                    opened_at,
                    changed_at: entry.time,
                    idx: at,
                };
                if let Some(unit) = sealed.unit {
                    let (form, idx) = (*form, at);
                    let row = UnitRow { unit, form, idx };
                    self.units.entry(unit).or_insert(row);
                }
                for (kind, value) in &sealed.terms {
                    self.terms
                        .push((kind.clone(), value.clone(), (format!("case:{case}"), at)));
                }
                self.set_case_row(row);
                self.see_key(*key, format!("case:{case}"), at);
                self.use_statement(entry, format!("case:{case}"), at);
                case
            }
            Event::CaseReviewed {
                case,
                decision,
                statement,
                ..
            } => {
                let row = self.case(idx, case)?;
                row.state = match decision {
                    Decision::Approved => "approved",
                    Decision::Refused => "refused",
                    Decision::Returned => "returned",
                }
                .into();
                row.reviewed_by = Some(statement.officer.clone());
                row.review_statement = Some(statement.digest);
                row.changed_at = entry.time;
                row.idx = at;
                self.use_statement(entry, format!("case:{case}"), at);
                case
            }
            Event::CaseSuccession {
                case,
                succession,
                serial,
                overlap,
                ..
            } => {
                let row = self.case(idx, case)?;
                row.succession = Some(succession.to_string());
                row.predecessor = Some(serial.clone());
                row.overlap = Some(*overlap);
                row.idx = at;
                self.set_succession(idx, at, case, None)?;
                case
            }
            Event::CaseWithdrawn { case, .. } => {
                let row = self.case(idx, case)?;
                row.state = "withdrawn".into();
                row.changed_at = entry.time;
                row.idx = at;
                self.use_statement(entry, format!("case:{case}"), at);
                case
            }
            _ => return Ok(()),
        };
        self.trail.insert((format!("case:{case_id}"), at));
        Ok(())
    }
}
