//! Checking the answers, and submitting.

use std::sync::Arc;

use askama::Template;
use authority::{Act, Candidate, Duplicate, EntryNotes, Error, Evidence, ListLine, Refusal};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Part, Work};
use crate::desk::duplicates::{self, Line as Likeness};
use crate::desk::form::Fields;
use crate::desk::roster::compare::{self, Match};
use crate::desk::sign;
use crate::desk::succession::Line;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Longest explanation in characters.
const REMARK: usize = 500;

/// An answer as it was given.
struct Answer {
    label: String,
    value: String,
    error: Option<String>,
}

/// The answers of one page.
struct Group {
    title: &'static str,
    href: String,
    answers: Vec<Answer>,
}

#[derive(Template)]
#[template(path = "desk/check.html")]
struct CheckPage {
    page: Page,
    draft: String,
    title: String,
    authority: String,
    succeeds: Option<Line>,
    groups: Vec<Group>,
    request: bool,
    demonstration_key: bool,
    files: Vec<String>,
    roster: Option<Match>,
    duplicates: Vec<Likeness>,
    remark: String,
    /// Whether something has to be explained, and was not.
    unexplained: bool,
    ready: bool,
    refusal: Option<(String, String)>,
}

/// `GET /draft/{draft}/check`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &draft).await?;
    page(&portal, &visitor, &signed_in, &work, None, false).await
}

/// `POST /draft/{draft}/submit`: on to signing, or back with what the authority does not accept.
pub(in crate::desk) async fn submit(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let mut work = Work::open(&portal, &signed_in, &draft).await?;
    let remark = fields.text("remark").to_owned();
    if !fields.all("remark").is_empty() && remark != work.content.remark {
        work.content.remark = remark.chars().take(REMARK).collect();
        work.keep(&portal).await?;
    }
    let found = likenesses(&portal, &signed_in, &work).await?;
    if duplicates::stop(&found) {
        // The page says why, and the rules of the authority would say no as well.
        return page(&portal, &visitor, &signed_in, &work, None, false).await;
    }
    if duplicates::ask_for_words(&found) && work.content.remark.is_empty() {
        return page(&portal, &visitor, &signed_in, &work, None, true).await;
    }
    let files = portal.desk.files_of(&draft).await?;
    let bytes: u64 = files.iter().map(|file| file.size).sum();
    let bytes = usize::try_from(bytes / 3 * 4).unwrap_or(usize::MAX);
    let number = &signed_in.officer.number;
    let Some(room) = portal.in_flight.enter(number, bytes) else {
        return Err(Failure::too_many());
    };
    let mut evidence = Vec::with_capacity(files.len());
    for file in files {
        // One that its officer throws away at this moment does not go along.
        if let Some(content) = portal.desk.file_content(&draft, &file.digest).await? {
            evidence.push(Evidence {
                title: file.title,
                content: BASE64_STANDARD.encode(content),
            });
        }
    }
    let typed = work.content.form.iter();
    let typed = typed.filter(|(_, value)| !value.trim().is_empty());
    let act = Act::SubmitCase {
        case: work.draft.case.clone(),
        profile: work.profile.name.clone(),
        authority: work.draft.authority.clone(),
        form: typed
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        request: work.content.request.clone(),
        evidence,
        succeeds: work.content.succeeds.clone(),
        notes: EntryNotes {
            remark: work.content.remark.clone(),
            source: work.content.source.as_ref().and_then(|source| {
                let file = source.file.parse().ok()?;
                let line = source.line;
                Some(ListLine { file, line })
            }),
        },
    };
    let back = format!("{}/check", work.address());
    let offered = sign::offer_draft(&portal, &signed_in, act, &back, Some(draft), Some(room)).await;
    match offered {
        Ok(response) => Ok(response),
        Err(Error::Refused(refusal)) => {
            page(&portal, &visitor, &signed_in, &work, Some(refusal), false).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Whom the draft resembles.
async fn likenesses(
    portal: &Portal,
    signed_in: &SignedIn,
    work: &Work,
) -> Result<Vec<Duplicate>, Failure> {
    let files = portal.desk.files_of(&work.draft.draft).await?;
    let evidence: Vec<_> = files.iter().map(|file| file.digest).collect();
    let candidate = Candidate {
        profile: &work.profile.name,
        authority: &work.draft.authority,
        form: &work.content.form,
        request: &work.content.request,
        evidence: &evidence,
        case: work.draft.case.as_deref(),
        succeeds: work.content.succeeds.as_ref(),
    };
    let found = portal.authority.duplicates(&signed_in.officer, &candidate);
    Ok(found.await?)
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    work: &Work,
    refusal: Option<Refusal>,
    unexplained: bool,
) -> Result<Response, Failure> {
    let files = portal.desk.files_of(&work.draft.draft).await?;
    let language = visitor.language;
    let now = portal.now();
    let refused = |name: &str| {
        let mut fields = refusal.iter().flat_map(|refusal| &refusal.fields);
        let found = fields.find(|field| field.field == name)?;
        Some(language.pick(&found.zh, &found.en).clone())
    };
    let parts = Part::ALL.into_iter();
    let groups: Vec<Group> = parts
        .filter(|part| !part.fields(&work.profile).is_empty())
        .map(|part| Group {
            title: part.title(),
            href: format!("{}/fields/{}", work.address(), part.name()),
            answers: part
                .fields(&work.profile)
                .into_iter()
                .map(|field| {
                    let flaw = work.flaw(field, now);
                    let flaw = flaw.map(|flaw| language.pick(flaw.zh, flaw.en).to_owned());
                    Answer {
                        label: language.pick(&field.zh, &field.en).clone(),
                        value: work
                            .content
                            .form
                            .get(&field.name)
                            .cloned()
                            .unwrap_or_default(),
                        error: flaw.or_else(|| refused(&field.name)),
                    }
                })
                .collect(),
        })
        .collect();
    let right = groups
        .iter()
        .flat_map(|group| &group.answers)
        .all(|answer| answer.error.is_none());
    let typed = |name: &str| {
        let value = work.content.form.get(name);
        value
            .map(|value| value.trim().to_owned())
            .unwrap_or_default()
    };
    let roster = compare::of_draft(portal, signed_in, &work.profile, typed, language);
    let roster = roster.await?;
    let found = likenesses(portal, signed_in, work).await?;
    let mut page = visitor.desk_page(&signed_in.officer, Section::Enter, "draft.check");
    page.is_error = refusal.is_some() || unexplained;
    let title = &work.profile.title;
    visitor.show(&CheckPage {
        page,
        roster,
        unexplained,
        remark: work.content.remark.clone(),
        draft: work.draft.draft.clone(),
        title: language.pick(&title.zh, &title.en).clone(),
        authority: work.draft.authority.clone(),
        succeeds: Line::of(&work.draft.authority, work.content.succeeds.as_ref()),
        ready: right && !work.content.request.is_empty() && !duplicates::stop(&found),
        duplicates: found.into_iter().map(Likeness::from).collect(),
        groups,
        request: !work.content.request.is_empty(),
        demonstration_key: work.content.demonstration_key,
        files: files.into_iter().map(|file| file.title).collect(),
        refusal: refusal.map(|refusal| (refusal.code, language.pick(refusal.zh, refusal.en))),
    })
}
