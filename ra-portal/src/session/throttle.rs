//! How often an officer may do something: a count per minute and officer. Only what the officer really did is counted
//! (sign-ins with a right signature), so nobody else uses the count up, and there are no more counts than officers.

use std::collections::HashMap;

/// Sign-ins of one officer in one minute.
pub(crate) const SIGN_INS: u32 = 120;
/// CRLs that one officer asks for in one minute: each costs a signature and a ledger entry.
pub(crate) const CRLS: u32 = 6;

/// The counts of the current minute.
#[derive(Default)]
pub(crate) struct Throttle {
    minute: i64,
    by_officer: HashMap<String, u32>,
}

impl Throttle {
    /// Counts once at `now` (UTC seconds); false where that is more than `most` in this minute.
    pub(crate) fn admit(&mut self, officer: &str, most: u32, now: i64) -> bool {
        let minute = now.div_euclid(60);
        if minute != self.minute {
            *self = Self {
                minute,
                ..Self::default()
            };
        }
        let count = self.by_officer.entry(officer.to_owned()).or_default();
        *count += 1;
        *count <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_officer_is_stopped_alone_and_the_next_minute_forgets() {
        let mut throttle = Throttle::default();
        for attempt in 0..SIGN_INS {
            assert!(
                throttle.admit("OP-0001", SIGN_INS, 600),
                "attempt {attempt}"
            );
        }
        assert!(!throttle.admit("OP-0001", SIGN_INS, 659));
        assert!(throttle.admit("OP-0002", SIGN_INS, 659));
        assert!(throttle.admit("OP-0001", SIGN_INS, 660));
        assert_eq!(throttle.by_officer.len(), 1);
    }
}
