//! Officers by number, and one with everything that was decided about him.

use std::sync::Arc;

use askama::Template;
use authority::{HistoryLine, OfficerView};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use policy::Verb;
use serde::Deserialize;

use super::{cities, state_word};
use crate::failure::Failure;
use crate::language::Language;
use crate::page::component::Chip;
use crate::page::desk_bar::role_word;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of a page of the list.
const ROWS: u32 = 50;

#[derive(Deserialize)]
pub(in crate::desk) struct Part {
    after: Option<String>,
}

/// An officer with the words of a page.
struct Line {
    officer: OfficerView,
    role: &'static str,
    cities: String,
    state: &'static str,
    certificate: Chip,
}

impl Line {
    fn new(officer: OfficerView, language: Language) -> Self {
        Self {
            role: role_word(officer.role),
            cities: cities(&officer.cities, language),
            state: state_word(&officer),
            certificate: Chip::new(Standing::of(&officer.certificate_state), language),
            officer,
        }
    }
}

#[derive(Template)]
#[template(path = "desk/officers.html")]
struct OfficersPage {
    page: Page,
    lines: Vec<Line>,
    count: u64,
    waiting: u64,
    may_propose: bool,
    /// Last number, where there are more.
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/officer.html")]
struct OfficerPage {
    page: Page,
    line: Line,
    history: Vec<HistoryLine>,
    may_propose: bool,
}

/// `GET /officer`.
pub(in crate::desk) async fn list(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(part): Query<Part>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let authority = &portal.authority;
    let after = part.after.as_deref();
    let officers = authority.officers(officer, after, ROWS).await?;
    let full = officers.len() >= ROWS as usize;
    let more = officers.last().map(|last| last.number.clone());
    let language = visitor.language;
    visitor.show(&OfficersPage {
        page: visitor.desk_page(officer, Section::Officers, "desk.nav_officers"),
        lines: officers
            .into_iter()
            .map(|officer| Line::new(officer, language))
            .collect(),
        count: authority.officer_count(officer).await?,
        waiting: authority.proposal_count(officer, Some("waiting")).await?,
        may_propose: portal.may(officer, Verb::OfficerPropose),
        more: more.filter(|_| full),
    })
}

/// `GET /officer/{officer}`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let (found, history) = portal.authority.officer_record(officer, &number).await?;
    let changeable = found.state != "ended" && found.waiting.is_none();
    let another = found.number != officer.number;
    visitor.show(&OfficerPage {
        page: visitor.desk_page(officer, Section::Officers, "officers.title"),
        line: Line::new(found, visitor.language),
        history,
        may_propose: changeable && another && portal.may(officer, Verb::OfficerPropose),
    })
}
