//! CRLs: what they list is what the ledger said at the size that they cover; certificates name the shard that they
//! belong to.

use std::collections::{BTreeMap, BTreeSet};

use ledger::event::{CrlFacts, CrlScope, Entry, Event, Status};
use x509::certificate::{Certificate, Serial};
use x509::crl::{Crl, shard_of};

use super::Walk;
use crate::crl::Partition;
use crate::error::Error;

/// A serial was revoked (with a reason) or released.
struct Change {
    entry: u64,
    at: i64,
    reason: Option<String>,
}

/// What the ledger says of one authority's certificates.
#[derive(Default)]
struct Authority {
    partition: Option<Partition>,
    /// By shard, then serial; oldest change first.
    changes: BTreeMap<u32, BTreeMap<String, Vec<Change>>>,
    /// Entry and serial of every change, in the ledger's order.
    order: Vec<(u64, String)>,
    /// Ends of certificates, UTC seconds.
    ends: BTreeMap<String, i64>,
    /// Full CRLs by number: what they cover and leave out.
    fulls: BTreeMap<u64, Stand>,
}

/// What a CRL covers and leaves out.
#[derive(Clone, Copy)]
struct Stand {
    covers: u64,
    expired_before: i64,
}

impl Stand {
    fn of(stated: &CrlFacts<'_>) -> Self {
        Self {
            covers: stated.covers,
            expired_before: stated.expired_before,
        }
    }
}

/// Serials, and why they are listed.
type Listed = BTreeMap<String, String>;

/// Changes per authority.
#[derive(Default)]
pub(super) struct Revocations(BTreeMap<String, Authority>);

impl Revocations {
    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        let (authority, serial, reason) = match &entry.event {
            Event::CertificateStatus {
                authority,
                serial,
                status,
                reason,
                ..
            } => (
                authority,
                serial,
                (*status != Status::Good).then(|| reason.clone()),
            ),
            Event::CertificateSuperseded {
                authority,
                serial,
                reason,
                ..
            } => (authority, serial, Some(reason.clone())),
            Event::CertificateAbandoned {
                authority, serial, ..
            } => (authority, serial, Some("cessationOfOperation".to_owned())),
            Event::CertificateIssued {
                authority,
                serial,
                not_after,
                ..
            } => {
                let known = self.0.entry(authority.clone()).or_default();
                known.ends.insert(serial.clone(), *not_after);
                return;
            }
            Event::CrlPartitioned {
                authority,
                shards,
                base,
            } => {
                let known = self.0.entry(authority.clone()).or_default();
                known.partition(*shards, base, index);
                return;
            }
            _ => return,
        };
        let known = self.0.entry(authority.clone()).or_default();
        let shard = known.shard_of(serial);
        known.order.push((index, serial.clone()));
        let serials = known.changes.entry(shard).or_default();
        serials.entry(serial.clone()).or_default().push(Change {
            entry: index,
            at: entry.time,
            reason,
        });
    }

    /// The shard URLs that a certificate may name; `None` where its authority has no shards.
    pub(super) fn urls(&self, authority: &str, serial: &Serial) -> Option<Vec<String>> {
        let partition = self.0.get(authority)?.partition.as_ref()?;
        Some(partition.urls(shard_of(serial, partition.shards)))
    }
}

impl Authority {
    fn partition(&mut self, shards: u32, base: &str, entry: u64) {
        match &mut self.partition {
            Some(partition) => partition.add(base.to_owned(), entry),
            None => {
                self.partition = Some(Partition::new(shards, base.to_owned(), entry));
                for (serial, changes) in std::mem::take(&mut self.changes).into_values().flatten() {
                    let shard = self.shard_of(&serial);
                    self.changes
                        .entry(shard)
                        .or_default()
                        .insert(serial, changes);
                }
            }
        }
    }

    fn shard_of(&self, serial: &str) -> u32 {
        let shards = self
            .partition
            .as_ref()
            .map_or(1, |partition| partition.shards);
        serial
            .parse()
            .map_or(0, |serial: Serial| shard_of(&serial, shards))
    }

    /// Why a serial is listed at that stand, if it is.
    fn state(&self, serial: &str, changes: &[Change], stand: Stand) -> Option<String> {
        let last = changes
            .iter()
            .rev()
            .find(|change| change.entry < stand.covers)?;
        let end = self.ends.get(serial);
        let left_out = end.is_some_and(|end| (*end).max(last.at) < stand.expired_before);
        last.reason.clone().filter(|_| !left_out)
    }

    /// What a full CRL lists, or that of a shard.
    fn at(&self, shard: Option<u32>, stand: Stand) -> Listed {
        let shards = self
            .changes
            .iter()
            .filter(|(number, _)| shard.is_none_or(|shard| shard == **number));
        shards
            .flat_map(|(_, serials)| serials)
            .filter_map(|(serial, changes)| {
                Some((serial.clone(), self.state(serial, changes, stand)?))
            })
            .collect()
    }

    /// What a delta lists: everything that changed since its base, and what is listed no more.
    fn between(&self, base: Stand, stand: Stand) -> Listed {
        let first = self
            .order
            .partition_point(|(entry, _)| *entry < base.covers);
        let changed = self.order.iter().skip(first);
        let mut serials: BTreeSet<&String> = changed
            .take_while(|(entry, _)| *entry < stand.covers)
            .map(|(_, serial)| serial)
            .collect();
        if base.expired_before != stand.expired_before {
            serials.extend(self.changes.values().flat_map(BTreeMap::keys));
        }
        let mut listed = Listed::new();
        for serial in serials {
            let changes = self
                .changes
                .get(&self.shard_of(serial))
                .and_then(|serials| serials.get(serial));
            let Some(changes) = changes else { continue };
            let before = self.state(serial, changes, base);
            let touched = changes
                .iter()
                .any(|change| (base.covers..stand.covers).contains(&change.entry));
            match self.state(serial, changes, stand) {
                Some(reason) if touched => {
                    listed.insert(serial.clone(), reason);
                }
                None if before.is_some() => {
                    listed.insert(serial.clone(), "removeFromCRL".to_owned());
                }
                _ => {}
            }
        }
        listed
    }
}

impl Walk<'_> {
    pub(super) async fn crl(&mut self, index: u64, entry: &Entry) -> Result<(), Error> {
        let Some(stated) = entry.event.crl() else {
            return Ok(());
        };
        let pieces = match stated.parts {
            [] => std::slice::from_ref(stated.crl),
            parts => parts,
        };
        let mut der = Vec::new();
        for piece in pieces {
            match self.blob(index, "CRL", piece).await? {
                Some(bytes) => der.extend_from_slice(&bytes),
                None => return Ok(()),
            }
        }
        self.report.crls += 1;
        let place = format!("entry {index}");
        let whole = sm_engine::sm3::digest(&der) == *stated.crl;
        let crl = match Crl::from_vec(der) {
            Ok(crl) => crl,
            Err(error) => {
                self.report.find("V230", place, error.to_string());
                return Ok(());
            }
        };
        let mut wrong = Vec::new();
        if !whole {
            wrong.push("its parts are not the CRL".to_owned());
        }
        match self.authorities.get(stated.authority) {
            Some(issuer) if crl.verify_signature(issuer.public_key()).is_ok() => {}
            _ => wrong.push("its authority did not sign it".to_owned()),
        }
        let said = (
            crl.number(),
            (crl.this_update().0, crl.next_update().0),
            u64::try_from(crl.len()).ok(),
        );
        if said
            != (
                stated.number,
                (stated.this_update, stated.next_update),
                Some(stated.entries),
            )
        {
            wrong.push("number, times or count are not the ones on the ledger".to_owned());
        }
        wrong.extend(self.compare(&stated, &crl));
        for what in wrong {
            self.report.find(
                "V231",
                place.clone(),
                format!("CRL {} of {}: {what}", stated.number, stated.authority),
            );
        }
        if stated.scope == CrlScope::Full {
            let known = self.revocations.0.entry(stated.authority.to_owned());
            known
                .or_default()
                .fulls
                .insert(stated.number, Stand::of(&stated));
        }
        Ok(())
    }

    /// What is wrong with scope and entries.
    fn compare(&self, stated: &CrlFacts<'_>, crl: &Crl) -> Vec<String> {
        let mut wrong = Vec::new();
        let none = Authority::default();
        let known = self.revocations.0.get(stated.authority).unwrap_or(&none);
        let (base, points, expected) = match stated.scope {
            CrlScope::Full => (None, Vec::new(), known.at(None, Stand::of(stated))),
            CrlScope::Delta { base } => {
                let Some(stand) = known.fulls.get(&base) else {
                    return vec![format!("there is no full CRL {base} that it builds on")];
                };
                (
                    Some(base),
                    Vec::new(),
                    known.between(*stand, Stand::of(stated)),
                )
            }
            CrlScope::Shard { shard } => {
                let urls = known
                    .partition
                    .as_ref()
                    .map(|partition| partition.urls(shard));
                let expected = known.at(Some(shard), Stand::of(stated));
                (None, urls.unwrap_or_default(), expected)
            }
        };
        let scope = crl.scope();
        if (scope.delta_base, &scope.distribution_point) != (base, &points) {
            wrong.push("it does not say what it is about".to_owned());
        }
        let listed: Listed = crl
            .entries()
            .filter_map(|entry| entry.own().ok())
            .map(|entry| (entry.serial.to_string(), entry.reason.to_string()))
            .collect();
        if listed != expected {
            let missing = expected
                .keys()
                .filter(|serial| !listed.contains_key(*serial))
                .count();
            wrong.push(format!(
                "it lists {} serials, the ledger says {}; {missing} are missing",
                listed.len(),
                expected.len()
            ));
        }
        wrong
    }

    /// A certificate names the shard of its serial, where its authority has shards.
    pub(super) fn distribution_point(
        &mut self,
        index: u64,
        authority: &str,
        certificate: &Certificate,
    ) {
        let Some(urls) = self.revocations.urls(authority, certificate.serial()) else {
            return;
        };
        let points = certificate.crl_distribution_points();
        let right = points.iter().all(|point| urls.contains(point));
        if !right {
            self.report.find(
                "V232",
                format!("entry {index}"),
                format!(
                    "{authority}/{} names another distribution point than that of its shard",
                    certificate.serial()
                ),
            );
        }
    }
}
