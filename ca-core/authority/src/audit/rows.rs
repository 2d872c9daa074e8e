//! Views: rebuilt from the entries and compared with what the database holds.

use ledger::event::Entry;
use store::Store;
use store::table::Table;
use store::value::Value;
use store::views::{Overlay, SealedForm, Touched, VIEWS};

use super::{Progress, Report};
use crate::error::Error;

/// Entries of one rebuilding transaction, and rows of one comparison.
const PAGE: usize = 2000;

pub(super) async fn verify(
    store: &Store,
    scratch: &Store,
    entries: &[(u64, Entry)],
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), Error> {
    rebuild(store, scratch, entries, report, progress).await?;
    for (done, table) in (0..).zip(VIEWS) {
        progress(done, VIEWS.len() as u64, table.name);
        match compare(store, scratch, table, report).await {
            Ok(()) => {}
            Err(Error::Store(
                error @ (store::Error::Damaged { .. } | store::Error::Column { .. }),
            )) => {
                report.find("V305", table.name, error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn rebuild(
    store: &Store,
    scratch: &Store,
    entries: &[(u64, Entry)],
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let lock = scratch.acquire_writer().await?;
    let mut done = 0;
    for page in entries.chunks(PAGE) {
        let mut touched = Touched::default();
        for (_, entry) in page {
            touched.add(entry);
        }
        let mut tx = scratch.begin(&lock).await?;
        let mut overlay = Overlay::load(&mut tx, &touched).await?;
        for form in &touched.forms {
            overlay.forms.insert(*form, read_form(store, form).await?);
        }
        for (index, entry) in page {
            if let Err(error) = overlay.project(*index, entry) {
                report.find("V301", format!("entry {index}"), error.what);
            }
        }
        overlay.write(&mut tx, store.seal_key()).await?;
        tx.commit().await?;
        done += page.len() as u64;
        progress(done, entries.len() as u64, "views");
    }
    Ok(())
}

/// A form; an empty one where it is missing or damaged, which `evidence` has reported.
async fn read_form(store: &Store, digest: &sm_engine::sm3::Digest) -> Result<SealedForm, Error> {
    let bytes = match store.unseal(digest).await {
        Ok(bytes) => bytes,
        Err(store::Error::Damaged { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let form = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(form.unwrap_or_default())
}

/// Rows of one table in key order, read page by page.
struct Rows<'a> {
    store: &'a Store,
    table: &'static Table,
    page: std::vec::IntoIter<Vec<Value>>,
    after: Option<Vec<Value>>,
    ended: bool,
}

impl<'a> Rows<'a> {
    fn of(store: &'a Store, table: &'static Table) -> Self {
        Self {
            store,
            table,
            page: Vec::new().into_iter(),
            after: None,
            ended: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        if let Some(row) = self.page.next() {
            return Ok(Some(row));
        }
        if self.ended {
            return Ok(None);
        }
        let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
        let page = self
            .store
            .dump(self.table, self.after.take(), limit)
            .await?;
        self.ended = page.len() < PAGE;
        self.after = page.last().map(|row| key(self.table, row));
        self.page = page.into_iter();
        Ok(self.page.next())
    }
}

async fn compare(
    store: &Store,
    scratch: &Store,
    table: &'static Table,
    report: &mut Report,
) -> Result<(), Error> {
    let (mut live, mut rebuilt) = (Rows::of(store, table), Rows::of(scratch, table));
    let (mut found, mut wanted) = (live.next().await?, rebuilt.next().await?);
    loop {
        match (&found, &wanted) {
            (None, None) => return Ok(()),
            (Some(row), Some(other)) if key(table, row) == key(table, other) => {
                report.rows += 1;
                for ((column, value), expected) in table.columns.iter().zip(row).zip(other) {
                    if value != expected {
                        let what = format!(
                            "column {} is {}, the ledger gives {}",
                            column.name,
                            show(value),
                            show(expected)
                        );
                        report.find("V302", place(table, row), what);
                    }
                }
                found = live.next().await?;
                wanted = rebuilt.next().await?;
            }
            (Some(row), other)
                if other
                    .as_ref()
                    .is_none_or(|other| key(table, row) < key(table, other)) =>
            {
                report.find("V303", place(table, row), "the ledger gives no such row");
                found = live.next().await?;
            }
            (_, Some(other)) => {
                report.find("V304", place(table, other), "the row is missing");
                wanted = rebuilt.next().await?;
            }
            // The arm above takes every other row that was found.
            (Some(_), None) => return Ok(()),
        }
    }
}

fn key(table: &Table, row: &[Value]) -> Vec<Value> {
    table
        .key
        .iter()
        .filter_map(|name| table.columns.iter().position(|column| column.name == *name))
        .filter_map(|at| row.get(at).cloned())
        .collect()
}

fn place(table: &Table, row: &[Value]) -> String {
    let parts: Vec<_> = key(table, row).iter().map(show).collect();
    format!("{} {}", table.name, parts.join("/"))
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.chars().take(80).collect(),
        Value::Blob(bytes) => hex::encode(bytes.get(..40).unwrap_or(bytes)),
    }
}
