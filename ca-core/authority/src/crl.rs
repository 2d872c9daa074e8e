//! CRLs: full, delta and by shard, made from the ledger's order, compared with each other and with the status index,
//! linted, read back, recorded together.
//!
//! A CRL never decides anything. Its number is the last one of its sequence plus one, which the writer enforces.

mod arena;
mod changes;
mod desk;
mod kept;
mod lists;
mod make;
mod merge;
mod partition;
mod read_back;
mod schedule;
mod write;

use std::sync::Arc;
use std::time::Duration;

use ledger::event::Event;
use policy::Verb;
use store::Store;
use store::views::{CrlRow, FULL};

use crate::error::{Error, Refusal};
use crate::service::{Authority, Core};
use crate::view::{CrlView, Officer};
use crate::writer::Order;

pub(crate) use desk::Desk;
pub(crate) use kept::{Kept, read as read_kept};
pub(crate) use make::number as crl_number;
pub(crate) use partition::{Partition, Partitions};
pub use schedule::Schedule;

/// How long changes are gathered before CRLs are made for them.
const GATHER: Duration = Duration::from_millis(500);
/// Passes for one authority: the first full CRL has its delta in the second.
const PASSES: usize = 3;

/// The latest full CRL of an authority.
pub(crate) async fn latest_row(store: &Store, authority: &str) -> Result<Option<CrlRow>, Error> {
    Ok(store
        .get::<CrlRow>(&[authority.into(), FULL.into()])
        .await?)
}

impl Authority {
    /// Makes a full CRL at once, and with it whatever else is due.
    ///
    /// # Errors
    /// A refusal where the officer's role may not; a fault where it cannot be made.
    pub async fn publish_crl(
        &self,
        officer: &Officer,
        authority: &str,
    ) -> Result<(u64, u64), Error> {
        let officer = self.officer(&officer.number).await?;
        self.core
            .policy
            .rules()
            .authorize(officer.role, Verb::CrlPublish)?;
        let member = self.core.hierarchy.get(authority)?;
        let made = self
            .core
            .crls
            .lock()
            .await
            .pass(&self.core, &member, true)
            .await?;
        made.ok_or_else(|| Error::Inconsistent("a forced pass makes a full CRL".into()))
    }

    /// Makes the CRLs that are due now, without gathering more changes first.
    ///
    /// # Errors
    /// Where some could not be made; the others are.
    pub async fn make_due_crls(&self) -> Result<(), Error> {
        make_due(&self.core).await
    }

    /// Every published CRL, by authority and scope.
    pub async fn crls(&self) -> Vec<CrlView> {
        let desk = self.core.crls.lock().await;
        let members = self.core.hierarchy.all();
        members
            .iter()
            .flat_map(|member| desk.published(&member.authority))
            .map(|row| CrlView {
                base: row.base.and_then(|base| u64::try_from(base).ok()),
                number: u64::try_from(row.number).unwrap_or(0),
                entries: u64::try_from(row.entries).unwrap_or(0),
                authority: row.authority,
                scope: row.scope,
                this_update: row.this_update,
                next_update: row.next_update,
            })
            .collect()
    }
}

/// Records that certificates of `authority` name shards from here on, or that these are at another address now.
pub(crate) async fn partition(core: &Core, authority: &str, shards: u32) -> Result<(), Error> {
    let base = format!("{}/crl/{authority}", core.urls.machines);
    let known = core.partitions.find(authority);
    // An address of old days is no new one: certificates keep naming the latest, and every CRL names them all.
    if known.as_ref().is_some_and(|known| known.knows(&base)) {
        return Ok(());
    }
    let event = Event::CrlPartitioned {
        authority: authority.to_owned(),
        shards: known.as_ref().map_or(shards, |known| known.shards),
        base: base.clone(),
    };
    let order = Order::Record {
        events: vec![event],
        sealed: Vec::new(),
    };
    let since = core.writer.commit(order).await?.first;
    let partition = match known {
        Some(mut partition) => {
            partition.add(base, since);
            partition
        }
        None => Partition::new(shards, base, since),
    };
    core.partitions.set(authority, partition);
    Ok(())
}

/// Notes the present address of every authority that has shards.
pub(crate) async fn note_addresses(core: &Core) -> Result<(), Error> {
    for member in core.hierarchy.all() {
        if let Some(known) = core.partitions.find(&member.authority) {
            partition(core, &member.authority, known.shards).await?;
        }
    }
    Ok(())
}

/// Makes the CRLs that are missing, half expired, or behind the ledger. One authority that fails does not keep the
/// others from theirs.
pub(crate) async fn make_due(core: &Core) -> Result<(), Error> {
    let mut desk = core.crls.lock().await;
    let mut first = Ok(());
    for member in core.hierarchy.all() {
        for _ in 0..PASSES {
            match desk.pass(core, &member, false).await {
                Ok(Some((number, entries))) => {
                    tracing::info!(authority = %member.authority, number, entries, "full CRL made");
                }
                Ok(None) => break,
                // The record moved on under us: the lists are read anew the next time.
                Err(Error::Refused(Refusal { code, .. })) if code == "A412" => break,
                Err(error) => {
                    first = first.and(Err(error));
                    break;
                }
            }
        }
    }
    first
}

/// Makes CRLs as status changes and time passes.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut size = core.size.subscribe();
    loop {
        let _ = tokio::time::timeout(Duration::from_secs(60), size.changed()).await;
        tokio::time::sleep(GATHER).await;
        size.mark_unchanged();
        if let Err(error) = make_due(&core).await {
            tracing::error!(%error, "CRLs could not be made");
        }
    }
}

/// Runs work that takes up to seconds for a large CRL without holding up other tasks.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    let flavor = tokio::runtime::Handle::current().runtime_flavor();
    if flavor == tokio::runtime::RuntimeFlavor::MultiThread {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}
