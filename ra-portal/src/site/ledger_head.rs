//! `/log`: the head of the ledger, who signed it, and what was written last.

use std::sync::Arc;

use askama::Template;
use authority::LedgerHead;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::entry_words::{EntryWords, describe};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;

/// Entries of one page.
const ROWS: u64 = 20;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Newest entry to show; absent for the latest.
    newest: Option<u64>,
}

struct Row {
    index: u64,
    words: EntryWords,
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    page: Page,
    head: Option<LedgerHead>,
    key: String,
    rows: Vec<Row>,
    /// First entries of the neighbouring pages.
    newer: Option<u64>,
    older: Option<u64>,
    commands: [String; 2],
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = query.map_err(|_| Failure::bad_request(""))?;
    let page = visitor.page(Section::Ledger, "log.title");
    let head = portal.authority.ledger_head().await?;
    let size = head.as_ref().map_or(0, |head| head.size);
    let newest = asked.newest.unwrap_or(u64::MAX).min(size.saturating_sub(1));
    let first = newest.saturating_sub(ROWS - 1);
    let mut rows = Vec::new();
    if size > 0 {
        let count = u32::try_from(newest - first + 1).unwrap_or(0);
        let entries = portal.authority.entries(first, count).await?;
        let words = |(index, body): (u64, String)| Row {
            index,
            words: describe(&body, page.language),
        };
        rows = entries.into_iter().rev().map(words).collect();
    }
    let newer = (newest + 1 < size).then(|| (newest + ROWS).min(size - 1));
    let older = first.checked_sub(1);
    let commands = [
        format!("curl -sS {}/log/checkpoint", page.machines),
        "gmpki audit verify".to_owned(),
    ];
    visitor.show(&Log {
        page,
        head,
        key: portal.authority.log_key(),
        rows,
        newer,
        older,
        commands,
    })
}
