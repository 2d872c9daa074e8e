//! Where an officer acts: cities by their division code, units by a code of their full name.
//!
//! A case or certificate has a place. An officer whose scope is the whole province handles all of them, also those
//! whose place is not known; anybody else handles what the scope names and nothing more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sm_engine::sm3::{self, Digest};

use crate::form::fold;

/// A city of the province.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct City {
    /// Division code (GB/T 2260), `370100`.
    pub code: &'static str,
    /// In Chinese, with 市.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

/// Every city, by code: the division of 2010-12 (Ministry of Civil Affairs).
pub const CITIES: [City; 17] = [
    city("370100", "济南市", "Jinan"),
    city("370200", "青岛市", "Qingdao"),
    city("370300", "淄博市", "Zibo"),
    city("370400", "枣庄市", "Zaozhuang"),
    city("370500", "东营市", "Dongying"),
    city("370600", "烟台市", "Yantai"),
    city("370700", "潍坊市", "Weifang"),
    city("370800", "济宁市", "Jining"),
    city("370900", "泰安市", "Tai'an"),
    city("371000", "威海市", "Weihai"),
    city("371100", "日照市", "Rizhao"),
    city("371200", "莱芜市", "Laiwu"),
    city("371300", "临沂市", "Linyi"),
    city("371400", "德州市", "Dezhou"),
    city("371500", "聊城市", "Liaocheng"),
    city("371600", "滨州市", "Binzhou"),
    city("371700", "菏泽市", "Heze"),
];

const fn city(code: &'static str, zh: &'static str, en: &'static str) -> City {
    City { code, zh, en }
}

impl City {
    /// The city of that code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<&'static Self> {
        CITIES.iter().find(|city| city.code == code)
    }

    /// The city that a place's name begins with: `济南市`, `济南市历下区`, `济南`.
    #[must_use]
    pub fn of_place(place: &str) -> Option<&'static Self> {
        let place = fold(place);
        let short = |city: &City| city.zh.strip_suffix('市') == Some(&place);
        CITIES
            .iter()
            .find(|city| place.starts_with(city.zh) || short(city))
    }
}

/// The code of a unit: SM3 of its full name, folded. Units are public bodies; the code keeps names off the ledger.
#[must_use]
pub fn unit_code(name: &str) -> Digest {
    sm3::digest(fold(name).as_bytes())
}

/// Where a case or a certificate belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Division code of its city, where it is known.
    pub city: Option<String>,
    /// Code of its unit, where it is known.
    pub unit: Option<Digest>,
}

impl Place {
    /// Of a city and a unit by name; either may be unknown.
    #[must_use]
    pub fn named(city: Option<&str>, unit: &str) -> Self {
        let known = city.and_then(City::of_place);
        Self {
            city: known.map(|city| city.code.to_owned()),
            unit: (!unit.trim().is_empty()).then(|| unit_code(unit)),
        }
    }
}

/// Where an officer acts; what is empty does not limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Division codes of cities.
    pub cities: BTreeSet<String>,
    /// Codes of units.
    pub units: BTreeSet<Digest>,
}

impl Scope {
    /// Whether it is the whole province.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cities.is_empty() && self.units.is_empty()
    }

    /// Whether all that lies in `other` lies in this one too.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        fn within<T: Ord>(ours: &BTreeSet<T>, theirs: &BTreeSet<T>) -> bool {
            ours.is_empty() || (!theirs.is_empty() && theirs.is_subset(ours))
        }
        within(&self.cities, &other.cities) && within(&self.units, &other.units)
    }

    /// Whether a place lies in it: in one of its cities, where it names some, and of one of its units, where it names
    /// some. An unknown place lies in the whole province only.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        let city = || place.city.as_ref().is_some_and(|c| self.cities.contains(c));
        let unit = || place.unit.as_ref().is_some_and(|u| self.units.contains(u));
        (self.cities.is_empty() || city()) && (self.units.is_empty() || unit())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn scope(cities: &[&str], units: &[&str]) -> Scope {
        Scope {
            cities: cities.iter().map(|code| (*code).to_owned()).collect(),
            units: units.iter().map(|name| unit_code(name)).collect(),
        }
    }

    #[test]
    fn cities_are_found_by_code_and_by_the_name_of_a_place() {
        for city in &CITIES {
            assert_eq!(City::of_code(city.code), Some(city));
            assert_eq!(City::of_place(city.zh), Some(city));
            assert_eq!(City::of_place(city.zh.trim_end_matches('市')), Some(city));
            assert_eq!(City::of_place(&format!(" {}某区", city.zh)), Some(city));
        }
        assert!(CITIES.is_sorted_by(|a, b| a.code < b.code));
        for nowhere in ["", "历下区", "北京市", "济", "山东省", "济南路"] {
            assert_eq!(City::of_place(nowhere), None, "{nowhere}");
        }
        assert_eq!(City::of_code("370000"), None);
    }

    #[test]
    fn a_scope_covers_what_it_names() {
        let jinan = Place::named(Some("济南市"), "济南市财政局");
        let qingdao = Place::named(Some("青岛市"), "青岛市财政局");
        let nowhere = Place::default();
        // Scope, and whether it covers the three places.
        for (scope, covers) in [
            (scope(&[], &[]), [true, true, true]),
            (scope(&["370100"], &[]), [true, false, false]),
            (scope(&["370100", "370200"], &[]), [true, true, false]),
            (scope(&[], &["青岛市财政局"]), [false, true, false]),
            (scope(&["370100"], &["济南市财政局"]), [true, false, false]),
            (scope(&["370100"], &["青岛市财政局"]), [false, false, false]),
        ] {
            let found = [&jinan, &qingdao, &nowhere].map(|place| scope.covers(place));
            assert_eq!(found, covers, "{scope:?}");
            assert_eq!(scope.is_whole(), covers[2]);
        }
    }

    #[test]
    fn a_scope_includes_smaller_ones() {
        let (whole, jinan) = (Scope::default(), scope(&["370100"], &[]));
        let both = scope(&["370100", "370200"], &[]);
        let unit = scope(&["370100"], &["济南市财政局"]);
        for (larger, smaller) in [
            (&whole, &jinan),
            (&both, &jinan),
            (&jinan, &unit),
            (&whole, &unit),
        ] {
            assert!(larger.includes(smaller) && larger.includes(larger));
            assert!(!smaller.includes(larger), "{smaller:?} {larger:?}");
        }
        assert!(!jinan.includes(&scope(&[], &["济南市财政局"])));
    }

    #[test]
    fn spelling_makes_no_other_unit() {
        assert_eq!(unit_code("ＡＢ局 "), unit_code("ab局"));
        assert_ne!(unit_code("甲局"), unit_code("乙局"));
    }
}
