//! The workbook that goes out with what is wrong beside each line, and comes back put right.

use std::sync::Arc;

use axum::Extension;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sm_engine::sm3;

use super::arrive::{ROOM, read};
use super::judge::{Standing, judge};
use super::table::Unreadable;
use super::{TRIES, Work, columns, fix, mark, show, workbook};
use crate::desk::form::{see_other, with_file};
use crate::failure::Failure;
use crate::page::Visitor;
use crate::portal::Portal;
use crate::session::SignedIn;

/// Returned workbooks whose digests are kept.
const KEPT: usize = 20;

/// `GET /batch/{batch}/errors.xlsx`: the lines that have not become drafts.
pub(in crate::desk) async fn download(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(batch): Path<String>,
) -> Result<Response, Failure> {
    let Some(_room) = portal.in_flight.enter(&signed_in.officer.number, ROOM) else {
        return Err(Failure::too_many());
    };
    let work = Work::open(&portal, &signed_in, &batch).await?;
    let verdicts = judge(&work.content, &work.profile, portal.now());
    let language = visitor.language;
    let name = format!("attachment; filename=\"errors-{}.xlsx\"", mark(&batch));
    let written = tokio::task::spawn_blocking(move || {
        let lines = work.content.lines.iter().zip(&verdicts);
        let lines: Vec<_> = lines
            .filter(|(_, verdict)| verdict.standing != Standing::GoneOn)
            .collect();
        workbook::write(&work.profile, &work.batch.batch, &lines, language)
    });
    let written = written.await.map_err(|fault| Failure::fault(&fault))?;
    let content = written.map_err(|fault| Failure::fault(&fault))?;
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, content).into_response())
}

/// `POST /batch/{batch}/returned`: takes the cells over, line by line.
pub(in crate::desk) async fn upload(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(batch): Path<String>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let mut work = Work::open(&portal, &signed_in, &batch).await?;
    let Some(_room) = portal.in_flight.enter(&signed_in.officer.number, ROOM) else {
        return Err(Failure::too_many());
    };
    let (_, file) = with_file(multipart).await?;
    let content = file.map(|file| file.content).unwrap_or_default();
    let digest = sm3::digest(&content).to_string();
    let (by, of) = (Arc::clone(&work.profile), batch.clone());
    let read = read(content, move |table| columns::returned(table, &by, &of)).await;
    let lines = match read {
        Ok(read) => read.lines,
        Err(error) => return show::complain(&portal, &visitor, &signed_in, &work, error).await,
    };
    for _ in 0..TRIES {
        if !fix::merge(&mut work, &lines, portal.now()) {
            let work = Work::open(&portal, &signed_in, &batch).await?;
            let error = Unreadable::Foreign;
            return show::complain(&portal, &visitor, &signed_in, &work, error).await;
        }
        let returned = &mut work.content.returned;
        returned.retain(|known| *known != digest);
        returned.push(digest.clone());
        returned.drain(..returned.len().saturating_sub(KEPT));
        work.look_up(&portal, &signed_in).await?;
        if work.keep(&portal, &[]).await? {
            return Ok(see_other(&work.address()));
        }
        work = Work::open(&portal, &signed_in, &batch).await?;
    }
    Err(Failure::batch_changed())
}
