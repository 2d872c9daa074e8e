//! The one clock. Everything that needs the time takes a `&dyn Clock`; nothing else asks the system.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use x509::time::Time;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// UTC seconds since 1970.
    fn now(&self) -> Time;

    /// Time since some moment of this process. It runs on whatever [`now`](Self::now) is set to, so that a jump shows.
    fn uptime(&self) -> Duration;
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

    #[allow(clippy::disallowed_methods)] // the same place
    fn uptime(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that stands still until it is told otherwise: for tests and rehearsals.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicI64,
    uptime: AtomicU64,
}

impl ManualClock {
    /// Starts at `now`.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self {
            now: AtomicI64::new(now.0),
            uptime: AtomicU64::new(0),
        }
    }

    /// Sets the time without any passing: it jumps, ahead or backwards.
    pub fn set(&self, now: Time) {
        self.now.store(now.0, Ordering::SeqCst);
    }

    /// Lets time pass; less than none sets the time back.
    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
        let passed = u64::try_from(seconds).unwrap_or(0);
        self.uptime.fetch_add(passed, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(self.uptime.load(Ordering::SeqCst))
    }
}
