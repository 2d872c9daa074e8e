//! SQL texts from table declarations, for both dialects, with nothing in them but declared names.
//!
//! Rows and keys are grouped by powers of two, so that few distinct texts exist and prepared statements are
//! reused. SQLite gets `?` (its named parameters are looked up linearly), PostgreSQL gets `$n`.

use std::ops::Range;

use crate::database::Backend;
use crate::error::Error;
use crate::table::{Column, ColumnKind, Table};
use crate::value::Value;

/// Most rows of one statement.
const LARGEST_GROUP: usize = 256;

/// A statement and its arguments.
pub(crate) struct Statement {
    backend: Backend,
    /// The text.
    pub(crate) text: String,
    /// The arguments in order; the kind says which type a null has.
    pub(crate) arguments: Vec<(Value, ColumnKind)>,
}

/// What to do where a row with the same key exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    Fail,
    Ignore,
    Update,
}

impl Statement {
    pub(crate) fn new(backend: Backend, text: impl Into<String>) -> Self {
        Self {
            backend,
            text: text.into(),
            arguments: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A declared name, quoted.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.push("\"").push(name).push("\"")
    }

    pub(crate) fn names<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> &mut Self {
        for (at, name) in names.into_iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.name(name);
        }
        self
    }

    pub(crate) fn bind(&mut self, value: Value, kind: ColumnKind) -> &mut Self {
        self.arguments.push((value, kind));
        match self.backend {
            Backend::Sqlite => self.text.push('?'),
            Backend::Postgres => {
                self.text.push('$');
                self.text.push_str(&self.arguments.len().to_string());
            }
        }
        self
    }

    /// `($1, $2), ($3, $4), …`
    pub(crate) fn bind_rows<'a>(
        &mut self,
        columns: &[&Column],
        rows: impl IntoIterator<Item = &'a [Value]>,
    ) -> &mut Self {
        for (at, row) in rows.into_iter().enumerate() {
            self.push(if at > 0 { ", (" } else { "(" });
            for (at, (column, value)) in columns.iter().zip(row).enumerate() {
                if at > 0 {
                    self.push(", ");
                }
                self.bind(value.clone(), column.kind);
            }
            self.push(")");
        }
        self
    }

    /// `"column" IN (…)` for one key column, `("a", "b") IN (VALUES (…), (…))` for several.
    pub(crate) fn key_in(&mut self, columns: &[&Column], keys: &[&[Value]]) -> &mut Self {
        let padded = pad(keys);
        if let [column] = columns {
            self.name(column.name).push(" IN (");
            for (at, key) in padded.iter().enumerate() {
                if at > 0 {
                    self.push(", ");
                }
                self.bind(key.first().cloned().unwrap_or(Value::Null), column.kind);
            }
            self.push(")")
        } else {
            self.push("(")
                .names(columns.iter().map(|column| column.name));
            self.push(") IN (VALUES ")
                .bind_rows(columns, padded)
                .push(")")
        }
    }
}

/// Splits `count` rows into groups of 256, 128, 64, … 1.
pub(crate) fn groups(count: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let left = count - start;
        if left == 0 {
            return None;
        }
        let size = (1 << left.ilog2()).min(LARGEST_GROUP);
        start += size;
        Some(start - size..start)
    })
}

/// Splits keys into slices of at most 256; each is padded to a power of two when it is bound.
pub(crate) fn key_groups(keys: &[Vec<Value>]) -> impl Iterator<Item = Vec<&[Value]>> {
    keys.chunks(LARGEST_GROUP)
        .map(|group| group.iter().map(Vec::as_slice).collect())
}

/// Repeats the last element up to a power of two: a list in `IN (…)` may contain one thing twice.
pub(crate) fn pad<T: Copy>(list: &[T]) -> Vec<T> {
    let mut padded = list.to_vec();
    if let Some(last) = list.last() {
        padded.resize(list.len().next_power_of_two(), *last);
    }
    padded
}

/// `INSERT INTO … VALUES …` with as many rows as given.
pub(crate) fn insert(
    backend: Backend,
    table: &Table,
    rows: &[Vec<Value>],
    on_conflict: OnConflict,
) -> Statement {
    let columns: Vec<&Column> = table.columns.iter().collect();
    let mut statement = Statement::new(backend, "INSERT INTO ");
    statement
        .name(table.name)
        .push(" (")
        .names(columns.iter().map(|column| column.name));
    statement
        .push(") VALUES ")
        .bind_rows(&columns, rows.iter().map(Vec::as_slice));
    let changing: Vec<&str> = columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !table.key.contains(name))
        .collect();
    match on_conflict {
        OnConflict::Fail => {}
        OnConflict::Update if !changing.is_empty() => {
            statement
                .push(" ON CONFLICT (")
                .names(table.key.iter().copied())
                .push(") DO UPDATE SET ");
            for (at, name) in changing.into_iter().enumerate() {
                if at > 0 {
                    statement.push(", ");
                }
                statement.name(name).push(" = excluded.").name(name);
            }
        }
        OnConflict::Ignore | OnConflict::Update => {
            statement
                .push(" ON CONFLICT (")
                .names(table.key.iter().copied())
                .push(") DO NOTHING");
        }
    }
    statement
}

/// `SELECT every column FROM table`, to be continued.
pub(crate) fn select(backend: Backend, table: &Table) -> Statement {
    let mut statement = Statement::new(backend, "SELECT ");
    statement
        .names(table.columns.iter().map(|column| column.name))
        .push(" FROM ")
        .name(table.name);
    statement
}

/// `SELECT … WHERE key IN (…)`.
pub(crate) fn select_keys(
    backend: Backend,
    table: &Table,
    keys: &[&[Value]],
) -> Result<Statement, Error> {
    let key: Vec<&Column> = table
        .key_columns()?
        .into_iter()
        .map(|(_, column)| column)
        .collect();
    let mut statement = select(backend, table);
    statement.push(" WHERE ").key_in(&key, keys);
    Ok(statement)
}

/// `DELETE FROM … WHERE key IN (…)`.
pub(crate) fn delete_keys(
    backend: Backend,
    table: &Table,
    keys: &[&[Value]],
) -> Result<Statement, Error> {
    let key: Vec<&Column> = table
        .key_columns()?
        .into_iter()
        .map(|(_, column)| column)
        .collect();
    let mut statement = Statement::new(backend, "DELETE FROM ");
    statement
        .name(table.name)
        .push(" WHERE ")
        .key_in(&key, keys);
    Ok(statement)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn groups_cover_every_row_once_in_few_sizes(count in 0usize..5_000) {
            let mut next = 0;
            for group in groups(count) {
                prop_assert_eq!(group.start, next);
                prop_assert!(group.len().is_power_of_two() && group.len() <= LARGEST_GROUP);
                next = group.end;
            }
            prop_assert_eq!(next, count);
        }

        #[test]
        fn padding_adds_only_what_is_there(list in prop::collection::vec(any::<u8>(), 1..300)) {
            let padded = pad(&list);
            prop_assert!(padded.len().is_power_of_two());
            prop_assert_eq!(&padded[..list.len()], &list[..]);
            prop_assert!(padded[list.len()..].iter().all(|last| Some(last) == list.last()));
        }
    }

    static PAIRS: Table = Table {
        name: "pairs",
        columns: &[
            Column::new("a", ColumnKind::Text),
            Column::new("b", ColumnKind::Integer),
            Column {
                name: "c",
                kind: ColumnKind::Blob,
                nullable: true,
            },
        ],
        key: &["a", "b"],
        indexes: &[],
        unique: &[],
    };

    fn row(a: &str, b: i64) -> Vec<Value> {
        vec![a.into(), b.into(), Value::Null]
    }

    #[test]
    fn texts_of_both_dialects() {
        let upsert = insert(
            Backend::Postgres,
            &PAIRS,
            &[row("x", 1), row("y", 2)],
            OnConflict::Update,
        );
        assert_eq!(
            upsert.text,
            "INSERT INTO \"pairs\" (\"a\", \"b\", \"c\") VALUES ($1, $2, $3), ($4, $5, $6) \
             ON CONFLICT (\"a\", \"b\") DO UPDATE SET \"c\" = excluded.\"c\""
        );
        assert_eq!(upsert.arguments.len(), 6);
        let key = row("x", 1)[..2].to_vec();
        let keys = [key.as_slice(), &key, &key];
        assert_eq!(
            delete_keys(Backend::Sqlite, &PAIRS, &keys).unwrap().text,
            "DELETE FROM \"pairs\" WHERE (\"a\", \"b\") IN (VALUES (?, ?), (?, ?), (?, ?), (?, ?))"
        );
    }
}
