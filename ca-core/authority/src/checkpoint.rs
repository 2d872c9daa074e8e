//! Checkpoints: signed as entries come, and the latest one kept outside the database.
//!
//! A database cannot know that it is an old copy of itself. The checkpoint kept beside it does.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ledger::checkpoint::Checkpoint;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::service::Core;
use crate::writer::Order;

/// How long entries are gathered before a checkpoint covers them. A checkpoint is never a second late.
const GATHER: Duration = Duration::from_millis(300);

/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// A place outside the database for the latest checkpoint.
pub trait CheckpointKeeper: Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// The note that was kept last; nothing before the first.
    ///
    /// # Errors
    /// Where the place cannot be read.
    fn kept(&self) -> io::Result<Option<String>>;

    /// Keeps `note` instead of the one before: durable when this returns, and never half of it.
    ///
    /// # Errors
    /// Where the place cannot be written; the note before is still there.
    fn keep(&self, note: &str) -> io::Result<()>;
}

/// The keeper, and how far it is.
pub(crate) struct Keeping {
    keeper: Arc<dyn CheckpointKeeper>,
    /// Size of the checkpoint that was kept last.
    covered: Mutex<u64>,
}

impl Keeping {
    pub(crate) fn new(keeper: Arc<dyn CheckpointKeeper>, covered: u64) -> Self {
        Self {
            keeper,
            covered: Mutex::new(covered),
        }
    }
}

/// Signs a checkpoint over what is committed, where there is something new, and keeps it.
pub(crate) async fn sign(core: &Core) -> Result<(), Error> {
    core.writer.commit(Order::Checkpoint).await?;
    let Some(keeping) = &core.keeping else {
        return Ok(());
    };
    let mut covered = keeping.covered.lock().await;
    let Some(note) = core.store.latest_checkpoint().await? else {
        return Ok(());
    };
    let size = Checkpoint::from_note_unverified(&note)?.size;
    if size <= *covered {
        return Ok(());
    }
    let keeper = Arc::clone(&keeping.keeper);
    let kept = tokio::task::spawn_blocking(move || keeper.keep(&note)).await;
    kept.map_err(io::Error::other)
        .flatten()
        .map_err(|error| unusable(&*keeping.keeper, &error))?;
    *covered = size;
    Ok(())
}

/// Signs checkpoints as entries come.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut size = core.size.subscribe();
    while size.changed().await.is_ok() {
        tokio::time::sleep(GATHER).await;
        size.mark_unchanged();
        // No further entry need come: what is there is covered as soon as it can be.
        let mut failing = false;
        while let Err(error) = sign(&core).await {
            if matches!(error, Error::Stopping) {
                return;
            }
            if !std::mem::replace(&mut failing, true) {
                tracing::error!(%error, "a checkpoint could not be made or kept; trying again");
            }
            tokio::time::sleep(AGAIN).await;
        }
        if failing {
            tracing::info!("checkpoints are made and kept again");
        }
    }
}

/// What was kept when the service stopped; its signature is not looked at yet.
pub(crate) fn read_kept(
    keeper: &dyn CheckpointKeeper,
) -> Result<Option<(String, Checkpoint)>, Error> {
    let note = keeper.kept().map_err(|error| unusable(keeper, &error))?;
    let Some(note) = note else { return Ok(None) };
    let checkpoint = Checkpoint::from_note_unverified(&note)
        .map_err(|error| Error::Inconsistent(format!("{}: {error}", keeper.place())))?;
    Ok(Some((note, checkpoint)))
}

fn unusable(keeper: &dyn CheckpointKeeper, error: &io::Error) -> Error {
    Error::Inconsistent(format!(
        "the latest checkpoint is kept in {}, which cannot be used: {error}",
        keeper.place()
    ))
}
