//! Wrong cells are put right in the page.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Line, TRIES, Work};
use crate::desk::form::{Fields, see_other};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// The name of a cell in forms.
pub(super) fn name(line: u32, field: &str) -> String {
    format!("{field}-{line}")
}

/// `POST /batch/{batch}/lines`: keeps what was typed, right or wrong. Lines that have become drafts stay as they are.
pub(in crate::desk) async fn save(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(batch): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    for _ in 0..TRIES {
        let mut work = Work::open(&portal, &signed_in, &batch).await?;
        let profile = Arc::clone(&work.profile);
        for line in work
            .content
            .lines
            .iter_mut()
            .filter(|line| line.draft.is_none())
        {
            for field in profile.fields() {
                let name = name(line.number, &field.name);
                if !fields.all(&name).is_empty() {
                    line.put(field, fields.text(&name), portal.now());
                }
            }
        }
        work.look_up(&portal, &signed_in).await?;
        if work.keep(&portal, &[]).await? {
            return Ok(see_other(&work.address()));
        }
    }
    Err(Failure::batch_changed())
}

/// Takes the cells of other lines over, by their numbers; whether there is such a line for each.
pub(super) fn merge(work: &mut Work, others: &[Line], now: i64) -> bool {
    let profile = Arc::clone(&work.profile);
    for other in others {
        let mut lines = work.content.lines.iter_mut();
        let Some(line) = lines.find(|line| line.number == other.number) else {
            return false;
        };
        if line.draft.is_some() {
            continue;
        }
        for field in profile.fields() {
            if let Some(value) = other.form.get(&field.name) {
                line.put(field, value, now);
            }
        }
    }
    true
}
