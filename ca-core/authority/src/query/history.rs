//! Ledger entries about a case or a certificate, in words.

use ledger::event::Entry;
use store::views::TrailRow;
use store::{Compare, Direction};

use crate::error::Error;
use crate::service::{Core, read_statement};
use crate::view::HistoryLine;

/// Most entries of one history.
const LIMIT: u32 = 500;

/// The entries of `subject`, oldest first. `sentences` adds who acted and what they signed.
pub(super) async fn of(
    core: &Core,
    subject: &str,
    sentences: bool,
) -> Result<Vec<HistoryLine>, Error> {
    let filter = [("subject", Compare::Eq(subject.into()))];
    let order = [("idx", Direction::Ascending)];
    let mut lines = Vec::new();
    for row in core
        .store
        .scan::<TrailRow>(&filter, &order, None, LIMIT)
        .await?
    {
        let index = u64::try_from(row.idx)
            .map_err(|_| Error::Inconsistent("a trail index is negative".into()))?;
        let body = core
            .store
            .entry(index)
            .await?
            .ok_or_else(|| Error::Inconsistent(format!("ledger entry {index} is missing")))?;
        let entry = Entry::decode(&body)?;
        let statement = entry.event.statement();
        let sentence = match statement {
            Some(statement) if sentences => read_statement(&core.store, &statement.digest)
                .await?
                .map(|s| s.zh)
                .unwrap_or_default(),
            _ => String::new(),
        };
        lines.push(HistoryLine {
            entry: index,
            time: entry.time,
            kind: entry.event.kind().to_owned(),
            officer: statement
                .filter(|_| sentences)
                .map(|statement| statement.officer.clone()),
            sentence,
        });
    }
    Ok(lines)
}
