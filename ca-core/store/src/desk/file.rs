//! A file that was uploaded to a draft.

use sm_engine::sm3::Digest;
use zeroize::Zeroizing;

use super::Desk;
use crate::error::Error;
use crate::query::{Compare, Direction};
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

/// Most files of one list.
const PAGE: u32 = 100;

/// A file of a draft.
pub struct DraftFile {
    /// SM3 of the content: its name.
    pub digest: Digest,
    /// What it is, in the officer's words.
    pub title: String,
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
        /// SM3 of the title.
        title_digest: Digest,
        /// The title, sealed.
        title: Vec<u8>,
        /// The content, sealed.
        content: Vec<u8>,
    }
}

impl Desk {
    /// Keeps a file of a draft; one of the same content is replaced.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::WriterLost`].
    pub async fn put_file(&self, draft: &str, file: &DraftFile) -> Result<(), Error> {
        let key = self.store.seal_key();
        let (title, content) = (key.seal(file.title.as_bytes()), key.seal(&file.content));
        let row = FileRow {
            draft: draft.to_owned(),
            digest: content.digest,
            arrived_at: file.arrived_at,
            title_digest: title.digest,
            title: title.ciphertext,
            content: content.ciphertext,
        };
        self.put(&[row]).await
    }

    /// The files of a draft in the order of their arrival.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn files_of(&self, draft: &str) -> Result<Vec<DraftFile>, Error> {
        let filter = [("draft", Compare::Eq(draft.into()))];
        let order = [("arrived_at", Direction::Ascending)];
        let rows = self.store.scan::<FileRow>(&filter, &order, None, PAGE);
        let key = self.store.seal_key();
        let open = |row: FileRow| {
            let damaged = || Error::Damaged {
                table: FileRow::TABLE.name,
                key: row.draft.clone(),
                what: "it does not open to what its digest says".into(),
            };
            let title = key
                .open(&row.title_digest, &row.title)
                .ok_or_else(damaged)?;
            Ok(DraftFile {
                digest: row.digest,
                title: String::from_utf8(title.to_vec()).map_err(|_| damaged())?,
                arrived_at: row.arrived_at,
                content: key.open(&row.digest, &row.content).ok_or_else(damaged)?,
            })
        };
        rows.await?.into_iter().map(open).collect()
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
}
