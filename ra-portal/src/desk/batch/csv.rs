//! Text with separators (RFC 4180), as spreadsheets save it: UTF-8 with or without a mark, or GB 18030; commas,
//! semicolons or tabs. What stands in a cell is text, whatever it looks like.

use std::borrow::Cow;

use encoding_rs::GB18030;

use super::table::{Table, Unreadable};

/// Reads a file of separated values.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn read(file: &[u8]) -> Result<Table, Unreadable> {
    let text = decoded(file)?;
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    if file.starts_with(b"%PDF") || text.contains(odd) {
        return Err(Unreadable::NotATable);
    }
    let separator = separator(&text);
    let mut table = Table::default();
    let (mut row, mut column) = (1, 1);
    let mut cell = String::new();
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            c if quoted => cell.push(c),
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\n' => {
                table.put(row, column, &cell)?;
                cell.clear();
                (row, column) = (row + 1, 1);
            }
            c if c == separator => {
                table.put(row, column, &cell)?;
                cell.clear();
                column += 1;
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(Unreadable::Damaged);
    }
    table.put(row, column, &cell)?;
    Ok(table)
}

/// The text of the file. What is UTF-8 is hardly ever meant as anything else.
fn decoded(file: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    if file.starts_with(&[0xFF, 0xFE]) || file.starts_with(&[0xFE, 0xFF]) {
        return Err(Unreadable::Encoding);
    }
    let marked = file.strip_prefix(b"\xEF\xBB\xBF");
    match (std::str::from_utf8(marked.unwrap_or(file)), marked) {
        (Ok(text), _) => Ok(Cow::Borrowed(text)),
        (Err(_), Some(_)) => Err(Unreadable::Encoding),
        (Err(_), None) => GB18030
            .decode_without_bom_handling_and_without_replacement(file)
            .ok_or(Unreadable::Encoding),
    }
}

/// The separator that the first line has most of.
fn separator(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default();
    let count = |separator: &char| {
        let outside_quotes = first.split('"').step_by(2);
        let counts = outside_quotes.map(|part| part.matches(*separator).count());
        counts.sum::<usize>()
    };
    // Of equals the last wins: the comma.
    [';', '\t', ',']
        .into_iter()
        .max_by_key(count)
        .unwrap_or(',')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn cells(text: &[u8]) -> Vec<(u32, u32, String)> {
        let rows = read(text).unwrap().rows.into_iter();
        rows.flat_map(|(row, cells)| {
            let cells = cells.into_iter();
            cells.map(move |(column, text)| (row, column, text))
        })
        .collect()
    }

    #[test]
    fn quotes_lines_and_separators() {
        let cell = |row, column, text: &str| (row, column, text.to_owned());
        for text in [
            "a,\"b, \"\"c\"\"\r\nd\"\r\n\r\ne,f",
            "a\t\"b, \"\"c\"\"\r\nd\"\n\ne\tf\n",
            "\u{FEFF}a;\"b, \"\"c\"\"\r\nd\"\r\re;f\r",
        ] {
            assert_eq!(
                cells(text.as_bytes()),
                [
                    cell(1, 1, "a"),
                    cell(1, 2, "b, \"c\"\r\nd"),
                    cell(3, 1, "e"),
                    cell(3, 2, "f")
                ],
                "{text}"
            );
        }
        assert_eq!(cells(b"=1+1,5\"")[0].2, "=1+1", "never evaluated");
        assert_eq!(read(b"a,\"b").err(), Some(Unreadable::Damaged));
    }

    #[test]
    fn the_encoding_is_found_out_or_refused() {
        let text = "姓名,单位\n买买提·阿不都,𠮷野局\n";
        let (chinese, _, lossy) = GB18030.encode(text);
        assert!(!lossy);
        for bytes in [
            text.as_bytes(),
            &["\u{FEFF}", text].concat().into_bytes(),
            &chinese,
        ] {
            assert_eq!(cells(bytes)[3].2, "𠮷野局");
        }
        for bytes in [
            &b"\xFF\xFEa\0"[..],
            b"\xEF\xBB\xBF\xD0\xD5",
            b"a,\xFF\xFF\xFF",
        ] {
            assert_eq!(read(bytes).err(), Some(Unreadable::Encoding), "{bytes:?}");
        }
        for bytes in [&b"%PDF-1.7\n"[..], b"a,\0", b"MZ\x01\x02"] {
            assert_eq!(read(bytes).err(), Some(Unreadable::NotATable), "{bytes:?}");
        }
    }

    #[test]
    fn limits() {
        let long = "x".repeat(1_001);
        assert_eq!(
            read(format!("a,{long}").as_bytes()).err(),
            Some(Unreadable::CellTooLong(1, 2))
        );
        let wide = "x,".repeat(41);
        assert_eq!(
            read(wide.as_bytes()).err(),
            Some(Unreadable::TooManyColumns)
        );
        let many = "x\n".repeat(5_011);
        assert_eq!(read(many.as_bytes()).err(), Some(Unreadable::TooManyLines));
        assert_eq!(
            Table::read(&vec![b'x'; 10 * 1024 * 1024 + 1]).err(),
            Some(Unreadable::Huge)
        );
        assert_eq!(Table::read(b"").err(), Some(Unreadable::Nothing));
        assert_eq!(
            Table::read(b"\xD0\xCF\x11\xE0\xA1\xB1").err(),
            Some(Unreadable::OldOrLocked)
        );
    }
}
