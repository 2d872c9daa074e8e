//! The province at a glance: certificates by city, unit and month, cases against their promise, what ends in the coming
//! weeks. Every figure is drawn here, has a table with the same numbers, and every number leads to the list that it
//! counts. Officers see the numbers of what they may see.

pub(super) mod figure;
pub(super) mod list;
pub(super) mod units;

use std::sync::Arc;

use askama::Template;
use authority::CityCount;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use policy::calendar::OFFSET;
use policy::scope::{CITIES, City};
use serde::Deserialize;

use self::figure::{Bars, Columns, Tile};
use self::list::Link;
use self::units::Unit;
use crate::failure::Failure;
use crate::language::Language;
use crate::moment::{self, Month};
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Units in the figure; the others are on a page of their own.
const UNITS: usize = 12;
/// Months that are shown: this one and a year before it.
const MONTHS: i64 = 13;
/// Weeks ahead: the rest of this one, and twelve more.
const WEEKS: usize = 13;
/// Weeks of the number of those that end soon.
const SOON: usize = 4;
/// Where a certificate without a known city is found.
pub(super) const NO_CITY: &str = "none";
const DAY: i64 = 86_400;

/// What is looked at.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Division code, or [`NO_CITY`].
    city: Option<String>,
}

/// A number, and the address of the list that has as many lines.
pub(super) struct Number {
    pub(super) number: u64,
    pub(super) href: String,
}

impl Number {
    fn of(number: u64, link: &Link) -> Self {
        Self {
            number,
            href: link.address(None),
        }
    }
}

/// A line of the table of cities.
struct CityLine {
    name: String,
    /// The same page for this city.
    href: String,
    current: bool,
    good: Number,
    held: Number,
}

/// The table of a figure over time.
struct Periods {
    /// Keys of the words over its columns.
    heads: Vec<&'static str>,
    periods: Vec<Period>,
}

/// A line of a table over time.
struct Period {
    name: String,
    numbers: Vec<Number>,
}

#[derive(Template)]
#[template(path = "desk/dashboard.html")]
struct DashboardPage {
    page: Page,
    now: i64,
    /// The city that everything but the map is about.
    city: Option<String>,
    /// Key of the word and the number.
    strip: Vec<(&'static str, Number)>,
    tiles: Vec<Tile>,
    cities: Vec<CityLine>,
    unit_bars: Bars,
    units: Vec<Unit>,
    further_units: Option<Number>,
    flow: Columns,
    promise: Columns,
    expiry: Columns,
    flow_table: Periods,
    promise_table: Periods,
    expiry_table: Periods,
}

/// `GET /dash`.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (officer, language, now) = (&signed_in.officer, visitor.language, portal.now());
    let place = Place::of(asked.city.as_deref());
    let (months, weeks) = (months(now), weeks(now));
    let month_edges: Vec<i64> = months.iter().filter_map(|month| month.begin()).collect();
    let found = portal
        .authority
        .dashboard(officer, place.key(), &month_edges, &weeks, (0, UNITS))
        .await?;
    let link = |of, from, until| Link {
        of,
        place,
        unit: None,
        from,
        until,
    };

    let here = match place.key() {
        Some(city) => found.cities.get(city).copied().unwrap_or_default(),
        None => all(found.cities.values()),
    };
    let soon = weeks.get(SOON).copied();
    let overdue = list::overdue_address(place, None);
    let strip = vec![
        (
            "dash.good",
            Number::of(here.good, &link("good", None, None)),
        ),
        (
            "dash.held",
            Number::of(here.held, &link("held", None, None)),
        ),
        (
            "dash.soon",
            Number::of(
                found.weeks.iter().take(SOON).sum(),
                &link("ending", weeks.first().copied(), soon),
            ),
        ),
        (
            "dash.overdue",
            Number {
                number: found.overdue,
                href: overdue,
            },
        ),
    ];

    let largest = found.cities.values().map(|city| city.good).max();
    let city_line = |place: Place| {
        let counted = found.cities.get(place.key()?).copied().unwrap_or_default();
        let link = |of| Link {
            of,
            place,
            unit: None,
            from: None,
            until: None,
        };
        Some(CityLine {
            name: place.words(language)?,
            href: place.address("/dash"),
            current: false,
            good: Number::of(counted.good, &link("good")),
            held: Number::of(counted.held, &link("held")),
        })
    };
    let tiles = CITIES.iter().filter_map(|city| {
        let counted = found.cities.get(city.code).copied().unwrap_or_default();
        Tile::new(city, counted.good, largest.unwrap_or_default(), language)
    });
    // What belongs to no known city is said only where there is any.
    let nowhere = found.cities.get("").copied().unwrap_or_default();
    let cities = CITIES
        .iter()
        .map(Place::City)
        .chain((nowhere.good + nowhere.held > 0).then_some(Place::Nowhere));
    let cities = cities.filter_map(city_line).map(|line| CityLine {
        current: Some(&line.href) == place.key().map(|_| place.address("/dash")).as_ref(),
        ..line
    });

    let spans = months.iter().zip(&found.months);
    let edges = |month: &Month| (month.begin(), month.next().and_then(Month::begin));
    let period = |month: &Month, numbers: [(&'static str, u64); 2]| {
        let (from, until) = edges(month);
        Period {
            name: month.words(language),
            numbers: numbers
                .map(|(of, number)| Number::of(number, &link(of, from, until)))
                .into(),
        }
    };
    let of_weeks = weeks.windows(2).zip(&found.weeks);
    let of_weeks = of_weeks.filter_map(|(pair, number)| match pair {
        [from, until] => Some((*from, *until, *number)),
        _ => None,
    });
    let labels: Vec<String> = months.iter().map(|month| month.short()).collect();
    let (shown, all_good) = (found.units.len() as u64, found.all_units);
    let listed: u64 = found.units.iter().map(|unit| unit.good).sum();
    visitor.show(&DashboardPage {
        page: visitor.desk_page(officer, Section::Dashboard, "dash.title"),
        now,
        city: place.words(language),
        strip,
        tiles: tiles.collect(),
        cities: cities.collect(),
        unit_bars: Bars::new(found.units.iter().map(|unit| {
            let name = unit.name.clone().unwrap_or_default();
            (name, unit.good)
        })),
        units: found
            .units
            .into_iter()
            .map(|unit| Unit::new(unit, place))
            .collect(),
        further_units: (all_good.0 > shown).then(|| Number {
            number: all_good.1.saturating_sub(listed),
            href: place.address("/dash/units"),
        }),
        flow: Columns::beside(
            &labels,
            found
                .months
                .iter()
                .map(|month| [month.issued, month.revoked]),
        ),
        promise: Columns::stacked(
            &labels,
            found.months.iter().map(|month| [month.in_time, month.late]),
        ),
        expiry: Columns::single(
            weeks.iter().map(|week| moment::short_date(*week)),
            found.weeks.iter().copied(),
        ),
        flow_table: Periods {
            heads: vec!["dash.month", "dash.issued", "dash.revoked"],
            periods: spans
                .clone()
                .map(|(month, counted)| {
                    let numbers = [("issued", counted.issued), ("revoked", counted.revoked)];
                    period(month, numbers)
                })
                .collect(),
        },
        promise_table: Periods {
            heads: vec!["dash.month", "dash.in_time", "dash.late"],
            periods: spans
                .map(|(month, counted)| {
                    period(
                        month,
                        [("in-time", counted.in_time), ("late", counted.late)],
                    )
                })
                .collect(),
        },
        expiry_table: Periods {
            heads: vec!["dash.week", "dash.number"],
            periods: of_weeks
                .map(|(from, until, number)| Period {
                    name: span_words(from, until),
                    numbers: vec![Number::of(number, &link("ending", Some(from), Some(until)))],
                })
                .collect(),
        },
    })
}

fn all<'a>(cities: impl Iterator<Item = &'a CityCount>) -> CityCount {
    cities.fold(CityCount::default(), |sum, city| CityCount {
        good: sum.good + city.good,
        held: sum.held + city.held,
    })
}

/// This month and the ones before it, the oldest first.
fn months(now: i64) -> Vec<Month> {
    let first = Month::of(now).and_then(|month| month.back(MONTHS - 1));
    let months = std::iter::successors(first, |month| month.next());
    // One more than is shown: its begin ends the last.
    months.take(MONTHS as usize + 1).collect()
}

/// The begin of today, and of each Monday after it.
fn weeks(now: i64) -> Vec<i64> {
    let today = (now + OFFSET).div_euclid(DAY);
    // Day 0 was a Thursday.
    let monday = today - (today + 3).rem_euclid(7);
    let mondays = (1..).map(|week| monday + 7 * week);
    let days = std::iter::once(today).chain(mondays).take(WEEKS + 1);
    days.map(|day| day * DAY - OFFSET).collect()
}

/// `2026-12-07 – 2026-12-13`: first and last day.
pub(super) fn span_words(from: i64, until: i64) -> String {
    let (first, last) = (moment::date(from), moment::date(until - 1));
    if first == last {
        return first;
    }
    format!("{first} – {last}")
}

/// What part of the province is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    City(&'static City),
    /// What belongs to no known city.
    Nowhere,
    Whole,
}

impl Place {
    /// Of an address; what is not known is the whole.
    pub(super) fn of(code: Option<&str>) -> Self {
        match code {
            Some(NO_CITY) => Self::Nowhere,
            Some(code) => City::of_code(code).map_or(Self::Whole, Self::City),
            None => Self::Whole,
        }
    }

    /// As the authority names it.
    pub(super) fn key(self) -> Option<&'static str> {
        match self {
            Self::City(city) => Some(city.code),
            Self::Nowhere => Some(""),
            Self::Whole => None,
        }
    }

    /// As addresses name it.
    pub(super) fn code(self) -> Option<&'static str> {
        match self {
            Self::City(city) => Some(city.code),
            Self::Nowhere => Some(NO_CITY),
            Self::Whole => None,
        }
    }

    pub(super) fn words(self, language: Language) -> Option<String> {
        match self {
            Self::City(city) => Some(language.pick(city.zh, city.en).to_owned()),
            Self::Nowhere => Some(crate::wording::phrase(language, "dash.nowhere").to_owned()),
            Self::Whole => None,
        }
    }

    fn address(self, path: &str) -> String {
        super::case::address(path, &[("city", self.code())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_today_and_on_mondays() {
        // 2026-12-01 was a Tuesday.
        let now = moment::day("2026-12-01").unwrap() + 40_000;
        let weeks: Vec<String> = weeks(now).into_iter().map(moment::date).collect();
        assert_eq!(weeks.len(), WEEKS + 1);
        assert_eq!(weeks[..3], ["2026-12-01", "2026-12-07", "2026-12-14"]);
        // On a Monday the first week is a whole one.
        let monday = super::weeks(moment::day("2026-12-07").unwrap());
        let monday: Vec<String> = monday.into_iter().map(moment::date).collect();
        assert_eq!(monday[..2], ["2026-12-07", "2026-12-14"]);
    }

    #[test]
    fn months_end_with_this_one() {
        let months = months(moment::day("2026-12-01").unwrap());
        let codes: Vec<String> = months.into_iter().map(Month::code).collect();
        assert_eq!(codes.len(), 14);
        assert_eq!(
            (codes[0].as_str(), codes[12].as_str()),
            ("2025-12", "2026-12")
        );
    }

    #[test]
    fn only_known_places_are_taken_from_an_address() {
        for (code, key) in [
            (Some("370100"), Some("370100")),
            (Some("none"), Some("")),
            (Some("<script>"), None),
            (Some("370000"), None),
            (None, None),
        ] {
            assert_eq!(Place::of(code).key(), key, "{code:?}");
        }
    }
}
