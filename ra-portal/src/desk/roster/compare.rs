//! What the unit's roster says about somebody for whom a certificate is applied: on it, not on it, or otherwise.

use authority::{CaseView, PersonKeys};
use policy::form::fold;
use policy::scope::unit_code;
use policy::{Profile, Verb};
use sm_engine::sm3::Digest;
use store::desk::Roster;

use super::{Post, covers};
use crate::failure::Failure;
use crate::language::Language;
use crate::portal::Portal;
use crate::session::SignedIn;
use crate::wording::phrase;

/// What is compared, by the name of the field.
const FIELDS: [&str; 3] = ["name", "division", "employee_number"];

/// A field that the roster has otherwise.
pub(in crate::desk) struct Difference {
    pub(in crate::desk) label: String,
    pub(in crate::desk) entered: String,
    pub(in crate::desk) roster: String,
}

/// What the roster says.
pub(in crate::desk) struct Match {
    /// Key of the sentence.
    pub(in crate::desk) word: &'static str,
    /// Class of the stylesheet.
    pub(in crate::desk) class: &'static str,
    pub(in crate::desk) differences: Vec<Difference>,
    /// Post by the roster, where it names one.
    pub(in crate::desk) post: String,
    /// Name of the other unit on whose roster the person stands, where the officer may know it.
    pub(in crate::desk) elsewhere: Option<String>,
    /// The unit's roster, if it has one.
    pub(in crate::desk) roster: Option<Roster>,
    /// Whoever entered the case imported the roster, too.
    pub(in crate::desk) same_officer: bool,
}

impl Match {
    fn new(word: &'static str, class: &'static str, roster: Option<Roster>) -> Self {
        Self {
            word,
            class,
            differences: Vec::new(),
            post: String::new(),
            elsewhere: None,
            roster,
            same_officer: false,
        }
    }
}

/// What is compared.
struct Entered<'a> {
    unit: &'a str,
    keys: PersonKeys,
    /// Values in the order of [`FIELDS`].
    values: [&'a str; 3],
    entered_by: &'a str,
}

/// The comparison for a form as it was typed; nothing where it names no person and unit, or the officer may not see
/// rosters.
pub(in crate::desk) async fn of_draft(
    portal: &Portal,
    signed_in: &SignedIn,
    profile: &Profile,
    value: impl Fn(&str) -> String,
    language: Language,
) -> Result<Option<Match>, Failure> {
    let mut fields = profile.fields().iter();
    let number = fields.find(|field| field.kind == policy::FieldKind::IdNumber);
    let Some(number) = number.map(|field| value(&field.name)) else {
        return Ok(None);
    };
    let unit = value("department");
    if number.is_empty() || unit.is_empty() || !portal.may(&signed_in.officer, Verb::RosterView) {
        return Ok(None);
    }
    let values = FIELDS.map(&value);
    let people = [(number.as_str(), values[0].as_str())];
    let keys = portal.authority.person_keys(&signed_in.officer, &people);
    let Some(keys) = keys.await?.pop() else {
        return Ok(None);
    };
    let [name, division, employee] = &values;
    let entered = Entered {
        unit: &unit,
        keys,
        values: [name, division, employee],
        entered_by: &signed_in.officer.number,
    };
    compare(portal, signed_in, profile, &entered, language).await
}

/// The same for a case.
pub(in crate::desk) async fn of_case(
    portal: &Portal,
    signed_in: &SignedIn,
    case: &CaseView,
    language: Language,
) -> Result<Option<Match>, Failure> {
    let officer = &signed_in.officer;
    let profile = portal.authority.policy().profile(&case.summary.profile);
    let Some(profile) = profile.filter(|profile| profile.class == policy::Class::Staff) else {
        return Ok(None);
    };
    if !portal.may(officer, Verb::RosterView) {
        return Ok(None);
    }
    let tokens = portal.authority.tokens_of_case(officer, &case.summary.case);
    let identity: Option<Digest> = tokens.await?.0.and_then(|token| token.parse().ok());
    let people = [("", case.summary.name.as_str())];
    let named = portal.authority.person_keys(officer, &people);
    let (Some(identity), Some(named)) = (identity, named.await?.pop()) else {
        return Ok(None);
    };
    let value = |wanted: &str| {
        let mut fields = case.fields.iter();
        let found = fields.find(|(_, name, _)| name == wanted);
        found
            .map(|(_, _, value)| value.as_str())
            .unwrap_or_default()
    };
    let entered = Entered {
        unit: &case.summary.department,
        keys: PersonKeys {
            identity,
            name: named.name,
        },
        values: FIELDS.map(value),
        entered_by: &case.summary.entered_by,
    };
    compare(portal, signed_in, profile, &entered, language).await
}

async fn compare(
    portal: &Portal,
    signed_in: &SignedIn,
    profile: &Profile,
    entered: &Entered<'_>,
    language: Language,
) -> Result<Option<Match>, Failure> {
    let unit = unit_code(entered.unit);
    let scope = &signed_in.officer.scope;
    let desk = &portal.desk;
    let roster = desk.roster(&unit).await?;
    let roster = roster.filter(|roster| covers(scope, roster));
    let lines = desk.on_rosters(&[entered.keys.identity]).await?;
    let mut found = match (&roster, lines.iter().find(|line| line.unit == unit)) {
        (None, _) => Match::new("roster.none", "unknown", None),
        (Some(_), Some(line)) => {
            let post = Post::of(line);
            let said = [&post.name, &post.division, &post.employee_number];
            let differences: Vec<Difference> = FIELDS
                .iter()
                .zip(entered.values)
                .zip(said)
                // A roster that says nothing of it contradicts nothing.
                .filter(|((_, entered), said)| !said.is_empty() && fold(entered) != fold(said))
                .map(|((name, entered), said)| Difference {
                    label: label(profile, name, language),
                    entered: entered.to_owned(),
                    roster: said.clone(),
                })
                .collect();
            let (word, class) = if differences.is_empty() {
                ("roster.on", "good")
            } else {
                ("roster.differs", "held")
            };
            Match {
                differences,
                post: post.post,
                ..Match::new(word, class, roster.clone())
            }
        }
        (Some(_), None) => {
            let namesakes = desk.named_on_roster(&unit, &entered.keys.name).await?;
            let word = if namesakes.is_empty() {
                "roster.absent"
            } else {
                "roster.namesake"
            };
            Match::new(word, "revoked", roster.clone())
        }
    };
    if let Some(other) = lines.iter().find(|line| line.unit != unit) {
        let other = desk.roster(&other.unit).await?;
        let known = other.filter(|roster| covers(scope, roster));
        let hidden = || phrase(language, "roster.beyond").to_owned();
        found.elsewhere = Some(known.map_or_else(hidden, |roster| roster.name));
    }
    let imported_by = found.roster.as_ref().map(|roster| &roster.imported_by);
    found.same_officer = imported_by.is_some_and(|officer| officer == entered.entered_by);
    Ok(Some(found))
}

fn label(profile: &Profile, name: &str, language: Language) -> String {
    let mut fields = profile.fields().iter();
    let field = fields.find(|field| field.name == name);
    field.map_or_else(
        || name.to_owned(),
        |field| language.pick(&field.zh, &field.en).clone(),
    )
}
