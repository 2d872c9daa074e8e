//! Views of the contract's own: every kind of column, keys of one and of two columns, a unique column.

use store::Error;
use store::table::{Column, ColumnKind, Record, Table};
use store::value::Value;

pub static TABLES: &[&Table] = &[Sample::TABLE, Pair::TABLE];

/// One column of each kind, with and without null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub id: i64,
    pub number: Option<i64>,
    pub text: String,
    pub note: Option<String>,
    pub bytes: Vec<u8>,
    pub extra: Option<Vec<u8>>,
}

impl Sample {
    pub fn new(id: i64, text: &str) -> Self {
        Self {
            id,
            number: None,
            text: text.into(),
            note: None,
            bytes: vec![],
            extra: None,
        }
    }
}

impl Record for Sample {
    const TABLE: &'static Table = &Table {
        name: "samples",
        columns: &[
            Column::new("id", ColumnKind::Integer),
            Column {
                name: "number",
                kind: ColumnKind::Integer,
                nullable: true,
            },
            Column::new("text", ColumnKind::Text),
            Column {
                name: "note",
                kind: ColumnKind::Text,
                nullable: true,
            },
            Column::new("bytes", ColumnKind::Blob),
            Column {
                name: "extra",
                kind: ColumnKind::Blob,
                nullable: true,
            },
        ],
        key: &["id"],
        indexes: &[&["text", "id"]],
        unique: &[&["note"]],
    };

    fn to_row(&self) -> Vec<Value> {
        vec![
            self.id.into(),
            self.number.map_or(Value::Null, Value::Integer),
            self.text.clone().into(),
            self.note.clone().map_or(Value::Null, Value::Text),
            self.bytes.clone().into(),
            self.extra.clone().map_or(Value::Null, Value::Blob),
        ]
    }

    fn from_row(row: Vec<Value>) -> Result<Self, Error> {
        let unfit = |column| Error::Column {
            table: "samples",
            column,
        };
        let [id, number, text, note, bytes, extra] = row.try_into().map_err(|_| unfit("id"))?;
        Ok(Self {
            id: if let Value::Integer(id) = id {
                id
            } else {
                return Err(unfit("id"));
            },
            number: number.as_integer(),
            text: if let Value::Text(text) = text {
                text
            } else {
                return Err(unfit("text"));
            },
            note: if let Value::Text(note) = note {
                Some(note)
            } else {
                None
            },
            bytes: if let Value::Blob(bytes) = bytes {
                bytes
            } else {
                return Err(unfit("bytes"));
            },
            extra: if let Value::Blob(extra) = extra {
                Some(extra)
            } else {
                None
            },
        })
    }
}

/// A key of two columns; in SQLite a table without row numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub kind: String,
    pub n: i64,
    pub weight: i64,
}

impl Pair {
    pub fn new(kind: &str, n: i64, weight: i64) -> Self {
        Self {
            kind: kind.into(),
            n,
            weight,
        }
    }

    pub fn key(&self) -> Vec<Value> {
        vec![self.kind.clone().into(), self.n.into()]
    }
}

impl Record for Pair {
    const TABLE: &'static Table = &Table {
        name: "pairs",
        columns: &[
            Column::new("kind", ColumnKind::Text),
            Column::new("n", ColumnKind::Integer),
            Column::new("weight", ColumnKind::Integer),
        ],
        key: &["kind", "n"],
        indexes: &[&["weight"]],
        unique: &[],
    };

    fn to_row(&self) -> Vec<Value> {
        vec![self.kind.clone().into(), self.n.into(), self.weight.into()]
    }

    fn from_row(row: Vec<Value>) -> Result<Self, Error> {
        match <[Value; 3]>::try_from(row) {
            Ok([Value::Text(kind), Value::Integer(n), Value::Integer(weight)]) => {
                Ok(Self { kind, n, weight })
            }
            _ => Err(Error::Column {
                table: "pairs",
                column: "kind",
            }),
        }
    }
}
