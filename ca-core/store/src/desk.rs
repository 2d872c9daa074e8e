//! The officers' desk: work that has not become an act yet. Drafts, their files, lists of people that came as one file,
//! units' rosters, acts on many certificates, who has taken which case; and who has looked at whose papers.
//!
//! It is a database of its own beside the ledger's. Nothing here decides about trust: losing it loses unfinished
//! forms. What people typed and uploaded is encrypted like every blob of the ledger's database.

mod batch;
mod claim;
mod draft;
mod file;
mod look;
mod mass;
mod roster;

pub use batch::Batch;
pub use claim::Claim;
pub use draft::Draft;
pub use file::{DraftFile, NewFile};
pub use look::{Look, Seen};
pub use mass::MassAct;
pub use roster::{Roster, RosterPerson};

use sm_engine::sm3::Digest;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::fence::WriterLock;
use crate::seal::SealKey;
use crate::store::Store;
use crate::table::{Record, Table};
use crate::value::Value;
use batch::BatchRow;
use claim::ClaimRow;
use draft::DraftRow;
use file::FileRow;
use look::LookRow;
use mass::MassRow;
use roster::{PersonRow, RosterRow};

/// Every table of the desk.
const TABLES: &[&Table] = &[
    BatchRow::TABLE,
    DraftRow::TABLE,
    FileRow::TABLE,
    ClaimRow::TABLE,
    LookRow::TABLE,
    MassRow::TABLE,
    RosterRow::TABLE,
    PersonRow::TABLE,
];

/// The desk's database. One process has it at a time.
pub struct Desk {
    store: Store,
    lock: Mutex<WriterLock>,
}

impl Desk {
    /// Opens `sqlite:PATH` (created if missing) or `postgres://…`: another database than the ledger's.
    ///
    /// # Errors
    /// As [`Store::open`]; [`Error::WriterBusy`] where another process has it.
    pub async fn open(url: &str, seal: SealKey) -> Result<Self, Error> {
        let store = Store::open_with(url, seal, TABLES).await?;
        let lock = store.acquire_writer().await?;
        Ok(Self {
            store,
            lock: Mutex::new(lock),
        })
    }

    /// Writes records, replacing those of the same keys.
    async fn put<R: Record>(&self, records: &[R]) -> Result<(), Error> {
        let lock = self.lock.lock().await;
        let mut tx = self.store.begin(&lock).await?;
        tx.upsert(records).await?;
        tx.commit().await
    }

    /// Deletes the records of these keys; how many there were.
    async fn remove<R: Record>(&self, keys: &[Vec<Value>]) -> Result<u64, Error> {
        let lock = self.lock.lock().await;
        let mut tx = self.store.begin(&lock).await?;
        let removed = tx.delete::<R>(keys).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// What lies sealed in a column, if it is what its digest says; `key` names the row in what is said otherwise.
    fn open_column(
        &self,
        table: &'static Table,
        key: &str,
        digest: &Digest,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let opened = self.store.seal_key().open(digest, sealed);
        opened.ok_or_else(|| damaged(table, key))
    }
}

fn damaged(table: &'static Table, key: &str) -> Error {
    Error::Damaged {
        table: table.name,
        key: key.to_owned(),
        what: "it does not open to what its digest says".into(),
    }
}
