//! Keeps the status index and the CRLs' lists in files, so that the next start reads only what came after them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::status::SnapshotFile;

use crate::checkpoint;
use crate::error::Error;
use crate::service::Core;

/// How often a snapshot is written, where there is anything new.
const EVERY: Duration = Duration::from_secs(600);

/// The place of the files and the ledger sizes that they stand for.
pub(crate) struct Keeper {
    file: SnapshotFile,
    written: AtomicU64,
    lists_written: AtomicU64,
}

impl Keeper {
    pub(crate) fn new(file: SnapshotFile, written: u64) -> Self {
        Self {
            file,
            written: AtomicU64::new(written),
            lists_written: AtomicU64::new(0),
        }
    }
}

/// Writes one now; a start without it only takes longer, so that failing is no fault.
pub(crate) async fn keep(core: &Core) {
    let Some(keeper) = &core.snapshot else { return };
    if let Err(error) = write(core, keeper).await {
        tracing::warn!(%error, "the status index could not be kept; the next start reads more of the record");
    }
    if let Err(error) = write_lists(core, keeper).await {
        tracing::warn!(%error, "the CRLs' lists could not be kept; the next start makes them anew");
    }
}

async fn write_lists(core: &Core, keeper: &Keeper) -> Result<(), Error> {
    let written = keeper.lists_written.load(Ordering::Acquire);
    let mut desk = core.crls.lock().await;
    if let Some(size) = desk.keep(core, &keeper.file, written).await? {
        keeper.lists_written.store(size, Ordering::Release);
    }
    Ok(())
}

async fn write(core: &Core, keeper: &Keeper) -> Result<(), Error> {
    if !core.index.is_trusted() || core.index.applied() <= keeper.written.load(Ordering::Acquire) {
        return Ok(());
    }
    let Some(capture) = core.index.capture() else {
        return Ok(());
    };
    let size = capture.size();
    checkpoint::sign(core).await?;
    let Some((_, note)) = core.store.checkpoint_at_least(size).await? else {
        return Err(Error::Inconsistent(
            "there is no checkpoint over what was committed before it".into(),
        ));
    };
    keeper.file.write(capture, note).await?;
    keeper.written.store(size, Ordering::Release);
    Ok(())
}

/// Writes one now and then.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick comes at once.
    tick.tick().await;
    loop {
        tick.tick().await;
        keep(&core).await;
    }
}
