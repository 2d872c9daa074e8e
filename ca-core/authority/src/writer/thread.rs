//! The writer's own thread. On the callers' runtime each of its steps would queue behind their work, and everybody
//! waits for the writer.

use std::thread::Builder;

use tokio::sync::{oneshot, watch};

use super::{Mailbox, Writer};
use crate::error::Error;

/// The running writer. Dropped, it lets the writer finish its group and stop.
pub(crate) struct WriterThread {
    _alive: oneshot::Sender<()>,
    stopped: watch::Receiver<()>,
}

impl WriterThread {
    /// Starts the writer.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where the system gives no thread.
    pub(crate) fn spawn(writer: Writer, mailbox: Mailbox) -> Result<Self, Error> {
        let no_thread =
            |error| Error::Inconsistent(format!("the writer's thread could not start: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(no_thread)?;
        let (alive, gone) = oneshot::channel();
        let (running, stopped) = watch::channel(());
        let work = move || {
            runtime.block_on(writer.run(mailbox, gone));
            // The database is free for another writer only now that the writer's connection is closed or back.
            drop(runtime);
            drop(running);
        };
        Builder::new()
            .name("gmpki-writer".into())
            .spawn(work)
            .map_err(no_thread)?;
        Ok(Self {
            _alive: alive,
            stopped,
        })
    }

    /// Waits until the writer has stopped.
    pub(crate) async fn stopped(&self) {
        // The sender never sends: an error says that it is gone.
        let _ = self.stopped.clone().changed().await;
    }
}
