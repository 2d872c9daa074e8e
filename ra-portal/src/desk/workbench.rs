//! `GET /desk`: what is mine to do now, the most urgent first; what needs attention; how much of everything there is.

use std::sync::Arc;

use askama::Template;
use authority::CaseQuery;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use policy::{Role, Verb};

use super::queue::{self, Line, Urgency};
use crate::failure::Failure;
use crate::language::Language;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Lines of one list on the workbench; the list itself has all.
const SHOWN: u32 = 100;

/// A draft in a list.
pub(super) struct DraftLine {
    pub(super) draft: String,
    pub(super) title: String,
    pub(super) name: String,
    pub(super) changed_at: i64,
    pub(super) case: Option<String>,
}

/// A list of the workbench.
struct List {
    /// Key of its heading.
    heading: &'static str,
    /// Key of the line that an empty list shows.
    empty: &'static str,
    lines: Vec<Line>,
    /// Key of what is done with a line, and the end of its address.
    act: Option<(&'static str, &'static str)>,
    id: &'static str,
}

/// How many cases are in a state, and where they are listed.
struct Count {
    word: &'static str,
    state: &'static str,
    number: u64,
}

#[derive(Template)]
#[template(path = "desk/workbench.html")]
struct WorkbenchPage {
    page: Page,
    now: i64,
    name: String,
    lists: Vec<List>,
    drafts: Option<Vec<DraftLine>>,
    next: bool,
    overdue: u64,
    urgent: u64,
    counts: Vec<Count>,
}

/// The workbench of the officer's role.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let may = |verb| portal.may(officer, verb);
    let lines = async |state: &str, own: bool| -> Result<Vec<Line>, Failure> {
        let query = CaseQuery {
            state: Some(state.to_owned()),
            entered_by: own.then(|| officer.number.clone()),
            oldest_first: true,
            limit: Some(SHOWN),
            ..CaseQuery::default()
        };
        let cases = portal.authority.cases(officer, &query).await?;
        queue::lines(&portal, officer, cases).await
    };
    let mut lists = Vec::new();
    if may(Verb::CaseReview) {
        lists.push(List {
            heading: "workbench.to_review",
            empty: "workbench.none_to_review",
            lines: lines("submitted", false).await?,
            act: Some(("workbench.review", "/review")),
            id: "to-review",
        });
    }
    if may(Verb::CertificateIssue) {
        lists.push(List {
            heading: "workbench.to_make",
            empty: "workbench.none_to_make",
            lines: lines("approved", false).await?,
            act: None,
            id: "to-make",
        });
    }
    let mut drafts = None;
    if may(Verb::CaseSubmit) {
        lists.push(List {
            heading: "workbench.returned",
            empty: "workbench.none_returned",
            lines: lines("returned", true).await?,
            act: None,
            id: "returned",
        });
        drafts = Some(draft_lines(&portal, visitor.language, &officer.number).await?);
        lists.push(List {
            heading: "workbench.mine",
            empty: "workbench.none_mine",
            lines: lines("submitted", true).await?,
            act: None,
            id: "mine",
        });
    }
    if officer.role == Role::RaAdministrator {
        lists.push(List {
            heading: "workbench.open",
            empty: "workbench.none_open",
            lines: lines("submitted", false).await?,
            act: None,
            id: "open",
        });
    }
    let all = || lists.iter().flat_map(|list| &list.lines);
    let of = |urgency| all().filter(|line| line.urgency == urgency).count() as u64;
    let (overdue, urgent) = (of(Urgency::Overdue), of(Urgency::Urgent));
    let counted = portal.authority.case_counts(officer, None).await?;
    let counts = [
        "submitted",
        "returned",
        "approved",
        "producing",
        "issued",
        "refused",
        "withdrawn",
    ]
    .map(|state| Count {
        word: queue::state_word(state),
        state,
        number: counted.get(state).copied().unwrap_or(0),
    });
    let next = may(Verb::CaseReview) && lists.first().is_some_and(|list| !list.lines.is_empty());
    visitor.show(&WorkbenchPage {
        page: visitor.desk_page(officer, Section::Workbench, "desk.nav_workbench"),
        now: portal.now(),
        name: officer.name.clone(),
        lists,
        drafts,
        next,
        overdue,
        urgent,
        counts: counts.into(),
    })
}

async fn draft_lines(
    portal: &Portal,
    language: Language,
    officer: &str,
) -> Result<Vec<DraftLine>, Failure> {
    let drafts = portal.desk.drafts_of(officer).await?;
    let line = |draft: store::desk::Draft| {
        let profile = portal.authority.policy().profile(&draft.profile);
        let content = super::draft::Content::read(&draft.content);
        DraftLine {
            title: profile
                .map(|profile| language.pick(&profile.title.zh, &profile.title.en).clone())
                .unwrap_or_default(),
            name: content.display_name(),
            draft: draft.draft,
            changed_at: draft.changed_at,
            case: draft.case,
        }
    };
    Ok(drafts.into_iter().map(line).collect())
}
