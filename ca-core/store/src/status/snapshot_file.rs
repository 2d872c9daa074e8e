//! Where a process keeps its snapshot, and whether what lies there stands for the ledger at hand.

use std::path::PathBuf;
use std::sync::Arc;

use ledger::checkpoint::VerifierKey;
use ledger::tile::Appender;
use ledger::tree::leaf_hash;

use super::{Capture, Snapshot, StatusIndex};
use crate::error::Error;
use crate::kept::SnapshotKey;
use crate::store::Store;

/// Entries read at a time.
const PAGE: u32 = 4096;

/// A snapshot's place.
#[derive(Clone)]
pub struct SnapshotFile {
    /// The file.
    pub path: PathBuf,
    /// Its key.
    pub key: Arc<SnapshotKey>,
}

impl SnapshotFile {
    /// The index and the tree that a replay of `store` goes on from: those of the snapshot where there is one that
    /// stands for the beginning of this ledger, empty ones otherwise, with a warning.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn start(
        &self,
        store: &Store,
        log: &VerifierKey,
    ) -> Result<(StatusIndex, Appender), Error> {
        match usable(store, self.path.clone(), Arc::clone(&self.key), log.clone()).await {
            Ok(found) => Ok(found.unwrap_or_default()),
            Err(error @ Error::Snapshot { .. }) => {
                tracing::warn!(%error, path = %self.path.display(), "reading the whole ledger instead");
                Ok(Default::default())
            }
            Err(error) => Err(error),
        }
    }

    /// Writes `capture`, which `note` covers.
    ///
    /// # Errors
    /// [`Error::Snapshot`].
    pub async fn write(&self, capture: Capture, note: String) -> Result<(), Error> {
        let (path, key) = (self.path.clone(), Arc::clone(&self.key));
        tokio::task::spawn_blocking(move || capture.write(&path, &key, &note))
            .await
            .map_err(|error| Error::snapshot(error.to_string()))?
    }
}

/// The index and the tree of a snapshot that stands for the beginning of this ledger; `None` without a snapshot.
///
/// # Errors
/// [`Error::Snapshot`] where it is not used; [`Error::Read`].
async fn usable(
    store: &Store,
    path: PathBuf,
    tag: Arc<SnapshotKey>,
    log: VerifierKey,
) -> Result<Option<(StatusIndex, Appender)>, Error> {
    let reading = tokio::task::spawn_blocking(move || Snapshot::read(&path, &tag, &log));
    let reading = reading
        .await
        .map_err(|error| Error::snapshot(error.to_string()))?;
    let Some(Snapshot { index, checkpoint }) = reading? else {
        return Ok(None);
    };
    if checkpoint.size > store.size().await? {
        return Err(Error::snapshot("it is from the future of this ledger"));
    }
    // What it stands for: a tree that leads to the checkpoint's root.
    let start = tree(store, index.applied()).await?;
    let mut grown = start.clone();
    while grown.size() < checkpoint.size {
        let wanted = (checkpoint.size - grown.size()).min(PAGE.into());
        let limit = u32::try_from(wanted).unwrap_or(PAGE);
        let page = store.entries(grown.size(), limit).await?;
        if page.is_empty() {
            break;
        }
        for (_, body) in page {
            grown.append(leaf_hash(&body));
        }
        drop(grown.take_full_tiles());
    }
    if grown.size() != checkpoint.size || grown.root() != checkpoint.root {
        return Err(Error::snapshot(
            "the ledger is another one than it stands for",
        ));
    }
    Ok(Some((index, start)))
}

async fn tree(store: &Store, size: u64) -> Result<Appender, Error> {
    store.tree(size).await.map_err(|error| match error {
        Error::Damaged { .. } => {
            Error::snapshot(format!("the ledger's tree does not fit: {error}"))
        }
        error => error,
    })
}
