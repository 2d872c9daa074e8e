//! What is in a database that no declaration asks for: a trigger or a rule that changes rows as they are written, a
//! column default, an index or a table that somebody made, rows of the program's own two tables that it would not write.

use std::collections::{BTreeMap, BTreeSet};

use super::prepare::{CORE_ROW, declarations};
use super::{CORE, VERSION, WRITER, ddl};
use crate::database::{Backend, Session};
use crate::error::Error;
use crate::read;
use crate::sql::{self, Statement};
use crate::store::Store;
use crate::table::{ColumnKind, Table};
use crate::value::Value;

/// Longest name of PostgreSQL: bytes. It cuts what is longer.
const NAME: usize = 63;

/// Triggers, rules, constraints that are neither keys nor `NOT NULL`, and column defaults, each with its table.
const POSTGRES_EXTRAS: &str = "\
SELECT 'trigger ' || t.tgname::text || ' on ' || c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND NOT t.tgisinternal \
UNION ALL SELECT 'rule ' || r.rulename::text || ' on ' || r.tablename::text FROM pg_rules r WHERE r.schemaname = current_schema() \
UNION ALL SELECT 'constraint ' || o.conname::text || ' on ' || c.relname::text FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid \
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND o.contype IN ('c', 'f', 't', 'x') \
UNION ALL SELECT 'default of ' || d.column_name::text || ' in ' || d.table_name::text FROM information_schema.columns d \
WHERE d.table_schema = current_schema() AND d.column_default IS NOT NULL";

/// Tables, indexes, views and sequences: kind and name.
const POSTGRES_OBJECTS: &str = "\
SELECT c.relkind::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
WHERE n.nspname = current_schema()";

/// Tables, indexes, views and triggers: kind, name and text. What SQLite makes by itself has no text, or is statistics.
const SQLITE_OBJECTS: &str = "\
SELECT type, name, COALESCE(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

/// Something that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// `trigger x`, `schema entries`.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl Store {
    /// Everything in the database that is not as this program declares it. Rows of views and of the record are not
    /// looked at.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn oddities(&self) -> Result<Vec<Oddity>, Error> {
        let tables: Vec<&'static Table> = CORE.iter().chain(self.inner.tables).copied().collect();
        let mut session = self.reader().await?;
        let mut found = match session.backend() {
            Backend::Sqlite => sqlite_objects(&mut session, &tables).await?,
            Backend::Postgres => postgres_objects(&mut session, &tables).await?,
        };
        found.extend(declared(&mut session, self.inner.tables).await?);
        found.extend(writer(&mut session).await?);
        Ok(found)
    }
}

fn odd(place: impl Into<String>, what: &str) -> Oddity {
    Oddity {
        place: place.into(),
        what: what.to_owned(),
    }
}

/// SQLite keeps the text of every declaration: it must be ours, to the letter.
async fn sqlite_objects(
    session: &mut Session,
    tables: &[&'static Table],
) -> Result<Vec<Oddity>, Error> {
    let mut wanted: BTreeSet<String> = tables
        .iter()
        .flat_map(|table| ddl::create(Backend::Sqlite, table))
        .collect();
    let mut found = Vec::new();
    for row in texts(session, SQLITE_OBJECTS, 3).await? {
        let [kind, name, text] = row.as_slice() else {
            continue;
        };
        if !wanted.remove(text) {
            found.push(odd(
                format!("{kind} {name}"),
                "this program has not made it, or not like this",
            ));
        }
    }
    let missing = wanted.into_iter();
    found.extend(missing.map(|text| odd(text, "it is missing, or was changed")));
    Ok(found)
}

async fn postgres_objects(
    session: &mut Session,
    tables: &[&'static Table],
) -> Result<Vec<Oddity>, Error> {
    let mut wanted: BTreeMap<String, &str> = BTreeMap::new();
    for table in tables {
        let named = |columns: &[&str], suffix: &str| {
            let mut name = format!("{}_{}{suffix}", table.name, columns.join("_"));
            name.truncate(NAME);
            name
        };
        wanted.insert(table.name.to_owned(), "r");
        wanted.insert(format!("{}_pkey", table.name), "i");
        wanted.extend(
            table
                .indexes
                .iter()
                .map(|columns| (named(columns, ""), "i")),
        );
        let unique = table.unique.iter();
        wanted.extend(unique.map(|columns| (named(columns, "_key"), "i")));
    }
    let mut found = Vec::new();
    for row in texts(session, POSTGRES_OBJECTS, 2).await? {
        let [kind, name] = row.as_slice() else {
            continue;
        };
        if wanted.remove(name) != Some(kind.as_str()) {
            found.push(odd(
                format!("{kind} {name}"),
                "this program has not made it, or not like this",
            ));
        }
    }
    let missing = wanted.into_keys();
    found.extend(missing.map(|name| odd(name, "it is missing")));
    let extras = texts(session, POSTGRES_EXTRAS, 1).await?;
    let extras = extras.into_iter().flatten();
    found.extend(extras.map(|place| odd(place, "this program has not made it")));
    Ok(found)
}

/// The rows of `schema`: one for the core and one for each view, complete.
async fn declared(
    session: &mut Session,
    views: &'static [&'static Table],
) -> Result<Vec<Oddity>, Error> {
    let mut rows = declarations(session).await?.unwrap_or_default();
    let mut found = Vec::new();
    let wanted = views
        .iter()
        .map(|table| (table.name, 1, ddl::definition(table)));
    let core = (CORE_ROW, VERSION, String::new());
    for (name, version, definition) in wanted.chain([core]) {
        if rows.remove(name) != Some((version, definition)) {
            found.push(odd(
                format!("schema {name}"),
                "the row is missing or was changed",
            ));
        }
    }
    let surplus = rows.into_keys();
    found.extend(surplus.map(|name| {
        odd(
            format!("schema {name}"),
            "this program declares no such view",
        )
    }));
    Ok(found)
}

/// The one row of `writer`.
async fn writer(session: &mut Session) -> Result<Vec<Oddity>, Error> {
    let statement = sql::select(session.backend(), &WRITER);
    let rows = read::fetch(session, WRITER.name, statement, &read::kinds(&WRITER)).await?;
    let sound = |row: &Vec<Value>| {
        matches!(row.as_slice(), [Value::Integer(1), Value::Text(_), Value::Integer(epoch), Value::Integer(commits)]
            if *epoch >= 0 && *commits >= 0)
    };
    Ok(match rows.as_slice() {
        [row] if sound(row) => Vec::new(),
        _ => vec![odd(
            "writer",
            "it has one row, number 1, and counts from 0 upwards",
        )],
    })
}

/// Rows of text columns.
async fn texts(
    session: &mut Session,
    query: &str,
    columns: usize,
) -> Result<Vec<Vec<String>>, Error> {
    let statement = Statement::new(session.backend(), query);
    let kinds = vec![ColumnKind::Text; columns];
    let rows = read::fetch(session, "schema", statement, &kinds).await?;
    let text = |value| match value {
        Value::Text(text) => text,
        _ => String::new(),
    };
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| row.into_iter().map(text).collect())
        .collect())
}
