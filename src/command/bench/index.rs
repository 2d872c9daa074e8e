//! The status index by itself: memory, look-ups, start from a snapshot, and how soon a revocation is seen.
//!
//! Serials are random, a tenth of them is revoked. The time that a follower takes is measured through a real
//! database.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::checkpoint::{Checkpoint, VerifierKey, note_message, signed_note};
use ledger::event::{Entry, Event};
use ledger::tile::Appender;
use ledger::tree::leaf_hash;
use serde_json::json;
use sm_engine::sm2::{PrivateKey, SignerId};
use sm_engine::sm3::Digest;
use store::clock::{Clock as _, SystemClock};
use store::status::{Follower as _, Snapshot, SnapshotKey, Status, StatusIndex, Tail};
use store::{SealKey, Store};
use x509::certificate::Serial;

use super::issue::{Temporary, processor_seconds, resident_kilobytes};
use super::populace::{self, AUTHORITY};
use crate::output::{Failure, Output};
use crate::progress::Progress;

/// Entries told at a time.
const PAGE: usize = 4096;
/// Serials that look-ups choose from.
const SAMPLE: usize = 1 << 20;
/// A small index to compare with.
const SMALL: usize = 10_000;
/// How long look-ups are counted.
const LOOKING: Duration = Duration::from_secs(2);
/// Revocations whose way through the database is timed.
const ROUNDS: usize = 20;

/// Runs it with so many certificates.
pub async fn run(certificates: usize, output: Output) -> Result<(), Failure> {
    let certificates = certificates.clamp(SMALL, 100_000_000);
    let temporary = Temporary::new();
    std::fs::create_dir_all(&temporary.0)?;
    let (small, small_sample, _) = fill(SMALL)?;
    let before = resident_kilobytes(std::process::id());
    let (large, sample, told) = fill(certificates)?;
    let resident = resident_kilobytes(std::process::id()).saturating_sub(before) * 1024;
    let bytes = large.bytes() as f64 / certificates as f64;
    let small_rate = look_up(&small, &small_sample, 1);
    let large_rate = look_up(&large, &sample, 1);
    let both = look_up(&large, &sample, 2);
    let change = change_time(&large);
    let (written, read, length) = snapshot(&large, &temporary.0.join("snapshot"))?;
    drop((large, small));
    let mut seen = follow(&temporary.0).await?;
    seen.sort_unstable();
    let (median, worst) = (seen[seen.len() / 2], seen[seen.len() - 1]);
    let value = json!({
        "bench": "index", "certificates": certificates, "revoked": certificates / 10,
        "bytes_per_certificate": bytes,
        "resident_bytes_per_certificate": resident as f64 / certificates as f64,
        "entries_followed_per_second": told,
        "snapshot_bytes": length, "snapshot_write_seconds": written, "snapshot_load_seconds": read,
        "lookups_per_second": large_rate, "lookups_per_second_at_10000": small_rate,
        "lookups_per_second_2_threads": both,
        "revocation_microseconds_in_process": change * 1e6,
        "revocation_milliseconds_through_database": median.as_secs_f64() * 1e3,
        "revocation_milliseconds_through_database_worst": worst.as_secs_f64() * 1e3,
    });
    output.result(&value, || {
        format!(
            "{certificates} certificates, a tenth revoked: {bytes:.1} bytes each; {told:.0} entries/s followed\n\
             snapshot of {:.0} MB: written in {written:.2} s, loaded in {read:.2} s\n\
             look-ups: {:.2} million/s ({:.2} with {SMALL} certificates), {:.2} on 2 threads\n\
             a revocation is seen after {:.1} µs in the process, {:.0} ms through a database (worst of {ROUNDS}: {:.0} ms)",
            length as f64 / 1e6,
            large_rate / 1e6,
            small_rate / 1e6,
            both / 1e6,
            change * 1e6,
            median.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3,
        )
    });
    Ok(())
}

/// An index of so many certificates, some of their serials, and the processor's entries per second.
fn fill(certificates: usize) -> Result<(Arc<StatusIndex>, Vec<Serial>, f64), Failure> {
    let progress = Progress::new("建立索引 / filling the index");
    let index = Arc::new(StatusIndex::new());
    let (mut sample, mut seconds) = (Vec::new(), 0.0);
    let every = certificates.div_ceil(SAMPLE);
    let (mut first, mut made) = (0, 0);
    while made < certificates {
        let mut entries = Vec::with_capacity(PAGE);
        for number in made..certificates.min(made + PAGE) {
            let serial = Serial::random();
            entries.push(issued(&serial));
            if number % 10 == 0 {
                entries.push(revoked(&serial));
            }
            if number % every == 0 {
                sample.push(serial);
            }
        }
        made = certificates.min(made + PAGE);
        let started = processor_seconds();
        index.follow(first, &entries);
        seconds += processor_seconds() - started;
        first += entries.len() as u64;
        progress.tell(made as u64, certificates as u64, "");
    }
    Ok((index, sample, first as f64 / f64::max(seconds, 0.01)))
}

/// Look-ups per second on so many threads, serials in no order.
#[allow(clippy::disallowed_methods)] // a bench measures time
fn look_up(index: &StatusIndex, sample: &[Serial], threads: usize) -> f64 {
    let counted: Vec<f64> = std::thread::scope(|scope| {
        let looking = |start: usize| {
            let (started, mut count, mut at) = (Instant::now(), 0_u64, start);
            let mut known = 0_u64;
            while started.elapsed() < LOOKING {
                for _ in 0..4096 {
                    // A step that is prime to every sample's length comes by all of it.
                    at = (at + 982_451_653) % sample.len();
                    let status = index.status(AUTHORITY, &sample[at]);
                    known += u64::from(status != Status::Unknown);
                }
                count += 4096;
            }
            assert_eq!(known, count, "every serial was issued");
            count as f64 / started.elapsed().as_secs_f64()
        };
        let threads: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || looking(thread * 7919)))
            .collect();
        let rates = threads.into_iter().map(|thread| thread.join());
        rates.map(|rate| rate.unwrap_or(0.0)).collect()
    });
    counted.iter().sum()
}

/// Seconds from telling a revocation to its being seen.
#[allow(clippy::disallowed_methods)] // a bench measures time
fn change_time(index: &StatusIndex) -> f64 {
    let (rounds, mut total) = (10_000, Duration::ZERO);
    for _ in 0..rounds {
        let serial = Serial::random();
        index.follow(index.applied(), &[issued(&serial)]);
        let entry = [revoked(&serial)];
        let started = Instant::now();
        index.follow(index.applied(), &entry);
        let status = index.status(AUTHORITY, &serial);
        total += started.elapsed();
        assert!(matches!(status, Status::Revoked { .. }), "{status:?}");
    }
    total.as_secs_f64() / f64::from(rounds)
}

/// Seconds to write a snapshot and to load it, and its length.
#[allow(clippy::disallowed_methods)] // a bench measures time
fn snapshot(index: &Arc<StatusIndex>, path: &Path) -> Result<(f64, f64, u64), Failure> {
    let log = Log::new();
    let key = SnapshotKey::new(&[1; 32]);
    let started = Instant::now();
    let capture = index
        .capture()
        .ok_or_else(|| anyhow::anyhow!("a capture lives already"))?;
    let note = log.note(capture.size(), Digest([0; 32]))?;
    capture
        .write(path, &key, &note)
        .map_err(anyhow::Error::from)?;
    let written = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let read = Snapshot::read(path, &key, &log.key).map_err(anyhow::Error::from)?;
    let loaded = started.elapsed().as_secs_f64();
    let serials = read.map_or(0, |read| read.index.serials());
    if serials != index.serials() {
        return Err(anyhow::anyhow!("{serials} serials came back").into());
    }
    Ok((written, loaded, std::fs::metadata(path)?.len()))
}

/// How long after the commit of a revocation a follower of the database has it.
#[allow(clippy::disallowed_methods)] // a bench measures time
async fn follow(folder: &Path) -> anyhow::Result<Vec<Duration>> {
    let url = format!("sqlite:{}", folder.join("ledger.db").display());
    let log = Log::new();
    let store = Store::open(&url, SealKey::new(&[1; 32])).await?;
    let lock = store.acquire_writer().await?;
    let mut tree = Appender::new();
    let mut append = async |entry: Entry| -> anyhow::Result<()> {
        let body = entry.encode()?;
        let first = tree.size();
        tree.append(leaf_hash(&body));
        let mut tx = store.begin(&lock).await?;
        tx.append_entries(first, &[body]).await?;
        tx.put_checkpoint(tree.size(), &log.note(tree.size(), tree.root())?)
            .await?;
        Ok(tx.commit().await?)
    };
    append(Entry::new(
        0,
        Event::LedgerFounded {
            origin: log.key.name.clone(),
            key: hex::encode(log.key.point.to_sec1()),
            demonstration: true,
        },
    ))
    .await?;
    let reader = Store::open_read_only(&url, SealKey::new(&[0; 32])).await?;
    let tail = Tail::open(reader, log.key.clone(), 60, None, SystemClock.now()).await?;
    let index = Arc::clone(tail.index());
    let following = tokio::spawn(tail.run(Arc::new(SystemClock)));
    let mut seen = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let serial = Serial::random();
        append(issued(&serial)).await?;
        append(revoked(&serial)).await?;
        let started = Instant::now();
        while !matches!(index.status(AUTHORITY, &serial), Status::Revoked { .. }) {
            anyhow::ensure!(started.elapsed() < Duration::from_secs(30), "not seen");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        seen.push(started.elapsed());
    }
    following.abort();
    Ok(seen)
}

/// A log that lives for one bench.
struct Log {
    private: PrivateKey,
    key: VerifierKey,
}

impl Log {
    fn new() -> Self {
        let private = PrivateKey::generate();
        let key = VerifierKey {
            name: "bench".into(),
            point: private.public_key().clone(),
        };
        Self { private, key }
    }

    fn note(&self, size: u64, root: Digest) -> anyhow::Result<String> {
        let checkpoint = Checkpoint {
            origin: self.key.name.clone(),
            size,
            root,
            previous: None,
        };
        let message = note_message(&checkpoint);
        let signature = self.private.sign(SignerId::Default, &message)?;
        Ok(signed_note(&checkpoint, &self.key, &signature))
    }
}

fn issued(serial: &Serial) -> Entry {
    Entry::new(1_790_000_000, populace::issued(serial))
}

fn revoked(serial: &Serial) -> Entry {
    Entry::new(1_790_000_000, populace::revoked(serial))
}
