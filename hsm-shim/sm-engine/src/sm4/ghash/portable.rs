//! Carry-less products from integer multiplications, without a table (after BearSSL's `ghash_ctmul64`).
//!
//! Only every fourth bit of a factor is kept at a time, so that the at most 16 bits that meet in one place make
//! a sum below 2^4 and never reach the next kept bit. Needs a multiplication whose time does not depend on its
//! operands, as on every 64-bit processor this is made for.

use super::{POWERS, reduce};

/// Product in the field.
pub(super) fn multiply(a: u128, b: u128) -> u128 {
    let (high, low) = product(a, b);
    reduce(high, low)
}

/// `sum` after `blocks`, reduced once per `POWERS` blocks.
pub(super) fn absorb(powers: &[u128; POWERS], mut sum: u128, blocks: &[[u8; 16]]) -> u128 {
    for group in blocks.chunks(POWERS) {
        let (mut high, mut low) = (0, 0);
        for (block, power) in group.iter().zip(&powers[POWERS - group.len()..]) {
            let (more_high, more_low) = product(sum ^ u128::from_be_bytes(*block), *power);
            sum = 0;
            high ^= more_high;
            low ^= more_low;
        }
        sum = reduce(high, low);
    }
    sum
}

/// The 255 bits of a carry-less product, by Karatsuba's three half products.
fn product(a: u128, b: u128) -> (u128, u128) {
    let (a0, a1) = (a as u64, (a >> 64) as u64);
    let (b0, b1) = (b as u64, (b >> 64) as u64);
    let (low, high) = (product_64(a0, b0), product_64(a1, b1));
    let middle = product_64(a0 ^ a1, b0 ^ b1) ^ low ^ high;
    (high ^ middle >> 64, low ^ middle << 64)
}

fn product_64(a: u64, b: u64) -> u128 {
    let low = low_half(a, b);
    // The upper half is the lower half of the reversed factors, reversed and one bit further.
    let high = low_half(a.reverse_bits(), b.reverse_bits()).reverse_bits() >> 1;
    u128::from(low) | u128::from(high) << 64
}

fn low_half(a: u64, b: u64) -> u64 {
    const EVERY_FOURTH: u64 = 0x1111_1111_1111_1111;
    let a = [0, 1, 2, 3].map(|i| a & EVERY_FOURTH << i);
    let b = [0, 1, 2, 3].map(|i| b & EVERY_FOURTH << i);
    let mut product = 0;
    for i in 0..4 {
        let sum = (0..4).fold(0, |sum, j| sum ^ a[j].wrapping_mul(b[(i + 4 - j) % 4]));
        product |= sum & EVERY_FOURTH << i;
    }
    product
}
