//! Ledger entries about serials, and what they add up to in a plain map.

use std::collections::{BTreeMap, HashMap};

use ledger::event::{Basis, Entry, Event, StatementRef, Status as Change};
use proptest::prelude::*;
use sm_engine::sm3::Digest;
use store::status::{Counts, Status};
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::time::Time;

/// What happens to a serial.
#[derive(Clone, Debug)]
pub enum Step {
    Abandon,
    Crl(u64),
    Hold,
    Intend,
    Issue,
    Release,
    Revoke(RevocationReason),
}

/// An authority, a serial, what happens to it, and when.
pub type Happening = (usize, Serial, Step, i64);

pub const AUTHORITIES: [&str; 2] = ["jinan", "qingdao"];

/// A history over few serials, so that they meet again: short ones, long ones, neighbours.
pub fn happenings(most: usize) -> impl Strategy<Value = Vec<Happening>> {
    let serial = prop_oneof![
        (1..40_u8).prop_map(|low| number(u128::from(low))),
        (1..40_u8).prop_map(|low| number((0x5A << 120) + u128::from(low))),
        (1..6_u8).prop_map(|low| {
            let mut octets = vec![0x11; 20];
            octets[19] = low;
            Serial::from_bytes(&octets).unwrap()
        }),
    ];
    let step = prop_oneof![
        Just(Step::Intend),
        Just(Step::Issue),
        Just(Step::Issue),
        Just(Step::Abandon),
        Just(Step::Hold),
        Just(Step::Release),
        Just(Step::Revoke(RevocationReason::KeyCompromise)),
        Just(Step::Revoke(RevocationReason::Superseded)),
        (1..50_u64).prop_map(Step::Crl),
    ];
    // Now and then a time that no 32 bits hold.
    let time = prop_oneof![9 => 1_700_000_000..1_700_009_999_i64, 1 => Just(1 << 33)];
    prop::collection::vec((0..2_usize, serial, step, time), 1..most)
}

/// The serial of this number.
pub fn number(number: u128) -> Serial {
    let octets = number.to_be_bytes();
    let start = octets.iter().take_while(|octet| **octet == 0).count();
    let mut octets = octets[start..].to_vec();
    if octets[0] >= 0x80 {
        octets.insert(0, 0);
    }
    Serial::from_bytes(&octets).unwrap()
}

pub fn entry((authority, serial, step, time): &Happening) -> Entry {
    let (authority, serial) = (AUTHORITIES[*authority].to_owned(), serial.to_string());
    let digest = Digest([7; 32]);
    let status = |status, reason: RevocationReason| Event::CertificateStatus {
        authority: authority.clone(),
        serial: serial.clone(),
        status,
        reason: reason.to_string(),
        list: None,
        statement: StatementRef {
            digest,
            officer: "OP-0001".into(),
            signature: String::new(),
        },
    };
    let event = match step {
        Step::Abandon => Event::CertificateAbandoned {
            authority,
            serial,
            intent: 0,
            reason: "test".into(),
        },
        Step::Crl(number) => Event::CrlIssued {
            authority,
            number: *number,
            crl: digest,
            this_update: 0,
            next_update: 1,
            entries: 0,
            covers: 0,
        },
        Step::Hold => status(Change::Held, RevocationReason::CertificateHold),
        Step::Intend => Event::CertificateIntended {
            authority,
            serial,
            tbs: digest,
            profile: "device".into(),
            profile_document: digest,
            key: digest,
            basis: Basis::Founding,
        },
        Step::Issue => Event::CertificateIssued {
            authority,
            serial,
            certificate: digest,
            intent: 0,
            not_after: 2_000_000_000,
        },
        Step::Release => status(Change::Good, RevocationReason::RemoveFromCrl),
        Step::Revoke(reason) => status(Change::Revoked, *reason),
    };
    Entry {
        event,
        time: *time,
        v: 1,
    }
}

/// The same in a plain map.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub statuses: HashMap<(usize, Serial), Status>,
    /// Entry of the latest change that a CRL tells.
    pub changed: BTreeMap<(usize, Serial), u64>,
    /// Entry of the latest CRL.
    pub crls: BTreeMap<usize, u64>,
    pub last: Option<u64>,
}

impl Model {
    pub fn apply(&mut self, index: u64, (authority, serial, step, time): &Happening) {
        let at = Time(*time);
        self.last = Some(index);
        let new = match step {
            Step::Crl(_) => {
                self.crls.insert(*authority, index);
                return;
            }
            Step::Abandon => Status::Revoked {
                at,
                reason: RevocationReason::CessationOfOperation,
            },
            Step::Hold => Status::Held { at },
            Step::Intend => Status::Intended,
            Step::Issue | Step::Release => Status::Good,
            Step::Revoke(reason) => Status::Revoked {
                at,
                reason: *reason,
            },
        };
        let key = (*authority, serial.clone());
        let old = self.statuses.insert(key.clone(), new);
        let told = |status| matches!(status, Some(Status::Held { .. } | Status::Revoked { .. }));
        if old != Some(new) && (told(old) || told(Some(new))) {
            self.changed.insert(key, index);
        }
    }

    /// Entries that a writer's start has to know, in their order.
    pub fn landmarks(&self) -> Vec<u64> {
        let all = self.crls.values().chain(&self.last).copied();
        all.collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    pub fn status(&self, authority: usize, serial: &Serial) -> Status {
        let status = self.statuses.get(&(authority, serial.clone()));
        status.copied().unwrap_or(Status::Unknown)
    }

    pub fn counts(&self, authority: usize) -> Counts {
        let mut counts = Counts::default();
        for ((_, _), status) in self.statuses.iter().filter(|((of, _), _)| *of == authority) {
            match status {
                Status::Good => counts.good += 1,
                Status::Held { .. } => counts.held += 1,
                Status::Revoked { .. } => counts.revoked += 1,
                Status::Intended | Status::Unknown => {}
            }
        }
        counts
    }

    pub fn revoked(&self, authority: usize) -> Vec<(Serial, Time, RevocationReason)> {
        let of_authority = self.statuses.iter().filter(|((of, _), _)| *of == authority);
        let mut list: Vec<_> = of_authority
            .filter_map(|((_, serial), status)| match *status {
                Status::Held { at } => {
                    Some((serial.clone(), at, RevocationReason::CertificateHold))
                }
                Status::Revoked { at, reason } => Some((serial.clone(), at, reason)),
                _ => None,
            })
            .collect();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    }

    pub fn changes(&self, authority: usize, size: u64) -> Vec<(Serial, Status)> {
        let of_authority = self.changed.iter().filter(|((of, _), _)| *of == authority);
        let mut list: Vec<_> = of_authority
            .filter(|(_, index)| **index >= size)
            .map(|((_, serial), _)| (serial.clone(), self.status(authority, serial)))
            .collect();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    }
}
