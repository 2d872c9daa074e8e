//! A file that was uploaded to a draft. Lists are read without the contents, which can be large.

use sm_engine::sm3::Digest;
use zeroize::Zeroizing;

use super::{Desk, damaged};
use crate::error::Error;
use crate::query::{Compare, Direction};
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

/// Most files of one list.
const PAGE: u32 = 100;

/// A file of a draft, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// SM3 of the content: its name.
    pub digest: Digest,
    /// What it is, in the officer's words.
    pub title: String,
    /// Media type, by its content.
    pub media: String,
    /// Bytes.
    pub size: u64,
    /// UTC seconds of its arrival.
    pub arrived_at: i64,
}

/// A file that arrives.
pub struct NewFile {
    /// What it is, in the officer's words.
    pub title: String,
    /// Media type, by its content.
    pub media: String,
    /// UTC seconds of its arrival.
    pub arrived_at: i64,
    /// Bytes. Personal data.
    pub content: Zeroizing<Vec<u8>>,
}

view! {
    /// A file as it lies in the database.
    pub(super) FileRow in "draft_files", key ["draft", "digest"], indexes [] {
        /// Draft.
        draft: String,
        /// SM3 of the content.
        digest: Digest,
        /// UTC seconds.
        arrived_at: i64,
        /// Media type.
        media: String,
        /// Bytes of the content.
        size: i64,
        /// SM3 of the title.
        title_digest: Digest,
        /// The title, sealed.
        title: Vec<u8>,
        /// The content, sealed.
        content: Vec<u8>,
    }
}

view! {
    /// The same rows without their contents; [`FileRow`] declares the table.
    FileHead in "draft_files", key ["draft", "digest"], indexes [] {
        /// Draft.
        draft: String,
        /// SM3 of the content.
        digest: Digest,
        /// UTC seconds.
        arrived_at: i64,
        /// Media type.
        media: String,
        /// Bytes of the content.
        size: i64,
        /// SM3 of the title.
        title_digest: Digest,
        /// The title, sealed.
        title: Vec<u8>,
    }
}

impl Desk {
    /// Keeps a file of a draft; one of the same content is replaced.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::WriterLost`].
    pub async fn put_file(&self, draft: &str, file: &NewFile) -> Result<(), Error> {
        let key = self.store.seal_key();
        let (title, content) = (key.seal(file.title.as_bytes()), key.seal(&file.content));
        let row = FileRow {
            draft: draft.to_owned(),
            digest: content.digest,
            arrived_at: file.arrived_at,
            media: file.media.clone(),
            size: i64::try_from(file.content.len()).unwrap_or(i64::MAX),
            title_digest: title.digest,
            title: title.ciphertext,
            content: content.ciphertext,
        };
        self.put(&[row]).await
    }

    /// The files of a draft in the order of their arrival; at most 100. No content is read.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn files_of(&self, draft: &str) -> Result<Vec<DraftFile>, Error> {
        let rows = self.heads(draft).await?;
        rows.into_iter().map(|row| self.open_file(row)).collect()
    }

    /// The content of a file, if the draft has it.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn file_content(
        &self,
        draft: &str,
        digest: &Digest,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let key = [draft.into(), (*digest).into()];
        let row = self.store.get::<FileRow>(&key).await?;
        row.map(|row| self.open_column(FileRow::TABLE, draft, digest, &row.content))
            .transpose()
    }

    /// Throws a file of a draft away.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub async fn remove_file(&self, draft: &str, digest: &Digest) -> Result<(), Error> {
        let key = vec![draft.into(), (*digest).into()];
        self.remove::<FileRow>(&[key]).await?;
        Ok(())
    }

    /// Throws all files of a draft away.
    pub(super) async fn remove_files(&self, draft: &str) -> Result<(), Error> {
        let rows = self.heads(draft).await?.into_iter();
        let keys: Vec<Vec<Value>> = rows
            .map(|row| vec![row.draft.into(), row.digest.into()])
            .collect();
        self.remove::<FileRow>(&keys).await?;
        Ok(())
    }

    async fn heads(&self, draft: &str) -> Result<Vec<FileHead>, Error> {
        let filter = [("draft", Compare::Eq(draft.into()))];
        let order = [("arrived_at", Direction::Ascending)];
        self.store.scan(&filter, &order, None, PAGE).await
    }

    fn open_file(&self, row: FileHead) -> Result<DraftFile, Error> {
        let table = FileRow::TABLE;
        let title = self.open_column(table, &row.draft, &row.title_digest, &row.title)?;
        let title = String::from_utf8(title.to_vec());
        Ok(DraftFile {
            digest: row.digest,
            title: title.map_err(|_| damaged(table, &row.draft))?,
            media: row.media,
            size: u64::try_from(row.size).map_err(|_| damaged(table, &row.draft))?,
            arrived_at: row.arrived_at,
        })
    }
}
