//! Which column of a roster's file holds what, and what is wrong with its lines. A roster is taken whole or not at all,
//! so that nobody is missing from it because a cell was wrong.

use std::collections::BTreeMap;

use policy::scope::unit_code;
use policy::{FieldKind, Profile};
use x509::time::Time;

use super::Post;
use crate::desk::batch::columns::folded;
use crate::desk::batch::table::{HEAD, LINES, Table, Unreadable};
use crate::desk::flaw::flaw;
use crate::language::Language;
use crate::wording::{fill, phrase};

/// Longest post or division, characters.
const TEXT: usize = 64;

/// Headings by column, as [`folded`] gives them; the first one is what the column is called.
const HEADINGS: [(Column, &[&str]); 6] = [
    (Column::Name, &["姓名", "人员姓名", "name", "fullname"]),
    (
        Column::Number,
        &[
            "身份证号码",
            "身份证号",
            "身份证",
            "公民身份号码",
            "identitynumber",
            "idnumber",
        ],
    ),
    (
        Column::Unit,
        &["单位", "单位名称", "工作单位", "department", "organization"],
    ),
    (Column::Division, &["处室", "部门", "科室", "division"]),
    (Column::Post, &["岗位", "职务", "职位", "post", "position"]),
    (
        Column::Employee,
        &["人员编号", "工号", "personnelnumber", "employeenumber"],
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Name,
    Number,
    Unit,
    Division,
    Post,
    Employee,
}

impl Column {
    /// What it is called in what is said about the file.
    fn zh(self) -> &'static str {
        let mut known = HEADINGS.iter().filter(|(column, _)| *column == self);
        known.next().map_or("", |(_, names)| names[0])
    }
}

/// Somebody of the file.
pub(super) struct Person {
    /// Identity number, as it is compared.
    pub(super) number: String,
    pub(super) post: Post,
}

/// A cell that is not taken.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Row of the file, from 1.
    pub(super) row: u32,
    /// What its column is called.
    pub(super) column: &'static str,
    what: What,
}

#[derive(Debug)]
enum What {
    Flaw(policy::identity::Flaw),
    Duplicate(u32),
    OtherUnit,
    TooLong,
}

impl Wrong {
    /// Stable code.
    pub(super) fn code(&self) -> &'static str {
        match &self.what {
            What::Flaw(flaw) => flaw.code,
            What::Duplicate(_) => "E130",
            What::OtherUnit => "E113",
            What::TooLong => "E191",
        }
    }

    /// What happened and what to do.
    pub(super) fn text(&self, language: Language) -> String {
        match &self.what {
            What::Flaw(flaw) => language.pick(flaw.zh, flaw.en).to_owned(),
            What::Duplicate(line) => fill(phrase(language, "batch.duplicate"), |_| {
                Some(line.to_string().into())
            }),
            What::OtherUnit => phrase(language, "roster.other_unit").to_owned(),
            What::TooLong => phrase(language, "roster.too_long").to_owned(),
        }
    }
}

/// The people of a file, or what is wrong with it cell by cell. `staff` is a profile whose rules names and numbers
/// follow, `unit` the full name of the unit, `now` UTC seconds.
///
/// # Errors
/// [`Unreadable`] where it is no table of people.
pub(super) fn people(
    table: &Table,
    staff: &Profile,
    unit: &str,
    now: i64,
) -> Result<Result<Vec<Person>, Vec<Wrong>>, Unreadable> {
    let (head, columns) = head(table)?;
    if let Some((first, _)) = table.merged.iter().find(|(_, last)| *last >= head) {
        return Err(Unreadable::Merged(*first));
    }
    let missing: Vec<&str> = [Column::Name, Column::Number]
        .into_iter()
        .filter(|wanted| !columns.values().any(|column| column == wanted))
        .map(Column::zh)
        .collect();
    if !missing.is_empty() {
        return Err(Unreadable::MissingColumns(missing.join("、")));
    }
    let (mut people, mut wrong) = (Vec::new(), Vec::new());
    let mut rows_of: BTreeMap<String, u32> = BTreeMap::new();
    for (row, cells) in table.rows.range(head.saturating_add(1)..) {
        if !cells.keys().any(|column| columns.contains_key(column)) {
            continue;
        }
        let cell = |wanted: Column| {
            let mut found = columns.iter().filter(|(_, column)| **column == wanted);
            let at = found.next().and_then(|(at, _)| cells.get(at));
            at.map(|text| text.trim()).unwrap_or_default()
        };
        let before = wrong.len();
        let mut complain = |column: Column, what| {
            wrong.push(Wrong {
                row: *row,
                column: column.zh(),
                what,
            });
        };
        let mut accepted = |column, kind| {
            let field = staff.fields().iter().find(|field| field.kind == kind);
            let text = cell(column);
            let Some(field) = field else {
                return text.to_owned();
            };
            if let Some(flaw) = flaw(field, text, now) {
                complain(column, What::Flaw(flaw));
            }
            field.accept(text, Time(now)).unwrap_or_default()
        };
        let name = accepted(Column::Name, FieldKind::PersonName);
        let number = accepted(Column::Number, FieldKind::IdNumber);
        let employee_number = accepted(Column::Employee, FieldKind::EmployeeNumber);
        for column in [Column::Division, Column::Post] {
            let text = cell(column);
            if text.chars().count() > TEXT || text.chars().any(char::is_control) {
                complain(column, What::TooLong);
            }
        }
        let other = cell(Column::Unit);
        if !other.is_empty() && unit_code(other) != unit_code(unit) {
            complain(Column::Unit, What::OtherUnit);
        }
        if !number.is_empty() {
            match rows_of.get(&number) {
                Some(first) => complain(Column::Number, What::Duplicate(*first)),
                None => {
                    rows_of.insert(number.clone(), *row);
                }
            }
        }
        if wrong.len() == before {
            people.push(Person {
                number,
                post: Post {
                    name,
                    division: cell(Column::Division).to_owned(),
                    post: cell(Column::Post).to_owned(),
                    employee_number,
                },
            });
        }
    }
    if people.len() + wrong.len() > LINES * 6 || people.len() > LINES {
        return Err(Unreadable::TooManyLines);
    }
    if people.is_empty() && wrong.is_empty() {
        return Err(Unreadable::NoLines);
    }
    Ok(if wrong.is_empty() {
        Ok(people)
    } else {
        Err(wrong)
    })
}

/// The row of headings, the first one with at least two of them, and which column holds what.
fn head(table: &Table) -> Result<(u32, BTreeMap<u32, Column>), Unreadable> {
    for (row, cells) in table.rows.iter().take(HEAD) {
        let mut columns = BTreeMap::new();
        let mut twice = None;
        for (at, heading) in cells {
            let name = folded(heading);
            let found = HEADINGS.iter().find(|(_, names)| names.contains(&&*name));
            if let Some((column, _)) = found {
                if columns.values().any(|known| known == column) {
                    twice = Some(Unreadable::ColumnTwice(column.zh().to_owned()));
                }
                columns.insert(*at, *column);
            }
        }
        if columns.len() >= 2 {
            return twice.map_or(Ok((*row, columns)), Err);
        }
    }
    Err(Unreadable::NoHeader)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use policy::PolicySet;

    use super::*;

    const UNIT: &str = "山东省财政厅";
    const TITLES: &[&str] = &["姓名", "身份证号", "单位", "处室", "职务"];
    const CHEN: &[&str] = &["陈思齐", "379902199003070018", UNIT, "国库处", "科员"];

    fn read(rows: &[&[&str]]) -> Result<Result<Vec<Person>, Vec<Wrong>>, Unreadable> {
        let mut table = Table::default();
        for (row, cells) in (1..).zip(rows) {
            for (column, cell) in (1..).zip(*cells) {
                table.put(row, column, cell).unwrap();
            }
        }
        let policy = PolicySet::embedded().unwrap();
        let staff = policy.profile("staff-signing").unwrap();
        people(&table, staff, UNIT, 1_795_426_867)
    }

    #[test]
    fn people_with_their_posts() {
        let people = read(&[&["花名册"], TITLES, CHEN]).unwrap().ok().unwrap();
        let [person] = &people[..] else {
            panic!("{} people", people.len());
        };
        assert_eq!(person.number, "379902199003070018");
        assert_eq!(person.post.name, "陈思齐");
        assert_eq!(
            (&*person.post.division, &*person.post.post),
            ("国库处", "科员")
        );
    }

    #[test]
    fn one_wrong_cell_keeps_the_whole_roster_out() {
        let long = "长".repeat(65);
        for (line, code) in [
            (&["", "379902199003070018", "", "", ""], "E101"),
            (&["陈思齐", "", "", "", ""], "E101"),
            (&["陈思齐", "379902199003070019", "", "", ""], "E102"),
            (&["赵敏之", "379902199003070018", "", "", ""], "E130"),
            (
                &["赵敏之", "379902198001010017", "青岛市财政局", "", ""],
                "E113",
            ),
            (
                &["赵敏之", "379902198001010017", "", long.as_str(), ""],
                "E191",
            ),
        ] {
            let wrong = read(&[TITLES, CHEN, line]).unwrap().err().unwrap();
            let codes: Vec<_> = wrong.iter().map(Wrong::code).collect();
            assert!(codes.contains(&code), "{line:?}: {codes:?}");
            assert!(wrong.iter().all(|wrong| wrong.row == 3));
        }
    }

    #[test]
    fn what_is_no_roster_is_refused() {
        assert_eq!(read(&[CHEN]).err(), Some(Unreadable::NoHeader));
        assert_eq!(read(&[TITLES]).err(), Some(Unreadable::NoLines));
        assert_eq!(
            read(&[&["姓名", "处室"], &["陈思齐", "国库处"]]).err(),
            Some(Unreadable::MissingColumns("身份证号码".into()))
        );
        assert_eq!(
            read(&[&["姓名", "Name", "身份证"], CHEN]).err(),
            Some(Unreadable::ColumnTwice("姓名".into()))
        );
    }
}
