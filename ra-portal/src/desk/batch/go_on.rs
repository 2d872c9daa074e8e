//! The good lines go on alone: each becomes a draft, which the officer completes and submits like any other.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use store::desk::Draft;
use zeroize::Zeroizing;

use super::judge::{Standing, judge};
use super::{Line, TRIES, Work};
use crate::desk::draft::start::MOST;
use crate::desk::draft::{Content, Source};
use crate::desk::form::{Fields, see_other};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// `POST /batch/{batch}/drafts`: the passed lines, and with `warned` the warned ones, as many as there is room for.
/// A second press makes nothing twice: a line knows its draft.
pub(in crate::desk) async fn drafts(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(batch): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let warned = !fields.text("warned").is_empty();
    for _ in 0..TRIES {
        let mut work = Work::open(&portal, &signed_in, &batch).await?;
        // Since the file arrived somebody may have become known.
        work.look_up(&portal, &signed_in).await?;
        let own = portal
            .desk
            .drafts_of(&signed_in.officer.number)
            .await?
            .len();
        let verdicts = judge(&work.content, &work.profile, portal.now());
        let mut drafts = Vec::new();
        for (position, verdict) in verdicts.iter().enumerate() {
            let goes = match verdict.standing {
                Standing::Passed => true,
                Standing::Warned => warned,
                Standing::Wrong | Standing::Duplicate | Standing::GoneOn => false,
            };
            if goes && own + drafts.len() < MOST {
                let draft = draft(&portal, &work, &work.content.lines[position])?;
                work.content.lines[position].draft = Some(draft.draft.clone());
                drafts.push(draft);
            }
        }
        if work.keep(&portal, &drafts).await? {
            return Ok(see_other(&format!("{}?show=drafts", work.address())));
        }
    }
    Err(Failure::batch_changed())
}

fn draft(portal: &Portal, work: &Work, line: &Line) -> Result<Draft, Failure> {
    let given = line.form.iter().filter(|(_, value)| !value.is_empty());
    let content = Content {
        form: given
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        source: Some(Source {
            file: work.batch.file.to_string(),
            line: line.number,
        }),
        ..Content::default()
    };
    let content = serde_json::to_vec(&content).map_err(|fault| Failure::fault(&fault))?;
    Ok(Draft {
        draft: hex::encode(sm_engine::random::array::<16>()),
        officer: work.batch.officer.clone(),
        profile: work.profile.name.clone(),
        authority: work.batch.authority.clone(),
        case: None,
        changed_at: portal.now(),
        content: Zeroizing::new(content),
    })
}
