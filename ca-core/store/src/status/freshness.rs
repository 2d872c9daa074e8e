//! Until when an index may be believed.
//!
//! The writer's own index is told of every commit and is current as long as it is trusted. A follower of another
//! process is current for a limited time after it last saw the whole ledger. Time is measured by the highest clock
//! reading since then: a clock that steps back does not make an old view current.

use parking_lot::Mutex;
use x509::time::Time;

/// Seconds by which readings of one clock on two threads may overtake each other.
const OVERTAKING: i64 = 2;

/// How old a view is.
#[derive(Default)]
pub(super) struct Freshness(Mutex<Mode>);

#[derive(Clone, Copy, Default)]
enum Mode {
    /// Fed by another process's ledger.
    Follows {
        /// Seconds for which a complete view may be believed.
        limit: i64,
        view: Option<View>,
    },
    /// Fed by the writer.
    #[default]
    Told,
}

/// A complete view.
#[derive(Clone, Copy)]
struct View {
    /// When the ledger was asked.
    complete: Time,
    /// Highest reading since.
    latest: Time,
}

impl Freshness {
    /// Nothing is current before the first complete view, nor `limit` seconds after the last one.
    pub(super) fn limit(&self, limit: i64) {
        *self.0.lock() = Mode::Follows { limit, view: None };
    }

    /// The view was that of the whole ledger at `now`.
    pub(super) fn complete(&self, now: Time) {
        if let Mode::Follows { view, .. } = &mut *self.0.lock() {
            *view = Some(View {
                complete: now,
                latest: now,
            });
        }
    }

    /// The moment for which the view is known to be complete; `None` where it is too old to be believed at `now`.
    pub(super) fn complete_at(&self, now: Time) -> Option<Time> {
        let mut mode = self.0.lock();
        let Mode::Follows { limit, view } = &mut *mode else {
            return Some(now);
        };
        let seen = view.as_mut()?;
        if now.0 < seen.complete.0.saturating_sub(OVERTAKING) {
            // How much time has passed is not known any more.
            *view = None;
            return None;
        }
        seen.latest = seen.latest.max(now);
        let age = seen.latest.0.saturating_sub(seen.complete.0);
        (age <= *limit).then_some(seen.complete)
    }

    /// Seconds since the last complete view at `now`; `None` where there was none.
    pub(super) fn lag(&self, now: Time) -> Option<i64> {
        match &*self.0.lock() {
            Mode::Follows { view, .. } => {
                let view = (*view)?;
                Some(view.latest.max(now).0.saturating_sub(view.complete.0))
            }
            Mode::Told => Some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower(limit: i64) -> Freshness {
        let freshness = Freshness::default();
        freshness.limit(limit);
        freshness
    }

    #[test]
    fn the_writers_own_view_does_not_age() {
        let freshness = Freshness::default();
        assert_eq!(freshness.complete_at(Time(5)), Some(Time(5)));
        assert_eq!(freshness.lag(Time(5)), Some(0));
    }

    #[test]
    fn a_view_is_believed_within_its_limit_and_recovers() {
        let freshness = follower(60);
        assert_eq!(freshness.complete_at(Time(1000)), None);
        assert_eq!(freshness.lag(Time(1000)), None);
        freshness.complete(Time(1000));
        assert_eq!(freshness.complete_at(Time(1060)), Some(Time(1000)));
        assert_eq!(freshness.complete_at(Time(1061)), None);
        assert_eq!(freshness.lag(Time(1061)), Some(61));
        freshness.complete(Time(5000));
        assert_eq!(freshness.complete_at(Time(5000)), Some(Time(5000)));
    }

    #[test]
    fn a_clock_that_steps_back_makes_nothing_current() {
        let freshness = follower(60);
        freshness.complete(Time(1000));
        assert_eq!(freshness.complete_at(Time(4600)), None);
        // Back to where the view would be young, were it not for the reading before.
        assert_eq!(freshness.complete_at(Time(1010)), None);
        // Back to before the view: not even when that moment comes again.
        freshness.complete(Time(5000));
        assert_eq!(freshness.complete_at(Time(4000)), None);
        assert_eq!(freshness.complete_at(Time(5001)), None);
        freshness.complete(Time(4001));
        assert_eq!(freshness.complete_at(Time(4001)), Some(Time(4001)));
    }

    #[test]
    fn two_threads_may_read_the_clock_out_of_order() {
        let freshness = follower(60);
        freshness.complete(Time(1000));
        assert_eq!(freshness.complete_at(Time(999)), Some(Time(1000)));
        assert_eq!(freshness.complete_at(Time(1000)), Some(Time(1000)));
    }
}
