//! A file as rows of text, within limits. Its kind is told by its content, never by its name.

use std::collections::BTreeMap;

use super::{csv, xlsx};

/// Largest file in bytes.
pub(in crate::desk) const FILE: usize = 10 * 1024 * 1024;
/// Most people of a file.
pub(in crate::desk) const LINES: usize = 5_000;
/// Most columns.
pub(in crate::desk) const COLUMNS: u32 = 40;
/// Most characters of a cell.
pub(in crate::desk) const CELL: usize = 1_000;
/// Rows in which the headings are looked for.
pub(in crate::desk) const HEAD: usize = 10;

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::desk) enum Unreadable {
    /// A cell of more than 1,000 characters: row and column, from 1.
    CellTooLong(u32, u32),
    /// Two columns of one field.
    ColumnTwice(String),
    /// It says that it is a workbook, and is not.
    Damaged,
    /// Text in neither UTF-8 nor GB 18030.
    Encoding,
    /// A returned workbook of another batch, or with rows that this one does not have.
    Foreign,
    /// More than 10 MB.
    Huge,
    /// A workbook that grows beyond measure when it is unpacked.
    Inflates,
    /// Merged cells in this row.
    Merged(u32),
    /// Columns without which nobody can be entered.
    MissingColumns(String),
    /// No row of headings.
    NoHeader,
    /// No row below the headings.
    NoLines,
    /// No file.
    Nothing,
    /// Neither a workbook nor text.
    NotATable,
    /// A workbook of the old kind, or one that needs a password.
    OldOrLocked,
    /// More than 40 columns.
    TooManyColumns,
    /// More than 5,000 people.
    TooManyLines,
    /// The officer has as many batches as one may have.
    TooManyBatches,
}

impl Unreadable {
    /// Stable code, the key of what is said, and what is said about where.
    pub(in crate::desk) fn told(&self) -> (&'static str, &'static str, String) {
        let none = String::new();
        match self {
            Self::NotATable => ("E201", "batch_file.not_a_table", none),
            Self::OldOrLocked => ("E202", "batch_file.old_or_locked", none),
            Self::Inflates => ("E203", "batch_file.inflates", none),
            Self::Encoding => ("E204", "batch_file.encoding", none),
            Self::TooManyLines => ("E205", "batch_file.too_many_lines", none),
            Self::TooManyColumns => ("E206", "batch_file.too_many_columns", none),
            Self::CellTooLong(row, column) => {
                let at = format!("{row} / {column}");
                ("E207", "batch_file.cell_too_long", at)
            }
            Self::NoHeader => ("E208", "batch_file.no_header", none),
            Self::MissingColumns(names) => ("E209", "batch_file.missing_columns", names.clone()),
            Self::ColumnTwice(name) => ("E210", "batch_file.column_twice", name.clone()),
            Self::Merged(row) => ("E211", "batch_file.merged", row.to_string()),
            Self::NoLines => ("E212", "batch_file.no_lines", none),
            Self::Damaged => ("E213", "batch_file.damaged", none),
            Self::Foreign => ("E214", "batch_file.foreign", none),
            Self::Huge => ("E215", "batch_file.huge", none),
            Self::Nothing => ("E216", "batch_file.nothing", none),
            Self::TooManyBatches => ("E217", "batch_file.too_many_batches", none),
        }
    }
}

/// The rows of a file that hold anything.
#[derive(Default)]
pub(in crate::desk) struct Table {
    /// Cells by column, by row from 1 as spreadsheets count.
    pub(in crate::desk) rows: BTreeMap<u32, BTreeMap<u32, String>>,
    /// First and last row of each group of merged cells.
    pub(in crate::desk) merged: Vec<(u32, u32)>,
    bytes: usize,
}

impl Table {
    /// Reads a file of whatever kind it is.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub(in crate::desk) fn read(file: &[u8]) -> Result<Self, Unreadable> {
        if file.is_empty() {
            return Err(Unreadable::Nothing);
        }
        if file.len() > FILE {
            return Err(Unreadable::Huge);
        }
        match file {
            [b'P', b'K', 3, 4, ..] => xlsx::read(file),
            // The container of old workbooks, and of new ones with a password.
            [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(Unreadable::OldOrLocked),
            _ => csv::read(file),
        }
    }

    /// Adds a cell; `row` and `column` count from 1. Empty cells take no room.
    pub(in crate::desk) fn put(
        &mut self,
        row: u32,
        column: u32,
        text: &str,
    ) -> Result<(), Unreadable> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if column > COLUMNS {
            return Err(Unreadable::TooManyColumns);
        }
        if text.len() > CELL && text.chars().nth(CELL).is_some() {
            return Err(Unreadable::CellTooLong(row, column));
        }
        // Of a workbook, one text can stand in many cells.
        self.bytes += text.len();
        if self.bytes > FILE {
            return Err(Unreadable::Inflates);
        }
        self.rows
            .entry(row)
            .or_default()
            .insert(column, text.to_owned());
        if self.rows.len() > LINES + HEAD {
            return Err(Unreadable::TooManyLines);
        }
        Ok(())
    }
}
