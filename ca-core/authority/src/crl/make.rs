//! Making CRLs: signed, read back, linted and compared with each other before any of them is recorded, together.

use std::sync::Arc;

use ledger::event::CrlScope as Scope;
use policy::lint::crl::PublishedCrl;
use sm_engine::sm3::Digest;
use store::views::{CrlRow, DELTA, FULL, shard_scope};
use x509::crl::{CrlBuilder, CrlScope, EncodedEntry};
use x509::time::Time;

use super::aside;
use super::lists::{Entries, Lists, Pieces, Read};
use super::read_back::{Expected, read_back};
use super::schedule::{Due, Schedule};
use super::write::write;
use crate::error::Error;
use crate::hierarchy::Member;
use crate::service::Core;
use crate::writer::CrlOrder;

/// What all CRLs of one pass have in common.
pub(super) struct Pass<'a> {
    pub(super) core: &'a Core,
    pub(super) member: &'a Arc<Member>,
    pub(super) schedule: &'a Schedule,
    /// URL of the machines' port.
    pub(super) machines: &'a str,
    pub(super) now: Time,
    /// Ledger size that they state.
    pub(super) covers: u64,
}

/// What tells one CRL of a pass from another.
struct Kind<'a> {
    name: &'a str,
    scope: Scope,
    number: u64,
    /// The number before in its sequence.
    latest: u64,
    says: CrlScope,
    /// Bytes of all its entries.
    bytes: usize,
}

impl Pass<'_> {
    /// Makes what is due. `lists` is then ahead of what is published: it is thrown away where recording fails.
    pub(super) async fn make(
        &self,
        lists: &mut Lists,
        mut due: Due,
    ) -> Result<Vec<CrlOrder>, Error> {
        let latest_full = lists.row(FULL).map(number).transpose()?;
        let latest = [FULL, DELTA].iter().filter_map(|scope| lists.row(scope));
        let latest = latest.map(number).collect::<Result<Vec<_>, _>>()?;
        let latest = latest.into_iter().max().unwrap_or(0);
        if due.full {
            lists.leave_out_expired(self.now.0, &mut due);
        }
        let mut orders = Vec::new();
        if due.full {
            let kind = Kind {
                name: FULL,
                scope: Scope::Full,
                number: latest + 1,
                latest,
                says: CrlScope {
                    freshest: vec![self.delta_url()],
                    ..CrlScope::default()
                },
                bytes: lists.bytes(),
            };
            orders.push(self.list(lists, kind, &|| lists.pieces()).await?);
        }
        if due.delta
            && let Some(base) = latest_full
        {
            let entries = lists.delta()?;
            // With a full CRL, the same number and the same statement (RFC 5280 §5.2.3).
            let kind = Kind {
                name: DELTA,
                scope: Scope::Delta { base },
                number: latest + 1,
                latest,
                says: CrlScope {
                    delta_base: Some(base),
                    ..CrlScope::default()
                },
                bytes: entries.iter().map(|entry| entry.der().len()).sum(),
            };
            let pieces = || Box::new(entries.iter().map(EncodedEntry::der)) as Box<Pieces<'_>>;
            orders.push(self.list(lists, kind, &pieces).await?);
        }
        for shard in &due.shards {
            let (order, read) = self.shard(lists, *shard).await?;
            orders.push(order);
            lists.note_read(&shard_scope(*shard), read);
        }
        if due.full {
            self.compare_shards(lists, &orders)?;
        }
        Ok(orders)
    }

    async fn shard(&self, lists: &Lists, shard: u32) -> Result<(CrlOrder, Read), Error> {
        let inconsistent = || Error::Inconsistent(format!("there is no shard {shard}"));
        let partition = lists.partition.as_ref().ok_or_else(inconsistent)?;
        let arena = lists.arena(shard).ok_or_else(inconsistent)?;
        let points = partition.urls(shard);
        let name = shard_scope(shard);
        let latest = lists.row(&name).map_or(Ok(0), number)?;
        let kind = Kind {
            name: &name,
            scope: Scope::Shard { shard },
            number: latest + 1,
            latest,
            says: CrlScope {
                distribution_point: points.clone(),
                ..CrlScope::default()
            },
            bytes: arena.bytes(),
        };
        let pieces = || Box::new(arena.pieces()) as Box<Pieces<'_>>;
        let order = self.list(lists, kind, &pieces).await?;
        let entries = Entries::Made(arena.changes());
        Ok((order, Read { entries, points }))
    }

    /// Signs one CRL, writes it and reads it back, holding it to everything that it must be.
    async fn list<'a>(
        &self,
        lists: &Lists,
        kind: Kind<'_>,
        pieces: &(dyn Fn() -> Box<Pieces<'a>> + Sync),
    ) -> Result<CrlOrder, Error> {
        let member = self.member;
        let lifetime = match kind.scope {
            Scope::Delta { .. } => self.schedule.delta_lifetime,
            Scope::Full | Scope::Shard { .. } => self.schedule.lifetime,
        };
        let next_update = self.now.plus_seconds(lifetime);
        let builder = CrlBuilder {
            signature_algorithm: member.algorithm(),
            issuer: member.name().clone(),
            authority_key_id: member.key_id().to_vec(),
            number: kind.number,
            this_update: self.now,
            next_update,
            scope: kind.says,
        };
        let unsigned = builder.frame(kind.bytes)?;
        let signature = aside(|| {
            member.signer.sign_pieces(&mut |take| {
                take(unsigned.head());
                pieces().for_each(&mut *take);
                take(unsigned.tail());
            })
        })?;
        let frame = unsigned.signed(&signature);
        let written = write(self.core, &frame, pieces()).await?;
        let published = lists.row(kind.name).map(|_| PublishedCrl {
            number: kind.latest,
            distribution_point: lists
                .read(kind.name)
                .map(|read| read.points.clone())
                .unwrap_or_default(),
        });
        let expected = Expected {
            member,
            builder: &builder,
            signature: &signature,
            frame: &frame,
            entries: kind.bytes,
            name: kind.name,
            published: published.as_ref(),
        };
        let entries = read_back(&self.core.store, &written, &expected, pieces()).await?;
        Ok(CrlOrder {
            authority: member.authority.clone(),
            scope: kind.scope,
            name: kind.name.to_owned(),
            number: kind.number,
            digest: written.digest,
            parts: written.parts,
            this_update: self.now.0,
            next_update: next_update.0,
            entries,
            covers: self.covers,
            expired_before: lists.expired_before,
            der: written.der,
        })
    }

    /// Together the shards list what the full CRL lists: those of this pass were compared entry by entry, the others
    /// still hold what was read of them when they were made.
    fn compare_shards(&self, lists: &Lists, orders: &[CrlOrder]) -> Result<(), Error> {
        let shards = lists
            .partition
            .as_ref()
            .map_or(0, |partition| partition.shards);
        for shard in 0..shards {
            let name = shard_scope(shard);
            let Some(arena) = lists.arena(shard) else {
                continue;
            };
            let differs = match (lists.read(&name), lists.row(&name)) {
                (Some(read), _) => !read.entries.are_of(arena),
                (None, Some(row)) => usize::try_from(row.entries) != Ok(arena.len()),
                (None, None) => !orders.iter().any(|order| order.name == name),
            };
            if differs {
                return Err(Error::Inconsistent(format!(
                    "{} of {} does not list what the full CRL lists of it",
                    name, self.member.authority
                )));
            }
        }
        Ok(())
    }

    fn delta_url(&self) -> String {
        format!("{}/crl/{}.delta.crl", self.machines, self.member.authority)
    }
}

/// Number of a recorded CRL.
pub(crate) fn number(row: &CrlRow) -> Result<u64, Error> {
    u64::try_from(row.number).map_err(|_| Error::Inconsistent("a CRL number is negative".into()))
}

/// The row that the record has of a CRL, but for its entry.
pub(super) fn row(order: &CrlOrder) -> CrlRow {
    let base = match order.scope {
        Scope::Delta { base } => i64::try_from(base).ok(),
        Scope::Full | Scope::Shard { .. } => None,
    };
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let parts: Vec<_> = order.parts.iter().map(Digest::to_string).collect();
    CrlRow {
        authority: order.authority.clone(),
        scope: order.name.clone(),
        number: signed(order.number),
        base,
        crl: order.digest,
        parts: parts.join(","),
        this_update: order.this_update,
        next_update: order.next_update,
        entries: signed(order.entries),
        covers: signed(order.covers),
        expired_before: order.expired_before,
        idx: 0,
    }
}
