//! Making CRLs: signed, read back, linted and compared with each other before any of them is recorded, together.

use std::sync::Arc;

use ledger::event::CrlScope as Scope;
use policy::lint;
use policy::lint::crl::PublishedCrl;
use sm_engine::sm3::{self, Digest};
use store::views::{CrlRow, DELTA, FULL, shard_scope};
use x509::crl::{Crl, CrlBuilder, CrlScope, EncodedEntry, assemble_crl};
use x509::time::Time;

use super::lists::Lists;
use super::schedule::{Due, Schedule};
use crate::error::Error;
use crate::hierarchy::Member;
use crate::writer::CrlOrder;

/// Largest piece of a CRL in one sealed blob.
const PART: usize = 8 << 20;

/// What all CRLs of one pass have in common.
pub(super) struct Pass<'a> {
    pub(super) member: &'a Arc<Member>,
    pub(super) schedule: &'a Schedule,
    /// URL of the machines' port.
    pub(super) machines: &'a str,
    pub(super) now: Time,
    /// Ledger size that they state.
    pub(super) covers: u64,
}

/// A CRL that was made, read back, and what is recorded of it.
struct Made {
    crl: Crl,
    order: CrlOrder,
}

impl Pass<'_> {
    /// Makes what is due. `lists` is then ahead of what is published: it is thrown away where recording fails.
    pub(super) fn make(&self, lists: &mut Lists, mut due: Due) -> Result<Vec<CrlOrder>, Error> {
        let latest_full = lists.row(FULL).map(number).transpose()?;
        let latest = [FULL, DELTA].iter().filter_map(|scope| lists.row(scope));
        let latest = latest.map(number).collect::<Result<Vec<_>, _>>()?;
        let latest = latest.into_iter().max().unwrap_or(0);
        if due.full {
            lists.leave_out_expired(self.now.0, &mut due);
        }
        let mut orders = Vec::new();
        if due.full {
            let scope = CrlScope {
                freshest: vec![self.delta_url()],
                ..CrlScope::default()
            };
            let made = self.list(
                lists,
                FULL,
                Scope::Full,
                latest + 1,
                latest,
                scope,
                lists.entries(),
            )?;
            orders.push(made.order);
        }
        if due.delta
            && let Some(base) = latest_full
        {
            let entries = lists.delta()?;
            let scope = CrlScope {
                delta_base: Some(base),
                ..CrlScope::default()
            };
            // With a full CRL, the same number and the same statement (RFC 5280 §5.2.3).
            let made = self.list(
                lists,
                DELTA,
                Scope::Delta { base },
                latest + 1,
                latest,
                scope,
                entries.iter(),
            )?;
            orders.push(made.order);
        }
        for shard in &due.shards {
            let made = self.shard(lists, *shard)?;
            orders.push(made.order);
            let digest = sm3::digest(made.crl.entries_der());
            let points = made.crl.scope().distribution_point.clone();
            lists.note_read(&shard_scope(*shard), digest, points);
        }
        if due.full {
            self.compare_shards(lists, &orders)?;
        }
        Ok(orders)
    }

    fn shard(&self, lists: &Lists, shard: u32) -> Result<Made, Error> {
        let inconsistent = || Error::Inconsistent(format!("there is no shard {shard}"));
        let partition = lists.partition.as_ref().ok_or_else(inconsistent)?;
        let arena = lists.arena(shard).ok_or_else(inconsistent)?;
        let scope = CrlScope {
            distribution_point: partition.urls(shard),
            ..CrlScope::default()
        };
        let name = shard_scope(shard);
        let latest = lists.row(&name).map_or(Ok(0), number)?;
        let kind = Scope::Shard { shard };
        self.list(
            lists,
            &name,
            kind,
            latest + 1,
            latest,
            scope,
            arena.entries(),
        )
    }

    /// Signs one CRL and holds it to everything that it must be.
    #[allow(clippy::too_many_arguments)] // one CRL is told from another by nothing less
    fn list<'a>(
        &self,
        lists: &Lists,
        name: &str,
        kind: Scope,
        number: u64,
        latest: u64,
        scope: CrlScope,
        entries: impl Iterator<Item = &'a EncodedEntry> + Clone,
    ) -> Result<Made, Error> {
        let member = self.member;
        let wrong = |what: String| {
            Error::Inconsistent(format!(
                "CRL {number} ({name}) of {}: {what}",
                member.authority
            ))
        };
        let lifetime = match kind {
            Scope::Delta { .. } => self.schedule.delta_lifetime,
            Scope::Full | Scope::Shard { .. } => self.schedule.lifetime,
        };
        let next_update = self.now.plus_seconds(lifetime);
        let builder = CrlBuilder {
            signature_algorithm: member.algorithm(),
            issuer: member.name().clone(),
            authority_key_id: member.key_id().to_vec(),
            number,
            this_update: self.now,
            next_update,
            scope,
        };
        let tbs = builder.to_tbs_der_of(entries.clone())?;
        let signature = member.signer.sign(&tbs)?;
        let crl = Crl::from_vec(assemble_crl(&tbs, &signature))?;
        drop(tbs);
        crl.verify_signature(member.certificate.public_key())?;
        let published = lists.row(name).map(|_| PublishedCrl {
            number: latest,
            distribution_point: lists
                .read(name)
                .map(|(_, points)| points.clone())
                .unwrap_or_default(),
        });
        let findings = lint::run_crl(&crl, &member.certificate, published.as_ref());
        if let Some(finding) = findings.first() {
            return Err(wrong(format!("{}: {}", finding.lint, finding.what)));
        }
        if *crl.scope() != builder.scope {
            return Err(wrong("it does not say what it is about".into()));
        }
        check_entries(crl.entries_der(), entries).map_err(wrong)?;
        let (digest, parts) = in_parts(crl.der());
        let order = CrlOrder {
            authority: member.authority.clone(),
            scope: kind,
            name: name.to_owned(),
            number,
            digest,
            parts: parts.iter().map(|part| sm3::digest(part)).collect(),
            pieces: if parts.is_empty() {
                vec![crl.der().to_vec()]
            } else {
                parts.into_iter().map(<[u8]>::to_vec).collect()
            },
            this_update: self.now.0,
            next_update: next_update.0,
            entries: u64::try_from(crl.len()).unwrap_or(u64::MAX),
            covers: self.covers,
            expired_before: lists.expired_before,
        };
        Ok(Made { crl, order })
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
                (Some((digest, _)), _) => *digest != arena.digest(),
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

/// The list holds these entries, byte for byte, and no other.
fn check_entries<'a>(
    mut list: &[u8],
    entries: impl Iterator<Item = &'a EncodedEntry>,
) -> Result<(), String> {
    for entry in entries {
        list = list
            .strip_prefix(entry.der())
            .ok_or("an entry is missing or another one")?;
    }
    if list.is_empty() {
        Ok(())
    } else {
        Err("it lists more than it should".into())
    }
}

/// SM3 of the whole; and its parts, where one sealed blob does not hold it.
fn in_parts(der: &[u8]) -> (Digest, Vec<&[u8]>) {
    let parts = if der.len() > PART {
        der.chunks(PART).collect()
    } else {
        Vec::new()
    };
    (sm3::digest(der), parts)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use x509::crl::{CrlEntry, RevocationReason};

    #[test]
    fn a_list_with_another_entry_is_noticed() {
        let entry = |serial: &str| {
            EncodedEntry::new(&CrlEntry {
                serial: serial.parse().unwrap(),
                revoked_at: Time(1_800_000_000),
                reason: RevocationReason::KeyCompromise,
            })
            .unwrap()
        };
        let (one, two) = (entry("01"), entry("02"));
        let list = [one.der(), two.der()].concat();
        assert_eq!(check_entries(&list, [one, two].iter()), Ok(()));
        assert!(check_entries(&list, [one].iter()).is_err());
        assert!(check_entries(&list, [two, one].iter()).is_err());
        assert!(check_entries(one.der(), [one, two].iter()).is_err());
    }

    #[test]
    fn large_lists_are_kept_in_parts() {
        assert!(in_parts(&vec![0; PART]).1.is_empty());
        let parts = vec![7; 2 * PART + 1];
        let lengths: Vec<_> = in_parts(&parts).1.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [PART, PART, 1]);
    }
}
