//! `/log/entry/{n}`: an entry in words and in bytes, and the proof that it is under the signed head.

use std::sync::Arc;

use askama::Template;
use authority::{LedgerHead, ProvenEntryView};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::entry_words::{EntryWords, describe};
use super::proof_walk::{Step, script, walk};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;

#[derive(Deserialize)]
pub(super) struct Wanted {
    number: String,
}

/// The proof of an entry, walked.
struct Proof {
    head: LedgerHead,
    steps: Vec<Step>,
    /// The root that the steps lead to.
    reached: String,
    /// It is the root of the head.
    agrees: bool,
    script: String,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct Entry {
    page: Page,
    words: EntryWords,
    body: String,
    leaf: String,
    proof: Option<Proof>,
    entry_url: String,
    older: Option<u64>,
    newer: Option<u64>,
}

/// `/log/entry?number=`: the form's way to an entry.
pub(super) async fn find(
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(wanted) = query.map_err(|_| Failure::not_found())?;
    let index = parse(wanted.number.trim()).ok_or_else(Failure::not_found)?;
    Ok(Redirect::to(&format!("/log/entry/{index}")).into_response())
}

/// `/log/entry/{n}`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    index: Option<Path<String>>,
) -> Result<Response, Failure> {
    let index = index
        .and_then(|Path(index)| parse(&index))
        .ok_or_else(Failure::not_found)?;
    // The size decides whether it exists, so that a proof is only made for what does.
    let size = portal.authority.figures().await?.entries;
    if index >= size {
        return Err(Failure::not_found());
    }
    let proven = portal.authority.prove_entry(index).await?;
    let mut page = visitor.page(Section::Ledger, "entry.title");
    page.title = page.t1("entry.title", "n", index);
    let entry_url = format!("{}/log/entry/{index}", page.machines);
    let words = describe(&proven.entry, page.language);
    let ProvenEntryView {
        entry,
        leaf,
        path,
        head,
        ..
    } = proven;
    let proof = head.and_then(|head| {
        let (steps, reached) = walk(&leaf, index, head.size, &path)?;
        let reached = reached.to_string();
        Some(Proof {
            agrees: reached == head.root,
            script: script(&entry_url, &steps),
            reached,
            steps,
            head,
        })
    });
    let newer = (index + 1 < size).then_some(index + 1);
    let older = index.checked_sub(1);
    visitor.show(&Entry {
        page,
        words,
        body: entry,
        leaf,
        proof,
        entry_url,
        older,
        newer,
    })
}

/// A number as the ledger counts: no sign, no leading zero.
fn parse(typed: &str) -> Option<u64> {
    let plain =
        typed == "0" || (!typed.starts_with('0') && typed.bytes().all(|b| b.is_ascii_digit()));
    plain.then(|| typed.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_numbers() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(parse("17"), Some(17));
        for typed in [
            "",
            "007",
            "-1",
            "+1",
            "1.0",
            "1e3",
            "99999999999999999999",
            "１",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }
}
