//! Entering the holders of a demonstration, block by block, through the same acts as any other case: entered, reviewed,
//! produced and signed for by the demonstration's officers. The record is as true as one that took years.
//!
//! How far it came lies in a file beside the data. What a stop cut short is entered again, and refused where it is there.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use authority::{Act, Authority, Error, Outcome};
use keys::Signer;
use keys::officer_file::OfficerKey;
use ledger::event::Decision;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::province::{Holder, holder};
use super::{Desk, Fate, PRODUCTION};
use crate::data::{DataDirectory, read_passphrase};
use crate::progress::Progress;

/// Holders of a block: what one act of production takes.
const BLOCK: u32 = 50;
/// Blocks entered at once beside officers who want to work.
const IN_BACKGROUND: usize = 4;
/// Blocks after which it is written down how far it came.
const WRITTEN_EVERY: u32 = 10;
/// Why a holder's case is returned.
const RETURNED: &str = "证明材料上的单位名称与花名册不一致，请核对后补正";

/// The keys of the entry, review and production officers.
pub type Keys = Vec<Arc<OfficerKey>>;

/// How many holders there are to be, and how many there are: `DATA/demonstration.json`.
#[derive(Serialize, Deserialize)]
pub struct Filling {
    #[serde(skip)]
    file: PathBuf,
    /// Holders in all.
    pub holders: u32,
    /// Those of lower numbers are entered.
    pub done: u32,
}

impl Filling {
    /// Of a new demonstration.
    pub fn begin(data: &DataDirectory, holders: u32) -> anyhow::Result<Self> {
        let filling = Self {
            file: data.demonstration_file(),
            holders,
            done: 0,
        };
        filling.write()?;
        Ok(filling)
    }

    /// Of a demonstration that was begun; none where there is no file.
    pub fn read(data: &DataDirectory) -> anyhow::Result<Option<Self>> {
        let file = data.demonstration_file();
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| file.display().to_string()),
        };
        let read: Self =
            serde_json::from_slice(&text).with_context(|| file.display().to_string())?;
        Ok(Some(Self { file, ..read }))
    }

    fn write(&self) -> anyhow::Result<()> {
        let new = self.file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        Ok(std::fs::rename(&new, &self.file)?)
    }

    /// Enters holders until there are `until` of them, so many blocks at once.
    pub async fn go_on(
        &mut self,
        authority: &Authority,
        keys: &Keys,
        until: u32,
        workers: usize,
        tell: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> anyhow::Result<()> {
        let mut blocks = (self.done..until)
            .step_by(BLOCK as usize)
            .map(|first| (first, until.min(first + BLOCK)));
        let mut tasks = JoinSet::new();
        let mut finished = BTreeSet::new();
        let mut written = self.done;
        loop {
            while tasks.len() < workers
                && let Some((first, end)) = blocks.next()
            {
                let (authority, keys) = (authority.clone(), keys.clone());
                tasks.spawn(async move {
                    enter(&authority, &keys, first, end)
                        .await
                        .map(|()| (first, end))
                });
            }
            let Some(block) = tasks.join_next().await else {
                break;
            };
            finished.insert(block??);
            // Blocks end in any order; what lies before the first gap is done.
            while let Some((first, end)) = finished.first().copied()
                && first == self.done
            {
                finished.pop_first();
                self.done = end;
            }
            tell(u64::from(self.done), u64::from(until));
            if self.done - written >= WRITTEN_EVERY * BLOCK {
                self.write()?;
                written = self.done;
            }
        }
        self.write()
    }
}

/// The keys of the officers who enter, review and produce.
pub fn keys_of(data: &DataDirectory) -> anyhow::Result<Keys> {
    let key = |name: &str| {
        let [key, _, passphrase] = data.officer(name);
        let passphrase = read_passphrase(&passphrase)?;
        Ok(Arc::new(OfficerKey::open(&key, passphrase.as_bytes())?))
    };
    ["entry", "review", "production"]
        .into_iter()
        .map(key)
        .collect()
}

/// Enters what is still missing of a demonstration while it is served.
pub async fn in_background(authority: Authority, data: DataDirectory) {
    if let Err(error) = rest(&authority, &data).await {
        tracing::error!(%error, "the demonstration's holders could not all be entered; the next start goes on");
    }
}

async fn rest(authority: &Authority, data: &DataDirectory) -> anyhow::Result<()> {
    let Some(mut filling) = Filling::read(data)? else {
        return Ok(());
    };
    if filling.done >= filling.holders || !authority.is_demonstration() {
        return Ok(());
    }
    let keys = keys_of(data)?;
    let progress = Progress::new("录入演示持证人 / entering the demonstration's holders");
    let tell = |done, of| progress.tell(done, of, "");
    let until = filling.holders;
    filling
        .go_on(authority, &keys, until, IN_BACKGROUND, &tell)
        .await
}

/// One block: each holder entered and reviewed, one act of production for all, then what became of some of them.
async fn enter(authority: &Authority, keys: &Keys, first: u32, end: u32) -> anyhow::Result<()> {
    let keys: Vec<&dyn Signer> = keys.iter().map(|key| &**key as &dyn Signer).collect();
    let desk = Desk {
        authority,
        keys: &keys,
    };
    let today = authority.clock().now();
    let (mut cases, mut fates) = (Vec::new(), Vec::new());
    for number in first..end {
        let Holder {
            form,
            authority: issuer,
            fate,
        } = holder(number, today)?;
        let (case, revision) = match desk.submit("staff-signing", issuer, &form).await {
            Ok(submitted) => submitted,
            Err(error) if is_refused(&error) => continue,
            Err(error) => return Err(error),
        };
        match fate {
            Fate::Submitted => continue,
            Fate::Returned => {
                desk.review(&case, revision, Decision::Returned, RETURNED)
                    .await?;
                continue;
            }
            _ => desk.review(&case, revision, Decision::Approved, "").await?,
        }
        if !matches!(fate, Fate::Approved) {
            cases.push(case);
            fates.push(fate);
        }
    }
    if cases.is_empty() {
        return Ok(());
    }
    let act = Act::IssueCertificates { cases };
    let Outcome::CertificatesIssued { certificates } = desk.act(PRODUCTION, act).await? else {
        anyhow::bail!("produced cases have certificates")
    };
    anyhow::ensure!(
        certificates.len() == fates.len(),
        "one case, one certificate"
    );
    for (certificate, fate) in certificates.into_iter().zip(fates) {
        desk.befall(certificate, fate).await?;
    }
    Ok(())
}

/// A rule said no: the holder was entered before a stop.
fn is_refused(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::Refused(_)))
}
