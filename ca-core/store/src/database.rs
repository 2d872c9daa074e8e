//! The two databases behind one face: sessions that run statements and return plain values.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::Error;
use crate::sql::Statement;
use crate::table::ColumnKind;
use crate::value::Value;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Embedded.
    Sqlite,
    /// A server, or one of its relatives.
    Postgres,
}

/// How a database is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// What went wrong in a database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Another row has this key, or this value of a unique column.
    #[error("another row has this key")]
    Unique,
    /// A column holds a value that is not of its kind.
    #[error("column {0} holds a value of another kind")]
    Column(usize),
    /// Anything else, in the database's words.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    pub(crate) fn other(what: impl Into<String>) -> Self {
        Self::Other(what.into())
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Unique,
            sqlx::Error::ColumnDecode { index, .. } => index
                .parse()
                .map_or_else(|_| Self::Other(error.to_string()), Self::Column),
            _ => Self::Other(error.to_string()),
        }
    }
}

/// How long a caller waits for the session that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection that writes, several that read.
pub(crate) struct Database {
    pub(crate) pools: Pools,
    /// The session that writes, between two transactions: giving it back to its pool would cost questions to the
    /// database each time.
    kept: Arc<Mutex<Option<Session>>>,
}

/// The connections.
pub(crate) enum Pools {
    Sqlite(sqlite::Pools),
    Postgres(postgres::Pools),
}

impl Database {
    /// Connects to `sqlite:PATH` or `postgres://…`.
    pub(crate) async fn connect(url: &str, access: Access) -> Result<Self, Error> {
        let pools = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            Pools::Sqlite(sqlite::Pools::connect(path, access).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Pools::Postgres(postgres::Pools::connect(url, access).await?)
        } else {
            // The URL itself may hold a password: it is not repeated here.
            return Err(Error::Open {
                what: "expected sqlite:PATH or postgres://USER@HOST/NAME".into(),
            });
        };
        let kept = Arc::default();
        Ok(Self { pools, kept })
    }

    pub(crate) fn backend(&self) -> Backend {
        match self.pools {
            Pools::Sqlite(_) => Backend::Sqlite,
            Pools::Postgres(_) => Backend::Postgres,
        }
    }

    /// A session that reads.
    pub(crate) async fn reader(&self) -> Result<Session, Failure> {
        Ok(match &self.pools {
            Pools::Sqlite(pools) => Session::Sqlite(pools.reader().await?),
            Pools::Postgres(pools) => Session::Postgres(pools.readers.acquire().await?),
        })
    }

    /// The session that writes; waits until it is free. `None` where the database was opened for reading.
    pub(crate) async fn writer(&self) -> Result<Option<WriterSession>, Failure> {
        let kept = Arc::clone(&self.kept).lock_owned();
        let mut place = tokio::time::timeout(PATIENCE, kept)
            .await
            .map_err(|_| Failure::other("another transaction did not end in time"))?;
        let session = match (place.take(), &self.pools) {
            (Some(session), _) => session,
            (None, Pools::Sqlite(pools)) => match pools.writer().await? {
                Some(session) => Session::Sqlite(session),
                None => return Ok(None),
            },
            (
                None,
                Pools::Postgres(postgres::Pools {
                    writer: Some(pool), ..
                }),
            ) => Session::Postgres(pool.acquire().await?),
            _ => return Ok(None),
        };
        Ok(Some(WriterSession { session, place }))
    }

    /// Closes every connection and waits for it.
    pub(crate) async fn close(&self) {
        drop(self.kept.lock().await.take());
        match &self.pools {
            Pools::Sqlite(pools) => pools.close().await,
            Pools::Postgres(pools) => {
                pools.readers.close().await;
                if let Some(writer) = &pools.writer {
                    writer.close().await;
                }
            }
        }
    }
}

/// The session that writes. Whoever has it keeps others waiting.
pub(crate) struct WriterSession {
    session: Session,
    place: OwnedMutexGuard<Option<Session>>,
}

impl WriterSession {
    /// Leaves the session open for the next, who asks nothing first; dropped, it goes back to its pool. No transaction
    /// may be open in it.
    pub(crate) fn keep(self) {
        let Self { session, mut place } = self;
        *place = Some(session);
    }
}

impl Deref for WriterSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for WriterSession {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

/// One connection, borrowed from its pool.
pub(crate) enum Session {
    Sqlite(sqlite::Session),
    Postgres(PoolConnection<Postgres>),
}

impl Session {
    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// Runs a statement; the number of rows that it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, Failure> {
        match self {
            Self::Sqlite(session) => session.execute(&statement),
            Self::Postgres(connection) => Ok(postgres::execute(connection, statement).await?),
        }
    }

    /// Runs a text without arguments.
    pub(crate) async fn run(&mut self, text: impl Into<String>) -> Result<u64, Failure> {
        let statement = Statement::new(self.backend(), text);
        self.execute(statement).await
    }

    /// Runs a query whose columns are of the given kinds.
    pub(crate) async fn fetch(
        &mut self,
        statement: Statement,
        kinds: &[ColumnKind],
    ) -> Result<Vec<Vec<Value>>, Failure> {
        match self {
            Self::Sqlite(session) => session.fetch(&statement, kinds),
            Self::Postgres(connection) => Ok(postgres::fetch(connection, statement, kinds).await?),
        }
    }

    /// Closes the connection, at the latest when it is dropped, with whatever transaction is open in it.
    pub(crate) fn close_on_drop(&mut self) {
        match self {
            Self::Sqlite(session) => session.close(),
            Self::Postgres(connection) => connection.close_on_drop(),
        }
    }
}
