//! Workbooks (ECMA-376). What they unpack to is bounded before the reader sees them; cells are taken one by one, so
//! that a lone cell far away makes no large grid. Of a formula only the value is read that was last stored for it.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use zip::ZipArchive;
use zip::result::ZipError;

use super::table::{Table, Unreadable};

/// The sheet that is read if there is one of this name; else the first one.
const SHEET: &str = "人员";
/// Most files of a workbook.
const ENTRIES: usize = 1_000;
/// Most bytes of everything, unpacked.
const UNPACKED: u64 = 40 * 1024 * 1024;
/// Most bytes of a file that holds neither cells nor texts nor pictures.
const PART: u64 = 1024 * 1024;
/// Digits of the largest number of texts that a workbook may announce.
const ANNOUNCED: usize = 6;
/// From here on a figure has more digits than a spreadsheet keeps.
const EXACT: f64 = 1e15;

/// Reads a workbook.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn read(file: &[u8]) -> Result<Table, Unreadable> {
    check(file)?;
    let damaged = |_: XlsxError| Unreadable::Damaged;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(damaged)?;
    let sheets = workbook.sheet_names();
    let named = sheets.iter().find(|name| *name == SHEET);
    let sheet = named.or(sheets.first()).ok_or(Unreadable::Damaged)?.clone();
    let mut table = Table::default();
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(damaged)?;
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        let (row, column) = (row.saturating_add(1), column.saturating_add(1));
        match cell.get_value() {
            DataRef::SharedString(text) => table.put(row, column, text)?,
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                table.put(row, column, text)?;
            }
            DataRef::Int(figure) => table.put(row, column, &figure.to_string())?,
            DataRef::Float(figure) => table.put(row, column, &written(*figure))?,
            DataRef::DateTime(moment) => table.put(row, column, &written(moment.as_f64()))?,
            DataRef::Bool(value) => table.put(row, column, &value.to_string())?,
            DataRef::Error(error) => table.put(row, column, &error.to_string())?,
            DataRef::Empty => {}
        }
    }
    drop(cells);
    let merged = workbook
        .merge_cells_by_sheet_name(&sheet)
        .map_err(damaged)?;
    let rows = merged.iter().map(|group| {
        let (first, last) = (group.start.0, group.end.0);
        (first.saturating_add(1), last.saturating_add(1))
    });
    table.merged = rows.collect();
    Ok(table)
}

/// Unpacks everything once and keeps nothing: what the sizes in the archive say may be a lie.
fn check(file: &[u8]) -> Result<(), Unreadable> {
    if occurrences(file, b"PK\x01\x02").nth(ENTRIES).is_some() {
        return Err(Unreadable::Inflates);
    }
    let damaged = |_: ZipError| Unreadable::Damaged;
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(damaged)?;
    if archive.len() > ENTRIES {
        return Err(Unreadable::Inflates);
    }
    let (mut left, mut content) = (UNPACKED, Vec::new());
    for position in 0..archive.len() {
        let entry = archive.by_index(position).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.to_ascii_lowercase();
        let large = !name.ends_with("styles.xml")
            && (name.ends_with("sharedstrings.xml")
                || name.contains("worksheets/")
                || name.contains("media/"));
        let most = if large { left } else { left.min(PART) };
        content.clear();
        let read = entry.take(most + 1).read_to_end(&mut content);
        let length = content.len() as u64;
        if length > most {
            return Err(Unreadable::Inflates);
        }
        read.map_err(|_| Unreadable::Damaged)?;
        left -= length;
        let is_text = name.ends_with(".xml") || name.ends_with(".rels");
        if is_text && (content.contains(&0) || announces_too_much(&content)) {
            return Err(Unreadable::Damaged);
        }
    }
    Ok(())
}

/// Whether it announces more texts than it can hold: the reader makes room for them before it sees the first.
fn announces_too_much(content: &[u8]) -> bool {
    const NAME: &[u8] = b"uniqueCount";
    occurrences(content, NAME).any(|at| {
        let rest = content.get(at + NAME.len()..).unwrap_or_default();
        let before_digits = |byte: &&u8| byte.is_ascii_whitespace() || b"=\"'+0".contains(byte);
        let digits = rest.iter().skip_while(before_digits);
        digits.take_while(|byte| byte.is_ascii_digit()).count() > ANNOUNCED
    })
}

fn occurrences(content: &[u8], sought: &'static [u8]) -> impl Iterator<Item = usize> {
    let windows = content.windows(sought.len()).enumerate();
    windows
        .filter(move |(_, window)| *window == sought)
        .map(|(at, _)| at)
}

/// A figure as a spreadsheet shows it. One with more digits than it keeps is shown by its exponent, for then its last
/// digits are lost.
fn written(figure: f64) -> String {
    if figure.abs() >= EXACT {
        format!("{figure:E}")
    } else {
        figure.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;

    use rust_xlsxwriter::{Format, Formula, Workbook};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let fast = SimpleFileOptions::default().compression_level(Some(1));
        for (name, content) in entries {
            writer.start_file(*name, fast).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// The same workbook with one file of it changed.
    fn changed(workbook: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
        let mut old = ZipArchive::new(Cursor::new(workbook)).unwrap();
        let mut entries = Vec::new();
        for position in 0..old.len() {
            let mut entry = old.by_index(position).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let name = entry.name().unwrap().into_owned();
            if name == part {
                let text = String::from_utf8(content).unwrap();
                assert!(text.contains(from), "{text}");
                content = text.replacen(from, to, 1).into_bytes();
            }
            entries.push((name, content));
        }
        let entries: Vec<(&str, &[u8])> = entries
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_slice()))
            .collect();
        archive(&entries)
    }

    fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
        let mut workbook = Workbook::new();
        fill(&mut workbook);
        workbook.save_to_buffer().unwrap()
    }

    #[test]
    fn cells_as_people_see_them() {
        let file = workbook(|book| {
            book.add_worksheet()
                .write_string(0, 0, "another sheet")
                .unwrap();
            let sheet = book.add_worksheet().set_name(SHEET).unwrap();
            sheet.write_string(0, 0, "a<&>\"").unwrap();
            sheet.write_number(0, 1, 10_012_345_678.0).unwrap();
            sheet.write_number(0, 2, 3.799_021_990_030_7e17).unwrap();
            let formula = Formula::new("=WEBSERVICE(\"http://evil.test\")").set_result("kept");
            sheet.write_formula(0, 3, formula).unwrap();
            sheet.write_boolean(0, 4, true).unwrap();
            sheet.write_number(0, 5, 0.5).unwrap();
            sheet.write_string(9, 0, "far below").unwrap();
            sheet.merge_range(4, 0, 5, 1, "", &Format::new()).unwrap();
        });
        let table = read(&file).unwrap();
        let first: Vec<&str> = table.rows[&1].values().map(String::as_str).collect();
        assert_eq!(
            first,
            [
                "a<&>\"",
                "10012345678",
                "3.7990219900307E17",
                "kept",
                "true",
                "0.5"
            ]
        );
        assert_eq!(table.rows[&10][&1], "far below");
        assert_eq!(table.merged, [(5, 6)]);
    }

    #[test]
    fn what_unpacks_beyond_measure_is_refused_whatever_its_sizes_say() {
        let bomb = vec![b' '; usize::try_from(UNPACKED).unwrap() + 1];
        let file = archive(&[("xl/worksheets/sheet1.xml", &bomb)]);
        assert!(file.len() < 1024 * 1024, "{}", file.len());
        assert_eq!(read(&file).err(), Some(Unreadable::Inflates));
        // The same with sizes that are a lie.
        let mut liar = file.clone();
        let central = occurrences(&file, b"PK\x01\x02").next().unwrap();
        liar[central + 24..central + 28].copy_from_slice(&10_u32.to_le_bytes());
        liar[22..26].copy_from_slice(&10_u32.to_le_bytes());
        let refused = read(&liar).err();
        assert!(
            matches!(refused, Some(Unreadable::Inflates | Unreadable::Damaged)),
            "{refused:?}"
        );
        let part = vec![b' '; usize::try_from(PART).unwrap() + 1];
        for name in [
            "xl/styles.xml",
            "xl/workbook.xml",
            "xl/worksheets/styles.xml",
        ] {
            let refused = read(&archive(&[(name, &part)])).err();
            assert_eq!(refused, Some(Unreadable::Inflates), "{name}");
        }
        let many: Vec<String> = (0..1_001).map(|n| format!("{n}.xml")).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(read(&archive(&many)).err(), Some(Unreadable::Inflates));
    }

    #[test]
    fn announced_texts_make_no_room_that_is_not_there() {
        let file = workbook(|book| {
            let sheet = book.add_worksheet();
            sheet.write_string(0, 0, "one").unwrap();
        });
        assert!(read(&file).is_ok());
        let part = "xl/sharedStrings.xml";
        for announced in ["9999999", "99999999999999", "+0009999999"] {
            let to = format!("uniqueCount = '{announced}'");
            let file = changed(&file, part, "uniqueCount=\"1\"", &to);
            assert_eq!(read(&file).err(), Some(Unreadable::Damaged), "{announced}");
        }
        let fair = changed(&file, part, "uniqueCount=\"1\"", "uniqueCount=\"000099\"");
        assert!(read(&fair).is_ok());
    }

    #[test]
    fn a_lone_cell_far_away_makes_no_grid() {
        let far = workbook(|book| {
            let sheet = book.add_worksheet();
            sheet.write_string(1_048_575, 0, "last").unwrap();
        });
        assert_eq!(read(&far).unwrap().rows.len(), 1);
        let wide = workbook(|book| {
            let sheet = book.add_worksheet();
            sheet.write_string(0, 40, "forty-first").unwrap();
        });
        assert_eq!(read(&wide).err(), Some(Unreadable::TooManyColumns));
    }

    #[test]
    fn one_text_in_many_cells_is_counted_each_time() {
        let text = "x".repeat(1_000);
        let file = workbook(|book| {
            let sheet = book.add_worksheet();
            for cell in 0..11_000_u32 {
                let column = u16::try_from(cell % 40).unwrap();
                sheet.write_string(cell / 40, column, &text).unwrap();
            }
        });
        assert!(file.len() < 1024 * 1024, "{}", file.len());
        assert_eq!(read(&file).err(), Some(Unreadable::Inflates));
    }

    #[test]
    fn what_only_looks_like_a_workbook() {
        for file in [
            &b"PK\x03\x04"[..],
            &archive(&[]),
            &archive(&[("a.xml", b"<a/>")]),
        ] {
            assert_eq!(read(file).err(), Some(Unreadable::Damaged));
        }
    }
}
