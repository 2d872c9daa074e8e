//! Officers: who acts where, and the changes that two RA administrators decide on.
//!
//! A change begins as a proposal and counts when another administrator has confirmed it; both sign what the page shows.

pub(super) mod list;
pub(super) mod proposal;
pub(super) mod propose;

use authority::OfficerView;
use policy::scope::City;

use crate::language::Language;
use crate::wording::phrase;

/// Cities of a scope in words, or the whole province.
fn cities(codes: &[String], language: Language) -> String {
    if codes.is_empty() {
        return phrase(language, "officers.whole").to_owned();
    }
    let name = |code: &String| match City::of_code(code) {
        Some(city) => language.pick(city.zh, city.en).to_owned(),
        None => code.clone(),
    };
    let names: Vec<_> = codes.iter().map(name).collect();
    names.join(phrase(language, "officers.and"))
}

/// Key of the word for the state of an appointment.
fn state_word(officer: &OfficerView) -> &'static str {
    match officer.state.as_str() {
        "in-force" => "officers.in_force",
        "not-begun" => "officers.not_begun",
        "run-out" => "officers.run_out",
        _ => "officers.ended",
    }
}

/// Key of the word for what is proposed.
pub(super) fn change_word(change: &str) -> &'static str {
    match change {
        "appoint" => "officers.appoint",
        "change" => "officers.change",
        _ => "officers.end",
    }
}

/// Key of the word for where a proposal stands.
pub(super) fn proposal_word(state: &str) -> &'static str {
    match state {
        "waiting" => "officers.waiting",
        "confirmed" => "officers.confirmed",
        _ => "officers.refused",
    }
}
