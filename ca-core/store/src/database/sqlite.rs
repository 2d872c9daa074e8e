//! SQLite: write-ahead log, every commit flushed to the disk, one connection that writes.
//!
//! Statements run in the thread of whoever asks: handing each to a thread of its own and waiting for the answer would
//! cost several times what most of them do. So a question that may take long first gives its runtime's other tasks
//! away ([`in_place`]).

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Access, Failure};
use crate::error::Error;
use crate::sql::{Argument, Statement};
use crate::table::ColumnKind;
use crate::value::Value;

/// Connections that read at the same time.
const READERS: u32 = 4;
/// How long a statement waits for a lock, and a caller for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 512;
/// What a connection that reads is told.
const READER: &str = "PRAGMA foreign_keys = ON;";
/// What the connection that writes is told. Its page cache is minus KiB: the pages of a large transaction must
/// fit. What a statement would have to undo is kept in memory, not in a file. 8192 pages of 4 KiB are in the log before
/// they are copied to the database: random pages are rewritten many times by then. Beyond 64 MiB the log file is cut
/// after that.
const WRITER: &str =
    "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
     PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 8192;
     PRAGMA journal_size_limit = 67108864;";

/// The connections to one file.
pub(crate) struct Pools {
    path: PathBuf,
    /// `None` where the database was opened for reading.
    writer: Option<Arc<Pool>>,
    readers: Arc<Pool>,
}

/// Connections of one kind. They neither age nor go away while idle.
struct Pool {
    path: PathBuf,
    access: OpenFlags,
    /// What each connection is told.
    settings: &'static str,
    free: Mutex<Vec<Connection>>,
    most: u32,
    permits: Arc<Semaphore>,
}

impl Pools {
    pub(crate) async fn connect(path: &str, access: Access) -> Result<Self, Error> {
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(Error::Open {
                what: "sqlite: needs the path of a file".into(),
            });
        }
        let path = PathBuf::from(path);
        let (opening, writer) = match access {
            Access::Read => (None, None),
            Access::Write => {
                let opening = opening(path.clone()).await.map_err(|error| Error::Open {
                    what: format!("{}: {error}", path.display()),
                })?;
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
                (Some(opening), Some(Pool::new(&path, flags, WRITER, 1)))
            }
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let readers = Pool::new(&path, flags, READER, READERS);
        // What cannot be opened is said now and not at the first question.
        for pool in writer.iter().chain([&readers]) {
            drop(
                Pool::session(pool)
                    .await
                    .map_err(|error| Error::open(&error))?,
            );
        }
        drop(opening);
        Ok(Self {
            path,
            writer,
            readers,
        })
    }

    /// The file whose lock says who the writer is.
    pub(crate) fn lock_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".writer");
        name.into()
    }

    /// The connection that writes; waits until it is free. `None` where the database was opened for reading.
    pub(super) async fn writer(&self) -> Result<Option<Session>, Failure> {
        match &self.writer {
            Some(pool) => Pool::session(pool).await.map(Some),
            None => Ok(None),
        }
    }

    /// A connection that reads; waits until one is free.
    pub(super) async fn reader(&self) -> Result<Session, Failure> {
        Pool::session(&self.readers).await
    }

    /// Closes all connections, once they are free; no more are given out.
    pub(super) async fn close(&self) {
        for pool in self.writer.iter().chain([&self.readers]) {
            let all = pool.permits.acquire_many(pool.most).await;
            pool.permits.close();
            pool.free.lock().clear();
            drop(all);
        }
    }
}

impl Pool {
    fn new(path: &Path, access: OpenFlags, settings: &'static str, most: u32) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            access,
            settings,
            free: Mutex::default(),
            most,
            permits: Arc::new(Semaphore::new(most as usize)),
        })
    }

    /// A connection; waits until one is free.
    async fn session(pool: &Arc<Self>) -> Result<Session, Failure> {
        let permit = Arc::clone(&pool.permits).acquire_owned();
        let permit = tokio::time::timeout(PATIENCE, permit)
            .await
            .map_err(|_| Failure::other("no connection became free in time"))?
            .map_err(|_| Failure::other("the database has been closed"))?;
        let free = pool.free.lock().pop();
        let connection = match free {
            Some(connection) => connection,
            None => pool.open()?,
        };
        Ok(Session {
            connection: Some(connection),
            home: Arc::clone(pool),
            _permit: permit,
        })
    }

    fn open(&self) -> Result<Connection, Failure> {
        let flags = self.access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.execute_batch(self.settings)?;
        Ok(connection)
    }
}

/// A connection, borrowed from its pool.
pub(crate) struct Session {
    /// `None` once it is not to be used again.
    connection: Option<Connection>,
    home: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Session {
    fn drop(&mut self) {
        // One in which a transaction is open is closed, and the transaction with it.
        let idle = self.connection.take().filter(Connection::is_autocommit);
        self.home.free.lock().extend(idle);
    }
}

impl Session {
    /// Closes the connection, and with it whatever transaction is open in it.
    pub(super) fn close(&mut self) {
        self.connection = None;
    }

    /// Runs a statement; the number of rows that it changed.
    pub(super) fn execute(&mut self, statement: &Statement) -> Result<u64, Failure> {
        in_place(|| {
            let mut prepared = self.prepare(statement)?;
            Ok(prepared.raw_execute()? as u64)
        })
    }

    /// Runs a query whose columns are of the given kinds.
    pub(super) fn fetch(
        &mut self,
        statement: &Statement,
        kinds: &[ColumnKind],
    ) -> Result<Vec<Vec<Value>>, Failure> {
        let work = || {
            let mut prepared = self.prepare(statement)?;
            let mut found = prepared.raw_query();
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let value = |(at, kind): (usize, &ColumnKind)| {
                    decode(row.get_ref(at)?, *kind).ok_or(Failure::Column(at))
                };
                rows.push(
                    kinds
                        .iter()
                        .enumerate()
                        .map(value)
                        .collect::<Result<_, _>>()?,
                );
            }
            Ok(rows)
        };
        if statement.quick {
            work()
        } else {
            in_place(work)
        }
    }

    /// Texts are made from declared names in `sql` and `query`; values are always arguments.
    fn prepare(&self, statement: &Statement) -> Result<CachedStatement<'_>, Failure> {
        let connection = self.connection.as_ref();
        let connection = connection.ok_or_else(|| Failure::other("the connection was closed"))?;
        let mut prepared = connection.prepare_cached(&statement.text)?;
        for (at, (argument, _)) in statement.arguments.iter().enumerate() {
            let Argument::One(value) = argument else {
                return Err(Failure::other("SQLite has no arrays"));
            };
            prepared.raw_bind_parameter(at + 1, ToSqlOutput::Borrowed(encode(value)))?;
        }
        Ok(prepared)
    }
}

/// Work that may take a while, or waits for the disk: what else waits for this thread of the runtime moves to another one.
/// A runtime with one thread only is the writer's, whose work this is, or a test's.
fn in_place<R>(work: impl FnOnce() -> R) -> R {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn encode(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Integer(number) => ValueRef::Integer(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(bytes) => ValueRef::Blob(bytes),
    }
}

/// `None` for a value that is not of this kind.
fn decode(value: ValueRef<'_>, kind: ColumnKind) -> Option<Value> {
    Some(match (value, kind) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(number), ColumnKind::Integer) => Value::Integer(number),
        (ValueRef::Text(text), ColumnKind::Text) => {
            Value::Text(std::str::from_utf8(text).ok()?.to_owned())
        }
        (ValueRef::Blob(bytes), ColumnKind::Blob) => Value::Blob(bytes.to_vec()),
        _ => return None,
    })
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::{
            SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE,
        };
        match error.sqlite_error().map(|error| error.extended_code) {
            Some(
                SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID,
            ) => Self::Unique,
            _ => Self::Other(error.to_string()),
        }
    }
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
