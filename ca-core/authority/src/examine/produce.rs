//! Production: which cases, and on what their approvals rest.

use std::collections::{BTreeMap, BTreeSet};

use store::views::CaseRow;

use super::material::{Material, preview};
use super::{Examined, Facts, IssueFacts};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::service::Core;
use crate::statement::{IssueItem, Subject};
use crate::view::Officer;

/// Most certificates of one act.
const LIMIT: usize = 100;

pub(super) async fn examine(
    core: &Core,
    officer: &Officer,
    cases: &[String],
) -> Result<Examined, Error> {
    let distinct: BTreeSet<_> = cases.iter().collect();
    if cases.is_empty() || cases.len() > LIMIT || distinct.len() != cases.len() {
        return Err(Refusal::new(
            "A413",
            format!("一次可制作 1–{LIMIT} 张证书，案件不能重复"),
            format!("1 to {LIMIT} different cases can be produced in one act"),
        )
        .into());
    }
    let mut facts = Vec::with_capacity(cases.len());
    let mut items = Vec::with_capacity(cases.len());
    let mut lines = Vec::new();
    let mut names = Vec::new();
    let keys: Vec<_> = cases
        .iter()
        .map(|case| vec![case.as_str().into()])
        .collect();
    let mut found: BTreeMap<_, _> = core
        .store
        .get_many::<CaseRow>(&keys)
        .await?
        .into_iter()
        .map(|row| (row.case_id.clone(), row))
        .collect();
    let mut rows = Vec::with_capacity(cases.len());
    for case in cases {
        let row = found.remove(case).ok_or_else(|| decide::no_such(case))?;
        let revision = u32::try_from(row.revision).unwrap_or(u32::MAX);
        decide::issue(
            case,
            revision,
            &row.template,
            Some(&row),
            officer,
            core.policy.rules(),
        )?;
        rows.push(row);
    }
    let materials = Material::of_cases(core, &rows).await?;
    for (row, material) in rows.into_iter().zip(materials) {
        let case = &row.case_id;
        let revision = u32::try_from(row.revision).unwrap_or(u32::MAX);
        names.push(format!(
            "{} {}（{case}）",
            material.form.department(),
            material.form.display_name()
        ));
        if cases.len() == 1 {
            lines = preview(&material, &material.template(core)?);
        }
        items.push(IssueItem {
            case: case.clone(),
            revision,
            template: row.template,
            key: row.key,
        });
        facts.push(IssueFacts { row, material });
    }
    let zh = format!("制作 {} 张证书：{}。", cases.len(), names.join("；"));
    let subject = Subject::CertificateIssue { items };
    Ok(Examined {
        zh,
        subject,
        preview: lines,
        facts: Facts::Issue(facts),
    })
}
