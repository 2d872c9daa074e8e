//! Lists for spreadsheets: RFC 4180, UTF-8 with a mark so that Excel reads Chinese, and no cell that a spreadsheet
//! would take for a formula.

/// What a spreadsheet reads as the beginning of a formula, in half and in full width.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// The text of a table.
pub(super) fn table(heads: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = "\u{FEFF}".to_owned();
    for row in std::iter::once(heads).chain(rows) {
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            push(&mut text, cell);
        }
        text.push_str("\r\n");
    }
    text
}

/// A cell in quotes; an apostrophe goes before what would be a formula, also behind white space.
fn push(text: &mut String, cell: &str) {
    text.push('"');
    let first = cell
        .trim_start_matches([' ', '\u{3000}', '\n'])
        .chars()
        .next();
    if first.is_some_and(|first| FORMULA.contains(&first)) {
        text.push('\'');
    }
    text.push_str(&cell.replace('"', "\"\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(cell: &str) -> String {
        let mut text = String::new();
        push(&mut text, cell);
        text
    }

    #[test]
    fn no_cell_is_a_formula() {
        for hostile in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "　=1",
            "\n=1",
            "＝1",
        ] {
            let written = cell(hostile);
            assert!(written.starts_with("\"'"), "{written}");
        }
        for plain in ["", "OP-0001", "2026-11-23", "张三", "a=b", "0a1b"] {
            assert_eq!(cell(plain), format!("\"{plain}\""));
        }
    }

    #[test]
    fn quotes_commas_and_lines_stay_in_their_cell() {
        let rows = [vec!["a\"b".to_owned(), "c,d\r\ne".to_owned()]];
        let text = table(vec!["一".to_owned(), "二".to_owned()], rows.into_iter());
        assert_eq!(text, "\u{FEFF}\"一\",\"二\"\r\n\"a\"\"b\",\"c,d\r\ne\"\r\n");
    }
}
