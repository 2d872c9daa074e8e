//! Start-up: the record is read once, in order, before anything is written.

use std::collections::BTreeMap;

use ledger::checkpoint::Checkpoint;
use ledger::event::{CrlScope, Entry, Event};
use ledger::tile::Appender;
use store::Store;
use store::status::{Follower as _, StatusIndex};

use crate::error::Error;
use crate::writer::crl_sequence;

/// Entries read at a time.
const PAGE: u32 = 4096;

/// What a replay of the record gives.
pub(super) struct Replayed {
    pub(super) tree: Appender,
    pub(super) origin: String,
    pub(super) log_key: String,
    pub(super) demonstration: bool,
    pub(super) last_time: i64,
    /// Highest CRL number of each sequence.
    pub(super) crl_numbers: BTreeMap<String, u64>,
}

/// Reads every entry, feeds the index and rebuilds the tree's edge. The tree must be the one that `checkpoint` states:
/// a record that was changed is not signed over.
pub(super) async fn replay(
    store: &Store,
    index: &StatusIndex,
    checkpoint: Option<&Checkpoint>,
) -> Result<Replayed, Error> {
    let mut crl_numbers = BTreeMap::new();
    let mut tree = Appender::new();
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
            if checkpoint.is_some_and(|c| c.size == tree.size() && c.root != tree.root()) {
                return Err(Error::Inconsistent(format!(
                    "the entries before {} are not the ones that the latest checkpoint covers; run: gmpki audit verify",
                    tree.size()
                )));
            }
            let entry = Entry::decode(&body)?;
            match &entry.event {
                Event::CrlIssued {
                    authority, number, ..
                } => {
                    crl_numbers.insert(crl_sequence(authority, CrlScope::Full), *number);
                }
                Event::CrlPublished {
                    authority,
                    scope,
                    number,
                    ..
                } => {
                    crl_numbers.insert(crl_sequence(authority, *scope), *number);
                }
                _ => {}
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
        index.follow(from, &entries);
    }
    let (origin, log_key, demonstration) = founded.ok_or_else(|| {
        Error::Inconsistent("the database holds no ledger; found one first".into())
    })?;
    Ok(Replayed {
        tree,
        origin,
        log_key,
        demonstration,
        last_time,
        crl_numbers,
    })
}
