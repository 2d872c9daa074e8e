//! `/ca`: the authorities, their certificates to download, and how fresh their CRLs are.

use std::sync::Arc;

use askama::Template;
use authority::AuthorityView;
use axum::extract::State;
use axum::response::Response;

use super::component::Signal;
use super::page::{Page, Section, Visitor};
use crate::failure::Failure;
use crate::moment::age;
use crate::portal::Portal;

/// An authority and what its certificate says.
struct Row {
    authority: AuthorityView,
    /// Name of its parent; absent for the root.
    parent: Option<String>,
    /// The fingerprint in groups that people can compare aloud.
    fingerprint: String,
}

/// A CRL and its age.
struct CrlRow {
    authority: String,
    name: String,
    number: u64,
    this_update: i64,
    next_update: i64,
    entries: u64,
    age: String,
    signal: Signal,
}

#[derive(Template)]
#[template(path = "authorities.html")]
struct Authorities {
    page: Page,
    rows: Vec<Row>,
    crls: Vec<CrlRow>,
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let page = visitor.page(Section::Authorities, "authorities.title");
    let authorities = portal.authority.authorities().await?;
    let now = portal.now();
    let crls = authorities
        .iter()
        .filter_map(|authority| crl_row(&page, authority, now))
        .collect();
    let names: Vec<(String, String)> = authorities
        .iter()
        .map(|a| (a.authority.clone(), a.name.clone()))
        .collect();
    let rows = authorities.into_iter().map(|authority| Row {
        parent: (authority.parent != authority.authority)
            .then(|| {
                names
                    .iter()
                    .find(|(short, _)| *short == authority.parent)
                    .map(|(_, name)| name.clone())
            })
            .flatten(),
        fingerprint: in_groups(&authority.fingerprint),
        authority,
    });
    visitor.show(&Authorities {
        rows: rows.collect(),
        page,
        crls,
    })
}

fn crl_row(page: &Page, authority: &AuthorityView, now: i64) -> Option<CrlRow> {
    let (number, this_update, next_update, entries) = authority.crl?;
    let fresh = this_update <= now && now < next_update;
    let word = page.t(if fresh {
        "authorities.crl_fresh"
    } else {
        "authorities.crl_late"
    });
    let (count, unit) = age(now - this_update);
    Some(CrlRow {
        authority: authority.authority.clone(),
        name: authority.name.clone(),
        number,
        this_update,
        next_update,
        entries,
        age: page.t1(unit, "n", count),
        signal: Signal::new(fresh, word.to_owned(), page.language),
    })
}

/// `00112233 44556677 …`.
fn in_groups(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    digits
        .chunks(8)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_a_group() {
        assert_eq!(in_groups("0011223344556677aa"), "00112233 44556677 aa");
        assert_eq!(in_groups(""), "");
    }
}
