//! SQLite: write-ahead log, every commit flushed to the disk, one connection that writes.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Sqlite, SqliteConnection, SqlitePool};

use super::Access;
use crate::error::Error;
use crate::sql::{Argument, Statement};
use crate::table::ColumnKind;
use crate::value::Value;

/// Connections that read at the same time.
const READERS: u32 = 4;
/// How long a statement waits for a lock, and a caller for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Page cache of the writer: minus KiB. The pages of a large transaction must fit.
const WRITER_CACHE: &str = "-32768";
/// Pages of 4 KiB in the log before they are copied to the database; random pages are rewritten many times by then.
const CHECKPOINT_AFTER: &str = "8192";
/// Beyond this the log file is cut after a checkpoint, in bytes.
const LOG_KEPT: &str = "67108864";

/// The connections to one file.
pub(crate) struct Pools {
    pub(crate) writer: Option<SqlitePool>,
    pub(crate) readers: SqlitePool,
    path: PathBuf,
}

impl Pools {
    pub(crate) async fn connect(path: &str, access: Access) -> Result<Self, Error> {
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(Error::Open {
                what: "sqlite: needs the path of a file".into(),
            });
        }
        let path = PathBuf::from(path);
        let base = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(false)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .statement_cache_capacity(512)
            .row_buffer_size(256)
            .disable_statement_logging();
        let readers = || pool(READERS).connect_with(base.clone().read_only(true));
        if access == Access::Read {
            let readers = readers().await.map_err(|error| Error::open(&error))?;
            return Ok(Self {
                writer: None,
                readers,
                path,
            });
        }
        let opening = opening(path.clone()).await.map_err(|error| Error::Open {
            what: format!("{}: {error}", path.display()),
        })?;
        let options = base
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", WRITER_CACHE)
            // What a statement would have to undo is kept in memory, not in a file.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", CHECKPOINT_AFTER)
            .pragma("journal_size_limit", LOG_KEPT);
        let writer = pool(1)
            .connect_with(options)
            .await
            .map_err(|error| Error::open(&error))?;
        drop(opening);
        let readers = readers().await.map_err(|error| Error::open(&error))?;
        Ok(Self {
            writer: Some(writer),
            readers,
            path,
        })
    }

    /// The file whose lock says who the writer is.
    pub(crate) fn lock_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".writer");
        name.into()
    }
}

fn pool(connections: u32) -> PoolOptions<Sqlite> {
    // A connection is a thread of this process: it neither ages nor goes away while idle.
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// One opens a database file at a time: to give it its log, SQLite needs it alone and does not wait for others.
/// Locked is the folder, because closing any handle of the file itself would end this process's locks on it.
async fn opening(path: PathBuf) -> std::io::Result<File> {
    let task = tokio::task::spawn_blocking(move || {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let opening = File::open(folder)?;
        opening.lock()?;
        if !path.try_exists()? {
            private_file(&path)?;
        }
        Ok(opening)
    });
    task.await.map_err(std::io::Error::other)?
}

/// Opens a file, creating it for its owner only; SQLite gives its log the same mode.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(super) async fn execute(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<u64, sqlx::Error> {
    let arguments = encode(statement.arguments)?;
    // Texts are made from declared names in `sql` and `query`; values are always arguments.
    let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments);
    Ok(query.execute(connection).await?.rows_affected())
}

pub(super) async fn fetch(
    connection: &mut SqliteConnection,
    statement: Statement,
    kinds: &[ColumnKind],
) -> Result<Vec<Vec<Value>>, sqlx::Error> {
    let arguments = encode(statement.arguments)?;
    let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments);
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| super::decode(row, kinds))
        .collect()
}

fn encode(values: Vec<(Argument, ColumnKind)>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for (argument, _) in values {
        match argument {
            Argument::One(Value::Null) => arguments.add(None::<i64>),
            Argument::One(Value::Integer(number)) => arguments.add(number),
            Argument::One(Value::Text(text)) => arguments.add(text),
            Argument::One(Value::Blob(bytes)) => arguments.add(bytes),
            Argument::Many(_) => Err("SQLite has no arrays".into()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
