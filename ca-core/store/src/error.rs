//! What can go wrong with the database. `S4xx`: the caller or the set-up; `S5xx`: the database.
//!
//! No variant carries row contents: personal data never reaches an error text.

use crate::database::Failure;

/// Errors of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A stored value does not fit the column that the program declares.
    #[error("S504 {table}.{column}: the stored value does not fit the column")]
    Column {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
    /// A row with that key, or with that value of a unique column, exists already. The transaction is over.
    #[error("S409 {table}: a row with this key exists already")]
    Conflict {
        /// Table.
        table: &'static str,
    },
    /// The database holds something that cannot have been written by this program.
    #[error("S503 {table} {key}: {what}")]
    Damaged {
        /// Table.
        table: &'static str,
        /// Key of the row.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// Entries must be appended exactly at the end of the ledger.
    #[error("S410 entries must be appended at {expected}, not at {found}")]
    Gap {
        /// Size of the ledger.
        expected: u64,
        /// Index that was asked for.
        found: u64,
    },
    /// The connection broke while the commit was under way and could not be restored: the commit may or may
    /// not have happened. Read the state again before writing on.
    #[error("S505 the outcome of the commit is not known: {what}")]
    Indoubt {
        /// What the database said.
        what: String,
    },
    /// Written by a newer program.
    #[error(
        "S402 the database has schema {found}, this program knows {known}: start a newer gmpki"
    )]
    Newer {
        /// Version in the database.
        found: i64,
        /// Version of this program.
        known: i64,
    },
    /// The database cannot be opened.
    #[error("S401 the database cannot be opened: {what}")]
    Open {
        /// Why.
        what: String,
    },
    /// A query that the table's declaration does not allow: a mistake of the caller.
    #[error("S407 {table}: {what}")]
    Query {
        /// Table.
        table: &'static str,
        /// What is not allowed.
        what: String,
    },
    /// The database cannot be read.
    #[error("S502 the database cannot be read: {what}")]
    Read {
        /// What the database said.
        what: String,
    },
    /// Opened for reading only.
    #[error("S403 the database was opened for reading only")]
    ReadOnly,
    /// The tables are missing or of another shape, and may not be changed now.
    #[error("S408 the schema does not fit this program: {what}")]
    Schema {
        /// What differs.
        what: String,
    },
    /// A snapshot of the status index is not used; the ledger is read from its beginning instead.
    #[error("S506 the status snapshot is not used: {what}")]
    Snapshot {
        /// What is wrong with it.
        what: String,
    },
    /// The ledger that is followed is not the one that its log vouches for: nothing is answered from it any more.
    #[error("S507 the ledger cannot be followed: {what}")]
    Unfollowable {
        /// What does not fit.
        what: String,
    },
    /// The database could not be written (full, read-only, gone): nothing of the transaction happened.
    #[error("S501 the database cannot be written, nothing was changed: {what}")]
    Write {
        /// What the database said.
        what: String,
    },
    /// Another process is this database's writer.
    #[error("S404 another process writes to this database: {holder}")]
    WriterBusy {
        /// Who, as far as known.
        holder: String,
    },
    /// Another process became the writer: this one must not write any more.
    #[error("S405 this process is no longer the writer of the database")]
    WriterLost,
}

impl Error {
    /// A failure while reading `table`.
    pub(crate) fn read(table: &'static str, error: &Failure) -> Self {
        match error {
            Failure::Column(index) => Self::Damaged {
                table,
                key: format!("column {index}"),
                what: "the stored value cannot be decoded".into(),
            },
            _ => Self::Read {
                what: error.to_string(),
            },
        }
    }

    /// A failure while writing to `table`.
    pub(crate) fn write(table: &'static str, error: &Failure) -> Self {
        match error {
            Failure::Unique => Self::Conflict { table },
            _ => Self::Write {
                what: error.to_string(),
            },
        }
    }

    /// A failure while opening.
    pub(crate) fn open(error: &Failure) -> Self {
        Self::Open {
            what: error.to_string(),
        }
    }

    /// A snapshot that is not used.
    pub(crate) fn snapshot(what: impl Into<String>) -> Self {
        Self::Snapshot { what: what.into() }
    }

    /// A ledger that is not what its log vouches for.
    pub(crate) fn unfollowable(what: impl Into<String>) -> Self {
        Self::Unfollowable { what: what.into() }
    }

    /// A mistake of the caller.
    pub(crate) fn query(table: &'static str, what: impl Into<String>) -> Self {
        Self::Query {
            table,
            what: what.into(),
        }
    }
}
