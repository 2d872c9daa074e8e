//! The clock's pace. The ledger's time never goes back, so one look at a clock that is far ahead would lift it for
//! ever: a jump beyond the limit is not followed until an operator has confirmed it at a start.

use std::time::Duration;

use store::clock::Clock;

use crate::error::{Error, Refusal};

/// What the clock said when it was last believed, and the limit of its jumps.
pub(crate) struct Pace {
    /// Seconds that the clock may gain on the time that really passed.
    limit: i64,
    /// UTC seconds, and the uptime of the process, when an entry was last committed.
    wall: i64,
    uptime: Duration,
}

impl Pace {
    /// Begins at a start of the service: `last` is the time of the ledger's last entry. An operator who says that
    /// the clock is right (`accepted`) may start however long the service stood still.
    pub(crate) fn begin(
        clock: &dyn Clock,
        last: i64,
        limit: i64,
        accepted: bool,
    ) -> Result<Self, Error> {
        let now = clock.now().0;
        if !accepted && now.saturating_sub(last) > limit {
            return Err(Error::ClockAhead { now, last, limit });
        }
        Ok(Self {
            limit,
            wall: now,
            uptime: clock.uptime(),
        })
    }

    /// Now, if the clock has kept pace since it was last believed.
    pub(crate) fn now(&self, clock: &dyn Clock) -> Result<i64, Error> {
        let now = clock.now().0;
        let passed = clock.uptime().saturating_sub(self.uptime).as_secs();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        let ahead = now.saturating_sub(self.wall.saturating_add(passed));
        if ahead > self.limit {
            tracing::error!(
                now,
                ahead,
                "the system clock has jumped ahead; nothing is committed"
            );
            return Err(Refusal::new(
                "A512",
                format!("系统时钟突然快了 {ahead} 秒，未作任何更改。请管理员校正时钟"),
                format!("the system clock has jumped {ahead} seconds ahead; nothing was done until it is set right"),
            )
            .into());
        }
        Ok(now)
    }

    /// The clock was believed: entries were committed.
    pub(crate) fn keep(&mut self, clock: &dyn Clock) {
        self.wall = clock.now().0;
        self.uptime = clock.uptime();
    }
}
