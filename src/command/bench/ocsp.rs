//! `gmpki bench ocsp`: loads any responder, or a service of its own with peers beside it in the same run.

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};
use x509::certificate::{Certificate, Serial};
use x509::ocsp::{CertId, HashAlgorithm};

use super::issue::resident_kilobytes;
use super::load::{self, Load, Plan};
use super::peer;
use super::questions::{self, Manner, Questions};
use super::report::Row;
use super::scale;
use super::service::{Service, processor_seconds};
use super::soak;
use crate::cli::OcspBench;
use crate::http::{Connection, parse_url};
use crate::output::{Failure, Output};
use crate::status;

/// Serials asked for at most.
const SERIALS: usize = 10_000;
/// Answers of a sample that are verified at most.
const VERIFIED: usize = 500;

/// Runs it.
pub async fn run(options: &OcspBench, output: Output) -> Result<(), Failure> {
    if let Some(rate) = options.rate
        && !(rate.is_finite() && rate > 0.0)
    {
        return Err(anyhow::anyhow!("--rate {rate}: must be above 0").into());
    }
    match (&options.url, options.index, options.soak) {
        (Some(url), ..) => against(url, options, output).await,
        (None, Some(certificates), _) => scale::run(certificates, options, output).await,
        (None, None, Some(minutes)) => soak::run(minutes, options, output).await,
        (None, None, None) => beside_peers(options, output).await,
    }
}

/// One run against `url`.
async fn against(url: &str, options: &OcspBench, output: Output) -> Result<(), Failure> {
    let row = match &options.request {
        Some(file) => {
            let body = std::fs::read(file).with_context(|| file.display().to_string())?;
            let (host, path) = parse_url(url)?;
            let path = if path.is_empty() { "/" } else { &path };
            let questions = Questions::fixed(questions::post(&host, path, &body));
            let load = load::run(&host, Arc::new(questions), plan(options)).await?;
            Row {
                name: "as given".into(),
                load,
                server_seconds: None,
            }
        }
        None => {
            let target = Target::find(url, options).await?;
            let manner = Manner {
                get: options.get,
                nonce: !options.no_nonce,
            };
            let load = target.load(manner, plan(options)).await?;
            Row {
                name: name("OCSP", manner),
                load,
                server_seconds: None,
            }
        }
    };
    if let Some(path) = &options.csv {
        row.write_csv(path)?;
    }
    output.result(&row.json(None), || row.line(None));
    Ok(())
}

/// Everything that is worth knowing about this machine: our three kinds of answers, each at full speed, at half of
/// it and with 1,000 connections, and the peers.
async fn beside_peers(options: &OcspBench, output: Output) -> Result<(), Failure> {
    let service = Service::start().await?;
    let target = Target::find(service.machines(), options).await?;
    let pid = service.running.pid;
    let mut notes = Vec::new();
    let beside = match peer::nginx(options).await {
        Ok(row) => Some(row),
        Err(error) => {
            notes.push(format!("nginx: {error:#}"));
            None
        }
    };
    let full = Plan {
        rate: None,
        reconnect: false,
        ..plan(options)
    };
    let mut rows = Vec::new();
    for (get, nonce) in [(true, false), (false, false), (false, true)] {
        let manner = Manner { get, nonce };
        let before = processor_seconds(pid);
        let load = target.load(manner, full).await?;
        let server_seconds = before
            .zip(processor_seconds(pid))
            .map(|(before, after)| after - before);
        let rate = load.rate();
        rows.push(Row {
            name: name("gmpki", manner),
            load,
            server_seconds,
        });
        let half = Plan {
            rate: Some(rate / 2.0),
            ..full
        };
        rows.push(Row {
            name: format!("{}, half rate", name("gmpki", manner)),
            load: target.load(manner, half).await?,
            server_seconds: None,
        });
        let many = Plan {
            connections: 1000,
            ..full
        };
        rows.push(Row {
            name: format!("{}, 1000 connections", name("gmpki", manner)),
            load: target.load(manner, many).await?,
            server_seconds: None,
        });
    }
    let memory = resident_kilobytes(pid);
    drop(service);
    let openssl = match peer::openssl(options).await {
        Ok(row) => Some(row),
        Err(error) => {
            notes.push(format!("openssl ocsp: {error:#}"));
            None
        }
    };
    let all: Vec<&Row> = rows.iter().chain(&beside).chain(&openssl).collect();
    let list: Vec<Value> = all.iter().map(|row| row.json(beside.as_ref())).collect();
    let value = json!({"bench": "ocsp", "service_resident_kilobytes": memory, "rows": list, "notes": notes});
    output.result(&value, || {
        let mut lines: Vec<String> = all.iter().map(|row| row.line(beside.as_ref())).collect();
        lines.push(format!(
            "resident memory of the service under load: {} MB",
            memory / 1024
        ));
        lines.extend(notes.iter().map(|note| format!("not measured: {note}")));
        lines.join("\n")
    });
    Ok(())
}

/// How the options want it.
pub fn plan(options: &OcspBench) -> Plan {
    Plan {
        connections: options.connections,
        seconds: options.seconds,
        rate: options.rate,
        reconnect: options.reconnect,
        sample: options.sample,
    }
}

/// What a row is called.
pub fn name(who: &str, manner: Manner) -> String {
    let method = if manner.get { "GET" } else { "POST" };
    let nonce = if manner.nonce { "nonce" } else { "no nonce" };
    format!("{who}, {method}, {nonce}")
}

/// A responder and the certificates that it is asked about.
pub struct Target {
    /// Host and port.
    pub host: String,
    /// Path of its OCSP.
    pub path: String,
    /// Whose certificates.
    pub issuer: Certificate,
    /// What is asked for.
    pub ids: Vec<CertId>,
}

impl Target {
    async fn find(url: &str, options: &OcspBench) -> anyhow::Result<Self> {
        let (mut connection, base) = status::connect(url).await?;
        let issuer = match &options.issuer {
            Some(file) => {
                let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
                Certificate::from_pem_or_der(&bytes)?
            }
            None => {
                status::authority_certificate(&mut connection, &base, &options.authority).await?
            }
        };
        let serials = match &options.serials {
            Some(file) => {
                let text =
                    std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                lines
                    .map(|line| line.parse().with_context(|| line.to_owned()))
                    .collect::<anyhow::Result<Vec<Serial>>>()?
            }
            None => issued(&mut connection, &base, &options.authority).await?,
        };
        anyhow::ensure!(!serials.is_empty(), "no serial to ask for");
        Self::of(url, issuer, &serials[..serials.len().min(SERIALS)])
    }

    /// The status port at `url`, asked about these.
    pub fn of(url: &str, issuer: Certificate, serials: &[Serial]) -> anyhow::Result<Self> {
        let (host, base) = parse_url(url)?;
        let id = |serial| CertId::new(HashAlgorithm::Sha1, &issuer, serial);
        Ok(Self {
            host,
            path: format!("{base}/ocsp"),
            ids: serials.iter().map(id).collect(),
            issuer,
        })
    }

    /// Loads it and verifies a sample of the answers.
    pub async fn load(&self, manner: Manner, plan: Plan) -> anyhow::Result<Load> {
        let questions = Questions::about(&self.host, &self.path, &self.ids, manner);
        let load = load::run(&self.host, Arc::new(questions), plan).await?;
        for sample in load.sample.iter().take(VERIFIED) {
            let id = self.ids.get(sample.question).context("no such question")?;
            let nonce = sample.nonce.as_ref().map(<[u8; 32]>::as_slice);
            let verified = status::verify(&sample.body, &self.issuer, id, nonce)?;
            anyhow::ensure!(
                verified.state() != "unknown",
                "a certificate that was issued is called unknown"
            );
        }
        Ok(load)
    }
}

/// What the ledger says that `authority` issued, the latest first.
async fn issued(
    connection: &mut Connection,
    base: &str,
    authority: &str,
) -> anyhow::Result<Vec<Serial>> {
    let note = connection.get(&format!("{base}/log/checkpoint")).await?;
    let note = std::str::from_utf8(&note)?;
    let size: u64 = note
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok())
        .context("the checkpoint has no size")?;
    let mut serials = Vec::new();
    for index in (0..size).rev().take(SERIALS) {
        let answer = connection
            .send(
                Method::GET,
                &format!("{base}/log/entry/{index}"),
                "",
                None,
                Bytes::new(),
            )
            .await?;
        let entry: Value = serde_json::from_slice(&answer.body)?;
        let event = entry.get("event").unwrap_or(&entry);
        let text = |key: &str| event.get(key).and_then(Value::as_str);
        if text("kind") == Some("certificate.issued")
            && text("authority") == Some(authority)
            && let Some(serial) = text("serial")
        {
            serials.push(serial.parse()?);
        }
    }
    Ok(serials)
}
