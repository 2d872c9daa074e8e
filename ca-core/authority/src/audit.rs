//! The audit: re-reads everything and believes nothing. No running service and no writer lock needed.
//!
//! 1. `record`: entries, tree, tiles and checkpoints; every transition legal (`ledger::replay`).
//! 2. `evidence`: what entries commit to: statements and their signatures, certificates, CRLs, policies, forms.
//! 3. `rows`: every view rebuilt from the entries in a scratch database and compared, row by row.
//! 4. The database has no tables, indexes, triggers or rules but those that the program makes.

mod evidence;
mod mirror;
mod record;
mod rows;

use ledger::checkpoint::VerifierKey;
use serde::Serialize;
use store::Store;
use x509::time::Time;

use crate::error::Error;

/// Something that is not as the ledger says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// Where: `entry 17`, `certificates jinan/0a1b`, `checkpoint 40`.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// Result of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// Root of the tree over them, hex.
    pub root: String,
    /// Checkpoints verified.
    pub checkpoints: u64,
    /// Size of the latest checkpoint.
    pub covered: u64,
    /// Checkpoints of the SHA-256 mirror verified.
    pub mirror_checkpoints: u64,
    /// Certificates whose bytes, signature and approvals were checked.
    pub certificates: u64,
    /// Officers' statements whose signatures were checked.
    pub statements: u64,
    /// CRLs compared with the state that they stand for.
    pub crls: u64,
    /// Rows of views compared.
    pub rows: u64,
    /// What is wrong; empty where everything is as it must be.
    pub findings: Vec<Finding>,
}

/// Findings are gathered up to this many; a ruined database needs no longer list.
const FINDINGS: usize = 1000;

impl Report {
    pub(crate) fn find(&mut self, code: &str, place: impl Into<String>, what: impl Into<String>) {
        if self.findings.len() < FINDINGS {
            self.findings.push(Finding {
                code: code.into(),
                place: place.into(),
                what: what.into(),
            });
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// How often an audit begins anew because the record grew while it was read.
const ATTEMPTS: usize = 5;

/// What an audit holds a record against.
pub struct Terms<'a> {
    /// The log's public key.
    pub key: &'a VerifierKey,
    /// Checkpoints that the auditor kept (signed notes): what an operator who holds the log's key cannot undo.
    pub kept: &'a [String],
    /// Now, by the auditor's clock.
    pub now: Time,
}

/// Hears what an audit is doing: done, of how many, what.
pub trait Progress: Fn(u64, u64, &str) + Send + Sync {}

impl<F: Fn(u64, u64, &str) + Send + Sync> Progress for F {}

/// Audits `store`. `scratch` makes an empty database to rebuild the views in.
///
/// A record that grows while it is read is read again: rows are compared with the entries of one moment.
///
/// # Errors
/// Where a database cannot be read at all. What is wrong with its contents is in the report.
pub async fn verify(
    store: &Store,
    scratch: impl AsyncFn() -> Result<Store, Error>,
    terms: &Terms<'_>,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let mut report = Report::default();
    for _ in 0..ATTEMPTS {
        let before = stand(store).await?;
        report = once(store, &scratch().await?, terms, before.0, progress).await?;
        if report.is_clean() || stand(store).await? == before {
            break;
        }
    }
    Ok(report)
}

/// How far the record goes: its size and its latest checkpoint, which may come without a new entry.
async fn stand(store: &Store) -> Result<(u64, Option<String>), Error> {
    Ok((store.size().await?, store.latest_checkpoint().await?))
}

async fn once(
    store: &Store,
    scratch: &Store,
    terms: &Terms<'_>,
    size: u64,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let entries = record::verify(store, terms, size, &mut report, progress).await?;
    evidence::verify(store, &entries, &mut report, progress).await?;
    rows::verify(store, scratch, &entries, &mut report, progress).await?;
    for odd in store.oddities().await? {
        report.find("V306", odd.place, odd.what);
    }
    Ok(report)
}
