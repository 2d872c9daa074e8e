//! The task list of a draft: what is done, what is missing, and on to the check.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Part, Source, Work};
use crate::desk::form::see_other;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// A line of the task list.
struct Task {
    title: &'static str,
    href: String,
    done: bool,
    optional: bool,
}

#[derive(Template)]
#[template(path = "desk/tasks.html")]
struct TasksPage {
    page: Page,
    draft: String,
    case: Option<String>,
    title: String,
    source: Option<Source>,
    tasks: Vec<Task>,
    ready: bool,
}

/// `GET /draft/{draft}`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &draft).await?;
    let files = portal.desk.files_of(&draft).await?;
    let address = work.address();
    let now = portal.now();
    let parts = Part::ALL.into_iter();
    let mut tasks: Vec<Task> = parts
        .filter(|part| !part.fields(&work.profile).is_empty())
        .map(|part| Task {
            title: part.title(),
            href: format!("{address}/fields/{}", part.name()),
            done: work.is_done(part, now),
            optional: false,
        })
        .collect();
    tasks.push(Task {
        title: "draft.request",
        href: format!("{address}/request"),
        done: !work.content.request.is_empty(),
        optional: false,
    });
    let title = &work.profile.title;
    let ready = tasks.iter().all(|task| task.done);
    tasks.push(Task {
        title: "draft.evidence",
        href: format!("{address}/evidence"),
        done: !files.is_empty(),
        optional: true,
    });
    visitor.show(&TasksPage {
        page: visitor.desk_page(&signed_in.officer, Section::Enter, "draft.tasks"),
        draft,
        case: work.draft.case.clone(),
        title: visitor.language.pick(&title.zh, &title.en).clone(),
        source: work.content.source.clone(),
        tasks,
        ready,
    })
}

/// `POST /draft/{draft}/discard`.
pub(in crate::desk) async fn discard(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &draft).await?;
    portal.desk.remove_draft(&work.draft.draft).await?;
    Ok(see_other("/desk"))
}
