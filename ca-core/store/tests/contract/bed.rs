//! A fresh database for one case, and a way around the store to look at it and to damage it.

use std::future::Future;
use std::sync::{Arc, LazyLock};

use sm_engine::sm3::Digest;
use store::{SealKey, Store, WriterLock};

use super::postgres_server::PostgresServer;
use super::sample::TABLES;

static SERVER: LazyLock<Arc<PostgresServer>> = LazyLock::new(|| Arc::new(PostgresServer::start()));

/// A database of its own.
pub struct Bed {
    pub url: String,
    pub place: Place,
}

pub enum Place {
    Directory(tempfile::TempDir),
    Server(Arc<PostgresServer>),
}

impl Bed {
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("gmpki.db").display());
        Self {
            url,
            place: Place::Directory(directory),
        }
    }

    pub fn postgres() -> Self {
        let server = Arc::clone(&SERVER);
        Self {
            url: server.new_database(),
            place: Place::Server(server),
        }
    }

    /// With a server that the case may stop.
    pub fn own_postgres() -> Self {
        let server = Arc::new(PostgresServer::start());
        Self {
            url: server.new_database(),
            place: Place::Server(server),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Directory(_))
    }

    pub async fn open(&self) -> Store {
        Store::open_with(&self.url, key(), TABLES).await.unwrap()
    }

    pub async fn open_as_writer(&self) -> (Store, WriterLock) {
        let store = self.open().await;
        let lock = store.acquire_writer().await.unwrap();
        (store, lock)
    }

    /// With the ledger's own views.
    pub async fn open_ledger_as_writer(&self) -> (Store, WriterLock) {
        let store = Store::open(&self.url, key()).await.unwrap();
        let lock = store.acquire_writer().await.unwrap();
        (store, lock)
    }

    /// Runs SQL past the store; the first column of the first row, as text.
    pub async fn sql(&self, text: &str) -> String {
        match &self.place {
            Place::Directory(_) => {
                let path = self.url.strip_prefix("sqlite:").unwrap();
                let connection = rusqlite::Connection::open(path).unwrap();
                let mut statement = connection.prepare(text).unwrap();
                if statement.column_count() == 0 {
                    statement.execute([]).unwrap();
                    return String::new();
                }
                let mut rows = statement.query([]).unwrap();
                let row = rows.next().unwrap();
                row.map(|row| row.get(0).unwrap_or_default())
                    .unwrap_or_default()
            }
            Place::Server(server) => {
                let name = self.url.split(['/', '?']).nth(3).unwrap();
                server.sql(name, text)
            }
        }
    }
}

/// The seal key of all cases.
pub fn key() -> SealKey {
    SealKey::new(&[0x5a; 32])
}

/// A digest of its own for every number.
pub fn digest(number: u64) -> Digest {
    sm_engine::sm3::digest(&number.to_be_bytes())
}

/// Runs a case as a spawned task: everything that the store awaits must be able to move between threads.
pub fn run<B, F>(bed: B, case: impl FnOnce(B) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let case = case(bed);
    runtime
        .block_on(async { tokio::spawn(case).await })
        .unwrap();
}
