//! A secret scalar as signed digits of fixed width (Booth's recoding), in constant time.

/// Digit `index` of `scalar` in base 2^WIDTH: its magnitude, 0 to 2^(WIDTH-1), and all ones where it is
/// negative. The sum of digit·2^(WIDTH·index) over all indices up to the first past bit 256 is the scalar.
#[inline(always)]
pub(super) fn digit<const WIDTH: usize>(scalar: &[u64; 4], index: usize) -> (u64, u64) {
    // WIDTH bits and the highest of the digit below, whose weight is taken from there to here.
    let window = window(scalar, index * WIDTH) & ((2 << WIDTH) - 1);
    let negative = super::mask(window >> WIDTH == 1);
    let folded = (window ^ negative) & ((2 << WIDTH) - 1);
    ((folded + 1) >> 1, negative)
}

/// 64 bits of 2·scalar from bit `position` on, zeros above the top.
#[inline(always)]
fn window(scalar: &[u64; 4], position: usize) -> u64 {
    let limb = |index: usize| scalar.get(index).copied().unwrap_or(0);
    match position.checked_sub(1) {
        None => scalar[0] << 1,
        Some(position) => {
            let (index, shift) = (position / 64, position % 64);
            let above = limb(index + 1).checked_shl(u32::try_from(64 - shift).unwrap_or(64));
            limb(index) >> shift | above.unwrap_or(0)
        }
    }
}
