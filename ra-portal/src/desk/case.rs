//! Cases: the list by state, and one with everything about it.

use std::sync::Arc;

use askama::Template;
use authority::{Act, CaseQuery, CaseSummary, CaseView, Officer};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use policy::Verb;
use serde::Deserialize;

use super::form::Fields;
use super::holder;
use super::queue::{self, Line, state_word};
use super::{sign, succession};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of a page of the list.
const ROWS: u32 = 50;
/// The states of a case, in the order of its life.
const STATES: [&str; 7] = [
    "submitted",
    "returned",
    "approved",
    "producing",
    "issued",
    "refused",
    "withdrawn",
];

#[derive(Deserialize)]
pub(super) struct Asked {
    state: Option<String>,
    after: Option<String>,
    /// Token of a department.
    unit: Option<String>,
}

/// A state that can be chosen.
struct Filter {
    href: String,
    word: &'static str,
    current: bool,
}

#[derive(Template)]
#[template(path = "desk/cases.html")]
struct CasesPage {
    page: Page,
    now: i64,
    filters: Vec<Filter>,
    lines: Vec<Line>,
    act: Option<(&'static str, &'static str)>,
    id: &'static str,
    count: u64,
    /// Token of the department whose cases these are.
    unit: Option<String>,
    /// Address of the next page.
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/case.html")]
struct CasePage {
    page: Page,
    case: CaseView,
    state: &'static str,
    succeeds: Option<succession::Line>,
    may_review: bool,
    may_complete: bool,
    may_withdraw: bool,
    certificate: Option<String>,
    holder: Option<String>,
}

/// `GET /case`.
pub(super) async fn list(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let known = |state: &String| STATES.contains(&state.as_str());
    let state = asked.state.filter(known);
    let query = CaseQuery {
        state: state.clone(),
        after: asked.after,
        subject: asked.unit,
        limit: Some(ROWS),
        ..CaseQuery::default()
    };
    let unit = query.subject.clone();
    let counted = portal.authority.case_counts(officer, unit.as_deref());
    let counted = counted.await?;
    let cases = portal.authority.cases(officer, &query).await?;
    let last = cases.last().map(|case| case.case.clone());
    let full = cases.len() >= ROWS as usize;
    let mut lines = queue::lines(&portal, officer, cases).await?;
    lines.sort_by(|a, b| b.summary.case.cmp(&a.summary.case));
    // A token that the authority has taken holds nothing that an address would have to escape.
    let address = |state: Option<&str>, after: Option<&str>| {
        let given = [
            ("unit", unit.as_deref()),
            ("state", state),
            ("after", after),
        ];
        address("/case", &given)
    };
    let more = last.filter(|_| full);
    let more = more.map(|last| address(state.as_deref(), Some(&last)));
    visitor.show(&CasesPage {
        page: visitor.desk_page(officer, Section::Cases, "desk.nav_cases"),
        now: portal.now(),
        filters: std::iter::once(None)
            .chain(STATES.map(Some))
            .map(|one| Filter {
                href: address(one, None),
                word: one.map_or("cases.all", state_word),
                current: one.is_some() && state.as_deref() == one,
            })
            .collect(),
        lines,
        act: None,
        id: "cases",
        count: match &state {
            Some(state) => counted.get(state).copied().unwrap_or(0),
            None => counted.values().sum(),
        },
        unit,
        more,
    })
}

/// An address with those of the parameters that have a value; values of letters and digits only.
pub(super) fn address(path: &str, given: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    let given = given
        .iter()
        .filter_map(|(name, value)| Some((name, (*value)?)));
    for (at, (name, value)) in given.enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        address.push_str(&format!("{name}={value}"));
    }
    address
}

/// What this officer may do next with a case: the end of its address, and the key of the word.
pub(super) fn next_act(
    portal: &Portal,
    officer: &Officer,
    case: &CaseSummary,
) -> Option<(&'static str, &'static str)> {
    let may = |verb| portal.may(officer, verb);
    let own = case.entered_by == officer.number;
    match case.state.as_str() {
        "submitted" if may(Verb::CaseReview) && !own => Some(("/review", "workbench.review")),
        "returned" if may(Verb::CaseSubmit) && own => Some(("", "cases.complete")),
        _ => None,
    }
}

/// `GET /case/{case}`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let case = portal.authority.case(officer, &case).await?;
    let state = case.summary.state.as_str();
    let serial = case.summary.serial.as_ref().filter(|_| state == "issued");
    let next = next_act(&portal, officer, &case.summary).map(|(end, _)| end);
    visitor.show(&CasePage {
        page: visitor.desk_page(officer, Section::Cases, "cases.title"),
        state: state_word(state),
        succeeds: succession::Line::of(&case.summary.authority, case.summary.succeeds.as_ref()),
        may_review: next == Some("/review"),
        may_complete: next == Some(""),
        may_withdraw: portal.may(officer, Verb::CaseWithdraw)
            && matches!(state, "submitted" | "returned"),
        certificate: serial.map(|serial| format!("/cert/{}/{serial}", case.summary.authority)),
        holder: holder::link(&portal, Some(&case.summary.case), &case.summary.profile),
        case,
    })
}

/// `POST /case/{case}/withdraw`.
pub(super) async fn withdraw(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let back = format!("/case/{case}");
    let act = Act::WithdrawCase {
        case,
        reasons: fields.text("reasons").to_owned(),
    };
    Ok(sign::offer(&portal, &signed_in, act, &back).await?)
}
