//! The one clock. Everything that needs the time takes a `&dyn Clock`; nothing else asks the system.

use std::sync::atomic::{AtomicI64, Ordering};
use x509::time::Time;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// UTC seconds since 1970.
    fn now(&self) -> Time;
}

/// The operating system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place that may ask
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Time(since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)))
    }
}

/// A clock that stands still until it is told otherwise: for tests and rehearsals.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `now`.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Sets the time; it may jump backwards.
    pub fn set(&self, now: Time) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the time on.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}
