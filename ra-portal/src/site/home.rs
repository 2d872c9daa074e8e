//! `/`: what this service is, the two things most people come for, and how it is doing right now.

use std::sync::Arc;

use askama::Template;
use authority::{AuthorityView, Figures};
use axum::extract::State;
use axum::response::Response;

use crate::failure::Failure;
use crate::moment::age;
use crate::page::component::Signal;
use crate::page::{Page, Section, Visitor, grouped};
use crate::portal::Portal;
use crate::wording::fill;

/// A number of the front page.
struct Figure {
    label: &'static str,
    value: u64,
}

/// A command to copy, and what it is for.
struct Command {
    purpose: &'static str,
    line: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    figures: [Figure; 6],
    now: i64,
    signals: Vec<Signal>,
    commands: Vec<Command>,
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let page = visitor.page(Section::Home, "home.title");
    let figures = portal.authority.figures().await?;
    let authorities = portal.authority.authorities().await?;
    let now = portal.now();
    let signals = signals(&page, &figures, &authorities, now);
    let commands = commands(&page);
    let figures = [
        Figure {
            label: page.t("home.good"),
            value: figures.good,
        },
        Figure {
            label: page.t("home.held"),
            value: figures.held,
        },
        Figure {
            label: page.t("home.revoked"),
            value: figures.revoked,
        },
        Figure {
            label: page.t("home.waiting_review"),
            value: figures.waiting_review,
        },
        Figure {
            label: page.t("home.waiting_production"),
            value: figures.waiting_production,
        },
        Figure {
            label: page.t("home.entries"),
            value: figures.entries,
        },
    ];
    visitor.show(&Home {
        page,
        figures,
        now,
        signals,
        commands,
    })
}

/// How long entries may wait for their checkpoint before the page says so: seconds.
const CHECKPOINT_LAG: i64 = 10;

fn signals(page: &Page, figures: &Figures, authorities: &[AuthorityView], now: i64) -> Vec<Signal> {
    let language = page.language;
    let unsigned = figures
        .entries
        .saturating_sub(figures.checkpoint.map_or(0, |(size, _)| size));
    let (number, unit) = age(now - figures.checkpoint.map_or(now, |(_, written)| written));
    let since = page.t1(unit, "n", number);
    // A checkpoint follows an entry within a second; only what has waited longer is worth a word.
    let signed = unsigned == 0
        || figures
            .checkpoint
            .is_some_and(|(_, written)| now - written <= CHECKPOINT_LAG);
    let text = if signed {
        fill(page.t("home.checkpoint_all"), |place| match place {
            "n" => Some(grouped(figures.entries).into()),
            "age" => Some(since.as_str().into()),
            _ => None,
        })
    } else {
        page.t1("home.checkpoint_behind", "n", unsigned)
    };
    let late = authorities
        .iter()
        .filter(|a| a.crl.is_none_or(|(_, _, next, _)| next <= now))
        .count();
    let crls = if late == 0 {
        page.t1("home.crls_fresh", "n", authorities.len())
    } else {
        page.t1("home.crls_late", "n", late)
    };
    let unknown = if figures.never_issued == 0 {
        page.t("home.never_issued_none").to_owned()
    } else {
        page.t1("home.never_issued", "n", figures.never_issued)
    };
    vec![
        Signal::new(signed, text, language),
        Signal::new(late == 0, crls, language),
        Signal::new(figures.never_issued == 0, unknown, language),
    ]
}

fn commands(page: &Page) -> Vec<Command> {
    let machines = &page.machines;
    [
        ("home.command_status", "gmpki cert status SERIAL".to_owned()),
        (
            "home.command_cases",
            "gmpki case list --as review".to_owned(),
        ),
        ("home.command_audit", "gmpki audit verify".to_owned()),
        (
            "home.command_checkpoint",
            format!("curl -sS {machines}/log/checkpoint"),
        ),
    ]
    .map(|(purpose, line)| Command {
        purpose: page.t(purpose),
        line,
    })
    .into()
}
