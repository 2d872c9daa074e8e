//! Questions about serials that were never issued: signs of a forged certificate.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use x509::time::Time;

/// Somebody asked for a serial that was never issued.
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
const KEPT: usize = 100;

/// The latest alarms and how many there were.
#[derive(Default)]
pub(super) struct Alarms {
    count: AtomicU64,
    recent: Mutex<VecDeque<NeverIssued>>,
}

impl Alarms {
    pub(super) fn raise(&self, alarm: NeverIssued) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut recent = self.recent.lock();
        if recent.len() == KEPT {
            recent.pop_front();
        }
        recent.push_back(alarm);
    }

    pub(super) fn recent(&self) -> (u64, Vec<NeverIssued>) {
        let recent = self.recent.lock().iter().cloned().collect();
        (self.count.load(Ordering::Relaxed), recent)
    }
}
