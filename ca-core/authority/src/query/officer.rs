//! Officers and the proposals about them, for administrators and auditors.

use ledger::event::Entry;
use policy::{Scope, Verb};
use serde::{Deserialize, Serialize};
use store::status::Status;
use store::views::{ProposalRow, TrailRow};
use store::{Compare, Direction};
use x509::time::Time;

use super::{PAGE, history};
use crate::decide;
use crate::error::Error;
use crate::examine::{change_of, lines};
use crate::officer::{self, Appointed};
use crate::service::{Authority, Core};
use crate::statement::Statement;
use crate::view::{HistoryLine, Officer, OfficerView, ProposalView};

/// Which proposals an administrator wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProposalQuery {
    /// `waiting`, `confirmed`, `refused`.
    pub state: Option<String>,
    /// Officer's number.
    pub officer: Option<String>,
    /// Last entry of the page before: only older proposals.
    pub before: Option<u64>,
    /// Most rows; 200 at most.
    pub limit: Option<u32>,
}

impl Authority {
    /// Officers whose scope lies within the asking one's, by number, after `after`; at most 200. Those whose
    /// appointments are over come with them.
    ///
    /// # Errors
    /// A refusal where the role may not; a fault where the database fails.
    pub async fn officers(
        &self,
        officer: &Officer,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<OfficerView>, Error> {
        let reader = self.reader(officer, Verb::OfficerList).await?;
        let most = usize::try_from(limit.min(PAGE)).unwrap_or(usize::MAX);
        let known = self.core.officers.all();
        let shown = known
            .iter()
            .filter(|known| reader.scope.includes(&known.scope))
            .filter(|known| after.is_none_or(|after| known.number.as_str() > after))
            .take(most);
        let mut list = Vec::new();
        for known in shown {
            list.push(officer_view(&self.core, known).await?);
        }
        Ok(list)
    }

    /// How many officers [`Self::officers`] lists in all.
    ///
    /// # Errors
    /// As [`Self::officers`].
    pub async fn officer_count(&self, officer: &Officer) -> Result<u64, Error> {
        let reader = self.reader(officer, Verb::OfficerList).await?;
        let known = self.core.officers.all();
        let within = known
            .iter()
            .filter(|known| reader.scope.includes(&known.scope));
        Ok(within.count() as u64)
    }

    /// One officer, with what was proposed and decided about him, oldest first.
    ///
    /// # Errors
    /// As [`Self::officers`]; a refusal where there is none or the scope reaches beyond the asking one's.
    pub async fn officer_record(
        &self,
        officer: &Officer,
        number: &str,
    ) -> Result<(OfficerView, Vec<HistoryLine>), Error> {
        let reader = self.reader(officer, Verb::OfficerList).await?;
        let core = &self.core;
        let known = core.officers.find(number);
        let known = known.ok_or_else(|| decide::no_such(number))?;
        let rules = core.policy.rules();
        rules.within_scope(Verb::OfficerList, &reader.scope, &known.scope)?;
        let about = history::of(core, &format!("appointment:{number}"), true).await?;
        Ok((officer_view(core, &known).await?, about))
    }

    /// Proposals about officers, newest first; none that reach beyond the asking officer's scope.
    ///
    /// # Errors
    /// As [`Self::officers`].
    pub async fn proposals(
        &self,
        officer: &Officer,
        query: &ProposalQuery,
    ) -> Result<Vec<ProposalView>, Error> {
        let reader = self.reader(officer, Verb::OfficerList).await?;
        let most = usize::try_from(query.limit.unwrap_or(50).min(PAGE)).unwrap_or(usize::MAX);
        let mut before = query.before;
        let mut list = Vec::new();
        loop {
            let rows = self.proposal_rows(query, before).await?;
            let last = rows.last().and_then(|row| u64::try_from(row.proposal).ok());
            for row in rows {
                if list.len() == most {
                    return Ok(list);
                }
                if is_within(&self.core, &reader, &row) {
                    list.push(proposal_view(&self.core, row).await?);
                }
            }
            match last {
                Some(last) => before = Some(last),
                None => return Ok(list),
            }
        }
    }

    /// How many proposals in that state, or in any, [`Self::proposals`] lists in all.
    ///
    /// # Errors
    /// As [`Self::officers`].
    pub async fn proposal_count(
        &self,
        officer: &Officer,
        state: Option<&str>,
    ) -> Result<u64, Error> {
        let reader = self.reader(officer, Verb::OfficerList).await?;
        let query = ProposalQuery {
            state: state.map(str::to_owned),
            ..ProposalQuery::default()
        };
        if reader.scope.is_whole() {
            let store = &self.core.store;
            return Ok(store
                .count::<ProposalRow>(&conditions(&query, None))
                .await?);
        }
        let (mut count, mut before) = (0, None);
        loop {
            let rows = self.proposal_rows(&query, before).await?;
            let within = rows
                .iter()
                .filter(|row| is_within(&self.core, &reader, row));
            count += within.count() as u64;
            match rows.last().and_then(|row| u64::try_from(row.proposal).ok()) {
                Some(last) => before = Some(last),
                None => return Ok(count),
            }
        }
    }

    async fn proposal_rows(
        &self,
        query: &ProposalQuery,
        before: Option<u64>,
    ) -> Result<Vec<ProposalRow>, Error> {
        let order = [("proposal", Direction::Descending)];
        let filter = conditions(query, before);
        let store = &self.core.store;
        Ok(store.scan(&filter, &order, None, PAGE).await?)
    }

    /// One proposal.
    ///
    /// # Errors
    /// As [`Self::officers`]; a refusal where there is none.
    pub async fn proposal(&self, officer: &Officer, entry: u64) -> Result<ProposalView, Error> {
        let reader = self.reader(officer, Verb::OfficerList).await?;
        let no_such = || decide::no_such(&format!("#{entry}"));
        let key = i64::try_from(entry).map_err(|_| no_such())?;
        let row = self.core.store.get::<ProposalRow>(&[key.into()]).await?;
        let row = row.ok_or_else(no_such)?;
        if !is_within(&self.core, &reader, &row) {
            return Err(no_such().into());
        }
        proposal_view(&self.core, row).await
    }
}

async fn officer_view(core: &Core, known: &Appointed) -> Result<OfficerView, Error> {
    let now = core.clock.now();
    let certificate = &known.certificate;
    let certificate_state = match core.index.status(&known.authority, certificate.serial()) {
        Status::Good if now > certificate.not_after() => "expired",
        Status::Good => "good",
        Status::Held { .. } => "held",
        Status::Revoked { .. } | Status::Unknown | Status::Intended => "revoked",
    };
    let filter = [
        ("officer", Compare::Eq(known.number.as_str().into())),
        ("state", Compare::Eq("waiting".into())),
    ];
    let order = [("proposal", Direction::Descending)];
    let store = &core.store;
    let waiting = store
        .scan::<ProposalRow>(&filter, &order, None, 1)
        .await?
        .first()
        .and_then(|row| u64::try_from(row.proposal).ok());
    let (from, until) = known.term();
    Ok(OfficerView {
        number: known.number.clone(),
        role: known.role,
        name: known.particulars.name.clone(),
        department: known.particulars.department.clone(),
        cities: known.scope.cities.iter().cloned().collect(),
        units: known.particulars.units.clone(),
        from,
        until,
        state: standing(known, now).to_owned(),
        authority: known.authority.clone(),
        serial: certificate.serial().to_string(),
        certificate: known.fingerprint.to_string(),
        certificate_state: certificate_state.to_owned(),
        certificate_until: certificate.not_after().0,
        last_act: last_act(core, &known.number).await?,
        waiting,
    })
}

fn standing(known: &Appointed, now: Time) -> &'static str {
    let (from, _) = known.term();
    if known.is_ended() {
        "ended"
    } else if known.is_over(now) {
        "run-out"
    } else if now.0 < from {
        "not-begun"
    } else {
        "in-force"
    }
}

async fn last_act(core: &Core, number: &str) -> Result<Option<HistoryLine>, Error> {
    let subject = format!("officer:{number}");
    let filter = [("subject", Compare::Eq(subject.into()))];
    let order = [("idx", Direction::Descending)];
    let rows = core
        .store
        .scan::<TrailRow>(&filter, &order, None, 1)
        .await?;
    let Some(index) = rows.first().and_then(|row| u64::try_from(row.idx).ok()) else {
        return Ok(None);
    };
    let missing = || Error::Inconsistent(format!("ledger entry {index} is missing"));
    let entry = Entry::decode(&core.store.entry(index).await?.ok_or_else(missing)?)?;
    Ok(Some(HistoryLine {
        entry: index,
        time: entry.time,
        kind: entry.event.kind().to_owned(),
        officer: Some(number.to_owned()),
        sentence: String::new(),
    }))
}

fn conditions(query: &ProposalQuery, before: Option<u64>) -> Vec<(&'static str, Compare)> {
    let mut filter = Vec::new();
    for (column, value) in [("state", &query.state), ("officer", &query.officer)] {
        if let Some(value) = value {
            filter.push((column, Compare::Eq(value.as_str().into())));
        }
    }
    if let Some(before) = before {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        filter.push(("proposal", Compare::Lt(before.into())));
    }
    filter
}

/// Whether what a proposal gives or takes lies within the reader's scope.
fn is_within(core: &Core, reader: &Officer, row: &ProposalRow) -> bool {
    let former = core.officers.find(&row.officer);
    let split = |text: &str| -> Vec<String> {
        let parts = text.split(',').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let proposed = Scope {
        cities: split(&row.cities).into_iter().collect(),
        units: split(&row.units)
            .iter()
            .filter_map(|code| code.parse().ok())
            .collect(),
    };
    let gives = row.role.is_none() || reader.scope.includes(&proposed);
    gives && former.is_none_or(|former| reader.scope.includes(&former.scope))
}

/// A proposal in words.
async fn proposal_view(core: &Core, row: ProposalRow) -> Result<ProposalView, Error> {
    let change = change_of(core, &row).await?;
    let about = match change.terms() {
        Some(terms) => {
            let proposed = officer::read(&core.store, &row.officer, terms).await?;
            Some(proposed.particulars)
        }
        None => {
            let known = core.officers.find(&row.officer);
            known.map(|known| known.particulars.clone())
        }
    };
    let about = about.ok_or_else(|| decide::no_such(&row.officer))?;
    let text = core.store.unseal(&row.statement).await?;
    let text = text
        .as_deref()
        .and_then(|text| std::str::from_utf8(text).ok());
    let statement = text.map(Statement::parse).transpose()?;
    let entry = |index: i64| u64::try_from(index).unwrap_or(0);
    Ok(ProposalView {
        proposal: entry(row.proposal),
        terms: lines(&row.officer, &change, &about),
        officer: row.officer,
        change: row.change,
        state: row.state,
        role: row.role,
        sentence: statement.map(|statement| statement.zh).unwrap_or_default(),
        proposed_by: row.proposed_by,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        entry: entry(row.idx),
    })
}
