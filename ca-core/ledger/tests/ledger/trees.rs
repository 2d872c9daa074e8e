//! Proofs from tiles, the growing tree and the verifiers, against the recursive definition.

use ledger::Error;
use ledger::tile::{
    Appender, TileId, Tiles, consistency_proof, consistency_tiles, inclusion_proof, inclusion_tiles,
};
use ledger::tree::{
    Frontier, Sha256Tree, Sm3Tree, TreeHash as _, empty_root, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sm_engine::sm3::Digest;

use crate::naive::{Naive, large};

fn check_inclusion(naive: &mut Naive, index: usize, size: usize) {
    let (i, n) = (u64::try_from(index).unwrap(), u64::try_from(size).unwrap());
    let tiles = naive.tiles(&inclusion_tiles(i, n), size);
    let path = inclusion_proof(i, n, &tiles).unwrap();
    assert_eq!(path, naive.path(index, 0, size), "{index} of {size}");
    let root = naive.root(0, size);
    verify_inclusion(&naive.leaf(index), i, n, &path, &root).unwrap();
}

fn check_consistency(naive: &mut Naive, first: usize, second: usize) {
    let (m, n) = (
        u64::try_from(first).unwrap(),
        u64::try_from(second).unwrap(),
    );
    let tiles = naive.tiles(&consistency_tiles(m, n), second);
    let proof = consistency_proof(m, n, &tiles).unwrap();
    if first > 0 {
        let defined = naive.consistency(first, 0, second, true);
        assert_eq!(proof, defined, "{first} to {second}");
    }
    let (old, new) = (naive.root(0, first), naive.root(0, second));
    verify_consistency(m, &old, n, &new, &proof).unwrap();
}

/// All of a small range, else the ends, the tile borders and a few that differ from size to size.
fn samples(size: usize, end: usize) -> Vec<usize> {
    if size <= 70 {
        return (0..end).collect();
    }
    let mut samples = vec![
        0,
        1,
        254,
        255,
        256,
        257,
        511,
        512,
        size / 2,
        size - 2,
        size - 1,
    ];
    samples.extend((1..4).map(|i| size * 31 * i % end));
    samples.retain(|sample| *sample < end);
    samples
}

#[test]
fn inclusion_is_as_defined_for_all_sizes_up_to_600() {
    let mut naive = Naive::counting(600);
    for size in 1..=600 {
        for index in samples(size, size) {
            check_inclusion(&mut naive, index, size);
        }
    }
}

#[test]
fn consistency_is_as_defined_for_all_sizes_up_to_600() {
    let mut naive = Naive::counting(600);
    for second in 0..=600 {
        for first in samples(second, second + 1) {
            check_consistency(&mut naive, first, second);
        }
    }
}

#[test]
fn a_restored_appender_goes_on_as_if_nothing_happened() {
    let naive = Naive::counting(600);
    let mut straight = Appender::new();
    for i in 0..600 {
        let restored = Appender::restore(straight.size(), &straight.partial_tiles()).unwrap();
        assert_eq!(restored, straight, "at {i}");
        straight.append(naive.leaf(i));
        straight.take_full_tiles();
    }
}

#[test]
fn the_appender_makes_the_defined_roots_and_tiles() {
    let mut naive = large();
    let mut appender = Appender::new();
    let mut full = 0;
    for i in 0..70_000 {
        appender.append(naive.leaf(i));
        for (id, hashes) in appender.take_full_tiles() {
            assert_eq!(hashes.len(), 256);
            assert_eq!(hashes, naive.tile(id, i + 1), "{id}");
            full += 1;
        }
        // Restored where tiles of several levels fill up at once, and around.
        if (65_530..65_545).contains(&i) || i % 4_999 == 0 {
            let partial = appender.partial_tiles();
            for (id, hashes) in partial.iter() {
                assert_eq!(hashes, naive.tile(id, i + 1), "{id}");
            }
            let restored = Appender::restore(appender.size(), &partial).unwrap();
            assert_eq!(restored, appender);
            assert_eq!(appender.root(), naive.root(0, i + 1));
        }
    }
    assert_eq!(full, 273 + 1);
    assert_eq!(appender.root(), naive.root(0, 70_000));
}

#[test]
fn a_clone_is_a_way_back() {
    let naive = Naive::counting(300);
    let mut appender = Appender::new();
    (0..250).for_each(|i| appender.append(naive.leaf(i)));
    let before = appender.clone();
    (250..300).for_each(|i| appender.append(naive.leaf(i)));
    let mut again = before.clone();
    assert_ne!(before, appender);
    (250..300).for_each(|i| again.append(naive.leaf(i)));
    assert_eq!(again, appender);
    assert_eq!(again.take_full_tiles().len(), 1);
    assert_eq!(again.take_full_tiles(), Vec::new());
}

#[test]
fn damaged_stores_are_not_restored() {
    let naive = Naive::counting(300);
    let mut appender = Appender::new();
    (0..300).for_each(|i| appender.append(naive.leaf(i)));
    let tiles = appender.partial_tiles();
    assert_eq!(tiles.len(), 2);
    let tile = |level, index| TileId { level, index };
    // Tiles of another size: too long, too short, or not the ones needed.
    for (size, code) in [(299, "L410"), (301, "L421"), (65_536, "L421")] {
        let error = Appender::<Sm3Tree>::restore(size, &tiles)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(code), "{size}: {error}");
    }
    assert_eq!(
        Appender::<Sm3Tree>::restore(300, &Tiles::new()),
        Err(Error::MissingTile {
            tile: tile(0, 1),
            size: 300
        })
    );
    assert!(Frontier::<Sm3Tree>::from_parts(3, vec![naive.leaf(0)]).is_err());
    assert!(Frontier::<Sm3Tree>::from_parts(0, vec![naive.leaf(0)]).is_err());
    let frontier = Frontier::<Sm3Tree>::from_parts(2, vec![large().root(0, 2)]).unwrap();
    assert_eq!(frontier.root(), large().root(0, 2));
}

#[test]
fn questions_beyond_the_tree_are_refused() {
    let tiles = Tiles::new();
    assert_eq!(
        inclusion_proof(5, 5, &tiles),
        Err(Error::NoSuchLeaf { index: 5, size: 5 })
    );
    assert_eq!(inclusion_tiles(5, 5), Vec::new());
    assert_eq!(inclusion_tiles(u64::MAX, 0), Vec::new());
    assert_eq!(
        consistency_proof(6, 5, &tiles),
        Err(Error::Consistency {
            first: 6,
            second: 5
        })
    );
    assert_eq!(consistency_tiles(6, 5), Vec::new());
    assert!(matches!(
        inclusion_proof(0, 300, &tiles),
        Err(Error::MissingTile { .. })
    ));
    let leaf = Digest([7; 32]);
    assert_eq!(
        verify_inclusion(&leaf, 1, 1, &[], &leaf),
        Err(Error::NoSuchLeaf { index: 1, size: 1 })
    );
    assert!(verify_inclusion(&leaf, 0, 1, &[], &leaf).is_ok());
    assert!(verify_inclusion(&leaf, 0, 1, &[leaf], &leaf).is_err());
}

#[test]
fn the_empty_tree_begins_every_tree() {
    let (root, other) = (Digest([1; 32]), Digest([2; 32]));
    let empty = empty_root();
    assert!(verify_consistency(0, &empty, 5, &root, &[]).is_ok());
    assert!(verify_consistency(0, &empty, 0, &empty, &[]).is_ok());
    assert!(verify_consistency(0, &empty, 0, &root, &[]).is_err());
    assert!(verify_consistency(0, &other, 5, &root, &[]).is_err());
    assert!(verify_consistency(0, &empty, 5, &root, &[other]).is_err());
    assert!(verify_consistency(5, &root, 5, &root, &[]).is_ok());
    assert!(verify_consistency(5, &root, 5, &other, &[]).is_err());
    assert!(verify_consistency(5, &root, 5, &root, &[other]).is_err());
    assert!(verify_consistency(6, &root, 5, &root, &[]).is_err());
    assert!(verify_consistency(4, &root, 5, &root, &[]).is_err());
    assert!(verify_consistency(3, &root, 5, &root, &[]).is_err());
}

fn flip(digest: &mut Digest, bit: usize) {
    digest.0[bit / 8 % 32] ^= 1 << (bit % 8);
}

#[test]
fn every_flipped_bit_of_an_inclusion_proof_is_noticed() {
    let mut naive = Naive::counting(11);
    for index in 0..11 {
        let (leaf, path, root) = (
            naive.leaf(index),
            naive.path(index, 0, 11),
            naive.root(0, 11),
        );
        let i = u64::try_from(index).unwrap();
        verify_inclusion(&leaf, i, 11, &path, &root).unwrap();
        for bit in 0..256 {
            for position in 0..path.len() {
                let mut wrong = path.clone();
                flip(&mut wrong[position], bit);
                assert!(verify_inclusion(&leaf, i, 11, &wrong, &root).is_err());
            }
            let (mut other_leaf, mut other_root) = (leaf, root);
            flip(&mut other_leaf, bit);
            flip(&mut other_root, bit);
            assert!(verify_inclusion(&other_leaf, i, 11, &path, &root).is_err());
            assert!(verify_inclusion(&leaf, i, 11, &path, &other_root).is_err());
        }
        for other in (0..16).filter(|other| *other != i) {
            assert!(verify_inclusion(&leaf, other, 11, &path, &root).is_err());
        }
        assert!(verify_inclusion(&leaf, i, 11, &path[1..], &root).is_err());
        assert!(
            verify_inclusion(&leaf, i, 11, &[path.clone(), vec![root]].concat(), &root).is_err()
        );
    }
}

#[test]
fn every_flipped_bit_of_a_consistency_proof_is_noticed() {
    let mut naive = Naive::counting(11);
    for first in 1..11 {
        let proof = naive.consistency(first, 0, 11, true);
        let (old, new) = (naive.root(0, first), naive.root(0, 11));
        let m = u64::try_from(first).unwrap();
        for bit in 0..256 {
            for position in 0..proof.len() {
                let mut wrong = proof.clone();
                flip(&mut wrong[position], bit);
                assert!(verify_consistency(m, &old, 11, &new, &wrong).is_err());
            }
            let (mut other_old, mut other_new) = (old, new);
            flip(&mut other_old, bit);
            flip(&mut other_new, bit);
            assert!(verify_consistency(m, &other_old, 11, &new, &proof).is_err());
            assert!(verify_consistency(m, &old, 11, &other_new, &proof).is_err());
        }
        let longer = [proof.clone(), vec![new]].concat();
        assert!(verify_consistency(m, &old, 11, &new, &longer).is_err());
        assert!(verify_consistency(m, &old, 11, &new, &proof[1..]).is_err());
    }
}

proptest! {
    #[test]
    fn inclusion_is_as_defined_up_to_70000(size in 1_usize..=70_000, at in any::<prop::sample::Index>()) {
        check_inclusion(&mut large(), at.index(size), size);
    }

    #[test]
    fn consistency_is_as_defined_up_to_70000(second in 0_usize..=70_000, at in any::<prop::sample::Index>()) {
        check_consistency(&mut large(), at.index(second + 1), second);
    }

    #[test]
    fn no_sizes_and_no_hashes_panic(
        a in any::<u64>(),
        b in any::<u64>(),
        hashes in prop::collection::vec(any::<[u8; 32]>().prop_map(Digest), 0..70),
    ) {
        let root = Digest([9; 32]);
        prop_assert!(verify_inclusion(&root, a, b, &hashes, &root).is_err() || (a, b) == (0, 1));
        let consistent = verify_consistency(a, &root, b, &root, &hashes).is_ok();
        prop_assert!(!consistent || (a == b && hashes.is_empty()));
        prop_assert!(inclusion_tiles(a, b).len() <= 24);
        prop_assert!(consistency_tiles(a, b).len() <= 24);
        prop_assert!(Appender::<Sm3Tree>::restore(a, &Tiles::new()).is_err() || a == 0);
    }

    #[test]
    fn no_text_panics_as_a_tile_path(text in "(tile/)?[0-9]{0,3}(/x?[0-9]{0,4}){0,8}(\\.p/[0-9]{0,4})?") {
        if let Ok((id, width)) = TileId::parse_path(&text) {
            prop_assert_eq!(id.path(width), text);
        }
    }

    #[test]
    fn every_tile_path_reads_back(level in 0_u8..64, index in any::<u64>(), width in 1_u16..=256) {
        let id = TileId { level, index };
        prop_assert_eq!(TileId::parse_path(&id.path(width)), Ok((id, width)));
    }
}

/// The tree of the test inputs of the Certificate Transparency reference implementation (merkle_tree_test.cc), whose
/// roots are cited by every implementation of RFC 6962 since: sizes 0, 1, 2, 3, 4, 5, 6, 7, 8.
#[test]
fn the_mirror_s_tree_is_that_of_others() {
    const INPUTS: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Appender::<Sha256Tree>::default();
    assert_eq!(tree.root().to_string(), ROOTS[0]);
    for (input, root) in INPUTS.iter().zip(&ROOTS[1..]) {
        tree.append(Sha256Tree::leaf(&hex::decode(input).unwrap()));
        assert_eq!(tree.root().to_string(), *root, "{}", tree.size());
    }
}
