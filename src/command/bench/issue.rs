//! Certificates per second: production acts of approved cases, everything checked, every one durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use authority::{Act, Authority, Officer, Outcome, Prepared};
use keys::Signer;
use keys::officer_file::OfficerKey;
use serde_json::json;
use tokio::task::JoinSet;

use crate::cli::{Founding, IssueBench};
use crate::config::Config;
use crate::data::{DataDirectory, read_passphrase};
use crate::demo::Desk;
use crate::found;
use crate::output::{Failure, Output};
use crate::progress::Progress;
use crate::serve::{Bases, setup};

/// Certificate policy of a hierarchy that lives for one bench: registered for tests.
pub const BENCH_POLICY: &str = "2.16.840.1.101.3.2.1.48.1";

/// A directory that is gone afterwards.
pub struct Temporary(pub std::path::PathBuf);

impl Temporary {
    /// A fresh name among the system's temporary files; not made yet.
    pub fn new() -> Self {
        let name = format!(
            "gmpki-bench-{}",
            hex::encode(sm_engine::random::array::<8>())
        );
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs it in a hierarchy of its own.
#[allow(clippy::disallowed_methods)] // a bench measures time
pub async fn run(options: &IssueBench, output: Output) -> Result<(), Failure> {
    let callers = options.callers.clamp(1, 4096);
    let certificates = options.certificates.clamp(1, 1_000_000);
    let url = options.url.as_deref();
    let temporary = Temporary::new();
    let directory = options.keep.as_ref().unwrap_or(&temporary.0);
    if directory.exists() {
        return Err(anyhow::anyhow!("{}: exists already", directory.display()).into());
    }
    let data = DataDirectory::new(directory);
    let mut config = Config::default();
    config.store.url = url.map(str::to_owned);
    config.policy.oid = Some(BENCH_POLICY.into());
    let public = Bases {
        portal: "http://127.0.0.1:8080".into(),
        machines: "http://127.0.0.1:8081".into(),
    };
    found::if_needed(&config, &data, &Founding::without_demo(), &public, true).await?;
    let provider = data.open_keys(&config)?;
    let authority =
        Authority::open(setup(&config, &data, &provider, &public, false).await?).await?;
    let keys: Vec<Arc<OfficerKey>> = ["entry", "review", "production"]
        .iter()
        .map(|name| officer_key(&data, name))
        .collect::<Result<_, _>>()?;

    let cases = approved_cases(&authority, &keys, callers, certificates).await?;
    let producer = authority
        .officer("OP-0003")
        .await
        .map_err(anyhow::Error::from)?;
    // What the officer does first is timed for itself: the statements of all cases, signed.
    let started = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let cases = Arc::new(cases);
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (authority, producer, key) =
            (authority.clone(), producer.clone(), Arc::clone(&keys[2]));
        let (next, cases) = (Arc::clone(&next), Arc::clone(&cases));
        tasks.spawn(async move {
            let mut signed = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                signed.push(prepare(&authority, &producer, &key, case.clone()).await?);
            }
            anyhow::Ok(signed)
        });
    }
    let mut signed = Vec::with_capacity(certificates);
    while let Some(done) = tasks.join_next().await {
        signed.extend(done??);
    }
    let preparing = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let processor = processor_seconds();
    let mut tasks = JoinSet::new();
    let next = Arc::new(AtomicUsize::new(0));
    let signed = Arc::new(signed);
    for _ in 0..callers {
        let (authority, producer) = (authority.clone(), producer.clone());
        let (next, signed) = (Arc::clone(&next), Arc::clone(&signed));
        tasks.spawn(async move {
            while let Some(act) = signed.get(next.fetch_add(1, Ordering::Relaxed)) {
                produce(&authority, &producer, act).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let seconds = started.elapsed().as_secs_f64();
    let processor = processor_seconds() - processor;
    authority.shut_down().await;
    let rate = certificates as f64 / seconds;
    let backend = if url.is_some() {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    let value = json!({
        "bench": "issue", "store": backend, "callers": callers, "certificates": certificates,
        "seconds": seconds, "certificates_per_second": rate,
        "with_preparing_per_second": certificates as f64 / (seconds + preparing),
        "processor_ms_per_certificate": processor * 1000.0 / certificates as f64,
    });
    output.result(&value, || {
        format!(
            "{certificates} certificates, {callers} callers, {backend}: {rate:.0}/s, {:.2} ms of processor each; {:.0}/s with the officer's preparing and signing in the loop",
            processor * 1000.0 / certificates as f64,
            certificates as f64 / (seconds + preparing)
        )
    });
    Ok(())
}

/// An officer's key of the hierarchy in `data`.
pub fn officer_key(data: &DataDirectory, name: &str) -> anyhow::Result<Arc<OfficerKey>> {
    let [key, _, pass] = data.officer(name);
    Ok(Arc::new(OfficerKey::open(
        &key,
        read_passphrase(&pass)?.as_bytes(),
    )?))
}

/// Enters and approves as many cases as are to be produced; their numbers.
pub async fn approved_cases(
    authority: &Authority,
    keys: &[Arc<OfficerKey>],
    callers: usize,
    certificates: usize,
) -> anyhow::Result<Vec<String>> {
    let progress = Arc::new(Progress::new("录入并审核 / entering and approving cases"));
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (authority, next, progress) =
            (authority.clone(), Arc::clone(&next), Arc::clone(&progress));
        let keys = keys.to_vec();
        tasks.spawn(async move {
            let keys: Vec<&dyn Signer> = keys.iter().map(|key| &**key as &dyn Signer).collect();
            let desk = Desk {
                authority: &authority,
                keys: &keys,
            };
            let mut cases = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= certificates {
                    return anyhow::Ok(cases);
                }
                let form = [
                    ("host", format!("h{number}.bench.example.cn")),
                    ("department", "山东省经济和信息化委员会".to_owned()),
                    ("city", "济南市".to_owned()),
                    ("contact_name", "何骏".to_owned()),
                    ("contact_mobile", "10000005001".to_owned()),
                    ("basis", "鲁经信政〔2026〕5号".to_owned()),
                ];
                cases.push(desk.approve("device", "jinan", &form).await?);
                progress.tell(number as u64, certificates as u64, "");
            }
        });
    }
    let mut cases = Vec::with_capacity(certificates);
    while let Some(done) = tasks.join_next().await {
        cases.extend(done??);
    }
    Ok(cases)
}

/// An act that its officer has signed.
struct SignedAct {
    prepared: Prepared,
    signature: Vec<u8>,
}

async fn prepare(
    authority: &Authority,
    officer: &Officer,
    key: &OfficerKey,
    case: String,
) -> anyhow::Result<SignedAct> {
    let act = Act::IssueCertificates { cases: vec![case] };
    let prepared = authority.prepare(officer, act).await?;
    let signature = key.sign(prepared.statement.as_bytes())?.to_bytes();
    Ok(SignedAct {
        prepared,
        signature,
    })
}

async fn produce(authority: &Authority, officer: &Officer, act: &SignedAct) -> anyhow::Result<()> {
    let SignedAct {
        prepared,
        signature,
    } = act;
    let outcome = authority
        .commit(
            officer,
            prepared.act.clone(),
            &prepared.statement,
            signature,
        )
        .await?;
    anyhow::ensure!(
        matches!(outcome, Outcome::CertificatesIssued { .. }),
        "not issued"
    );
    Ok(())
}

/// Processor seconds of this process so far, user and system; 0 where the system does not tell.
pub fn processor_seconds() -> f64 {
    // Fields 14 and 15 of /proc/self/stat, in ticks of 1/100 s, counted behind the name's closing bracket.
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else {
        return 0.0;
    };
    let Some((_, rest)) = text.rsplit_once(')') else {
        return 0.0;
    };
    let fields: Vec<_> = rest.split_ascii_whitespace().collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|field| field.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

/// Resident memory of a process, kilobytes; 0 where the system does not tell.
pub fn resident_kilobytes(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
