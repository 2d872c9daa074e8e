//! One writer per database.
//!
//! The lock keeps a second process out: an advisory lock of PostgreSQL, a locked file beside a SQLite file; both
//! end with the process. The epoch fences a writer that lost its lock without noticing: every transaction
//! checks that the latest acquisition is its own.

use std::fs::{File, TryLockError};
use std::path::Path;

use sm_engine::sm3;
use sqlx::{Connection, PgConnection};

use crate::database::{Backend, Database, Failure, Pools, Session, postgres, sqlite};
use crate::error::Error;
use crate::news;
use crate::schema::WRITER;
use crate::sql::Statement;
use crate::table::ColumnKind;
use crate::value::Value;

/// An idle lock must not be cut off; servers before PostgreSQL 14 do not know the setting.
const STAY: &str =
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'";
/// SQLSTATE of a lock that did not become free in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The right to write, until it is dropped or the process ends.
pub struct WriterLock {
    pub(crate) epoch: i64,
    hold: Hold,
}

enum Hold {
    File(File),
    Connection(Box<PgConnection>),
}

impl WriterLock {
    /// Takes the lock and a new epoch.
    pub(crate) async fn acquire(database: &Database) -> Result<Self, Error> {
        let hold = match &database.pools {
            Pools::Sqlite(pools) => lock_file(database, &pools.lock_path()).await?,
            Pools::Postgres(pools) => lock_server(database, pools).await?,
        };
        let write = |error: Failure| Error::write(WRITER.name, &error);
        let mut session = database
            .writer()
            .await
            .map_err(write)?
            .ok_or(Error::ReadOnly)?;
        let backend = session.backend();
        let mut update = Statement::new(backend, "UPDATE writer SET epoch = epoch + 1, holder = ");
        update.bind(
            format!("process {}", std::process::id()).into(),
            ColumnKind::Text,
        );
        update.push(" WHERE id = 1 RETURNING epoch");
        let rows = session
            .fetch(update, &[ColumnKind::Integer])
            .await
            .map_err(write)?;
        let epoch = rows.first().and_then(|row| row.first()?.as_integer());
        let epoch = epoch.ok_or_else(|| damaged("the writer's row is missing"))?;
        Ok(Self { epoch, hold })
    }

    /// Gives the lock back and waits until others can take it. Dropping gives it back too, a moment later.
    pub async fn release(self) {
        match self.hold {
            Hold::File(file) => drop(file),
            // Where the connection is gone, so is the lock.
            Hold::Connection(connection) => connection.close().await.unwrap_or_default(),
        }
    }
}

async fn lock_file(database: &Database, path: &Path) -> Result<Hold, Error> {
    let failed = |error: std::io::Error| Error::Open {
        what: format!("{}: {error}", path.display()),
    };
    let file = sqlite::private_file(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Hold::File(file)),
        Err(TryLockError::WouldBlock) => Err(busy(database).await),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

async fn lock_server(database: &Database, pools: &postgres::Pools) -> Result<Hold, Error> {
    let open = |error: sqlx::Error| Error::open(&error.into());
    let mut connection = pools.dedicated().await.map_err(open)?;
    let schema: Option<String> = sqlx::query_scalar("SELECT current_schema()")
        .fetch_one(&mut connection)
        .await
        .map_err(open)?;
    // Two authorities may live in two schemas of one database.
    let number = sm3::digest(format!("gmpki writer {}", schema.unwrap_or_default()).as_bytes());
    let number = number
        .as_bytes()
        .iter()
        .take(8)
        .fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
    sqlx::query(STAY)
        .execute(&mut connection)
        .await
        .map_err(open)?;
    // Half a second is for the server to notice that a process which just ended is gone.
    sqlx::query("SET lock_timeout = '500ms'")
        .execute(&mut connection)
        .await
        .map_err(open)?;
    let lock = sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(number)
        .execute(&mut connection)
        .await;
    match lock {
        Ok(_) => Ok(Hold::Connection(Box::new(connection))),
        Err(error)
            if error.as_database_error().and_then(|e| e.code()).as_deref()
                == Some(LOCK_NOT_AVAILABLE) =>
        {
            Err(busy(database).await)
        }
        Err(error) => Err(open(error)),
    }
}

/// Who has the lock, as far as the database tells.
async fn busy(database: &Database) -> Error {
    let holder = async {
        let mut session = database.reader().await.ok()?;
        let query = Statement::new(session.backend(), "SELECT holder FROM writer WHERE id = 1");
        let rows = session.fetch(query, &[ColumnKind::Text]).await.ok()?;
        match rows.into_iter().next()?.into_iter().next()? {
            Value::Text(holder) => Some(holder),
            _ => None,
        }
    };
    Error::WriterBusy {
        holder: holder.await.unwrap_or_else(|| "unknown".into()),
    }
}

/// What the fence says at the beginning of a transaction.
pub(crate) struct Passed {
    /// Number of this transaction's commit.
    pub(crate) commit: i64,
    /// Entries in the ledger.
    pub(crate) size: u64,
}

/// Checks that `epoch` is the latest and keeps later epochs waiting until the transaction ends.
pub(crate) async fn pass(session: &mut Session, epoch: i64) -> Result<Passed, Error> {
    let mut update = Statement::new(session.backend(), "UPDATE writer SET commits = commits + 1");
    update
        .push(" WHERE id = 1 AND epoch = ")
        .bind(epoch.into(), ColumnKind::Integer);
    update.push(" RETURNING commits, (SELECT COALESCE(MAX(idx) + 1, 0) FROM entries)");
    if session.backend() == Backend::Postgres {
        // Heard by followers when this transaction commits, and not otherwise.
        update.push(", ").push(news::NOTIFY);
    }
    let kinds = [ColumnKind::Integer, ColumnKind::Integer];
    let rows = session
        .fetch(update, &kinds)
        .await
        .map_err(|error| Error::write(WRITER.name, &error))?;
    let row = rows.first().ok_or(Error::WriterLost)?;
    match row.as_slice() {
        [Value::Integer(commit), Value::Integer(size)] => {
            let size =
                u64::try_from(*size).map_err(|_| damaged("the ledger's size is negative"))?;
            Ok(Passed {
                commit: *commit,
                size,
            })
        }
        _ => Err(damaged("the writer's row is incomplete")),
    }
}

/// Whether commit number `commit` of `epoch` happened, after its answer was lost. `None`: not known.
pub(crate) async fn happened(database: &Database, epoch: i64, commit: i64) -> Option<bool> {
    let mut session = database.writer().await.ok()??;
    let backend = session.backend();
    let mut query = Statement::new(backend, "SELECT epoch, commits FROM writer WHERE id = 1");
    if backend == Backend::Postgres {
        // The row stays locked until the transaction in question has ended.
        query.push(" FOR UPDATE");
    }
    let rows = session
        .fetch(query, &[ColumnKind::Integer, ColumnKind::Integer])
        .await
        .ok()?;
    match rows.first()?.as_slice() {
        [Value::Integer(current), Value::Integer(commits)] if *current == epoch => {
            Some(*commits >= commit)
        }
        _ => None,
    }
}

fn damaged(what: &str) -> Error {
    Error::Damaged {
        table: WRITER.name,
        key: "1".into(),
        what: what.into(),
    }
}
