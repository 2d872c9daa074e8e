//! Feeds an index from another process's ledger: in order, without gaps, held against the log's checkpoints.
//!
//! New entries count at once; the next checkpoint must have their root, or the index is not trusted any more. Entries
//! that no checkpoint covers in time do not make a complete view: what the log does not vouch for must not last.
//! PostgreSQL says when there is something new; otherwise, and with SQLite, the size is asked for.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ledger::checkpoint::{Checkpoint, VerifierKey, open_note};
use ledger::event::{Entry, Event};
use ledger::tile::Appender;
use ledger::tree::leaf_hash;
use sm_engine::sm3::Digest;
use tokio::sync::Notify;
use tokio::time::{interval, timeout};
use x509::time::Time;

use super::{Capture, Follower, SnapshotFile, StatusIndex};
use crate::clock::Clock;
use crate::error::Error;
use crate::store::Store;

/// How often the size is asked for, and how often the view's age is looked at.
const POLL: Duration = Duration::from_millis(200);
/// How long the database may take for one round of questions.
const PATIENCE: Duration = Duration::from_secs(10);
/// Entries read at a time.
const PAGE: u32 = 4096;
/// Seconds within which a checkpoint must cover an entry. The writer signs one within half a second.
const UNCOVERED: i64 = 60;
/// Entries after which a new snapshot is worth writing, and seconds between two.
const SNAPSHOT_ENTRIES: u64 = 1000;
const SNAPSHOT_SECONDS: i64 = 600;

/// A follower of the ledger in `store`.
pub struct Tail {
    store: Store,
    key: VerifierKey,
    index: Arc<StatusIndex>,
    snapshot: Option<SnapshotFile>,
    /// The tree up to the newest checkpoint that was found right.
    tree: Appender,
    /// Hashes of the entries after it.
    uncovered: VecDeque<Digest>,
    /// When the first of them was seen.
    uncovered_since: Option<Time>,
    /// The newest checkpoint that was found right.
    note: Option<String>,
    capture: Option<Capture>,
    /// Size and time of the last snapshot.
    written: (u64, Time),
}

impl Tail {
    /// Begins from the snapshot, if there is one that fits the ledger, and from the first entry otherwise. The ledger
    /// must be that of `key`. The index is current for `max_lag` seconds after each complete view.
    ///
    /// # Errors
    /// [`Error::Unfollowable`] where the ledger is another log's; [`Error::Read`].
    pub async fn open(
        store: Store,
        key: VerifierKey,
        max_lag: i64,
        snapshot: Option<SnapshotFile>,
        now: Time,
    ) -> Result<Self, Error> {
        check_founding(&store, &key).await?;
        let (index, tree) = match &snapshot {
            Some(file) => file.start(&store, &key).await?,
            None => Default::default(),
        };
        index.limit_lag(max_lag);
        Ok(Self {
            store,
            key,
            written: (tree.size(), now),
            index: Arc::new(index),
            snapshot,
            tree,
            uncovered: VecDeque::new(),
            uncovered_since: None,
            note: None,
            capture: None,
        })
    }

    /// The index that is fed.
    #[must_use]
    pub fn index(&self) -> &Arc<StatusIndex> {
        &self.index
    }

    /// Reads everything new. Afterwards the index is complete as of `now`, unless entries wait too long for their
    /// checkpoint.
    ///
    /// # Errors
    /// [`Error::Unfollowable`], after which the index is not trusted any more; [`Error::Read`], after which the next
    /// call may succeed.
    pub async fn catch_up(&mut self, now: Time) -> Result<(), Error> {
        let result = self.read_on(now).await;
        if let Err(Error::Unfollowable { .. } | Error::Damaged { .. } | Error::Column { .. }) =
            &result
        {
            self.index.stop_trusting();
        }
        result
    }

    async fn read_on(&mut self, now: Time) -> Result<(), Error> {
        // The checkpoint first: what it covers is committed and will be read.
        let note = self.store.latest_checkpoint().await?;
        let checkpoint = self.newer(note.as_deref())?;
        let size = self.store.size().await?;
        if size < self.index.applied() {
            return Err(Error::unfollowable("the ledger has become shorter"));
        }
        while self.index.applied() < size {
            self.read_page(checkpoint.as_ref()).await?;
        }
        if let Some(checkpoint) = &checkpoint {
            self.cover(checkpoint)?;
            if self.tree.size() < checkpoint.size {
                return Err(Error::unfollowable(
                    "entries under a checkpoint are missing",
                ));
            }
            self.note = note;
        }
        // What a new checkpoint left uncovered is newer than it.
        let since = self.uncovered_since.filter(|_| checkpoint.is_none());
        self.uncovered_since = (!self.uncovered.is_empty()).then(|| since.unwrap_or(now));
        if let Some(since) = self.uncovered_since
            && now.0.saturating_sub(since.0) > UNCOVERED
        {
            tracing::warn!(
                entries = self.uncovered.len(),
                "no checkpoint covers the latest entries: is the authority running?"
            );
            return Ok(());
        }
        self.index.complete(now);
        Ok(())
    }

    /// What `note` says, if it is not the one that was seen last.
    fn newer(&self, note: Option<&str>) -> Result<Option<Checkpoint>, Error> {
        let Some(note) = note.filter(|note| self.note.as_deref() != Some(*note)) else {
            return Ok(None);
        };
        let checkpoint = open_note(note, &self.key)
            .map_err(|error| Error::unfollowable(format!("the latest checkpoint: {error}")))?;
        if checkpoint.size < self.tree.size() {
            return Err(Error::unfollowable(
                "the latest checkpoint has become older",
            ));
        }
        Ok(Some(checkpoint))
    }

    async fn read_page(&mut self, checkpoint: Option<&Checkpoint>) -> Result<(), Error> {
        let first = self.index.applied();
        let page = self.store.entries(first, PAGE).await?;
        if page.is_empty() {
            return Err(Error::unfollowable(format!("entry {first} is missing")));
        }
        let mut entries = Vec::with_capacity(page.len());
        for (expected, (index, body)) in (first..).zip(page) {
            if index != expected {
                return Err(Error::unfollowable(format!("entry {expected} is missing")));
            }
            let entry = Entry::decode(&body)
                .map_err(|error| Error::unfollowable(format!("entry {index}: {error}")))?;
            self.uncovered.push_back(leaf_hash(&body));
            entries.push(entry);
        }
        if let Some(checkpoint) = checkpoint {
            self.cover(checkpoint)?;
        }
        self.index.follow(first, &entries);
        Ok(())
    }

    /// Moves hashes under the tree up to the checkpoint, whose root it must have then.
    fn cover(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        while self.tree.size() < checkpoint.size
            && let Some(leaf) = self.uncovered.pop_front()
        {
            self.tree.append(leaf);
        }
        // Full tiles are in the database; only the edge is kept.
        drop(self.tree.take_full_tiles());
        if self.tree.size() == checkpoint.size && self.tree.root() != checkpoint.root {
            return Err(Error::unfollowable(format!(
                "the first {} entries are not the ones that the latest checkpoint covers",
                checkpoint.size
            )));
        }
        Ok(())
    }

    /// Follows until dropped.
    pub async fn run(mut self, clock: Arc<dyn Clock>) {
        let (index, store, news) = (Arc::clone(&self.index), self.store.clone(), Notify::new());
        let ageing = async {
            let mut tick = interval(POLL);
            loop {
                tick.tick().await;
                // The view gets older also while the database is silent.
                let _ = index.is_current(clock.now());
            }
        };
        let following = async {
            let mut failing = false;
            loop {
                let now = clock.now();
                let result = timeout(PATIENCE, self.catch_up(now)).await;
                match result {
                    Ok(Ok(())) => {
                        if std::mem::take(&mut failing) {
                            tracing::info!("the ledger can be followed again");
                        }
                        self.keep_snapshot(now).await;
                    }
                    Ok(Err(error @ (Error::Read { .. } | Error::Open { .. }))) => {
                        if !std::mem::replace(&mut failing, true) {
                            tracing::error!(%error, "the ledger cannot be read; trying again");
                        }
                    }
                    Ok(Err(error)) => {
                        tracing::error!(%error, "the status index is not trusted any more: nothing is answered");
                        return;
                    }
                    Err(_) => {
                        if !std::mem::replace(&mut failing, true) {
                            tracing::error!("the database does not answer; trying again");
                        }
                    }
                }
                // Woken by news, or by the time.
                let _ = timeout(POLL, news.notified()).await;
            }
        };
        tokio::select! {
            () = ageing => {}
            () = following => {}
            () = store.listen(&news) => {}
        }
    }

    /// Writes a snapshot now and then; failing to is no reason to stop.
    async fn keep_snapshot(&mut self, now: Time) {
        let Some(file) = &self.snapshot else { return };
        let (size, at) = self.written;
        let due = self.index.applied().saturating_sub(size) >= SNAPSHOT_ENTRIES
            && (size == 0 || now.0.saturating_sub(at.0) >= SNAPSHOT_SECONDS);
        if self.capture.is_none() && due {
            self.capture = self.index.capture();
        }
        let covered = |capture: &mut Capture| capture.size() <= self.tree.size();
        let (Some(capture), Some(note)) = (self.capture.take_if(covered), self.note.clone()) else {
            return;
        };
        self.written = (capture.size(), now);
        if let Err(error) = file.write(capture, note).await {
            tracing::warn!(%error, "the next start reads the whole ledger");
        }
    }
}

/// Entry 0 names the log.
async fn check_founding(store: &Store, key: &VerifierKey) -> Result<(), Error> {
    let body = store.entry(0).await?;
    let body = body.ok_or_else(|| Error::unfollowable("the database holds no ledger"))?;
    match Entry::decode(&body).map(|entry| entry.event) {
        Ok(Event::LedgerFounded {
            origin, key: point, ..
        }) if origin == key.name && point == hex(&key.point.to_sec1()) => Ok(()),
        _ => Err(Error::unfollowable(
            "the ledger was founded under another key or name than that of the log's key",
        )),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
