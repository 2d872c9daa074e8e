//! Proposing: to appoint somebody, to change an appointment, to end it. One short form each.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use authority::{
    Act, CertificateSummary, Error, OfficerView, ProposedChange, ProposedTerms, SearchQuery,
};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use policy::Role;
use policy::scope::CITIES;

use crate::desk::form::Fields;
use crate::desk::sign;
use crate::failure::Failure;
use crate::language::Language;
use crate::moment;
use crate::page::desk_bar::role_word;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;
use crate::wording::phrase;

/// Certificates that are offered.
const CERTIFICATES: u32 = 200;
/// Officers whose certificates are taken.
const OFFICERS: u32 = 200;
/// A day in seconds.
const DAY: i64 = 86_400;

/// Something that can be chosen.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "desk/officer_terms.html")]
struct TermsPage {
    page: Page,
    /// The officer whose appointment is changed; none where one is appointed.
    officer: Option<OfficerView>,
    at: String,
    certificates: Vec<Choice>,
    roles: Vec<Choice>,
    cities: Vec<Choice>,
    units: String,
    from: String,
    until: String,
    note: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/officer_end.html")]
struct EndPage {
    page: Page,
    officer: OfficerView,
    note: String,
    error: Option<String>,
}

/// `GET /officer/new`.
pub(in crate::desk) async fn form(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
) -> Result<Response, Failure> {
    terms_page(
        &portal,
        &visitor,
        &signed_in,
        None,
        &Fields::default(),
        None,
    )
    .await
}

/// `POST /officer/new`: on to signing.
pub(in crate::desk) async fn appoint(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    fields: Fields,
) -> Result<Response, Failure> {
    let proposed = match terms(&fields, portal.now(), visitor.language) {
        Ok(terms) => {
            let change = ProposedChange::Appoint { terms };
            propose(&portal, &signed_in, &visitor, None, change, &fields).await?
        }
        Err(wrong) => Err(wrong),
    };
    match proposed {
        Ok(response) => Ok(response),
        Err(error) => terms_page(&portal, &visitor, &signed_in, None, &fields, Some(error)).await,
    }
}

/// `GET /officer/{officer}/change`.
pub(in crate::desk) async fn change_form(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let (officer, _) = portal
        .authority
        .officer_record(&signed_in.officer, &number)
        .await?;
    let officer = Some(officer);
    terms_page(
        &portal,
        &visitor,
        &signed_in,
        officer,
        &Fields::default(),
        None,
    )
    .await
}

/// `POST /officer/{officer}/change`: on to signing.
pub(in crate::desk) async fn change(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(number): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (officer, _) = portal
        .authority
        .officer_record(&signed_in.officer, &number)
        .await?;
    let proposed = match terms(&fields, portal.now(), visitor.language) {
        Ok(terms) => {
            let change = ProposedChange::Change { terms };
            let number = Some(number.as_str());
            propose(&portal, &signed_in, &visitor, number, change, &fields).await?
        }
        Err(wrong) => Err(wrong),
    };
    match proposed {
        Ok(response) => Ok(response),
        Err(error) => {
            let (officer, error) = (Some(officer), Some(error));
            terms_page(&portal, &visitor, &signed_in, officer, &fields, error).await
        }
    }
}

/// `GET /officer/{officer}/end`.
pub(in crate::desk) async fn end_form(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    end_page(&portal, &visitor, &signed_in, &number, "", None).await
}

/// `POST /officer/{officer}/end`: on to signing.
pub(in crate::desk) async fn end(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(number): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let end = ProposedChange::End;
    let about = Some(number.as_str());
    match propose(&portal, &signed_in, &visitor, about, end, &fields).await? {
        Ok(response) => Ok(response),
        Err(error) => {
            let note = fields.text("note");
            end_page(&portal, &visitor, &signed_in, &number, note, Some(error)).await
        }
    }
}

/// Leads on to signing, or gives the words of the refusal.
async fn propose(
    portal: &Portal,
    signed_in: &SignedIn,
    visitor: &Visitor,
    officer: Option<&str>,
    change: ProposedChange,
    fields: &Fields,
) -> Result<Result<Response, String>, Failure> {
    let note = fields.text("note").to_owned();
    let act = Act::ProposeOfficer {
        officer: officer.map(str::to_owned),
        change,
        note,
    };
    let back = officer.map_or_else(|| "/officer".to_owned(), |o| format!("/officer/{o}"));
    match sign::offer(portal, signed_in, act, &back).await {
        Ok(response) => Ok(Ok(response)),
        Err(Error::Refused(refusal)) if refusal.code.starts_with('P') => {
            Err(Failure::from(Error::Refused(refusal)))
        }
        Err(Error::Refused(refusal)) => Ok(Err(visitor.language.pick(refusal.zh, refusal.en))),
        Err(fault) => Err(fault.into()),
    }
}

/// The terms that a form states, or what is wrong with it. Days are those of the officers' calendar; the last one is
/// part of the term.
fn terms(fields: &Fields, now: i64, language: Language) -> Result<ProposedTerms, String> {
    let say = |key| phrase(language, key).to_owned();
    let role = fields.text("role").parse::<Role>();
    let role = role.map_err(|_| say("officers.no_role"))?;
    let day = |name: &str| match fields.text(name) {
        "" => Ok(None),
        text => moment::day(text)
            .map(Some)
            .ok_or_else(|| say("officers.no_day")),
    };
    // Today is at once.
    let from = day("from")?.filter(|start| *start > now || *start + DAY <= now);
    let until = day("until")?.map(|start| start + DAY);
    let units = fields.text("units").lines().map(str::trim);
    let certificate = fields.text("certificate");
    Ok(ProposedTerms {
        role,
        cities: fields.all("city").to_vec(),
        units: units
            .filter(|unit| !unit.is_empty())
            .map(str::to_owned)
            .collect(),
        from,
        until,
        certificate: Some(certificate.to_owned()).filter(|text| !text.is_empty()),
    })
}

async fn terms_page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    officer: Option<OfficerView>,
    fields: &Fields,
    error: Option<String>,
) -> Result<Response, Failure> {
    let language = visitor.language;
    // A form that came back shows what was in it, a new one what is in force.
    let fresh = error.is_none();
    let present = officer.as_ref().filter(|_| fresh);
    let role = present.map_or_else(
        || fields.text("role").to_owned(),
        |officer| officer.role.to_string(),
    );
    let cities = present.map_or_else(
        || fields.all("city").to_vec(),
        |officer| officer.cities.clone(),
    );
    let units = present.map_or_else(
        || fields.text("units").to_owned(),
        |officer| officer.units.join("\n"),
    );
    let until = present.and_then(|officer| officer.until).map_or_else(
        || fields.text("until").to_owned(),
        |until| moment::date(until - 1),
    );
    let (title, at) = match &officer {
        Some(officer) => (
            "officers.propose_change",
            format!("/officer/{}/change", officer.number),
        ),
        None => ("officers.propose_appoint", "/officer/new".to_owned()),
    };
    let chosen = fields.text("certificate");
    let free = free_certificates(portal, signed_in).await?;
    let mut page = visitor.desk_page(&signed_in.officer, Section::Officers, title);
    page.is_error = error.is_some();
    visitor.show(&TermsPage {
        page,
        officer,
        at,
        certificates: free
            .into_iter()
            .map(|one| Choice {
                label: format!("{} · {} · {}", one.name, one.department, one.serial),
                chosen: one.fingerprint == chosen,
                value: one.fingerprint,
            })
            .collect(),
        roles: Role::ALL
            .into_iter()
            .map(|one| Choice {
                value: one.to_string(),
                label: phrase(language, role_word(one)).to_owned(),
                chosen: one.as_str() == role,
            })
            .collect(),
        cities: CITIES
            .iter()
            .map(|city| Choice {
                value: city.code.to_owned(),
                label: language.pick(city.zh, city.en).to_owned(),
                chosen: cities.iter().any(|code| code == city.code),
            })
            .collect(),
        units,
        from: fields.text("from").to_owned(),
        until,
        note: fields.text("note").to_owned(),
        error,
    })
}

/// Good officer certificates with which nobody acts.
async fn free_certificates(
    portal: &Portal,
    signed_in: &SignedIn,
) -> Result<Vec<CertificateSummary>, Failure> {
    let officer = &signed_in.officer;
    let query = SearchQuery {
        profile: Some("officer".to_owned()),
        state: Some("good".to_owned()),
        limit: Some(CERTIFICATES),
        ..SearchQuery::default()
    };
    let mut found = portal.authority.search(officer, &query).await?;
    let taken = portal.authority.officers(officer, None, OFFICERS).await?;
    let acting: BTreeSet<_> = taken
        .into_iter()
        .filter(|taken| !matches!(taken.state.as_str(), "ended" | "run-out"))
        .map(|taken| taken.certificate)
        .collect();
    found.retain(|one| !acting.contains(&one.fingerprint));
    Ok(found)
}

async fn end_page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    number: &str,
    note: &str,
    error: Option<String>,
) -> Result<Response, Failure> {
    let (officer, _) = portal
        .authority
        .officer_record(&signed_in.officer, number)
        .await?;
    let mut page = visitor.desk_page(
        &signed_in.officer,
        Section::Officers,
        "officers.propose_end",
    );
    page.is_error = error.is_some();
    visitor.show(&EndPage {
        page,
        officer,
        note: note.to_owned(),
        error,
    })
}
