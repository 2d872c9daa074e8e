//! Production: which cases, and on what their approvals rest.

use std::collections::BTreeSet;

use store::views::CertificateRow;

use super::material::Material;
use super::{Examined, Facts, IssueFacts, place_of_case};
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
    let dossiers = core.reading.dossiers(&core.store, cases).await?;
    let mut facts = Vec::with_capacity(cases.len());
    let mut items = Vec::with_capacity(cases.len());
    let mut names = Vec::new();
    let mut places = Vec::with_capacity(cases.len());
    for case in cases {
        let row = dossiers.case(case).ok_or_else(|| decide::no_such(case))?;
        let revision = u32::try_from(row.revision).unwrap_or(u32::MAX);
        decide::issue(
            case,
            revision,
            &row.template,
            Some(row),
            officer,
            core.policy.rules(),
        )?;
        if let Some(serial) = &row.predecessor {
            let key = [row.authority.as_str().into(), serial.as_str().into()];
            let predecessor = core.store.get::<CertificateRow>(&key).await?;
            decide::succession::produce(row, predecessor.as_ref())?;
        }
        let material = Material::of_dossier(core, row, &dossiers).await?;
        names.push(format!(
            "{} {}（{case}）",
            material.form.department(),
            material.form.display_name()
        ));
        places.push(place_of_case(row));
        items.push(IssueItem {
            case: case.clone(),
            revision,
            template: row.template,
            key: row.key,
        });
        facts.push(IssueFacts {
            row: row.clone(),
            material,
        });
    }
    let zh = format!("制作 {} 张证书：{}。", cases.len(), names.join("；"));
    let subject = Subject::CertificateIssue { items };
    Ok(Examined {
        zh,
        subject,
        preview: Vec::new(),
        places,
        facts: Facts::Issue {
            items: facts,
            dossiers,
        },
    })
}
