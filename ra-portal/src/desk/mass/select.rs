//! Choosing the certificates of an act: by unit, by who produced them, by when, by what a search finds. What is searched
//! for stands in the body, never in an address.

use std::sync::Arc;

use askama::Template;
use authority::{Error, ListPlan, SearchQuery, StatusChange};
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use policy::Verb;
use serde::Deserialize;
use store::desk::MassAct;
use zeroize::Zeroizing;

use super::{Content, PLANNED, Work};
use crate::desk::certificate::REASONS;
use crate::desk::form::{Fields, see_other};
use crate::failure::Failure;
use crate::moment;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Acts that one officer can have looked over and not signed.
const MOST: usize = 20;
const DAY: i64 = 86_400;
/// From this many characters on, a text of letters and digits can be somebody's number.
const NUMBER: usize = 15;

/// An act of the officer's.
struct Known {
    href: String,
    change: &'static str,
    state: &'static str,
    selection: String,
    count: usize,
    changed_at: i64,
}

#[derive(Template)]
#[template(path = "desk/mass_select.html")]
struct SelectPage {
    page: Page,
    chosen: Chosen,
    may_revoke: bool,
    reasons: Vec<(String, &'static str, bool)>,
    acts: Vec<Known>,
    /// Anchor and sentence.
    error: Option<(&'static str, String)>,
}

/// What was chosen, as it was typed.
#[derive(Default)]
struct Chosen {
    to: String,
    reason: String,
    unit: String,
    officer: String,
    from: String,
    until: String,
    text: String,
    state: String,
}

#[derive(Deserialize)]
pub(in crate::desk) struct Asked {
    officer: Option<String>,
}

impl Chosen {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).chars().take(200).collect();
        Self {
            to: text("to"),
            reason: text("reason"),
            unit: text("unit"),
            officer: text("officer"),
            from: text("from"),
            until: text("until"),
            text: text("text"),
            state: text("state"),
        }
    }

    /// The query, and how it is put in words; or the anchor of what is wrong and the key of its sentence.
    fn query(&self) -> Result<(SearchQuery, String), (&'static str, &'static str)> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let day = |name: &'static str, text: &str| match text {
            "" => Ok(None),
            text => moment::day(text).map(Some).ok_or((name, "mass.no_day")),
        };
        let (from, until) = (day("from", &self.from)?, day("until", &self.until)?);
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            return Err(("until", "mass.no_window"));
        }
        let mut words = Vec::new();
        if !self.unit.is_empty() {
            words.push(format!("单位：{}", self.unit));
        }
        if !self.officer.is_empty() {
            words.push(format!("制证员：{}", self.officer));
        }
        match (from, until) {
            (None, None) => {}
            (Some(_), None) => words.push(format!("{} 起签发", self.from)),
            (None, Some(_)) => words.push(format!("{} 及以前签发", self.until)),
            (Some(_), Some(_)) => words.push(format!("{} 至 {} 签发", self.from, self.until)),
        }
        if !self.text.is_empty() {
            words.push(format!("检索：{}", without_number(&self.text)));
        }
        if words.is_empty() {
            return Err(("unit", "mass.nothing_chosen"));
        }
        let state = match self.state.as_str() {
            "good" => {
                words.push("状态：有效".to_owned());
                "good"
            }
            "held" => {
                words.push("状态：已冻结".to_owned());
                "held"
            }
            "expired" => {
                words.push("状态：已过期".to_owned());
                "expired"
            }
            _ => "issued",
        };
        let query = SearchQuery {
            text: given(&self.text),
            state: Some(state.to_owned()),
            unit: given(&self.unit),
            produced_by: given(&self.officer),
            issued_from: from,
            issued_before: until.map(|until| until + DAY),
            ..SearchQuery::default()
        };
        Ok((query, words.join("；")))
    }
}

/// A search text without what can be a person's number.
fn without_number(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric());
    let count = text.chars().count();
    if plain && (NUMBER..=18).contains(&count) {
        let tail: String = text.chars().skip(count - 4).collect();
        format!("号码末四位 {tail}")
    } else {
        text.to_owned()
    }
}

/// `GET /mass`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let chosen = Chosen {
        officer: asked.officer.unwrap_or_default().chars().take(40).collect(),
        ..Chosen::default()
    };
    page(&portal, &visitor, &signed_in, chosen, None).await
}

/// `POST /mass/form`: the form with what another page gave.
pub(in crate::desk) async fn prefilled(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    fields: Fields,
) -> Result<Response, Failure> {
    page(&portal, &visitor, &signed_in, Chosen::of(&fields), None).await
}

/// `POST /mass`: on to looking it over, or back with what is wrong.
pub(in crate::desk) async fn plan(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    fields: Fields,
) -> Result<Response, Failure> {
    let chosen = Chosen::of(&fields);
    let say = |key| crate::wording::phrase(visitor.language, key).to_owned();
    let (query, selection) = match chosen.query() {
        Ok(query) => query,
        Err((anchor, key)) => {
            let error = Some((anchor, say(key)));
            return page(&portal, &visitor, &signed_in, chosen, error).await;
        }
    };
    let (change, reason) = match chosen.to.as_str() {
        "hold" => (StatusChange::Hold, None),
        "revoke" => {
            let mut known = REASONS.iter();
            let found = known.find(|(reason, _)| reason.to_string() == chosen.reason);
            let Some((reason, _)) = found else {
                let error = Some(("reason", say("change.no_reason")));
                return page(&portal, &visitor, &signed_in, chosen, error).await;
            };
            (StatusChange::Revoke, Some(*reason))
        }
        _ => return Err(Failure::bad_request("to")),
    };
    let officer = &signed_in.officer;
    let planned = portal.authority.plan_list(officer, &query, change, reason);
    let plan: ListPlan = match planned.await {
        Ok(plan) => plan,
        Err(Error::Refused(refusal)) if refusal.code == "A413" => {
            let error = Some(("unit", visitor.language.pick(refusal.zh, refusal.en)));
            return page(&portal, &visitor, &signed_in, chosen, error).await;
        }
        Err(error) => return Err(error.into()),
    };
    // What was looked over and never signed gives way.
    let own = portal.desk.mass_acts_of(&officer.number).await?;
    let planned = own.iter().filter(|act| act.state == PLANNED);
    for old in planned.skip(MOST - 1) {
        portal.desk.remove_mass_act(&old.act).await?;
    }
    let mut work = Work {
        content: Content {
            change,
            reason,
            selection,
            note: String::new(),
            certificates: plan.certificates,
            left_out: plan.left_out,
            signed: None,
            done: 0,
            refused: Vec::new(),
            stopped: None,
        },
        act: MassAct {
            act: hex::encode(sm_engine::random::array::<16>()),
            officer: officer.number.clone(),
            state: PLANNED.to_owned(),
            changed_at: portal.now(),
            revision: 0,
            content: Zeroizing::default(),
        },
    };
    work.keep(&portal, PLANNED).await?;
    Ok(see_other(&work.address()))
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    chosen: Chosen,
    error: Option<(&'static str, String)>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let own = portal.desk.mass_acts_of(&officer.number).await?;
    let mut acts = Vec::new();
    for act in own {
        let work = Work::of(act)?;
        acts.push(Known {
            href: work.address(),
            change: super::show::word(work.content.change),
            state: super::show::state_word(&work.act.state),
            count: work.content.certificates.len(),
            changed_at: work.act.changed_at,
            selection: work.content.selection,
        });
    }
    let mut page = visitor.desk_page(officer, Section::Search, "mass.title");
    page.is_error = error.is_some();
    visitor.show(&SelectPage {
        page,
        may_revoke: portal.may(officer, Verb::CertificateRevoke),
        reasons: REASONS
            .iter()
            .map(|(reason, word)| {
                let name = reason.to_string();
                let checked = name == chosen.reason;
                (name, *word, checked)
            })
            .collect(),
        chosen,
        acts,
        error,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_put_in_words_and_bounded_in_time() {
        let chosen = Chosen {
            unit: "曹县政府办".into(),
            officer: "OP-0003".into(),
            from: "2026-03-03".into(),
            until: "2026-03-09".into(),
            state: "good".into(),
            ..Chosen::default()
        };
        let (query, words) = chosen.query().unwrap();
        assert_eq!(
            words,
            "单位：曹县政府办；制证员：OP-0003；2026-03-03 至 2026-03-09 签发；状态：有效"
        );
        let (from, until) = (query.issued_from.unwrap(), query.issued_before.unwrap());
        assert_eq!(until - from, 7 * DAY, "the last day is in it");
    }

    #[test]
    fn what_chooses_nothing_or_cannot_be_is_refused() {
        let refused = |chosen: Chosen| chosen.query().err().map(|(_, key)| key);
        assert_eq!(refused(Chosen::default()), Some("mass.nothing_chosen"));
        let state = Chosen {
            state: "good".into(),
            ..Chosen::default()
        };
        assert_eq!(refused(state), Some("mass.nothing_chosen"));
        for (from, until, key) in [
            ("yesterday", "", "mass.no_day"),
            ("", "2026-02-30", "mass.no_day"),
            ("2026-03-09", "2026-03-03", "mass.no_window"),
        ] {
            let chosen = Chosen {
                from: from.into(),
                until: until.into(),
                ..Chosen::default()
            };
            assert_eq!(refused(chosen), Some(key), "{from} {until}");
        }
    }

    #[test]
    fn no_number_of_a_person_goes_into_a_statement() {
        assert_eq!(without_number("379902199003070018"), "号码末四位 0018");
        assert_eq!(without_number("山东省财政厅"), "山东省财政厅");
    }
}
