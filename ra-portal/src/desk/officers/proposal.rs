//! Proposals about officers: those that wait for a second administrator, and what became of the others.

use std::sync::Arc;

use askama::Template;
use authority::{Act, ProposalQuery, ProposalView};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use policy::Verb;
use serde::Deserialize;

use super::{change_word, proposal_word};
use crate::desk::form::Fields;
use crate::desk::sign;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Rows of a page of the list.
const ROWS: u32 = 50;
/// The states of a proposal.
const STATES: [&str; 3] = ["waiting", "confirmed", "refused"];

#[derive(Deserialize)]
pub(in crate::desk) struct Asked {
    state: Option<String>,
    before: Option<u64>,
}

/// A proposal with the words of a page.
struct Line {
    proposal: ProposalView,
    change: &'static str,
    state: &'static str,
}

impl Line {
    fn new(proposal: ProposalView) -> Self {
        Self {
            change: change_word(&proposal.change),
            state: proposal_word(&proposal.state),
            proposal,
        }
    }
}

/// A state that can be chosen.
struct Filter {
    state: &'static str,
    word: &'static str,
    current: bool,
}

#[derive(Template)]
#[template(path = "desk/proposals.html")]
struct ProposalsPage {
    page: Page,
    filters: Vec<Filter>,
    lines: Vec<Line>,
    count: u64,
    /// Address of the next page.
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/proposal.html")]
struct ProposalPage {
    page: Page,
    line: Line,
    may_confirm: bool,
    may_refuse: bool,
    /// It is the reader's own, who can only take it back.
    own: bool,
    /// It is about the reader.
    about_me: bool,
}

/// `GET /officer/proposal`.
pub(in crate::desk) async fn list(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let asked_state = asked.state.as_deref();
    let state = STATES.into_iter().find(|state| Some(*state) == asked_state);
    let state = state.unwrap_or("waiting");
    let query = ProposalQuery {
        state: Some(state.to_owned()),
        before: asked.before,
        limit: Some(ROWS),
        ..ProposalQuery::default()
    };
    let proposals = portal.authority.proposals(officer, &query).await?;
    let full = proposals.len() >= ROWS as usize;
    let last = proposals.last().map(|last| last.proposal);
    let more = last.filter(|_| full);
    visitor.show(&ProposalsPage {
        page: visitor.desk_page(officer, Section::Officers, "officers.proposals"),
        filters: STATES
            .into_iter()
            .map(|one| Filter {
                state: one,
                word: proposal_word(one),
                current: one == state,
            })
            .collect(),
        lines: proposals.into_iter().map(Line::new).collect(),
        count: portal
            .authority
            .proposal_count(officer, Some(state))
            .await?,
        more: more.map(|last| format!("/officer/proposal?state={state}&before={last}")),
    })
}

/// `GET /officer/proposal/{proposal}`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(entry): Path<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let proposal = portal.authority.proposal(officer, number(&entry)?).await?;
    let may = |verb| portal.may(officer, verb);
    let own = proposal.proposed_by == officer.number;
    let about_me = proposal.officer == officer.number;
    let open = proposal.state == "waiting" && !about_me;
    visitor.show(&ProposalPage {
        page: visitor.desk_page(officer, Section::Officers, "officers.proposal"),
        may_confirm: open && !own && may(Verb::OfficerConfirm),
        may_refuse: open && may(Verb::OfficerRefuse),
        own: own && proposal.state == "waiting",
        about_me: about_me && proposal.state == "waiting",
        line: Line::new(proposal),
    })
}

/// `POST /officer/proposal/{proposal}/confirm`: on to signing.
pub(in crate::desk) async fn confirm(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(entry): Path<String>,
) -> Result<Response, Failure> {
    let proposal = number(&entry)?;
    let act = Act::ConfirmOfficer { proposal };
    let back = format!("/officer/proposal/{proposal}");
    Ok(sign::offer(&portal, &signed_in, act, &back).await?)
}

/// `POST /officer/proposal/{proposal}/refuse`: on to signing.
pub(in crate::desk) async fn refuse(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(entry): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let proposal = number(&entry)?;
    let act = Act::RefuseOfficer {
        proposal,
        reasons: fields.text("reasons").to_owned(),
    };
    let back = format!("/officer/proposal/{proposal}");
    Ok(sign::offer(&portal, &signed_in, act, &back).await?)
}

fn number(entry: &str) -> Result<u64, Failure> {
    entry.parse().map_err(|_| Failure::not_found())
}
