//! One unit's roster: who stands on it, and which certificate each of them has.

use std::sync::Arc;

use askama::Template;
use authority::{Officer, PersonStanding};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use policy::Verb;
use policy::scope::{City, unit_code};
use serde::Deserialize;
use sm_engine::sm3::Digest;
use store::desk::Roster;

use super::{Post, covers};
use crate::desk::queue::state_word;
use crate::failure::Failure;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// People of a page of the roster's own.
const ROWS: u32 = 50;
/// People of the roster on the unit's page.
const FIRST: u32 = 20;

#[derive(Deserialize)]
pub(in crate::desk) struct Asked {
    after: Option<i64>,
}

/// Somebody on the roster.
pub(in crate::desk) struct Line {
    pub(in crate::desk) place: i64,
    pub(in crate::desk) name: String,
    pub(in crate::desk) division: String,
    pub(in crate::desk) post: String,
    pub(in crate::desk) chip: Option<Chip>,
    /// Key of the state of the case under way.
    pub(in crate::desk) under_way: Option<&'static str>,
    /// Address of the certificate or of the case.
    pub(in crate::desk) href: Option<String>,
}

/// Part of a roster.
pub(in crate::desk) struct Part {
    pub(in crate::desk) roster: Roster,
    pub(in crate::desk) lines: Vec<Line>,
    /// Where the next page goes on.
    pub(in crate::desk) more: Option<i64>,
}

#[derive(Template)]
#[template(path = "desk/roster.html")]
struct RosterPage {
    page: Page,
    city: String,
    part: Part,
}

/// `GET /roster/{unit}`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(unit): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let unit: Digest = unit.parse().map_err(|_| Failure::not_found())?;
    let roster = portal.desk.roster(&unit).await?;
    let roster = roster.ok_or_else(Failure::not_found)?;
    let city = City::of_code(&roster.city);
    let name = city.map(|city| city.zh).unwrap_or_default();
    let verb = Verb::RosterView;
    let may = portal
        .authority
        .may_handle_roster(officer, verb, name, &roster.name);
    may.await?;
    let after = asked.after.unwrap_or(0);
    visitor.show(&RosterPage {
        page: visitor.desk_page(officer, Section::Search, "roster.of_unit"),
        city: city
            .map(|city| visitor.language.pick(city.zh, city.en).to_owned())
            .unwrap_or_default(),
        part: part(&portal, &visitor, officer, roster, after, ROWS).await?,
    })
}

/// The beginning of the roster of a unit, for its page; nothing where it has none or the officer may not see it.
pub(in crate::desk) async fn of_unit(
    portal: &Portal,
    visitor: &Visitor,
    officer: &Officer,
    unit: &str,
) -> Result<Option<Part>, Failure> {
    if !portal.may(officer, Verb::RosterView) {
        return Ok(None);
    }
    let roster = portal.desk.roster(&unit_code(unit)).await?;
    match roster.filter(|roster| covers(&officer.scope, roster)) {
        Some(roster) => {
            let part = part(portal, visitor, officer, roster, 0, FIRST).await?;
            Ok(Some(part))
        }
        None => Ok(None),
    }
}

async fn part(
    portal: &Portal,
    visitor: &Visitor,
    officer: &Officer,
    roster: Roster,
    after: i64,
    rows: u32,
) -> Result<Part, Failure> {
    // One more than is shown tells whether there are more.
    let people = portal.desk.roster_people(&roster.unit, after, rows + 1);
    let mut people = people.await?;
    let shown = usize::try_from(rows).unwrap_or(usize::MAX);
    let further = people.len() > shown;
    people.truncate(shown);
    let identities: Vec<Digest> = people.iter().map(|person| person.identity).collect();
    let standings = portal.authority.standings(officer, &identities).await?;
    let lines = people.iter().zip(standings).map(|(person, standing)| {
        let post = Post::of(person);
        let (chip, under_way, href) = has(visitor, standing);
        Line {
            place: person.place,
            name: post.name,
            division: post.division,
            post: post.post,
            chip,
            under_way,
            href,
        }
    });
    let lines: Vec<Line> = lines.collect();
    let last = lines.last().map(|line| line.place);
    Ok(Part {
        roster,
        more: last.filter(|_| further),
        lines,
    })
}

/// What is shown of what somebody has.
fn has(
    visitor: &Visitor,
    standing: Option<PersonStanding>,
) -> (Option<Chip>, Option<&'static str>, Option<String>) {
    let Some(standing) = standing else {
        return (None, None, None);
    };
    match (standing.certificate, standing.case) {
        (Some((authority, serial)), _) => {
            let chip = Chip::new(Standing::of(&standing.state), visitor.language);
            (
                Some(chip),
                None,
                Some(format!("/cert/{authority}/{serial}")),
            )
        }
        (None, case) => {
            let word = state_word(&standing.state);
            (None, Some(word), case.map(|case| format!("/case/{case}")))
        }
    }
}
