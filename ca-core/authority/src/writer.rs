//! The one writer: orders that arrive together become one transaction (group commit), each refused or
//! accepted for itself.
//!
//! Order of events for a group: load rows, decide, project, write, commit, tell the followers, answer the
//! callers. A caller that has its answer can rely on every follower in this process having seen it.

mod officer;
mod order;
mod rules;
mod thread;

pub(crate) use order::Committed;
pub(crate) use order::{CrlOrder, Intent, IssuedItem, Order, Signed, crl_sequence};
pub(crate) use thread::WriterThread;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use ledger::checkpoint::{Checkpoint, note_message, signed_note};
use ledger::event::Entry;
use ledger::tile::Appender;
use sm_engine::sm3::Digest;
use store::status::Follower;
use store::views::{InProduction, Overlay, Touched};
use store::{Backend, SealedBlob, Store, WriterLock};
use tokio::sync::{mpsc, oneshot};

use crate::crash::{CrashPoint, reach};
use crate::error::Error;
use crate::mirror::Mirror;
use crate::pace::Pace;
use crate::service::Core;

/// Most orders of one transaction.
const GROUP: usize = 256;
/// Orders that may wait; beyond, callers wait to hand theirs in.
const QUEUE: usize = 1024;

type Reply = oneshot::Sender<Result<Committed, Error>>;

/// An order, and encrypted what its entries commit to.
struct Sealed {
    order: Order,
    blobs: Vec<SealedBlob>,
}

/// Callers' side.
#[derive(Clone)]
pub(crate) struct Handle {
    store: Store,
    sender: mpsc::Sender<(Sealed, Reply)>,
}

/// The writer's mailbox.
pub(crate) struct Mailbox(mpsc::Receiver<(Sealed, Reply)>);

pub(crate) fn channel(store: &Store) -> (Handle, Mailbox) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let store = store.clone();
    (Handle { store, sender }, Mailbox(receiver))
}

impl Handle {
    /// Hands an order in and waits until it is durable or refused.
    pub(crate) async fn commit(&self, order: Order) -> Result<Committed, Error> {
        // Callers encrypt side by side, before the one writer begins.
        let seal = self.store.seal_key();
        let blobs = order.plaintexts().map(|text| seal.seal(text)).collect();
        let (reply, answer) = oneshot::channel();
        self.sender
            .send((Sealed { order, blobs }, reply))
            .await
            .map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }
}

/// The writer's state beside the database.
pub(crate) struct Writer {
    core: Arc<Core>,
    lock: WriterLock,
    pace: Pace,
    tree: Appender,
    mirror: Mirror,
    last_time: i64,
    last_checkpoint: u64,
    crl_numbers: BTreeMap<String, u64>,
    in_production: InProduction,
}

/// What one group wants to write.
struct Draft {
    overlay: Overlay,
    entries: Vec<Entry>,
    blobs: Vec<SealedBlob>,
    /// What everybody may read.
    public: Vec<(Digest, Bytes)>,
    verdicts: Vec<Result<Committed, Error>>,
    crl_numbers: BTreeMap<String, u64>,
    checkpoint: bool,
}

impl Writer {
    #[allow(clippy::too_many_arguments)] // what a start has found out, each once
    pub(crate) fn new(
        core: Arc<Core>,
        lock: WriterLock,
        pace: Pace,
        tree: Appender,
        mirror: Mirror,
        last_time: i64,
        last_checkpoint: u64,
        crl_numbers: BTreeMap<String, u64>,
    ) -> Self {
        Self {
            core,
            lock,
            pace,
            tree,
            mirror,
            last_time,
            last_checkpoint,
            crl_numbers,
            in_production: InProduction::default(),
        }
    }

    /// Works until it is told to stop, or the authority is `gone`; a group that has begun is finished.
    async fn run(mut self, mut mailbox: Mailbox, mut gone: oneshot::Receiver<()>) {
        if self.core.store.backend() == Backend::Postgres
            && let Err(error) = self.core.store.renew_writer().await
        {
            tracing::warn!(%error, "the connection that writes could not be opened anew; it stays as it is");
        }
        loop {
            let first = tokio::select! {
                biased;
                _ = &mut gone => return,
                first = mailbox.0.recv() => first,
            };
            let Some(first) = first else { return };
            let mut group = vec![first];
            while group.len() < GROUP {
                match mailbox.0.try_recv() {
                    Ok(next) => group.push(next),
                    Err(_) => break,
                }
            }
            let stop = group
                .iter()
                .any(|(sealed, _)| matches!(sealed.order, Order::Stop));
            self.commit_group(group).await;
            if stop || !self.core.index.is_trusted() {
                return;
            }
        }
    }

    /// One transaction for the group; where a fault concerns the whole group, each order alone.
    async fn commit_group(&mut self, group: Vec<(Sealed, Reply)>) {
        let (orders, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        match self.commit(&orders).await {
            Ok(verdicts) => answer(replies, verdicts),
            Err(error) if orders.len() == 1 => answer(replies, vec![Err(error)]),
            Err(error) => {
                tracing::warn!(%error, orders = orders.len(), "a group could not be committed; one by one");
                for (order, reply) in orders.iter().zip(replies) {
                    let verdict = match self.commit(std::slice::from_ref(order)).await {
                        Ok(mut verdicts) => verdicts.pop().unwrap_or(Err(Error::Stopping)),
                        Err(error) => Err(error),
                    };
                    answer(vec![reply], vec![verdict]);
                }
            }
        }
    }

    /// Commits, and stops trusting the index where the database is no longer known to be what the index says.
    async fn commit(&mut self, orders: &[Sealed]) -> Result<Vec<Result<Committed, Error>>, Error> {
        let result = self.transaction(orders).await;
        if let Err(Error::Store(
            error @ (store::Error::WriterLost
            | store::Error::Indoubt { .. }
            | store::Error::Gap { .. }),
        )) = &result
        {
            tracing::error!(%error, "the authority stops writing and the responder stops answering");
            self.core.index.stop_trusting();
        }
        result
    }

    async fn transaction(
        &mut self,
        orders: &[Sealed],
    ) -> Result<Vec<Result<Committed, Error>>, Error> {
        let core = Arc::clone(&self.core);
        let first = self.tree.size();
        let mut tx = core.store.begin(&self.lock).await?;

        let mut touched = Touched::default();
        for Sealed { order, .. } in orders {
            order.touch(&mut touched);
        }
        let overlay = Overlay::load_beside(&mut tx, &touched, &self.in_production).await?;
        let mut draft = Draft {
            overlay,
            entries: Vec::new(),
            blobs: Vec::new(),
            public: Vec::new(),
            verdicts: Vec::with_capacity(orders.len()),
            crl_numbers: self.crl_numbers.clone(),
            checkpoint: false,
        };
        for order in orders {
            self.draft_order(&mut tx, first, order, &mut draft).await?;
        }

        let (mut tree, mut mirror) = (self.tree.clone(), self.mirror.clone());
        let bodies: Vec<_> = draft
            .entries
            .iter()
            .map(Entry::encode)
            .collect::<Result<_, _>>()?;
        for body in &bodies {
            tree.append(ledger::tree::leaf_hash(body));
            mirror.append(body);
        }
        if !bodies.is_empty() {
            tx.append_entries(first, &bodies).await?;
            let tiles = tree.take_full_tiles();
            if !tiles.is_empty() {
                tx.put_tiles(&tiles).await?;
            }
            mirror.write_tiles(&mut tx).await?;
            if !draft.blobs.is_empty() {
                tx.put_blobs(std::mem::take(&mut draft.blobs)).await?;
            }
            draft.overlay.write(&mut tx, core.store.seal_key()).await?;
        }
        if !draft.public.is_empty() {
            tx.put_public(&draft.public).await?;
        }
        let checkpoint = draft.checkpoint && tree.size() > self.last_checkpoint;
        if checkpoint {
            let note = self.sign_checkpoint(&tree)?;
            tx.put_checkpoint(tree.size(), &note).await?;
            mirror.write_checkpoint(&mut tx).await?;
        }
        if bodies.is_empty() && draft.public.is_empty() && !checkpoint {
            return Ok(draft.verdicts);
        }
        self.reach_crash_points(orders, true);
        tx.commit().await?;

        if !draft.entries.is_empty() {
            self.pace.keep(&*core.clock);
        }
        self.last_time = draft
            .entries
            .last()
            .map_or(self.last_time, |entry| entry.time);
        if checkpoint {
            self.last_checkpoint = tree.size();
        }
        self.tree = tree;
        self.mirror = mirror;
        self.crl_numbers = draft.crl_numbers;
        self.in_production.follow(&draft.overlay);
        core.index.follow(first, &draft.entries);
        for (Sealed { order, .. }, verdict) in orders.iter().zip(&draft.verdicts) {
            if verdict.is_ok() {
                order.tell(&core.officers);
            }
        }
        core.size.send_replace(self.tree.size());
        self.reach_crash_points(orders, false);
        Ok(draft.verdicts)
    }

    /// Decides one order and projects its entries; a refusal leaves the draft as it was.
    async fn draft_order(
        &self,
        tx: &mut store::WriteTx,
        first: u64,
        Sealed { order, blobs }: &Sealed,
        draft: &mut Draft,
    ) -> Result<(), Error> {
        if matches!(order, Order::Checkpoint) {
            draft.checkpoint = true;
        }
        // A checkpoint states no time.
        let now = match order {
            Order::Public(_) | Order::Checkpoint | Order::Stop => self.last_time,
            _ => match self.pace.now(&*self.core.clock) {
                Ok(now) => now.max(self.last_time),
                Err(ahead) => {
                    draft.verdicts.push(Err(ahead));
                    return Ok(());
                }
            },
        };
        let context = rules::Context {
            core: &self.core,
            now,
            crl_numbers: &draft.crl_numbers,
        };
        let events = match rules::decide(&context, tx, order, &draft.overlay).await {
            Ok(events) => events,
            // A refusal concerns this order; anything else is a fault and concerns the transaction.
            Err(refused @ Error::Refused(_)) => {
                draft.verdicts.push(Err(refused));
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        order.supply_forms(&mut draft.overlay);
        let start = first + draft.entries.len() as u64;
        for (idx, event) in (start..).zip(events) {
            let entry = Entry::new(now, event);
            draft.overlay.project(idx, &entry)?;
            draft.entries.push(entry);
        }
        if let Order::Crl(crls) = order {
            let numbers = crls.iter().map(|crl| (crl.sequence(), crl.number));
            draft.crl_numbers.extend(numbers);
        }
        draft.blobs.extend(blobs.iter().cloned());
        draft.public.extend(order.public(&draft.overlay));
        draft.verdicts.push(Ok(Committed { first: start }));
        Ok(())
    }

    fn sign_checkpoint(&self, tree: &Appender) -> Result<String, Error> {
        let log = &self.core.log;
        let checkpoint = Checkpoint {
            origin: log.key.name.clone(),
            size: tree.size(),
            root: tree.root(),
            previous: (self.last_checkpoint > 0).then_some(self.last_checkpoint),
        };
        let signature = log.signer.sign(&note_message(&checkpoint))?;
        let signature = signature
            .sm2()
            .ok_or_else(|| Error::Inconsistent("the log's key is not an SM2 key".into()))?;
        Ok(signed_note(&checkpoint, &log.key, &signature))
    }

    fn reach_crash_points(&self, orders: &[Sealed], before: bool) {
        for Sealed { order, .. } in orders {
            let point = match (order, before) {
                (Order::Intend { .. }, true) => CrashPoint::IntentBeforeCommit,
                (Order::Intend { .. }, false) => CrashPoint::IntentAfterCommit,
                (Order::Issued(_), true) => CrashPoint::IssuedBeforeCommit,
                (Order::Issued(_), false) => CrashPoint::IssuedAfterCommit,
                _ => continue,
            };
            reach(self.core.crash, point);
        }
    }
}

fn answer(replies: Vec<Reply>, verdicts: Vec<Result<Committed, Error>>) {
    for (reply, verdict) in replies.into_iter().zip(verdicts) {
        // A caller that gave up has no use for the answer; the commit stands.
        let _ = reply.send(verdict);
    }
}
