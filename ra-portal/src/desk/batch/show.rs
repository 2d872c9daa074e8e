//! One batch: how many lines stand how; the wrong ones to be put right, the others to be looked over.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::judge::{Standing, Verdict, judge};
use super::table::Unreadable;
use super::{Line, Work, arrive};
use crate::desk::form::see_other;
use crate::failure::Failure;
use crate::language::Language;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Wrong lines of one page.
const WRONG: usize = 50;
/// Bytes of a page that its wrong cells may take; a page has 60 KB.
const CELLS: usize = 40_000;
/// Bytes of one wrong cell beside its value: label, remark, attributes.
const AROUND: usize = 700;
/// Other lines of one page.
const LISTED: usize = 100;

/// Which lines are shown, by their names in addresses.
const VIEWS: [(&str, &str); 5] = [
    ("wrong", "batch.wrong"),
    ("duplicate", "batch.duplicates"),
    ("warned", "batch.warned"),
    ("passed", "batch.passed"),
    ("drafts", "batch.gone_on"),
];

/// The lines that a view shows.
fn shows(view: &str, standing: Standing) -> bool {
    match standing {
        Standing::Wrong => view == "wrong",
        Standing::Duplicate => view == "duplicate",
        Standing::Warned => view == "warned",
        Standing::Passed => view == "passed",
        Standing::GoneOn => view == "drafts",
    }
}

#[derive(Default, Deserialize)]
pub(in crate::desk) struct Asked {
    show: Option<String>,
    from: Option<u32>,
}

/// A view with the number of its lines.
struct View {
    name: &'static str,
    word: &'static str,
    count: usize,
    current: bool,
}

/// A cell that can be put right.
struct Cell {
    name: String,
    label: String,
    value: String,
    code: &'static str,
    text: String,
}

/// A line as it is shown.
struct Row {
    number: u32,
    name: String,
    department: String,
    cells: Vec<Cell>,
    /// The draft that was made from it, while it is there.
    draft: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/batch.html")]
struct BatchPage {
    page: Page,
    batch: String,
    title: String,
    authority: String,
    file: String,
    arrived_at: i64,
    returned: Vec<String>,
    ignored: Vec<String>,
    views: Vec<View>,
    view: &'static str,
    heading: &'static str,
    rows: Vec<Row>,
    /// First line of the next page.
    more: Option<u32>,
    to_mend: bool,
    passed: usize,
    warned: usize,
    error: Option<(&'static str, String)>,
}

impl BatchPage {
    /// Whether the cells of this view can be changed.
    fn is_form(&self) -> bool {
        matches!(self.view, "wrong" | "duplicate" | "warned")
    }
}

/// `GET /batch/{batch}`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(batch): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &batch).await?;
    page(&portal, &visitor, &signed_in, &work, &asked, None).await
}

/// `POST /batch/{batch}/discard`.
pub(in crate::desk) async fn discard(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(batch): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &batch).await?;
    portal.desk.remove_batch(&work.batch.batch).await?;
    Ok(see_other("/batch"))
}

/// The page with what could not be done.
pub(super) async fn complain(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    work: &Work,
    error: Unreadable,
) -> Result<Response, Failure> {
    let asked = Asked::default();
    page(portal, visitor, signed_in, work, &asked, Some(error)).await
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    work: &Work,
    asked: &Asked,
    error: Option<Unreadable>,
) -> Result<Response, Failure> {
    let verdicts = judge(&work.content, &work.profile, portal.now());
    let count = |view: &str| {
        let standings = verdicts.iter().map(|verdict| verdict.standing);
        standings.filter(|standing| shows(view, *standing)).count()
    };
    let asked_for = VIEWS
        .iter()
        .find(|(name, _)| asked.show.as_deref() == Some(*name));
    let first = VIEWS.iter().find(|(name, _)| count(name) > 0);
    let (view, heading) = *asked_for.or(first).unwrap_or(&VIEWS[0]);
    let from = asked.from.unwrap_or(0);
    let lines = work.content.lines.iter().zip(&verdicts);
    let lines =
        lines.filter(|(line, verdict)| line.number >= from && shows(view, verdict.standing));
    let (mut rows, mut more, mut bytes) = (Vec::new(), None, 0);
    for (line, verdict) in lines {
        let row = row(work, line, verdict, visitor.language);
        bytes += row.cells.iter().map(size).sum::<usize>();
        let most = if row.cells.is_empty() { LISTED } else { WRONG };
        if rows.len() >= most || (bytes > CELLS && !rows.is_empty()) {
            more = Some(line.number);
            break;
        }
        rows.push(row);
    }
    if view == "drafts" {
        let own = portal.desk.drafts_of(&signed_in.officer.number).await?;
        for row in &mut rows {
            let is_there = |draft: &String| own.iter().any(|known| known.draft == *draft);
            row.draft = row.draft.take().filter(is_there);
        }
    }
    let mut page = visitor.desk_page(&signed_in.officer, Section::Enter, "batch.title");
    page.is_error = error.is_some();
    let title = &work.profile.title;
    visitor.show(&BatchPage {
        error: error.map(|error| arrive::said(&page, &error)),
        page,
        batch: work.batch.batch.clone(),
        title: visitor.language.pick(&title.zh, &title.en).clone(),
        authority: work.batch.authority.clone(),
        file: work.batch.file.to_string(),
        arrived_at: work.batch.arrived_at,
        returned: work.content.returned.clone(),
        ignored: work.content.ignored.clone(),
        views: VIEWS
            .iter()
            .map(|(name, word)| View {
                name,
                word,
                count: count(name),
                current: *name == view,
            })
            .collect(),
        view,
        heading,
        rows,
        more,
        to_mend: count("wrong") + count("duplicate") + count("warned") > 0,
        passed: count("passed"),
        warned: count("warned"),
    })
}

fn row(work: &Work, line: &Line, verdict: &Verdict, language: Language) -> Row {
    let fields = work.profile.fields();
    let cells = verdict.remarks.iter().map(|(place, remark)| {
        let field = &fields[*place];
        Cell {
            name: super::fix::name(line.number, &field.name),
            label: language.pick(&field.zh, &field.en).clone(),
            value: line.cell(&field.name).to_owned(),
            code: remark.code(),
            text: remark.text(language),
        }
    });
    let short = |field: &str| line.cell(field).chars().take(64).collect();
    Row {
        number: line.number,
        name: short("name"),
        department: short("department"),
        cells: cells.collect(),
        draft: line.draft.clone(),
    }
}

/// Bytes of a cell in the page: what HTML has a meaning for takes five times as much.
fn size(cell: &Cell) -> usize {
    let special = |byte: &u8| b"<>&\"'".contains(byte);
    let special = cell.value.bytes().filter(|byte| special(byte)).count();
    AROUND + cell.value.len() + 4 * special
}
