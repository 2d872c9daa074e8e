//! Keeps a stranger's questions from filling the log: counters count everything, lines are rationed.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use x509::time::Time;

/// Lines of one kind in one second.
const LINES_PER_SECOND: u32 = 20;

/// Rations log lines of one kind.
#[derive(Default)]
pub(crate) struct Throttle {
    second: AtomicI64,
    used: AtomicU32,
    left_out: AtomicU64,
}

impl Throttle {
    /// Whether a line may be written now; `Some` carries how many were left out since the last one.
    /// Races between threads may let a few lines more through, which is harmless.
    pub(crate) fn admit(&self, now: Time) -> Option<u64> {
        if self.second.swap(now.0, Ordering::Relaxed) != now.0 {
            self.used.store(0, Ordering::Relaxed);
        }
        if self.used.fetch_add(1, Ordering::Relaxed) < LINES_PER_SECOND {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_in_one_second_is_rationed_and_counted() {
        let throttle = Throttle::default();
        let through = (0..100)
            .filter(|_| throttle.admit(Time(7)).is_some())
            .count();
        assert_eq!(through, 20);
        assert_eq!(throttle.admit(Time(8)), Some(80));
        assert_eq!(throttle.admit(Time(8)), Some(0));
    }
}
