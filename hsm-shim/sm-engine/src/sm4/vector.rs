//! SM4 on vectors of 32-bit words: four vectors hold the four words of as many blocks as a vector has lanes.
//!
//! The kernels are written once, over [`Vector`]; an instruction set adds one-line primitives, and the tests run
//! the kernels over an exact emulation of those that their machine does not have. The S-box comes from an
//! instruction that inverts in AES's field, between two affine maps: time does not depend on data anywhere.

mod by_aes;
mod by_gfni;
#[cfg(test)]
mod emulated;
#[cfg(test)]
mod tests;

pub(super) use by_aes::{AesRound, ByAes};
pub(super) use by_gfni::{ByGfni, Gfni};

use super::cipher::xor;
use super::round_keys::{RoundKeys, words};
use zeroize::Zeroize as _;

/// The most blocks that four vectors hold.
const MOST: usize = 16;

/// A vector register: some 16-byte lanes, each of four 32-bit words, little-endian.
pub(super) trait Vector: Copy {
    /// Evidence that this processor has the instructions; a vector is made only with it.
    type Cpu: Copy;
    /// 16-byte lanes.
    const LANES: usize;

    /// The first lanes of `from`.
    fn load(cpu: Self::Cpu, from: &[[u8; 16]]) -> Self;
    /// Over the first lanes of `to`.
    fn store(self, to: &mut [[u8; 16]]);
    /// The same word everywhere.
    fn splat(cpu: Self::Cpu, word: u32) -> Self;
    /// The same lane everywhere.
    fn repeat(cpu: Self::Cpu, lane: [u8; 16]) -> Self;
    /// Exclusive or.
    fn xor(self, other: Self) -> Self;
    /// Exclusive or of three.
    fn xor3(self, second: Self, third: Self) -> Self;
    /// Sum of words.
    fn add(self, other: Self) -> Self;
    /// Words rotated by 2.
    fn rotate_left_2(self) -> Self;
    /// Within each lane, the bytes at `positions`, all below 16.
    fn shuffle(self, positions: Self) -> Self;
    /// Within each lane, words 0 and 1 of both, alternating.
    fn unpack_low_32(self, other: Self) -> Self;
    /// Within each lane, words 2 and 3 of both, alternating.
    fn unpack_high_32(self, other: Self) -> Self;
    /// Within each lane, the lower halves of both.
    fn unpack_low_64(self, other: Self) -> Self;
    /// Within each lane, the upper halves of both.
    fn unpack_high_64(self, other: Self) -> Self;
}

/// The S-box on vectors.
pub(super) trait Substitution<V: Vector>: Copy {
    /// With its constants loaded.
    fn new(cpu: V::Cpu) -> Self;
    /// The S-box on every byte.
    fn substitute(self, x: V) -> V;
    /// T: the S-box on every byte and then L on every word (GB/T 32907-2016 §6.2).
    fn transform(self, x: V) -> V;
}

/// The key schedule.
#[inline(always)]
pub(super) fn expand<V: Vector, S: Substitution<V>>(cpu: V::Cpu, key: &[u8; 16]) -> RoundKeys {
    let substitution = S::new(cpu);
    RoundKeys::new(
        key,
        #[inline(always)]
        |word| first_word(substitution.substitute(V::splat(cpu, word))),
    )
}

/// One block.
#[inline(always)]
pub(super) fn crypt_block<V: Vector, S: Substitution<V>>(
    cpu: V::Cpu,
    keys: &[u32; 32],
    block: &[u8; 16],
) -> [u8; 16] {
    let [a, b, c, d] = words(block);
    let group = [
        V::splat(cpu, a),
        V::splat(cpu, b),
        V::splat(cpu, c),
        V::splat(cpu, d),
    ];
    let [a, b, c, d] = crypt::<V, S, 1>(cpu, S::new(cpu), keys, [group])[0];
    let low = a.unpack_low_32(b);
    let high = c.unpack_low_32(d);
    let mut out = [[0; 16]; MOST / 4];
    swap_bytes(cpu, low.unpack_low_64(high)).store(&mut out);
    out[0]
}

/// Any number of blocks in place, `4 * LANES * GROUPS` at a time as long as there are so many.
#[inline(always)]
pub(super) fn crypt_blocks<V: Vector, S: Substitution<V>, const GROUPS: usize>(
    cpu: V::Cpu,
    keys: &[u32; 32],
    blocks: &mut [[u8; 16]],
) {
    let substitution = S::new(cpu);
    let group = 4 * V::LANES;
    let mut many = blocks.chunks_exact_mut(group * GROUPS);
    for blocks in &mut many {
        let mut x = [[V::splat(cpu, 0); 4]; GROUPS];
        for (words, blocks) in x.iter_mut().zip(blocks.chunks_exact(group)) {
            *words = load(cpu, blocks);
        }
        let x = crypt(cpu, substitution, keys, x);
        for (words, blocks) in x.into_iter().zip(blocks.chunks_exact_mut(group)) {
            store(cpu, words, blocks);
        }
    }
    let mut single = many.into_remainder().chunks_exact_mut(group);
    for blocks in &mut single {
        let [x] = crypt(cpu, substitution, keys, [load(cpu, blocks)]);
        store(cpu, x, blocks);
    }
    let rest = single.into_remainder();
    if !rest.is_empty() {
        let mut blocks = [[0; 16]; MOST];
        blocks[..rest.len()].copy_from_slice(rest);
        let [x] = crypt(cpu, substitution, keys, [load(cpu, &blocks)]);
        store(cpu, x, &mut blocks);
        rest.copy_from_slice(&blocks[..rest.len()]);
        blocks.zeroize();
    }
}

/// Xors `data` with the encryption of `prefix` and a counter of 32 bits that wraps.
#[inline(always)]
pub(super) fn count<V: Vector, S: Substitution<V>, const GROUPS: usize>(
    cpu: V::Cpu,
    keys: &[u32; 32],
    prefix: &[u8; 12],
    counter: u32,
    data: &mut [u8],
) {
    let substitution = S::new(cpu);
    let bytes = 64 * V::LANES;
    let mut counters = Counters::<V>::new(cpu, prefix, counter);
    let mut many = data.chunks_exact_mut(bytes * GROUPS);
    for data in &mut many {
        let mut x = [[V::splat(cpu, 0); 4]; GROUPS];
        for words in &mut x {
            *words = counters.next_group();
        }
        let x = crypt(cpu, substitution, keys, x);
        for (words, data) in x.into_iter().zip(data.chunks_exact_mut(bytes)) {
            xor_store(cpu, words, data.as_chunks_mut().0);
        }
    }
    let mut single = many.into_remainder().chunks_exact_mut(bytes);
    for data in &mut single {
        let [x] = crypt(cpu, substitution, keys, [counters.next_group()]);
        xor_store(cpu, x, data.as_chunks_mut().0);
    }
    let rest = single.into_remainder();
    if !rest.is_empty() {
        let mut stream = [[0; 16]; MOST];
        let [x] = crypt(cpu, substitution, keys, [counters.next_group()]);
        store(cpu, x, &mut stream);
        xor(rest, stream.as_flattened());
        stream.zeroize();
    }
}

/// All 32 rounds on several groups side by side, so that none waits for its own last instruction.
#[inline(always)]
fn crypt<V: Vector, S: Substitution<V>, const GROUPS: usize>(
    cpu: V::Cpu,
    substitution: S,
    keys: &[u32; 32],
    mut x: [[V; 4]; GROUPS],
) -> [[V; 4]; GROUPS] {
    for [k0, k1, k2, k3] in keys.as_chunks::<4>().0 {
        x = round::<V, S, GROUPS, 0>(substitution, V::splat(cpu, *k0), x);
        x = round::<V, S, GROUPS, 1>(substitution, V::splat(cpu, *k1), x);
        x = round::<V, S, GROUPS, 2>(substitution, V::splat(cpu, *k2), x);
        x = round::<V, S, GROUPS, 3>(substitution, V::splat(cpu, *k3), x);
    }
    for words in &mut x {
        words.reverse();
    }
    x
}

/// One round that replaces word `AT`: four of them bring every word back to its place without a move.
#[inline(always)]
fn round<V: Vector, S: Substitution<V>, const GROUPS: usize, const AT: usize>(
    substitution: S,
    key: V,
    mut x: [[V; 4]; GROUPS],
) -> [[V; 4]; GROUPS] {
    for words in &mut x {
        let sum = words[(AT + 1) % 4].xor3(words[(AT + 2) % 4], words[(AT + 3) % 4].xor(key));
        words[AT] = words[AT].xor(substitution.transform(sum));
    }
    x
}

/// The counter blocks in groups, as words: nothing has to be transposed.
struct Counters<V: Vector> {
    prefix: [V; 3],
    next: V,
    step: V,
}

impl<V: Vector> Counters<V> {
    #[inline(always)]
    fn new(cpu: V::Cpu, prefix: &[u8; 12], counter: u32) -> Self {
        let mut block = [0; 16];
        block[..12].copy_from_slice(prefix);
        let [a, b, c, _] = words(&block);
        // Lane l of the group's vectors holds blocks l, l + LANES, ... of the group: see `load`.
        let mut offsets = [[0; 16]; MOST / 4];
        for (lane, offsets) in offsets.iter_mut().enumerate() {
            for (index, word) in offsets.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *word = ((index * V::LANES + lane) as u32).to_le_bytes();
            }
        }
        Self {
            prefix: [V::splat(cpu, a), V::splat(cpu, b), V::splat(cpu, c)],
            next: V::load(cpu, &offsets).add(V::splat(cpu, counter)),
            step: V::splat(cpu, 4 * V::LANES as u32),
        }
    }

    #[inline(always)]
    fn next_group(&mut self) -> [V; 4] {
        let [a, b, c] = self.prefix;
        let group = [a, b, c, self.next];
        self.next = self.next.add(self.step);
        group
    }
}

/// `4 * LANES` blocks as four vectors, one for each word of a block.
#[inline(always)]
fn load<V: Vector>(cpu: V::Cpu, blocks: &[[u8; 16]]) -> [V; 4] {
    let mut x = [V::splat(cpu, 0); 4];
    for i in 0..4 {
        x[i] = swap_bytes(cpu, V::load(cpu, &blocks[i * V::LANES..]));
    }
    transpose(x)
}

#[inline(always)]
fn store<V: Vector>(cpu: V::Cpu, x: [V; 4], blocks: &mut [[u8; 16]]) {
    let x = transpose(x);
    for i in 0..4 {
        swap_bytes(cpu, x[i]).store(&mut blocks[i * V::LANES..]);
    }
}

#[inline(always)]
fn xor_store<V: Vector>(cpu: V::Cpu, x: [V; 4], blocks: &mut [[u8; 16]]) {
    let x = transpose(x);
    for i in 0..4 {
        let blocks = &mut blocks[i * V::LANES..];
        let data = V::load(cpu, blocks);
        swap_bytes(cpu, x[i]).xor(data).store(blocks);
    }
}

/// Transposes the 4 by 4 words of each lane. Its own inverse.
#[inline(always)]
fn transpose<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 4] {
    let (ab_low, ab_high) = (a.unpack_low_32(b), a.unpack_high_32(b));
    let (cd_low, cd_high) = (c.unpack_low_32(d), c.unpack_high_32(d));
    [
        ab_low.unpack_low_64(cd_low),
        ab_low.unpack_high_64(cd_low),
        ab_high.unpack_low_64(cd_high),
        ab_high.unpack_high_64(cd_high),
    ]
}

/// Words between big-endian and the processor's order.
#[inline(always)]
fn swap_bytes<V: Vector>(cpu: V::Cpu, x: V) -> V {
    let positions = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
    x.shuffle(V::repeat(cpu, positions))
}

#[inline(always)]
fn first_word<V: Vector>(x: V) -> u32 {
    let mut lanes = [[0; 16]; MOST / 4];
    x.store(&mut lanes);
    u32::from_le_bytes(lanes[0].as_chunks().0[0])
}
