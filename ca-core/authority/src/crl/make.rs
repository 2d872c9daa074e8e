//! Making CRLs: signed, read back, linted and compared with each other before any of them is recorded, together.

use std::sync::Arc;

use ledger::event::CrlScope as Scope;
use policy::lint;
use policy::lint::crl::PublishedCrl;
use sm_engine::sm3::{self, Digest};
use store::views::{CrlRow, DELTA, FULL, shard_scope};
use x509::crl::{Crl, CrlBuilder, CrlScope, EncodedEntry};
use x509::time::Time;

use super::lists::{Entries, Lists, Read};
use super::schedule::{Due, Schedule};
use crate::error::Error;
use crate::hierarchy::Member;
use crate::writer::CrlOrder;

/// Largest piece of a CRL in one blob.
const PART: usize = 4 << 20;

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
            orders.push(self.list(lists, kind, || lists.pieces())?);
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
            orders.push(self.list(lists, kind, || entries.iter().map(EncodedEntry::der))?);
        }
        for shard in &due.shards {
            let (order, read) = self.shard(lists, *shard)?;
            orders.push(order);
            lists.note_read(&shard_scope(*shard), read);
        }
        if due.full {
            self.compare_shards(lists, &orders)?;
        }
        Ok(orders)
    }

    fn shard(&self, lists: &Lists, shard: u32) -> Result<(CrlOrder, Read), Error> {
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
        let order = self.list(lists, kind, || arena.pieces())?;
        let entries = Entries::Made(arena.changes());
        Ok((order, Read { entries, points }))
    }

    /// Signs one CRL, reads it back and holds it to everything that it must be: once as a whole in memory, the buffer
    /// in which it was written and from which it is stored.
    fn list<'a, I: Iterator<Item = &'a [u8]>>(
        &self,
        lists: &Lists,
        kind: Kind<'_>,
        pieces: impl Fn() -> I,
    ) -> Result<CrlOrder, Error> {
        let member = self.member;
        let Kind {
            name,
            number,
            latest,
            ..
        } = kind;
        let wrong = |what: String| {
            Error::Inconsistent(format!(
                "CRL {number} ({name}) of {}: {what}",
                member.authority
            ))
        };
        let lifetime = match kind.scope {
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
            scope: kind.says,
        };
        let unsigned = builder.unsigned(kind.bytes, pieces())?;
        let signature = member.signer.sign(unsigned.tbs())?;
        let crl = Crl::from_vec(unsigned.assemble(&signature))?;
        let published = lists.row(name).map(|_| PublishedCrl {
            number: latest,
            distribution_point: lists
                .read(name)
                .map(|read| read.points.clone())
                .unwrap_or_default(),
        });
        let examined = || {
            crl.verify_signature(member.certificate.public_key())?;
            let findings = lint::run_crl(&crl, &member.certificate, published.as_ref());
            if let Some(finding) = findings.first() {
                return Err(wrong(format!("{}: {}", finding.lint, finding.what)));
            }
            if *crl.scope() != builder.scope {
                return Err(wrong("it does not say what it is about".into()));
            }
            check_entries(crl.entries_der(), pieces()).map_err(wrong)
        };
        let (digest, parts) = beside(&crl, examined)?;
        Ok(CrlOrder {
            authority: member.authority.clone(),
            scope: kind.scope,
            name: name.to_owned(),
            number,
            digest,
            parts,
            this_update: self.now.0,
            next_update: next_update.0,
            entries: u64::try_from(crl.len()).unwrap_or(u64::MAX),
            covers: self.covers,
            expired_before: lists.expired_before,
            part: PART,
            der: crl.into_der().into(),
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

/// The list holds these entries, byte for byte, and no other.
fn check_entries<'a>(
    mut list: &[u8],
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Result<(), String> {
    for piece in pieces {
        list = list
            .strip_prefix(piece)
            .ok_or("an entry is missing or another one")?;
    }
    if list.is_empty() {
        Ok(())
    } else {
        Err("it lists more than it should".into())
    }
}

/// The digests of a CRL, computed while it is examined where it is large.
fn beside(
    crl: &Crl,
    examined: impl FnOnce() -> Result<(), Error>,
) -> Result<(Digest, Vec<Digest>), Error> {
    let der = crl.der();
    if der.len() <= PART {
        examined()?;
        return Ok(digests(der));
    }
    std::thread::scope(|scope| {
        let digests = scope.spawn(|| digests(der));
        examined()?;
        digests
            .join()
            .map_err(|_| Error::Inconsistent("a digest could not be computed".into()))
    })
}

/// SM3 of the whole; and of its parts, where one blob does not hold it.
fn digests(der: &[u8]) -> (Digest, Vec<Digest>) {
    let parts = if der.len() > PART {
        let parts: Vec<_> = der.chunks(PART).collect();
        sm3::digest_many(&parts)
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
        let check = |list: &[u8], entries: &[EncodedEntry]| {
            check_entries(list, entries.iter().map(EncodedEntry::der))
        };
        assert_eq!(check(&list, &[one, two]), Ok(()));
        assert_eq!(check_entries(&list, std::iter::once(&*list)), Ok(()));
        assert!(check(&list, &[one]).is_err());
        assert!(check(&list, &[two, one]).is_err());
        assert!(check(one.der(), &[one, two]).is_err());
    }

    #[test]
    fn large_lists_are_kept_in_parts() {
        assert!(digests(&vec![0; PART]).1.is_empty());
        let whole = vec![7; 2 * PART + 1];
        let (full, end) = (sm3::digest(&whole[..PART]), sm3::digest(&[7]));
        assert_eq!(
            digests(&whole),
            (sm3::digest(&whole), vec![full, full, end])
        );
    }
}
