//! Durable group commits per second: `cargo run --release -p store --example commit_rate`.
//!
//! One command is what an issuance writes: 3 entries, 2 sealed blobs and 3 rows of views. Groups of 1 to 256
//! commands share a commit. SQLite in the current directory's file system; PostgreSQL as a server of its own.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/contract/postgres_server.rs"]
#[allow(dead_code, unreachable_pub)]
mod postgres_server;

use std::time::{Duration, Instant};

use sm_engine::sm3::{Digest, digest};
use store::views::{CertificateRow, TrailRow};
use store::{SealKey, Store, WriterLock};

/// How long each group size is measured.
const SPAN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), store::Error> {
    println!(
        "{:<12} {:>8} {:>12} {:>12} {:>14}",
        "database", "group", "commits/s", "commands/s", "ms per commit"
    );
    let directory = tempfile::tempdir_in(".").unwrap();
    measure(
        "SQLite",
        &format!("sqlite:{}", directory.path().join("rate.db").display()),
    )
    .await?;
    let server = postgres_server::PostgresServer::start();
    measure("PostgreSQL", &server.new_database()).await
}

async fn measure(name: &str, url: &str) -> Result<(), store::Error> {
    let store = Store::open(url, SealKey::new(&[1; 32])).await?;
    let lock = store.acquire_writer().await?;
    for group in [1, 16, 64, 256] {
        // The first commits prepare the statements.
        for _ in 0..3 {
            commit(&store, &lock, group).await?;
        }
        let start = Instant::now();
        let mut commits = 0_u32;
        while start.elapsed() < SPAN {
            commit(&store, &lock, group).await?;
            commits += 1;
        }
        let seconds = start.elapsed().as_secs_f64();
        let rate = f64::from(commits) / seconds;
        let commands = rate * group as f64;
        println!(
            "{name:<12} {group:>8} {rate:>12.0} {commands:>12.0} {:>14.2}",
            1_000.0 / rate
        );
    }
    lock.release().await;
    store.close().await;
    Ok(())
}

/// One group of commands.
async fn commit(store: &Store, lock: &WriterLock, group: usize) -> Result<(), store::Error> {
    let mut tx = store.begin(lock).await?;
    let first = tx.size();
    let entries: Vec<Vec<u8>> = (first..)
        .take(group * 3)
        .map(|idx| format!("{idx:0>600}").into_bytes())
        .collect();
    tx.append_entries(first, &entries).await?;
    let blobs: Vec<Vec<u8>> = (first..)
        .take(group * 2)
        .map(|idx| format!("{idx:0>900}").into_bytes())
        .collect();
    tx.put_sealed(&blobs.iter().map(Vec::as_slice).collect::<Vec<_>>())
        .await?;
    let numbers = || (first as i64..).take(group);
    tx.upsert(&numbers().map(certificate).collect::<Vec<_>>())
        .await?;
    let trail = |idx| {
        ["cert", "case"].map(|kind| TrailRow {
            subject: format!("{kind}:jinan/{idx:032x}"),
            idx,
        })
    };
    tx.upsert(&numbers().flat_map(trail).collect::<Vec<_>>())
        .await?;
    tx.commit().await
}

fn certificate(idx: i64) -> CertificateRow {
    let name: Digest = digest(&idx.to_be_bytes());
    CertificateRow {
        authority: "jinan".into(),
        serial: name.to_string().chars().take(32).collect(),
        state: "good".into(),
        reason: None,
        profile: "staff-signing".into(),
        profile_document: name,
        tbs: name,
        certificate: Some(name),
        key: name,
        case_id: Some(format!("C-2026-{idx:07}")),
        city: None,
        unit: None,
        late: None,
        not_after: Some(idx),
        issued_at: Some(idx),
        changed_at: idx,
        changed_by: Some("OP-0003".into()),
        produced_by: None,
        intended_idx: idx,
        idx,
    }
}
