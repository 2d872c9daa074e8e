//! `/help` and `/accessibility`: pages that change only with the catalogue.

use askama::Template;
use axum::response::Response;

use crate::failure::Failure;
use crate::page::component::Chip;
use crate::page::standing::Standing;
use crate::page::{Page, Section, Visitor};

/// A state and what it means.
struct StateRow {
    chip: Chip,
    meaning: &'static str,
    advice: &'static str,
}

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    page: Page,
    states: Vec<StateRow>,
    ocsp_command: String,
    submit_command: &'static str,
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Accessibility {
    page: Page,
}

pub(super) async fn help(visitor: Visitor) -> Result<Response, Failure> {
    let page = visitor.page(Section::Help, "help.title");
    let row = |standing: Standing| StateRow {
        chip: Chip::new(standing, page.language),
        meaning: page.t(standing.meaning()),
        advice: page.t(standing.advice()),
    };
    let states = Standing::ALL.map(row).into();
    let ocsp_command = format!(
        "openssl ocsp -sm3 -issuer jinan.pem -serial 0xSERIAL -url {}/ocsp -CAfile root.pem -resp_text",
        page.machines
    );
    let submit_command = "gmpki case submit --as entry --profile department-signing --authority jinan --csr request.pem --fields form.toml";
    visitor.show(&Help {
        page,
        states,
        ocsp_command,
        submit_command,
    })
}

pub(super) async fn accessibility(visitor: Visitor) -> Result<Response, Failure> {
    visitor.show(&Accessibility {
        page: visitor.page(Section::Accessibility, "accessibility.title"),
    })
}
