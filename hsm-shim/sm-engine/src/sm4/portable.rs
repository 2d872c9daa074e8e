//! SM4 in safe Rust: one block in words, or 16 blocks bit by bit, both without any look-up.
//!
//! Sixteen blocks: each of the four words of the state is eight planes of 64 bits; plane i holds bit i of every
//! byte, byte j of block b at position 16 j + b. A rotation of the word by 8 is then a rotation of the plane
//! by 16, and a rotation by 2 renames planes, so the linear layer costs exclusive ors and rotations only.

use super::round_keys::words;
use super::sbox::{self, substitute, substitute_word};
use zeroize::Zeroize as _;

/// How many blocks go side by side.
const SIDE_BY_SIDE: usize = 16;
const LOWEST: u64 = 0x0001_0001_0001_0001;

/// One block.
pub(super) fn crypt_block(keys: &[u32; 32], block: &[u8; 16]) -> [u8; 16] {
    let mut x = words(block);
    for key in keys {
        let s = substitute_word(x[1] ^ x[2] ^ x[3] ^ key);
        let twice = s ^ s.rotate_left(8) ^ s.rotate_left(16);
        let mixed = s ^ twice.rotate_left(2) ^ s.rotate_left(24);
        x = [x[1], x[2], x[3], x[0] ^ mixed];
    }
    let mut out = [0; 16];
    for (bytes, word) in out.as_chunks_mut::<4>().0.iter_mut().rev().zip(x) {
        *bytes = word.to_be_bytes();
    }
    x.zeroize();
    out
}

/// Any number of blocks in place.
pub(super) fn crypt_blocks(keys: &[u32; 32], blocks: &mut [[u8; 16]]) {
    let (groups, rest) = blocks.as_chunks_mut::<SIDE_BY_SIDE>();
    for group in groups {
        crypt_group(keys, group);
    }
    if let [block] = rest {
        *block = crypt_block(keys, block);
    } else if !rest.is_empty() {
        let mut group = [[0; 16]; SIDE_BY_SIDE];
        group[..rest.len()].copy_from_slice(rest);
        crypt_group(keys, &mut group);
        rest.copy_from_slice(&group[..rest.len()]);
        group.zeroize();
    }
}

fn crypt_group(keys: &[u32; 32], blocks: &mut [[u8; 16]; SIDE_BY_SIDE]) {
    let mut x = [[0; 8]; 4];
    for (index, planes) in x.iter_mut().enumerate() {
        *planes = planes_of(blocks, index);
    }
    for [k0, k1, k2, k3] in keys.as_chunks::<4>().0 {
        let [mut a, mut b, mut c, mut d] = x;
        round(&mut a, &b, &c, &d, *k0);
        round(&mut b, &c, &d, &a, *k1);
        round(&mut c, &d, &a, &b, *k2);
        round(&mut d, &a, &b, &c, *k3);
        x = [a, b, c, d];
    }
    for (index, planes) in x.iter().rev().enumerate() {
        write_planes(planes, blocks, index);
    }
    x.zeroize();
}

#[inline(always)]
fn round(a: &mut [u64; 8], b: &[u64; 8], c: &[u64; 8], d: &[u64; 8], key: u32) {
    let key = spread(key ^ (0x0101_0101 * u32::from(sbox::INPUT)));
    let mut s = [0; 8];
    for i in 0..8 {
        // Each of the four key bits fills its 16 positions.
        let bits = key >> i & LOWEST;
        s[i] = b[i] ^ c[i] ^ d[i] ^ ((bits << 16).wrapping_sub(bits));
    }
    let s = substitute(s);
    let twice = s.map(|plane| plane ^ plane.rotate_left(16) ^ plane.rotate_left(32));
    for i in 0..8 {
        // A rotation by 2: bits 6 and 7 of a byte go on to bits 0 and 1 of the next.
        let rotated = if i < 2 {
            twice[i + 6].rotate_left(16)
        } else {
            twice[i - 2]
        };
        a[i] ^= s[i] ^ s[i].rotate_left(48) ^ rotated;
    }
}

/// Byte j of the word goes to bits 16 j and up.
#[inline(always)]
fn spread(word: u32) -> u64 {
    let word = u64::from(word);
    let word = word & 0xFFFF | (word & 0xFFFF_0000) << 16;
    word & 0x0000_00FF_0000_00FF | (word & 0x0000_FF00_0000_FF00) << 8
}

/// The other way round; what stands between the bytes is dropped.
#[inline(always)]
fn gather(spread: u64) -> u32 {
    let word = spread & 0x00FF_00FF_00FF_00FF;
    let word = (word | word >> 8) & 0x0000_FFFF_0000_FFFF;
    (word | word >> 16) as u32
}

#[inline(always)]
fn planes_of(blocks: &[[u8; 16]; SIDE_BY_SIDE], index: usize) -> [u64; 8] {
    let mut rows = [0; 8];
    for (i, row) in rows.iter_mut().enumerate() {
        // Blocks i and i + 8 share a row, their bytes alternate: bit i of plane bytes 2 j and 2 j + 1.
        *row = spread(words(&blocks[i])[index]) | spread(words(&blocks[i + 8])[index]) << 8;
    }
    transpose(&mut rows);
    rows
}

#[inline(always)]
fn write_planes(planes: &[u64; 8], blocks: &mut [[u8; 16]; SIDE_BY_SIDE], index: usize) {
    let mut rows = *planes;
    transpose(&mut rows);
    for (i, row) in rows.into_iter().enumerate() {
        blocks[i].as_chunks_mut::<4>().0[index] = gather(row).to_be_bytes();
        blocks[i + 8].as_chunks_mut::<4>().0[index] = gather(row >> 8).to_be_bytes();
    }
}

/// Swaps bit i of the bytes of row k with bit k of the bytes of row i. Its own inverse.
#[inline(always)]
fn transpose(rows: &mut [u64; 8]) {
    for (distance, mask) in [
        (1, 0x5555_5555_5555_5555),
        (2, 0x3333_3333_3333_3333),
        (4, 0x0F0F_0F0F_0F0F_0F0F),
    ] {
        for low in 0..8 {
            if low & distance == 0 {
                let high = low + distance;
                let swapped = (rows[low] >> distance ^ rows[high]) & mask;
                rows[low] ^= swapped << distance;
                rows[high] ^= swapped;
            }
        }
    }
}
