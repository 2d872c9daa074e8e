//! CRLs made anew after a revocation: what one costs where few and where many are revoked, and how much memory it takes.
//!
//! One shard has all the invented revocations, the other next to none: what a revocation in the small one costs must
//! not depend on what the large one holds.

use std::time::Instant;

use authority::{Act, Authority, StatusChange};
use keys::officer_file::OfficerKey;
use serde_json::{Value, json};
use x509::certificate::Serial;
use x509::crl::{RevocationReason, shard_of};

use super::issue::{Temporary, resident_kilobytes};
use super::populace::{AUTHORITY, Invented, Populace, act_as};
use crate::data::DataDirectory;
use crate::output::{Failure, Output};

/// A hierarchy to compare with.
const FEW: usize = 10;
/// Certificates that are really issued, and revoked while it is measured.
const REAL: usize = 100;
/// Revocations of each kind.
const ROUNDS: usize = 9;
const SHARDS: u32 = 2;

/// Runs it with few and with so many revoked certificates.
pub async fn run(revoked: usize, output: Output) -> Result<(), Failure> {
    let revoked = revoked.clamp(FEW, 2_000_000);
    let few = measure(FEW).await?;
    let many = measure(revoked).await?;
    let value = json!({"bench": "crl", "few": few.json(), "many": many.json()});
    output.result(&value, || format!("{}\n{}", few.lines(), many.lines()));
    Ok(())
}

/// What was measured of one hierarchy. Times are seconds, memory is kilobytes.
struct Measured {
    revoked: usize,
    start: f64,
    /// From the officer's signature to the answer; the median.
    revocation: f64,
    /// The CRLs after a revocation in a shard that lists next to nothing; the median.
    small_shard: f64,
    /// The same in the shard that lists them all.
    large_shard: f64,
    large_shard_worst: f64,
    full: f64,
    full_worst: f64,
    resident: u64,
    peak_of_shard: u64,
    peak_of_full: u64,
}

async fn measure(count: usize) -> Result<Measured, Failure> {
    let temporary = Temporary::new();
    let populace = Populace::found(DataDirectory::new(&temporary.0), SHARDS, REAL).await?;
    let invented = Invented {
        certificates: count,
        revoked_every: 1,
        shard: Some((0, SHARDS)),
        sample: 0,
    };
    populace.invent(&invented).await?;
    let (authority, start) = timed(populace.open()).await?;
    let review = populace.key("review")?;
    let producer = authority.officer("OP-0003").await;
    let producer = producer.map_err(anyhow::Error::from)?;
    let publish = async || anyhow::Ok(authority.publish_crl(&producer, AUTHORITY).await?);
    // All the invented are new since the last full CRL: a delta to it would be as long.
    publish().await?;
    let shard = |wanted| {
        let of = move |serial: &&Serial| shard_of(serial, SHARDS) == wanted;
        populace.issued.iter().filter(of).take(ROUNDS)
    };
    let mut revocations = Vec::new();
    let mut small = Vec::new();
    for serial in shard(1) {
        let ((), commit) = timed(revoke(&authority, &review, serial)).await?;
        let ((), made) = timed(due(&authority)).await?;
        revocations.push(commit);
        small.push(made);
    }
    let resident = resident_kilobytes(std::process::id());
    reset_peak();
    let mut large = Vec::new();
    for serial in shard(0) {
        revoke(&authority, &review, serial).await?;
        let ((), made) = timed(due(&authority)).await?;
        large.push(made);
    }
    let peak_of_shard = peak_kilobytes();
    reset_peak();
    let mut full = Vec::new();
    for _ in 0..3 {
        let (_, made) = timed(publish()).await?;
        full.push(made);
    }
    let peak_of_full = peak_kilobytes();
    authority.shut_down().await;
    Ok(Measured {
        revoked: count,
        start,
        revocation: median(&mut revocations),
        small_shard: median(&mut small),
        large_shard: median(&mut large),
        large_shard_worst: large.last().copied().unwrap_or(0.0),
        full: median(&mut full),
        full_worst: full.last().copied().unwrap_or(0.0),
        resident,
        peak_of_shard,
        peak_of_full,
    })
}

async fn revoke(authority: &Authority, key: &OfficerKey, serial: &Serial) -> anyhow::Result<()> {
    let act = Act::ChangeStatus {
        authority: AUTHORITY.into(),
        serial: serial.to_string(),
        change: StatusChange::Revoke,
        reason: Some(RevocationReason::KeyCompromise),
        note: "依据单位来函".into(),
    };
    act_as(authority, "OP-0002", key, act).await?;
    Ok(())
}

async fn due(authority: &Authority) -> anyhow::Result<()> {
    Ok(authority.make_due_crls().await?)
}

#[allow(clippy::disallowed_methods)] // a bench measures time
async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, f64)> {
    let started = Instant::now();
    let done = work.await?;
    Ok((done, started.elapsed().as_secs_f64()))
}

/// Sorts them, too.
fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

/// Most memory that this process had since [`reset_peak`], kilobytes; 0 where the system does not tell.
fn peak_kilobytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn reset_peak() {
    // Where the system does not let us, the peak is that of the process so far: too much, never too little.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

impl Measured {
    fn json(&self) -> Value {
        json!({
            "revoked": self.revoked, "start_seconds": self.start, "revocation_seconds": self.revocation,
            "small_shard_seconds": self.small_shard,
            "large_shard_seconds": self.large_shard, "large_shard_seconds_worst": self.large_shard_worst,
            "full_seconds": self.full, "full_seconds_worst": self.full_worst,
            "resident_kilobytes": self.resident,
            "peak_kilobytes_of_shard": self.peak_of_shard, "peak_kilobytes_of_full": self.peak_of_full,
        })
    }

    fn lines(&self) -> String {
        let megabytes = |kilobytes: u64| kilobytes / 1024;
        format!(
            "{} revoked: start {:.2} s, a revocation {:.1} ms, its shard of few and delta {:.0} ms\n  \
             a shard of all of them {:.2} s (worst {:.2}), the full CRL and its delta {:.2} s (worst {:.2})\n  \
             resident {} MB; at most {} MB while shards, {} MB while full CRLs were made",
            self.revoked,
            self.start,
            self.revocation * 1e3,
            self.small_shard * 1e3,
            self.large_shard,
            self.large_shard_worst,
            self.full,
            self.full_worst,
            megabytes(self.resident),
            megabytes(self.peak_of_shard),
            megabytes(self.peak_of_full),
        )
    }
}
