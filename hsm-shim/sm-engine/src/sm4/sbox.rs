//! The S-box of SM4 (GB/T 32907-2016 §6.2.1) as a circuit of 124 gates, for bits side by side in words.
//!
//! SM4's S-box is affine, inversion in GF(2^8), affine. The inversion is that of Boyar and Peralta's circuit for AES
//! (62 gates over GF((2^4)^2)), reached through the isomorphism from SM4's polynomial to that of AES which makes
//! the linear layers around it smallest: 31 and 31 exclusive ors, found by Paar's greedy elimination.
//! Nothing is looked up and nothing branches, so time and memory accesses do not depend on the input.

use std::ops::{BitAnd, BitXor, Not};

/// What every input byte of [`substitute`] must have been xored with; round keys carry it already.
pub(super) const INPUT: u8 = 0x75;

/// `x[i]` holds bit i of every input byte, xored with [`INPUT`]; so does the result for the output bytes, without it.
#[inline(always)]
#[rustfmt::skip]
pub(super) fn substitute<B>(x: [B; 8]) -> [B; 8]
where
    B: Copy + BitXor<Output = B> + BitAnd<Output = B> + Not<Output = B>,
{
    let [x0, x1, x2, x3, x4, x5, x6, x7] = x;
    let a0 = x2 ^ x4;
    let a1 = x0 ^ x3;
    let a2 = x1 ^ a1;
    let a3 = x5 ^ a0;
    let a4 = x6 ^ x7;
    let a5 = x5 ^ a2;
    let a6 = x2 ^ x6;
    let a7 = x7 ^ a0;
    let a8 = a3 ^ a4;
    let a9 = x7 ^ a2;
    let a10 = x1 ^ x7;
    let a11 = x4 ^ a4;
    let a12 = x4 ^ a9;
    let a13 = a0 ^ a1;
    let a14 = a5 ^ a11;
    let a15 = x0 ^ x1;
    let a16 = a5 ^ a6;
    let a17 = x0 ^ a7;
    let a18 = a3 ^ a10;
    let a19 = x2 ^ x7;
    let a20 = a2 ^ a3;
    let a21 = x3 ^ x7;
    let a22 = x1 ^ a8;
    let a23 = x5 ^ a21;
    let a24 = a11 ^ a15;
    let a25 = a0 ^ a2;
    let a26 = x3 ^ a10;
    let a27 = a1 ^ a3;
    let a28 = a4 ^ a13;
    let a29 = x3 ^ a3;
    let a30 = x1 ^ a6;
    let t2 = a22 & a18;
    let t3 = a5 & a29;
    let t4 = t3 ^ t2;
    let t5 = a28 & a26;
    let t6 = t5 ^ t2;
    let t7 = x1 & a27;
    let t8 = a6 & a23;
    let t9 = t8 ^ t7;
    let t10 = a30 & a17;
    let t11 = t10 ^ t7;
    let t12 = a12 & a25;
    let t13 = a8 & a9;
    let t14 = t13 ^ t12;
    let t15 = a16 & a7;
    let t16 = t15 ^ t12;
    let t17 = t4 ^ t14;
    let t18 = t6 ^ t16;
    let t19 = t9 ^ t14;
    let t20 = t11 ^ t16;
    let t21 = t17 ^ a19;
    let t22 = t18 ^ a14;
    let t23 = t19 ^ a20;
    let t24 = t20 ^ a24;
    let t25 = t21 ^ t22;
    let t26 = t21 & t23;
    let t27 = t24 ^ t26;
    let t28 = t25 & t27;
    let t29 = t28 ^ t22;
    let t30 = t23 ^ t24;
    let t31 = t22 ^ t26;
    let t32 = t31 & t30;
    let t33 = t32 ^ t24;
    let t34 = t23 ^ t33;
    let t35 = t27 ^ t33;
    let t36 = t24 & t35;
    let t37 = t36 ^ t34;
    let t38 = t27 ^ t36;
    let t39 = t29 & t38;
    let t40 = t25 ^ t39;
    let t41 = t40 ^ t37;
    let t42 = t29 ^ t33;
    let t43 = t29 ^ t40;
    let t44 = t33 ^ t37;
    let t45 = t42 ^ t41;
    let z0 = t44 & a18;
    let z1 = t37 & a29;
    let z2 = t33 & a26;
    let z3 = t43 & a27;
    let z4 = t40 & a23;
    let z5 = t29 & a17;
    let z6 = t42 & a25;
    let z7 = t45 & a9;
    let z8 = t41 & a7;
    let z9 = t44 & a22;
    let z10 = t37 & a5;
    let z11 = t33 & a28;
    let z12 = t43 & x1;
    let z13 = t40 & a6;
    let z14 = t29 & a30;
    let z15 = t42 & a12;
    let z16 = t45 & a8;
    let z17 = t41 & a16;
    let b0 = z9 ^ z15;
    let b1 = z6 ^ z10;
    let b2 = z4 ^ b1;
    let b3 = z0 ^ z5;
    let b4 = z13 ^ z14;
    let b5 = b2 ^ b3;
    let b6 = z7 ^ b4;
    let b7 = z1 ^ z8;
    let b8 = z17 ^ b0;
    let b9 = b0 ^ b7;
    let b10 = b6 ^ b8;
    let b11 = z11 ^ b5;
    let b12 = z16 ^ b9;
    let b13 = z12 ^ z16;
    let b14 = z2 ^ b6;
    let b15 = z0 ^ b10;
    let b16 = z13 ^ b13;
    let b17 = z7 ^ z10;
    let b18 = b7 ^ b11;
    let b19 = b12 ^ b17;
    let b20 = z3 ^ b19;
    let b21 = z1 ^ b15;
    let b22 = b2 ^ b10;
    let b23 = z3 ^ b22;
    let b24 = b11 ^ b14;
    let b25 = b1 ^ b21;
    let b26 = b3 ^ b20;
    let b27 = b4 ^ b18;
    let b28 = z15 ^ b16;
    let b29 = b5 ^ b12;
    let b30 = z11 ^ b8;
    [!b26, !b27, b23, b30, !b29, b25, !b24, !b28]
}

/// The S-box on each byte of a word.
#[inline(always)]
pub(super) fn substitute_word(word: u32) -> u32 {
    const LOWEST: u32 = 0x0101_0101;
    let word = word ^ (LOWEST * INPUT as u32);
    let mut bits = [0; 8];
    for (i, bit) in bits.iter_mut().enumerate() {
        *bit = word >> i & LOWEST;
    }
    let mut out = 0;
    for (i, bit) in substitute(bits).into_iter().enumerate() {
        out |= (bit & LOWEST) << i;
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The S-box by its definition: S(x) = A·(A·x + c)^-1 + c over x^8+x^7+x^6+x^5+x^4+x^2+1, A circulant.
    pub(in crate::sm4) fn by_definition(x: u8) -> u8 {
        let affine = |x: u8| {
            let bit = |i: u32| (0xA7_u8.rotate_left(i) & x).count_ones() as u8 & 1;
            (0..8).fold(0xD3, |sum, i| sum ^ bit(i) << i)
        };
        affine(power(affine(x), 254, 0xF5))
    }

    /// `x` to the `exponent` in GF(2^8) with the polynomial x^8 + `low`.
    pub(in crate::sm4) fn power(x: u8, exponent: u32, low: u8) -> u8 {
        let multiply = |a: u8, b: u8| {
            (0..8).rev().fold(0, |sum: u8, i| {
                let doubled = sum << 1 ^ if sum & 0x80 == 0 { 0 } else { low };
                doubled ^ if b >> i & 1 == 1 { a } else { 0 }
            })
        };
        (0..exponent).fold(1, |product, _| multiply(product, x))
    }

    #[test]
    fn the_circuit_is_the_table_of_the_standard() {
        // The first row of the table, GB/T 32907-2016 §6.2.1.
        let row = [
            0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb,
            0x2c, 0x05,
        ];
        for (x, value) in (0..).zip(row) {
            assert_eq!(by_definition(x), value);
        }
        for x in 0..=255_u8 {
            let word = u32::from_le_bytes([x, !x, x ^ 0x5A, 0]);
            let out = [x, !x, x ^ 0x5A, 0].map(by_definition);
            assert_eq!(substitute_word(word).to_le_bytes(), out, "{x}");
        }
    }
}
