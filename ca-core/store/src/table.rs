//! Tables as data: DDL, inserts, queries and comparisons are generated from these declarations.

use crate::error::Error;
use crate::value::Value;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Text`].
    Text,
    /// [`Value::Blob`].
    Blob,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name: `a-z`, `0-9`, `_`.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may hold [`Value::Null`].
    pub nullable: bool,
}

impl Column {
    /// A column that is never null.
    #[must_use]
    pub const fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
        }
    }
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Name: `a-z`, `0-9`, `_`.
    pub name: &'static str,
    /// Columns, in the order of a row's values.
    pub columns: &'static [Column],
    /// Primary key: one or more columns that are never null.
    pub key: &'static [&'static str],
    /// Indexes.
    pub indexes: &'static [&'static [&'static str]],
    /// Unique constraints beside the key.
    pub unique: &'static [&'static [&'static str]],
}

/// A row with a type of its own.
pub trait Record: Sized {
    /// Where it lives.
    const TABLE: &'static Table;

    /// One value per column of [`Self::TABLE`], in order.
    fn to_row(&self) -> Vec<Value>;

    /// Reads what `to_row` wrote.
    ///
    /// # Errors
    /// [`Error::Column`] where a value does not fit.
    fn from_row(row: Vec<Value>) -> Result<Self, Error>;
}

impl Table {
    /// Position and declaration of the column called `name`.
    pub(crate) fn column(&self, name: &str) -> Result<(usize, &'static Column), Error> {
        let columns: &'static [Column] = self.columns;
        columns
            .iter()
            .enumerate()
            .find(|(_, column)| column.name == name)
            .ok_or_else(|| Error::query(self.name, format!("there is no column {name}")))
    }

    /// The columns called `names`.
    pub(crate) fn select(&self, names: &[&str]) -> Result<Vec<(usize, &'static Column)>, Error> {
        names.iter().map(|name| self.column(name)).collect()
    }

    /// The columns of the key.
    pub(crate) fn key_columns(&self) -> Result<Vec<(usize, &'static Column)>, Error> {
        self.select(self.key)
    }

    /// The key of a row that `check_row` accepted.
    pub(crate) fn key_of(&self, row: &[Value]) -> Result<Vec<Value>, Error> {
        let columns = self.key_columns()?;
        Ok(columns
            .iter()
            .filter_map(|(at, _)| row.get(*at).cloned())
            .collect())
    }

    /// Refuses a row that does not fit the columns.
    pub(crate) fn check_row(&self, row: &[Value]) -> Result<(), Error> {
        if row.len() != self.columns.len() {
            return Err(Error::query(
                self.name,
                format!("a row has {} values", self.columns.len()),
            ));
        }
        self.columns
            .iter()
            .zip(row)
            .try_for_each(|(column, value)| self.check_value(column, value))
    }

    /// Refuses a key that does not fit the key columns.
    pub(crate) fn check_key(&self, key: &[Value]) -> Result<(), Error> {
        let columns = self.key_columns()?;
        if key.len() != columns.len() {
            return Err(Error::query(
                self.name,
                format!("the key has {} values", columns.len()),
            ));
        }
        columns
            .iter()
            .zip(key)
            .try_for_each(|((_, column), value)| self.check_value(column, value))
    }

    /// Refuses a value that does not fit a column.
    pub(crate) fn check_value(&self, column: &Column, value: &Value) -> Result<(), Error> {
        let fits = match (column.kind, value) {
            (_, Value::Null) => column.nullable,
            (ColumnKind::Integer, Value::Integer(_)) | (ColumnKind::Blob, Value::Blob(_)) => true,
            // PostgreSQL cannot store U+0000; SQLite could, so both refuse.
            (ColumnKind::Text, Value::Text(text)) => !text.contains('\0'),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(Error::query(
                self.name,
                format!("the value for {} does not fit the column", column.name),
            ))
        }
    }
}
