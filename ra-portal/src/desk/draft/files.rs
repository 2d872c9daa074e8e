//! Supporting files of a draft: kind by content, digest at arrival, encrypted at rest.

use std::sync::Arc;

use askama::Template;
use authority::{EVIDENCE_COUNT, EVIDENCE_LIMIT, evidence_media};
use axum::Extension;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Path, State};
use axum::response::Response;
use sm_engine::sm3::Digest;
use store::desk::NewFile;
use zeroize::Zeroizing;

use super::Work;
use crate::desk::form::{see_other, with_file};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Longest title in characters.
const TITLE: usize = 100;

/// A file in the list.
struct Line {
    digest: String,
    title: String,
    media: &'static str,
    kilobytes: u64,
    arrived_at: i64,
}

#[derive(Template)]
#[template(path = "desk/files.html")]
struct FilesPage {
    page: Page,
    draft: String,
    files: Vec<Line>,
    full: bool,
    error: Option<&'static str>,
}

/// `GET /draft/{draft}/evidence`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &draft).await?;
    page(&portal, &visitor, &signed_in, &work, None).await
}

/// `POST /draft/{draft}/evidence`.
pub(in crate::desk) async fn add(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &draft).await?;
    let number = &signed_in.officer.number;
    let Some(_room) = portal.in_flight.enter(number, 2 * EVIDENCE_LIMIT) else {
        return Err(Failure::too_many());
    };
    let (fields, file) = with_file(multipart).await?;
    let held = portal.desk.files_of(&draft).await?.len();
    let content = file.map(|file| file.content).unwrap_or_default();
    let media = evidence_media(&content);
    let complaint = match () {
        () if content.is_empty() => Some("evidence.none"),
        () if content.len() > EVIDENCE_LIMIT => Some("evidence.too_large"),
        () if media.is_none() => Some("evidence.wrong_kind"),
        () if held >= EVIDENCE_COUNT => Some("evidence.too_many"),
        () => None,
    };
    if complaint.is_some() {
        return page(&portal, &visitor, &signed_in, &work, complaint).await;
    }
    let file = NewFile {
        title: fields.text("title").chars().take(TITLE).collect(),
        media: media.unwrap_or_default().to_owned(),
        arrived_at: portal.now(),
        content: Zeroizing::new(content),
    };
    portal.desk.put_file(&draft, &file).await?;
    Ok(see_other(&format!("{}/evidence", work.address())))
}

/// `POST /draft/{draft}/evidence/{digest}/remove`.
pub(in crate::desk) async fn remove(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path((draft, digest)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &draft).await?;
    let digest: Digest = digest.parse().map_err(|_| Failure::not_found())?;
    portal.desk.remove_file(&draft, &digest).await?;
    Ok(see_other(&format!("{}/evidence", work.address())))
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    work: &Work,
    error: Option<&'static str>,
) -> Result<Response, Failure> {
    let files = portal.desk.files_of(&work.draft.draft).await?;
    let mut page = visitor.desk_page(&signed_in.officer, Section::Enter, "draft.evidence");
    page.is_error = error.is_some();
    visitor.show(&FilesPage {
        page,
        draft: work.draft.draft.clone(),
        full: files.len() >= EVIDENCE_COUNT,
        files: files
            .into_iter()
            .map(|file| Line {
                digest: file.digest.to_string(),
                media: media_word(&file.media),
                kilobytes: file.size.div_ceil(1024),
                title: file.title,
                arrived_at: file.arrived_at,
            })
            .collect(),
        error,
    })
}

/// What people call a kind of file; names of formats are the same in both languages.
fn media_word(media: &str) -> &'static str {
    match media {
        "application/pdf" => "PDF",
        "image/jpeg" => "JPEG",
        "image/png" => "PNG",
        _ => "?",
    }
}
