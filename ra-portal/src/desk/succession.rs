//! What follows on a certificate: before anything is entered the officer sees what stays, what changes and what becomes
//! of the certificate that is there. The application itself is a draft like any other.

use std::sync::Arc;

use askama::Template;
use authority::{CertificateView, Error, Refusal, Succeeds, SuccessionView};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use ledger::event::Succession;
use serde::Deserialize;

use super::draft::{Content, start};
use super::form::Fields;
use crate::failure::Failure;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// An act in officers' words.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) name: &'static str,
    /// Key of its word.
    pub(super) word: &'static str,
    /// Key of when it is the right one.
    when: &'static str,
    /// Key of what stays as it is.
    stays: &'static str,
    /// Key of what changes.
    changes: &'static str,
}

/// The acts, in the order in which they are offered.
pub(super) const WAYS: [(Succession, Way); 5] = [
    (
        Succession::Renewal,
        Way {
            name: "renewal",
            word: "succession.renewal",
            when: "succession.renewal_when",
            stays: "succession.stays",
            changes: "succession.changes_renewal",
        },
    ),
    (
        Succession::ReKey,
        Way {
            name: "re-key",
            word: "succession.re_key",
            when: "succession.re_key_when",
            stays: "succession.stays",
            changes: "succession.changes_key",
        },
    ),
    (
        Succession::Damaged,
        Way {
            name: "damaged",
            word: "succession.damaged",
            when: "succession.damaged_when",
            stays: "succession.stays",
            changes: "succession.changes_key",
        },
    ),
    (
        Succession::Lost,
        Way {
            name: "lost",
            word: "succession.lost",
            when: "succession.lost_when",
            stays: "succession.stays",
            changes: "succession.changes_key",
        },
    ),
    (
        Succession::Change,
        Way {
            name: "change",
            word: "succession.change",
            when: "succession.change_when",
            stays: "succession.stays_holder",
            changes: "succession.changes_content",
        },
    ),
];

/// The act that a link or a form names.
fn named(name: &str) -> Result<(Succession, Way), Failure> {
    let mut ways = WAYS.into_iter();
    ways.find(|(_, way)| way.name == name)
        .ok_or_else(|| Failure::bad_request("by"))
}

/// What is said of the certificate that another one follows on.
pub(super) struct Line {
    /// Key of the word for why.
    pub(super) word: &'static str,
    pub(super) serial: String,
    pub(super) at: String,
}

impl Line {
    /// Of a certificate of this authority.
    pub(super) fn of(authority: &str, succeeds: Option<&Succeeds>) -> Option<Self> {
        let Succeeds { succession, serial } = succeeds?;
        Some(Self {
            word: word(succession),
            serial: serial.clone(),
            at: format!("/cert/{authority}/{serial}"),
        })
    }
}

/// Key of the word for a succession.
pub(super) fn word(succession: &Succession) -> &'static str {
    let way = WAYS.iter().find(|(one, _)| one == succession);
    way.map_or("succession.renewal", |(_, way)| way.word)
}

/// Key of the word for the reason for which a predecessor is revoked.
fn reason_word(reason: &str) -> &'static str {
    match reason {
        "keyCompromise" => "reason.key_compromise",
        "affiliationChanged" => "reason.affiliation_changed",
        _ => "reason.superseded",
    }
}

#[derive(Template)]
#[template(path = "desk/succession.html")]
struct SuccessionPage {
    page: Page,
    certificate: CertificateView,
    chip: Chip,
    at: String,
    way: Way,
    view: SuccessionView,
    reason: &'static str,
    /// Code and sentence.
    refusal: Option<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    by: Option<String>,
}

/// `GET /cert/{authority}/{serial}/succession?by=renewal`: what will happen.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path((authority, serial)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let way = named(asked.by.as_deref().unwrap_or_default())?;
    page(&portal, &visitor, &signed_in, &authority, &serial, way).await
}

/// `POST /cert/{authority}/{serial}/succession`: a draft with what is on record, but for personal data.
pub(super) async fn begin(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path((authority, serial)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (succession, way) = named(fields.text("by"))?;
    let officer = &signed_in.officer;
    let known = &portal.authority;
    match known
        .succession(officer, &authority, &serial, succession)
        .await
    {
        Ok(_) => {}
        Err(Error::Refused(_)) => {
            let way = (succession, way);
            return page(&portal, &visitor, &signed_in, &authority, &serial, way).await;
        }
        Err(fault) => return Err(fault.into()),
    }
    let found = known
        .certificate(officer, Some(&authority), &serial)
        .await?;
    let content = Content {
        form: known
            .form_for_successor(officer, &authority, &serial)
            .await?,
        succeeds: Some(Succeeds {
            succession,
            serial: found.summary.serial,
        }),
        ..Content::default()
    };
    let profile = &found.summary.profile;
    start::open(&portal, &signed_in, profile, &authority, None, content).await
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    authority: &str,
    serial: &str,
    (succession, way): (Succession, Way),
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let known = &portal.authority;
    let certificate = known.certificate(officer, Some(authority), serial).await?;
    let views = known.successions(officer, authority, serial).await?;
    let mut views = views.into_iter();
    let view = views.find(|view| view.succession == succession);
    let view = view.ok_or_else(Failure::not_found)?;
    let told = |refusal: &Refusal| {
        let text = visitor.language.pick(&refusal.zh, &refusal.en);
        (refusal.code.clone(), text.clone())
    };
    let mut page = visitor.desk_page(officer, Section::Search, way.word);
    page.is_error = view.refusal.is_some();
    visitor.show(&SuccessionPage {
        page,
        chip: Chip::new(Standing::of(&certificate.summary.state), visitor.language),
        at: format!(
            "/cert/{}/{}",
            certificate.summary.authority, certificate.summary.serial
        ),
        certificate,
        way,
        reason: reason_word(&view.reason),
        refusal: view.refusal.as_ref().map(told),
        view,
    })
}
