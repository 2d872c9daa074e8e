//! A filled-in form: checked as a whole, normalised, and asked for what is derived from it.
//!
//! A [`Form`] exists only if every rule of its profile held. It carries personal data: no Debug of values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use x509::time::Time;

use crate::field::{Field, FieldKind, Target, first_item};
use crate::identity::Flaw;
use crate::spelling::spellings;

/// Entries of a raw form; more are refused unseen.
const ENTRY_LIMIT: usize = 64;
/// Unknown fields reported one by one.
const UNKNOWN_LIMIT: usize = 8;

/// One thing that keeps a form from being accepted: what happened and what to do. Never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Name of the field; `-` for the form as a whole or a name that cannot be shown.
    pub field: String,
    /// Stable code, `E101`.
    pub code: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.field, self.en)
    }
}

impl Problem {
    fn of_flaw(field: &Field, flaw: Flaw) -> Self {
        Self {
            field: field.name.clone(),
            code: flaw.code,
            zh: format!("“{}”：{}", field.zh, flaw.zh),
            en: format!("{}: {}", field.en, flaw.en),
        }
    }

    fn empty(field: &Field) -> Self {
        Self {
            field: field.name.clone(),
            code: "E101",
            zh: format!("“{}”没有填写。请补填，例如：{}", field.zh, field.example),
            en: format!(
                "{} is empty; fill it in, for example: {}",
                field.en, field.example
            ),
        }
    }

    fn unknown(name: &str) -> Self {
        let shown = if is_field_name(name) { name } else { "-" };
        Self {
            field: shown.to_owned(),
            code: "E190",
            zh: "本证书类别没有这一栏。请删除该栏，或核对所选类别和栏目名称。".to_owned(),
            en: "this profile has no such field; remove it, or check the profile and the field's name".to_owned(),
        }
    }

    fn too_many() -> Self {
        Self {
            field: "-".to_owned(),
            code: "E192",
            zh: format!("提交的栏目超过 {ENTRY_LIMIT} 个，未作处理。请按表单填写。"),
            en: format!(
                "more than {ENTRY_LIMIT} fields were submitted; use the form of the profile"
            ),
        }
    }
}

/// Whether `name` can be a field's name: `[a-z][a-z0-9_]*`, at most 40 characters.
pub(crate) fn is_field_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A form that passed. Clone carries personal data along: keep it short-lived.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    values: BTreeMap<String, String>,
    personal: BTreeSet<String>,
    common_name: String,
    organization: String,
    identity: Option<(&'static str, String)>,
    hosts: Vec<String>,
}

impl Form {
    /// Checks raw input against `fields`; all problems at once, in the order of the fields.
    pub(crate) fn check(
        fields: &[Field],
        raw: &BTreeMap<String, String>,
        today: Time,
    ) -> Result<Self, Vec<Problem>> {
        if raw.len() > ENTRY_LIMIT {
            return Err(vec![Problem::too_many()]);
        }
        let mut problems = Vec::new();
        let mut form = Self {
            values: BTreeMap::new(),
            personal: BTreeSet::new(),
            common_name: String::new(),
            organization: String::new(),
            identity: None,
            hosts: Vec::new(),
        };
        for field in fields {
            match field.accept(raw.get(&field.name).map_or("", String::as_str), today) {
                Ok(value) if !value.is_empty() => form.take(field, value),
                Ok(_) if field.required => problems.push(Problem::empty(field)),
                Ok(_) => {}
                Err(flaw) => problems.push(Problem::of_flaw(field, flaw)),
            }
        }
        let known = |name: &&String| fields.iter().any(|field| field.name == **name);
        problems.extend(
            raw.keys()
                .filter(|name| !known(name))
                .take(UNKNOWN_LIMIT)
                .map(|name| Problem::unknown(name)),
        );
        if problems.is_empty() {
            Ok(form)
        } else {
            Err(problems)
        }
    }

    fn take(&mut self, field: &Field, value: String) {
        let first = first_item(field.kind, &value);
        if field.into.contains(&Target::CommonName) {
            first.clone_into(&mut self.common_name);
        }
        if field.into.contains(&Target::Organization) {
            value.clone_into(&mut self.organization);
        }
        if field.kind == FieldKind::HostNames {
            self.hosts = value.split(',').map(str::to_owned).collect();
        }
        // A number that the state gave identifies better than a name that the holder chose.
        let rank = |kind: &str| {
            ["host", "uscc", "id-number"]
                .iter()
                .position(|known| *known == kind)
        };
        let identity = match field.kind {
            FieldKind::IdNumber => Some("id-number"),
            FieldKind::SocialCreditCode => Some("uscc"),
            FieldKind::HostNames => Some("host"),
            _ => None,
        };
        if let Some(kind) = identity
            && self
                .identity
                .as_ref()
                .is_none_or(|(held, _)| rank(held) < rank(kind))
        {
            self.identity = Some((kind, first.to_owned()));
        }
        if field.personal {
            self.personal.insert(field.name.clone());
        }
        self.values.insert(field.name.clone(), value);
    }

    /// The normalised value of a field; `None` where it was left empty.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.values.get(field).map(String::as_str)
    }

    /// Every filled field with its normalised value. Checking this map again gives an equal form.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, String> {
        self.values.clone()
    }

    /// Whether a field holds personal data.
    #[must_use]
    pub fn is_personal(&self, field: &str) -> bool {
        self.personal.contains(field)
    }

    /// What becomes the subject's CN.
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.common_name
    }

    /// What becomes the subject's O.
    #[must_use]
    pub fn department(&self) -> &str {
        &self.organization
    }

    /// By what the subject is told apart from all others: kind (`id-number`, `uscc` or `host`) and value. For
    /// duplicate detection through keyed digests only.
    #[must_use]
    pub fn unique_identity(&self) -> Option<(&'static str, &str)> {
        self.identity
            .as_ref()
            .map(|(kind, value)| (*kind, value.as_str()))
    }

    /// What the case can be found by, as (kind, folded value), without repetitions. Kinds: `name` (whole CN), its
    /// `pinyin` and `initials`, `department` (whole, and every pair of neighbouring characters), `identity` (whole
    /// number), `identity-tail` (the last four characters of an identity number), `host`; of a person also `born` (name
    /// and date of birth) and `mobile`.
    #[must_use]
    pub fn search_terms(&self) -> Vec<(&'static str, String)> {
        let mut terms = BTreeSet::new();
        if self.hosts.is_empty() {
            terms.insert(("name", fold(&self.common_name)));
            for spelling in spellings(&self.common_name) {
                terms.insert(("pinyin", spelling.whole));
                terms.insert(("initials", spelling.initials));
            }
        }
        terms.extend(self.hosts.iter().map(|host| ("host", fold(host))));
        let department = fold(&self.organization);
        terms.extend(pairs(&department).map(|pair| ("department", pair)));
        terms.insert(("department", department));
        if let Some((kind @ ("id-number" | "uscc"), value)) = self.unique_identity() {
            debug_assert_ne!(kind, "host");
            let folded = fold(value);
            if kind == "id-number" {
                let tail = folded.chars().skip(14).collect::<String>();
                terms.extend(identity_tail(&tail).map(|tail| ("identity-tail", tail)));
                let born = folded.get(6..14).unwrap_or_default();
                terms.insert(("born", format!("{} {born}", fold(&self.common_name))));
                if let Some(mobile) = self.get("mobile") {
                    terms.insert(("mobile", fold(mobile)));
                }
            }
            terms.insert(("identity", folded));
        }
        terms
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Form").field(&self.values.keys()).finish()
    }
}

/// The form in which search terms are stored and must be asked for: NFKC, trimmed, lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_lowercase()
}

/// The last four characters of an identity number (GB 11643: three digits of the sequence, and a check character that
/// can be X) as they are stored and must be asked for; absent where the text cannot be that.
#[must_use]
pub fn identity_tail(text: &str) -> Option<String> {
    let folded = fold(text);
    let (sequence, check) = folded.split_at_checked(3)?;
    let fits = sequence.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(check.as_bytes(), [b'0'..=b'9' | b'x']);
    fits.then_some(folded)
}

/// Every pair of neighbouring characters: the shortest piece of a Chinese name that tells anything.
pub fn pairs(folded: &str) -> impl Iterator<Item = String> {
    let second = folded.chars().skip(1).collect::<Vec<_>>();
    folded
        .chars()
        .collect::<Vec<_>>()
        .into_iter()
        .zip(second)
        .map(|(a, b)| [a, b].iter().collect())
}
