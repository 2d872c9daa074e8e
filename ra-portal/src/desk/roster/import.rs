//! The rosters of the officer's scope, and the import of one: taken whole, in place of the one before.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::Response;
use policy::scope::{CITIES, City, unit_code};
use policy::{Class, Verb};
use sm_engine::sm3;
use store::desk::{Roster, RosterPerson};
use zeroize::Zeroizing;

use super::columns::{self, Person, Wrong};
use crate::desk::batch::arrive::{ROOM, said};
use crate::desk::batch::table::{Table, Unreadable};
use crate::desk::form::{see_other, with_file};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Wrong cells that are told one by one.
const TOLD: usize = 100;
/// Longest name of a unit, characters.
const NAME: usize = 64;

/// A city that can be chosen.
struct Choice {
    code: &'static str,
    name: &'static str,
    chosen: bool,
}

/// A wrong cell.
struct Line {
    row: u32,
    column: &'static str,
    code: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "desk/rosters.html")]
struct RostersPage {
    page: Page,
    may_import: bool,
    cities: Vec<Choice>,
    unit: String,
    unit_error: bool,
    error: Option<(&'static str, String)>,
    wrong: Vec<Line>,
    wrong_count: usize,
    rosters: Vec<Roster>,
}

/// What was typed, and what came of it.
#[derive(Default)]
struct Attempt {
    city: String,
    unit: String,
    unit_error: bool,
    error: Option<Unreadable>,
    wrong: Vec<Wrong>,
}

/// `GET /roster`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    page(&portal, &visitor, &signed_in, Attempt::default()).await
}

/// `POST /roster`.
pub(in crate::desk) async fn arrive(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let Some(_room) = portal.in_flight.enter(&officer.number, ROOM) else {
        return Err(Failure::too_many());
    };
    let (fields, file) = with_file(multipart).await?;
    let city = City::of_code(fields.text("city")).ok_or_else(|| Failure::bad_request("city"))?;
    let name = fields.text("unit").to_owned();
    let mut attempt = Attempt {
        city: city.code.to_owned(),
        unit: name.chars().take(NAME).collect(),
        ..Attempt::default()
    };
    let fits = !name.is_empty() && name.chars().count() <= NAME && !name.contains(char::is_control);
    if !fits {
        attempt.unit_error = true;
        return page(&portal, &visitor, &signed_in, attempt).await;
    }
    let verb = Verb::RosterImport;
    let authority = &portal.authority;
    authority
        .may_handle_roster(officer, verb, city.zh, &name)
        .await?;
    let unit = unit_code(&name);
    let before = portal.desk.roster(&unit).await?;
    // The one that is replaced must be this officer's business, too.
    if let Some(old) = before.as_ref().and_then(|old| City::of_code(&old.city)) {
        authority
            .may_handle_roster(officer, verb, old.zh, &name)
            .await?;
    }
    let content = file.map(|file| file.content).unwrap_or_default();
    let digest = sm3::digest(&content);
    let mut profiles = authority.policy().profiles();
    let staff = profiles.find(|profile| profile.class == Class::Staff && profile.requestable());
    let staff = Arc::clone(staff.ok_or_else(Failure::not_found)?);
    let (now, of) = (portal.now(), name.clone());
    let reading = tokio::task::spawn_blocking(move || {
        columns::people(&Table::read(&content)?, &staff, &of, now)
    });
    let people = match reading.await.unwrap_or(Err(Unreadable::Damaged)) {
        Ok(Ok(people)) => people,
        Ok(Err(wrong)) => {
            attempt.wrong = wrong;
            return page(&portal, &visitor, &signed_in, attempt).await;
        }
        Err(error) => {
            attempt.error = Some(error);
            return page(&portal, &visitor, &signed_in, attempt).await;
        }
    };
    let roster = Roster {
        unit,
        name,
        city: city.code.to_owned(),
        people: 0,
        file: digest,
        imported_by: officer.number.clone(),
        imported_at: now,
        revision: before.map_or(0, |before| before.revision),
    };
    let rows = rows(&portal, &signed_in, &roster, &people).await?;
    if !portal.desk.put_roster(&roster, &rows).await? {
        return Err(Failure::batch_changed());
    }
    tracing::info!(officer = %officer.number, unit = %roster.unit, people = rows.len(), "a roster was imported");
    Ok(see_other(&format!("/roster/{unit}")))
}

/// What is kept of the people.
async fn rows(
    portal: &Portal,
    signed_in: &SignedIn,
    roster: &Roster,
    people: &[Person],
) -> Result<Vec<RosterPerson>, Failure> {
    let named: Vec<(&str, &str)> = people
        .iter()
        .map(|person| (person.number.as_str(), person.post.name.as_str()))
        .collect();
    let keys = portal.authority.person_keys(&signed_in.officer, &named);
    let places = (1..).zip(people.iter().zip(keys.await?));
    let row = |(place, (person, keys)): (i64, (&Person, authority::PersonKeys))| {
        let content = serde_json::to_vec(&person.post).map_err(|fault| Failure::fault(&fault))?;
        Ok(RosterPerson {
            unit: roster.unit,
            identity: keys.identity,
            name: keys.name,
            place,
            content: Zeroizing::new(content),
        })
    };
    places.map(row).collect()
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    attempt: Attempt,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let language = visitor.language;
    let scope = &officer.scope;
    let rosters = portal.desk.rosters(&scope.cities, &scope.units, None);
    let mut page = visitor.desk_page(officer, Section::Search, "roster.title");
    page.is_error = attempt.error.is_some() || attempt.unit_error || !attempt.wrong.is_empty();
    let in_scope = |city: &&City| scope.cities.is_empty() || scope.cities.contains(city.code);
    let cities = CITIES.iter().filter(in_scope).map(|city| Choice {
        code: city.code,
        name: language.pick(city.zh, city.en),
        chosen: city.code == attempt.city,
    });
    visitor.show(&RostersPage {
        may_import: portal.may(officer, Verb::RosterImport),
        cities: cities.collect(),
        unit: attempt.unit,
        unit_error: attempt.unit_error,
        error: attempt.error.map(|error| said(&page, &error)),
        wrong_count: attempt.wrong.len(),
        wrong: attempt
            .wrong
            .iter()
            .take(TOLD)
            .map(|wrong| Line {
                row: wrong.row,
                column: wrong.column,
                code: wrong.code(),
                text: wrong.text(language),
            })
            .collect(),
        rosters: rosters.await?,
        page,
    })
}
