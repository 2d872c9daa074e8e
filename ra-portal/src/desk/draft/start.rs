//! Beginning a draft: which class, which authority; or a returned case that is completed.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use policy::Class;
use store::desk::Draft;
use zeroize::Zeroizing;

use super::{Content, Work};
use crate::desk::form::{Fields, see_other};
use crate::desk::issuer;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Drafts that one officer may have at the same time.
pub(in crate::desk) const MOST: usize = 200;

/// A profile that can be chosen.
struct Choice {
    name: String,
    title: String,
    meaning: &'static str,
}

/// An authority that can be chosen.
struct Issuer {
    authority: String,
    name: String,
}

#[derive(Template)]
#[template(path = "desk/start.html")]
struct StartPage {
    page: Page,
    choices: Vec<Choice>,
    issuers: Vec<Issuer>,
    due: i64,
}

/// `GET /draft/new`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    let language = visitor.language;
    let choices = portal
        .authority
        .policy()
        .profiles()
        .filter(|profile| profile.requestable() && profile.class != Class::Officer)
        .map(|profile| Choice {
            name: profile.name.clone(),
            title: language.pick(&profile.title.zh, &profile.title.en).clone(),
            meaning: match profile.class {
                Class::Department => "draft.class_department",
                Class::Device => "draft.class_device",
                _ => "draft.class_staff",
            },
        });
    let issuers = issuer::choices(&portal).await?.into_iter();
    let issuers = issuers.map(|authority| Issuer {
        authority: authority.authority,
        name: authority.name,
    });
    visitor.show(&StartPage {
        page: visitor.desk_page(&signed_in.officer, Section::Enter, "desk.nav_enter"),
        choices: choices.collect(),
        issuers: issuers.collect(),
        due: portal.calendar.due(portal.now(), 0),
    })
}

/// `POST /draft/new`.
pub(in crate::desk) async fn begin(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    fields: Fields,
) -> Result<Response, Failure> {
    let policy = portal.authority.policy();
    let profile = policy.profile(fields.text("profile"));
    let profile = profile.filter(|profile| profile.requestable());
    let profile = profile.ok_or_else(|| Failure::bad_request("profile"))?;
    let authority = issuer::chosen(&portal, profile, fields.text("authority")).await?;
    open(
        &portal,
        &signed_in,
        &profile.name.clone(),
        &authority,
        None,
        Content::default(),
    )
    .await
}

/// `POST /case/{case}/complete`: a draft with what was entered; the files and the request come anew.
pub(in crate::desk) async fn complete(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(case): Path<String>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let own = portal.desk.drafts_of(&officer.number).await?;
    if let Some(draft) = own.iter().find(|draft| draft.case.as_ref() == Some(&case)) {
        return Ok(see_other(&format!("/draft/{}", draft.draft)));
    }
    let form = portal.authority.form_of_case(officer, &case).await?;
    let view = portal.authority.case(officer, &case).await?;
    let content = Content {
        form,
        ..Content::default()
    };
    let (profile, authority) = (&view.summary.profile, &view.summary.authority);
    open(&portal, &signed_in, profile, authority, Some(case), content).await
}

async fn open(
    portal: &Portal,
    signed_in: &SignedIn,
    profile: &str,
    authority: &str,
    case: Option<String>,
    content: Content,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer.number;
    let own = portal.desk.drafts_of(officer).await?;
    if own.len() >= MOST {
        return Err(Failure::too_many());
    }
    let profile = portal.authority.policy().profile(profile);
    let profile = Arc::clone(profile.ok_or_else(Failure::not_found)?);
    let mut work = Work {
        draft: Draft {
            draft: hex::encode(sm_engine::random::array::<16>()),
            officer: officer.clone(),
            profile: profile.name.clone(),
            authority: authority.to_owned(),
            case,
            changed_at: portal.now(),
            content: Zeroizing::default(),
        },
        profile,
        content,
    };
    work.keep(portal).await?;
    Ok(see_other(&work.address()))
}
