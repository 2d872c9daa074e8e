//! Serials and statuses in few bytes, without loss.
//!
//! A serial of at most 16 octets is a number below 2^127. [`spread`] maps these numbers one to one onto themselves so
//! that even consecutive serials lie evenly: what is compared afterwards is still the whole serial, never a digest of
//! it. Authorities choose their serials themselves, so nobody can aim at one slot.

use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::time::Time;

use super::Status;

/// Odd, so that multiplication modulo 2^128 can be undone.
const FACTOR: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
/// Octets that fit a number.
const SHORT: usize = 16;

/// A serial as the index keeps it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// Any other.
    Long(Serial),
    /// At most 16 octets: the [`spread`] number.
    Short(u128),
}

impl Name {
    pub(super) fn of(serial: &Serial) -> Self {
        let octets = serial.as_bytes();
        if octets.len() > SHORT {
            return Self::Long(serial.clone());
        }
        let number = octets
            .iter()
            .fold(0_u128, |number, octet| number << 8 | u128::from(*octet));
        Self::Short(spread(number))
    }

    pub(super) fn serial(&self) -> Option<Serial> {
        match self {
            Self::Long(serial) => Some(serial.clone()),
            Self::Short(key) => serial_of(gather(*key)),
        }
    }
}

/// The serial that is this number; `None` for zero and from 2^127 on.
pub(super) fn serial_of(number: u128) -> Option<Serial> {
    let octets = number.to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    // A positive INTEGER whose first value bit would be its sign has a zero in front.
    let sign = octets.get(zeros).is_some_and(|first| *first >= 0x80);
    Serial::from_bytes(octets.get(zeros.checked_sub(usize::from(sign))?..)?).ok()
}

/// The index's number of a serial number; zero only for zero.
pub(super) fn spread(number: u128) -> u128 {
    let mixed = (number ^ number >> 64).wrapping_mul(FACTOR);
    (mixed ^ mixed >> 64).wrapping_mul(FACTOR)
}

/// Undoes [`spread`].
pub(super) fn gather(key: u128) -> u128 {
    const INVERSE: u128 = inverse(FACTOR);
    let mixed = key.wrapping_mul(INVERSE);
    let number = (mixed ^ mixed >> 64).wrapping_mul(INVERSE);
    number ^ number >> 64
}

/// By Newton's iteration: each step doubles the number of right bits, beginning with three.
const fn inverse(odd: u128) -> u128 {
    let mut inverse = odd;
    let mut bits = 3;
    while bits < 128 {
        inverse = inverse.wrapping_mul(2_u128.wrapping_sub(odd.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse
}

/// State and reason in one byte, and UTC seconds until 2106.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) state: u8,
    pub(super) seconds: u32,
}

const UNKNOWN: u8 = 0;
const INTENDED: u8 = 1;
const GOOD: u8 = 2;
const HELD: u8 = 3;
/// Plus the reason's code.
const REVOKED: u8 = 16;

/// A status as one byte and its time; 0 for those that have none.
pub(super) fn code(status: Status) -> (u8, Time) {
    match status {
        Status::Unknown => (UNKNOWN, Time(0)),
        Status::Intended => (INTENDED, Time(0)),
        Status::Good => (GOOD, Time(0)),
        Status::Held { at } => (HELD, at),
        Status::Revoked { at, reason } => (REVOKED + reason.code(), at),
    }
}

/// Undoes [`code`]; `None` for a byte that means nothing.
pub(super) fn decode(state: u8, at: Time) -> Option<Status> {
    Some(match state {
        UNKNOWN => Status::Unknown,
        INTENDED => Status::Intended,
        GOOD => Status::Good,
        HELD => Status::Held { at },
        state => Status::Revoked {
            at,
            reason: RevocationReason::from_code(state.checked_sub(REVOKED)?)?,
        },
    })
}

impl Packed {
    pub(super) const GOOD: Self = Self {
        state: GOOD,
        seconds: 0,
    };

    /// `None` for a time that does not fit.
    pub(super) fn of(status: Status) -> Option<Self> {
        let (state, at) = code(status);
        let seconds = u32::try_from(at.0).ok()?;
        Some(Self { state, seconds })
    }

    /// `None` for a state that does not exist.
    pub(super) fn status(self) -> Option<Status> {
        decode(self.state, Time(self.seconds.into()))
    }

    pub(super) fn to_bytes(self) -> [u8; 5] {
        let [a, b, c, d] = self.seconds.to_be_bytes();
        [self.state, a, b, c, d]
    }

    pub(super) fn from_bytes([state, a, b, c, d]: [u8; 5]) -> Self {
        Self {
            state,
            seconds: u32::from_be_bytes([a, b, c, d]),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn serial() -> impl Strategy<Value = Serial> {
        prop::collection::vec(any::<u8>(), 1..=20)
            .prop_filter_map("positive and minimal", |octets| {
                Serial::from_bytes(&octets).ok()
            })
    }

    proptest! {
        #[test]
        fn a_name_is_its_serial(serial in serial()) {
            let name = Name::of(&serial);
            prop_assert_eq!(matches!(name, Name::Short(_)), serial.as_bytes().len() <= 16);
            prop_assert_eq!(name.serial(), Some(serial));
        }

        #[test]
        fn spreading_loses_nothing(number: u128) {
            prop_assert_eq!(gather(spread(number)), number);
            prop_assert_eq!(spread(number) == 0, number == 0);
        }

        #[test]
        fn what_is_packed_comes_out(seconds: u32, code in 0..=10_u8) {
            let at = Time(seconds.into());
            let mut all = vec![Status::Unknown, Status::Intended, Status::Good, Status::Held { at }];
            all.extend(RevocationReason::from_code(code).map(|reason| Status::Revoked { at, reason }));
            for status in all {
                let packed = Packed::of(status).unwrap();
                prop_assert_eq!(Packed::from_bytes(packed.to_bytes()), packed);
                prop_assert_eq!(packed.status(), Some(status));
            }
        }
    }

    #[test]
    fn boundaries() {
        for (octets, short) in [(16, true), (17, false), (20, false)] {
            let mut serial = vec![0xFF; octets];
            serial[0] = 0x7F;
            let serial = Serial::from_bytes(&serial).unwrap();
            assert_eq!(matches!(Name::of(&serial), Name::Short(_)), short);
        }
        // 2^127 needs a seventeenth octet in front.
        let mut serial = vec![0; 17];
        serial[1] = 0x80;
        let serial = Serial::from_bytes(&serial).unwrap();
        assert_eq!(Name::of(&serial).serial(), Some(serial));
        assert_eq!(serial_of(0), None);
        for state in [4, 15, 23, 27, 255] {
            assert_eq!(Packed { state, seconds: 0 }.status(), None, "{state}");
        }
        for at in [Time(-1), Time(1 << 32)] {
            assert_eq!(Packed::of(Status::Held { at }), None);
        }
    }

    #[test]
    fn consecutive_serials_lie_apart() {
        let mut shards = std::collections::BTreeSet::new();
        for number in 1..=1024_u128 {
            shards.insert(spread(number) >> 120);
        }
        assert!(shards.len() > 200, "{}", shards.len());
    }
}
