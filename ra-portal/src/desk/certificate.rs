//! One certificate: its state, its history, and what can be done with it in officers' words.

use std::sync::Arc;

use askama::Template;
use authority::{Act, CertificateView, Error, Officer, StatusChange};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger::event::Succession;
use policy::Verb;
use serde::Deserialize;
use x509::crl::RevocationReason;

use super::form::Fields;
use super::queue::state_word;
use super::succession::{self, WAYS, Way};
use super::{holder, sign};
use crate::failure::Failure;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// The reasons in officers' words, in the order in which they are offered.
pub(super) const REASONS: [(RevocationReason, &str); 5] = [
    (RevocationReason::KeyCompromise, "reason.key_compromise"),
    (
        RevocationReason::AffiliationChanged,
        "reason.affiliation_changed",
    ),
    (RevocationReason::Superseded, "reason.superseded"),
    (
        RevocationReason::CessationOfOperation,
        "reason.cessation_of_operation",
    ),
    (
        RevocationReason::PrivilegeWithdrawn,
        "reason.privilege_withdrawn",
    ),
];

#[derive(Template)]
#[template(path = "desk/certificate.html")]
struct CertificatePage {
    page: Page,
    certificate: CertificateView,
    chip: Chip,
    at: String,
    changes: Vec<Change>,
    holder: Option<String>,
    /// What can follow on it, for who may enter it.
    ways: Vec<Way>,
    succeeds: Option<succession::Line>,
    successors: Vec<After>,
}

/// A case whose certificate follows on it.
struct After {
    case: String,
    word: &'static str,
    state: &'static str,
    /// Address of the certificate.
    certificate: Option<String>,
    due_at: Option<i64>,
}

/// Something that can be done with it.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) name: &'static str,
    pub(super) word: &'static str,
    /// What will happen.
    effect: &'static str,
}

const HOLD: Change = Change {
    name: "hold",
    word: "change.hold",
    effect: "change.hold_effect",
};
const RELEASE: Change = Change {
    name: "release",
    word: "change.release",
    effect: "change.release_effect",
};
const REVOKE: Change = Change {
    name: "revoke",
    word: "change.revoke",
    effect: "change.revoke_effect",
};

#[derive(Template)]
#[template(path = "desk/change.html")]
struct ChangePage {
    page: Page,
    certificate: CertificateView,
    chip: Chip,
    at: String,
    change: Change,
    reasons: Vec<(String, &'static str)>,
    note: String,
    error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    to: Option<String>,
}

/// `GET /cert/{authority}/{serial}`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path((authority, serial)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let found = portal
        .authority
        .certificate(officer, Some(&authority), &serial)
        .await?;
    let summary = &found.summary;
    let open = matches!(summary.state.as_str(), "good" | "held") && summary.case.is_some();
    let views = if open && portal.may(officer, Verb::CaseSubmit) {
        let known = &portal.authority;
        known.successions(officer, &authority, &serial).await?
    } else {
        Vec::new()
    };
    // A lost medium is offered before the certificate is held: the page says that it has to be.
    let offered = |succession: &Succession| {
        let view = views.iter().find(|view| view.succession == *succession);
        view.is_some_and(|view| view.possible || *succession == Succession::Lost)
    };
    let ways = WAYS.iter().filter(|(succession, _)| offered(succession));
    let successors = found.successors.iter().map(|after| After {
        case: after.case.clone(),
        word: succession::word(&after.succession),
        state: state_word(&after.state),
        certificate: after
            .serial
            .as_ref()
            .filter(|_| after.state == "issued")
            .map(|serial| format!("/cert/{}/{serial}", summary.authority)),
        due_at: after.due_at,
    });
    let successors = successors.collect();
    visitor.show(&CertificatePage {
        holder: holder::link(&portal, summary.case.as_deref(), &summary.profile),
        ways: ways.map(|(_, way)| *way).collect(),
        succeeds: succession::Line::of(&summary.authority, found.succeeds.as_ref()),
        successors,
        page: visitor.desk_page(officer, Section::Search, "cert.title"),
        chip: Chip::new(Standing::of(&found.summary.state), visitor.language),
        at: format!("/cert/{}/{}", found.summary.authority, found.summary.serial),
        changes: changes(&portal, officer, &found.summary.state),
        certificate: found,
    })
}

/// What this officer can do with a certificate in that state.
pub(super) fn changes(portal: &Portal, officer: &Officer, state: &str) -> Vec<Change> {
    let possible: &[(Change, Verb)] = match state {
        "good" => &[
            (HOLD, Verb::CertificateHold),
            (REVOKE, Verb::CertificateRevoke),
        ],
        "held" => &[
            (RELEASE, Verb::CertificateRelease),
            (REVOKE, Verb::CertificateRevoke),
        ],
        _ => &[],
    };
    possible
        .iter()
        .filter(|(_, verb)| portal.may(officer, *verb))
        .map(|(change, _)| *change)
        .collect()
}

/// `GET /cert/{authority}/{serial}/file`: PEM.
pub(super) async fn file(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path((authority, serial)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let found = portal
        .authority
        .certificate(officer, Some(&authority), &serial)
        .await?;
    let name = format!("attachment; filename=\"{}.pem\"", found.summary.serial);
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, found.pem).into_response())
}

/// `GET /cert/{authority}/{serial}/change?to=revoke`: what will happen, and why it shall.
pub(super) async fn form(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path((authority, serial)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let change = named(asked.to.as_deref().unwrap_or_default())?;
    let at = (authority.as_str(), serial.as_str());
    page(&portal, &visitor, &signed_in, at, change, "", None).await
}

/// `POST /cert/{authority}/{serial}/change`: on to signing.
pub(super) async fn change(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path((authority, serial)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    let change = named(fields.text("to"))?;
    let note = fields.text("note");
    let at = (authority.as_str(), serial.as_str());
    let say = |key| crate::wording::phrase(visitor.language, key).to_owned();
    let reason = match change.name {
        "revoke" => {
            let chosen = fields.text("reason");
            let found = REASONS
                .iter()
                .find(|(reason, _)| reason.to_string() == chosen);
            let Some((reason, _)) = found else {
                let error = Some(say("change.no_reason"));
                return page(&portal, &visitor, &signed_in, at, change, note, error).await;
            };
            Some(*reason)
        }
        _ => None,
    };
    if note.is_empty() {
        let error = Some(say("change.no_note"));
        return page(&portal, &visitor, &signed_in, at, change, note, error).await;
    }
    let act = Act::ChangeStatus {
        authority: authority.clone(),
        serial: serial.clone(),
        change: match change.name {
            "hold" => StatusChange::Hold,
            "release" => StatusChange::Release,
            _ => StatusChange::Revoke,
        },
        reason,
        note: note.to_owned(),
    };
    let back = format!("/cert/{authority}/{serial}");
    match sign::offer(&portal, &signed_in, act, &back).await {
        Ok(response) => Ok(response),
        Err(Error::Refused(refusal)) => {
            let error = visitor.language.pick(refusal.zh, refusal.en);
            page(&portal, &visitor, &signed_in, at, change, note, Some(error)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

fn named(name: &str) -> Result<Change, Failure> {
    [HOLD, RELEASE, REVOKE]
        .into_iter()
        .find(|change| change.name == name)
        .ok_or_else(|| Failure::bad_request("to"))
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    (authority, serial): (&str, &str),
    change: Change,
    note: &str,
    error: Option<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let found = portal
        .authority
        .certificate(officer, Some(authority), serial)
        .await?;
    let reasons = REASONS.iter().filter(|_| change.name == "revoke");
    let mut page = visitor.desk_page(officer, Section::Search, change.word);
    page.is_error = error.is_some();
    visitor.show(&ChangePage {
        page,
        chip: Chip::new(Standing::of(&found.summary.state), visitor.language),
        at: format!("/cert/{}/{}", found.summary.authority, found.summary.serial),
        certificate: found,
        change,
        reasons: reasons
            .map(|(reason, word)| (reason.to_string(), *word))
            .collect(),
        note: note.to_owned(),
        error,
    })
}
