//! One department: how many certificates it has, by class and state and by the month in which they end, its cases under
//! way, and the list behind every number. The address holds a token.

use std::sync::Arc;

use askama::Template;
use authority::{CertificateSummary, ClassCount, SearchQuery};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use policy::Verb;
use serde::Deserialize;

use super::case::address;
use super::holder;
use super::queue::state_word;
use super::roster;
use crate::failure::Failure;
use crate::moment::Month;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of a page of the list.
const ROWS: u32 = 40;
/// Months whose expiring certificates are counted: this one and a year more.
const MONTHS: usize = 13;
/// The states that are counted, in the order of the columns.
const STATES: [&str; 4] = ["good", "held", "expired", "revoked"];

/// Which list is shown.
#[derive(Deserialize)]
pub(super) struct Asked {
    state: Option<String>,
    profile: Option<String>,
    /// Month in which they end, `2026-12`.
    ends: Option<String>,
    /// Ledger index: only older certificates.
    before: Option<String>,
}

/// A number, and the address of the list that has as many lines.
struct Count {
    number: u64,
    href: String,
}

/// The numbers of one class, or of all.
struct Row {
    /// Name of the class; none for all of them.
    title: Option<String>,
    counts: Vec<Count>,
}

/// A certificate of the list.
struct Line {
    summary: CertificateSummary,
    title: String,
    chip: Chip,
    /// Its holder, or itself.
    href: String,
}

#[derive(Template)]
#[template(path = "desk/unit.html")]
struct UnitPage {
    page: Page,
    name: String,
    at: String,
    /// Keys of the columns' words.
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    months: Vec<(String, Count)>,
    under_way: Vec<(&'static str, Count)>,
    /// What the list is restricted to, in words.
    restricted: Vec<String>,
    listed: u64,
    lines: Vec<Line>,
    /// The beginning of its roster.
    roster: Option<roster::list::Part>,
    /// Whether the way to acts on all of them is shown.
    may_change: bool,
    /// Address of the next page.
    more: Option<String>,
}

/// `GET /case/{case}/unit`: on to the department's own address.
pub(super) async fn of_case(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    let tokens = portal.authority.tokens_of_case(&signed_in.officer, &case);
    let (_, unit) = tokens.await?;
    let unit = unit.ok_or_else(Failure::not_found)?;
    Ok(Redirect::to(&format!("/unit/{unit}")).into_response())
}

/// `GET /unit/{token}`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let now = portal.now();
    let months: Vec<Month> = std::iter::successors(Month::of(now), |month| month.next())
        .take(MONTHS + 1)
        .collect();
    let edges: Vec<i64> = months.iter().filter_map(|month| month.begin()).collect();
    let list = Choice::of(&portal, &asked);
    let query = SearchQuery {
        before: asked
            .before
            .as_deref()
            .and_then(|before| before.parse().ok()),
        ..list.query()
    };
    let unit = portal.authority.department(officer, &token, &edges, &query);
    let mut unit = unit.await?;
    let further = unit.certificates.len() > ROWS as usize;
    unit.certificates.truncate(ROWS as usize);

    let at = format!("/unit/{token}");
    let count = |number, state: Option<&str>, profile: Option<&str>, month: Option<Month>| Count {
        number,
        href: Choice::new(state, profile, month).address(&at, None),
    };
    let row = |title, counted: &ClassCount, profile: Option<&str>| {
        let numbers = [counted.good, counted.held, counted.expired, counted.revoked];
        let counts = STATES.iter().zip(numbers);
        Row {
            title,
            counts: counts
                .map(|(state, number)| count(number, Some(state), profile, None))
                .collect(),
        }
    };
    let mut all = ClassCount::default();
    let mut rows = Vec::new();
    for (profile, counted) in &unit.classes {
        all.good += counted.good;
        all.held += counted.held;
        all.expired += counted.expired;
        all.revoked += counted.revoked;
        let title = holder::title(&portal, &visitor, profile);
        rows.push(row(Some(title), counted, Some(profile)));
    }
    rows.push(row(None, &all, None));
    let ends = months.iter().zip(&unit.ends);
    let ends = ends.map(|(month, number)| {
        let words = month.words(visitor.language);
        (words, count(*number, None, None, Some(*month)))
    });
    let cases = unit.cases.iter().map(|(state, number)| {
        let given = [
            ("unit", Some(token.as_str())),
            ("state", Some(state.as_str())),
        ];
        let href = address("/case", &given);
        let number = *number;
        (state_word(state), Count { number, href })
    });
    let last = unit.certificates.last().map(|last| last.intent);
    let line = |summary: CertificateSummary| Line {
        title: holder::title(&portal, &visitor, &summary.profile),
        chip: Chip::new(
            Standing::at(&summary.state, summary.not_after, now),
            visitor.language,
        ),
        href: holder::link(&portal, summary.case.as_deref(), &summary.profile)
            .unwrap_or_else(|| format!("/cert/{}/{}", summary.authority, summary.serial)),
        summary,
    };
    let roster = roster::list::of_unit(&portal, &visitor, officer, &unit.name);
    let roster = roster.await?;
    visitor.show(&UnitPage {
        may_change: portal.may(officer, Verb::CertificateHold),
        roster,
        page: visitor.desk_page(officer, Section::Search, "unit.title"),
        name: unit.name,
        columns: STATES.map(|state| Standing::of(state).word()).into(),
        rows,
        months: ends.collect(),
        under_way: cases.collect(),
        restricted: list.words(&portal, &visitor),
        listed: unit.listed,
        more: last
            .filter(|_| further)
            .map(|last| list.address(&at, Some(last))),
        lines: unit.certificates.into_iter().map(line).collect(),
        at,
    })
}

/// What a list is restricted to. Only what is known is taken from an address.
struct Choice {
    state: Option<String>,
    profile: Option<String>,
    month: Option<Month>,
}

impl Choice {
    fn new(state: Option<&str>, profile: Option<&str>, month: Option<Month>) -> Self {
        Self {
            state: state.map(str::to_owned),
            profile: profile.map(str::to_owned),
            month,
        }
    }

    fn of(portal: &Portal, asked: &Asked) -> Self {
        let state = asked.state.as_deref();
        let profile = asked.profile.as_deref();
        let known = |profile: &&str| portal.authority.policy().profile(profile).is_some();
        Self::new(
            state.filter(|state| STATES.contains(state)),
            profile.filter(known),
            asked.ends.as_deref().and_then(Month::parse),
        )
    }

    /// The query of a page. A month restricts to what its number counts: certificates good or on hold, also where they
    /// ended earlier in it.
    fn query(&self) -> SearchQuery {
        let begin = |month: Option<Month>| month.and_then(Month::begin);
        SearchQuery {
            state: Some(match (&self.state, self.month) {
                (Some(state), _) => state.clone(),
                (None, Some(_)) => "unrevoked".to_owned(),
                (None, None) => "issued".to_owned(),
            }),
            profile: self.profile.clone(),
            ends_from: begin(self.month),
            ends_before: begin(self.month.and_then(Month::next)),
            // One more than is shown tells whether there are more.
            limit: Some(ROWS + 1),
            ..SearchQuery::default()
        }
    }

    fn address(&self, at: &str, before: Option<u64>) -> String {
        let month = self.month.map(Month::code);
        let before = before.map(|before| before.to_string());
        let given = [
            ("state", self.state.as_deref()),
            ("profile", self.profile.as_deref()),
            ("ends", month.as_deref()),
            ("before", before.as_deref()),
        ];
        format!("{}#list", address(at, &given))
    }

    fn words(&self, portal: &Portal, visitor: &Visitor) -> Vec<String> {
        let state = self.state.as_deref().map(|state| {
            let word = Standing::of(state).word();
            crate::wording::phrase(visitor.language, word).to_owned()
        });
        let profile = self.profile.as_deref();
        let profile = profile.map(|profile| holder::title(portal, visitor, profile));
        let month = self.month.map(|month| month.words(visitor.language));
        [state, profile, month].into_iter().flatten().collect()
    }
}
