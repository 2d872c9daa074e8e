//! Who may do what (role × verb), and which acts of one case the same person may not do both.
//!
//! The one policy point of the system: every verb of every protocol asks here. What `separation.toml` does not grant
//! is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use crate::Error;
use crate::scope::{Place, Scope};
use crate::set::source::Source;

pub mod role;
pub mod verb;

pub use role::Role;
pub use verb::Verb;

/// A rule said no. Data for the officer and the audit, not a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `P403` the role does not have the verb, `P409` the same person did something else in this case, `P410` the
    /// roles may not be held together, `P411` the place lies outside the officer's scope, `P412` it concerns the
    /// officer himself.
    pub code: &'static str,
    /// In Chinese: what happened and what to do.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.en)
    }
}

impl std::error::Error for Refusal {}

/// The matrix and the separation rules in force.
#[derive(Debug)]
pub struct Rules {
    granted: BTreeMap<Role, BTreeSet<Verb>>,
    separated: Vec<Separation>,
    exclusive: Vec<Role>,
}

/// `separation.toml` as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    exclusive: Vec<Role>,
    role: Vec<RawRole>,
    separate: Vec<Separation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRole {
    name: Role,
    may: Vec<Verb>,
}

/// Who did one of `after` in a case never does `verb` in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Separation {
    verb: Verb,
    after: Vec<Verb>,
}

impl Rules {
    /// Reads `separation.toml`: every role once, no verb twice, and the separations without which nothing may run.
    pub(crate) fn read(source: &Source<'_>) -> Result<Self, Error> {
        let raw: Raw = source.parse()?;
        let mut granted = BTreeMap::new();
        for (index, role) in raw.role.into_iter().enumerate() {
            let count = role.may.len();
            let verbs: BTreeSet<Verb> = role.may.into_iter().collect();
            if verbs.len() != count {
                return Err(source.fault_in("role", index, "may", "the same verb twice"));
            }
            if raw.exclusive.contains(&role.name) && !verbs.iter().all(|verb| verb.is_reading()) {
                return Err(source.fault_in(
                    "role",
                    index,
                    "may",
                    "a role that is held alone may only read",
                ));
            }
            if granted.insert(role.name, verbs).is_some() {
                return Err(source.fault_in("role", index, "name", "the same role twice"));
            }
        }
        if let Some(role) = Role::ALL.iter().find(|role| !granted.contains_key(role)) {
            return Err(source.fault("role", format!("the role {role} is missing")));
        }
        let rules = Self {
            granted,
            separated: raw.separate,
            exclusive: raw.exclusive,
        };
        // In one case the same person never enters and reviews, and no administrator makes an officer alone: no
        // document may say otherwise.
        for (verb, before) in [
            (Verb::CaseReview, Verb::CaseSubmit),
            (Verb::CaseSubmit, Verb::CaseReview),
            (Verb::OfficerConfirm, Verb::OfficerPropose),
        ] {
            if !rules
                .separated
                .iter()
                .any(|rule| rule.verb == verb && rule.after.contains(&before))
            {
                return Err(source.fault(
                    "separate",
                    format!("{verb} after {before} must be separated"),
                ));
            }
        }
        Ok(rules)
    }

    /// Whether `role` may do `verb` at all. Default deny.
    ///
    /// # Errors
    /// `P403`.
    pub fn authorize(&self, role: Role, verb: Verb) -> Result<(), Refusal> {
        if self
            .granted
            .get(&role)
            .is_some_and(|verbs| verbs.contains(&verb))
        {
            return Ok(());
        }
        let mut may: Vec<Role> = self
            .granted
            .iter()
            .filter(|(_, verbs)| verbs.contains(&verb))
            .map(|(r, _)| *r)
            .collect();
        may.sort_unstable();
        let list = |name: fn(Role) -> &'static str, separator: &str| {
            may.iter()
                .map(|role| name(*role))
                .collect::<Vec<_>>()
                .join(separator)
        };
        Err(Refusal {
            code: "P403",
            zh: format!(
                "{}不能{}。请由{}办理。",
                role.zh(),
                verb.zh(),
                list(Role::zh, "或")
            ),
            en: format!(
                "the role {role} may not {}; ask {}",
                verb.en(),
                list(Role::as_str, " or ")
            ),
        })
    }

    /// Whether `officer` may do `verb` in a case (or to a certificate) in which the acts `before` were done, each
    /// with the officer who did it.
    ///
    /// # Errors
    /// `P409`; also where an officer's number is empty, since nobody can be told apart from nobody.
    pub fn separate(
        &self,
        verb: Verb,
        officer: &str,
        before: &[(Verb, &str)],
    ) -> Result<(), Refusal> {
        if officer.trim().is_empty() {
            return Err(Refusal {
                code: "P409",
                zh: "操作员编号为空，无法核对岗位分离。请重新登录。".to_owned(),
                en: "the officer's number is empty; separation of duties cannot be checked, log in again".to_owned(),
            });
        }
        let barred = self
            .separated
            .iter()
            .filter(|rule| rule.verb == verb)
            .flat_map(|rule| &rule.after);
        for done in barred {
            if before
                .iter()
                .any(|(earlier, who)| earlier == done && same_officer(who, officer))
            {
                return Err(Refusal {
                    code: "P409",
                    zh: format!(
                        "同一人在同一事项中已{}，不能再{}。请换另一位操作员办理。",
                        done.zh(),
                        verb.zh()
                    ),
                    en: format!(
                        "the same person may not {} after having done {done} in the same case; another officer must do it",
                        verb.en()
                    ),
                });
            }
        }
        Ok(())
    }

    /// Whether an officer of that scope may do `verb` to something in that place.
    ///
    /// # Errors
    /// `P411`.
    pub fn within(&self, verb: Verb, scope: &Scope, place: &Place) -> Result<(), Refusal> {
        if scope.covers(place) {
            return Ok(());
        }
        Err(Refusal {
            code: "P411",
            zh: format!(
                "该事项所属的城市或单位不在您的管辖范围内，不能{}。请由管辖该地的操作员办理。",
                verb.zh()
            ),
            en: format!(
                "its city or unit lies outside your scope, you may not {} there; ask an officer whose scope it is",
                verb.en()
            ),
        })
    }

    /// Whether an officer of that scope may do `verb` to an officer of the scope `theirs`: nobody gives or takes what
    /// reaches beyond his own.
    ///
    /// # Errors
    /// `P411`.
    pub fn within_scope(&self, verb: Verb, scope: &Scope, theirs: &Scope) -> Result<(), Refusal> {
        if scope.includes(theirs) {
            return Ok(());
        }
        Err(Refusal {
            code: "P411",
            zh: format!(
                "该操作员的管辖范围超出您的管辖范围，不能{}。请由管辖全部范围的RA管理员办理。",
                verb.zh()
            ),
            en: format!(
                "the officer's scope reaches beyond yours, you may not {}; ask an administrator whose scope it is",
                verb.en()
            ),
        })
    }

    /// Whether `officer` may do `verb`, which concerns the officer `subject`. Nobody decides about himself.
    ///
    /// # Errors
    /// `P412`.
    pub fn about_another(&self, verb: Verb, officer: &str, subject: &str) -> Result<(), Refusal> {
        if !same_officer(officer, subject) {
            return Ok(());
        }
        Err(Refusal {
            code: "P412",
            zh: format!("不能{}本人的事项。请由另一位管理员办理。", verb.zh()),
            en: format!(
                "nobody may {} about himself; another administrator must do it",
                verb.en()
            ),
        })
    }

    /// Whether a person who holds the roles `held` may be given `role` as well. Auditors do nothing else.
    ///
    /// # Errors
    /// `P410`.
    pub fn combine(&self, role: Role, held: &[Role]) -> Result<(), Refusal> {
        let clash = held.iter().find(|other| {
            **other != role && (self.exclusive.contains(other) || self.exclusive.contains(&role))
        });
        match clash {
            None => Ok(()),
            Some(other) => Err(Refusal {
                code: "P410",
                zh: format!(
                    "{}与{}不能由同一人担任。请另行指定人员。",
                    role.zh(),
                    other.zh()
                ),
                en: format!("one person may not be {role} and {other}; appoint somebody else"),
            }),
        }
    }
}

/// Officer numbers are compared as people read them.
fn same_officer(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}
