//! Start-up: the record is read once, in order, before anything is written.

use std::collections::BTreeMap;

use ledger::checkpoint::Checkpoint;
use ledger::event::{Entry, Event};
use ledger::tile::Appender;
use ledger::tree::{Sha256Tree, TreeHash as _};
use store::Store;
use store::status::{Follower as _, StatusIndex};

use crate::error::Error;
use crate::writer::crl_sequence;

/// Entries read at a time.
const PAGE: u32 = 4096;

/// What a replay of the record gives.
pub(crate) struct Replayed {
    pub(crate) tree: Appender,
    /// The same entries under SHA-256. Until a mirror was announced, with all its full tiles.
    pub(crate) mirror_tree: Appender<Sha256Tree>,
    /// Origin and key of the announced mirror.
    pub(crate) mirror: Option<(String, String)>,
    pub(crate) origin: String,
    pub(crate) log_key: String,
    pub(crate) demonstration: bool,
    pub(crate) last_time: i64,
    /// The entries that appoint officers, in order.
    pub(crate) appointments: Vec<Event>,
    /// Highest CRL number of each sequence.
    pub(crate) crl_numbers: BTreeMap<String, u64>,
}

/// Reads every entry, feeds the index and rebuilds the tree's edge. The tree must be the one that every one of
/// `checkpoints` states, as far as it goes: a record that was changed is not signed over.
pub(super) async fn replay(
    store: &Store,
    index: &StatusIndex,
    checkpoints: &[&Checkpoint],
) -> Result<Replayed, Error> {
    let mut crl_numbers = BTreeMap::new();
    let mut tree = Appender::new();
    let mut mirror_tree = Appender::<Sha256Tree>::default();
    let mut mirror = None;
    let mut appointments = Vec::new();
    let mut founded = None;
    let mut last_time = i64::MIN;
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
            let mut here = checkpoints.iter().filter(|c| c.size == tree.size());
            if here.any(|c| c.root != tree.root()) {
                return Err(Error::Inconsistent(format!(
                    "the entries before {} are not the ones that a checkpoint covers; run: gmpki audit verify",
                    tree.size()
                )));
            }
            let entry = Entry::decode(&body)?;
            if let Some(crl) = entry.event.crl() {
                crl_numbers.insert(crl_sequence(crl.authority, crl.scope), crl.number);
            }
            if let Event::OfficerAppointed { .. } = &entry.event {
                appointments.push(entry.event.clone());
            }
            if let Event::LedgerMirrored { origin, key } = &entry.event {
                mirror = Some((origin.clone(), key.clone()));
            }
            if let Event::LedgerFounded {
                origin,
                key,
                demonstration,
            } = &entry.event
            {
                founded = Some((origin.clone(), key.clone(), *demonstration));
            }
            last_time = entry.time;
            entries.push(entry);
        }
        // Full tiles are in the database already; only the edge is kept.
        drop(tree.take_full_tiles());
        if mirror.is_some() {
            drop(mirror_tree.take_full_tiles());
        }
        index.follow(from, &entries);
    }
    let (origin, log_key, demonstration) = founded.ok_or_else(|| {
        Error::Inconsistent("the database holds no ledger; found one first".into())
    })?;
    Ok(Replayed {
        tree,
        mirror_tree,
        mirror,
        origin,
        log_key,
        demonstration,
        last_time,
        appointments,
        crl_numbers,
    })
}
