//! Signed digits: they add up to the scalar and keep their bounds.

use super::super::{limbs, odd_digits, wnaf};
use super::{N, below, edges};
use proptest::prelude::*;

/// Adds or subtracts magnitude·2^position modulo 2^320, which holds all partial sums.
fn accumulate(sum: &mut [u64; 5], magnitude: u64, position: usize, negative: bool) {
    let (index, shift) = (position / 64, position % 64);
    let wide = u128::from(magnitude) << shift;
    let mut term = [0_u64; 6];
    term[index] = wide as u64;
    term[index + 1] = (wide >> 64) as u64;
    let mut carry = false;
    for (limb, term) in sum.iter_mut().zip(term) {
        (*limb, carry) = if negative {
            limb.borrowing_sub(term, carry)
        } else {
            limb.carrying_add(term, carry)
        };
    }
}

/// For an odd scalar.
fn odd_sum<const WIDTH: usize>(scalar: &[u64; 4]) -> [u64; 5] {
    let mut sum = [0; 5];
    for index in 0..odd_digits::count(WIDTH) {
        let (position, negative) = odd_digits::digit::<WIDTH>(scalar, index);
        assert!(position < 1 << (WIDTH - 1));
        assert!(negative == 0 || negative == u64::MAX);
        accumulate(&mut sum, 2 * position + 1, index * WIDTH, negative != 0);
    }
    sum
}

fn wnaf_sum(scalar: &[u64; 4], width: usize) -> [u64; 5] {
    let mut sum = [0; 5];
    let mut free_from = 0;
    for (position, &digit) in wnaf::digits_vartime(scalar, width).iter().enumerate() {
        if digit == 0 {
            continue;
        }
        assert!(digit % 2 != 0 && digit.unsigned_abs() < 1 << (width - 1));
        assert!(position >= free_from, "digits {width} apart");
        free_from = position + width;
        accumulate(
            &mut sum,
            u64::from(digit.unsigned_abs()),
            position,
            digit < 0,
        );
    }
    sum
}

fn adds_up(scalar: &[u64; 4]) {
    let [a, b, c, d] = *scalar;
    let expected = [a, b, c, d, 0];
    let odd = [a | 1, b, c, d];
    let expected_odd = [a | 1, b, c, d, 0];
    assert_eq!(odd_sum::<4>(&odd), expected_odd);
    assert_eq!(odd_sum::<5>(&odd), expected_odd);
    assert_eq!(odd_sum::<7>(&odd), expected_odd);
    for width in [2, 5, 6, 10, 13] {
        assert_eq!(wnaf_sum(scalar, width), expected, "{width}");
    }
}

#[test]
fn edges_add_up() {
    edges(&N).iter().for_each(adds_up);
    adds_up(&[u64::MAX; 4]);
    for bit in 0..256 {
        let mut power = [0; 4];
        power[bit / 64] = 1 << (bit % 64);
        adds_up(&power);
        adds_up(&limbs::sub(&power, &[1, 0, 0, 0]).0);
    }
}

proptest! {
    #[test]
    fn digits_add_up(scalar in below(N)) {
        adds_up(&scalar);
    }
}
