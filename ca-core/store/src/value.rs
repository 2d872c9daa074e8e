//! The only values that columns hold: what SQLite, PostgreSQL and its relatives store alike.

/// One value of one row. `Ord` is the order of both databases within a column: numbers, UTF-8 bytes, bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Absent.
    Null,
    /// 64-bit signed: INTEGER, BIGINT.
    Integer(i64),
    /// UTF-8 without NUL: TEXT.
    Text(String),
    /// Bytes: BLOB, BYTEA.
    Blob(Vec<u8>),
}

impl Value {
    /// True for [`Value::Null`].
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    pub(crate) fn into_integer(self) -> Option<i64> {
        self.as_integer()
    }

    pub(crate) fn into_text(self) -> Option<String> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    pub(crate) fn into_blob(self) -> Option<Vec<u8>> {
        if let Self::Blob(bytes) = self {
            Some(bytes)
        } else {
            None
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl From<sm_engine::sm3::Digest> for Value {
    fn from(digest: sm_engine::sm3::Digest) -> Self {
        Self::Blob(digest.as_bytes().to_vec())
    }
}
