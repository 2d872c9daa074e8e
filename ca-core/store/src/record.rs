//! What the record itself says: entries, checkpoints, sealed blobs.

use sm_engine::sm3::Digest;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::query::{self, Compare, Direction};
use crate::read::{ReadSession, fetch, kinds, number, rows_of_keys, single};
use crate::schema::{CHECKPOINTS, ENTRIES, MIRROR_CHECKPOINTS, SEALED};
use crate::seal::SealedBlob;
use crate::sql::Statement;
use crate::store::Store;
use crate::table::{ColumnKind, Table};
use crate::value::Value;

impl Store {
    /// Number of entries in the ledger.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn size(&self) -> Result<u64, Error> {
        let mut session = self.reader().await?;
        let query = Statement::new(
            session.backend(),
            "SELECT COALESCE(MAX(idx) + 1, 0) FROM entries",
        );
        let rows = fetch(&mut session, ENTRIES.name, query, &[ColumnKind::Integer]).await?;
        single(ENTRIES.name, rows)
    }

    /// At most `limit` (at most [`crate::MAX_ROWS`]) entries from index `from` on, in order.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`], [`Error::Query`].
    pub async fn entries(&self, from: u64, limit: u32) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let rows = self.rows_from(&ENTRIES, from, limit).await?;
        rows.into_iter().map(entry).collect()
    }

    /// Those of the entries at these indexes that exist, in order, each once.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn entries_at(&self, indexes: &[u64]) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        // Numbers beyond the range of the column do not exist.
        let keys = indexes.iter().filter_map(|idx| i64::try_from(*idx).ok());
        let keys: Vec<Vec<Value>> = keys.map(|idx| vec![idx.into()]).collect();
        let mut session = self.reader().await?;
        let rows = rows_of_keys(&mut session, &ENTRIES, &keys).await?;
        rows.into_iter().map(entry).collect()
    }

    /// The entry at `idx`.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn entry(&self, idx: u64) -> Result<Option<Vec<u8>>, Error> {
        let found = self.entries(idx, 1).await?.into_iter().next();
        Ok(found.filter(|(at, _)| *at == idx).map(|(_, body)| body))
    }

    /// The signed note of the latest checkpoint.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn latest_checkpoint(&self) -> Result<Option<String>, Error> {
        self.latest_note(&CHECKPOINTS).await
    }

    /// The same of the SHA-256 mirror.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn latest_mirror_checkpoint(&self) -> Result<Option<String>, Error> {
        self.latest_note(&MIRROR_CHECKPOINTS).await
    }

    async fn latest_note(&self, table: &'static Table) -> Result<Option<String>, Error> {
        let mut session = self.reader().await?;
        let order = [("size", Direction::Descending)];
        let statement = query::scan(session.backend(), table, &[], &order, None, 1)?;
        let rows = fetch(&mut session, table.name, statement, &kinds(table)).await?;
        Ok(rows
            .into_iter()
            .map(checkpoint)
            .next()
            .transpose()?
            .map(|(_, note)| note))
    }

    /// At most `limit` (at most [`crate::MAX_ROWS`]) checkpoints of trees of at least `from_size` entries, smallest first.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`], [`Error::Query`].
    pub async fn checkpoints(
        &self,
        from_size: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, Error> {
        self.rows_from(&CHECKPOINTS, from_size, limit)
            .await?
            .into_iter()
            .map(checkpoint)
            .collect()
    }

    /// The same of the SHA-256 mirror.
    ///
    /// # Errors
    /// As [`Self::checkpoints`].
    pub async fn mirror_checkpoints(
        &self,
        from_size: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, Error> {
        self.rows_from(&MIRROR_CHECKPOINTS, from_size, limit)
            .await?
            .into_iter()
            .map(checkpoint)
            .collect()
    }

    /// The first checkpoint that covers `size` entries.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn checkpoint_at_least(&self, size: u64) -> Result<Option<(u64, String)>, Error> {
        Ok(self.checkpoints(size, 1).await?.into_iter().next())
    }

    /// The sealed blob of this digest.
    ///
    /// # Errors
    /// [`Error::Read`]; [`Error::Damaged`] where it does not open under this key to what the digest says.
    pub async fn unseal(&self, digest: &Digest) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        Ok(self
            .unseal_many(&[*digest])
            .await?
            .pop()
            .map(|(_, blob)| blob))
    }

    /// Those of the blobs that exist, in the order of their digests.
    ///
    /// # Errors
    /// As [`Self::unseal`].
    pub async fn unseal_many(
        &self,
        digests: &[Digest],
    ) -> Result<Vec<(Digest, Zeroizing<Vec<u8>>)>, Error> {
        let blobs = self.read_session().await?.sealed_many(digests).await?;
        blobs
            .iter()
            .map(|blob| Ok((blob.digest, self.open_blob(blob)?)))
            .collect()
    }

    /// The plaintext of a blob.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it does not open under this key to what its digest says.
    pub fn open_blob(&self, blob: &SealedBlob) -> Result<Zeroizing<Vec<u8>>, Error> {
        let opened = self.inner.seal.open(&blob.digest, &blob.ciphertext);
        opened.ok_or_else(|| Error::Damaged {
            table: SEALED.name,
            key: blob.digest.to_string(),
            what: "it does not open to what its digest says".into(),
        })
    }

    /// Rows of a table whose key is one number, from `first` on.
    async fn rows_from(
        &self,
        table: &'static Table,
        first: u64,
        limit: u32,
    ) -> Result<Vec<Vec<Value>>, Error> {
        // Numbers beyond the range of the column do not exist.
        let Ok(first) = i64::try_from(first) else {
            return Ok(Vec::new());
        };
        let mut session = self.reader().await?;
        let filter: Vec<_> = table
            .key
            .iter()
            .map(|key| (*key, Compare::Ge(first.into())))
            .collect();
        let statement = query::scan(session.backend(), table, &filter, &[], None, limit)?;
        fetch(&mut session, table.name, statement, &kinds(table)).await
    }
}

impl ReadSession {
    /// Those of the blobs that exist, in the order of their digests, still sealed: whoever reads for many leaves
    /// the work of [`Store::open_blob`] to each of them.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Column`].
    pub async fn sealed_many(&mut self, digests: &[Digest]) -> Result<Vec<SealedBlob>, Error> {
        let keys: Vec<Vec<Value>> = digests
            .iter()
            .map(|digest| vec![(*digest).into()])
            .collect();
        let rows = rows_of_keys(&mut self.session, &SEALED, &keys).await?;
        rows.into_iter().map(sealed_blob).collect()
    }
}

fn entry(row: Vec<Value>) -> Result<(u64, Vec<u8>), Error> {
    match <[Value; 2]>::try_from(row) {
        Ok([Value::Integer(idx), Value::Blob(body)]) => Ok((number(ENTRIES.name, idx)?, body)),
        _ => Err(Error::Column {
            table: ENTRIES.name,
            column: "body",
        }),
    }
}

fn sealed_blob(row: Vec<Value>) -> Result<SealedBlob, Error> {
    let column = |column| Error::Column {
        table: SEALED.name,
        column,
    };
    match <[Value; 2]>::try_from(row) {
        Ok([Value::Blob(digest), Value::Blob(ciphertext)]) => {
            let digest = <[u8; 32]>::try_from(digest).map_err(|_| column("digest"))?;
            Ok(SealedBlob {
                digest: Digest(digest),
                ciphertext,
            })
        }
        _ => Err(column("ciphertext")),
    }
}

fn checkpoint(row: Vec<Value>) -> Result<(u64, String), Error> {
    match <[Value; 2]>::try_from(row) {
        Ok([Value::Integer(size), Value::Text(note)]) => {
            Ok((number(CHECKPOINTS.name, size)?, note))
        }
        _ => Err(Error::Column {
            table: CHECKPOINTS.name,
            column: "note",
        }),
    }
}
