//! Certificates that follow on others, as officers see them: links between the two, and what is possible.

use std::collections::BTreeMap;

use ledger::event::Succession;
use policy::Verb;
use store::Compare;
use store::views::{CaseRow, CertificateRow, SuccessionRow};

use super::certificate::find;
use crate::act::Succeeds;
use crate::decide;
use crate::error::Error;
use crate::examine::{Material, Predecessor, place_of_certificate};
use crate::service::{Authority, Core};
use crate::view::{Officer, SuccessionView, Successor};

/// Most cases that are shown as following on one certificate.
const SHOWN: u32 = 100;

impl Authority {
    /// What can follow on a certificate now, what that would do, and why anything cannot.
    ///
    /// # Errors
    /// A refusal where the role may not enter cases or there is no such certificate on a case.
    pub async fn successions(
        &self,
        officer: &Officer,
        authority: &str,
        serial: &str,
    ) -> Result<Vec<SuccessionView>, Error> {
        let officer = self.reader(officer, Verb::CaseSubmit).await?;
        let core = &self.core;
        let row = find(core, Some(authority), serial).await?;
        let (rules, place) = (core.policy.rules(), place_of_certificate(&row));
        rules.within(Verb::CaseSubmit, &officer.scope, &place)?;
        let profile = core.policy.profile(&row.profile);
        let profile = profile.filter(|profile| profile.requestable());
        let profile = profile.ok_or_else(|| decide::no_such(serial))?;
        let others = cases_after(core, &row).await?;
        let others: Vec<CaseRow> = others.into_iter().map(|(case, _)| case).collect();
        let now = core.clock.now().0;
        let all = Succession::ALL.into_iter().map(|succession| {
            let succeeds = Succeeds {
                succession,
                serial: row.serial.clone(),
            };
            let predecessor = Predecessor::new(succeeds, &row.authority, profile, Some(&row));
            let refusal =
                decide::succession::open(&predecessor, Some(&row), "", &others, now).err();
            SuccessionView {
                succession,
                possible: refusal.is_none(),
                refusal,
                validity_days: profile.validity_days,
                overlap_days: u32::try_from(predecessor.overlap / 86_400).unwrap_or(0),
                reason: succession.reason().to_owned(),
                may_keep_key: predecessor.may_keep_key(),
            }
        });
        Ok(all.collect())
    }

    /// What was entered for a certificate, to begin the application for its successor with: without personal data,
    /// which is entered anew from the papers and held against what is on record.
    ///
    /// # Errors
    /// As [`Self::successions`].
    pub async fn form_for_successor(
        &self,
        officer: &Officer,
        authority: &str,
        serial: &str,
    ) -> Result<BTreeMap<String, String>, Error> {
        let officer = self.reader(officer, Verb::CaseSubmit).await?;
        let row = find(&self.core, Some(authority), serial).await?;
        let case = row.case_id.ok_or_else(|| decide::no_such(serial))?;
        let case = self.case_row(&officer, Verb::CaseSubmit, &case).await?;
        let form = Material::of_case(&self.core, &case).await?.form;
        let mut fields = form.to_map();
        fields.retain(|name, _| !form.is_personal(name));
        Ok(fields)
    }

    /// What a succession of that kind would do, if it is possible now.
    ///
    /// # Errors
    /// As [`Self::successions`]; a refusal that says why it is not possible.
    pub async fn succession(
        &self,
        officer: &Officer,
        authority: &str,
        serial: &str,
        succession: Succession,
    ) -> Result<SuccessionView, Error> {
        let all = self.successions(officer, authority, serial).await?;
        let found = all.into_iter().find(|one| one.succession == succession);
        let found = found.ok_or_else(|| decide::no_such(serial))?;
        match found.refusal {
            None => Ok(found),
            Some(refusal) => Err(refusal.into()),
        }
    }
}

/// The certificate that one follows on.
pub(super) async fn before(core: &Core, row: &CertificateRow) -> Result<Option<Succeeds>, Error> {
    let Some(case) = &row.case_id else {
        return Ok(None);
    };
    let case = core.store.get::<CaseRow>(&[case.as_str().into()]).await?;
    let succeeds = case.as_ref().map(Succeeds::of).transpose()?;
    Ok(succeeds.flatten())
}

/// The cases of those that follow on one.
pub(super) async fn after(core: &Core, row: &CertificateRow) -> Result<Vec<Successor>, Error> {
    let cases = cases_after(core, row).await?.into_iter();
    let successors = cases.filter_map(|(case, due_at)| {
        let succeeds = Succeeds::of(&case).transpose()?;
        Some(succeeds.map(|succeeds| Successor {
            case: case.case_id,
            state: case.state,
            succession: succeeds.succession,
            serial: case.serial,
            due_at: due_at.filter(|_| matches!(row.state.as_str(), "good" | "held")),
        }))
    });
    successors.collect()
}

async fn cases_after(
    core: &Core,
    row: &CertificateRow,
) -> Result<Vec<(CaseRow, Option<i64>)>, Error> {
    let filter = [
        ("authority", Compare::Eq(row.authority.as_str().into())),
        ("serial", Compare::Eq(row.serial.as_str().into())),
    ];
    let found = core.store.scan::<SuccessionRow>(&filter, &[], None, SHOWN);
    let due: BTreeMap<String, Option<i64>> = found
        .await?
        .into_iter()
        .map(|row| (row.case_id, row.due_at))
        .collect();
    let keys: Vec<_> = due.keys().map(|case| vec![case.as_str().into()]).collect();
    let cases = core.store.get_many::<CaseRow>(&keys).await?.into_iter();
    Ok(cases
        .map(|case| {
            let due_at = due.get(&case.case_id).copied().flatten();
            (case, due_at)
        })
        .collect())
}
