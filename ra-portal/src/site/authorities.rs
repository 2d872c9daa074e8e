//! `/ca`: the authorities, their certificates to download, and how fresh their CRLs are.

use std::sync::Arc;

use askama::Template;
use authority::{AuthorityView, CrlView};
use axum::extract::State;
use axum::response::Response;

use crate::failure::Failure;
use crate::moment::age;
use crate::page::component::Signal;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;

/// An authority and what its certificate says.
struct Row {
    authority: AuthorityView,
    /// Name of its parent; absent for the root.
    parent: Option<String>,
    /// SM2, P-256 or RSA.
    algorithm: String,
    /// Whose fingerprint is shown: SHA-256 where clients know no SM3.
    digest: &'static str,
    /// The fingerprint in groups that people can compare aloud.
    fingerprint: String,
}

/// Shards of one authority that are shown: the oldest, since these are late first.
const SHARDS_SHOWN: usize = 8;

/// A CRL and its age.
struct CrlRow {
    /// Behind `/crl/` on the machines' port.
    path: String,
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
    let published = portal.authority.crls().await;
    let crls = authorities
        .iter()
        .flat_map(|authority| crl_rows(&page, authority, &published, now))
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
        algorithm: match authority.algorithm.as_str() {
            "p256" => "P-256".to_owned(),
            other => other.to_uppercase(),
        },
        digest: if authority.algorithm == "sm2" {
            "authorities.fingerprint"
        } else {
            "authorities.fingerprint_sha256"
        },
        fingerprint: in_groups(if authority.algorithm == "sm2" {
            &authority.fingerprint
        } else {
            &authority.fingerprint_sha256
        }),
        authority,
    });
    visitor.show(&Authorities {
        rows: rows.collect(),
        page,
        crls,
    })
}

/// Full and delta CRL, and the oldest of the shards.
fn crl_rows(page: &Page, authority: &AuthorityView, all: &[CrlView], now: i64) -> Vec<CrlRow> {
    let own = all
        .iter()
        .filter(|crl| crl.authority == authority.authority);
    let (mut shards, mut whole): (Vec<&CrlView>, Vec<&CrlView>) =
        own.partition(|crl| crl.scope.starts_with("shard-"));
    let count = shards.len();
    whole.sort_by_key(|crl| crl.scope != "full");
    shards.sort_by_key(|crl| (crl.this_update, crl.scope.clone()));
    shards.truncate(SHARDS_SHOWN);
    whole
        .into_iter()
        .chain(shards)
        .map(|crl| crl_row(page, authority, crl, count, now))
        .collect()
}

fn crl_row(
    page: &Page,
    authority: &AuthorityView,
    crl: &CrlView,
    shards: usize,
    now: i64,
) -> CrlRow {
    let fresh = crl.this_update <= now && now < crl.next_update;
    let word = page.t(if fresh {
        "authorities.crl_fresh"
    } else {
        "authorities.crl_late"
    });
    let (count, unit) = age(now - crl.this_update);
    CrlRow {
        path: path(crl, shards),
        name: authority.name.clone(),
        number: crl.number,
        this_update: crl.this_update,
        next_update: crl.next_update,
        entries: crl.entries,
        age: page.t1(unit, "n", count),
        signal: Signal::new(fresh, word.to_owned(), page.language),
    }
}

/// `jinan.crl`, `jinan.delta.crl`, `jinan/7of128.crl`.
fn path(crl: &CrlView, shards: usize) -> String {
    let authority = &crl.authority;
    match crl.scope.as_str() {
        "full" => format!("{authority}.crl"),
        "delta" => format!("{authority}.delta.crl"),
        shard => {
            let number = shard.trim_start_matches("shard-").trim_start_matches('0');
            let number = if number.is_empty() { "0" } else { number };
            format!("{authority}/{number}of{shards}.crl")
        }
    }
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
    fn crls_are_linked_by_their_scope() {
        let named = |scope: &str| {
            let crl = CrlView {
                authority: "jinan".into(),
                scope: scope.into(),
                number: 1,
                base: None,
                this_update: 0,
                next_update: 1,
                entries: 0,
            };
            path(&crl, 128)
        };
        assert_eq!(named("full"), "jinan.crl");
        assert_eq!(named("delta"), "jinan.delta.crl");
        assert_eq!(named("shard-0000"), "jinan/0of128.crl");
        assert_eq!(named("shard-0120"), "jinan/120of128.crl");
    }

    #[test]
    fn eight_digits_a_group() {
        assert_eq!(in_groups("0011223344556677aa"), "00112233 44556677 aa");
        assert_eq!(in_groups(""), "");
    }
}
