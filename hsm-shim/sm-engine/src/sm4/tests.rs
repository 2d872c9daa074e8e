//! The block cipher on every path: the standard's vectors, the crate `sm4`, and the paths against one another.
#![allow(clippy::unwrap_used)]

use super::cipher::{Cipher, Path};
use crate::random;
use ::sm4::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use serde_json::Value;

mod modes;

/// Lengths around every number of blocks that some path takes at a time.
const COUNTS: [usize; 24] = [
    0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 40, 47, 48, 63, 64, 65, 80, 100, 130,
];

fn vectors(mode: &str) -> Vec<Value> {
    let text = include_str!("../../../../test-vectors/sm4.json");
    let entries: Vec<Value> = serde_json::from_str(text).unwrap();
    let entries = entries.into_iter().filter(|entry| entry["mode"] == mode);
    let entries: Vec<Value> = entries.collect();
    assert!(!entries.is_empty(), "no vector for {mode}");
    entries
}

fn bytes(entry: &Value, field: &str) -> Vec<u8> {
    hex::decode(entry[field].as_str().unwrap()).unwrap()
}

fn block(entry: &Value, field: &str) -> [u8; 16] {
    bytes(entry, field).try_into().unwrap()
}

#[test]
fn the_standards_round_keys() {
    for entry in vectors("key-schedule") {
        let expected = entry["round_keys"].as_array().unwrap();
        for (name, path) in Path::all() {
            let cipher = Cipher::on(path, &block(&entry, "key"));
            for (ours, theirs) in cipher.round_keys().iter().zip(expected) {
                assert_eq!(format!("{ours:08x}"), theirs.as_str().unwrap(), "{name}");
            }
        }
    }
}

#[test]
fn the_standards_blocks() {
    let once = vectors("ECB").into_iter().map(|entry| (entry, 1));
    let often = vectors("ECB-iterated").into_iter();
    let often = often.map(|entry| (entry.clone(), entry["iterations"].as_u64().unwrap()));
    for (entry, iterations) in once.chain(often) {
        for (name, path) in Path::all() {
            let cipher = Cipher::on(path, &block(&entry, "key"));
            let mut x = block(&entry, "plaintext");
            for _ in 0..iterations {
                x = cipher.crypt_block(&x);
            }
            assert_eq!(x, block(&entry, "ciphertext"), "{name}, {iterations} times");
        }
    }
}

#[test]
fn blocks_are_those_of_the_crate_sm4() {
    for (name, path) in Path::all() {
        for count in COUNTS {
            let key = random::array();
            let theirs = ::sm4::Sm4::new(&key.into());
            let ours = Cipher::on(path, &key);
            let plain: Vec<[u8; 16]> = (0..count).map(|_| random::array()).collect();
            let mut expected = plain.clone();
            for block in &mut expected {
                theirs.encrypt_block(block.into());
            }
            let mut blocks = plain.clone();
            ours.crypt_blocks(&mut blocks);
            assert_eq!(blocks, expected, "{name}, {count} blocks");
            for (block, expected) in plain.iter().zip(&expected) {
                assert_eq!(ours.crypt_block(block), *expected, "{name}, one block");
            }
            ours.inverse().crypt_blocks(&mut blocks);
            assert_eq!(blocks, plain, "{name}, {count} blocks back");
            let mut back = expected.first().copied().unwrap_or_default();
            theirs.decrypt_block((&mut back).into());
            assert_eq!(back, plain.first().copied().unwrap_or(back));
        }
    }
}

#[test]
fn the_counter_wraps_without_a_carry() {
    for (name, path) in Path::all() {
        for count in COUNTS {
            let (key, prefix) = (random::array(), random::array::<12>());
            let cipher = Cipher::on(path, &key);
            let first = 0_u32.wrapping_sub(random::array::<1>()[0].into());
            let length = (count * 16 + usize::from(random::array::<1>()[0]) % 16).saturating_sub(3);
            let mut data = vec![0x5C; length];
            cipher.count(&prefix, first, &mut data);
            for (index, piece) in data.chunks(16).enumerate() {
                let counter = first.wrapping_add(index as u32).to_be_bytes();
                let counter: [u8; 16] = [&prefix[..], &counter].concat().try_into().unwrap();
                let stream = cipher.crypt_block(&counter).map(|byte| byte ^ 0x5C);
                assert_eq!(piece, &stream[..piece.len()], "{name}, block {index}");
            }
        }
    }
}
