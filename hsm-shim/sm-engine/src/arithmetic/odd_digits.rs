//! An odd scalar as signed odd digits of fixed width: no digit is zero, so no table entry is ever skipped.

/// How many digits of `width` bits a scalar below 2^256 has.
pub(super) const fn count(width: usize) -> usize {
    256_usize.div_ceil(width)
}

/// Digit `index` of an odd `scalar` in base 2^WIDTH: for the odd magnitude m, below 2^WIDTH, the number
/// (m - 1)/2, and all ones where the digit is negative. The sum of digit·2^(WIDTH·index) is the scalar.
///
/// An odd number is its lowest WIDTH + 1 bits less 2^WIDTH, which is the digit, plus the number that is left of it,
/// made odd: so each digit but the last looks at its own bits, the lowest taken for 1, and at the one above.
/// The last digit, whose bits end below bit 256, is those bits with the lowest taken for 1.
#[inline(always)]
pub(super) fn digit<const WIDTH: usize>(scalar: &[u64; 4], index: usize) -> (u64, u64) {
    let window = window(scalar, index * WIDTH) & ((2 << WIDTH) - 1);
    if index + 1 == count(WIDTH) {
        return (window >> 1, 0);
    }
    let negative = super::mask(window >> WIDTH == 0);
    (((window ^ negative) & ((1 << WIDTH) - 1)) >> 1, negative)
}

/// 64 bits of the scalar from bit `position` on, zeros above the top.
#[inline(always)]
fn window(scalar: &[u64; 4], position: usize) -> u64 {
    let limb = |index: usize| scalar.get(index).copied().unwrap_or(0);
    let (index, shift) = (position / 64, position % 64);
    limb(index) >> shift | limb(index + 1) << 1 << (63 - shift)
}
