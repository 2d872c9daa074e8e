//! `GET /dash/units`: every unit with good certificates, most first.

use std::sync::Arc;

use askama::Template;
use authority::UnitCount;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::list::Link;
use super::{Number, Place};
use crate::desk::case::address;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor, grouped};
use crate::portal::Portal;
use crate::session::SignedIn;
use crate::wording::{fill, phrase};

/// Rows of a page.
const ROWS: usize = 40;
/// Last page that is looked for.
const PAGES: usize = 10_000;

/// Which part.
#[derive(Deserialize)]
pub(in crate::desk) struct Asked {
    city: Option<String>,
    /// From 1 on.
    page: Option<String>,
}

/// A unit, and its number with the address of its list.
pub(in crate::desk) struct Unit {
    /// None where its form was erased; its list cannot be asked for then.
    pub(in crate::desk) name: Option<String>,
    pub(in crate::desk) good: u64,
    pub(in crate::desk) href: Option<String>,
}

impl Unit {
    pub(super) fn new(unit: UnitCount, place: Place) -> Self {
        let link = |token: String| Link {
            of: "good",
            place,
            unit: Some(token),
            from: None,
            until: None,
        };
        Self {
            href: unit.token.map(|token| link(token).address(None)),
            name: unit.name,
            good: unit.good,
        }
    }
}

#[derive(Template)]
#[template(path = "desk/dashboard_units.html")]
struct UnitsPage {
    page: Page,
    back: String,
    city: Option<String>,
    /// How many units there are, and how many certificates.
    summary: String,
    units: Vec<Unit>,
    further_units: Option<Number>,
    earlier: Option<String>,
    more: Option<String>,
}

/// The page of the units.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let officer = &signed_in.officer;
    let place = Place::of(asked.city.as_deref());
    let number = asked.page.as_deref().and_then(|page| page.parse().ok());
    let number: usize = number.unwrap_or(1).clamp(1, PAGES);
    let skip = (number - 1) * ROWS;
    let found = portal
        .authority
        .dashboard(officer, place.key(), &[], &[], (skip, ROWS))
        .await?;
    let further = found.all_units.0 > (skip + found.units.len()) as u64;
    let to = |number: usize| {
        let number = number.to_string();
        let given = [("city", place.code()), ("page", Some(number.as_str()))];
        address("/dash/units", &given)
    };
    visitor.show(&UnitsPage {
        page: visitor.desk_page(officer, Section::Dashboard, "dash.units"),
        back: place.address("/dash"),
        city: place.words(visitor.language),
        summary: fill(
            phrase(visitor.language, "dash.units_all"),
            |place| match place {
                "units" => Some(grouped(found.all_units.0).into()),
                "n" => Some(grouped(found.all_units.1).into()),
                _ => None,
            },
        ),
        further_units: None,
        units: found
            .units
            .into_iter()
            .map(|unit| Unit::new(unit, place))
            .collect(),
        earlier: (number > 1).then(|| to(number - 1)),
        more: further.then(|| to(number + 1)),
    })
}
