//! The two databases behind one face: sessions that run statements and return plain values.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};
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
    pub(crate) async fn reader(&self) -> Result<Session, sqlx::Error> {
        Ok(match &self.pools {
            Pools::Sqlite(pools) => Session::Sqlite(pools.readers.acquire().await?),
            Pools::Postgres(pools) => Session::Postgres(pools.readers.acquire().await?),
        })
    }

    /// The session that writes; waits until it is free. `None` where the database was opened for reading.
    pub(crate) async fn writer(&self) -> Result<Option<WriterSession>, sqlx::Error> {
        let kept = Arc::clone(&self.kept).lock_owned();
        let mut place = tokio::time::timeout(PATIENCE, kept)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?;
        let session = match (place.take(), &self.pools) {
            (Some(session), _) => session,
            (
                None,
                Pools::Sqlite(sqlite::Pools {
                    writer: Some(pool), ..
                }),
            ) => Session::Sqlite(pool.acquire().await?),
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
            Pools::Sqlite(pools) => {
                pools.readers.close().await;
                if let Some(writer) = &pools.writer {
                    writer.close().await;
                }
            }
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
    Sqlite(PoolConnection<Sqlite>),
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
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, statement).await,
            Self::Postgres(connection) => postgres::execute(connection, statement).await,
        }
    }

    /// Runs a text without arguments.
    pub(crate) async fn run(&mut self, text: impl Into<String>) -> Result<u64, sqlx::Error> {
        let statement = Statement::new(self.backend(), text);
        self.execute(statement).await
    }

    /// Runs a query whose columns are of the given kinds.
    pub(crate) async fn fetch(
        &mut self,
        statement: Statement,
        kinds: &[ColumnKind],
    ) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => sqlite::fetch(connection, statement, kinds).await,
            Self::Postgres(connection) => postgres::fetch(connection, statement, kinds).await,
        }
    }

    /// Drops the connection with whatever transaction is open in it, instead of returning it to its pool.
    pub(crate) fn close_on_drop(&mut self) {
        match self {
            Self::Sqlite(connection) => connection.close_on_drop(),
            Self::Postgres(connection) => connection.close_on_drop(),
        }
    }
}

/// One row of either database as plain values.
fn decode<R: sqlx::Row>(row: &R, kinds: &[ColumnKind]) -> Result<Vec<Value>, sqlx::Error>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> Option<i64>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<Vec<u8>>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let value = |(at, kind): (usize, &ColumnKind)| {
        Ok(match kind {
            ColumnKind::Integer => row.try_get::<Option<i64>, _>(at)?.map(Value::Integer),
            ColumnKind::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
            ColumnKind::Blob => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Blob),
        }
        .unwrap_or(Value::Null))
    };
    kinds.iter().enumerate().map(value).collect()
}
