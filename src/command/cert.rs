//! `gmpki cert`: issue, change, search, look at.

use std::path::Path;

use anyhow::Context as _;
use hyper::Method;
use serde_json::{Value, json};
use x509::certificate::{Certificate, Serial};
use x509::ocsp::CertStatus;

use super::case::history;
use super::crl::machines;
use crate::cli::{CertCommand, Change, Named};
use crate::client::{Client, Session, encode, text_of};
use crate::data::DataDirectory;
use crate::output::{Failure, Output, cell, listing, rows_of};
use crate::status::{self, Verified};

/// Where certificates are searched.
const SEARCH: &str = "/api/v1/certificates/search";

/// Runs one of them.
pub async fn run(
    command: CertCommand,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    match command {
        CertCommand::Issue { cases, out, acting } => {
            let mut session = Session::sign_in(data, &acting).await?;
            let outcome = session
                .act(json!({"act": "issue-certificates", "cases": cases}))
                .await?;
            for certificate in rows_of(&outcome, "certificates") {
                if let Some(directory) = &out {
                    let path = directory.join(format!("{}.pem", cell(certificate, "serial")));
                    write(&path, text_of(certificate, "pem")?.as_bytes())?;
                }
            }
            output.result(&outcome, || issued(&outcome));
            Ok(())
        }
        CertCommand::Hold(change) => self::change(change, "hold", None, data, output).await,
        CertCommand::Release(change) => self::change(change, "release", None, data, output).await,
        CertCommand::Revoke { reason, change } => {
            self::change(change, "revoke", Some(&reason), data, output).await
        }
        CertCommand::Search {
            text,
            state,
            profile,
            acting,
        } => {
            let mut session = Session::sign_in(data, &acting).await?;
            let query = json!({"text": text, "state": state, "profile": profile});
            let list = session.post(SEARCH, &query).await?;
            output.result(&list, || {
                let columns = [
                    ("签发机构", "authority"),
                    ("序列号", "serial"),
                    ("状态", "state"),
                    ("类型", "profile"),
                    ("单位", "department"),
                    ("名称", "name"),
                ];
                listing(rows_of(&list, "certificates"), &columns)
            });
            Ok(())
        }
        CertCommand::Show(named) => {
            let view = view(&named, data).await?;
            output.result(&view, || shown(&view));
            Ok(())
        }
        CertCommand::Export { named, out } => {
            let view = view(&named, data).await?;
            let pem = text_of(&view, "pem")?;
            match out {
                Some(path) => {
                    write(&path, pem.as_bytes())?;
                    output.result(&json!({"file": path}), || format!("✓ {}", path.display()));
                }
                None => output.result(&json!({"pem": pem}), || pem.to_owned()),
            }
            Ok(())
        }
        CertCommand::Status {
            what,
            authority,
            server,
        } => ask_status(&what, authority.as_deref(), server.as_deref(), data, output).await,
    }
}

async fn change(
    change: Change,
    verb: &str,
    reason: Option<&str>,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let Change { named, note } = change;
    let mut session = Session::sign_in(data, &named.acting).await?;
    let authority = match named.authority {
        Some(authority) => authority,
        None => {
            let query = json!({"text": named.serial});
            let found = session.post(SEARCH, &query).await?;
            let wanted = rows_of(&found, "certificates").find(|row| {
                cell(row, "serial").eq_ignore_ascii_case(&named.serial.replace(':', ""))
            });
            let not_found = || {
                let en = format!("there is no certificate {}", named.serial);
                Failure::Refused(
                    json!({"code": "A404", "zh": format!("没有找到证书 {}", named.serial), "en": en}),
                )
            };
            cell(wanted.ok_or_else(not_found)?, "authority")
        }
    };
    let mut act = json!({"act": "change-status", "authority": authority, "serial": named.serial, "change": verb, "note": note});
    if let (Some(reason), Some(act)) = (reason, act.as_object_mut()) {
        act.insert("reason".into(), reason.into());
    }
    let outcome = session.act(act).await?;
    output.result(&outcome, || {
        format!(
            "✓ {} {} → {}（台账 #{}）",
            cell(&outcome, "authority"),
            cell(&outcome, "serial"),
            cell(&outcome, "state"),
            cell(&outcome, "entry")
        )
    });
    Ok(())
}

async fn view(named: &Named, data: &DataDirectory) -> Result<Value, Failure> {
    let mut session = Session::sign_in(data, &named.acting).await?;
    let authority = match &named.authority {
        Some(authority) => authority.clone(),
        None => {
            let query = json!({"text": named.serial});
            let found = session.post(SEARCH, &query).await?;
            rows_of(&found, "certificates")
                .next()
                .map(|row| cell(row, "authority"))
                .unwrap_or_else(|| "-".into())
        }
    };
    session
        .get(&format!(
            "/api/v1/certificates/{}/{}",
            encode(&authority),
            encode(&named.serial)
        ))
        .await
}

/// Asks the OCSP responder, as any relying party would, and verifies its answer. It is asked about serials of its
/// own only: a question about one that it never issued raises an alarm there.
async fn ask_status(
    what: &str,
    authority: Option<&str>,
    server: Option<&str>,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let (mut connection, base) = status::connect(&machines(data, server)?).await?;
    let (serial, candidates) = if Path::new(what).exists() {
        let bytes = std::fs::read(what).with_context(|| what.to_owned())?;
        let certificate = Certificate::from_pem_or_der(&bytes).with_context(|| what.to_owned())?;
        let mut issuers = Vec::new();
        for name in status::authorities(&mut connection, &base).await? {
            let issuer = status::authority_certificate(&mut connection, &base, &name).await?;
            if certificate.verify_signature(issuer.public_key()).is_ok() {
                issuers.push(name);
            }
        }
        (certificate.serial().clone(), issuers)
    } else {
        let serial = what
            .parse::<Serial>()
            .with_context(|| format!("{what} is neither a file nor a serial"))?;
        let issuers = match (authority, server) {
            (Some(authority), _) => vec![authority.to_owned()],
            (None, None) => issuers_of(&serial, data).await?,
            (None, Some(_)) => {
                return Err(anyhow::anyhow!(
                    "with --server, name the authority of the serial: --authority NAME"
                )
                .into());
            }
        };
        (serial, issuers)
    };
    let mut rows = Vec::new();
    for name in &candidates {
        let issuer = status::authority_certificate(&mut connection, &base, name).await?;
        let answer =
            status::ask(&mut connection, &format!("{base}/ocsp"), &issuer, &serial).await?;
        rows.push(described(name, &serial, &answer));
    }
    if rows.is_empty() {
        rows.push(json!({"authority": "", "serial": serial.to_string(), "state": "unknown"}));
    }
    output.result(&json!({"statuses": rows}), || {
        let line = |row: &Value| {
            ["authority", "serial", "state", "reason", "since"]
                .map(|key| cell(row, key))
                .join(" ")
                .trim()
                .to_owned()
        };
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

/// The authorities that have issued a serial, by the public site.
async fn issuers_of(serial: &Serial, data: &DataDirectory) -> Result<Vec<String>, Failure> {
    let mut client = Client::connect(data, None).await?;
    let found = client
        .call(Method::GET, &format!("/api/v1/status/{serial}"), None)
        .await?;
    Ok(rows_of(&found, "statuses")
        .filter(|row| cell(row, "state") != "unknown")
        .map(|row| cell(row, "authority"))
        .collect())
}

fn described(authority: &str, serial: &Serial, answer: &Verified) -> Value {
    let (reason, since) = match &answer.status {
        CertStatus::Revoked { at, reason } => (Some(reason.to_string()), Some(at.to_string())),
        CertStatus::Good | CertStatus::Unknown => (None, None),
    };
    json!({
        "authority": authority, "serial": serial.to_string(), "state": answer.state(),
        "reason": reason, "since": since, "produced_at": answer.produced_at.to_string(),
    })
}

fn issued(outcome: &Value) -> String {
    let mut text = String::new();
    for certificate in rows_of(outcome, "certificates") {
        text.push_str(&format!(
            "✓ {} 已签发 / issued: {} {}（台账 #{}）\n",
            cell(certificate, "case"),
            cell(certificate, "authority"),
            cell(certificate, "serial"),
            cell(certificate, "entry"),
        ));
        text.push_str(&cell(certificate, "pem"));
    }
    text
}

fn shown(view: &Value) -> String {
    let summary = view.get("summary").unwrap_or(&Value::Null);
    let mut text = format!(
        "{} {} {}\n",
        cell(summary, "authority"),
        cell(summary, "serial"),
        cell(summary, "state")
    );
    for line in rows_of(view, "fields") {
        let cell = |at: usize| line.get(at).and_then(Value::as_str).unwrap_or_default();
        text.push_str(&format!("  {}: {}\n", cell(0), cell(1)));
    }
    text + &history(view)
}

/// Writes a file, making its directory.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}
