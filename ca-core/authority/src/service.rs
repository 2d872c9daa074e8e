//! The authority as a running service: start, stop, and what it shows of itself.

mod acting;
mod core;
mod replay;

pub(crate) use replay::Replayed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use keys::{KeyLabel, Provider, Signer};
use ledger::checkpoint::{Checkpoint, VerifierKey};
use ledger::tile::Appender;
use parking_lot::{Mutex, RwLock};
use policy::{Calendar, PolicySet, Profile};
use sm_engine::sm3::Digest;
use store::Direction;
use store::Store;
use store::clock::Clock;
use store::status::{SnapshotFile, StatusIndex};
use store::views::CaseRow;
use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::task::JoinSet;

use crate::checkpoint::{self, CheckpointKeeper, Keeping};
use crate::crash::CrashPoint;
use crate::crl::{Desk, Kept, Partitions, Schedule};
use crate::error::Error;
use crate::examine::Reading;
use crate::hierarchy::{Hierarchy, Urls};
use crate::officer::Officers;
use crate::pace::Pace;
use crate::query::units::UnitNames;
use crate::responder::ResponderIdentity;
use crate::snapshot::{self, Keeper};
use crate::writer::{self, Handle, Order, Writer, WriterThread};
use crate::{crl, mirror, rebuild, recovery, responder, supersede};

/// What the authority stands on.
#[derive(Clone)]
pub struct Setup {
    /// The database; this process becomes its writer.
    pub store: Store,
    /// Where the keys are.
    pub provider: Arc<dyn Provider>,
    /// Profiles and rules.
    pub policy: Arc<PolicySet>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What goes into certificates.
    pub urls: Urls,
    /// How CRLs are made.
    pub crl: Schedule,
    /// How far the clock may jump ahead, or be after the last entry at a start: seconds.
    pub longest_gap: i64,
    /// An operator says that the clock is right, however long the service stood still.
    pub accept_clock: bool,
    /// Where the latest checkpoint is kept outside the database; nowhere where there is none.
    pub keeper: Option<Arc<dyn CheckpointKeeper>>,
    /// Where the status index is kept between starts; without it every start reads the whole record.
    pub snapshot: Option<SnapshotFile>,
    /// Where a test build dies.
    pub crash: Option<CrashPoint>,
}

/// The log's identity.
pub(crate) struct Log {
    pub(crate) key: VerifierKey,
    pub(crate) signer: Arc<dyn Signer>,
}

/// What every part of the authority shares.
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) policy: Arc<PolicySet>,
    pub(crate) calendar: Calendar,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) urls: Urls,
    pub(crate) crl: Schedule,
    pub(crate) crls: AsyncMutex<Desk>,
    pub(crate) partitions: Partitions,
    pub(crate) crash: Option<CrashPoint>,
    pub(crate) keeping: Option<Keeping>,
    pub(crate) snapshot: Option<Keeper>,
    pub(crate) index: Arc<StatusIndex>,
    pub(crate) hierarchy: Hierarchy,
    pub(crate) officers: Officers,
    pub(crate) log: Log,
    /// Verifier key line of the log's mirror.
    pub(crate) mirror_key: String,
    pub(crate) demonstration: bool,
    pub(crate) writer: Handle,
    pub(crate) reading: Reading,
    /// Size of the ledger, for those who wait for new entries.
    pub(crate) size: watch::Sender<u64>,
    pub(crate) responders: watch::Sender<Vec<ResponderIdentity>>,
    /// Frozen profile documents that are no longer in force.
    profiles: RwLock<BTreeMap<Digest, Arc<Profile>>>,
    pub(crate) units: UnitNames,
    next_case: AtomicU64,
}

/// The authority. Cheap to clone.
#[derive(Clone)]
pub struct Authority {
    pub(crate) core: Arc<Core>,
    writer: Arc<WriterThread>,
    tasks: Arc<Mutex<JoinSet<()>>>,
    stopped: Arc<AtomicBool>,
}

/// Label of the log's key.
pub(crate) fn log_label() -> Result<KeyLabel, Error> {
    Ok(KeyLabel::new("log")?)
}

/// The CRLs' lists that the last run kept beside the status index, where they stand for this ledger.
async fn kept_lists(
    file: &SnapshotFile,
    store: &Store,
    tree: &Appender,
    log: &VerifierKey,
) -> Result<Kept, Error> {
    let Some((kept, checkpoint)) = crl::read_kept(file, log.clone()).await else {
        return Ok(Kept::default());
    };
    if replay::extends(store, tree, &checkpoint).await? {
        return Ok(kept);
    }
    tracing::warn!("the kept lists of the CRLs stand for another ledger; they are made anew");
    Ok(Kept::default())
}

impl Authority {
    /// Becomes the database's writer, replays the record, completes or closes what a crash left open, and
    /// starts the tasks that follow the ledger: checkpoints, CRLs, responder renewal.
    ///
    /// # Errors
    /// Where another process is the writer, the database holds no ledger, or record, keys and rows do not agree.
    pub async fn open(setup: Setup) -> Result<Self, Error> {
        let authority = Self::start(setup).await?;
        let core = &authority.core;
        recovery::sweep(core, i64::MIN).await?;
        let swept = supersede::sweep(core, i64::MIN).await?;
        core.adopt_policies().await?;
        responder::load(core).await?;
        responder::renew_due(core).await?;
        crl::note_addresses(core).await?;
        crl::make_due(core).await?;
        checkpoint::sign(core).await?;
        let mut tasks = authority.tasks.lock();
        tasks.spawn(recovery::watch(Arc::clone(core), swept));
        tasks.spawn(crl::watch(Arc::clone(core)));
        tasks.spawn(checkpoint::watch(Arc::clone(core)));
        tasks.spawn(responder::watch(Arc::clone(core)));
        tasks.spawn(snapshot::watch(Arc::clone(core)));
        drop(tasks);
        Ok(authority)
    }

    /// The writer and the index, without the tasks.
    pub(crate) async fn start(setup: Setup) -> Result<Self, Error> {
        let store = setup.store;
        let lock = store.acquire_writer().await?;
        if !store.stale_views().await?.is_empty() {
            tracing::info!("the views are of another version and are made anew from the ledger");
            rebuild::rebuild(&store, &lock).await?;
        }
        let latest = store.latest_checkpoint().await?;
        let unverified = latest
            .as_deref()
            .map(Checkpoint::from_note_unverified)
            .transpose()?;
        let kept = match &setup.keeper {
            Some(keeper) => checkpoint::read_kept(&**keeper)?,
            None => None,
        };
        let known: Vec<_> = unverified
            .iter()
            .chain(kept.iter().map(|(_, checkpoint)| checkpoint))
            .collect();
        let beginning = match &setup.snapshot {
            Some(file) => replay::Beginning::find(&store, &*setup.provider, file).await?,
            None => replay::Beginning::default(),
        };
        let mut replayed = replay::read(&store, beginning, &known, &*setup.provider).await?;
        let from = replayed.from;
        tracing::info!(from, size = replayed.tree.size(), "the record was read");
        let index = Arc::new(std::mem::take(&mut replayed.index));
        let signer = setup.provider.signer(&log_label()?)?;
        let log_key = signer
            .public_key()
            .sm2()
            .cloned()
            .ok_or_else(|| Error::Inconsistent("the log's key is not an SM2 key".into()))?;
        if hex::encode(log_key.to_sec1()) != replayed.log_key {
            return Err(Error::Inconsistent(
                "the log's key is not the one that founded the ledger".into(),
            ));
        }
        let log = Log {
            key: VerifierKey {
                name: replayed.origin.clone(),
                point: log_key,
            },
            signer,
        };
        if let (Some(keeper), Some((note, checkpoint))) = (&setup.keeper, &kept) {
            let place = keeper.place();
            ledger::checkpoint::open_note(note, &log.key).map_err(|error| {
                Error::Inconsistent(format!(
                    "{place} holds a checkpoint of another ledger, or was changed: {error}"
                ))
            })?;
            if checkpoint.size > replayed.tree.size() {
                return Err(Error::Older {
                    entries: replayed.tree.size(),
                    covered: checkpoint.size,
                    place,
                });
            }
        }
        let pace = Pace::begin(
            &*setup.clock,
            replayed.last_time,
            setup.longest_gap,
            setup.accept_clock,
        )?;
        let place = (&store, &lock);
        let now = setup.clock.now().0;
        let mirror = mirror::establish(place, &*setup.provider, &index, &mut replayed, now).await?;
        let covered = kept.map_or(0, |(_, checkpoint)| checkpoint.size);
        let lists = match &setup.snapshot {
            Some(file) => kept_lists(file, &store, &replayed.tree, &log.key).await?,
            None => Kept::default(),
        };
        let hierarchy = Hierarchy::load(&store, &*setup.provider).await?;
        let officers = Officers::load(&store, &replayed.appointments).await?;
        let partitions = Partitions::load(&store).await?;
        let crl_numbers = replayed.crl_numbers;
        let last_case = store
            .scan::<CaseRow>(&[], &[("case_id", Direction::Descending)], None, 1)
            .await?;
        let last_case = last_case
            .first()
            .and_then(|row| row.case_id.rsplit('-').next()?.parse().ok())
            .unwrap_or(0);
        let last_checkpoint = match &latest {
            Some(note) => {
                let checkpoint = ledger::checkpoint::open_note(note, &log.key)?;
                if checkpoint.size > replayed.tree.size() {
                    return Err(Error::Inconsistent(format!(
                        "a checkpoint covers {} entries, the ledger has {}: entries are missing",
                        checkpoint.size,
                        replayed.tree.size()
                    )));
                }
                checkpoint.size
            }
            None => 0,
        };
        let (writer, mailbox) = writer::channel(&store);
        let core = Arc::new(Core {
            store,
            provider: setup.provider,
            policy: setup.policy,
            calendar: Calendar::embedded()?,
            clock: setup.clock,
            urls: setup.urls,
            crl: setup.crl,
            crls: AsyncMutex::new(Desk::new(lists)),
            partitions,
            crash: setup.crash,
            keeping: setup.keeper.map(|keeper| Keeping::new(keeper, covered)),
            snapshot: setup.snapshot.map(|file| Keeper::new(file, from)),
            index,
            hierarchy,
            officers,
            log,
            mirror_key: mirror.key().to_string(),
            demonstration: replayed.demonstration,
            writer,
            reading: Reading::default(),
            size: watch::Sender::new(replayed.tree.size()),
            responders: watch::Sender::new(Vec::new()),
            profiles: RwLock::default(),
            units: UnitNames::default(),
            next_case: AtomicU64::new(last_case),
        });
        let worker = Writer::new(
            Arc::clone(&core),
            lock,
            pace,
            replayed.tree,
            mirror,
            replayed.last_time,
            last_checkpoint,
            crl_numbers,
        );
        Ok(Self {
            core,
            writer: Arc::new(WriterThread::spawn(worker, mailbox)?),
            tasks: Arc::default(),
            stopped: Arc::default(),
        })
    }

    /// Finishes what was handed in, signs a last checkpoint and stops. Later acts are refused.
    pub async fn shut_down(&self) {
        if self.stopped.swap(true, Ordering::SeqCst) {
            return;
        }
        if let Err(error) = checkpoint::sign(&self.core).await {
            tracing::error!(%error, "no last checkpoint");
        }
        snapshot::keep(&self.core).await;
        // The answer means: everything handed in before is durable.
        let _ = self.core.writer.commit(Order::Stop).await;
        self.writer.stopped().await;
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
    }

    /// The status index.
    #[must_use]
    pub fn index(&self) -> &Arc<StatusIndex> {
        &self.core.index
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.core.store
    }

    /// Profiles and rules.
    #[must_use]
    pub fn policy(&self) -> &PolicySet {
        &self.core.policy
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.core.clock
    }

    /// Whether this is a demonstration.
    #[must_use]
    pub fn is_demonstration(&self) -> bool {
        self.core.demonstration
    }

    /// Verifier key line of the log.
    #[must_use]
    pub fn log_key(&self) -> String {
        self.core.log.key.to_string()
    }

    /// Verifier key line of the log's SHA-256 mirror.
    #[must_use]
    pub fn mirror_key(&self) -> &str {
        &self.core.mirror_key
    }

    /// The delegated responders; the receiver sees every renewal.
    #[must_use]
    pub fn responders(&self) -> watch::Receiver<Vec<ResponderIdentity>> {
        self.core.responders.subscribe()
    }
}
