//! Which column of a file belongs to which field.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Field, Profile};

use super::table::{HEAD, LINES, Table, Unreadable};
use super::{Line, mark};

/// Other headings that people use, by field, as [`folded`] gives them.
const ALIASES: [(&str, &[&str]); 9] = [
    ("name", &["姓名", "持证人", "人员姓名", "fullname"]),
    (
        "id_number",
        &[
            "身份证号",
            "身份证号码",
            "身份证",
            "公民身份号码",
            "idnumber",
        ],
    ),
    (
        "department",
        &["单位", "单位名称", "工作单位", "organization"],
    ),
    ("division", &["处室", "部门", "科室", "unit"]),
    ("city", &["所在城市", "城市", "地市", "locality"]),
    ("employee_number", &["人员编号", "工号", "employeenumber"]),
    ("email", &["电子邮件", "邮箱", "电子邮箱", "mail"]),
    ("mobile", &["手机号", "手机", "手机号码", "mobilephone"]),
    ("basis", &["依据文号", "文号", "依据", "document"]),
];
/// Headings of the column that a returned workbook has for the rows of the file.
pub(super) const ROW: [&str; 2] = ["行号", "Row"];
/// Headings of the column that a returned workbook has for what is wrong.
pub(super) const WRONG: [&str; 2] = ["错误说明", "What is wrong"];

/// What a file holds, by fields.
pub(super) struct Read {
    /// In the order of the file; cells as they came.
    pub(super) lines: Vec<Line>,
    /// Headings that no field takes.
    pub(super) ignored: Vec<String>,
}

/// The lines of a new file.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn lines(table: Table, profile: &Profile) -> Result<Read, Unreadable> {
    let head = Head::find(&table, profile)?;
    let missing: Vec<&str> = profile
        .fields()
        .iter()
        .filter(|field| field.required && !head.fields.values().any(|name| *name == field.name))
        .map(|field| field.zh.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(Unreadable::MissingColumns(missing.join("、")));
    }
    let numbers = head.below(&table).map(|(row, _)| (row, row)).collect();
    head.read(table, &numbers)
}

/// The lines of a returned workbook, by the rows of the file that it was made from.
///
/// # Errors
/// [`Unreadable`]; [`Unreadable::Foreign`] for a workbook of another batch.
pub(super) fn returned(table: Table, profile: &Profile, batch: &str) -> Result<Read, Unreadable> {
    let head = Head::find(&table, profile)?;
    let belongs = |name: &&(u32, String)| {
        let name = &name.1;
        ROW.iter()
            .any(|row| *name == folded(&format!("{row}{}", mark(batch))))
    };
    let column = head
        .others
        .iter()
        .find(belongs)
        .ok_or(Unreadable::Foreign)?
        .0;
    let (mut numbers, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for (row, cells) in head.below(&table) {
        let number = cells.get(&column).and_then(|text| text.trim().parse().ok());
        let number: u32 = number.ok_or(Unreadable::Foreign)?;
        if !seen.insert(number) {
            return Err(Unreadable::Foreign);
        }
        numbers.insert(row, number);
    }
    head.read(table, &numbers)
}

/// The row of headings.
struct Head {
    row: u32,
    /// Field by column.
    fields: BTreeMap<u32, String>,
    /// Other columns and their headings, folded.
    others: Vec<(u32, String)>,
    /// The same headings as they came.
    ignored: Vec<String>,
}

impl Head {
    /// The first row of which at least two cells are the heading of a field.
    fn find(table: &Table, profile: &Profile) -> Result<Self, Unreadable> {
        for (row, cells) in table.rows.iter().take(HEAD) {
            let mut head = Self {
                row: *row,
                fields: BTreeMap::new(),
                others: Vec::new(),
                ignored: Vec::new(),
            };
            let mut twice = None;
            for (column, heading) in cells {
                let name = folded(heading);
                let mut fields = profile.fields().iter();
                match fields.find(|field| is_called(field, &name)) {
                    Some(field) => {
                        if head.fields.values().any(|known| *known == field.name) {
                            twice = Some(Unreadable::ColumnTwice(field.zh.clone()));
                        }
                        head.fields.insert(*column, field.name.clone());
                    }
                    None => {
                        head.others.push((*column, name));
                        head.ignored.push(heading.chars().take(24).collect());
                    }
                }
            }
            if head.fields.len() >= 2 {
                return twice.map_or(Ok(head), Err);
            }
        }
        Err(Unreadable::NoHeader)
    }

    /// The rows below it in which a field has anything.
    fn below<'t>(
        &self,
        table: &'t Table,
    ) -> impl Iterator<Item = (u32, &'t BTreeMap<u32, String>)> {
        let rows = table.rows.range(self.row.saturating_add(1)..);
        rows.filter(|(_, cells)| cells.keys().any(|column| self.fields.contains_key(column)))
            .map(|(row, cells)| (*row, cells))
    }

    /// The lines of those rows, each with the number that is given for it.
    fn read(self, mut table: Table, numbers: &BTreeMap<u32, u32>) -> Result<Read, Unreadable> {
        let mut merged = table.merged.iter();
        if let Some((first, _)) = merged.find(|(_, last)| *last >= self.row) {
            return Err(Unreadable::Merged(*first));
        }
        if numbers.is_empty() {
            return Err(Unreadable::NoLines);
        }
        if numbers.len() > LINES {
            return Err(Unreadable::TooManyLines);
        }
        let lines = numbers.iter().map(|(row, number)| {
            let cells = table.rows.remove(row).unwrap_or_default();
            let mut line = Line {
                number: *number,
                ..Line::default()
            };
            // An empty cell of a column is an empty value, not an absent one.
            for field in self.fields.values() {
                line.form.insert(field.clone(), String::new());
            }
            for (column, text) in cells {
                if let Some(field) = self.fields.get(&column) {
                    line.form.insert(field.clone(), text);
                }
            }
            line
        });
        Ok(Read {
            lines: lines.collect(),
            ignored: self.ignored,
        })
    }
}

fn is_called(field: &Field, heading: &str) -> bool {
    let own = [&field.zh, &field.en, &field.name];
    let mut aliases = ALIASES.iter().filter(|(name, _)| *name == field.name);
    own.iter().any(|name| folded(name) == heading)
        || aliases.any(|(_, aliases)| aliases.contains(&heading))
}

/// A heading without what people put around it: full width, spaces, stars, remarks in brackets.
pub(in crate::desk) fn folded(heading: &str) -> String {
    let text = policy::form::fold(heading);
    let text = text.split(['(', '[', '【']).next().unwrap_or_default();
    let between = |c: &char| !c.is_whitespace() && !"*:_-\u{FEFF}".contains(*c);
    text.chars().filter(between).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use policy::PolicySet;

    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        let mut table = Table::default();
        for (row, cells) in (1..).zip(rows) {
            for (column, cell) in (1..).zip(*cells) {
                table.put(row, column, cell).unwrap();
            }
        }
        table
    }

    const HEAD: &[&str] = &[
        "备注",
        "姓 名",
        "＊身份证号码（必填）",
        "工作单位",
        "City",
        "依据文号：",
    ];
    const PERSON: &[&str] = &["x", "陈思齐", "1", "某局", "济南市", "鲁1号"];

    fn read(table: Table) -> Result<Read, Unreadable> {
        let policy = PolicySet::embedded().unwrap();
        lines(table, policy.profile("staff-signing").unwrap())
    }

    #[test]
    fn headings_are_found_below_a_title_and_by_other_names() {
        let mut listed = table(&[&["2026 年第一批"], &[], HEAD, PERSON, &["only a remark"]]);
        // The title spreads over the columns; the people do not.
        listed.merged = vec![(1, 1)];
        let read = read(listed).unwrap();
        assert_eq!(read.ignored, ["备注"]);
        let [line] = &read.lines[..] else {
            panic!("{} lines", read.lines.len());
        };
        assert_eq!((line.number, line.cell("city")), (4, "济南市"));
        assert_eq!((line.cell("id_number"), line.cell("name")), ("1", "陈思齐"));
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        let mut merged = table(&[HEAD, PERSON, PERSON]);
        merged.merged = vec![(2, 3)];
        for (listed, wanted) in [
            (merged, Unreadable::Merged(2)),
            (table(&[HEAD]), Unreadable::NoLines),
            (table(&[PERSON]), Unreadable::NoHeader),
            (
                table(&[&["姓名", "身份证", "单位"], PERSON]),
                Unreadable::MissingColumns("所在城市、依据文号".into()),
            ),
            (
                table(&[&["姓名", "Name", "单位"], PERSON]),
                Unreadable::ColumnTwice("姓名".into()),
            ),
        ] {
            assert_eq!(read(listed).err(), Some(wanted));
        }
    }
}
