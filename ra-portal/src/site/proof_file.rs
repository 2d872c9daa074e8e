//! `/log/certificate`: a file that proves what the ledger says about one certificate, and what to do with it.

use std::sync::Arc;

use askama::Template;
use authority::PublicStatus;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use x509::certificate::Serial;

use super::entry_words::kind_title;
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::serial_input;

#[derive(Deserialize)]
pub(super) struct Asked {
    serial: Option<String>,
    authority: Option<String>,
}

/// An entry that the file proves.
struct Row {
    entry: u64,
    time: i64,
    title: String,
}

/// A file that can be had.
struct File {
    authority: String,
    serial: String,
    rows: Vec<Row>,
    name: String,
    command: String,
}

#[derive(Template)]
#[template(path = "proof_file.html")]
struct ProofFile {
    page: Page,
    serial: String,
    wrong: bool,
    /// A serial was given.
    asked: bool,
    files: Vec<File>,
    key: String,
}

/// `GET /log/certificate`: the form, or the files there are for a serial.
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = query.map_err(|_| Failure::bad_request(""))?;
    let mut page = visitor.page(Section::Ledger, "proof.title");
    let key = portal.authority.log_key();
    let typed = asked.serial.clone().unwrap_or_default();
    let serial = serial_input::parse(&typed);
    let wrong = asked.serial.is_some() && serial.is_none();
    page.is_error = wrong;
    let files = match &serial {
        Some(serial) => files(&portal, &page, serial, given(&asked), &key).await?,
        None => Vec::new(),
    };
    let status = if wrong {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let serial = serial.map_or_else(|| serial_input::echo(&typed), |serial| serial.to_string());
    let page = ProofFile {
        page,
        serial,
        wrong,
        asked: asked.serial.is_some() && !wrong,
        files,
        key,
    };
    visitor.show_with(status, &page)
}

/// `GET /log/certificate/proof`: the file.
pub(super) async fn download(
    State(portal): State<Arc<Portal>>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = query.map_err(|_| Failure::bad_request(""))?;
    let serial = asked
        .serial
        .as_deref()
        .and_then(serial_input::parse)
        .ok_or_else(|| Failure::bad_request("serial"))?;
    let proof = portal
        .authority
        .prove_certificate(given(&asked), &serial.to_string())
        .await?;
    let disposition = format!(
        "attachment; filename=\"{}\"",
        file_name(&serial.to_string())
    );
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, proof).into_response())
}

fn given(asked: &Asked) -> Option<&str> {
    asked
        .authority
        .as_deref()
        .filter(|authority| !authority.is_empty())
}

fn file_name(serial: &str) -> String {
    format!("gmpki-proof-{serial}.json")
}

async fn files(
    portal: &Portal,
    page: &Page,
    serial: &Serial,
    authority: Option<&str>,
    key: &str,
) -> Result<Vec<File>, Failure> {
    let statuses = portal
        .authority
        .public_status(authority, &serial.to_string())
        .await?;
    let file = |status: PublicStatus| {
        let name = file_name(&status.serial);
        let rows = status.history.iter().map(|line| Row {
            entry: line.entry,
            time: line.time,
            title: kind_title(&line.kind, page.language),
        });
        File {
            rows: rows.collect(),
            command: format!("gmpki audit check {name} --key '{key}'"),
            name,
            authority: status.authority,
            serial: status.serial,
        }
    };
    Ok(statuses
        .into_iter()
        .filter(|status| !status.history.is_empty())
        .map(file)
        .collect())
}
