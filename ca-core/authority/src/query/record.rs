//! The ledger as everybody may read it: head, entries, proofs.

use ledger::checkpoint::{Checkpoint, open_note};
use ledger::proof::{Proof, ProvenEntry};
use ledger::tile;
use store::views::{TrailRow, certificate_subject};
use store::{Compare, Direction};

use super::certificate;
use crate::checkpoint;
use crate::decide;
use crate::error::Error;
use crate::service::Authority;
use crate::view::{LedgerHead, ProvenEntryView};

/// Most entries of one certificate's proof.
const PROOF_LIMIT: u32 = 1000;

impl Authority {
    /// The latest checkpoint.
    ///
    /// # Errors
    /// A fault where the database fails or the stored checkpoint does not verify.
    pub async fn ledger_head(&self) -> Result<Option<LedgerHead>, Error> {
        let Some((note, checkpoint)) = self.head().await? else {
            return Ok(None);
        };
        Ok(Some(self.view(note, &checkpoint)))
    }

    async fn head(&self) -> Result<Option<(String, Checkpoint)>, Error> {
        let Some(note) = self.core.store.latest_checkpoint().await? else {
            return Ok(None);
        };
        let checkpoint = open_note(&note, &self.core.log.key)?;
        Ok(Some((note, checkpoint)))
    }

    fn view(&self, note: String, checkpoint: &Checkpoint) -> LedgerHead {
        LedgerHead {
            note,
            size: checkpoint.size,
            root: checkpoint.root.to_string(),
            key: self.log_key(),
        }
    }

    /// Entries as canonical JSON, by index.
    ///
    /// # Errors
    /// A fault where the database fails.
    pub async fn entries(&self, from: u64, limit: u32) -> Result<Vec<(u64, String)>, Error> {
        let page = self.core.store.entries(from, limit.min(1000)).await?;
        page.into_iter()
            .map(|(index, body)| Ok((index, text(body)?)))
            .collect()
    }

    /// An entry with its proof against the latest checkpoint.
    ///
    /// # Errors
    /// A refusal where there is no such entry.
    pub async fn prove_entry(&self, index: u64) -> Result<ProvenEntryView, Error> {
        let body = self
            .core
            .store
            .entry(index)
            .await?
            .ok_or_else(|| decide::no_such(&format!("#{index}")))?;
        let leaf = ledger::tree::leaf_hash(&body).to_string();
        let mut view = ProvenEntryView {
            index,
            entry: text(body)?,
            leaf,
            path: Vec::new(),
            head: None,
        };
        if let Some((note, checkpoint)) = self.head().await?
            && index < checkpoint.size
        {
            let path = self.path(index, checkpoint.size).await?;
            view.path = path.iter().map(ToString::to_string).collect();
            view.head = Some(self.view(note, &checkpoint));
        }
        Ok(view)
    }

    async fn path(&self, index: u64, size: u64) -> Result<Vec<sm_engine::sm3::Digest>, Error> {
        let tiles = self
            .core
            .store
            .tiles(&tile::inclusion_tiles(index, size), size)
            .await?;
        Ok(tile::inclusion_proof(index, size, &tiles)?)
    }

    /// A proof file of everything on record about a certificate (`gmpki-proof/1`, JSON).
    ///
    /// # Errors
    /// A refusal where there is no such certificate.
    pub async fn prove_certificate(
        &self,
        authority: Option<&str>,
        serial: &str,
    ) -> Result<String, Error> {
        let row = certificate::find(&self.core, authority, serial).await?;
        let subject = certificate_subject(&row.authority, &row.serial);
        let filter = [("subject", Compare::Eq(subject.as_str().into()))];
        let order = [("idx", Direction::Ascending)];
        let trail = self
            .core
            .store
            .scan::<TrailRow>(&filter, &order, None, PROOF_LIMIT)
            .await?;
        let last = trail.last().map_or(0, |row| row.idx);
        let mut head = self.head().await?;
        if head.as_ref().is_none_or(|(_, checkpoint)| {
            i64::try_from(checkpoint.size).is_ok_and(|size| size <= last)
        }) {
            // The latest entries are not covered yet: a checkpoint now rather than within the second.
            checkpoint::sign(&self.core).await?;
            head = self.head().await?;
        }
        let (note, checkpoint) = head.ok_or_else(|| decide::no_such("checkpoint"))?;
        let mut entries = Vec::with_capacity(trail.len());
        for row in trail {
            let index = u64::try_from(row.idx)
                .map_err(|_| Error::Inconsistent("a trail index is negative".into()))?;
            let body = self
                .core
                .store
                .entry(index)
                .await?
                .ok_or_else(|| decide::no_such(&format!("#{index}")))?;
            let path = self.path(index, checkpoint.size).await?;
            entries.push(ProvenEntry {
                index,
                entry: text(body)?,
                path,
            });
        }
        let proof = Proof {
            format: "gmpki-proof/1".into(),
            subject: format!("{}/{}", row.authority, row.serial),
            checkpoint: note,
            entries,
            key: self.log_key(),
        };
        serde_json::to_string_pretty(&proof).map_err(|e| Error::Inconsistent(e.to_string()))
    }
}

fn text(body: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(body).map_err(|_| Error::Inconsistent("a ledger entry is not text".into()))
}
