//! The lists behind the numbers: `GET /dash/list` for certificates, `GET /dash/overdue` for cases.

use std::sync::Arc;

use askama::Template;
use authority::{CertificateSummary, Counted, Counting};
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Place, span_words};
use crate::desk::case::address;
use crate::desk::holder;
use crate::desk::queue::{self, Line};
use crate::failure::Failure;
use crate::moment;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of a page.
const ROWS: u32 = 40;

/// What can be counted: the word of addresses, the key of the word for people.
const COUNTINGS: [(&str, Counting, &str); 7] = [
    ("ending", Counting::Ending, "dash.ending"),
    ("good", Counting::Good, "dash.good"),
    ("held", Counting::Held, "dash.held"),
    ("in-time", Counting::InTime, "dash.in_time"),
    ("issued", Counting::Issued, "dash.issued"),
    ("late", Counting::Late, "dash.late"),
    ("revoked", Counting::Revoked, "dash.revoked"),
];

/// Which list.
#[derive(Deserialize)]
pub(in crate::desk) struct Asked {
    of: Option<String>,
    city: Option<String>,
    /// Token of a department.
    unit: Option<String>,
    /// First day, `2026-12-01`.
    from: Option<String>,
    /// The day after the last one.
    until: Option<String>,
    /// Ledger index: only older certificates.
    before: Option<String>,
    /// Number of a case: only later ones.
    after: Option<String>,
}

/// The address of a list. A token that the authority has taken or made holds nothing that would have to be escaped.
pub(in crate::desk) struct Link {
    pub(super) of: &'static str,
    pub(super) place: Place,
    pub(super) unit: Option<String>,
    /// Begin of a day, UTC seconds.
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
}

impl Link {
    /// Of the list, or of its page after an entry of the ledger.
    pub(super) fn address(&self, before: Option<u64>) -> String {
        let (from, until) = (self.from.map(moment::date), self.until.map(moment::date));
        let before = before.map(|before| before.to_string());
        let given = [
            ("of", Some(self.of)),
            ("city", self.place.code()),
            ("unit", self.unit.as_deref()),
            ("from", from.as_deref()),
            ("until", until.as_deref()),
            ("before", before.as_deref()),
        ];
        address("/dash/list", &given)
    }
}

/// A certificate of the list.
struct Listed {
    summary: CertificateSummary,
    title: String,
    chip: Chip,
}

#[derive(Template)]
#[template(path = "desk/dashboard_list.html")]
struct ListPage {
    page: Page,
    back: String,
    /// Key of the word for what is listed.
    word: &'static str,
    /// What it is restricted to.
    restricted: Vec<String>,
    count: u64,
    lines: Vec<Listed>,
    more: Option<String>,
}

/// `GET /dash/list`.
pub(in crate::desk) async fn certificates(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let of = asked.of.as_deref().unwrap_or("good");
    let found = COUNTINGS.iter().find(|(word, ..)| *word == of);
    let (of, counting, word) = *found.ok_or_else(Failure::not_found)?;
    let day = |text: &Option<String>| text.as_deref().and_then(moment::day);
    let link = Link {
        of,
        place: Place::of(asked.city.as_deref()),
        unit: asked.unit,
        from: day(&asked.from),
        until: day(&asked.until),
    };
    let query = Counted {
        counting,
        city: link.place.key().map(str::to_owned),
        unit: link.unit.clone(),
        from: link.from,
        until: link.until,
        before: asked.before.and_then(|before| before.parse().ok()),
        // One more than is shown tells whether there are more.
        limit: ROWS + 1,
    };
    let mut view = portal.authority.counted(officer, &query).await?;
    let further = view.certificates.len() > ROWS as usize;
    view.certificates.truncate(ROWS as usize);
    let last = view.certificates.last().map(|last| last.intent);
    let now = portal.now();
    let span = match (link.from, link.until) {
        (Some(from), Some(until)) => Some(span_words(from, until)),
        _ => None,
    };
    let restricted = [link.place.words(visitor.language), view.unit, span];
    visitor.show(&ListPage {
        page: visitor.desk_page(officer, Section::Dashboard, "dash.list"),
        back: link.place.address("/dash"),
        word,
        restricted: restricted.into_iter().flatten().collect(),
        count: view.count,
        more: last
            .filter(|_| further)
            .map(|last| link.address(Some(last))),
        lines: view
            .certificates
            .into_iter()
            .map(|summary| Listed {
                title: holder::title(&portal, &visitor, &summary.profile),
                chip: Chip::new(
                    Standing::at(&summary.state, summary.not_after, now),
                    visitor.language,
                ),
                summary,
            })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "desk/dashboard_overdue.html")]
struct OverduePage {
    page: Page,
    now: i64,
    back: String,
    city: Option<String>,
    count: u64,
    lines: Vec<Line>,
    act: Option<(&'static str, &'static str)>,
    id: &'static str,
    more: Option<String>,
}

/// Address of the list of overdue cases.
pub(super) fn overdue_address(place: Place, after: Option<&str>) -> String {
    address("/dash/overdue", &[("city", place.code()), ("after", after)])
}

/// `GET /dash/overdue`.
pub(in crate::desk) async fn overdue(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let place = Place::of(asked.city.as_deref());
    let counted = portal.authority.overdue_count(officer, place.key());
    let count = counted.await?;
    let found =
        portal
            .authority
            .overdue_cases(officer, place.key(), asked.after.as_deref(), ROWS + 1);
    let mut cases = found.await?;
    let further = cases.len() > ROWS as usize;
    cases.truncate(ROWS as usize);
    let last = cases.last().map(|last| last.case.clone());
    visitor.show(&OverduePage {
        page: visitor.desk_page(officer, Section::Dashboard, "dash.overdue"),
        now: portal.now(),
        back: place.address("/dash"),
        city: place.words(visitor.language),
        count,
        lines: queue::lines(&portal, officer, cases).await?,
        act: None,
        id: "overdue",
        more: last
            .filter(|_| further)
            .map(|last| overdue_address(place, Some(&last))),
    })
}
