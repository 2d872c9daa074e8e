//! An act on many certificates: what it would do, what it leaves out and why, and afterwards what was done and what was
//! refused.

use std::sync::Arc;

use askama::Template;
use authority::{CertificateSummary, RefusedCertificate, StatusChange};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{DONE, OPEN, PLANNED, Work, run};
use crate::desk::form::{Fields, see_other};
use crate::desk::sign;
use crate::failure::Failure;
use crate::language::Language;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Certificates of a page.
const ROWS: usize = 50;
/// Certificates of a page to which nothing is done.
const TOLD: usize = 30;

/// A certificate of the list.
struct Line {
    summary: CertificateSummary,
    chip: Chip,
}

/// A certificate to which nothing is done.
struct Left {
    href: String,
    serial: String,
    code: String,
    text: String,
}

#[derive(Template)]
#[template(path = "desk/mass.html")]
struct MassPage {
    page: Page,
    at: String,
    planned: bool,
    open: bool,
    done: bool,
    change: &'static str,
    effect: &'static str,
    selection: String,
    reason: Option<&'static str>,
    count: usize,
    found: usize,
    digest: String,
    lines: Vec<Line>,
    /// Where the next page goes on.
    more: Option<usize>,
    left_out: Vec<Left>,
    left_out_count: usize,
    more_left: Option<usize>,
    done_count: u64,
    refused: Vec<Left>,
    refused_count: usize,
    more_refused: Option<usize>,
    stopped: Option<(String, String)>,
    note: String,
    error: Option<String>,
}

#[derive(Default, Deserialize)]
pub(in crate::desk) struct Asked {
    from: Option<usize>,
    left: Option<usize>,
    refused: Option<usize>,
}

/// Key of what an act does.
pub(super) fn word(change: StatusChange) -> &'static str {
    match change {
        StatusChange::Hold => "mass.hold",
        StatusChange::Release => "change.release",
        StatusChange::Revoke => "mass.revoke",
    }
}

/// Key of how far it has come.
pub(super) fn state_word(state: &str) -> &'static str {
    match state {
        PLANNED => "mass.planned",
        OPEN => "mass.open",
        _ => "mass.done",
    }
}

/// `GET /mass/{mass}`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &act).await?;
    page(&portal, &visitor, &signed_in, &work, &asked, None).await
}

/// `POST /mass/{mass}`: on to signing.
pub(in crate::desk) async fn sign(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let mut work = Work::open(&portal, &signed_in, &act).await?;
    if work.act.state != PLANNED {
        return Ok(see_other(&work.address()));
    }
    let note: String = fields.text("note").chars().take(400).collect();
    if note.is_empty() {
        let error = crate::wording::phrase(visitor.language, "change.no_note").to_owned();
        let asked = Asked::default();
        return page(&portal, &visitor, &signed_in, &work, &asked, Some(error)).await;
    }
    work.content.note = note;
    if !work.keep(&portal, PLANNED).await? {
        return Ok(see_other(&work.address()));
    }
    let offered = sign::offer_mass(&portal, &signed_in, work.content.act(), &work.act.act);
    Ok(offered.await?)
}

/// `POST /mass/{mass}/resume`: carries on with what was begun.
pub(in crate::desk) async fn resume(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &act).await?;
    run::carry_out(&portal, &act).await?;
    Ok(see_other(&work.address()))
}

/// `POST /mass/{mass}/discard`: throws away what was only looked over.
pub(in crate::desk) async fn discard(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(act): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &act).await?;
    if work.act.state == PLANNED {
        portal.desk.remove_mass_act(&work.act.act).await?;
    }
    Ok(see_other("/mass"))
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    work: &Work,
    asked: &Asked,
    error: Option<String>,
) -> Result<Response, Failure> {
    let (officer, language, content) = (&signed_in.officer, visitor.language, &work.content);
    let from = asked.from.unwrap_or(0);
    let listed = content.certificates.iter().skip(from).take(ROWS);
    let keys: Vec<(&str, &str)> = listed
        .map(|item| (item.authority.as_str(), item.serial.as_str()))
        .collect();
    let next = from + keys.len();
    let summaries = portal.authority.certificates_at(officer, &keys).await?;
    let now = portal.now();
    let lines = summaries.into_iter().map(|summary| Line {
        chip: Chip::new(
            Standing::at(&summary.state, summary.not_after, now),
            language,
        ),
        summary,
    });
    let (left_out, more_left) = told(&content.left_out, asked.left.unwrap_or(0), language);
    let (refused, more_refused) = told(&content.refused, asked.refused.unwrap_or(0), language);
    let list = ledger::canonical::to_canonical(&content.certificates);
    let list = list.map_err(|fault| Failure::fault(&fault))?;
    let reasons = crate::desk::certificate::REASONS.iter();
    let reason = content.reason.and_then(|reason| {
        let mut known = reasons.filter(|(one, _)| *one == reason);
        known.next().map(|(_, word)| *word)
    });
    let mut page = visitor.desk_page(officer, Section::Search, word(content.change));
    page.is_error = error.is_some();
    let state = work.act.state.as_str();
    visitor.show(&MassPage {
        page,
        at: work.address(),
        planned: state == PLANNED,
        open: state == OPEN,
        done: state == DONE,
        change: word(content.change),
        effect: match content.change {
            StatusChange::Hold => "mass.hold_effect",
            _ => "mass.revoke_effect",
        },
        selection: content.selection.clone(),
        reason,
        count: content.certificates.len(),
        found: content.certificates.len() + content.left_out.len(),
        digest: sm_engine::sm3::digest(&list).to_string(),
        lines: lines.collect(),
        more: (next < content.certificates.len()).then_some(next),
        left_out,
        left_out_count: content.left_out.len(),
        more_left,
        done_count: content.done,
        refused,
        refused_count: content.refused.len(),
        more_refused,
        stopped: content
            .stopped
            .clone()
            .map(|[code, zh, en]| (code, language.pick(zh, en))),
        note: content.note.clone(),
        error,
    })
}

/// A page of those to which nothing is done, and where the next one goes on.
fn told(all: &[RefusedCertificate], from: usize, language: Language) -> (Vec<Left>, Option<usize>) {
    let some = all.iter().skip(from).take(TOLD).map(|one| Left {
        href: format!("/cert/{}/{}", one.authority, one.serial),
        serial: one.serial.clone(),
        code: one.code.clone(),
        text: language.pick(&one.zh, &one.en).clone(),
    });
    let some: Vec<Left> = some.collect();
    let next = from.saturating_add(some.len());
    (some, (next < all.len()).then_some(next))
}
