//! A public scalar as sparse signed odd digits (width-w non-adjacent form), in variable time.

/// Number of digits: a 256-bit scalar may carry into one more.
pub(super) const DIGITS: usize = 257;

/// `digits[i]`, odd and below 2^(width-1) in magnitude or zero, with the sum of `digits[i]`·2^i the scalar.
/// Of `width` digits in a row at most one is not zero.
pub(super) fn digits_vartime(scalar: &[u64; 4], width: usize) -> [i16; DIGITS] {
    let mut digits = [0; DIGITS];
    let (mut position, mut carry) = (0, 0);
    while position < DIGITS {
        if bits(scalar, position, 1) == carry {
            position += 1;
            continue;
        }
        let word = bits(scalar, position, width) + carry;
        carry = word >> (width - 1) & 1;
        digits[position] = word - (carry << width);
        position += width;
    }
    digits
}

/// `count` bits of the scalar from `position` on, zeros above the top; at most 14, so that digits fit 16 bits.
fn bits(scalar: &[u64; 4], position: usize, count: usize) -> i16 {
    let limb = |index: usize| u128::from(scalar.get(index).copied().unwrap_or(0));
    let index = position / 64;
    let pair = limb(index + 1) << 64 | limb(index);
    let mask = (1 << count) - 1;
    (pair >> (position % 64)) as i16 & mask
}
