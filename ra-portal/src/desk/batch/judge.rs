//! What is wrong with the lines of a batch, cell by cell.

use std::collections::BTreeMap;

use policy::Profile;
use policy::identity::Flaw;
use x509::time::Time;

use super::{Content, Line, identity};
use crate::desk::flaw::flaw;
use crate::language::Language;
use crate::wording::{fill, phrase};

/// How a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// A cell is wrong.
    Wrong,
    /// Somebody whom an earlier line has.
    Duplicate,
    /// Nothing is wrong, but something should be looked at.
    Warned,
    /// Nothing is wrong.
    Passed,
    /// It has become a draft.
    GoneOn,
}

/// What is said about a cell.
pub(super) enum Remark {
    /// The field does not take it.
    Flaw(Flaw),
    /// The same person stands in this line.
    Duplicate(u32),
    /// The person has this case.
    Known(String),
}

/// What is said about a line.
pub(super) struct Verdict {
    pub(super) standing: Standing,
    /// By the field's place in the profile.
    pub(super) remarks: Vec<(usize, Remark)>,
}

impl Remark {
    /// Stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Flaw(flaw) => flaw.code,
            Self::Duplicate(_) => "E130",
            Self::Known(_) => "W201",
        }
    }

    /// What happened and what to do.
    pub(super) fn text(&self, language: Language) -> String {
        match self {
            // The one place where the officer can put it right at once.
            Self::Flaw(flaw) if flaw.code == "E103" => phrase(language, "batch.excel").to_owned(),
            Self::Flaw(flaw) => language.pick(flaw.zh, flaw.en).to_owned(),
            Self::Duplicate(line) => {
                let value = line.to_string();
                fill(phrase(language, "batch.duplicate"), |_| {
                    Some(value.as_str().into())
                })
            }
            Self::Known(case) => fill(phrase(language, "batch.known"), |_| {
                Some(case.as_str().into())
            }),
        }
    }
}

/// What is to be said about each line, in their order. Of several lines of one person the one that went on stands,
/// else the first one.
pub(super) fn judge(content: &Content, profile: &Profile, now: i64) -> Vec<Verdict> {
    let identity = identity(profile);
    let number = |line: &Line| {
        let field = identity?;
        let number = field.accept(line.cell(&field.name), Time(now)).ok()?;
        (!number.is_empty()).then_some(number)
    };
    let mut people: BTreeMap<String, u32> = BTreeMap::new();
    for gone in [true, false] {
        let lines = content.lines.iter();
        for line in lines.filter(|line| line.draft.is_some() == gone) {
            if let Some(person) = number(line) {
                people.entry(person).or_insert(line.number);
            }
        }
    }
    let other = |line: &Line| {
        let first = people.get(&number(line)?).copied()?;
        (first != line.number).then_some(first)
    };
    let lines = content.lines.iter();
    lines
        .map(|line| {
            if line.draft.is_some() {
                return Verdict {
                    standing: Standing::GoneOn,
                    remarks: Vec::new(),
                };
            }
            verdict(line, profile, other(line), now)
        })
        .collect()
}

fn verdict(line: &Line, profile: &Profile, other: Option<u32>, now: i64) -> Verdict {
    let mut remarks = Vec::new();
    let mut standing = Standing::Passed;
    for (place, field) in profile.fields().iter().enumerate() {
        if let Some(flaw) = flaw(field, line.cell(&field.name), now) {
            standing = Standing::Wrong;
            remarks.push((place, Remark::Flaw(flaw)));
        } else if field.kind == policy::FieldKind::IdNumber {
            if let Some(other) = other {
                standing = standing.min(Standing::Duplicate);
                remarks.push((place, Remark::Duplicate(other)));
            } else if let Some(case) = &line.known {
                standing = standing.min(Standing::Warned);
                remarks.push((place, Remark::Known(case.clone())));
            }
        }
    }
    Verdict { standing, remarks }
}
