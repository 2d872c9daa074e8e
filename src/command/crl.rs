//! `gmpki crl`: list, make, fetch.

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Value, json};
use store::clock::{Clock as _, SystemClock};
use x509::crl::Crl;
use x509::time::Time;

use super::cert::write;
use crate::cli::CrlCommand;
use crate::client::{Session, encode};
use crate::data::DataDirectory;
use crate::http::Connection;
use crate::output::{Failure, Output, cell, listing};
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
    let now = SystemClock.now().0;
    for authority in status::authorities(&mut connection, &base).await? {
        let body = connection.get(&format!("{base}/crl/{authority}")).await?;
        let text = std::str::from_utf8(&body).context("the list of CRLs is not text")?;
        for line in text.lines() {
            let listed = listed(&authority, line, now);
            rows.push(listed.with_context(|| format!("no line of a list of CRLs: {line}"))?);
        }
    }
    output.result(&Value::Array(rows.clone()), || {
        let columns = [
            ("CRL", "path"),
            ("编号", "number"),
            ("项数", "entries"),
            ("已过秒数", "age_seconds"),
            ("本次更新", "this_update"),
            ("下次更新", "next_update"),
            ("状态", "state"),
        ];
        listing(rows.iter(), &columns)
    });
    Ok(())
}

/// A line of `/crl/{authority}`: path, number, thisUpdate, nextUpdate, entries.
fn listed(authority: &str, line: &str, now: i64) -> Option<Value> {
    let mut parts = line.split(' ');
    let path = parts.next()?;
    let number: u64 = parts.next()?.parse().ok()?;
    let (this_update, next_update): (Time, Time) =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let entries: u64 = parts.next()?.parse().ok()?;
    let late = now >= next_update.0;
    Some(json!({
        "authority": authority, "path": path, "number": number, "entries": entries,
        "age_seconds": now - this_update.0, "this_update": this_update.to_string(),
        "next_update": next_update.to_string(), "state": if late { "过期 late" } else { "有效 fresh" },
    }))
}

fn described(authority: &str, crl: &Crl) -> Value {
    json!({
        "authority": authority, "number": crl.number(), "entries": crl.len(),
        "this_update": crl.this_update().to_string(), "next_update": crl.next_update().to_string(),
    })
}
