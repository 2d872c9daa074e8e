//! Reviewing a case on one page: form beside evidence, the checklist, the certificate as it will be, the decision.
//!
//! Whether this officer may decide is asked when the page is opened, by the very check that the commit makes.

use std::sync::Arc;

use askama::Template;
use authority::{Act, CaseView, Error};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use ledger::event::Decision;

use super::claim::claim;
use super::form::Fields;
use super::roster::compare::{self, Match};
use super::{duplicates, sign, succession};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// A line to tick.
struct Item {
    text: String,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "desk/review.html")]
struct ReviewPage {
    page: Page,
    case: CaseView,
    succeeds: Option<succession::Line>,
    items: Vec<Item>,
    returns: Vec<String>,
    reasons: String,
    roster: Option<Match>,
    duplicates: Vec<duplicates::Line>,
    /// Somebody else has taken it.
    taken: bool,
    /// Anchor and sentence.
    error: Option<(&'static str, String)>,
}

/// `GET /case/{case}/review`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    let view = portal.authority.case(&signed_in.officer, &case).await?;
    page(
        &portal,
        &visitor,
        &signed_in,
        view,
        &Fields::default(),
        None,
    )
    .await
}

/// `POST /case/{case}/review`: on to signing, or back with what is missing.
pub(super) async fn decide(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let view = portal.authority.case(&signed_in.officer, &case).await?;
    let say = |key| crate::wording::phrase(visitor.language, key).to_owned();
    // The officer decides on what the page showed, not on what came since.
    if fields.text("revision") != view.revision.to_string() {
        let error = Some(("top", say("review.changed")));
        return page(&portal, &visitor, &signed_in, view, &fields, error).await;
    }
    let items = items(&portal, &view);
    let ticked = fields.all("item").len();
    let mut reasons: Vec<&str> = fields.all("return").iter().map(String::as_str).collect();
    let own = fields.text("reasons");
    reasons.extend((!own.is_empty()).then_some(own));
    let written = reasons.join("；");
    let (decision, reasons, complaint) = match fields.text("decision") {
        "approve" => {
            let all = format!(
                "核对清单第 {} 版 {} 项全部通过",
                portal.checklists.version,
                items.len()
            );
            let complaint = (ticked < items.len()).then_some(("item-1", "review.not_ticked"));
            let text = if own.is_empty() {
                all
            } else {
                format!("{all}；{own}")
            };
            (Decision::Approved, text, complaint)
        }
        decision @ ("return" | "refuse") => {
            let complaint = written
                .is_empty()
                .then_some(("reasons", "review.no_reasons"));
            let decision = if decision == "return" {
                Decision::Returned
            } else {
                Decision::Refused
            };
            (decision, written, complaint)
        }
        _ => return Err(Failure::bad_request("decision")),
    };
    if let Some((anchor, key)) = complaint {
        let error = Some((anchor, say(key)));
        return page(&portal, &visitor, &signed_in, view, &fields, error).await;
    }
    let act = Act::ReviewCase {
        case: case.clone(),
        revision: view.revision,
        decision,
        reasons,
    };
    let back = format!("/case/{case}");
    match sign::offer(&portal, &signed_in, act, &back).await {
        Ok(response) => Ok(response),
        Err(Error::Refused(refusal)) if refusal.code == "A413" => {
            let error = Some(("reasons", visitor.language.pick(refusal.zh, refusal.en)));
            page(&portal, &visitor, &signed_in, view, &fields, error).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    case: CaseView,
    fields: &Fields,
    error: Option<(&'static str, String)>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let number = case.summary.case.clone();
    let asked = Act::ReviewCase {
        case: number.clone(),
        revision: case.revision,
        decision: Decision::Approved,
        reasons: String::new(),
    };
    portal.authority.prepare(officer, asked).await?;
    let mine = claim(portal, &number, &officer.number).await?;
    let ticked = fields.all("item");
    let items = items(portal, &case)
        .iter()
        .enumerate()
        .map(|(position, item)| Item {
            text: visitor.language.pick(&item[0], &item[1]).clone(),
            ticked: ticked.contains(&(position + 1).to_string()),
        })
        .collect();
    // What is ticked goes into a Chinese statement, whatever the language of the page.
    let returns = portal
        .checklists
        .returns
        .iter()
        .map(|title| title.zh.clone());
    let roster = compare::of_case(portal, signed_in, &case, visitor.language).await?;
    let found = portal.authority.duplicates_of_case(officer, &number);
    let duplicates = found.await?.into_iter().map(duplicates::Line::from);
    let mut page = visitor.desk_page(officer, Section::Cases, "review.title");
    page.is_error = error.is_some();
    visitor.show(&ReviewPage {
        page,
        roster,
        duplicates: duplicates.collect(),
        succeeds: succession::Line::of(&case.summary.authority, case.summary.succeeds.as_ref()),
        case,
        items,
        returns: returns.collect(),
        reasons: fields.text("reasons").to_owned(),
        taken: !mine,
        error,
    })
}

fn items<'a>(portal: &'a Portal, case: &CaseView) -> &'a [[String; 2]] {
    let profile = portal.authority.policy().profile(&case.summary.profile);
    profile
        .map(|profile| portal.checklists.items(profile.class))
        .unwrap_or_default()
}
