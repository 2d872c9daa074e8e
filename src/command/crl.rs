//! `gmpki crl`: list, make, fetch.

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Value, json};
use x509::crl::Crl;

use super::case::{cell, encode};
use super::cert::write;
use crate::cli::CrlCommand;
use crate::client::Session;
use crate::data::DataDirectory;
use crate::http::Connection;
use crate::output::{Failure, Output, table};
use crate::status;

/// Runs one of them.
pub async fn run(command: CrlCommand, data: &DataDirectory, output: Output) -> Result<(), Failure> {
    match command {
        CrlCommand::List { server } => list(server.as_deref(), data, output).await,
        CrlCommand::Publish { authority, acting } => {
            let mut session = Session::sign_in(data, &acting).await?;
            let made = session
                .post(&format!("/api/v1/crls/{}", encode(&authority)), &json!({}))
                .await?;
            output.result(&made, || {
                format!(
                    "✓ {authority} CRL {}（{} 项 entries）",
                    cell(&made, "number"),
                    cell(&made, "entries")
                )
            });
            Ok(())
        }
        CrlCommand::Fetch {
            authority,
            out,
            server,
        } => {
            let (mut connection, base) =
                status::connect(&machines(data, server.as_deref())?).await?;
            let (der, crl) = fetch(&mut connection, &base, &authority).await?;
            write(&out, &der)?;
            output.result(&described(&authority, &crl), || {
                format!("✓ {} CRL {}", out.display(), crl.number())
            });
            Ok(())
        }
    }
}

/// Base URL of the status port.
pub fn machines(data: &DataDirectory, server: Option<&str>) -> anyhow::Result<String> {
    match server {
        Some(url) => Ok(url.trim_end_matches('/').to_owned()),
        None => data
            .running()
            .and_then(|running| running.machines)
            .with_context(|| {
                format!(
                    "no service with a status port runs on {}; give one with --server URL",
                    data.path().display()
                )
            }),
    }
}

/// The latest CRL of an authority, read and verified against the authority's certificate.
pub async fn fetch(
    connection: &mut Connection,
    base: &str,
    authority: &str,
) -> anyhow::Result<(Bytes, Crl)> {
    let issuer = status::authority_certificate(connection, base, authority).await?;
    let path = format!("{base}/crl/{authority}.crl");
    let body = connection.get(&path).await?;
    let crl = Crl::from_der(&body)?;
    crl.verify_signature(issuer.public_key())?;
    Ok((body, crl))
}

async fn list(server: Option<&str>, data: &DataDirectory, output: Output) -> Result<(), Failure> {
    let (mut connection, base) = status::connect(&machines(data, server)?).await?;
    let mut rows = Vec::new();
    for authority in status::authorities(&mut connection, &base).await? {
        let (_, crl) = fetch(&mut connection, &base, &authority).await?;
        rows.push(described(&authority, &crl));
    }
    output.result(&Value::Array(rows.clone()), || {
        let keys = [
            "authority",
            "number",
            "entries",
            "this_update",
            "next_update",
        ];
        let cells: Vec<_> = rows
            .iter()
            .map(|row| keys.map(|key| cell(row, key)).to_vec())
            .collect();
        table(
            &["签发机构", "编号", "项数", "本次更新", "下次更新"],
            &cells,
        )
    });
    Ok(())
}

fn described(authority: &str, crl: &Crl) -> Value {
    json!({
        "authority": authority, "number": crl.number(), "entries": crl.entries().len(),
        "this_update": crl.this_update().to_string(), "next_update": crl.next_update().to_string(),
    })
}
