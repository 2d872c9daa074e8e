//! Inverses modulo an odd number by Bernstein and Yang's division steps ("safegcd", 2019), in batches.
//!
//! A batch of steps looks at the low 62 bits of f and g only and gives a 2×2 matrix, which is then applied
//! to the whole numbers. Numbers are five signed limbs of 62 bits. The constant-time form uses Wuille's
//! half-step variant, in which 590 steps suffice for every 256-bit modulus: ten batches of 59.

use std::hint::black_box;

/// A modulus below 2^256 in limbs of 62 bits.
pub(super) struct Modulus {
    limbs: [i64; 5],
    /// 1/modulus mod 2^62.
    inverse: u64,
}

/// The low 62 bits.
const LOW: u64 = u64::MAX >> 2;
const LOW_SIGNED: i64 = i64::MAX >> 1;

pub(super) const MODULO_P: Modulus = Modulus {
    limbs: [
        0x3FFF_FFFF_FFFF_FFFF,
        0x3FFF_FFFC_0000_0003,
        0x3FFF_FFFF_FFFF_FFFF,
        0x3FFF_FFBF_FFFF_FFFF,
        0xFF,
    ],
    inverse: 0x3FFF_FFFF_FFFF_FFFF,
};

pub(super) const MODULO_N: Modulus = Modulus {
    limbs: [
        0x13BB_F409_39D5_4123,
        0x080F_7DAC_8718_14AD,
        0x3FFF_FFFF_FFFF_FFF7,
        0x3FFF_FFBF_FFFF_FFFF,
        0xFF,
    ],
    inverse: 0x0D80_6177_8DCA_F68B,
};

/// What a batch does to (f, g): 2^62·(f', g') = (u f + v g, q f + r g), |u|+|v| <= 2^62, |q|+|r| <= 2^62.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

impl Modulus {
    /// 1/x for x below the modulus and prime to it; 0 for 0.
    pub(super) fn invert(&self, x: &[u64; 4]) -> [u64; 4] {
        let (mut d, mut e) = ([0; 5], [1, 0, 0, 0, 0]);
        let (mut f, mut g) = (self.limbs, split(x));
        let mut zeta = -1;
        for _ in 0..10 {
            let matrix;
            (zeta, matrix) = divsteps_59(zeta, f[0], g[0]);
            self.update_inverses(&mut d, &mut e, &matrix);
            update_values(&mut f, &mut g, &matrix);
        }
        join(&self.normalize(d, f[4]))
    }

    /// The same in time that depends on x.
    pub(super) fn invert_vartime(&self, x: &[u64; 4]) -> [u64; 4] {
        let (mut d, mut e) = ([0; 5], [1, 0, 0, 0, 0]);
        let (mut f, mut g) = (self.limbs, split(x));
        let mut eta = -1;
        while g != [0; 5] {
            let matrix;
            (eta, matrix) = divsteps_62_vartime(eta, f[0], g[0]);
            self.update_inverses(&mut d, &mut e, &matrix);
            update_values(&mut f, &mut g, &matrix);
        }
        join(&self.normalize(d, f[4]))
    }

    /// (d, e) becomes matrix·(d, e)/2^62 modulo the modulus; both stay in (-2·modulus, modulus).
    fn update_inverses(&self, d: &mut [i64; 5], e: &mut [i64; 5], m: &Matrix) {
        // Where d or e is negative, a multiple of the modulus brings the product back into range.
        let (d_negative, e_negative) = (d[4] >> 63, e[4] >> 63);
        let mut d_multiple = (m.u & d_negative).wrapping_add(m.v & e_negative);
        let mut e_multiple = (m.q & d_negative).wrapping_add(m.r & e_negative);
        let mut cd = product(m.u, d[0]) + product(m.v, e[0]);
        let mut ce = product(m.q, d[0]) + product(m.r, e[0]);
        // Then as much of it that the low 62 bits become zero.
        d_multiple -= self.correction(cd, d_multiple);
        e_multiple -= self.correction(ce, e_multiple);
        cd += product(self.limbs[0], d_multiple);
        ce += product(self.limbs[0], e_multiple);
        cd >>= 62;
        ce >>= 62;
        for i in 1..5 {
            let (di, ei) = (d[i], e[i]);
            cd += product(m.u, di) + product(m.v, ei) + product(self.limbs[i], d_multiple);
            ce += product(m.q, di) + product(m.r, ei) + product(self.limbs[i], e_multiple);
            d[i - 1] = low_limb(cd);
            e[i - 1] = low_limb(ce);
            cd >>= 62;
            ce >>= 62;
        }
        d[4] = whole(cd);
        e[4] = whole(ce);
    }

    fn correction(&self, low: i128, multiple: i64) -> i64 {
        let sum = self
            .inverse
            .wrapping_mul(low.cast_unsigned() as u64)
            .wrapping_add(multiple.cast_unsigned());
        (sum & LOW).cast_signed()
    }

    /// Brings `r` from (-2·modulus, modulus) to [0, modulus), negated first where `sign` is negative.
    fn normalize(&self, mut r: [i64; 5], sign: i64) -> [i64; 5] {
        self.add_where_negative(&mut r);
        let negate = black_box(sign >> 63);
        for limb in &mut r {
            *limb = (*limb ^ negate) - negate;
        }
        propagate(&mut r);
        self.add_where_negative(&mut r);
        propagate(&mut r);
        r
    }

    fn add_where_negative(&self, r: &mut [i64; 5]) {
        let mask = black_box(r[4] >> 63);
        for (limb, modulus) in r.iter_mut().zip(&self.limbs) {
            *limb += modulus & mask;
        }
    }
}

/// 59 half-delta division steps in constant time; the matrix is scaled by 2^62 (it starts as 8 = 2^(62-59)).
fn divsteps_59(mut zeta: i64, f: i64, g: i64) -> (i64, Matrix) {
    let (mut u, mut v, mut q, mut r) = (8_u64, 0_u64, 0_u64, 8_u64);
    let (mut f, mut g) = (f.cast_unsigned(), g.cast_unsigned());
    for _ in 0..59 {
        let mut swap = (zeta >> 63).cast_unsigned();
        let odd = 0_u64.wrapping_sub(g & 1);
        // f, u, v, negated where zeta is negative, are added to g, q, r where g is odd.
        g = g.wrapping_add((f ^ swap).wrapping_sub(swap) & odd);
        q = q.wrapping_add((u ^ swap).wrapping_sub(swap) & odd);
        r = r.wrapping_add((v ^ swap).wrapping_sub(swap) & odd);
        // Where both hold the old g replaces f: f + (g - f) = g.
        swap &= odd;
        zeta = (zeta ^ swap.cast_signed()) - 1;
        f = f.wrapping_add(g & swap);
        u = u.wrapping_add(q & swap);
        v = v.wrapping_add(r & swap);
        g >>= 1;
        u <<= 1;
        v <<= 1;
    }
    (zeta, matrix(u, v, q, r))
}

/// 62 division steps, as many at a time as the trailing zeros of g and a small quotient allow.
fn divsteps_62_vartime(mut eta: i64, f: i64, g: i64) -> (i64, Matrix) {
    let (mut u, mut v, mut q, mut r) = (1_u64, 0_u64, 0_u64, 1_u64);
    let (mut f, mut g) = (f.cast_unsigned(), g.cast_unsigned());
    let mut left = 62_u32;
    loop {
        let zeros = (g | u64::MAX << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            return (eta, matrix(u, v, q, r));
        }
        let swapped = eta < 0;
        if swapped {
            eta = -eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
        }
        // At most eta + 1 bits may go before the roles change again, at most `left` in this batch.
        let limit = u32::try_from(eta + 1).map_or(left, |steps| steps.min(left));
        let reach = u64::MAX >> (64 - limit);
        // -g/f modulo 2^6 or, where eta is small anyway, the cheaper one modulo 2^4.
        let w = if swapped {
            f.wrapping_mul(g)
                .wrapping_mul(f.wrapping_mul(f).wrapping_sub(2))
                & reach
                & 63
        } else {
            let inverse = f.wrapping_add((f.wrapping_add(1) & 4) << 1);
            inverse.wrapping_neg().wrapping_mul(g) & reach & 15
        };
        g = g.wrapping_add(f.wrapping_mul(w));
        q = q.wrapping_add(u.wrapping_mul(w));
        r = r.wrapping_add(v.wrapping_mul(w));
    }
}

fn matrix(u: u64, v: u64, q: u64, r: u64) -> Matrix {
    Matrix {
        u: u.cast_signed(),
        v: v.cast_signed(),
        q: q.cast_signed(),
        r: r.cast_signed(),
    }
}

/// (f, g) becomes matrix·(f, g)/2^62, exactly.
fn update_values(f: &mut [i64; 5], g: &mut [i64; 5], m: &Matrix) {
    let mut cf = (product(m.u, f[0]) + product(m.v, g[0])) >> 62;
    let mut cg = (product(m.q, f[0]) + product(m.r, g[0])) >> 62;
    for i in 1..5 {
        let (fi, gi) = (f[i], g[i]);
        cf += product(m.u, fi) + product(m.v, gi);
        cg += product(m.q, fi) + product(m.r, gi);
        f[i - 1] = low_limb(cf);
        g[i - 1] = low_limb(cg);
        cf >>= 62;
        cg >>= 62;
    }
    f[4] = whole(cf);
    g[4] = whole(cg);
}

/// Carries the bits above the low 62 of each limb upwards.
fn propagate(r: &mut [i64; 5]) {
    for i in 0..4 {
        r[i + 1] += r[i] >> 62;
        r[i] &= LOW_SIGNED;
    }
}

fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// The low 62 bits of an accumulator.
fn low_limb(value: i128) -> i64 {
    whole(value) & LOW_SIGNED
}

/// The low 64 bits; the top limbs are known to fit.
fn whole(value: i128) -> i64 {
    value as i64
}

fn split(x: &[u64; 4]) -> [i64; 5] {
    let limbs = [
        x[0] & LOW,
        (x[0] >> 62 | x[1] << 2) & LOW,
        (x[1] >> 60 | x[2] << 4) & LOW,
        (x[2] >> 58 | x[3] << 6) & LOW,
        x[3] >> 56,
    ];
    limbs.map(u64::cast_signed)
}

fn join(x: &[i64; 5]) -> [u64; 4] {
    let x = x.map(i64::cast_unsigned);
    [
        x[0] | x[1] << 62,
        x[1] >> 2 | x[2] << 60,
        x[2] >> 4 | x[3] << 58,
        x[3] >> 6 | x[4] << 56,
    ]
}
