//! Brings a database to the shape that this program declares, or says why it may not.

use std::collections::BTreeMap;

use super::{ADDED, CORE, OLDEST, SCHEMA, VERSION, WRITER, ddl};
use crate::database::{Backend, Session};
use crate::error::Error;
use crate::sql::{self, OnConflict, Statement};
use crate::table::{ColumnKind, Table};
use crate::value::Value;

/// Name of the core's own row in `schema`.
pub(super) const CORE_ROW: &str = "gmpki";
/// Serialises two programs that create the same database at the same time.
const CREATION_LOCK: &str = "SELECT pg_advisory_xact_lock(5136429)";

/// The views of a program.
pub(crate) type Declared = &'static [&'static Table];

/// What has to happen to a database.
#[derive(PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing.
    Fits,
    /// Everything: it is empty.
    Create,
    /// Views have to be made anew or marked: nobody else may write meanwhile.
    Change,
}

/// Compares the database with the declarations.
pub(crate) async fn verify(session: &mut Session, tables: Declared) -> Result<Plan, Error> {
    let Some(found) = declarations(session).await? else {
        return Ok(Plan::Create);
    };
    let version = found.get(CORE_ROW).map_or(0, |(version, _)| *version);
    if version > VERSION {
        return Err(Error::Newer {
            found: version,
            known: VERSION,
        });
    }
    if version < OLDEST {
        return Err(Error::Schema {
            what: format!("its version is {version}, not {VERSION}"),
        });
    }
    let fits = version == VERSION
        && tables.iter().all(|table| is_current(&found, table))
        && orphans(&found, tables).next().is_none();
    Ok(if fits { Plan::Fits } else { Plan::Change })
}

/// Creates or changes what [`verify`] found missing, in one transaction.
pub(crate) async fn prepare(session: &mut Session, tables: Declared) -> Result<(), Error> {
    let backend = session.backend();
    match backend {
        Backend::Sqlite => run(session, "BEGIN IMMEDIATE").await?,
        Backend::Postgres => {
            run(session, "BEGIN").await?;
            run(session, CREATION_LOCK).await?;
        }
    }
    // Somebody else may have done it between the look and the lock.
    match verify(session, tables).await? {
        Plan::Fits => {}
        Plan::Create => {
            for table in CORE.iter().chain(tables) {
                create(session, table).await?;
            }
            declare(session, CORE_ROW, VERSION, "").await?;
            for table in tables {
                declare(session, table.name, 1, &ddl::definition(table)).await?;
            }
            let writer = vec![
                Value::Integer(1),
                "".into(),
                Value::Integer(0),
                Value::Integer(0),
            ];
            execute(
                session,
                sql::insert(backend, &WRITER, vec![writer], OnConflict::Fail)?,
            )
            .await?;
        }
        Plan::Change => change(session, tables).await?,
    }
    run(session, "COMMIT").await
}

async fn change(session: &mut Session, tables: Declared) -> Result<(), Error> {
    let found = declarations(session).await?.unwrap_or_default();
    let version = found.get(CORE_ROW).map_or(0, |(version, _)| *version);
    for (_, table) in ADDED.iter().filter(|(since, _)| *since > version) {
        create(session, table).await?;
    }
    if version < VERSION {
        declare(session, CORE_ROW, VERSION, "").await?;
    }
    for table in tables.iter().filter(|table| !is_current(&found, table)) {
        run(session, &format!("DROP TABLE IF EXISTS \"{}\"", table.name)).await?;
        create(session, table).await?;
        declare(session, table.name, 0, &ddl::definition(table)).await?;
    }
    for (name, (_, definition)) in orphans(&found, tables) {
        declare(session, name, 0, definition).await?;
    }
    Ok(())
}

pub(super) type Found = BTreeMap<String, (i64, String)>;

fn is_current(found: &Found, table: &Table) -> bool {
    found
        .get(table.name)
        .is_some_and(|(_, definition)| *definition == ddl::definition(table))
}

/// Views of another program that nobody has marked yet.
fn orphans(found: &Found, tables: Declared) -> impl Iterator<Item = (&String, &(i64, String))> {
    found.iter().filter(move |(name, (version, _))| {
        *name != CORE_ROW && *version != 0 && tables.iter().all(|table| table.name != *name)
    })
}

/// Declared views whose rows are missing.
pub(crate) async fn stale(
    session: &mut Session,
    tables: Declared,
) -> Result<Vec<&'static str>, Error> {
    let found = declarations(session).await?.unwrap_or_default();
    let is_stale = |table: &&&'static Table| {
        found
            .get(table.name)
            .is_none_or(|(version, _)| *version == 0)
    };
    Ok(tables
        .iter()
        .filter(is_stale)
        .map(|table| table.name)
        .collect())
}

/// The statement's rows that say that every declared view is complete.
pub(crate) fn mark_rebuilt(backend: Backend, tables: Declared) -> Result<Option<Statement>, Error> {
    let row = |table: &&'static Table| {
        vec![
            table.name.into(),
            Value::Integer(1),
            ddl::definition(table).into(),
        ]
    };
    let rows: Vec<Vec<Value>> = tables.iter().map(row).collect();
    (!rows.is_empty())
        .then(|| sql::insert(backend, &SCHEMA, rows, OnConflict::Update))
        .transpose()
}

/// The rows of `schema`; `None` where the table does not exist.
pub(super) async fn declarations(session: &mut Session) -> Result<Option<Found>, Error> {
    let exists = match session.backend() {
        Backend::Sqlite => {
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema'"
        }
        Backend::Postgres => {
            "SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = 'schema'"
        }
    };
    let exists = Statement::new(session.backend(), exists);
    let count = session
        .fetch(exists, &[ColumnKind::Integer])
        .await
        .map_err(|error| Error::open(&error))?;
    if count.first().and_then(|row| row.first()?.as_integer()) != Some(1) {
        return Ok(None);
    }
    let kinds = [ColumnKind::Text, ColumnKind::Integer, ColumnKind::Text];
    let rows = session
        .fetch(sql::select(session.backend(), &SCHEMA), &kinds)
        .await;
    let rows = rows.map_err(|error| Error::open(&error))?;
    let declared = rows
        .into_iter()
        .filter_map(|row| match <[Value; 3]>::try_from(row) {
            Ok(
                [
                    Value::Text(name),
                    Value::Integer(version),
                    Value::Text(definition),
                ],
            ) => Some((name, (version, definition))),
            _ => None,
        });
    Ok(Some(declared.collect()))
}

async fn create(session: &mut Session, table: &Table) -> Result<(), Error> {
    for text in ddl::create(session.backend(), table) {
        run(session, &text).await?;
    }
    Ok(())
}

async fn declare(
    session: &mut Session,
    name: &str,
    version: i64,
    definition: &str,
) -> Result<(), Error> {
    let row = vec![name.into(), Value::Integer(version), definition.into()];
    execute(
        session,
        sql::insert(session.backend(), &SCHEMA, vec![row], OnConflict::Update)?,
    )
    .await
}

async fn run(session: &mut Session, text: &str) -> Result<(), Error> {
    execute(session, Statement::new(session.backend(), text)).await
}

async fn execute(session: &mut Session, statement: Statement) -> Result<(), Error> {
    session
        .execute(statement)
        .await
        .map(|_| ())
        .map_err(|error| Error::write(SCHEMA.name, &error))
}
