//! SQL texts from table declarations, for both dialects, with nothing in them but declared names.
//!
//! Few distinct texts, so that prepared statements are reused: SQLite gets lists of rows and keys filled up to a power
//! of two and `?` (its named parameters are looked up linearly), PostgreSQL gets one array per column and `$n`.

use crate::database::Backend;
use crate::error::Error;
use crate::table::{Column, ColumnKind, Table};
use crate::value::Value;

/// Most rows of one statement.
pub(crate) const LARGEST_GROUP: usize = 256;

/// A statement and its arguments.
pub(crate) struct Statement {
    backend: Backend,
    /// The text.
    pub(crate) text: String,
    /// The arguments in order; the kind says which type a null has.
    pub(crate) arguments: Vec<(Argument, ColumnKind)>,
    /// Reads few rows, each by its key.
    pub(crate) quick: bool,
}

/// What stands for one placeholder.
pub(crate) enum Argument {
    /// One value.
    One(Value),
    /// A column of values, for PostgreSQL only.
    Many(Vec<Value>),
}

/// What to do where a row with the same key exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict<'a> {
    /// Add what is given to this column; the others stay.
    Add(&'static str),
    Fail,
    Ignore,
    Update,
    /// Update only these columns: indexes of others stay untouched.
    UpdateColumns(&'a [&'static str]),
}

impl Statement {
    pub(crate) fn new(backend: Backend, text: impl Into<String>) -> Self {
        Self {
            backend,
            text: text.into(),
            arguments: Vec::new(),
            quick: false,
        }
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend
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
        self.argument(Argument::One(value), kind)
    }

    fn argument(&mut self, argument: Argument, kind: ColumnKind) -> &mut Self {
        self.arguments.push((argument, kind));
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
    pub(crate) fn bind_rows<R: IntoIterator<Item = Value>>(
        &mut self,
        columns: &[&Column],
        rows: impl IntoIterator<Item = R>,
    ) -> &mut Self {
        for (at, row) in rows.into_iter().enumerate() {
            self.push(if at > 0 { ", (" } else { "(" });
            for (at, (column, value)) in columns.iter().zip(row).enumerate() {
                if at > 0 {
                    self.push(", ");
                }
                self.bind(value, column.kind);
            }
            self.push(")");
        }
        self
    }

    /// `SELECT * FROM UNNEST($1::bigint[], $2::text[], …)`: rows of any number in one text. PostgreSQL.
    fn bind_columns(&mut self, columns: &[&Column], rows: Vec<Vec<Value>>) -> &mut Self {
        let mut values: Vec<_> = columns
            .iter()
            .map(|_| Vec::with_capacity(rows.len()))
            .collect();
        for row in rows {
            for (column, value) in values.iter_mut().zip(row) {
                column.push(value);
            }
        }
        self.push("SELECT * FROM UNNEST(");
        for (at, (column, values)) in columns.iter().zip(values).enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.bind_array(values, column.kind);
        }
        self.push(")")
    }

    /// `$1::bigint[]`. PostgreSQL.
    fn bind_array(&mut self, values: Vec<Value>, kind: ColumnKind) -> &mut Self {
        self.argument(Argument::Many(values), kind)
            .push(match kind {
                ColumnKind::Integer => "::bigint[]",
                ColumnKind::Text => "::text[]",
                ColumnKind::Blob => "::bytea[]",
            })
    }

    /// For one key column `"column" IN (…)`, in PostgreSQL `"column" = ANY($1::text[])`; for several
    /// `("a", "b") IN (VALUES (…), (…))`.
    pub(crate) fn key_in(&mut self, columns: &[&Column], keys: &[&[Value]]) -> &mut Self {
        let [column] = columns else {
            let rows = pad(keys).into_iter().map(|key| key.iter().cloned());
            return self
                .push("(")
                .names(columns.iter().map(|column| column.name))
                .push(") IN (VALUES ")
                .bind_rows(columns, rows)
                .push(")");
        };
        let value = |key: &[Value]| key.first().cloned().unwrap_or(Value::Null);
        self.name(column.name);
        if self.backend == Backend::Postgres {
            let values = keys.iter().map(|key| value(key)).collect();
            return self
                .push(" = ANY(")
                .bind_array(values, column.kind)
                .push(")");
        }
        self.push(" IN (");
        for (at, key) in pad(keys).into_iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.bind(value(key), column.kind);
        }
        self.push(")")
    }
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

/// `INSERT INTO …` with as many rows as given.
pub(crate) fn insert(
    backend: Backend,
    table: &Table,
    rows: Vec<Vec<Value>>,
    on_conflict: OnConflict<'_>,
) -> Result<Statement, Error> {
    let columns: Vec<&Column> = table.columns.iter().collect();
    let mut statement = Statement::new(backend, "INSERT INTO ");
    statement
        .name(table.name)
        .push(" (")
        .names(columns.iter().map(|column| column.name))
        .push(") ");
    match backend {
        Backend::Postgres => statement.bind_columns(&columns, rows),
        Backend::Sqlite if rows.len() == 1 => statement.push("VALUES ").bind_rows(&columns, rows),
        Backend::Sqlite => {
            // Rows of nothing fill the list up to a power of two; a key is never absent.
            let (key, _) = table.column(table.key.first().copied().unwrap_or_default())?;
            let fill = rows.len().next_power_of_two() - rows.len();
            let nothing = vec![Value::Null; columns.len()];
            let rows = rows.into_iter().chain(vec![nothing; fill]);
            statement
                .push("SELECT * FROM (VALUES ")
                .bind_rows(&columns, rows)
                .push(&format!(") WHERE \"column{}\" NOT NULL", key + 1))
        }
    };
    let changing: Vec<&str> = columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !table.key.contains(name))
        .filter(|name| match on_conflict {
            OnConflict::Add(column) => column == *name,
            OnConflict::UpdateColumns(some) => some.contains(name),
            OnConflict::Fail | OnConflict::Ignore | OnConflict::Update => true,
        })
        .collect();
    match on_conflict {
        OnConflict::Fail => {}
        OnConflict::Add(column) => {
            statement
                .push(" ON CONFLICT (")
                .names(table.key.iter().copied())
                .push(") DO UPDATE SET ")
                .name(column)
                .push(" = ")
                .name(table.name)
                .push(".")
                .name(column)
                .push(" + excluded.")
                .name(column);
        }
        OnConflict::Update | OnConflict::UpdateColumns(_) if !changing.is_empty() => {
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
        OnConflict::Ignore | OnConflict::Update | OnConflict::UpdateColumns(_) => {
            statement
                .push(" ON CONFLICT (")
                .names(table.key.iter().copied())
                .push(") DO NOTHING");
        }
    }
    Ok(statement)
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
    statement.quick = true;
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

    static NARROW: Table = Table {
        name: "narrow",
        key: &["b"],
        ..PAIRS
    };

    static NAMES: Table = Table {
        name: "names",
        columns: &[Column::new("name", ColumnKind::Text)],
        key: &["name"],
        indexes: &[],
        unique: &[],
    };

    fn row(a: &str, b: i64) -> Vec<Value> {
        vec![a.into(), b.into(), Value::Null]
    }

    #[test]
    fn texts_of_both_dialects() {
        let rows = vec![row("x", 1), row("y", 2), row("z", 3)];
        let of = |backend, rows, on_conflict| insert(backend, &PAIRS, rows, on_conflict).unwrap();
        let upsert = of(Backend::Postgres, rows.clone(), OnConflict::Update);
        assert_eq!(
            upsert.text,
            "INSERT INTO \"pairs\" (\"a\", \"b\", \"c\") \
             SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::bytea[]) \
             ON CONFLICT (\"a\", \"b\") DO UPDATE SET \"c\" = excluded.\"c\""
        );
        assert_eq!(upsert.arguments.len(), 3);
        let narrow = OnConflict::UpdateColumns(&["a"]);
        let narrow = insert(Backend::Sqlite, &NARROW, vec![row("x", 1)], narrow).unwrap();
        assert_eq!(
            narrow.text,
            "INSERT INTO \"narrow\" (\"a\", \"b\", \"c\") VALUES (?, ?, ?) \
             ON CONFLICT (\"b\") DO UPDATE SET \"a\" = excluded.\"a\""
        );
        let add = of(Backend::Postgres, vec![row("x", 1)], OnConflict::Add("b"));
        assert!(
            add.text.ends_with(
                "ON CONFLICT (\"a\", \"b\") DO UPDATE SET \"b\" = \"pairs\".\"b\" + excluded.\"b\""
            ),
            "{}",
            add.text
        );
        let ignore = of(Backend::Sqlite, rows, OnConflict::Ignore);
        assert_eq!(
            ignore.text,
            "INSERT INTO \"pairs\" (\"a\", \"b\", \"c\") \
             SELECT * FROM (VALUES (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?)) \
             WHERE \"column1\" NOT NULL ON CONFLICT (\"a\", \"b\") DO NOTHING"
        );
        assert_eq!(ignore.arguments.len(), 12);
        let one = of(Backend::Sqlite, vec![row("x", 1)], OnConflict::Fail);
        assert_eq!(
            one.text,
            "INSERT INTO \"pairs\" (\"a\", \"b\", \"c\") VALUES (?, ?, ?)"
        );
        let key = row("x", 1)[..2].to_vec();
        let keys = [key.as_slice(), &key, &key];
        let find = select_keys(Backend::Postgres, &NAMES, &[&key[..1]]).unwrap();
        assert_eq!(
            find.text,
            "SELECT \"name\" FROM \"names\" WHERE \"name\" = ANY($1::text[])"
        );
        assert_eq!(
            delete_keys(Backend::Sqlite, &PAIRS, &keys).unwrap().text,
            "DELETE FROM \"pairs\" WHERE (\"a\", \"b\") IN (VALUES (?, ?), (?, ?), (?, ?), (?, ?))"
        );
    }
}
