//! Every path against the crate `sm3` and against the others, cut and batched in every way.
#![allow(clippy::unwrap_used)]

use super::compress::Path;
use super::lanes::{self, Lanes};
use super::many::side_by_side::side_by_side;
use super::many::{Rest, digest_rests};
use super::*;
use ::hmac::{KeyInit as _, Mac as _};
use ::sm3::Digest as _;
use proptest::prelude::*;

fn theirs(message: &[u8]) -> Digest {
    Digest(::sm3::Sm3::digest(message).into())
}

/// `count` bytes that differ from call to call.
fn bytes(count: usize) -> Vec<u8> {
    let seed = crate::random::array::<32>();
    (0..count).map(|i| seed[i % 32] ^ (i / 32) as u8).collect()
}

fn whole(messages: &[Vec<u8>]) -> Vec<Rest<'_>> {
    messages
        .iter()
        .map(|message| Rest::whole(message))
        .collect()
}

/// Lanes in safe Rust, as the manuals define the instructions.
impl<const LANES: usize> Lanes for [u32; LANES] {
    type Cpu = ();
    type Words = Self;
    const ZEROS: Self = [0; LANES];

    fn load((): (), words: &Self) -> Self {
        *words
    }
    fn store(self) -> Self {
        self
    }
    fn load_blocks((): (), blocks: &[&[u8; 64]]) -> [Self; 16] {
        std::array::from_fn(|word| {
            std::array::from_fn(|lane| u32::from_be_bytes(blocks[lane].as_chunks().0[word]))
        })
    }
    fn splat((): (), word: u32) -> Self {
        [word; LANES]
    }
    fn xor(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] ^ other[lane])
    }
    fn xor3(self, second: Self, third: Self) -> Self {
        self.xor(second).xor(third)
    }
    fn add(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane].wrapping_add(other[lane]))
    }
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        assert_eq!(N + M, 32);
        self.map(|word| word << N | word >> M)
    }
    fn majority(self, second: Self, third: Self) -> Self {
        // Bit by bit: entry 4 a + 2 b + c of the truth table.
        ternary::<0xE8, LANES>(self, second, third)
    }
    fn choose(self, one: Self, other: Self) -> Self {
        ternary::<0xCA, LANES>(self, one, other)
    }
}

fn ternary<const TABLE: u32, const LANES: usize>(
    a: [u32; LANES],
    b: [u32; LANES],
    c: [u32; LANES],
) -> [u32; LANES] {
    std::array::from_fn(|lane| {
        (0..32).fold(0, |word, i| {
            let bit = |x: u32| x >> i & 1;
            word | (TABLE >> (bit(a[lane]) << 2 | bit(b[lane]) << 1 | bit(c[lane])) & 1) << i
        })
    })
}

#[test]
fn every_path_and_length_is_the_crate_sm3() {
    for (name, path) in Path::all() {
        for length in (0..=260).chain([500, 511, 512, 513, 575, 576, 577, 700, 1023, 1024, 5000]) {
            let message = bytes(length);
            let mut state = Sm3::on(path);
            state.update(&message);
            assert_eq!(state.finish(), theirs(&message), "{name}, {length} bytes");
        }
    }
}

#[test]
fn emulated_lanes_are_the_crate_sm3() {
    let messages: Vec<Vec<u8>> = (0..40).map(|i| bytes(i * i % 300)).collect();
    let expected: Vec<Digest> = messages.iter().map(|message| theirs(message)).collect();
    let slices = whole(&messages);
    let eight = side_by_side::<8>(Path::Portable, &slices, |state, blocks| {
        lanes::compress::<[u32; 8]>((), state, blocks);
    });
    assert_eq!(eight, expected);
    let sixteen = side_by_side::<16>(Path::Portable, &slices, |state, blocks| {
        lanes::compress::<[u32; 16]>((), state, blocks);
    });
    assert_eq!(sixteen, expected);
}

#[test]
fn many_are_each_on_every_path() {
    for (name, path) in Path::all() {
        for count in (0..20).chain([31, 33, 64, 100]) {
            let messages: Vec<Vec<u8>> = (0..count).map(|i| bytes(i * 37 % 401)).collect();
            let expected: Vec<Digest> = messages.iter().map(|message| theirs(message)).collect();
            assert_eq!(
                digest_rests(path, &whole(&messages)),
                expected,
                "{name}, {count}"
            );
        }
        // One long message among short ones.
        let mut messages = vec![bytes(3); 30];
        messages[17] = bytes(9000);
        let expected: Vec<Digest> = messages.iter().map(|message| theirs(message)).collect();
        assert_eq!(digest_rests(path, &whole(&messages)), expected, "{name}");
    }
}

#[test]
fn a_clone_goes_on_from_the_same_place() {
    let mut prefix = Sm3::new();
    prefix.update(&bytes(90));
    let (mut one, mut other) = (prefix.clone(), prefix);
    one.update(b"the same");
    other.update(b"the same");
    assert_eq!(one.clone().finish(), other.clone().finish());
    one.update(b"x");
    assert_ne!(one.finish(), other.finish());
}

#[test]
fn keys_of_every_length_are_those_of_the_crate_hmac() {
    for length in [0, 1, 31, 32, 63, 64, 65, 100, 128, 200] {
        let (key, message) = (bytes(length), bytes(length * 2));
        let mut oracle = ::hmac::Hmac::<::sm3::Sm3>::new_from_slice(&key).unwrap();
        oracle.update(&message);
        let expected = Digest(oracle.finalize().into_bytes().into());
        assert_eq!(hmac(&key, &message), expected);
        let prepared = HmacKey::new(&key);
        let (head, tail) = message.split_at(length / 3);
        for _ in 0..2 {
            assert_eq!(prepared.mac(&[head, b"", tail]), expected);
        }
    }
}

#[test]
fn many_macs_are_each() {
    for count in [0, 1, 2, 3, 7, 8, 9, 16, 17, 40] {
        let texts: Vec<Vec<u8>> = (0..count).map(|i| bytes(i * 13 % 200)).collect();
        let keys: Vec<HmacKey> = (0..count).map(|i| HmacKey::new(&bytes(i))).collect();
        let items: Vec<_> = keys.iter().zip(texts.iter().map(Vec::as_slice)).collect();
        let each: Vec<Digest> = items.iter().map(|(key, text)| key.mac(&[text])).collect();
        assert_eq!(*mac_many(&items), each, "{count}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_does_not_matter_how_a_message_is_cut(lengths in prop::collection::vec(0..200_usize, 0..10)) {
        let message = bytes(lengths.iter().sum());
        let mut state = Sm3::new();
        let mut rest = message.as_slice();
        for length in lengths {
            let piece;
            (piece, rest) = rest.split_at(length);
            state.update(piece);
        }
        prop_assert_eq!(state.finish(), theirs(&message));
    }

    #[test]
    fn many_of_any_lengths(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..40)) {
        let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let expected: Vec<Digest> = slices.iter().map(|message| theirs(message)).collect();
        prop_assert_eq!(digest_many(&slices), expected);
    }
}
