//! Units by their names, opened once and kept: there are some thousand of them, and a part of a name is in many.

use std::collections::BTreeMap;

use parking_lot::RwLock;
use policy::form::fold;
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{SealedForm, Tally, TallyRow, UnitRow};
use store::{Compare, MAX_ROWS};

use super::search::{Conditions, STATES};
use super::subject::name_token;
use crate::error::Error;
use crate::service::Core;

/// Most units of one answer: what a choice can have.
const MOST: usize = 1_024;
/// Certificates of which units are so many times as many as theirs are rare: they are found by their cases.
const RARE: u64 = 50;

/// Folded names by unit code, of the rows up to an entry.
#[derive(Default)]
pub(crate) struct UnitNames(RwLock<(i64, BTreeMap<Digest, String>)>);

impl UnitNames {
    /// Units whose names hold `part`, which is folded; none where there are more than a choice can have.
    async fn with(
        &self,
        core: &Core,
        part: &str,
    ) -> Result<Option<BTreeMap<Digest, String>>, Error> {
        self.read_on(core).await?;
        let names = self.0.read();
        let found = names.1.iter().filter(|(_, name)| name.contains(part));
        let found: BTreeMap<Digest, String> = found
            .take(MOST + 1)
            .map(|(code, name)| (*code, name.clone()))
            .collect();
        Ok((found.len() <= MOST).then_some(found))
    }

    /// Opens what came since the last time.
    async fn read_on(&self, core: &Core) -> Result<(), Error> {
        let known = self.0.read().0;
        let filter = [("idx", Compare::Gt(known.into()))];
        let rows = core
            .store
            .scan::<UnitRow>(&filter, &[], None, MAX_ROWS)
            .await?;
        let forms: Vec<Digest> = rows.iter().map(|row| row.form).collect();
        let texts: BTreeMap<Digest, _> =
            core.store.unseal_many(&forms).await?.into_iter().collect();
        let mut names = self.0.write();
        for row in rows {
            let form = texts.get(&row.form);
            let form = form.and_then(|text| serde_json::from_slice::<SealedForm>(text).ok());
            let name = form.and_then(|form| form.fields.get("department").map(|name| fold(name)));
            if let Some(name) = name {
                names.1.insert(row.unit, name);
            }
            names.0 = names.0.max(row.idx);
        }
        Ok(())
    }
}

/// What `part` of a department's name means: certificates of the units that have it in their names. Where these are many,
/// the newest of all are looked through until enough are found; where they are few, their cases lead to them.
pub(super) async fn meanings(core: &Core, part: &str) -> Result<Option<Vec<Conditions>>, Error> {
    let Some(units) = core.units.with(core, part).await? else {
        return Ok(None);
    };
    if units.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let codes: Vec<Value> = units.keys().map(|code| (*code).into()).collect();
    let of = |units: Compare| {
        let kind = Compare::Eq(Tally::Issued.as_str().into());
        vec![("kind", kind), ("unit", units)]
    };
    let theirs = sum(core, &of(Compare::In(codes.clone()))).await?;
    let all = sum(core, &of(Compare::Eq(Value::Blob(Vec::new())))).await?;
    if theirs.saturating_mul(RARE) < all {
        let tokens: Option<Vec<Digest>> =
            units.values().map(|name| name_token(core, name)).collect();
        if let Some(tokens) = tokens {
            return Ok(Some(vec![vec![("case_id", Compare::AnyTerm(tokens))]]));
        }
    }
    let state = |state: &&str| {
        vec![
            ("state", Compare::Eq((*state).into())),
            ("unit", Compare::In(codes.clone())),
        ]
    };
    Ok(Some(STATES.iter().map(state).collect()))
}

async fn sum(core: &Core, filter: &Conditions) -> Result<u64, Error> {
    let sums = core
        .store
        .group_sum::<TallyRow>(&[], "count", filter)
        .await?;
    Ok(sums.first().map_or(0, |(_, sum)| *sum))
}
