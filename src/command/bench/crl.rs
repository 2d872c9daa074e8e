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

use super::issue::{Temporary, processor_seconds, resident_kilobytes};
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

/// Seconds on the clock, and seconds of processors.
#[derive(Clone, Copy, Default)]
struct Took {
    wall: f64,
    processor: f64,
}

/// What was measured of one hierarchy. Memory is kilobytes.
struct Measured {
    revoked: usize,
    start: Took,
    /// From the officer's signature to the answer.
    revocation: Took,
    /// The CRLs after a revocation in a shard that lists next to nothing.
    small_shard: Took,
    /// The same in the shard that lists them all.
    large_shard: Took,
    full: Took,
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
        revocation: median(&revocations),
        small_shard: median(&small),
        large_shard: median(&large),
        full: median(&full),
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
async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, Took)> {
    let (started, processor) = (Instant::now(), processor_seconds());
    let done = work.await?;
    let took = Took {
        wall: started.elapsed().as_secs_f64(),
        processor: processor_seconds() - processor,
    };
    Ok((done, took))
}

fn median(times: &[Took]) -> Took {
    let of = |part: fn(&Took) -> f64| {
        let mut parts: Vec<_> = times.iter().map(part).collect();
        parts.sort_by(f64::total_cmp);
        parts.get(parts.len() / 2).copied().unwrap_or(0.0)
    };
    Took {
        wall: of(|took| took.wall),
        processor: of(|took| took.processor),
    }
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

impl Took {
    fn json(self) -> Value {
        json!({"seconds": self.wall, "processor_seconds": self.processor})
    }
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} s ({:.2} of processor)", self.wall, self.processor)
    }
}

impl Measured {
    fn json(&self) -> Value {
        json!({
            "revoked": self.revoked, "start": self.start.json(), "revocation": self.revocation.json(),
            "small_shard": self.small_shard.json(), "large_shard": self.large_shard.json(), "full": self.full.json(),
            "resident_kilobytes": self.resident,
            "peak_kilobytes_of_shard": self.peak_of_shard, "peak_kilobytes_of_full": self.peak_of_full,
        })
    }

    fn lines(&self) -> String {
        let megabytes = |kilobytes: u64| kilobytes / 1024;
        format!(
            "{} revoked: start {}\n  a revocation {}\n  a shard of few and the delta {}\n  \
             the shard of all and the delta {}\n  the full CRL and its delta {}\n  \
             resident {} MB; at most {} MB while shards, {} MB while full CRLs were made",
            self.revoked,
            self.start,
            self.revocation,
            self.small_shard,
            self.large_shard,
            self.full,
            megabytes(self.resident),
            megabytes(self.peak_of_shard),
            megabytes(self.peak_of_full),
        )
    }
}
