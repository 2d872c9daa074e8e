//! What readers ask: records, counts, dumps. Only committed state is seen; readers never wait for the writer.

use crate::database::Session;
use crate::error::Error;
use crate::query::{self, Compare, Direction};
use crate::sql::{self, Statement};
use crate::store::Store;
use crate::table::{ColumnKind, Record, Table};
use crate::value::Value;

/// A connection that reads: for several questions in a row.
pub struct ReadSession {
    pub(crate) session: Session,
}

impl ReadSession {
    /// [`Store::get_many`].
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn get_many<R: Record>(&mut self, keys: &[Vec<Value>]) -> Result<Vec<R>, Error> {
        records(rows_of_keys(&mut self.session, R::TABLE, keys).await?)
    }
}

impl Store {
    /// A connection to read from, taken from the pool until it is dropped.
    ///
    /// # Errors
    /// [`Error::Read`] where none becomes free in time or the database is gone.
    pub async fn read_session(&self) -> Result<ReadSession, Error> {
        Ok(ReadSession {
            session: self.reader().await?,
        })
    }

    /// The record of this key.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Column`], [`Error::Damaged`], [`Error::Query`].
    pub async fn get<R: Record>(&self, key: &[Value]) -> Result<Option<R>, Error> {
        Ok(self.get_many(&[key.to_vec()]).await?.pop())
    }

    /// Those of the records that exist, in the order of their keys.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn get_many<R: Record>(&self, keys: &[Vec<Value>]) -> Result<Vec<R>, Error> {
        self.read_session().await?.get_many(keys).await
    }

    /// At most `limit` (at most [`crate::MAX_ROWS`]) records for which the whole `filter` holds, in `order` and then in
    /// the order of the key; the page after the record of `after` (see [`crate::cursor`]).
    ///
    /// # Errors
    /// As [`Self::get`]; [`Error::Query`] for unknown columns and for orders by columns that can be absent.
    pub async fn scan<R: Record>(
        &self,
        filter: &[(&'static str, Compare)],
        order: &[(&'static str, Direction)],
        after: Option<&[Value]>,
        limit: u32,
    ) -> Result<Vec<R>, Error> {
        let mut session = self.reader().await?;
        scan(&mut session, filter, order, after, limit).await
    }

    /// Number of records for which the whole `filter` holds.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Query`].
    pub async fn count<R: Record>(&self, filter: &[(&'static str, Compare)]) -> Result<u64, Error> {
        let mut session = self.reader().await?;
        let statement = query::count(session.backend(), R::TABLE, &[], filter)?;
        single(
            R::TABLE.name,
            fetch(
                &mut session,
                R::TABLE.name,
                statement,
                &[ColumnKind::Integer],
            )
            .await?,
        )
    }

    /// Numbers of records by the values of `columns`, in the order of those values; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Query`].
    pub async fn group_count<R: Record>(
        &self,
        columns: &[&'static str],
        filter: &[(&'static str, Compare)],
    ) -> Result<Vec<(Vec<Value>, u64)>, Error> {
        let table = R::TABLE;
        let mut session = self.reader().await?;
        let statement = query::count(session.backend(), table, columns, filter)?;
        groups(&mut session, table, columns, statement).await
    }

    /// Sums of the column `summed`, by the values of `columns`, in the order of those values; at most
    /// [`crate::MAX_ROWS`]. Without columns one sum, 0 where nothing is found.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Query`]; [`Error::Damaged`] for a sum below zero.
    pub async fn group_sum<R: Record>(
        &self,
        columns: &[&'static str],
        summed: &'static str,
        filter: &[(&'static str, Compare)],
    ) -> Result<Vec<(Vec<Value>, u64)>, Error> {
        let table = R::TABLE;
        let mut session = self.reader().await?;
        let statement = query::sum(session.backend(), table, columns, summed, filter)?;
        groups(&mut session, table, columns, statement).await
    }

    /// Numbers of records whose `column` lies between each two neighbouring `edges` (2 to 64 of them): at the first or
    /// later, and before the second. Where the edges do not ascend, nothing lies between them.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Query`].
    pub async fn count_between<R: Record>(
        &self,
        column: &'static str,
        edges: &[i64],
        filter: &[(&'static str, Compare)],
    ) -> Result<Vec<u64>, Error> {
        let mut session = self.reader().await?;
        let statement = query::count_between(session.backend(), R::TABLE, column, edges, filter)?;
        let kinds = vec![ColumnKind::Integer; edges.len().saturating_sub(1)];
        let rows = fetch(&mut session, R::TABLE.name, statement, &kinds).await?;
        let counts = rows.into_iter().next().unwrap_or_default();
        counts
            .into_iter()
            .map(|count| number(R::TABLE.name, count.as_integer().unwrap_or_default()))
            .collect()
    }

    /// At most `limit` (at most [`crate::MAX_ROWS`]) rows of any table after key `after`, in the order of the key.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`], [`Error::Query`].
    pub async fn dump(
        &self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: u32,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let mut session = self.reader().await?;
        let statement = query::scan(session.backend(), table, &[], &[], after.as_deref(), limit)?;
        fetch(&mut session, table.name, statement, &kinds(table)).await
    }

    /// A session that reads.
    pub(crate) async fn reader(&self) -> Result<Session, Error> {
        self.inner
            .database
            .reader()
            .await
            .map_err(|error| Error::Read {
                what: error.to_string(),
            })
    }
}

/// Runs a statement that gives a number for each group, in the order of the groups.
async fn groups(
    session: &mut Session,
    table: &'static Table,
    columns: &[&'static str],
    statement: Statement,
) -> Result<Vec<(Vec<Value>, u64)>, Error> {
    let mut kinds: Vec<ColumnKind> = table
        .select(columns)?
        .iter()
        .map(|(_, column)| column.kind)
        .collect();
    kinds.push(ColumnKind::Integer);
    let rows = fetch(session, table.name, statement, &kinds).await?;
    let mut groups = rows
        .into_iter()
        .map(|mut row| {
            let count = row
                .pop()
                .and_then(|count| count.as_integer())
                .unwrap_or_default();
            Ok((row, number(table.name, count)?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    groups.sort();
    Ok(groups)
}

/// Runs a scan in any session.
pub(crate) async fn scan<R: Record>(
    session: &mut Session,
    filter: &[(&'static str, Compare)],
    order: &[(&'static str, Direction)],
    after: Option<&[Value]>,
    limit: u32,
) -> Result<Vec<R>, Error> {
    let statement = query::scan(session.backend(), R::TABLE, filter, order, after, limit)?;
    records(fetch(session, R::TABLE.name, statement, &kinds(R::TABLE)).await?)
}

/// The rows of these keys, in the order of the keys, each once.
pub(crate) async fn rows_of_keys(
    session: &mut Session,
    table: &'static Table,
    keys: &[Vec<Value>],
) -> Result<Vec<Vec<Value>>, Error> {
    keys.iter().try_for_each(|key| table.check_key(key))?;
    let mut rows = Vec::with_capacity(keys.len());
    for group in sql::key_groups(keys) {
        let statement = sql::select_keys(session.backend(), table, &group)?;
        rows.extend(fetch(session, table.name, statement, &kinds(table)).await?);
    }
    let positions: Vec<usize> = table.key_columns()?.into_iter().map(|(at, _)| at).collect();
    let key = |row: &Vec<Value>| {
        positions
            .iter()
            .filter_map(|at| row.get(*at).cloned())
            .collect::<Vec<_>>()
    };
    rows.sort_by_cached_key(key);
    // A key that was asked for in two groups was found twice.
    rows.dedup_by_key(|row| key(row));
    Ok(rows)
}

/// The typed records of rows.
pub(crate) fn records<R: Record>(rows: Vec<Vec<Value>>) -> Result<Vec<R>, Error> {
    rows.into_iter().map(R::from_row).collect()
}

/// The kinds of all columns.
pub(crate) fn kinds(table: &Table) -> Vec<ColumnKind> {
    table.columns.iter().map(|column| column.kind).collect()
}

/// Runs a query and says what failed.
pub(crate) async fn fetch(
    session: &mut Session,
    table: &'static str,
    statement: Statement,
    kinds: &[ColumnKind],
) -> Result<Vec<Vec<Value>>, Error> {
    session
        .fetch(statement, kinds)
        .await
        .map_err(|error| Error::read(table, &error))
}

/// The one number of a one-row answer.
pub(crate) fn single(table: &'static str, rows: Vec<Vec<Value>>) -> Result<u64, Error> {
    let value = rows.first().and_then(|row| row.first()?.as_integer());
    number(
        table,
        value.ok_or_else(|| Error::Read {
            what: format!("{table}: no answer"),
        })?,
    )
}

pub(crate) fn number(table: &'static str, value: i64) -> Result<u64, Error> {
    u64::try_from(value).map_err(|_| Error::Damaged {
        table,
        key: value.to_string(),
        what: "a number below zero".into(),
    })
}
