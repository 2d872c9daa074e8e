//! CRLs: numbers, bases, shards, and when an expired certificate may be left out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Crl, Replay, Rule};
use crate::event::{CrlScope, Event};
use crate::life::{Breach, breach};

/// Most shards of one authority.
const SHARDS: u32 = 4096;
/// Longest address.
const BASE_LIMIT: usize = 512;

/// What the next CRL of an authority must follow.
#[derive(Default)]
pub(super) struct State {
    partition: Option<Partition>,
    full: Option<Last>,
    /// Number of the full CRL before the latest.
    earlier_full: Option<u64>,
    delta: Option<Last>,
    shards: BTreeMap<u32, Last>,
    expired_before: i64,
}

struct Partition {
    shards: u32,
    bases: BTreeSet<String>,
}

/// The latest CRL of a scope.
#[derive(Clone, Copy)]
struct Last {
    number: u64,
    this_update: i64,
    covers: u64,
}

impl Replay {
    pub(super) fn issue_crl(&mut self, index: u64, event: &Event) -> Result<(), Breach> {
        let Some(issued) = read(index, event) else {
            return Ok(());
        };
        self.known_authority(&issued.authority)?;
        if issued.this_update >= issued.next_update {
            return breach(Rule::CrlPeriod, "thisUpdate is not before nextUpdate");
        }
        if issued.covers > index {
            return breach(
                Rule::CrlCover,
                format!("it claims to cover {} entries", issued.covers),
            );
        }
        let state = self.crl_states.entry(issued.authority.clone()).or_default();
        state.check(&issued, matches!(event, Event::CrlIssued { .. }))?;
        state.take(&issued);
        self.crls
            .entry(issued.authority.clone())
            .or_default()
            .push(issued);
        Ok(())
    }

    pub(super) fn partition_crl(
        &mut self,
        authority: &str,
        shards: u32,
        base: &str,
    ) -> Result<(), Breach> {
        self.known_authority(authority)?;
        let printable = base.bytes().all(|byte| byte.is_ascii_graphic());
        if !(2..=SHARDS).contains(&shards)
            || base.is_empty()
            || base.len() > BASE_LIMIT
            || !printable
        {
            return breach(Rule::CrlPartition, "not 2 to 4096 shards at an address");
        }
        let state = self.crl_states.entry(authority.to_owned()).or_default();
        let partition = state.partition.get_or_insert_with(|| Partition {
            shards,
            bases: BTreeSet::new(),
        });
        if partition.shards != shards {
            return breach(
                Rule::CrlPartition,
                format!("{shards} shards after {}", partition.shards),
            );
        }
        if !partition.bases.insert(base.to_owned()) {
            return breach(Rule::CrlPartition, "the address is known already");
        }
        Ok(())
    }
}

fn read(index: u64, event: &Event) -> Option<Crl> {
    let stated = event.crl()?;
    Some(Crl {
        authority: stated.authority.to_owned(),
        scope: stated.scope,
        number: stated.number,
        crl: *stated.crl,
        this_update: stated.this_update,
        next_update: stated.next_update,
        entries: stated.entries,
        covers: stated.covers,
        expired_before: stated.expired_before,
        index,
    })
}

impl State {
    fn check(&self, crl: &Crl, before_scopes: bool) -> Result<(), Breach> {
        let last = match crl.scope {
            CrlScope::Full => self.full,
            CrlScope::Delta { .. } => self.delta,
            CrlScope::Shard { shard } => {
                self.check_shard(shard)?;
                self.shards.get(&shard).copied()
            }
        };
        if let Some(last) = last
            && crl.covers < last.covers
        {
            return breach(
                Rule::CrlCover,
                format!(
                    "it covers {} entries, the one before {}",
                    crl.covers, last.covers
                ),
            );
        }
        self.check_number(crl, last)?;
        if let CrlScope::Delta { base } = crl.scope {
            self.check_base(crl.number, base)?;
        }
        if before_scopes {
            return Ok(());
        }
        self.check_expired(crl)
    }

    fn check_shard(&self, shard: u32) -> Result<(), Breach> {
        match &self.partition {
            Some(partition) if shard < partition.shards => Ok(()),
            _ => breach(Rule::CrlShard, format!("there is no shard {shard}")),
        }
    }

    /// Full and delta CRLs share one sequence (RFC 5280 §5.2.3).
    fn check_number(&self, crl: &Crl, last: Option<Last>) -> Result<(), Breach> {
        let sequence = match crl.scope {
            CrlScope::Shard { .. } => last.map(|last| last.number),
            CrlScope::Delta { .. } | CrlScope::Full => {
                let both = [self.full, self.delta];
                both.into_iter().flatten().map(|last| last.number).max()
            }
        };
        let twin = matches!(crl.scope, CrlScope::Delta { .. })
            && last.is_none_or(|last| last.number < crl.number)
            && self.full.is_some_and(|full| {
                (full.number, full.this_update, full.covers)
                    == (crl.number, crl.this_update, crl.covers)
            });
        match sequence {
            Some(last) if crl.number <= last && !twin => breach(
                Rule::CrlNumber,
                format!("number {} follows {last}", crl.number),
            ),
            _ => Ok(()),
        }
    }

    fn check_base(&self, number: u64, base: u64) -> Result<(), Breach> {
        let full = self.full.map(|full| full.number);
        let right = if full == Some(number) {
            self.earlier_full
        } else {
            full
        };
        if right == Some(base) {
            Ok(())
        } else {
            breach(Rule::CrlBase, format!("it builds on CRL {base}"))
        }
    }

    fn check_expired(&self, crl: &Crl) -> Result<(), Breach> {
        let shards = self
            .partition
            .as_ref()
            .map_or(0, |partition| partition.shards);
        let everywhere = usize::try_from(shards).is_ok_and(|shards| self.shards.len() == shards);
        let listed = everywhere
            .then(|| {
                let lists = self.shards.values().chain(&self.full);
                lists.map(|last| last.this_update).min()
            })
            .flatten()
            .filter(|_| self.full.is_some());
        let advances = crl.scope == CrlScope::Full
            && crl.expired_before > self.expired_before
            && listed.is_some_and(|listed| crl.expired_before <= listed);
        if advances || crl.expired_before == self.expired_before {
            Ok(())
        } else {
            breach(
                Rule::CrlExpired,
                format!("it leaves out what ended before {}", crl.expired_before),
            )
        }
    }

    fn take(&mut self, crl: &Crl) {
        let last = Last {
            number: crl.number,
            this_update: crl.this_update,
            covers: crl.covers,
        };
        match crl.scope {
            CrlScope::Full => {
                self.earlier_full = self.full.map(|full| full.number);
                self.full = Some(last);
                self.expired_before = self.expired_before.max(crl.expired_before);
            }
            CrlScope::Delta { .. } => self.delta = Some(last),
            CrlScope::Shard { shard } => {
                self.shards.insert(shard, last);
            }
        }
    }
}
