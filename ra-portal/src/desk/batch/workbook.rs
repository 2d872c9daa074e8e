//! Writes the workbook of what is wrong. Every cell is text, and what a spreadsheet could take for a formula has its
//! quote prefix, so that it stays text when somebody edits it.

use policy::Profile;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::columns::{ROW, WRONG};
use super::judge::Verdict;
use super::{Line, mark};
use crate::language::Language;

/// Width of a column in characters.
const WIDTH: f64 = 22.0;
/// Width of the column of what is wrong.
const WIDE: f64 = 80.0;

/// The lines with their verdicts.
///
/// # Errors
/// Where the writer cannot write it.
pub(super) fn write(
    profile: &Profile,
    batch: &str,
    lines: &[(&Line, &Verdict)],
    language: Language,
) -> Result<Vec<u8>, XlsxError> {
    let text = Format::new().set_num_format("@");
    let quoted = text.clone().set_quote_prefix();
    let head = text.clone().set_bold();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut headings = vec![format!("{} {}", language.pick(ROW[0], ROW[1]), mark(batch))];
    let fields = profile.fields();
    let labels = fields
        .iter()
        .map(|field| language.pick(&field.zh, &field.en));
    headings.extend(labels.cloned());
    headings.push(language.pick(WRONG[0], WRONG[1]).to_owned());
    let last = headings.len() - 1;
    for (column, heading) in (0_u16..).zip(headings) {
        let width = if usize::from(column) == last {
            WIDE
        } else {
            WIDTH
        };
        sheet.set_column_width(column, width)?;
        // What is pasted here stays text, too.
        sheet.set_column_format(column, &text)?;
        sheet.write_string_with_format(0, column, heading, &head)?;
    }
    for (row, (line, verdict)) in (1_u32..).zip(lines) {
        let remarks = verdict.remarks.iter().map(|(place, remark)| {
            let field = &fields[*place];
            let label = language.pick(format!("“{}”", field.zh), format!("{}: ", field.en));
            format!("{} {label}{}", remark.code(), remark.text(language))
        });
        let wrong = remarks.collect::<Vec<_>>().join("\n");
        let number = line.number.to_string();
        let cells = fields.iter().map(|field| line.cell(&field.name));
        let cells = std::iter::once(number.as_str())
            .chain(cells)
            .chain(std::iter::once(wrong.as_str()));
        for (column, cell) in (0_u16..).zip(cells) {
            let format = if is_like_a_formula(cell) {
                &quoted
            } else {
                &text
            };
            sheet.write_string_with_format(row, column, cell, format)?;
        }
    }
    workbook.save_to_buffer()
}

/// Whether a spreadsheet could take a text for something to be worked out.
fn is_like_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
