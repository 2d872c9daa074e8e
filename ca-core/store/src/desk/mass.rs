//! An act on many certificates: what is to be done, while it is looked over and carried out, and what came of it.
//!
//! What was done stands in the ledger; this is what a page shows of it, and what a start carries on with.

use sm_engine::sm3::Digest;
use zeroize::Zeroizing;

use super::Desk;
use crate::error::Error;
use crate::query::{Compare, Direction};
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

/// Most acts of one list.
const PAGE: u32 = 50;

/// An act on many certificates.
pub struct MassAct {
    /// Number: 32 hex digits, drawn at random.
    pub act: String,
    /// Officer to whom it belongs.
    pub officer: String,
    /// `planned`, `open`, `done`.
    pub state: String,
    /// UTC seconds of the latest change.
    pub changed_at: i64,
    /// How often it was kept; 0 before the first time.
    pub revision: i64,
    /// List, statement and result, in whatever form their owner writes.
    pub content: Zeroizing<Vec<u8>>,
}

view! {
    /// An act as it lies in the database.
    pub(super) MassRow in "mass_acts", key ["act"], indexes [["officer", "changed_at"], ["state"]] {
        /// Number.
        act: String,
        /// Officer.
        officer: String,
        /// State.
        state: String,
        /// UTC seconds.
        changed_at: i64,
        /// How often it was kept.
        revision: i64,
        /// SM3 of the content.
        digest: Digest,
        /// The content, sealed.
        content: Vec<u8>,
    }
}

impl Desk {
    /// Keeps an act, if nobody has kept it since it was read: whether that was so.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`], [`Error::WriterLost`].
    pub async fn put_mass_act(&self, act: &MassAct) -> Result<bool, Error> {
        let sealed = self.store.seal_key().seal(&act.content);
        let row = MassRow {
            act: act.act.clone(),
            officer: act.officer.clone(),
            state: act.state.clone(),
            changed_at: act.changed_at,
            revision: act.revision.saturating_add(1),
            digest: sealed.digest,
            content: sealed.ciphertext,
        };
        let lock = self.lock.lock().await;
        let mut tx = self.store.begin(&lock).await?;
        let kept = tx
            .get_many::<MassRow>(&[vec![row.act.as_str().into()]])
            .await?;
        if kept.first().map_or(0, |kept| kept.revision) != act.revision {
            return Ok(false);
        }
        tx.upsert(&[row]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// An act, if it exists.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn mass_act(&self, act: &str) -> Result<Option<MassAct>, Error> {
        let row = self.store.get::<MassRow>(&[act.into()]).await?;
        row.map(|row| self.open_mass_act(row)).transpose()
    }

    /// An officer's acts, the latest first; at most 50.
    ///
    /// # Errors
    /// As [`Self::mass_act`].
    pub async fn mass_acts_of(&self, officer: &str) -> Result<Vec<MassAct>, Error> {
        let filter = [("officer", Compare::Eq(officer.into()))];
        let order = [("changed_at", Direction::Descending)];
        let rows = self.store.scan::<MassRow>(&filter, &order, None, PAGE);
        let rows = rows.await?.into_iter();
        rows.map(|row| self.open_mass_act(row)).collect()
    }

    /// Acts of anybody that were begun and not finished; at most 50.
    ///
    /// # Errors
    /// As [`Self::mass_act`].
    pub async fn open_mass_acts(&self) -> Result<Vec<MassAct>, Error> {
        let filter = [("state", Compare::Eq("open".into()))];
        let rows = self.store.scan::<MassRow>(&filter, &[], None, PAGE).await?;
        let rows = rows.into_iter();
        rows.map(|row| self.open_mass_act(row)).collect()
    }

    /// Throws an act away. What it has done stays.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub async fn remove_mass_act(&self, act: &str) -> Result<(), Error> {
        self.remove::<MassRow>(&[vec![Value::from(act)]]).await?;
        Ok(())
    }

    fn open_mass_act(&self, row: MassRow) -> Result<MassAct, Error> {
        let content = self.open_column(MassRow::TABLE, &row.act, &row.digest, &row.content)?;
        Ok(MassAct {
            act: row.act,
            officer: row.officer,
            state: row.state,
            changed_at: row.changed_at,
            revision: row.revision,
            content,
        })
    }
}
