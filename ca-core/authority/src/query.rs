//! What people and programs read. Officers' reads are checked by the same policy function as their acts.

mod audit;
mod certificate;
mod dashboard;
mod duplicate;
pub(crate) mod history;
mod list;
mod officer;
mod person;
mod public;
mod record;
mod roster;
mod search;
mod subject;
mod succession;
pub(crate) mod units;

pub use audit::Concentrated;
pub use dashboard::{Counted, Counting};
pub use duplicate::{Candidate, Duplicate, DuplicateKind, Likeness};
pub use list::ListPlan;
pub use officer::ProposalQuery;
pub use roster::{PersonKeys, PersonStanding};
pub use search::SearchQuery;

use std::collections::BTreeMap;

use policy::{Form, Profile, Scope, Verb};
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{CaseRow, SealedForm};
use store::{Compare, Direction};
use x509::time::Time;
use zeroize::Zeroizing;

use crate::act::Succeeds;
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::{Material, place_of_case, preview};
use crate::service::{Authority, Core};
use crate::view::{CaseSummary, CaseView, Officer};

/// Most rows of one answer.
const PAGE: u32 = 200;

/// Which cases an officer wants to see. All given conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseQuery {
    /// State.
    pub state: Option<String>,
    /// Number of the officer who entered them.
    pub entered_by: Option<String>,
    /// Token of the holder or the department that they are for.
    pub subject: Option<String>,
    /// Last number of the page before.
    pub after: Option<String>,
    /// By number from the first on, instead of from the last.
    pub oldest_first: bool,
    /// Most rows; 200 at most.
    pub limit: Option<u32>,
}

impl Authority {
    /// The officer, good now and allowed to do `verb`.
    async fn reader(&self, officer: &Officer, verb: Verb) -> Result<Officer, Error> {
        let officer = self.officer(&officer.number).await?;
        self.core.policy.rules().authorize(officer.role, verb)?;
        Ok(officer)
    }

    /// Cases by number.
    ///
    /// # Errors
    /// A refusal where the role may not; a fault where the database fails.
    pub async fn cases(
        &self,
        officer: &Officer,
        query: &CaseQuery,
    ) -> Result<Vec<CaseSummary>, Error> {
        let officer = self.reader(officer, Verb::CaseList).await?;
        let mut filter = within(&officer.scope);
        for (column, value) in [("state", &query.state), ("entered_by", &query.entered_by)] {
            if let Some(value) = value {
                filter.push((column, Compare::Eq(value.as_str().into())));
            }
        }
        filter.extend(of_subject(query.subject.as_deref())?);
        if let Some(after) = &query.after {
            let after = after.as_str().into();
            filter.push(if query.oldest_first {
                ("case_id", Compare::Gt(after))
            } else {
                ("case_id", Compare::Lt(after))
            });
        }
        let direction = if query.oldest_first {
            Direction::Ascending
        } else {
            Direction::Descending
        };
        let limit = query.limit.unwrap_or(50).min(PAGE);
        let rows = self
            .core
            .store
            .scan::<CaseRow>(&filter, &[("case_id", direction)], None, limit)
            .await?;
        summaries(&self.core, &rows).await
    }

    /// How many cases there are in each state: all of them, or those for the holder or department of a token.
    ///
    /// # Errors
    /// As [`Self::cases`].
    pub async fn case_counts(
        &self,
        officer: &Officer,
        subject: Option<&str>,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let officer = self.reader(officer, Verb::CaseList).await?;
        let mut filter = within(&officer.scope);
        filter.extend(of_subject(subject)?);
        let groups = self
            .core
            .store
            .group_count::<CaseRow>(&["state"], &filter)
            .await?;
        Ok(by_state(groups))
    }

    /// When cases were submitted and decided on, oldest first: event kind and UTC seconds; at most 200 cases.
    ///
    /// # Errors
    /// As [`Self::cases`].
    pub async fn case_times(
        &self,
        officer: &Officer,
        cases: &[String],
    ) -> Result<BTreeMap<String, Vec<(String, i64)>>, Error> {
        self.reader(officer, Verb::CaseList).await?;
        let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let subjects: Vec<String> = cases
            .iter()
            .take(most)
            .map(|case| format!("case:{case}"))
            .collect();
        let times = history::times_of(&self.core, &subjects).await?;
        let named = times.into_iter().filter_map(|(subject, times)| {
            let case = subject.strip_prefix("case:")?;
            Some((case.to_owned(), times))
        });
        Ok(named.collect())
    }

    /// The form of a returned case as it was entered, for the officer who entered it and completes it.
    ///
    /// # Errors
    /// A refusal where the role may not, there is no such case, or another officer entered it (A403).
    pub async fn form_of_case(
        &self,
        officer: &Officer,
        case: &str,
    ) -> Result<BTreeMap<String, String>, Error> {
        let officer = self.reader(officer, Verb::CaseSubmit).await?;
        let row = self.case_row(&officer, Verb::CaseSubmit, case).await?;
        if row.entered_by != officer.number {
            return Err(Refusal::new(
                "A403",
                "只有录入该案件的操作员可以补正",
                "only the officer who entered this case completes it",
            )
            .into());
        }
        Ok(Material::of_case(&self.core, &row).await?.form.to_map())
    }

    /// A file that supports a case: PDF, JPEG or PNG.
    ///
    /// # Errors
    /// A refusal where the role may not or the case has no such file; a fault where it is missing or damaged.
    pub async fn evidence(
        &self,
        officer: &Officer,
        case: &str,
        digest: &Digest,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let officer = self.reader(officer, Verb::CaseView).await?;
        let row = self.case_row(&officer, Verb::CaseView, case).await?;
        let name = digest.to_string();
        if !row.evidence.split(',').any(|known| known == name) {
            return Err(decide::no_such(&name).into());
        }
        let missing = || Error::Inconsistent(format!("{case}: an evidence file is missing"));
        self.core.store.unseal(digest).await?.ok_or_else(missing)
    }

    /// A case within the officer's scope.
    async fn case_row(&self, officer: &Officer, verb: Verb, case: &str) -> Result<CaseRow, Error> {
        let row = self.core.store.get::<CaseRow>(&[case.into()]).await?;
        let row = row.ok_or_else(|| decide::no_such(case))?;
        let rules = self.core.policy.rules();
        rules.within(verb, &officer.scope, &place_of_case(&row))?;
        Ok(row)
    }

    /// A case with everything that its review needs.
    ///
    /// # Errors
    /// A refusal where the role may not or there is no such case.
    pub async fn case(&self, officer: &Officer, case: &str) -> Result<CaseView, Error> {
        let officer = self.reader(officer, Verb::CaseView).await?;
        let core = &self.core;
        let row = self.case_row(&officer, Verb::CaseView, case).await?;
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
        let sealed = sealed_form(core, &row).await?;
        Ok(CaseView {
            remark: sealed.remark.unwrap_or_default(),
            source: sealed.source,
            summary: summary(&row, &material.profile, Some(&material.form))?,
            opened_at: row.opened_at,
            revision: u32::try_from(row.revision).unwrap_or(u32::MAX),
            form: row.form.to_string(),
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

/// The conditions that keep a list of cases or certificates within a scope.
fn within(scope: &Scope) -> Vec<(&'static str, Compare)> {
    let mut filter = Vec::new();
    if !scope.cities.is_empty() {
        let cities = scope.cities.iter().map(|code| code.as_str().into());
        filter.push(("city", Compare::In(cities.collect())));
    }
    if !scope.units.is_empty() {
        let units = scope.units.iter().map(|code| (*code).into());
        filter.push(("unit", Compare::In(units.collect())));
    }
    filter
}

/// What must hold of the cases for the holder or department of a token.
fn of_subject(token: Option<&str>) -> Result<Option<(&'static str, Compare)>, Error> {
    let term = token.map(search::read_token).transpose()?;
    Ok(term.map(|term| ("case_id", Compare::CurrentTerm(term))))
}

/// Numbers by the name of the state that they were grouped by.
fn by_state(groups: Vec<(Vec<Value>, u64)>) -> BTreeMap<String, u64> {
    let named = groups
        .into_iter()
        .filter_map(|(values, count)| match values.first() {
            Some(Value::Text(state)) => Some((state.clone(), count)),
            _ => None,
        });
    named.collect()
}

/// The form of a case as it was vetted.
async fn opened_form(core: &Core, row: &CaseRow) -> Result<Form, Error> {
    let damaged = |what: &str| Error::Inconsistent(format!("{}: {what}", row.case_id));
    let sealed = sealed_form(core, row).await?;
    let profile = core.profile_of(&row.profile, &row.profile_document).await?;
    let form = profile.check_form(&sealed.fields, Time(row.opened_at));
    form.map_err(|_| damaged("the form no longer fits its profile"))
}

/// What lies sealed of a case's form.
async fn sealed_form(core: &Core, row: &CaseRow) -> Result<SealedForm, Error> {
    let damaged = |what: &str| Error::Inconsistent(format!("{}: {what}", row.case_id));
    let sealed = core.store.unseal(&row.form).await?;
    let sealed = sealed.ok_or_else(|| damaged("the form is missing"))?;
    serde_json::from_slice(&sealed).map_err(|_| damaged("the form is damaged"))
}

/// The lines of a list. A form that cannot be read leaves its columns empty: one bad row must not hide the others.
async fn summaries(core: &Core, rows: &[CaseRow]) -> Result<Vec<CaseSummary>, Error> {
    let forms: Vec<Digest> = rows.iter().map(|row| row.form).collect();
    let sealed = core.store.read_session().await?.sealed_many(&forms).await?;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        let profile = core.profile_of(&row.profile, &row.profile_document).await?;
        let form = sealed
            .iter()
            .find(|blob| blob.digest() == row.form)
            .and_then(|blob| core.store.open_blob(blob).ok())
            .and_then(|bytes| serde_json::from_slice::<SealedForm>(&bytes).ok())
            .and_then(|form| profile.check_form(&form.fields, Time(row.opened_at)).ok());
        list.push(summary(row, &profile, form.as_ref())?);
    }
    Ok(list)
}

fn summary(row: &CaseRow, profile: &Profile, form: Option<&Form>) -> Result<CaseSummary, Error> {
    let said = |text: fn(&Form) -> &str| form.map(text).unwrap_or_default().to_owned();
    Ok(CaseSummary {
        case: row.case_id.clone(),
        state: row.state.clone(),
        profile: row.profile.clone(),
        title: profile.title.zh.clone(),
        authority: row.authority.clone(),
        name: said(Form::display_name),
        department: said(Form::department),
        entered_by: row.entered_by.clone(),
        reviewed_by: row.reviewed_by.clone(),
        changed_at: row.changed_at,
        serial: row.serial.clone(),
        succeeds: Succeeds::of(row)?,
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
