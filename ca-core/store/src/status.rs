//! What every issued serial is worth, in memory, fed by the ledger's order and by nothing else.
//!
//! A certificate that the ledger does not know is `Unknown`, whatever key signed it. The writer tells the
//! index about a commit before it answers the caller, so a revocation that returned is already visible here.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ledger::event::{Entry, Event, Status as Change};
use parking_lot::{Mutex, RwLock};
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::time::Time;

/// Follows the ledger: sees every entry once, in order, after its commit.
pub trait Follower: Send + Sync {
    /// `first` is the index of `entries[0]`.
    fn follow(&self, first: u64, entries: &[Entry]);
}

/// What a serial is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The ledger does not know it: never issued.
    Unknown,
    /// About to be signed; no certificate has left yet.
    Intended,
    /// Issued and neither held nor revoked. Says nothing about validity dates.
    Good,
    /// Frozen.
    Held {
        /// Since when.
        at: Time,
    },
    /// Ended.
    Revoked {
        /// Since when.
        at: Time,
        /// Why.
        reason: RevocationReason,
    },
}

/// How many certificates of one authority are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Valid as far as status goes.
    pub good: u64,
    /// Frozen.
    pub held: u64,
    /// Revoked, abandoned intents included.
    pub revoked: u64,
}

/// Somebody asked for a serial that was never issued: a sign of a forged certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeverIssued {
    /// Authority that is said to have issued it.
    pub authority: String,
    /// The serial that was asked for, hex.
    pub serial: String,
    /// When.
    pub at: Time,
}

/// Alarms kept for people to look at; the counter goes on beyond.
const ALARMS_KEPT: usize = 100;

/// The index.
#[derive(Default)]
pub struct StatusIndex {
    authorities: RwLock<BTreeMap<String, HashMap<Serial, Status>>>,
    /// Entries applied so far = size of the ledger that this view stands for.
    applied: AtomicU64,
    never_issued: AtomicU64,
    /// Set where the index may no longer be what the ledger says.
    behind: AtomicBool,
    recent_alarms: Mutex<VecDeque<NeverIssued>>,
}

impl StatusIndex {
    /// An index that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `serial` of `authority` is worth.
    #[must_use]
    pub fn status(&self, authority: &str, serial: &Serial) -> Status {
        let all = self.authorities.read();
        all.get(authority)
            .and_then(|a| a.get(serial))
            .copied()
            .unwrap_or(Status::Unknown)
    }

    /// The index may have missed a commit: whoever answers from it must stop answering. There is no way back but a
    /// new start.
    pub fn stop_trusting(&self) {
        self.behind.store(true, Ordering::Release);
    }

    /// Whether the index is what the ledger says.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        !self.behind.load(Ordering::Acquire)
    }

    /// Size of the ledger that this view stands for.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    /// How many of an authority's certificates are in which state.
    #[must_use]
    pub fn counts(&self, authority: &str) -> Counts {
        let mut counts = Counts::default();
        for status in self
            .authorities
            .read()
            .get(authority)
            .into_iter()
            .flat_map(HashMap::values)
        {
            match status {
                Status::Good => counts.good += 1,
                Status::Held { .. } => counts.held += 1,
                Status::Revoked { .. } => counts.revoked += 1,
                Status::Unknown | Status::Intended => {}
            }
        }
        counts
    }

    /// Everything held or revoked under `authority`, in the order of serials: what its CRL lists.
    #[must_use]
    pub fn revoked(&self, authority: &str) -> Vec<(Serial, Time, RevocationReason)> {
        let all = self.authorities.read();
        let mut list: Vec<_> = all
            .get(authority)
            .into_iter()
            .flatten()
            .filter_map(|(serial, status)| match *status {
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

    /// Records that a serial was asked for that does not exist.
    pub fn raise_never_issued(&self, alarm: NeverIssued) {
        self.never_issued.fetch_add(1, Ordering::Relaxed);
        let mut recent = self.recent_alarms.lock();
        if recent.len() == ALARMS_KEPT {
            recent.pop_front();
        }
        recent.push_back(alarm);
    }

    /// How many such questions there were since start, and the latest of them (newest last).
    #[must_use]
    pub fn never_issued(&self) -> (u64, Vec<NeverIssued>) {
        let recent = self.recent_alarms.lock().iter().cloned().collect();
        (self.never_issued.load(Ordering::Relaxed), recent)
    }
}

impl Follower for StatusIndex {
    fn follow(&self, first: u64, entries: &[Entry]) {
        let mut all = self.authorities.write();
        // Entries that were seen already are passed over: replay and live feed may overlap at start.
        let seen = self.applied.load(Ordering::Acquire).saturating_sub(first);
        for entry in entries
            .iter()
            .skip(usize::try_from(seen).unwrap_or(usize::MAX))
        {
            let Some((authority, serial, status)) = change(entry) else {
                continue;
            };
            all.entry(authority.to_owned())
                .or_default()
                .insert(serial, status);
        }
        let end = first.saturating_add(entries.len() as u64);
        self.applied.fetch_max(end, Ordering::AcqRel);
    }
}

/// What an entry says about a serial, if anything.
fn change(entry: &Entry) -> Option<(&str, Serial, Status)> {
    let at = Time(entry.time);
    let (authority, serial, status) = match &entry.event {
        Event::CertificateIntended {
            authority, serial, ..
        } => (authority, serial, Status::Intended),
        Event::CertificateIssued {
            authority, serial, ..
        } => (authority, serial, Status::Good),
        Event::CertificateAbandoned {
            authority, serial, ..
        } => (
            authority,
            serial,
            Status::Revoked {
                at,
                reason: RevocationReason::CessationOfOperation,
            },
        ),
        Event::CertificateStatus {
            authority,
            serial,
            status,
            reason,
            ..
        } => {
            let status = match status {
                Change::Good => Status::Good,
                Change::Held => Status::Held { at },
                Change::Revoked => Status::Revoked {
                    at,
                    // The ledger refuses unknown names; an unreadable one still means revoked.
                    reason: reason.parse().unwrap_or(RevocationReason::Unspecified),
                },
            };
            (authority, serial, status)
        }
        _ => return None,
    };
    // A serial that cannot be read cannot be asked for either.
    Some((authority, serial.parse().ok()?, status))
}
