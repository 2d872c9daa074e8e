//! Which shard of an authority's list a certificate belongs to: a function of its serial alone, so that anybody who
//! has the certificate can check it.
//!
//! The serial is drawn for the shard and not the shard read off the serial: officers approve a certificate before its
//! serial is known, and the distribution point is part of what they approve.

use sm_engine::sm3::Digest;

use crate::certificate::Serial;

/// Most shards of one authority.
pub const SHARD_LIMIT: u32 = 4096;

/// Octets of a serial that decide.
const DECIDING: usize = 4;

/// The shard of `serial` among `shards` (at least 1): its last four octets as a number, modulo `shards`.
#[must_use]
pub fn shard_of(serial: &Serial, shards: u32) -> u32 {
    shard_of_octets(serial.as_bytes(), shards)
}

/// [`shard_of`] for the content octets of a serial.
#[must_use]
pub fn shard_of_octets(serial: &[u8], shards: u32) -> u32 {
    let start = serial.len().saturating_sub(DECIDING);
    number(serial.get(start..).unwrap_or_default()) % shards.max(1)
}

/// The shard for the certificate of a key that is named by this digest: spreads certificates evenly.
#[must_use]
pub fn shard_of_key(key: &Digest, shards: u32) -> u32 {
    let (first, _) = key.as_bytes().split_at(DECIDING);
    number(first) % shards.max(1)
}

/// A fresh serial ([`Serial::random`]) that belongs to `shard`, which is below `shards`.
#[must_use]
pub fn random_serial(shard: u32, shards: u32) -> Serial {
    loop {
        let mut bytes = Serial::random().as_bytes().to_vec();
        let start = bytes.len().saturating_sub(DECIDING);
        let drawn = number(bytes.get(start..).unwrap_or_default());
        let wanted = (drawn - drawn % shards.max(1)).checked_add(shard);
        // The last, shorter run of numbers is drawn again: every serial of the shard is equally likely.
        let Some(wanted) = wanted.filter(|wanted| wanted.checked_add(shards - shard).is_some())
        else {
            continue;
        };
        bytes.truncate(start);
        bytes.extend(wanted.to_be_bytes());
        if let Ok(serial) = Serial::from_bytes(&bytes) {
            return serial;
        }
    }
}

fn number(octets: &[u8]) -> u32 {
    octets
        .iter()
        .fold(0, |number, octet| number << 8 | u32::from(*octet))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use sm_engine::sm3;

    #[test]
    fn serials_drawn_for_a_shard_belong_to_it() {
        for shards in [1, 2, 3, 128, 1000, SHARD_LIMIT] {
            for shard in [0, shards / 2, shards - 1] {
                let serial = random_serial(shard, shards);
                assert_eq!(shard_of(&serial, shards), shard);
                assert_eq!(serial.as_bytes().len(), 16);
            }
        }
    }

    #[test]
    fn the_last_four_octets_decide() {
        let shard = |serial: &str| shard_of(&serial.parse().unwrap(), 128);
        assert_eq!(shard("01"), 1);
        assert_eq!(shard("0100000081"), 1);
        assert_eq!(shard("7fffffff00000000"), 0);
        assert_eq!(shard_of(&"ff".parse().unwrap(), 100), 55);
    }

    #[test]
    fn keys_are_spread() {
        let mut counts = [0_u32; 16];
        for number in 0_u32..1600 {
            let shard = shard_of_key(&sm3::digest(&number.to_be_bytes()), 16);
            counts[usize::try_from(shard).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|count| (50..150).contains(count)),
            "{counts:?}"
        );
    }
}
