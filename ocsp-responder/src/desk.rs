//! The signing desk of one responder key: what has gathered while the last batch was being signed is the next one.
//!
//! Nobody waits for company: the first request starts a batch of its own at once, with whoever is ready at that moment.
//! A key in this process signs in the tasks' own threads, between requests and answers. Any other signs on threads of
//! its own, so that a slow device holds up answers that need it and nothing else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use keys::{Error, Signer};
use parking_lot::Mutex;
use sm_engine::key::Signature;
use tokio::sync::oneshot;

use crate::metrics::Metrics;

/// Most signatures in one call: some multiples of what the engine works on side by side, about a millisecond.
const BATCH: usize = 64;
/// A second thread starts only where a batch that is worth it waits.
const WORTH_A_THREAD: usize = 16;

/// Takes what is to be signed with one key.
pub(crate) struct Desk {
    signer: Arc<dyn Signer>,
    /// Threads, or tasks, that may sign at once.
    threads: usize,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    /// Threads and tasks at work.
    at_work: usize,
}

struct Waiting {
    tbs: Vec<u8>,
    since: Instant,
    done: oneshot::Sender<(Vec<u8>, Result<Signature, Error>)>,
}

impl Desk {
    pub(crate) fn new(signer: Arc<dyn Signer>) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            signer,
            threads,
            line: Mutex::default(),
        }
    }

    /// Whether signatures are a matter of microseconds, without a device that may hang.
    pub(crate) fn is_prompt(&self) -> bool {
        self.signer.is_prompt()
    }

    /// How many stand in line.
    pub(crate) fn waiting(&self) -> usize {
        self.line.lock().waiting.len()
    }

    /// Signs `tbs` alone, in the caller's thread.
    #[allow(clippy::disallowed_methods)] // a duration to be displayed; no validity hangs on it
    pub(crate) fn sign_now(&self, tbs: &[u8], metrics: &Metrics) -> Result<Signature, Error> {
        let start = Instant::now();
        let result = self.signer.sign(tbs);
        metrics.count_signature(start.elapsed());
        result
    }

    /// Signs `tbs` together with what else waits, and gives it back with its signature. To be called within a tokio
    /// runtime.
    ///
    /// # Errors
    /// What the signer reports; [`Error::Provider`] where the thread that was to sign is gone.
    #[allow(clippy::disallowed_methods)] // a duration to be displayed; no validity hangs on it
    pub(crate) async fn sign(
        self: &Arc<Self>,
        tbs: Vec<u8>,
        metrics: &Arc<Metrics>,
    ) -> (Vec<u8>, Result<Signature, Error>) {
        let (done, signed) = oneshot::channel();
        let waiting = Waiting {
            tbs,
            since: Instant::now(),
            done,
        };
        let needed = self.queue(waiting);
        if needed {
            let work = AtWork {
                desk: Arc::clone(self),
                left: false,
            };
            let metrics = Arc::clone(metrics);
            if self.is_prompt() {
                tokio::spawn(work.run_between(metrics));
            } else {
                tokio::task::spawn_blocking(move || work.run(&metrics));
            }
        }
        let gone = || Error::Provider("the signing thread ended".to_owned());
        signed.await.unwrap_or_else(|_| (Vec::new(), Err(gone())))
    }

    /// Puts it in line; true where another thread has to start, whose place is taken already.
    fn queue(&self, waiting: Waiting) -> bool {
        let mut line = self.line.lock();
        line.waiting.push_back(waiting);
        let needed = line.at_work == 0
            || (line.at_work < self.threads && line.waiting.len() >= WORTH_A_THREAD);
        if needed {
            line.at_work = line.at_work.saturating_add(1);
        }
        needed
    }
}

/// A place at the desk; given up when it is dropped, also where the signer panicked.
struct AtWork {
    desk: Arc<Desk>,
    left: bool,
}

impl AtWork {
    /// Signs batch after batch until nobody waits.
    fn run(mut self, metrics: &Metrics) {
        while self.sign_next(metrics) {}
    }

    /// The same among other tasks: before each batch those that are ready have their turn, and with it get in line.
    async fn run_between(mut self, metrics: Arc<Metrics>) {
        loop {
            self.gather().await;
            if !self.sign_next(&metrics) {
                return;
            }
        }
    }

    /// Lets those who are ready get in line, as long as more of them come and a batch has room.
    async fn gather(&self) {
        let mut waiting = 0;
        loop {
            tokio::task::yield_now().await;
            let now = self.desk.waiting();
            if now <= waiting || now >= BATCH {
                return;
            }
            waiting = now;
        }
    }

    /// Signs those who wait, as many as a batch holds; false where nobody does, and the place is given up.
    fn sign_next(&mut self, metrics: &Metrics) -> bool {
        let mut line = self.desk.line.lock();
        // Whoever hung up needs no signature.
        line.waiting.retain(|waiting| !waiting.done.is_closed());
        let count = line.waiting.len().min(BATCH);
        let batch: Vec<Waiting> = line.waiting.drain(..count).collect();
        if batch.is_empty() {
            // Given up under the same lock under which the line was seen to be empty.
            line.at_work = line.at_work.saturating_sub(1);
            self.left = true;
            return false;
        }
        drop(line);
        self.sign(batch, metrics);
        true
    }

    fn sign(&self, batch: Vec<Waiting>, metrics: &Metrics) {
        let messages: Vec<&[u8]> = batch.iter().map(|waiting| waiting.tbs.as_slice()).collect();
        let mut results = self.desk.signer.sign_many(&messages).into_iter();
        metrics.count_batch(batch.len());
        for waiting in batch {
            let missing = || Err(Error::Provider("a signature is missing".to_owned()));
            let result = results.next().unwrap_or_else(missing);
            metrics.count_signature(waiting.since.elapsed());
            // A client that went away meanwhile is no fault.
            let _ = waiting.done.send((waiting.tbs, result));
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        let mut line = self.desk.line.lock();
        line.at_work = line.at_work.saturating_sub(1);
        // Nobody else may be there to sign these: their callers learn at once.
        if line.at_work == 0 {
            line.waiting.clear();
        }
    }
}
