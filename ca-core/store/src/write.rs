//! The one way to change the database: a transaction of the writer.
//!
//! A statement that fails ends the transaction; what was written before it is gone. Rows are written many per
//! statement, because a statement costs more than a row.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::tile::TileId;
use sm_engine::sm3::Digest;

use crate::database::{Backend, Failure, Session, WriterSession};
use crate::error::Error;
use crate::fence::{self, WriterLock};
use crate::query::{Compare, Direction};
use crate::read;
use crate::schema::{
    self, CHECKPOINTS, ENTRIES, MIRROR_CHECKPOINTS, MIRROR_TILES, SCHEMA, SEALED, TILES,
};
use crate::seal::SealedBlob;
use crate::sql::{self, OnConflict, Statement};
use crate::store::Inner;
use crate::table::{Record, Table};
use crate::value::Value;

/// Most bytes of one entry.
const LARGEST_ENTRY: usize = 65_535;
/// Most bytes of one sealed blob, with the 16 bytes of its tag.
const LARGEST_BLOB: usize = (16 << 20) + 16;
/// Bytes of public blobs written by one statement, about.
const GROUP_BYTES: usize = 1 << 20;
/// Most bytes of one checkpoint.
const LARGEST_NOTE: usize = 64 << 10;
/// Hashes of a full tile.
const FULL_TILE: usize = 256;

/// A transaction. Nothing is visible to readers before [`Self::commit`]; dropping it undoes everything.
pub struct WriteTx {
    inner: Arc<Inner>,
    session: Guard,
    epoch: i64,
    commit: i64,
    size: u64,
}

/// A session with an open transaction: whoever drops it closes the connection, and with it the transaction.
struct Guard(Option<WriterSession>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(mut session) = self.0.take() {
            session.close_on_drop();
        }
    }
}

impl WriteTx {
    pub(crate) async fn begin(inner: Arc<Inner>, lock: &WriterLock) -> Result<Self, Error> {
        let failed = |error: Failure| Error::write(schema::WRITER.name, &error);
        let session = inner
            .database
            .writer()
            .await
            .map_err(failed)?
            .ok_or(Error::ReadOnly)?;
        let mut guard = Guard(Some(session));
        let session = guard.0.as_mut().ok_or(Error::ReadOnly)?;
        // SQLite's plain BEGIN takes the write lock only later, and may then fail.
        let begin = if session.backend() == Backend::Sqlite {
            "BEGIN IMMEDIATE"
        } else {
            "BEGIN"
        };
        session.run(begin).await.map_err(failed)?;
        let passed = fence::pass(session, lock.epoch).await?;
        Ok(Self {
            inner,
            session: guard,
            epoch: lock.epoch,
            commit: passed.commit,
            size: passed.size,
        })
    }

    /// Number of entries in the ledger, those of this transaction included.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Those of the records that exist in this transaction, in the order of their keys.
    ///
    /// # Errors
    /// As [`crate::Store::get_many`].
    pub async fn get_many<R: Record>(&mut self, keys: &[Vec<Value>]) -> Result<Vec<R>, Error> {
        let rows = read::rows_of_keys(self.session()?, R::TABLE, keys).await;
        read::records(self.or_end(rows)?)
    }

    /// [`crate::Store::scan`] within this transaction.
    ///
    /// # Errors
    /// As [`crate::Store::scan`].
    pub async fn scan<R: Record>(
        &mut self,
        filter: &[(&'static str, Compare)],
        order: &[(&'static str, Direction)],
        after: Option<&[Value]>,
        limit: u32,
    ) -> Result<Vec<R>, Error> {
        let found = read::scan(self.session()?, filter, order, after, limit).await;
        self.or_end(found)
    }

    /// Appends entries (1 to 65,535 bytes each) at the end of the ledger, which must be `first`.
    ///
    /// # Errors
    /// [`Error::Gap`], [`Error::Write`], [`Error::Query`] for an entry that is empty or too long.
    pub async fn append_entries(&mut self, first: u64, bodies: &[Vec<u8>]) -> Result<(), Error> {
        if first != self.size {
            return Err(Error::Gap {
                expected: self.size,
                found: first,
            });
        }
        if bodies
            .iter()
            .any(|body| body.is_empty() || body.len() > LARGEST_ENTRY)
        {
            return Err(Error::query(
                ENTRIES.name,
                format!("an entry has 1 to {LARGEST_ENTRY} bytes"),
            ));
        }
        let row =
            |(idx, body): (u64, &Vec<u8>)| Ok(vec![integer(&ENTRIES, idx)?, body.clone().into()]);
        let rows = (first..)
            .zip(bodies)
            .map(row)
            .collect::<Result<Vec<_>, Error>>()?;
        let count = rows.len() as u64;
        self.insert_rows(&ENTRIES, rows).await?;
        self.size += count;
        Ok(())
    }

    /// Stores full tiles. A tile that exists already is [`Error::Conflict`].
    ///
    /// # Errors
    /// [`Error::Conflict`], [`Error::Write`], [`Error::Query`] for a tile that is not full.
    pub async fn put_tiles(&mut self, tiles: &[(TileId, Vec<Digest>)]) -> Result<(), Error> {
        self.put_tiles_of(&TILES, tiles).await
    }

    /// The same for the SHA-256 mirror.
    ///
    /// # Errors
    /// As [`Self::put_tiles`].
    pub async fn put_mirror_tiles(&mut self, tiles: &[(TileId, Vec<Digest>)]) -> Result<(), Error> {
        self.put_tiles_of(&MIRROR_TILES, tiles).await
    }

    async fn put_tiles_of(
        &mut self,
        table: &'static Table,
        tiles: &[(TileId, Vec<Digest>)],
    ) -> Result<(), Error> {
        let row = |(id, hashes): &(TileId, Vec<Digest>)| {
            if hashes.len() != FULL_TILE {
                return Err(Error::query(
                    table.name,
                    format!("a full tile has {FULL_TILE} hashes"),
                ));
            }
            let hashes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
            Ok(vec![
                i64::from(id.level).into(),
                integer(table, id.index)?,
                hashes.into(),
            ])
        };
        let rows = tiles.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
        self.insert_rows(table, rows).await
    }

    /// Encrypts and stores blobs of at most 16 MiB; their SM3 digests, by which they are found. Storing a blob
    /// again changes nothing.
    ///
    /// # Errors
    /// As [`Self::put_blobs`].
    pub async fn put_sealed(&mut self, plaintexts: &[&[u8]]) -> Result<Vec<Digest>, Error> {
        let blobs: Vec<_> = plaintexts
            .iter()
            .map(|plaintext| self.inner.seal.seal(plaintext))
            .collect();
        let digests = blobs.iter().map(SealedBlob::digest).collect();
        self.put_blobs(blobs).await?;
        Ok(digests)
    }

    /// Stores blobs of at most 16 MiB that everybody may read, in the clear: authorities' and responders' certificates,
    /// CRLs. A reader without the seal key opens them. Each comes with its SM3, by which it is found; under another one
    /// nobody could open it. Large ones are written one by one, so that memory never holds a second copy of them all.
    ///
    /// # Errors
    /// As [`Self::put_blobs`].
    pub async fn put_public<B: AsRef<[u8]>>(&mut self, blobs: &[(Digest, B)]) -> Result<(), Error> {
        let too_long = |(_, blob): &(Digest, B)| blob.as_ref().len() > LARGEST_BLOB;
        if blobs.iter().any(too_long) {
            return Err(Error::query(SEALED.name, "a blob has at most 16 MiB"));
        }
        let mut rest = blobs;
        while !rest.is_empty() {
            let mut bytes = 0_usize;
            let fits = |(_, blob): &&(Digest, B)| {
                bytes = bytes.saturating_add(blob.as_ref().len());
                bytes <= GROUP_BYTES
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (group, later) = rest.split_at(count);
            rest = later;
            // PostgreSQL refuses to touch one row twice in one statement.
            let rows: BTreeMap<_, _> = group
                .iter()
                .map(|(digest, blob)| (*digest, blob.as_ref()))
                .collect();
            let row = |(digest, blob): (Digest, &[u8])| vec![digest.into(), blob.to_vec().into()];
            let rows = rows.into_iter().map(row).collect();
            self.write_rows(&SEALED, rows, OnConflict::Update).await?;
        }
        Ok(())
    }

    /// Stores blobs of at most 16 MiB that [`crate::SealKey::seal`] made with the key of this store.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::Query`] for a blob that is too long.
    pub async fn put_blobs(
        &mut self,
        blobs: impl IntoIterator<Item = SealedBlob>,
    ) -> Result<(), Error> {
        let row = |blob: SealedBlob| {
            if blob.ciphertext.len() > LARGEST_BLOB {
                return Err(Error::query(SEALED.name, "a blob has at most 16 MiB"));
            }
            Ok(vec![blob.digest.into(), blob.ciphertext.into()])
        };
        let rows = blobs.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        self.write_rows(&SEALED, rows, OnConflict::Ignore).await
    }

    /// Stores the signed note of a checkpoint over the first `size` entries.
    ///
    /// # Errors
    /// [`Error::Conflict`] where there is one of that size, [`Error::Write`], [`Error::Query`] where the ledger
    /// is smaller or the note longer than 64 KiB.
    pub async fn put_checkpoint(&mut self, size: u64, note: &str) -> Result<(), Error> {
        self.put_note(&CHECKPOINTS, size, note).await
    }

    /// The same for the SHA-256 mirror.
    ///
    /// # Errors
    /// As [`Self::put_checkpoint`].
    pub async fn put_mirror_checkpoint(&mut self, size: u64, note: &str) -> Result<(), Error> {
        self.put_note(&MIRROR_CHECKPOINTS, size, note).await
    }

    async fn put_note(
        &mut self,
        table: &'static Table,
        size: u64,
        note: &str,
    ) -> Result<(), Error> {
        if size > self.size || note.len() > LARGEST_NOTE {
            return Err(Error::query(
                table.name,
                format!("the ledger has {} entries", self.size),
            ));
        }
        let row = vec![integer(table, size)?, note.into()];
        self.insert_rows(table, vec![row]).await
    }

    /// Writes records, replacing those of the same keys. Of two with one key the later wins.
    ///
    /// # Errors
    /// As [`Self::upsert_rows`].
    pub async fn upsert<'a, R: Record + 'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a R>,
    ) -> Result<(), Error> {
        let rows = records.into_iter().map(Record::to_row).collect();
        self.upsert_rows(R::TABLE, rows).await
    }

    /// [`Self::upsert`] for rows.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a unique column that another row has, [`Error::Write`], [`Error::Query`] for a row
    /// that does not fit the table.
    pub async fn upsert_rows(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        rows.iter().try_for_each(|row| table.check_row(row))?;
        // PostgreSQL refuses to touch one row twice in one statement.
        let mut latest = BTreeMap::new();
        for row in rows {
            latest.insert(table.key_of(&row)?, row);
        }
        let rows = latest.into_values().collect();
        self.write_rows(table, rows, OnConflict::Update).await
    }

    /// [`Self::upsert`] of rows that exist, of which only these columns may have changed. Indexes over other columns
    /// stay untouched. A row that does not exist is written whole.
    ///
    /// # Errors
    /// As [`Self::upsert_rows`].
    pub(crate) async fn upsert_columns(
        &mut self,
        table: &'static Table,
        columns: &[&'static str],
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        self.write_rows(table, rows, OnConflict::UpdateColumns(columns))
            .await
    }

    /// Writes rows (no key twice); where a row of that key exists, `column` grows by what is given and the rest stays.
    ///
    /// # Errors
    /// As [`Self::upsert_rows`].
    pub async fn add_rows(
        &mut self,
        table: &'static Table,
        column: &'static str,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        self.write_rows(table, rows, OnConflict::Add(column)).await
    }

    /// Writes those of the records whose keys do not exist yet.
    ///
    /// # Errors
    /// As [`Self::insert_rows`], but for existing keys.
    pub async fn insert_missing<'a, R: Record + 'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a R>,
    ) -> Result<(), Error> {
        let rows = records.into_iter().map(Record::to_row).collect();
        self.write_rows(R::TABLE, rows, OnConflict::Ignore).await
    }

    /// Writes new records.
    ///
    /// # Errors
    /// As [`Self::insert_rows`].
    pub async fn insert<'a, R: Record + 'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a R>,
    ) -> Result<(), Error> {
        let rows = records.into_iter().map(Record::to_row).collect();
        self.insert_rows(R::TABLE, rows).await
    }

    /// Writes new rows.
    ///
    /// # Errors
    /// [`Error::Conflict`] where a row of that key (or unique column) exists, [`Error::Write`], [`Error::Query`].
    pub async fn insert_rows(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        self.write_rows(table, rows, OnConflict::Fail).await
    }

    /// Deletes the records of these keys; how many there were.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::Query`].
    pub async fn delete<R: Record>(&mut self, keys: &[Vec<Value>]) -> Result<u64, Error> {
        keys.iter().try_for_each(|key| R::TABLE.check_key(key))?;
        let mut deleted = 0;
        for group in sql::key_groups(keys) {
            let statement = sql::delete_keys(self.session()?.backend(), R::TABLE, &group)?;
            deleted += self.execute(R::TABLE.name, statement).await?;
        }
        Ok(deleted)
    }

    /// Deletes every row of a table, before it is rebuilt.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub async fn clear(&mut self, table: &'static Table) -> Result<(), Error> {
        let mut statement = Statement::new(self.session()?.backend(), "DELETE FROM ");
        statement.name(table.name);
        self.execute(table.name, statement).await?;
        if table == &ENTRIES {
            self.size = 0;
        }
        Ok(())
    }

    /// Says that every view of this program is complete again: [`crate::Store::stale_views`] will be empty.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub async fn mark_views_rebuilt(&mut self) -> Result<(), Error> {
        let backend = self.session()?.backend();
        if let Some(statement) = schema::mark_rebuilt(backend, self.inner.tables)? {
            self.execute(SCHEMA.name, statement).await?;
        }
        Ok(())
    }

    /// Makes everything durable and visible.
    ///
    /// # Errors
    /// [`Error::Write`]: nothing happened. [`Error::Indoubt`]: the database went away and could not be asked.
    pub async fn commit(mut self) -> Result<(), Error> {
        match self.session()?.run("COMMIT").await {
            Ok(_) => {
                if let Some(session) = self.session.0.take() {
                    session.keep();
                }
                Ok(())
            }
            Err(error) => {
                self.end();
                let what = error.to_string();
                match fence::happened(&self.inner.database, self.epoch, self.commit).await {
                    Some(true) => Ok(()),
                    Some(false) => Err(Error::Write { what }),
                    None => Err(Error::Indoubt { what }),
                }
            }
        }
    }

    async fn write_rows(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Value>>,
        on_conflict: OnConflict<'_>,
    ) -> Result<(), Error> {
        rows.iter().try_for_each(|row| table.check_row(row))?;
        let backend = self.session()?.backend();
        let mut rest = rows;
        while !rest.is_empty() {
            let mut group = rest;
            rest = group.split_off(group.len().min(sql::LARGEST_GROUP));
            let statement = sql::insert(backend, table, group, on_conflict)?;
            self.execute(table.name, statement).await?;
        }
        Ok(())
    }

    async fn execute(&mut self, table: &'static str, statement: Statement) -> Result<u64, Error> {
        let changed = self.session()?.execute(statement).await;
        self.or_end(changed.map_err(|error| Error::write(table, &error)))
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        let ended = || Error::Write {
            what: "an earlier statement of the transaction failed".into(),
        };
        self.session.0.as_deref_mut().ok_or_else(ended)
    }

    /// Ends the transaction where the database refused something: what follows would not be part of it.
    fn or_end<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if !matches!(
            result,
            Ok(_) | Err(Error::Query { .. } | Error::Column { .. })
        ) {
            self.end();
        }
        result
    }

    fn end(&mut self) {
        drop(Guard(self.session.0.take()));
    }
}

fn integer(table: &'static Table, number: u64) -> Result<Value, Error> {
    i64::try_from(number)
        .map(Value::Integer)
        .map_err(|_| Error::query(table.name, "a number beyond 2^63"))
}
