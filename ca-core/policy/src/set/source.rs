//! One document's text, and where in it a fault stands.
//!
//! Faults of the format carry the span that the TOML reader reports; faults of meaning name a key, whose line is
//! looked up here.

use serde::de::DeserializeOwned;

use crate::Error;

/// A document being read.
pub(crate) struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl<'a> Source<'a> {
    /// Refuses bytes that are no UTF-8.
    pub(crate) fn new(file: &'a str, bytes: &'a [u8]) -> Result<Self, Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { file, text }),
            Err(error) => Err(Error::Document {
                file: file.to_owned(),
                line: 1 + bytes
                    .iter()
                    .take(error.valid_up_to())
                    .filter(|byte| **byte == b'\n')
                    .count(),
                key: "-".to_owned(),
                reason: "not UTF-8".to_owned(),
            }),
        }
    }

    /// Reads the document; unknown keys are refused by `T`.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        toml::from_str(self.text).map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let message = error.message();
            let key = quoted(message).map_or_else(|| self.key_at(start), str::to_owned);
            self.document(
                self.line_at(start),
                key,
                message.lines().collect::<Vec<_>>().join("; "),
            )
        })
    }

    /// A fault of meaning at top level or in a plain table: the first line on which `key` stands.
    pub(crate) fn fault(&self, key: &str, reason: impl Into<String>) -> Error {
        self.document(self.line_of(0, key), key.to_owned(), reason.into())
    }

    /// A fault of meaning in the table `[[header]]` number `index` (from 0).
    pub(crate) fn fault_in(
        &self,
        header: &str,
        index: usize,
        key: &str,
        reason: impl Into<String>,
    ) -> Error {
        let header = format!("[[{header}]]");
        let after = self
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.trim() == header)
            .nth(index);
        self.document(
            self.line_of(after.map_or(0, |(line, _)| line), key),
            key.to_owned(),
            reason.into(),
        )
    }

    fn document(&self, line: usize, key: String, reason: String) -> Error {
        Error::Document {
            file: self.file.to_owned(),
            line,
            key,
            reason,
        }
    }

    fn line_at(&self, byte: usize) -> usize {
        1 + self
            .text
            .bytes()
            .take(byte)
            .filter(|byte| *byte == b'\n')
            .count()
    }

    /// The first line from `from` (counted from 0) that sets `key` or opens a table of that name; the line `from`
    /// itself where there is none, since that is where the key is missing.
    fn line_of(&self, from: usize, key: &str) -> usize {
        let sets = |line: &str| {
            let line = line.trim_start().trim_start_matches('[');
            line.strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with(['=', ']']))
        };
        let found = self
            .text
            .lines()
            .enumerate()
            .skip(from)
            .find(|(_, line)| sets(line));
        1 + found.map_or(from, |(line, _)| line)
    }

    /// The key whose value stands at `byte`; a value may go on over several lines.
    fn key_at(&self, byte: usize) -> String {
        let lines: Vec<&str> = self.text.lines().take(self.line_at(byte)).collect();
        let keys = lines.iter().rev().filter_map(|line| {
            let (key, _) = line.split_once('=')?;
            let key = key.trim();
            let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            (!key.is_empty() && key.len() <= 40 && key.chars().all(bare)).then(|| key.to_owned())
        });
        keys.into_iter().next().unwrap_or_else(|| "-".to_owned())
    }
}

/// The key in ``unknown field `x`, expected …`` and its kin.
fn quoted(message: &str) -> Option<&str> {
    let named = ["unknown field `", "missing field `", "duplicate field `"];
    named
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split('`').next())
}
