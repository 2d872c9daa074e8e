//! CRLs: the latest of each scope, and where their bytes are.

use ledger::event::{CrlScope, Entry, Event};
use sm_engine::sm3::{self, Digest};

use super::project::{Overlay, ProjectionError, contradiction};
use super::row::{CrlRow, PartitionRow};
use crate::error::Error;
use crate::store::Store;
use crate::table::Record as _;

/// Scope of a full CRL.
pub const FULL: &str = "full";
/// Scope of a delta CRL.
pub const DELTA: &str = "delta";

/// Scope of the CRL of one shard.
#[must_use]
pub fn shard_scope(shard: u32) -> String {
    format!("shard-{shard:04}")
}

impl CrlRow {
    /// The shard that it is about.
    #[must_use]
    pub fn shard(&self) -> Option<u32> {
        self.scope.strip_prefix("shard-")?.parse().ok()
    }

    /// SM3 of each of the blobs that hold it one behind the other, where there are several; empty where it is one blob.
    #[must_use]
    pub fn parts(&self) -> Vec<Digest> {
        digests(&self.parts)
    }

    /// What to say where the parts are not the CRL of that digest.
    #[must_use]
    pub fn damaged(crl: &Digest) -> Error {
        Error::Damaged {
            table: Self::TABLE.name,
            key: crl.to_string(),
            what: "the parts are not the CRL".into(),
        }
    }

    /// Its DER, put together from its parts. `None` where the record lost it, which the audit reports.
    ///
    /// # Errors
    /// As [`Store::unseal`]; [`Error::Damaged`] where the parts are not the CRL.
    pub async fn load(&self, store: &Store) -> Result<Option<Vec<u8>>, Error> {
        load(store, &self.crl, &digests(&self.parts)).await
    }
}

/// The bytes of a CRL that is on the ledger with these parts.
///
/// # Errors
/// As [`CrlRow::load`].
pub async fn load(store: &Store, crl: &Digest, parts: &[Digest]) -> Result<Option<Vec<u8>>, Error> {
    if parts.is_empty() {
        let blob = store.unseal(crl).await?;
        return Ok(blob.map(|blob| blob.to_vec()));
    }
    let mut der = Vec::new();
    for part in parts {
        match store.unseal(part).await? {
            Some(bytes) => der.extend_from_slice(&bytes),
            None => return Ok(None),
        }
    }
    if sm3::digest(&der) == *crl {
        Ok(Some(der))
    } else {
        Err(CrlRow::damaged(crl))
    }
}

fn digests(list: &str) -> Vec<Digest> {
    list.split(',')
        .filter_map(|text| text.parse().ok())
        .collect()
}

impl Overlay {
    pub(super) fn project_crl(
        &mut self,
        idx: u64,
        at: i64,
        entry: &Entry,
    ) -> Result<(), ProjectionError> {
        let signed = |number: u64, what: &'static str| {
            i64::try_from(number).map_err(|_| contradiction(idx, what))
        };
        if let Event::CrlPartitioned {
            authority,
            shards,
            base,
        } = &entry.event
        {
            self.partitions.push(PartitionRow {
                authority: authority.clone(),
                shards: i64::from(*shards),
                base: base.clone(),
                idx: at,
            });
        }
        if let Some(stated) = entry.event.crl() {
            let (scope, base) = match stated.scope {
                CrlScope::Delta { base } => (DELTA.to_owned(), Some(base)),
                CrlScope::Full => (FULL.to_owned(), None),
                CrlScope::Shard { shard } => (shard_scope(shard), None),
            };
            let parts: Vec<_> = stated.parts.iter().map(Digest::to_string).collect();
            self.crls.push(CrlRow {
                authority: stated.authority.to_owned(),
                scope,
                number: signed(stated.number, "CRL number")?,
                base: base.map(|base| signed(base, "CRL base")).transpose()?,
                crl: *stated.crl,
                parts: parts.join(","),
                this_update: stated.this_update,
                next_update: stated.next_update,
                entries: signed(stated.entries, "CRL entries")?,
                covers: signed(stated.covers, "CRL cover")?,
                expired_before: stated.expired_before,
                idx: at,
            });
        }
        Ok(())
    }
}
