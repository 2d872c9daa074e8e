//! GHASH on registers with a carry-less multiplication: one or several blocks in each.

use super::{POWERS, reduce};

/// A vector register of 128-bit integers.
pub(super) trait Product: Copy {
    /// Evidence that this processor has the instructions; a vector is made only with it.
    type Cpu: Copy;
    /// Integers.
    const LANES: usize;

    /// The first integers of `from`.
    fn load(cpu: Self::Cpu, from: &[u128]) -> Self;
    /// The first blocks of `from`, read as big-endian integers.
    fn load_blocks(cpu: Self::Cpu, from: &[[u8; 16]]) -> Self;
    /// `first`, then zeros.
    fn first(cpu: Self::Cpu, first: u128) -> Self;
    /// Exclusive or.
    fn xor(self, other: Self) -> Self;
    /// In each lane the product of two halves: of this vector the upper one if bit 0 of `HALVES` is set, of the
    /// other if bit 4 is.
    fn product<const HALVES: i32>(self, other: Self) -> Self;
    /// Exclusive or of all lanes.
    fn sum(self) -> u128;
}

/// Product in the field; `One` has one lane.
#[inline(always)]
pub(super) fn multiply<One: Product>(cpu: One::Cpu, a: u128, b: u128) -> u128 {
    let mut sums = Sums::<One>::new(cpu);
    sums.add(One::first(cpu, a), One::first(cpu, b));
    sums.reduce()
}

/// `sum` after `blocks`: [`POWERS`] at a time in wide vectors, the rest in those with one lane.
#[inline(always)]
pub(super) fn absorb<Wide: Product, One: Product<Cpu = Wide::Cpu>>(
    cpu: Wide::Cpu,
    powers: &[u128; POWERS],
    mut sum: u128,
    blocks: &[[u8; 16]],
) -> u128 {
    let (groups, rest) = blocks.as_chunks::<POWERS>();
    for group in groups {
        sum = absorb_group::<Wide>(cpu, powers, sum, group);
    }
    if !rest.is_empty() {
        sum = absorb_group::<One>(cpu, &powers[POWERS - rest.len()..], sum, rest);
    }
    sum
}

/// As many blocks as powers, a multiple of the lanes.
#[inline(always)]
fn absorb_group<V: Product>(cpu: V::Cpu, powers: &[u128], sum: u128, blocks: &[[u8; 16]]) -> u128 {
    let mut sums = Sums::<V>::new(cpu);
    let vectors = blocks.chunks_exact(V::LANES);
    let mut pairs = vectors.zip(powers.chunks_exact(V::LANES));
    let first = pairs.next();
    for (blocks, powers) in pairs {
        sums.add(V::load_blocks(cpu, blocks), V::load(cpu, powers));
    }
    if let Some((blocks, powers)) = first {
        // Last, because only this one has to wait for the group before.
        let blocks = V::load_blocks(cpu, blocks).xor(V::first(cpu, sum));
        sums.add(blocks, V::load(cpu, powers));
    }
    sums.reduce()
}

/// Sums of products, in their three parts, not reduced.
struct Sums<V> {
    low: V,
    middle: V,
    high: V,
}

impl<V: Product> Sums<V> {
    #[inline(always)]
    fn new(cpu: V::Cpu) -> Self {
        let zero = V::first(cpu, 0);
        Self {
            low: zero,
            middle: zero,
            high: zero,
        }
    }

    #[inline(always)]
    fn add(&mut self, a: V, b: V) {
        self.low = self.low.xor(a.product::<0x00>(b));
        self.high = self.high.xor(a.product::<0x11>(b));
        self.middle = self.middle.xor(a.product::<0x01>(b));
        self.middle = self.middle.xor(a.product::<0x10>(b));
    }

    #[inline(always)]
    fn reduce(self) -> u128 {
        let middle = self.middle.sum();
        reduce(
            self.high.sum() ^ middle >> 64,
            self.low.sum() ^ middle << 64,
        )
    }
}
