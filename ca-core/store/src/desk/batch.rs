//! A list of people that came as one file, while its lines are put right and become drafts.

use sm_engine::sm3::Digest;
use zeroize::Zeroizing;

use super::Desk;
use super::draft::{Draft, DraftRow};
use crate::error::Error;
use crate::query::{Compare, Direction};
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

/// Most batches of one list.
const PAGE: u32 = 100;

/// A list of people that came as one file.
pub struct Batch {
    /// Number: 32 hex digits, drawn at random.
    pub batch: String,
    /// Officer to whom it belongs.
    pub officer: String,
    /// Profile name.
    pub profile: String,
    /// Authority that is to issue.
    pub authority: String,
    /// SM3 of the file as it came.
    pub file: Digest,
    /// UTC seconds of its arrival.
    pub arrived_at: i64,
    /// How often it was kept; 0 before the first time.
    pub revision: i64,
    /// Its lines, in whatever form their owner writes. Personal data.
    pub content: Zeroizing<Vec<u8>>,
}

view! {
    /// A batch as it lies in the database.
    pub(super) BatchRow in "batches", key ["batch"], indexes [["officer", "arrived_at"]] {
        /// Number.
        batch: String,
        /// Officer.
        officer: String,
        /// Profile name.
        profile: String,
        /// Authority.
        authority: String,
        /// SM3 of the file.
        file: Digest,
        /// UTC seconds.
        arrived_at: i64,
        /// How often it was kept.
        revision: i64,
        /// SM3 of the content.
        digest: Digest,
        /// The content, sealed.
        content: Vec<u8>,
    }
}

impl Desk {
    /// Keeps a batch and the drafts that were made from it, all or nothing, if nobody has kept it since it was read:
    /// whether that was so.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`], [`Error::WriterLost`].
    pub async fn put_batch(&self, batch: &Batch, drafts: &[Draft]) -> Result<bool, Error> {
        let key = self.store.seal_key();
        let sealed = key.seal(&batch.content);
        let row = BatchRow {
            batch: batch.batch.clone(),
            officer: batch.officer.clone(),
            profile: batch.profile.clone(),
            authority: batch.authority.clone(),
            file: batch.file,
            arrived_at: batch.arrived_at,
            revision: batch.revision.saturating_add(1),
            digest: sealed.digest,
            content: sealed.ciphertext,
        };
        let drafts: Vec<DraftRow> = drafts.iter().map(|draft| draft.sealed(key)).collect();
        let lock = self.lock.lock().await;
        let mut tx = self.store.begin(&lock).await?;
        let kept = tx
            .get_many::<BatchRow>(&[vec![row.batch.as_str().into()]])
            .await?;
        if kept.first().map_or(0, |kept| kept.revision) != batch.revision {
            return Ok(false);
        }
        tx.upsert(&[row]).await?;
        tx.upsert(&drafts).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// A batch, if it exists.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn batch(&self, batch: &str) -> Result<Option<Batch>, Error> {
        let row = self.store.get::<BatchRow>(&[batch.into()]).await?;
        row.map(|row| self.open_batch(row)).transpose()
    }

    /// An officer's batches, the latest first; at most 100.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn batches_of(&self, officer: &str) -> Result<Vec<Batch>, Error> {
        let filter = [("officer", Compare::Eq(officer.into()))];
        let order = [("arrived_at", Direction::Descending)];
        let rows = self
            .store
            .scan::<BatchRow>(&filter, &order, None, PAGE)
            .await?;
        rows.into_iter().map(|row| self.open_batch(row)).collect()
    }

    /// Throws a batch away. Drafts that were made from it stay.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub async fn remove_batch(&self, batch: &str) -> Result<(), Error> {
        self.remove::<BatchRow>(&[vec![batch.into()]]).await?;
        Ok(())
    }

    fn open_batch(&self, row: BatchRow) -> Result<Batch, Error> {
        let content = self.open_column(BatchRow::TABLE, &row.batch, &row.digest, &row.content)?;
        Ok(Batch {
            batch: row.batch,
            officer: row.officer,
            profile: row.profile,
            authority: row.authority,
            file: row.file,
            arrived_at: row.arrived_at,
            revision: row.revision,
            content,
        })
    }
}
