//! Producing the certificates of approved cases: the queue, and what was chosen from it.

use std::sync::Arc;

use askama::Template;
use authority::{Act, CaseQuery, Error};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::form::Fields;
use super::queue::{self, Line};
use super::sign;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Cases of one page: so many are produced in one commit.
const ROWS: u32 = 100;

#[derive(Template)]
#[template(path = "desk/production.html")]
struct QueuePage {
    page: Page,
    now: i64,
    lines: Vec<Line>,
    error: Option<String>,
}

/// `GET /make`.
pub(super) async fn queue(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    page(&portal, &visitor, &signed_in, None).await
}

/// `POST /make`: on to signing for the chosen cases.
pub(super) async fn make(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    fields: Fields,
) -> Result<Response, Failure> {
    let cases = fields.all("case").to_vec();
    if cases.is_empty() {
        let error = crate::wording::phrase(visitor.language, "make.none_chosen").to_owned();
        return page(&portal, &visitor, &signed_in, Some(error)).await;
    }
    let act = Act::IssueCertificates { cases };
    match sign::offer(&portal, &signed_in, act, "/make").await {
        Ok(response) => Ok(response),
        Err(Error::Refused(refusal)) => {
            let error = visitor.language.pick(refusal.zh, refusal.en);
            page(&portal, &visitor, &signed_in, Some(error)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    error: Option<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let query = CaseQuery {
        state: Some("approved".into()),
        oldest_first: true,
        limit: Some(ROWS),
        ..CaseQuery::default()
    };
    let cases = portal.authority.cases(officer, &query).await?;
    let lines = queue::lines(portal, officer, cases).await?;
    let mut page = visitor.desk_page(officer, Section::Make, "desk.nav_make");
    page.is_error = error.is_some();
    visitor.show(&QueuePage {
        page,
        now: portal.now(),
        lines,
        error,
    })
}
