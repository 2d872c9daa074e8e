//! How often anybody may try to sign in: a count per minute in total and for each certificate.
//!
//! The counts of one minute are dropped with the minute, and the total bounds how many there can be.

use std::collections::HashMap;

use sm_engine::sm3::Digest;

/// Sign-ins that begin in one minute, all together.
pub(super) const TOTAL: u32 = 1_200;
/// Sign-ins that begin in one minute with one certificate.
pub(super) const PER_CERTIFICATE: u32 = 120;

/// The counts of the current minute.
#[derive(Default)]
pub(super) struct Throttle {
    minute: i64,
    total: u32,
    by_certificate: HashMap<Digest, u32>,
}

impl Throttle {
    /// Counts one attempt at `now` (UTC seconds); false where it is one too many.
    pub(super) fn admit(&mut self, certificate: Digest, now: i64) -> bool {
        let minute = now.div_euclid(60);
        if minute != self.minute {
            *self = Self {
                minute,
                ..Self::default()
            };
        }
        if self.total >= TOTAL {
            return false;
        }
        self.total += 1;
        let count = self.by_certificate.entry(certificate).or_default();
        *count += 1;
        *count <= PER_CERTIFICATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: u32) -> Digest {
        sm_engine::sm3::digest(&number.to_be_bytes())
    }

    #[test]
    fn one_certificate_is_stopped_alone_and_the_next_minute_forgets() {
        let mut throttle = Throttle::default();
        for attempt in 0..PER_CERTIFICATE {
            assert!(throttle.admit(digest(1), 600), "attempt {attempt}");
        }
        assert!(!throttle.admit(digest(1), 659));
        assert!(throttle.admit(digest(2), 659));
        assert!(throttle.admit(digest(1), 660));
    }

    #[test]
    fn the_total_bounds_everybody_and_the_memory() {
        let mut throttle = Throttle::default();
        for number in 0..TOTAL {
            assert!(throttle.admit(digest(number), 0));
        }
        assert!(!throttle.admit(digest(TOTAL), 0));
        assert_eq!(
            throttle.by_certificate.len(),
            usize::try_from(TOTAL).unwrap_or(0)
        );
    }
}
