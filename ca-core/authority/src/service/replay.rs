//! Start-up: the record is read once, in order, before anything is written.

use std::collections::BTreeMap;

use ledger::event::{Entry, Event};
use ledger::tile::Appender;
use store::Store;
use store::status::{Follower as _, StatusIndex};

use crate::crl;
use crate::error::Error;
use crate::hierarchy::Hierarchy;

/// Entries read at a time.
const PAGE: u32 = 4096;

/// What a replay of the record gives.
pub(super) struct Replayed {
    pub(super) tree: Appender,
    pub(super) origin: String,
    pub(super) log_key: String,
    pub(super) demonstration: bool,
    pub(super) last_time: i64,
}

/// Reads every entry, feeds the index and rebuilds the tree's edge.
pub(super) async fn replay(store: &Store, index: &StatusIndex) -> Result<Replayed, Error> {
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
            let entry = Entry::decode(&body)?;
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
    })
}

pub(super) async fn crl_numbers(
    store: &Store,
    hierarchy: &Hierarchy,
) -> Result<BTreeMap<String, u64>, Error> {
    let mut numbers = BTreeMap::new();
    for member in hierarchy.all() {
        if let Some(row) = crl::latest_row(store, &member.authority).await? {
            numbers.insert(member.authority.clone(), crl::crl_number(&row)?);
        }
    }
    Ok(numbers)
}
