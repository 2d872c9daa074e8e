//! `gmpki audit`: verify the whole record, make and check proofs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use authority::{CheckpointKeeper as _, audit};
use ledger::checkpoint::VerifierKey;
use ledger::proof;
use serde_json::{Value, json};
use store::clock::{Clock as _, SystemClock};
use store::{SealKey, Store};

use super::cert::write;
use crate::cli::AuditCommand;
use crate::client::{Client, encode};
use crate::config::Config;
use crate::data::{DataDirectory, seal_key};
use crate::kept::KeptCheckpoint;
use crate::output::{Failure, Output};
use crate::progress::Progress;

/// Runs one of them.
pub async fn run(
    command: AuditCommand,
    config: &Config,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify { key, checkpoint } => {
            verify(key.as_deref(), &checkpoint, config, data, output).await
        }
        AuditCommand::Prove {
            serial,
            authority,
            out,
            server,
        } => {
            let mut client = Client::connect(data, server.as_deref()).await?;
            let mut path = format!("/log/certificate/proof?serial={}", encode(&serial));
            if let Some(authority) = authority {
                path.push_str(&format!("&authority={}", encode(&authority)));
            }
            let proof = client.download(&path).await?;
            match out {
                Some(path) => {
                    write(&path, &proof)?;
                    output.result(&json!({"file": path}), || {
                        format!(
                            "✓ {0}\n  离线核对 check offline: gmpki audit check {0}",
                            path.display()
                        )
                    });
                }
                None => {
                    let value: Value = serde_json::from_slice(&proof)?;
                    output.result(&value, || String::from_utf8_lossy(&proof).into_owned());
                }
            }
            Ok(())
        }
        AuditCommand::Check {
            file,
            key,
            key_file,
        } => {
            let key = match (key, key_file) {
                (Some(line), _) => parse_key(&line)?,
                (None, Some(file)) => read_key(&file)?,
                (None, None) => read_key(&data.log_key_file())?,
            };
            let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
            match proof::check(&bytes, &key) {
                Ok(verdict) => {
                    let value = serde_json::to_value(&verdict)?;
                    output.result(&value, || {
                        format!(
                            "✓ 证明有效 / the proof holds\n  {}/{} {}\n  {} 条记录在案，台账规模 {} / {} entries, ledger size {}",
                            verdict.authority, verdict.serial, verdict.state, verdict.events.len(), verdict.size, verdict.events.len(), verdict.size,
                        )
                    });
                    Ok(())
                }
                Err(error) => Err(Failure::NotVerified(json!({"error": error.to_string()}))),
            }
        }
    }
}

async fn verify(
    key: Option<&str>,
    checkpoints: &[PathBuf],
    config: &Config,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let key = match key {
        Some(line) => parse_key(line)?,
        None => read_key(&data.log_key_file())?,
    };
    let mut kept = Vec::with_capacity(checkpoints.len() + 1);
    // Read before the database, which may be growing.
    kept.extend(KeptCheckpoint::new(data.checkpoint_file()).kept()?);
    for path in checkpoints {
        kept.push(std::fs::read_to_string(path).with_context(|| path.display().to_string())?);
    }
    let provider = data.open_keys(config)?;
    let store = Store::open_read_only(&data.store_url(config), seal_key(&*provider)?).await?;
    let scratch = Scratch::new()?;
    let terms = audit::Terms {
        key: &key,
        kept: &kept,
        now: SystemClock.now(),
    };
    let report = {
        let progress = Progress::new("核对记录 / verifying the record");
        let tell = |done: u64, of: u64, what: &str| progress.tell(done, of, what);
        audit::verify(&store, async || Ok(scratch.store().await?), &terms, &tell).await?
    };
    let value = serde_json::to_value(&report)?;
    if !report.is_clean() {
        return Err(Failure::NotVerified(value));
    }
    output.result(&value, || {
        format!(
            "✓ 全部记录核对无误 / everything on record is as it must be\n  {} 条台账记录 entries，{} 个检查点 checkpoints（覆盖 covering {}）\n  {} 张证书 certificates，{} 份签名声明 statements，{} 份 CRL，{} 行 rows\n  根 root {}",
            report.entries, report.checkpoints, report.covered, report.certificates, report.statements, report.crls, report.rows, report.root,
        )
    });
    Ok(())
}

fn read_key(path: &Path) -> anyhow::Result<VerifierKey> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!(
            "the log's public key {}: give it with --key or --key-file",
            path.display()
        )
    })?;
    parse_key(text.trim())
}

fn parse_key(line: &str) -> anyhow::Result<VerifierKey> {
    line.trim()
        .parse()
        .context("not a verifier key line (name+id+key)")
}

/// A directory for databases that are gone when the audit is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let name = format!(
            "gmpki-audit-{}",
            hex::encode(sm_engine::random::array::<8>())
        );
        let path = std::env::temp_dir().join(name);
        DataDirectory::new(&path).create()?;
        Ok(Self(path))
    }

    /// An empty database.
    async fn store(&self) -> Result<Store, store::Error> {
        let name = format!("{}.db", hex::encode(sm_engine::random::array::<8>()));
        let url = format!("sqlite:{}", self.0.join(name).display());
        Store::open(&url, SealKey::new(&[0; 32])).await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind, it would hold public facts only; the system's own clean-up takes it then.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
