//! The field by its definition, bit by bit, against every path.
#![allow(clippy::unwrap_used)]

use super::vector::Product;
use super::*;
use crate::random;

/// NIST SP 800-38D §6.3, algorithm 1, on blocks whose first bit is the highest of the integer.
fn multiply_by_definition(x: u128, y: u128) -> u128 {
    let (mut z, mut v) = (0, y);
    for i in (0..128).rev() {
        if x >> i & 1 == 1 {
            z ^= v;
        }
        v = if v & 1 == 1 {
            v >> 1 ^ 0xE1 << 120
        } else {
            v >> 1
        };
    }
    z
}

fn by_definition(h: [u8; 16], blocks: &[[u8; 16]]) -> u128 {
    let h = u128::from_be_bytes(h);
    blocks.iter().fold(0, |sum, block| {
        multiply_by_definition(sum ^ u128::from_be_bytes(*block), h)
    })
}

#[test]
fn every_path_is_the_definition() {
    let chosen = [
        [0; 16],
        [0xFF; 16],
        1_u128.to_be_bytes(),
        (1_u128 << 127).to_be_bytes(),
    ];
    for (name, path) in Path::all() {
        for round in 0..12 {
            let h = chosen.get(round).copied().unwrap_or_else(random::array);
            let key = HashKey::on(path, &h);
            for count in (0..36).chain([63, 64, 65, 100]) {
                let mut blocks: Vec<[u8; 16]> = (0..count).map(|_| random::array()).collect();
                if round == 1 {
                    blocks.fill([0xFF; 16]);
                }
                let mut hash = key.start();
                hash.update_padded(blocks.as_flattened());
                let expected = by_definition(h, &blocks);
                assert_eq!(hash.sum, expected, "{name}, {count} blocks under {h:02x?}");
                // In two calls.
                let (first, second) = blocks.split_at(count / 3);
                let mut hash = key.start();
                hash.update_padded(first.as_flattened());
                hash.update_padded(second.as_flattened());
                assert_eq!(hash.sum, expected, "{name}, {count} blocks in two calls");
            }
        }
    }
}

#[test]
fn a_part_of_a_block_is_filled_up_with_zeros() {
    for (name, path) in Path::all() {
        let key = HashKey::on(path, &random::array());
        let mut whole = random::array::<32>();
        for length in 17..32 {
            let mut filled = whole;
            filled[length..].fill(0);
            let [mut one, mut other] = [key.start(), key.start()];
            one.update_padded(&whole[..length]);
            other.update_padded(&filled);
            assert_eq!(one.sum, other.sum, "{name}");
            whole[0] ^= 1;
        }
    }
}

/// Vectors of integers in safe Rust, as the manuals define the instructions.
impl<const LANES: usize> Product for [u128; LANES] {
    type Cpu = ();
    const LANES: usize = LANES;

    fn load(_: (), from: &[u128]) -> Self {
        *from.first_chunk().unwrap()
    }
    fn load_blocks(_: (), from: &[[u8; 16]]) -> Self {
        from.first_chunk().unwrap().map(u128::from_be_bytes)
    }
    fn first(_: (), first: u128) -> Self {
        std::array::from_fn(|lane| if lane == 0 { first } else { 0 })
    }
    fn xor(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] ^ other[lane])
    }
    fn product<const HALVES: i32>(self, other: Self) -> Self {
        let half = |whole: u128, upper: bool| {
            if upper {
                whole >> 64
            } else {
                whole & u128::from(u64::MAX)
            }
        };
        std::array::from_fn(|lane| {
            let a = half(self[lane], HALVES & 1 != 0);
            let b = half(other[lane], HALVES & 16 != 0);
            (0..64).fold(0, |sum, i| sum ^ if b >> i & 1 == 1 { a << i } else { 0 })
        })
    }
    fn sum(self) -> u128 {
        self.into_iter().fold(0, |sum, lane| sum ^ lane)
    }
}

fn kernel<const LANES: usize>() {
    let key = HashKey::on(Path::Portable, &random::array());
    for count in 0..50 {
        let blocks: Vec<[u8; 16]> = (0..count).map(|_| random::array()).collect();
        let sum = u128::from_be_bytes(random::array());
        let ours = vector::absorb::<[u128; LANES], [u128; 1]>((), &key.powers, sum, &blocks);
        assert_eq!(
            ours,
            key.absorb(sum, &blocks),
            "{LANES} lanes, {count} blocks"
        );
        let other = key.powers[0];
        let product = vector::multiply::<[u128; 1]>((), sum, other);
        assert_eq!(product, key.multiply(sum, other));
    }
}

#[test]
fn kernels_of_every_width_are_the_portable_hash() {
    kernel::<1>();
    kernel::<2>();
    kernel::<4>();
}
