//! One holder: what they have, what is under way, what this officer can do about it. The address holds a token, never a
//! name or a number.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use authority::{CaseSummary, CertificateSummary, HolderView};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use policy::Class;

use super::case::next_act;
use super::certificate::{Change, changes};
use super::queue::state_word;
use crate::failure::Failure;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// A certificate of the holder.
struct Held {
    at: String,
    summary: CertificateSummary,
    title: String,
    chip: Chip,
    changes: Vec<Change>,
}

/// A case of the holder.
struct Entered {
    summary: CaseSummary,
    state: &'static str,
    /// End of the address and key of the word of what can be done next.
    act: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "desk/holder.html")]
struct HolderPage {
    page: Page,
    holder: HolderView,
    /// Key of each word, and how many certificates it holds of.
    now: Vec<(&'static str, u64)>,
    certificates: Vec<Held>,
    cases: Vec<Entered>,
}

/// Where the holder of a case's certificate is shown. A device has none: its name alone tells it apart.
pub(super) fn link(portal: &Portal, case: Option<&str>, profile: &str) -> Option<String> {
    let profile = portal.authority.policy().profile(profile)?;
    let person = profile.class != Class::Device;
    case.filter(|_| person)
        .map(|case| format!("/case/{case}/holder"))
}

/// What a profile is called.
pub(super) fn title(portal: &Portal, visitor: &Visitor, profile: &str) -> String {
    let found = portal.authority.policy().profile(profile);
    let title = found.map(|found| visitor.language.pick(&found.title.zh, &found.title.en));
    title.cloned().unwrap_or_else(|| profile.to_owned())
}

/// `GET /case/{case}/holder`: on to the holder's own address.
pub(super) async fn of_case(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    let tokens = portal.authority.tokens_of_case(&signed_in.officer, &case);
    let (holder, _) = tokens.await?;
    let holder = holder.ok_or_else(Failure::not_found)?;
    Ok(Redirect::to(&format!("/person/{holder}")).into_response())
}

/// `GET /person/{token}`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let mut holder = portal.authority.holder(officer, &token).await?;
    let now = portal.now();
    let mut standings: BTreeMap<&str, u64> = BTreeMap::new();
    let mut certificates = Vec::new();
    for summary in std::mem::take(&mut holder.certificates) {
        let standing = Standing::at(&summary.state, summary.not_after, now);
        *standings.entry(standing.word()).or_default() += 1;
        certificates.push(Held {
            at: format!("/cert/{}/{}", summary.authority, summary.serial),
            title: title(&portal, &visitor, &summary.profile),
            chip: Chip::new(standing, visitor.language),
            changes: changes(&portal, officer, &summary.state),
            summary,
        });
    }
    let count = |standing: &Standing| Some((standing.word(), *standings.get(standing.word())?));
    let cases = std::mem::take(&mut holder.cases).into_iter();
    visitor.show(&HolderPage {
        page: visitor.desk_page(officer, Section::Search, "holder.title"),
        holder,
        now: Standing::ALL.iter().filter_map(count).collect(),
        certificates,
        cases: cases
            .map(|summary| Entered {
                state: state_word(&summary.state),
                act: next_act(&portal, officer, &summary),
                summary,
            })
            .collect(),
    })
}
