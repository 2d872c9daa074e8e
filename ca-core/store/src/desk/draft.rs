//! A form that is being filled in.

use sm_engine::sm3::Digest;
use zeroize::Zeroizing;

use super::Desk;
use crate::error::Error;
use crate::query::{Compare, Direction};
use crate::seal::SealKey;
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

/// Most drafts of one list.
const PAGE: u32 = 200;

/// A form that is being filled in, page by page.
pub struct Draft {
    /// Number: 32 hex digits, drawn at random.
    pub draft: String,
    /// Officer to whom it belongs.
    pub officer: String,
    /// Profile name.
    pub profile: String,
    /// Authority that is to issue.
    pub authority: String,
    /// The returned case that it completes, if it is not a new one.
    pub case: Option<String>,
    /// UTC seconds of the latest change.
    pub changed_at: i64,
    /// What was typed, in whatever form its owner writes. Personal data.
    pub content: Zeroizing<Vec<u8>>,
}

view! {
    /// A draft as it lies in the database.
    pub(super) DraftRow in "drafts", key ["draft"], indexes [["officer", "changed_at"]] {
        /// Number.
        draft: String,
        /// Officer.
        officer: String,
        /// Profile name.
        profile: String,
        /// Authority.
        authority: String,
        /// Returned case.
        case_id: Option<String>,
        /// UTC seconds.
        changed_at: i64,
        /// SM3 of the content.
        digest: Digest,
        /// The content, sealed.
        content: Vec<u8>,
    }
}

impl Draft {
    /// The row that holds it.
    pub(super) fn sealed(&self, key: &SealKey) -> DraftRow {
        let sealed = key.seal(&self.content);
        DraftRow {
            draft: self.draft.clone(),
            officer: self.officer.clone(),
            profile: self.profile.clone(),
            authority: self.authority.clone(),
            case_id: self.case.clone(),
            changed_at: self.changed_at,
            digest: sealed.digest,
            content: sealed.ciphertext,
        }
    }
}

impl Desk {
    /// Keeps a draft, in place of the one of that number.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::WriterLost`].
    pub async fn put_draft(&self, draft: &Draft) -> Result<(), Error> {
        self.put(&[draft.sealed(self.store.seal_key())]).await
    }

    /// A draft, if it exists.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn draft(&self, draft: &str) -> Result<Option<Draft>, Error> {
        let row = self.store.get::<DraftRow>(&[draft.into()]).await?;
        row.map(|row| self.open_draft(row)).transpose()
    }

    /// An officer's drafts, the latest first; at most 200.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn drafts_of(&self, officer: &str) -> Result<Vec<Draft>, Error> {
        let filter = [("officer", Compare::Eq(officer.into()))];
        let order = [("changed_at", Direction::Descending)];
        let rows = self
            .store
            .scan::<DraftRow>(&filter, &order, None, PAGE)
            .await?;
        rows.into_iter().map(|row| self.open_draft(row)).collect()
    }

    /// Throws a draft away with its files.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`].
    pub async fn remove_draft(&self, draft: &str) -> Result<(), Error> {
        self.remove_files(draft).await?;
        self.remove::<DraftRow>(&[vec![draft.into()]]).await?;
        Ok(())
    }

    fn open_draft(&self, row: DraftRow) -> Result<Draft, Error> {
        let content = self.open_column(DraftRow::TABLE, &row.draft, &row.digest, &row.content)?;
        Ok(Draft {
            draft: row.draft,
            officer: row.officer,
            profile: row.profile,
            authority: row.authority,
            case: row.case_id,
            changed_at: row.changed_at,
            content,
        })
    }
}
