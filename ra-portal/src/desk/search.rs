//! Searching certificates. What is searched for stands in the body, never in an address that servers write down.

use std::sync::Arc;

use askama::Template;
use authority::{CertificateSummary, SearchQuery};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use policy::Verb;

use super::form::Fields;
use crate::failure::Failure;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of one answer.
const ROWS: u32 = 50;

/// A certificate that was found.
struct Found {
    summary: CertificateSummary,
    chip: Chip,
}

#[derive(Template)]
#[template(path = "desk/search.html")]
struct SearchPage {
    page: Page,
    text: String,
    state: String,
    found: Option<Vec<Found>>,
    /// Where the next page goes on.
    more: Option<u64>,
    /// Whether the way to the rosters is shown.
    roster: bool,
    /// Whether the way to acts on everything that was found is shown.
    may_change: bool,
}

/// `GET /cert`: the form, and what was issued last.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    page(&portal, &visitor, &signed_in, &Fields::default()).await
}

/// `POST /cert`.
pub(super) async fn find(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    fields: Fields,
) -> Result<Response, Failure> {
    page(&portal, &visitor, &signed_in, &fields).await
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    fields: &Fields,
) -> Result<Response, Failure> {
    let given = |name| Some(fields.text(name).to_owned()).filter(|text| !text.is_empty());
    // One more than is shown tells whether there are more.
    let query = SearchQuery {
        text: given("text"),
        state: given("state"),
        before: given("before").and_then(|before| before.parse().ok()),
        limit: Some(ROWS + 1),
        ..SearchQuery::default()
    };
    let mut found = portal.authority.search(&signed_in.officer, &query).await?;
    let further = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let more = found.last().map(|last| last.intent).filter(|_| further);
    let now = portal.now();
    let found = found.into_iter().map(|summary| Found {
        chip: Chip::new(
            Standing::at(&summary.state, summary.not_after, now),
            visitor.language,
        ),
        summary,
    });
    visitor.show(&SearchPage {
        page: visitor.desk_page(&signed_in.officer, Section::Search, "desk.nav_search"),
        text: fields.text("text").to_owned(),
        state: fields.text("state").to_owned(),
        found: Some(found.collect()),
        more,
        may_change: portal.may(&signed_in.officer, Verb::CertificateHold)
            || portal.may(&signed_in.officer, Verb::CertificateRevoke),
        roster: portal.may(&signed_in.officer, Verb::RosterView),
    })
}
