//! Both S-boxes by their definition, and the kernels over emulated vectors of every width.

use super::emulated::Emulated;
use super::*;
use crate::random;
use crate::sm4::portable;
use crate::sm4::sbox::tests::by_definition;

fn every_byte<const LANES: usize, S: Substitution<Emulated<LANES>>>() {
    let substitution = S::new(());
    for first in (0..=255).step_by(4) {
        let bytes = [first, first + 1, first + 2, first + 3];
        let word = u32::from_le_bytes(bytes);
        let expected = u32::from_le_bytes(bytes.map(by_definition));
        let x = Emulated::splat((), word);
        assert_eq!(first_word(substitution.substitute(x)), expected);
        let mixed = [2, 10, 18, 24].map(|by| expected.rotate_left(by));
        let mixed = mixed.into_iter().fold(expected, |sum, term| sum ^ term);
        assert_eq!(first_word(substitution.transform(x)), mixed);
    }
}

#[test]
fn both_substitutions_are_the_standards() {
    every_byte::<1, ByAes<_>>();
    every_byte::<1, ByGfni<_>>();
}

fn kernels<const LANES: usize, S: Substitution<Emulated<LANES>>, const GROUPS: usize>() {
    let key = random::array();
    let keys = expand::<Emulated<LANES>, S>((), &key);
    let keys = keys.as_words();
    for count_of in [0, 1, 4 * LANES - 1, 4 * LANES, 4 * LANES * (GROUPS + 1) + 1] {
        let mut blocks: Vec<[u8; 16]> = (0..count_of).map(|_| random::array()).collect();
        let mut expected = blocks.clone();
        portable::crypt_blocks(keys, &mut expected);
        if let Some(block) = blocks.first() {
            let single = crypt_block::<Emulated<LANES>, S>((), keys, block);
            assert_eq!(single, expected[0]);
        }
        crypt_blocks::<Emulated<LANES>, S, GROUPS>((), keys, &mut blocks);
        assert_eq!(blocks, expected, "{LANES} lanes, {count_of} blocks");

        let (prefix, first) = (random::array(), u32::MAX - 1);
        let mut data = vec![0; (count_of * 16).saturating_sub(5)];
        count::<Emulated<LANES>, S, GROUPS>((), keys, &prefix, first, &mut data);
        for (index, piece) in data.chunks(16).enumerate() {
            let mut block = [0; 16];
            block[..12].copy_from_slice(&prefix);
            block[12..].copy_from_slice(&first.wrapping_add(index as u32).to_be_bytes());
            let stream = portable::crypt_block(keys, &block);
            assert_eq!(
                piece,
                &stream[..piece.len()],
                "{LANES} lanes, block {index}"
            );
        }
    }
}

#[test]
fn kernels_of_every_width_are_the_portable_cipher() {
    kernels::<2, ByAes<_>, 2>();
    kernels::<4, ByGfni<_>, 4>();
    kernels::<4, ByAes<_>, 1>();
    kernels::<1, ByGfni<_>, 3>();
}
