//! A file arrives: it is read in full or not taken at all.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::Response;
use policy::{Class, Profile};
use sm_engine::sm3;
use store::desk::Batch;
use zeroize::Zeroizing;

use super::columns::{self, Read};
use super::table::{FILE, Table, Unreadable};
use super::{Content, Line, Work};
use crate::desk::form::{see_other, with_file};
use crate::desk::issuer;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Batches that one officer may have at the same time.
const MOST: usize = 20;
/// What reading a file can take in memory, as a multiple of its bound.
pub(in crate::desk) const ROOM: usize = 4 * FILE;

/// A profile or an authority that can be chosen.
struct Choice {
    value: String,
    name: String,
}

/// A batch in the list.
struct Known {
    batch: String,
    arrived_at: i64,
    lines: usize,
    gone_on: usize,
    file: String,
}

#[derive(Template)]
#[template(path = "desk/batches.html")]
struct ArrivePage {
    page: Page,
    profiles: Vec<Choice>,
    issuers: Vec<Choice>,
    columns: Vec<String>,
    batches: Vec<Known>,
    error: Option<(&'static str, String)>,
}

/// `GET /batch`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    page(&portal, &visitor, &signed_in, None).await
}

/// `POST /batch`.
pub(in crate::desk) async fn arrive(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer.number;
    let Some(_room) = portal.in_flight.enter(officer, ROOM) else {
        return Err(Failure::too_many());
    };
    let (fields, file) = with_file(multipart).await?;
    let profile = profiles(&portal).find(|profile| profile.name == fields.text("profile"));
    let profile = Arc::clone(profile.ok_or_else(|| Failure::bad_request("profile"))?);
    let authority = issuer::chosen(&portal, &profile, fields.text("authority")).await?;
    let own = portal.desk.batches_of(officer).await?;
    if own.len() >= MOST {
        return page(
            &portal,
            &visitor,
            &signed_in,
            Some(Unreadable::TooManyBatches),
        )
        .await;
    }
    let content = file.map(|file| file.content).unwrap_or_default();
    let digest = sm3::digest(&content);
    let by = Arc::clone(&profile);
    let read = read(content, move |table| columns::lines(table, &by)).await;
    let read = match read {
        Ok(read) => read,
        Err(error) => return page(&portal, &visitor, &signed_in, Some(error)).await,
    };
    let now = portal.now();
    let lines = read.lines.into_iter().map(|came| {
        let mut line = Line {
            number: came.number,
            ..Line::default()
        };
        for field in profile.fields() {
            line.put(field, came.cell(&field.name), now);
        }
        line
    });
    let mut work = Work {
        content: Content {
            lines: lines.collect(),
            ignored: read.ignored,
            returned: Vec::new(),
        },
        batch: Batch {
            batch: hex::encode(sm_engine::random::array::<16>()),
            officer: officer.clone(),
            profile: profile.name.clone(),
            authority,
            file: digest,
            arrived_at: now,
            revision: 0,
            content: Zeroizing::default(),
        },
        profile,
    };
    work.look_up(&portal, &signed_in).await?;
    work.keep(&portal, &[]).await?;
    Ok(see_other(&work.address()))
}

/// Reads a file where it holds nobody up. A reader that stumbles over a file has not read it.
pub(super) async fn read(
    file: Vec<u8>,
    columns: impl FnOnce(Table) -> Result<Read, Unreadable> + Send + 'static,
) -> Result<Read, Unreadable> {
    let reading = tokio::task::spawn_blocking(move || columns(Table::read(&file)?));
    reading.await.unwrap_or(Err(Unreadable::Damaged))
}

/// The profiles of people: what a list can be of.
fn profiles(portal: &Portal) -> impl Iterator<Item = &Arc<Profile>> {
    let profiles = portal.authority.policy().profiles();
    profiles.filter(|profile| profile.class == Class::Staff && profile.requestable())
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    error: Option<Unreadable>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let batches = portal.desk.batches_of(&officer.number).await?;
    let issuers = issuer::choices(portal).await?.into_iter();
    let language = visitor.language;
    let mut page = visitor.desk_page(officer, Section::Enter, "batch.title");
    page.is_error = error.is_some();
    let columns = profiles(portal).next().map(|profile| {
        let fields = profile.fields().iter();
        let names = fields.map(|field| language.pick(&field.zh, &field.en).clone());
        names.collect()
    });
    let title = |profile: &Arc<Profile>| Choice {
        value: profile.name.clone(),
        name: language.pick(&profile.title.zh, &profile.title.en).clone(),
    };
    visitor.show(&ArrivePage {
        error: error.map(|error| said(&page, &error)),
        page,
        profiles: profiles(portal).map(title).collect(),
        issuers: issuers
            .map(|authority| Choice {
                value: authority.authority,
                name: authority.name,
            })
            .collect(),
        columns: columns.unwrap_or_default(),
        batches: batches.into_iter().map(known).collect(),
    })
}

/// Code and sentence.
pub(in crate::desk) fn said(page: &Page, error: &Unreadable) -> (&'static str, String) {
    let (code, key, at) = error.told();
    (code, page.t1(key, "at", at))
}

fn known(batch: Batch) -> Known {
    let content: Content = serde_json::from_slice(&batch.content).unwrap_or_default();
    let lines = content.lines.iter();
    Known {
        lines: content.lines.len(),
        gone_on: lines.filter(|line| line.draft.is_some()).count(),
        file: batch.file.to_string().chars().take(16).collect(),
        arrived_at: batch.arrived_at,
        batch: batch.batch,
    }
}
