//! The audit: re-reads everything and believes nothing. No running service and no writer lock needed.
//!
//! 1. `record`: entries, tree, tiles and checkpoints; every transition legal (`ledger::replay`).
//! 2. `evidence`: what entries commit to: statements and their signatures, certificates, CRLs, policies, forms.
//! 3. `rows`: every view rebuilt from the entries in a scratch database and compared, row by row.

mod evidence;
mod record;
mod rows;

use ledger::checkpoint::VerifierKey;
use serde::Serialize;
use store::Store;

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

/// Audits `store` against the log's public key, and against checkpoints that the auditor kept (signed notes), which
/// an operator who holds the log's key cannot undo. `scratch` is an empty database to rebuild the views in.
/// `progress` hears what is being done: done, of how many, what.
///
/// # Errors
/// Where a database cannot be read at all. What is wrong with its contents is in the report.
pub async fn verify(
    store: &Store,
    scratch: &Store,
    key: &VerifierKey,
    kept: &[String],
    progress: &(dyn Fn(u64, u64, &str) + Send + Sync),
) -> Result<Report, Error> {
    let mut report = Report::default();
    let size = store.size().await?;
    let entries = record::verify(store, key, kept, size, &mut report, progress).await?;
    evidence::verify(store, &entries, &mut report, progress).await?;
    rows::verify(store, scratch, &entries, &mut report, progress).await?;
    Ok(report)
}
