//! PostgreSQL: commits are flushed whatever the server's default is; readers cannot write.

use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, PgConnection, PgPool, Postgres, Row};

use super::Access;
use crate::error::Error;
use crate::sql::{Argument, Statement};
use crate::table::ColumnKind;
use crate::value::Value;

/// Connections that read at the same time.
const READERS: u32 = 8;
/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Leaves the stronger settings of a replicated server alone.
const DURABLE: &str = "SELECT CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') \
     THEN set_config('synchronous_commit', 'on', false) END";

/// The connections to one database.
pub(crate) struct Pools {
    pub(crate) writer: Option<PgPool>,
    pub(crate) readers: PgPool,
    options: Box<PgConnectOptions>,
}

impl Pools {
    pub(crate) async fn connect(url: &str, access: Access) -> Result<Self, Error> {
        // The error may repeat parts of the URL, and with them a password.
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| Error::Open {
                what: "the postgres:// URL is not well-formed".into(),
            })?
            .application_name("gmpki")
            .statement_cache_capacity(512)
            .disable_statement_logging();
        let read_only = options
            .clone()
            .options([("default_transaction_read_only", "on")]);
        let readers = pool(READERS)
            .connect_with(read_only)
            .await
            .map_err(|error| Error::open(&error.into()))?;
        check_server(&readers).await?;
        let writer = match access {
            Access::Read => None,
            Access::Write => {
                let pool = pool(1).after_connect(|connection, _| {
                    Box::pin(
                        async move { sqlx::query(DURABLE).execute(connection).await.map(|_| ()) },
                    )
                });
                Some(
                    pool.connect_with(options.clone())
                        .await
                        .map_err(|error| Error::open(&error.into()))?,
                )
            }
        };
        Ok(Self {
            writer,
            readers,
            options: Box::new(options),
        })
    }

    /// A connection outside the pools.
    pub(crate) async fn dedicated(&self) -> Result<PgConnection, sqlx::Error> {
        self.options.connect().await
    }
}

fn pool(connections: u32) -> PoolOptions<Postgres> {
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
}

async fn check_server(pool: &PgPool) -> Result<(), Error> {
    let settings = "SELECT current_setting('server_encoding'), current_setting('fsync')";
    let (encoding, fsync): (String, String) = sqlx::query_as(settings)
        .fetch_one(pool)
        .await
        .map_err(|error| Error::open(&error.into()))?;
    if encoding != "UTF8" {
        return Err(Error::Open {
            what: format!("the database's encoding is {encoding}; it must be UTF8"),
        });
    }
    if fsync != "on" {
        tracing::warn!(
            "PostgreSQL runs with fsync off: a power failure can lose issued certificates"
        );
    }
    Ok(())
}

pub(super) async fn execute(
    connection: &mut PgConnection,
    statement: Statement,
) -> Result<u64, sqlx::Error> {
    let arguments = encode(statement.arguments)?;
    // Texts are made from declared names in `sql` and `query`; values are always arguments.
    let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments);
    Ok(query.execute(connection).await?.rows_affected())
}

pub(super) async fn fetch(
    connection: &mut PgConnection,
    statement: Statement,
    kinds: &[ColumnKind],
) -> Result<Vec<Vec<Value>>, sqlx::Error> {
    let arguments = encode(statement.arguments)?;
    let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments);
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| decode(row, kinds))
        .collect()
}

/// One row as plain values.
fn decode(row: &PgRow, kinds: &[ColumnKind]) -> Result<Vec<Value>, sqlx::Error> {
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

fn encode(values: Vec<(Argument, ColumnKind)>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 0);
    for (argument, kind) in values {
        match argument {
            Argument::One(Value::Null) => match kind {
                ColumnKind::Integer => arguments.add(None::<i64>),
                ColumnKind::Text => arguments.add(None::<String>),
                ColumnKind::Blob => arguments.add(None::<Vec<u8>>),
            },
            Argument::One(Value::Integer(number)) => arguments.add(number),
            Argument::One(Value::Text(text)) => arguments.add(text),
            Argument::One(Value::Blob(bytes)) => arguments.add(bytes),
            Argument::Many(values) => match kind {
                ColumnKind::Integer => arguments.add(array(values, Value::into_integer)?),
                ColumnKind::Text => arguments.add(array(values, Value::into_text)?),
                ColumnKind::Blob => arguments.add(array(values, Value::into_blob)?),
            },
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// One column's values, each of the column's kind or absent.
fn array<T>(
    values: Vec<Value>,
    of_kind: fn(Value) -> Option<T>,
) -> Result<Vec<Option<T>>, sqlx::Error> {
    let one = |value: Value| match value {
        Value::Null => Ok(None),
        value => of_kind(value)
            .map(Some)
            .ok_or_else(|| sqlx::Error::Encode("a value of another kind".into())),
    };
    values.into_iter().map(one).collect()
}
