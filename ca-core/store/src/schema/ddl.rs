//! `CREATE TABLE` and `CREATE INDEX` for both dialects.

use crate::database::Backend;
use crate::table::{ColumnKind, Table};

/// The statements that create a table and its indexes.
pub(super) fn create(backend: Backend, table: &Table) -> Vec<String> {
    let mut parts: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!(
                "\"{}\" {}{null}",
                column.name,
                column_type(backend, column.kind)
            )
        })
        .collect();
    parts.push(format!("PRIMARY KEY ({})", list(table.key)));
    parts.extend(
        table
            .unique
            .iter()
            .map(|columns| format!("UNIQUE ({})", list(columns))),
    );
    let options = if backend == Backend::Sqlite {
        sqlite_options(table)
    } else {
        ""
    };
    let create = format!(
        "CREATE TABLE \"{}\" ({}){options}",
        table.name,
        parts.join(", ")
    );
    let indexes = table.indexes.iter().map(|columns| {
        let name = format!("{}_{}", table.name, columns.join("_"));
        format!(
            "CREATE INDEX \"{name}\" ON \"{}\" ({})",
            table.name,
            list(columns)
        )
    });
    std::iter::once(create).chain(indexes).collect()
}

/// What the table is, the same in both dialects: changes when and only when the declaration does.
pub(super) fn definition(table: &Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            format!(
                "{} {:?}{}",
                column.name,
                column.kind,
                if column.nullable { "?" } else { "" }
            )
        })
        .collect();
    format!(
        "{}; key {:?}; indexes {:?}; unique {:?}",
        columns.join(", "),
        table.key,
        table.indexes,
        table.unique
    )
}

fn column_type(backend: Backend, kind: ColumnKind) -> &'static str {
    match (backend, kind) {
        (Backend::Sqlite, ColumnKind::Integer) => "INTEGER",
        (Backend::Sqlite, ColumnKind::Text) => "TEXT",
        (Backend::Sqlite, ColumnKind::Blob) => "BLOB",
        (Backend::Postgres, ColumnKind::Integer) => "BIGINT",
        // By bytes, as SQLite sorts, whatever the locale of the server.
        (Backend::Postgres, ColumnKind::Text) => "TEXT COLLATE \"C\"",
        (Backend::Postgres, ColumnKind::Blob) => "BYTEA",
    }
}

/// Where a row is hardly more than its key, the key's tree holds the row.
fn sqlite_options(table: &Table) -> &'static str {
    let small = |column: &&crate::table::Column| column.kind == ColumnKind::Integer;
    let rest_is_small = table
        .columns
        .iter()
        .filter(|column| !table.key.contains(&column.name))
        .all(|c| small(&c));
    if table.key.len() > 1 && rest_is_small {
        " STRICT, WITHOUT ROWID"
    } else {
        " STRICT"
    }
}

fn list(names: &[&str]) -> String {
    format!("\"{}\"", names.join("\", \""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{CORE, ENTRIES};
    use crate::views::VIEWS;

    #[test]
    fn entries_in_both_dialects() {
        assert_eq!(
            create(Backend::Sqlite, &ENTRIES),
            [
                "CREATE TABLE \"entries\" (\"idx\" INTEGER NOT NULL, \"body\" BLOB NOT NULL, PRIMARY KEY (\"idx\")) STRICT"
            ]
        );
        assert_eq!(
            create(Backend::Postgres, &ENTRIES),
            [
                "CREATE TABLE \"entries\" (\"idx\" BIGINT NOT NULL, \"body\" BYTEA NOT NULL, PRIMARY KEY (\"idx\"))"
            ]
        );
    }

    #[test]
    fn declarations_are_sound() {
        let names: std::collections::BTreeSet<_> =
            CORE.iter().chain(VIEWS).map(|table| table.name).collect();
        assert_eq!(
            names.len(),
            CORE.len() + VIEWS.len(),
            "two tables of one name"
        );
        let plain = |name: &str| {
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        for table in CORE.iter().chain(VIEWS) {
            assert!(
                plain(table.name) && table.columns.iter().all(|column| plain(column.name)),
                "{}",
                table.name
            );
            assert!(
                !table.key.is_empty() && !table.columns.is_empty(),
                "{}",
                table.name
            );
            for name in table.key {
                let column = table.columns.iter().find(|column| column.name == *name);
                assert!(
                    column.is_some_and(|column| !column.nullable),
                    "{} key {name}",
                    table.name
                );
            }
            for name in table.indexes.iter().chain(table.unique).copied().flatten() {
                assert!(
                    table.columns.iter().any(|column| column.name == *name),
                    "{} index {name}",
                    table.name
                );
            }
        }
    }
}
