//! 256-bit integers as four little-endian 64-bit limbs: sums, products and bytes, no modulus.

/// a + b and the carry.
#[inline(always)]
pub(super) fn add(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let (r0, c) = a[0].overflowing_add(b[0]);
    let (r1, c) = a[1].carrying_add(b[1], c);
    let (r2, c) = a[2].carrying_add(b[2], c);
    let (r3, c) = a[3].carrying_add(b[3], c);
    ([r0, r1, r2, r3], c)
}

/// a - b and the borrow.
#[inline(always)]
pub(super) fn sub(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let (r0, c) = a[0].overflowing_sub(b[0]);
    let (r1, c) = a[1].borrowing_sub(b[1], c);
    let (r2, c) = a[2].borrowing_sub(b[2], c);
    let (r3, c) = a[3].borrowing_sub(b[3], c);
    ([r0, r1, r2, r3], c)
}

/// `a` where the mask is all ones, `b` where it is zero.
#[inline(always)]
pub(super) fn select(mask: u64, a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    [0, 1, 2, 3].map(|i| b[i] ^ (mask & (a[i] ^ b[i])))
}

/// `a` where `condition` holds, else `b`, by conditional moves: for the carries inside field operations,
/// where a barrier through memory would cost more than the operation.
#[inline(always)]
pub(super) fn choose(condition: bool, a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    // Values and not places: the compiler would choose an address and read there.
    let [a0, a1, a2, a3] = *a;
    let [b0, b1, b2, b3] = *b;
    let pick = |a, b| std::hint::select_unpredictable(condition, a, b);
    [pick(a0, b0), pick(a1, b1), pick(a2, b2), pick(a3, b3)]
}

#[inline(always)]
pub(super) fn is_zero(a: &[u64; 4]) -> bool {
    a[0] | a[1] | a[2] | a[3] == 0
}

#[inline(always)]
fn product(a: u64, b: u64) -> (u64, u64) {
    a.carrying_mul(b, 0)
}

/// a·b: eight limbs. Row by row, each row's low and high halves in carry chains of their own.
#[inline(always)]
pub(super) fn wide_product(a: &[u64; 4], b: &[u64; 4]) -> [u64; 8] {
    let mut t = [0_u64; 8];
    for i in 0..4 {
        let (l0, h0) = product(a[i], b[0]);
        let (l1, h1) = product(a[i], b[1]);
        let (l2, h2) = product(a[i], b[2]);
        let (l3, h3) = product(a[i], b[3]);
        let (l1, c) = l1.overflowing_add(h0);
        let (l2, c) = l2.carrying_add(h1, c);
        let (l3, c) = l3.carrying_add(h2, c);
        // A high half is at most 2^64 - 2: the carry fits.
        let l4 = h3.wrapping_add(u64::from(c));
        let (r0, c) = t[i].overflowing_add(l0);
        let (r1, c) = t[i + 1].carrying_add(l1, c);
        let (r2, c) = t[i + 2].carrying_add(l2, c);
        let (r3, c) = t[i + 3].carrying_add(l3, c);
        t[i] = r0;
        t[i + 1] = r1;
        t[i + 2] = r2;
        t[i + 3] = r3;
        // The partial sum is below 2^(64(i+5)), so nothing is carried out of this limb.
        t[i + 4] = l4.wrapping_add(u64::from(c));
    }
    t
}

/// a²: six products doubled and four squares.
#[inline(always)]
pub(super) fn wide_square(a: &[u64; 4]) -> [u64; 8] {
    let (l01, h01) = product(a[0], a[1]);
    let (l02, h02) = product(a[0], a[2]);
    let (l03, h03) = product(a[0], a[3]);
    let (l12, h12) = product(a[1], a[2]);
    let (l13, h13) = product(a[1], a[3]);
    let (l23, h23) = product(a[2], a[3]);
    let t1 = l01;
    let (t2, c) = l02.overflowing_add(h01);
    let (t3, c) = l03.carrying_add(h02, c);
    let (t4, c) = l13.carrying_add(h03, c);
    let (t5, c) = l23.carrying_add(h13, c);
    let t6 = h23.wrapping_add(u64::from(c));
    let (t3, c) = t3.overflowing_add(l12);
    let (t4, c) = t4.carrying_add(h12, c);
    let (t5, c) = t5.carrying_add(0, c);
    let t6 = t6.wrapping_add(u64::from(c));

    let t7 = t6 >> 63;
    let t6 = t6 << 1 | t5 >> 63;
    let t5 = t5 << 1 | t4 >> 63;
    let t4 = t4 << 1 | t3 >> 63;
    let t3 = t3 << 1 | t2 >> 63;
    let t2 = t2 << 1 | t1 >> 63;
    let t1 = t1 << 1;

    let (t0, h0) = product(a[0], a[0]);
    let (l1, h1) = product(a[1], a[1]);
    let (l2, h2) = product(a[2], a[2]);
    let (l3, h3) = product(a[3], a[3]);
    let (t1, c) = t1.overflowing_add(h0);
    let (t2, c) = t2.carrying_add(l1, c);
    let (t3, c) = t3.carrying_add(h1, c);
    let (t4, c) = t4.carrying_add(l2, c);
    let (t5, c) = t5.carrying_add(h2, c);
    let (t6, c) = t6.carrying_add(l3, c);
    let t7 = t7.wrapping_add(h3).wrapping_add(u64::from(c));
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// From 32 big-endian bytes.
pub(super) fn from_bytes(bytes: &[u8; 32]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks::<8>();
    [3, 2, 1, 0].map(|i| u64::from_be_bytes(words[i]))
}

/// To 32 big-endian bytes.
pub(super) fn to_bytes(a: &[u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(a.iter().rev()) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}
