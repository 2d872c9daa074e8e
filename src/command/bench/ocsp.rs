//! OCSP answers per second, live signed, with the generator beside the server on the same machine.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use x509::certificate::{Certificate, Serial};
use x509::ocsp::{CertId, HashAlgorithm, OcspRequest};

use super::issue::{BENCH_POLICY, Temporary, resident_kilobytes};
use super::load::{self, Load, Requests};
use super::peer;
use crate::cli::OcspBench;
use crate::data::{DataDirectory, Running};
use crate::output::{Failure, Output};
use crate::status;

/// Runs it: against `--url`, or against a service of its own with peers beside it.
pub async fn run(options: &OcspBench, output: Output) -> Result<(), Failure> {
    if let (Some(url), Some(file)) = (&options.url, &options.request) {
        let body = std::fs::read(file).with_context(|| file.display().to_string())?;
        let (host, path) = crate::http::parse_url(url)?;
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            path
        };
        let requests = Requests {
            bytes: load::post(&host, &path, &body),
            varying: 0,
            reconnect: options.reconnect,
        };
        let load = load::run(&host, requests, options.connections, options.seconds).await?;
        let value = described("as given", &load);
        output.result(&value, || line("as given", &load));
        return Ok(());
    }
    if let Some(url) = &options.url {
        let load = measure(url, options).await?;
        let value = described("OCSP", &load);
        output.result(&value, || line("OCSP", &load));
        return Ok(());
    }
    let service = Service::start().await?;
    let ours = measure(
        service.running.machines.as_deref().unwrap_or_default(),
        options,
    )
    .await?;
    let memory = resident_kilobytes(service.running.pid);
    let mut rows = vec![("gmpki, SM2, live signed", ours.clone())];
    drop(service);
    let mut notes = Vec::new();
    match peer::nginx(options).await {
        Ok(load) => rows.push(("nginx, static file", load)),
        Err(error) => notes.push(format!("nginx: {error:#}")),
    }
    match peer::openssl(options).await {
        Ok(load) => rows.push(("openssl ocsp, P-256", load)),
        Err(error) => notes.push(format!("openssl ocsp: {error:#}")),
    }
    let list: Vec<Value> = rows
        .iter()
        .map(|(name, load)| {
            let mut value = described(name, load);
            if let Some(object) = value.as_object_mut() {
                object.insert("ours_by_this".into(), json!(ours.rate() / load.rate()));
            }
            value
        })
        .collect();
    let value = json!({"bench": "ocsp", "service_resident_kilobytes": memory, "rows": list, "notes": notes});
    output.result(&value, || {
        let mut text: String = rows
            .iter()
            .map(|(name, load)| {
                format!(
                    "{}   ours / this: {:.2}\n",
                    line(name, load),
                    ours.rate() / load.rate()
                )
            })
            .collect();
        text.push_str(&format!(
            "resident memory of the service under load: {} MB\n",
            memory / 1024
        ));
        for note in notes {
            text.push_str(&format!("not measured: {note}\n"));
        }
        text
    });
    Ok(())
}

/// Asks for serials that exist and verifies a sample of the answers.
async fn measure(url: &str, options: &OcspBench) -> anyhow::Result<Load> {
    let (mut connection, base) = status::connect(url).await?;
    let issuer = status::authority_certificate(&mut connection, &base, &options.authority).await?;
    // The responder's own serial: issued, good, and known without signing in.
    let probe = status::ask(
        &mut connection,
        &format!("{base}/ocsp"),
        &issuer,
        &Serial::random(),
    )
    .await?;
    let (host, _) = crate::http::parse_url(url)?;
    let id = CertId::new(HashAlgorithm::Sm3, &issuer, probe.responder.serial());
    // The nonce is the request's last element, so its last bytes can be counted up.
    let nonce = sm_engine::random::array::<32>();
    let request = OcspRequest::build(
        std::slice::from_ref(&id),
        (!options.no_nonce).then_some(&nonce[..]),
    );
    let varying = if options.no_nonce { 0 } else { 8 };
    let requests = Requests {
        bytes: load::post(&host, &format!("{base}/ocsp"), &request),
        varying,
        reconnect: false,
    };
    let load = load::run(&host, requests, options.connections, options.seconds).await?;
    check_sample(&load, &issuer, &id)?;
    Ok(load)
}

fn check_sample(load: &Load, issuer: &Certificate, id: &CertId) -> anyhow::Result<()> {
    anyhow::ensure!(load.errors == 0, "{} requests failed", load.errors);
    for (request, answer) in load.sample.iter().take(50) {
        let nonce = OcspRequest::from_der(request, 1)?.nonce;
        let verified = status::verify(answer, issuer, id, nonce.as_deref())?;
        anyhow::ensure!(
            verified.state() == "good",
            "an answer says {}",
            verified.state()
        );
    }
    Ok(())
}

pub fn described(name: &str, load: &Load) -> Value {
    json!({
        "name": name, "answers_per_second": load.rate(), "answers": load.answers, "errors": load.errors,
        "p50_ms": load.percentile(0.5), "p99_ms": load.percentile(0.99),
    })
}

fn line(name: &str, load: &Load) -> String {
    format!(
        "{name:26} {:>9.0}/s   p50 {:.2} ms   p99 {:.2} ms   errors {}",
        load.rate(),
        load.percentile(0.5),
        load.percentile(0.99),
        load.errors
    )
}

/// A service in a process of its own, on free ports and a temporary directory.
struct Service {
    _child: Child,
    running: Running,
    _temporary: Temporary,
}

impl Service {
    async fn start() -> anyhow::Result<Self> {
        let temporary = Temporary::new();
        let base = DataDirectory::new(&temporary.0);
        base.create()?;
        let config = temporary.0.join("bench.toml");
        std::fs::write(
            &config,
            format!(
                "[listen]\nportal = \"127.0.0.1:0\"\nmachines = \"127.0.0.1:0\"\n[policy]\noid = \"{BENCH_POLICY}\"\n"
            ),
        )?;
        let data = DataDirectory::new(&temporary.0.join("data"));
        let child = Command::new(std::env::current_exe()?)
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(data.path())
            .args(["serve", "--no-demo"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        for _ in 0..300 {
            if let Some(running) = data.running() {
                return Ok(Self {
                    _child: child,
                    running,
                    _temporary: temporary,
                });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("the service did not start within 30 s")
    }
}
