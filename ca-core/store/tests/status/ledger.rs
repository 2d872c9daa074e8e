//! A small ledger in a real database: a writer that signs checkpoints, and whoever follows it.

use std::sync::Arc;

use ledger::checkpoint::{Checkpoint, VerifierKey, note_message, signed_note};
use ledger::event::{Entry, Event};
use ledger::tile::Appender;
use ledger::tree::leaf_hash;
use sm_engine::sm2::{PrivateKey, SignerId};
use sm_engine::sm3::Digest;
use store::status::{SnapshotFile, SnapshotKey, Tail};
use store::{SealKey, Store, WriterLock};
use tempfile::TempDir;
use x509::time::Time;

use super::history::{Happening, entry};

/// The moment at which everything happens that happens on time.
pub const NOW: Time = Time(1_700_000_000);

/// A log's key.
pub struct Log {
    pub key: VerifierKey,
    private: PrivateKey,
}

impl Log {
    pub fn new() -> Self {
        let private = PrivateKey::generate();
        let key = VerifierKey::new("test/log", private.public_key().clone()).unwrap();
        Self { key, private }
    }

    /// A signed checkpoint of that size and root.
    pub fn note(&self, size: u64, root: Digest, previous: Option<u64>) -> String {
        let checkpoint = Checkpoint {
            origin: self.key.name.clone(),
            size,
            root,
            previous: previous.filter(|previous| *previous < size),
        };
        let message = note_message(&checkpoint);
        let signature = self.private.sign(SignerId::Default, &message).unwrap();
        signed_note(&checkpoint, &self.key, &signature)
    }
}

pub struct Ledger {
    pub folder: TempDir,
    pub url: String,
    /// Where readers find it.
    pub reading: String,
    pub key: VerifierKey,
    log: Log,
    store: Store,
    lock: WriterLock,
    tree: Appender,
    previous: Option<u64>,
}

impl Ledger {
    /// Founded in a database of its own.
    pub async fn found() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        Self::found_on(folder, url).await
    }

    /// Founded in an empty database.
    pub async fn found_on(folder: TempDir, url: String) -> Self {
        let log = Log::new();
        let store = Store::open(&url, SealKey::new(&[1; 32])).await.unwrap();
        let lock = store.acquire_writer().await.unwrap();
        let mut ledger = Self {
            folder,
            reading: url.clone(),
            url,
            key: log.key.clone(),
            log,
            store,
            lock,
            tree: Appender::new(),
            previous: None,
        };
        let event = Event::LedgerFounded {
            origin: "test/log".into(),
            key: hex(&ledger.key.point.to_sec1()),
            demonstration: true,
        };
        ledger.append(&[Entry::new(NOW.0, event)]).await;
        ledger.checkpoint().await;
        ledger
    }

    pub async fn tell(&mut self, happenings: &[Happening]) {
        let entries: Vec<_> = happenings.iter().map(entry).collect();
        self.append(&entries).await;
    }

    pub async fn append(&mut self, entries: &[Entry]) {
        let bodies: Vec<_> = entries.iter().map(|e| e.encode().unwrap()).collect();
        let first = self.tree.size();
        for body in &bodies {
            self.tree.append(leaf_hash(body));
        }
        let mut tx = self.store.begin(&self.lock).await.unwrap();
        tx.append_entries(first, &bodies).await.unwrap();
        tx.put_tiles(&self.tree.take_full_tiles()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Signs a checkpoint over everything so far.
    pub async fn checkpoint(&mut self) -> String {
        let note = self.note(self.tree.root());
        self.put(&note).await;
        note
    }

    /// A checkpoint of the present size over a tree with that root.
    pub fn note(&self, root: Digest) -> String {
        self.note_of(self.tree.size(), root)
    }

    /// A checkpoint of that size and root.
    pub fn note_of(&self, size: u64, root: Digest) -> String {
        self.log.note(size, root, self.previous)
    }

    pub async fn put(&mut self, note: &str) {
        let mut tx = self.store.begin(&self.lock).await.unwrap();
        tx.put_checkpoint(self.tree.size(), note).await.unwrap();
        tx.commit().await.unwrap();
        self.previous = Some(self.tree.size());
    }

    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Where followers of this ledger keep their snapshot.
    pub fn snapshot(&self) -> SnapshotFile {
        SnapshotFile {
            path: self.folder.path().join("status.snapshot"),
            key: Arc::new(SnapshotKey::new(&[2; 32])),
        }
    }

    /// A reader with no right to write, and not under the key of the sealed blobs.
    pub async fn reader(&self) -> Store {
        let key = SealKey::new(&[0; 32]);
        Store::open_read_only(&self.reading, key).await.unwrap()
    }

    pub async fn follower(&self, snapshot: Option<SnapshotFile>) -> Tail {
        let store = self.reader().await;
        Tail::open(store, self.key.clone(), 60, snapshot, NOW)
            .await
            .unwrap()
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
