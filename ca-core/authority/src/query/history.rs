//! Ledger entries about a case or a certificate, in words.

use std::collections::{BTreeMap, BTreeSet};

use ledger::event::Entry;
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::TrailRow;
use store::{Compare, Direction, MAX_ROWS};

use crate::error::Error;
use crate::service::Core;
use crate::statement::Statement;
use crate::view::HistoryLine;

/// Most entries of one history.
const LIMIT: u32 = 500;

/// The entries of `subject`, oldest first; at most 500. `sentences` adds who acted and what they signed.
pub(super) async fn of(
    core: &Core,
    subject: &str,
    sentences: bool,
) -> Result<Vec<HistoryLine>, Error> {
    let filter = [("subject", Compare::Eq(subject.into()))];
    let order = [("idx", Direction::Ascending)];
    let trail = core.store.scan::<TrailRow>(&filter, &order, None, LIMIT);
    let entries = entries(core, &trail.await?).await?;
    let statements = entries.values().filter_map(|entry| entry.event.statement());
    let statements: Vec<Digest> = match sentences {
        true => statements.map(|statement| statement.digest).collect(),
        false => Vec::new(),
    };
    let texts = core.store.unseal_many(&statements).await?;
    let said = texts.iter().map(|(digest, text)| {
        let text = std::str::from_utf8(text)
            .map_err(|_| Error::Inconsistent("a statement is not text".into()))?;
        Ok((*digest, Statement::parse(text)?.zh))
    });
    let said: BTreeMap<Digest, String> = said.collect::<Result<_, Error>>()?;
    Ok(entries
        .iter()
        .map(|(index, entry)| {
            let statement = entry.event.statement().filter(|_| sentences);
            HistoryLine {
                entry: *index,
                time: entry.time,
                kind: entry.event.kind().to_owned(),
                officer: statement.map(|statement| statement.officer.clone()),
                sentence: statement
                    .and_then(|statement| said.get(&statement.digest).cloned())
                    .unwrap_or_default(),
            }
        })
        .collect())
}

/// Kind and time of the entries of each subject, oldest first: one reading for all of them; at most 10,000 entries.
pub(crate) async fn times_of(
    core: &Core,
    subjects: &[String],
) -> Result<BTreeMap<String, Vec<(String, i64)>>, Error> {
    let choice = subjects.iter().map(|one| Value::from(one.as_str()));
    let filter = [("subject", Compare::In(choice.collect()))];
    let order = [
        ("subject", Direction::Ascending),
        ("idx", Direction::Ascending),
    ];
    let trail = core.store.scan::<TrailRow>(&filter, &order, None, MAX_ROWS);
    let trail = trail.await?;
    let entries = entries(core, &trail).await?;
    let mut times: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for row in trail {
        let entry = u64::try_from(row.idx).ok();
        if let Some(entry) = entry.and_then(|index| entries.get(&index)) {
            let moment = (entry.event.kind().to_owned(), entry.time);
            times.entry(row.subject).or_default().push(moment);
        }
    }
    Ok(times)
}

/// The entries that a trail names, by their indexes.
async fn entries(core: &Core, trail: &[TrailRow]) -> Result<BTreeMap<u64, Entry>, Error> {
    let indexes = trail.iter().map(|row| u64::try_from(row.idx));
    let indexes: BTreeSet<u64> = indexes
        .collect::<Result<_, _>>()
        .map_err(|_| Error::Inconsistent("a trail index is negative".into()))?;
    let wanted: Vec<u64> = indexes.into_iter().collect();
    let found = core.store.entries_at(&wanted).await?;
    if found.len() != wanted.len() {
        let is_there = |index: &&u64| found.iter().any(|(at, _)| at == *index);
        let missing = wanted.iter().find(|index| !is_there(index));
        let missing = missing.copied().unwrap_or_default();
        return Err(Error::Inconsistent(format!(
            "ledger entry {missing} is missing"
        )));
    }
    let decoded = found
        .into_iter()
        .map(|(at, body)| Ok((at, Entry::decode(&body)?)));
    decoded.collect()
}
