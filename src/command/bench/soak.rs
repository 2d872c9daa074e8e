//! A soak: requests come at a fixed rate for a long time, whatever the service does,
//! officers hold, release and revoke meanwhile, and every sampled answer is held against what was committed: it may
//! never be older than the last change whose commit was answered before the question was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver};
use x509::certificate::{Certificate, Serial};
use x509::ocsp::CertId;

use super::issue::{Temporary, resident_kilobytes};
use super::load::{self, Load, Plan, Sample};
use super::ocsp::{Target, name, plan};
use super::officers::Officers;
use super::populace::{AUTHORITY, Populace};
use super::questions::{Manner, Questions};
use super::report::Row;
use super::service::Service;
use super::truth::{State, Truth};
use crate::cli::OcspBench;
use crate::http::Connection;
use crate::output::{Failure, Output};
use crate::status;

/// Certificates that are asked about.
const CERTIFICATES: usize = 300;
/// Share of the highest rate.
const SHARE: f64 = 0.7;
/// Between two changes.
const PAUSE: Duration = Duration::from_millis(250);
/// How often the ledger is looked at until it tells every change.
const LOOKS: usize = 10;
/// Samples that may wait for the checker.
const WAITING: usize = 4096;

/// Runs it for so many minutes.
pub async fn run(minutes: u64, options: &OcspBench, output: Output) -> Result<(), Failure> {
    let minutes = minutes.clamp(1, 24 * 60);
    let temporary = Temporary::new();
    std::fs::create_dir_all(&temporary.0)?;
    let issued = Populace::found(Service::data(&temporary), 128, CERTIFICATES).await?;
    let serials = issued.issued;
    let service = Service::over(temporary).await?;
    let (mut connection, base) = status::connect(service.machines()).await?;
    let issuer = status::authority_certificate(&mut connection, &base, AUTHORITY).await?;
    let manner = Manner {
        get: options.get,
        nonce: !options.no_nonce,
    };
    let target = Target::of(service.machines(), issuer, &serials)?;
    let most = target.load(manner, plan(options)).await?.rate();
    let soaking = Plan {
        seconds: minutes * 60,
        rate: Some(most * SHARE),
        ..plan(options)
    };
    let truth = Arc::new(Truth::of(serials.len()));
    let before = resident_kilobytes(service.running.pid);
    let (load, checked, changes) =
        soak(&service, &target, &serials, manner, soaking, &truth).await?;
    let after = resident_kilobytes(service.running.pid);
    let (mut connection, _) = status::connect(service.machines()).await?;
    // The last changes are public with the next checkpoint, which may come a moment after them.
    let mut as_recorded = false;
    for _ in 0..LOOKS {
        as_recorded = truth.all() == recorded(&mut connection, &base, &serials).await?;
        if as_recorded {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let data = service.data.path().to_owned();
    let stopped = service.stop().await?;
    let audit = tokio::process::Command::new(std::env::current_exe()?)
        .arg("--data")
        .arg(&data)
        .args(["audit", "verify"])
        .output()
        .await?;
    drop(stopped);
    let row = Row {
        name: format!("{}, {minutes} minutes", name("gmpki", manner)),
        load,
        server_seconds: None,
    };
    let value = json!({
        "bench": "ocsp-soak", "minutes": minutes, "most_per_second": most, "row": row.json(None), "changes": changes,
        "checked": checked.right + checked.wrong.len() as u64, "wrong": checked.wrong, "ledger_agrees": as_recorded,
        "audit": audit.status.success(),
        "resident_kilobytes_before": before, "resident_kilobytes_after": after,
    });
    output.result(&value, || {
        format!(
            "{}\nat most {most:.0}/s before; {changes} changes; {} answers checked, {} wrong; the ledger tells {} changes; audit {}\n\
             resident memory {} MB, then {} MB",
            row.line(None),
            checked.right + checked.wrong.len() as u64,
            checked.wrong.len(),
            if as_recorded { "the same" } else { "OTHER" },
            if audit.status.success() { "finds nothing" } else { "FAILED" },
            before / 1024,
            after / 1024,
        )
    });
    match checked.wrong.first() {
        Some(wrong) => Err(anyhow::anyhow!("an answer that was not true: {wrong}").into()),
        None if !as_recorded => Err(anyhow::anyhow!("the ledger tells other changes").into()),
        None if !audit.status.success() => {
            Err(anyhow::anyhow!("{}", String::from_utf8_lossy(&audit.stdout)).into())
        }
        None => Ok(()),
    }
}

async fn soak(
    service: &Service,
    target: &Target,
    serials: &[Serial],
    manner: Manner,
    plan: Plan,
    truth: &Arc<Truth>,
) -> Result<(Load, Checked, u64), Failure> {
    let questions = Questions::about(&target.host, &target.path, &target.ids, manner);
    let (sender, receiver) = mpsc::channel(WAITING);
    let checking = {
        let (truth, issuer, ids) = (Arc::clone(truth), target.issuer.clone(), target.ids.clone());
        tokio::task::spawn_blocking(move || check(receiver, &truth, &issuer, &ids))
    };
    let mut officers = Officers::sign_in(&service.data).await?;
    let over = AtomicBool::new(false);
    let loading = async {
        let load = load::run_watched(&target.host, Arc::new(questions), plan, Some(sender)).await;
        over.store(true, Ordering::Relaxed);
        Ok::<_, Failure>(load?)
    };
    // A change that was asked for is followed to its answer.
    let changing = async {
        let mut changes = 0;
        while !over.load(Ordering::Relaxed) {
            change(&mut officers, serials, changes, truth).await?;
            changes += 1;
        }
        Ok(changes)
    };
    let (load, changes) = tokio::try_join!(loading, changing)?;
    let checked = checking.await.map_err(anyhow::Error::from)?;
    Ok((load, checked, changes))
}

/// Changes one certificate after another: held, released, held, and at the end revoked.
async fn change(
    officers: &mut Officers,
    serials: &[Serial],
    count: u64,
    truth: &Truth,
) -> Result<(), Failure> {
    tokio::time::sleep(PAUSE).await;
    // Two thirds of the certificates are held and released in turn; the others are revoked, one in eight changes.
    let kept = serials.len() * 2 / 3;
    let revoked = usize::try_from(count / 8).unwrap_or(usize::MAX);
    let at = if count % 8 == 7 && kept + revoked < serials.len() {
        kept + revoked
    } else {
        // Both officers act often enough that the service does not close the connection of one who is silent.
        usize::try_from(count / 2).unwrap_or(0) % kept
    };
    let Some(serial) = serials.get(at) else {
        return Ok(());
    };
    let next = match (at < kept, truth.latest(at)) {
        (false, _) => State::Revoked,
        (true, State::Held) => State::Good,
        (true, _) => State::Held,
    };
    truth.ask(at, next);
    let done = match next {
        State::Good => officers.release(serial).await,
        State::Held => officers.hold(serial).await,
        State::Revoked => officers.revoke(serial).await,
    };
    let (_, answered) = done?;
    truth.answered(at, answered);
    Ok(())
}

/// What came of the samples.
struct Checked {
    right: u64,
    /// What was said, and what might have been.
    wrong: Vec<String>,
}

fn check(
    mut samples: Receiver<Sample>,
    truth: &Truth,
    issuer: &Certificate,
    ids: &[CertId],
) -> Checked {
    let mut checked = Checked {
        right: 0,
        wrong: Vec::new(),
    };
    while let Some(sample) = samples.blocking_recv() {
        let at = sample.question;
        let nonce = sample.nonce.as_ref().map(<[u8; 32]>::as_slice);
        let allowed = truth.allowed(at, sample.between);
        let verified = status::verify(&sample.body, issuer, &ids[at], nonce);
        match verified {
            Ok(said) if allowed.iter().any(|state| state.name() == said.state()) => {
                checked.right += 1;
            }
            Ok(said) => checked
                .wrong
                .push(format!("{at}: {} instead of {allowed:?}", said.state())),
            Err(error) => checked.wrong.push(format!("{at}: {error:#}")),
        }
    }
    checked
}

/// The changes of each certificate as the ledger tells them.
async fn recorded(
    connection: &mut Connection,
    base: &str,
    serials: &[Serial],
) -> anyhow::Result<Vec<Vec<State>>> {
    let note = connection.get(&format!("{base}/log/checkpoint")).await?;
    let note = std::str::from_utf8(&note)?;
    let size = note
        .lines()
        .nth(1)
        .and_then(|line| line.parse::<u64>().ok());
    let mut found = vec![Vec::new(); serials.len()];
    for index in 0..size.unwrap_or(0) {
        let body = connection.get(&format!("{base}/log/entry/{index}")).await?;
        let entry: Value = serde_json::from_slice(&body)?;
        let event = entry.get("event").unwrap_or(&entry);
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("kind") != "certificate.status" {
            continue;
        }
        let serial: Serial = text("serial").parse()?;
        let state = match text("status") {
            "good" => State::Good,
            "held" => State::Held,
            _ => State::Revoked,
        };
        if let Some(at) = serials.iter().position(|known| *known == serial) {
            found[at].push(state);
        }
    }
    Ok(found)
}
