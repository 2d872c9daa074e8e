//! Start-up: what was written since the snapshot is read once, in order, before anything is written.
//!
//! The tree must lead to the roots of the checkpoints, from a snapshot as from the first entry: nothing is signed over
//! a record that was changed. Entries before a snapshot are not read again; that their bytes are still the ones in the
//! tree is the audit's business.

use std::collections::BTreeMap;

use keys::Provider;
use ledger::checkpoint::{Checkpoint, VerifierKey};
use ledger::event::{Entry, Event};
use ledger::tile::{Appender, consistency_proof, consistency_tiles};
use ledger::tree::{Sha256Tree, TreeHash as _, verify_consistency};
use store::Store;
use store::status::{Follower as _, SnapshotFile, StatusIndex};

use super::log_label;
use crate::error::Error;
use crate::mirror;
use crate::writer::crl_sequence;

/// Entries read at a time.
const PAGE: u32 = 4096;

/// What a replay of the record gives.
pub(crate) struct Replayed {
    /// Entries that the snapshot stood for.
    pub(crate) from: u64,
    pub(crate) index: StatusIndex,
    pub(crate) tree: Appender,
    /// The same entries under SHA-256. Until a mirror was announced, with all its full tiles.
    pub(crate) mirror_tree: Appender<Sha256Tree>,
    /// That tree was found to be the one of the mirror's latest checkpoint.
    mirror_fits: bool,
    /// Origin and key of the announced mirror.
    pub(crate) mirror: Option<(String, String)>,
    pub(crate) origin: String,
    pub(crate) log_key: String,
    pub(crate) demonstration: bool,
    pub(crate) last_time: i64,
    /// The entries about officers, in order.
    pub(crate) appointments: Vec<(u64, Entry)>,
    /// Highest CRL number of each sequence.
    pub(crate) crl_numbers: BTreeMap<String, u64>,
}

/// Where a replay begins: at the first entry, or at a snapshot of the status index.
#[derive(Default)]
pub(super) struct Beginning {
    index: StatusIndex,
    tree: Appender,
    mirror_tree: Appender<Sha256Tree>,
}

impl Beginning {
    /// From the snapshot, where it stands for the beginning of this ledger and the mirror's tiles are there; from the
    /// first entry otherwise.
    pub(super) async fn find(
        store: &Store,
        provider: &dyn Provider,
        file: &SnapshotFile,
    ) -> Result<Self, Error> {
        // What entry 0 says is held against the snapshot's checkpoint here, and against the key by the caller.
        let Some(body) = store.entry(0).await? else {
            return Ok(Self::default());
        };
        let Event::LedgerFounded { origin, .. } = Entry::decode(&body)?.event else {
            return Ok(Self::default());
        };
        // A key that is no log's key fits no checkpoint; the caller says so.
        let signer = provider.signer(&log_label()?)?;
        let Some(point) = signer.public_key().sm2().cloned() else {
            return Ok(Self::default());
        };
        let log = VerifierKey {
            name: origin,
            point,
        };
        let (index, tree) = file.start(store, &log).await?;
        let mirrored = index.landmarks().into_values().any(is_mirror);
        if tree.size() == 0 || !mirrored {
            return Ok(Self::default());
        }
        match store.mirror_tree(tree.size()).await {
            Ok(mirror_tree) => Ok(Self {
                index,
                tree,
                mirror_tree,
            }),
            Err(error @ store::Error::Damaged { .. }) => {
                tracing::warn!(%error, "the mirror does not fit; reading the whole ledger");
                Ok(Self::default())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Entries that are not read.
    fn size(&self) -> u64 {
        self.tree.size()
    }
}

fn is_mirror(entry: Entry) -> bool {
    matches!(entry.event, Event::LedgerMirrored { .. })
}

/// Reads the record from `beginning` on; from the first entry where a checkpoint is not one that the snapshot goes on
/// from, or the mirror is not the one that its own latest checkpoint states.
pub(super) async fn read(
    store: &Store,
    mut beginning: Beginning,
    checkpoints: &[&Checkpoint],
    provider: &dyn Provider,
) -> Result<Replayed, Error> {
    for older in checkpoints.iter().filter(|c| c.size < beginning.size()) {
        if !extends(store, &beginning.tree, older).await? {
            tracing::warn!(
                size = older.size,
                "the snapshot does not go on from a checkpoint; reading the whole ledger"
            );
            beginning = Beginning::default();
            break;
        }
    }
    let resumed = beginning.size() > 0;
    let note = store.latest_mirror_checkpoint().await?;
    // One that cannot be read states nothing that a snapshot could be held against.
    let stated = note
        .as_deref()
        .and_then(|note| Checkpoint::from_note_unverified(note).ok());
    let replayed = replay(store, beginning, checkpoints, stated.as_ref()).await?;
    if !resumed {
        return Ok(replayed);
    }
    let signed = note.is_some_and(|note| mirror::opens(&note, provider, &replayed.origin));
    if signed && replayed.mirror_fits {
        return Ok(replayed);
    }
    tracing::warn!("the mirror is not as its checkpoint states; reading the whole ledger");
    replay(store, Beginning::default(), checkpoints, stated.as_ref()).await
}

/// Whether `tree` is, or is an extension of, the one that `older` states (RFC 9162 §2.1.4).
pub(super) async fn extends(
    store: &Store,
    tree: &Appender,
    older: &Checkpoint,
) -> Result<bool, Error> {
    let (first, second) = (older.size, tree.size());
    if first >= second {
        return Ok(first == second && older.root == tree.root());
    }
    let tiles = match store.tiles(&consistency_tiles(first, second), second).await {
        Ok(tiles) => tiles,
        Err(store::Error::Damaged { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let Ok(proof) = consistency_proof(first, second, &tiles) else {
        return Ok(false);
    };
    Ok(verify_consistency(first, &older.root, second, &tree.root(), &proof).is_ok())
}

/// Reads every entry after the beginning, feeds the index and grows the trees' edges. The tree must be the one that
/// every one of `checkpoints` states, as far as it goes: a record that was changed is not signed over.
async fn replay(
    store: &Store,
    Beginning {
        index,
        mut tree,
        mut mirror_tree,
    }: Beginning,
    checkpoints: &[&Checkpoint],
    mirror: Option<&Checkpoint>,
) -> Result<Replayed, Error> {
    let begun = tree.size();
    let mut known = Known::default();
    for (at, entry) in index.landmarks() {
        known.learn(at, &entry);
    }
    let fits = |tree: &Appender<Sha256Tree>| {
        mirror.is_some_and(|c| c.size == tree.size() && c.root == tree.root())
    };
    let mut mirror_fits = fits(&mirror_tree);
    check_root(&tree, checkpoints)?;
    loop {
        let from = tree.size();
        let page = store.entries(from, PAGE).await?;
        if page.is_empty() {
            break;
        }
        let mut entries = Vec::with_capacity(page.len());
        for (idx, body) in page {
            if idx != tree.size() {
                return Err(Error::Inconsistent(format!(
                    "ledger entry {} is missing",
                    tree.size()
                )));
            }
            tree.append(ledger::tree::leaf_hash(&body));
            mirror_tree.append(Sha256Tree::leaf(&body));
            mirror_fits |= fits(&mirror_tree);
            check_root(&tree, checkpoints)?;
            let entry = Entry::decode(&body)?;
            known.learn(idx, &entry);
            entries.push(entry);
        }
        // Full tiles are in the database already; only the edge is kept.
        drop(tree.take_full_tiles());
        if known.mirror.is_some() {
            drop(mirror_tree.take_full_tiles());
        }
        index.follow(from, &entries);
    }
    let (origin, log_key, demonstration) = known.founded.ok_or_else(|| {
        Error::Inconsistent("the database holds no ledger; found one first".into())
    })?;
    Ok(Replayed {
        from: begun,
        index,
        tree,
        mirror_tree,
        mirror_fits,
        mirror: known.mirror,
        origin,
        log_key,
        demonstration,
        last_time: known.last_time,
        appointments: known.appointments,
        crl_numbers: known.crl_numbers,
    })
}

fn check_root(tree: &Appender, checkpoints: &[&Checkpoint]) -> Result<(), Error> {
    let mut here = checkpoints.iter().filter(|c| c.size == tree.size());
    if here.any(|c| c.root != tree.root()) {
        return Err(Error::Inconsistent(format!(
            "the entries before {} are not the ones that a checkpoint covers; run: gmpki audit verify",
            tree.size()
        )));
    }
    Ok(())
}

/// What entries say that a start has to know.
struct Known {
    founded: Option<(String, String, bool)>,
    mirror: Option<(String, String)>,
    appointments: Vec<(u64, Entry)>,
    crl_numbers: BTreeMap<String, u64>,
    last_time: i64,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            founded: None,
            mirror: None,
            appointments: Vec::new(),
            crl_numbers: BTreeMap::new(),
            last_time: i64::MIN,
        }
    }
}

impl Known {
    fn learn(&mut self, index: u64, entry: &Entry) {
        self.last_time = entry.time;
        if let Some(crl) = entry.event.crl() {
            let sequence = crl_sequence(crl.authority, crl.scope);
            self.crl_numbers.insert(sequence, crl.number);
        }
        match &entry.event {
            Event::LedgerFounded {
                origin,
                key,
                demonstration,
            } => self.founded = Some((origin.clone(), key.clone(), *demonstration)),
            Event::LedgerMirrored { origin, key } => {
                self.mirror = Some((origin.clone(), key.clone()));
            }
            Event::OfficerAppointed { .. }
            | Event::OfficerProposed { .. }
            | Event::OfficerConfirmed { .. }
            | Event::OfficerRefused { .. } => self.appointments.push((index, entry.clone())),
            _ => {}
        }
    }
}
