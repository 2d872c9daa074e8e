//! What people and programs read. Officers' reads are checked by the same policy function as their acts.

mod certificate;
mod history;
mod public;
mod record;

pub use certificate::SearchQuery;

use policy::Verb;
use store::views::{CaseRow, SealedForm};
use store::{Compare, Direction};
use x509::time::Time;

use crate::decide;
use crate::error::Error;
use crate::examine::{Material, preview};
use crate::service::{Authority, Core};
use crate::view::{CaseSummary, CaseView, Officer};

/// Most rows of one answer.
const PAGE: u32 = 200;

impl Authority {
    /// The officer, good now and allowed to do `verb`.
    async fn reader(&self, officer: &Officer, verb: Verb) -> Result<Officer, Error> {
        let officer = self.officer(&officer.number).await?;
        self.core.policy.rules().authorize(officer.role, verb)?;
        Ok(officer)
    }

    /// Cases by number, newest first; `after` is the last number of the page before.
    ///
    /// # Errors
    /// A refusal where the role may not; a fault where the database fails.
    pub async fn cases(
        &self,
        officer: &Officer,
        state: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<CaseSummary>, Error> {
        self.reader(officer, Verb::CaseList).await?;
        let mut filter = Vec::new();
        if let Some(state) = state {
            filter.push(("state", Compare::Eq(state.into())));
        }
        if let Some(after) = after {
            filter.push(("case_id", Compare::Lt(after.into())));
        }
        let order = [("case_id", Direction::Descending)];
        let rows = self
            .core
            .store
            .scan::<CaseRow>(&filter, &order, None, limit.min(PAGE))
            .await?;
        let mut list = Vec::with_capacity(rows.len());
        for row in rows {
            list.push(summary(&self.core, &row).await?);
        }
        Ok(list)
    }

    /// A case with everything that its review needs.
    ///
    /// # Errors
    /// A refusal where the role may not or there is no such case.
    pub async fn case(&self, officer: &Officer, case: &str) -> Result<CaseView, Error> {
        self.reader(officer, Verb::CaseView).await?;
        let core = &self.core;
        let row = core
            .store
            .get::<CaseRow>(&[case.into()])
            .await?
            .ok_or_else(|| decide::no_such(case))?;
        let material = Material::of_case(core, &row).await?;
        let fields = material
            .profile
            .fields()
            .iter()
            .filter_map(|field| {
                let value = material.form.get(&field.name)?;
                let value = if field.personal {
                    mask(value)
                } else {
                    value.to_owned()
                };
                Some((field.zh.clone(), field.name.clone(), value))
            })
            .collect();
        let preview = preview(&material, &material.template(core)?);
        Ok(CaseView {
            summary: summary(core, &row).await?,
            revision: u32::try_from(row.revision).unwrap_or(u32::MAX),
            fields,
            preview,
            evidence: row
                .evidence
                .split(',')
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect(),
            history: history::of(core, &format!("case:{case}"), true).await?,
        })
    }
}

/// One line of a list. A form that cannot be read leaves its columns empty: one bad row must not hide the others.
async fn summary(core: &Core, row: &CaseRow) -> Result<CaseSummary, Error> {
    let profile = core.profile_of(&row.profile, &row.profile_document).await?;
    let sealed = core.store.unseal(&row.form).await?;
    let form = sealed
        .and_then(|bytes| serde_json::from_slice::<SealedForm>(&bytes).ok())
        .and_then(|sealed| profile.check_form(&sealed.fields, Time(row.opened_at)).ok());
    Ok(CaseSummary {
        case: row.case_id.clone(),
        state: row.state.clone(),
        profile: row.profile.clone(),
        title: profile.title.zh.clone(),
        authority: row.authority.clone(),
        name: form
            .as_ref()
            .map(|form| form.display_name().to_owned())
            .unwrap_or_default(),
        department: form
            .as_ref()
            .map(|form| form.department().to_owned())
            .unwrap_or_default(),
        entered_by: row.entered_by.clone(),
        reviewed_by: row.reviewed_by.clone(),
        changed_at: row.changed_at,
        serial: row.serial.clone(),
    })
}

/// Personal numbers on screens: the first six and the last four characters of long ones, the last two of others.
fn mask(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let (head, tail) = if chars.len() >= 15 { (6, 4) } else { (0, 2) };
    let hidden = chars.len().saturating_sub(head + tail);
    chars
        .iter()
        .enumerate()
        .map(|(at, c)| {
            if at >= head && at < head + hidden {
                '*'
            } else {
                *c
            }
        })
        .collect()
}
