//! Opening a database and becoming its writer.

use std::sync::Arc;

use crate::database::{Access, Backend, Database, Failure};
use crate::error::Error;
use crate::fence::WriterLock;
use crate::schema::{self, Declared, Plan};
use crate::seal::SealKey;
use crate::table::Table;
use crate::views::VIEWS;
use crate::write::WriteTx;

/// A database. Clones share its connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) seal: SealKey,
    pub(crate) tables: Declared,
}

impl Store {
    /// Opens `sqlite:PATH` (created if missing, mode 0600) or `postgres://…` for reading and writing, and brings
    /// the tables to the shape of this program.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Newer`], [`Error::Schema`]; [`Error::WriterBusy`] where views have to change
    /// while another process writes.
    pub async fn open(url: &str, seal: SealKey) -> Result<Self, Error> {
        Self::open_with(url, seal, VIEWS).await
    }

    /// [`Self::open`] with views of one's own.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(
        url: &str,
        seal: SealKey,
        tables: &'static [&'static Table],
    ) -> Result<Self, Error> {
        let store = Self::connect(url, seal, tables, Access::Write).await?;
        let plan = store.plan().await?;
        if plan != Plan::Fits {
            let lock = match plan {
                Plan::Change => Some(store.acquire_writer().await?),
                _ => None,
            };
            let database = &store.inner.database;
            let session = database
                .writer()
                .await
                .map_err(|error| Error::open(&error))?;
            let mut session = session.ok_or(Error::ReadOnly)?;
            if let Err(error) = schema::prepare(&mut session, tables).await {
                session.close_on_drop();
                return Err(error);
            }
            if let Some(lock) = lock {
                lock.release().await;
            }
        }
        Ok(store)
    }

    /// Opens an existing database for reading, also while another process writes to it. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Newer`], [`Error::Schema`].
    pub async fn open_read_only(url: &str, seal: SealKey) -> Result<Self, Error> {
        Self::open_read_only_with(url, seal, VIEWS).await
    }

    /// [`Self::open_read_only`] with views of one's own.
    ///
    /// # Errors
    /// As [`Self::open_read_only`].
    pub async fn open_read_only_with(
        url: &str,
        seal: SealKey,
        tables: &'static [&'static Table],
    ) -> Result<Self, Error> {
        let store = Self::connect(url, seal, tables, Access::Read).await?;
        match store.plan().await? {
            Plan::Fits => Ok(store),
            Plan::Create => Err(Error::Schema {
                what: "it holds no ledger yet".into(),
            }),
            Plan::Change => Err(Error::Schema {
                what: "its views are of another version of this program".into(),
            }),
        }
    }

    async fn connect(
        url: &str,
        seal: SealKey,
        tables: Declared,
        access: Access,
    ) -> Result<Self, Error> {
        let database = Database::connect(url, access).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                database,
                seal,
                tables,
            }),
        })
    }

    async fn plan(&self) -> Result<Plan, Error> {
        let mut session = self
            .inner
            .database
            .reader()
            .await
            .map_err(|error| Error::open(&error))?;
        schema::verify(&mut session, self.inner.tables).await
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.inner.database.backend()
    }

    /// The key of the sealed blobs, for keyed digests.
    #[must_use]
    pub fn seal_key(&self) -> &SealKey {
        &self.inner.seal
    }

    /// Becomes the writer of this database. There is one at a time, over all processes and machines.
    ///
    /// # Errors
    /// [`Error::WriterBusy`] at once (PostgreSQL: after half a second), [`Error::ReadOnly`], [`Error::Write`].
    pub async fn acquire_writer(&self) -> Result<WriterLock, Error> {
        WriterLock::acquire(&self.inner.database).await
    }

    /// Opens the connection that writes anew. A connection to a server is woken by the runtime in which it was opened:
    /// a writer with a runtime of its own then waits for nobody else.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Write`].
    pub async fn renew_writer(&self) -> Result<(), Error> {
        let failed = |error: Failure| Error::write(schema::WRITER.name, &error);
        let database = &self.inner.database;
        let mut old = database.writer().await.map_err(failed)?;
        if let Some(old) = &mut old {
            old.close_on_drop();
        }
        drop(old);
        let new = database.writer().await.map_err(failed)?;
        new.ok_or(Error::ReadOnly)?.keep();
        Ok(())
    }

    /// Begins a transaction; waits until the one before has ended.
    ///
    /// # Errors
    /// [`Error::WriterLost`] where another process has become the writer, [`Error::Write`].
    pub async fn begin(&self, lock: &WriterLock) -> Result<WriteTx, Error> {
        WriteTx::begin(Arc::clone(&self.inner), lock).await
    }

    /// Views that must be rebuilt from the ledger before they say anything: this program declares them otherwise
    /// than the one that wrote the database. [`WriteTx::mark_views_rebuilt`] ends it.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn stale_views(&self) -> Result<Vec<&'static str>, Error> {
        let mut session = self.reader().await?;
        schema::stale(&mut session, self.inner.tables).await
    }

    /// Closes all connections and waits for it. Dropping the last clone closes them too, a moment later.
    pub async fn close(self) {
        self.inner.database.close().await;
    }
}
