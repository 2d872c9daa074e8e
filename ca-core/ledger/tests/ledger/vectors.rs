//! Every SM3 vector of `test-vectors/merkle.json`, and its tile paths and widths.

use std::collections::BTreeMap;

use ledger::tile::{
    Appender, TileId, Tiles, consistency_proof, consistency_tiles, inclusion_proof,
    inclusion_tiles, tile_width,
};
use ledger::tree::{Frontier, leaf_hash, verify_consistency, verify_inclusion};
use serde_json::Value;
use sm_engine::sm3::Digest;

fn vector(name: &str) -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../test-vectors/merkle.json"
    );
    let all: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    all.into_iter().find(|v| v["name"] == name).unwrap()
}

fn digests(value: &Value) -> Vec<Digest> {
    serde_json::from_value(value.clone()).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Small trees live in one tile.
fn one_tile(leaves: &[Digest]) -> Tiles {
    let id = TileId { level: 0, index: 0 };
    [(id, leaves.to_vec())].into_iter().collect()
}

#[test]
fn leaf_hashes_and_roots() {
    let tree = vector("sm3-tree");
    let roots = digests(&tree["roots_by_size"]);
    let expected = digests(&tree["leaf_hashes"]);
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), roots[0]);
    let inputs = tree["leaf_inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 8);
    for (i, input) in inputs.iter().enumerate() {
        let leaf = leaf_hash(&hex::decode(input.as_str().unwrap()).unwrap());
        assert_eq!(leaf, expected[i]);
        frontier.append(leaf);
        assert_eq!(frontier.root(), roots[i + 1]);
    }
}

#[test]
fn inclusion_proofs() {
    let tree = vector("sm3-tree");
    let (leaves, roots) = (
        digests(&tree["leaf_hashes"]),
        digests(&tree["roots_by_size"]),
    );
    let vectors = vector("sm3-inclusion-proofs");
    let proofs = vectors["proofs"].as_array().unwrap();
    assert_eq!(proofs.len(), 36);
    for proof in proofs {
        let (index, size) = (number(&proof["leaf_index"]), number(&proof["tree_size"]));
        let path = digests(&proof["proof"]);
        let leaf = leaves[usize::try_from(index).unwrap()];
        let root = roots[usize::try_from(size).unwrap()];
        verify_inclusion(&leaf, index, size, &path, &root).unwrap();
        let made = inclusion_proof(index, size, &one_tile(&leaves)).unwrap();
        assert_eq!(made, path, "{index} of {size}");
    }
}

#[test]
fn consistency_proofs() {
    let tree = vector("sm3-tree");
    let (leaves, roots) = (
        digests(&tree["leaf_hashes"]),
        digests(&tree["roots_by_size"]),
    );
    let vectors = vector("sm3-consistency-proofs");
    let proofs = vectors["proofs"].as_array().unwrap();
    assert_eq!(proofs.len(), 44);
    for vector in proofs {
        let (first, second) = (number(&vector["size1"]), number(&vector["size2"]));
        let proof = digests(&vector["proof"]);
        let root = |size: u64| roots[usize::try_from(size).unwrap()];
        verify_consistency(first, &root(first), second, &root(second), &proof).unwrap();
        let made = consistency_proof(first, second, &one_tile(&leaves)).unwrap();
        assert_eq!(made, proof, "{first} to {second}");
    }
}

#[test]
fn a_thousand_leaves() {
    let vector = vector("sm3-1000-leaves");
    let roots: BTreeMap<String, Digest> = serde_json::from_value(vector["roots"].clone()).unwrap();
    assert_eq!(roots.len(), 10);
    let mut appender = Appender::new();
    let mut seen = 0;
    for i in 0..1000_u64 {
        appender.append(leaf_hash(&i.to_be_bytes()));
        if let Some(root) = roots.get(&appender.size().to_string()) {
            assert_eq!(appender.root(), *root);
            seen += 1;
        }
    }
    assert_eq!(seen, roots.len());
    let mut tiles = appender.partial_tiles();
    let level_one = TileId { level: 1, index: 0 };
    assert_eq!(
        tiles.get(&level_one).unwrap(),
        digests(&vector["level1_tile_0_partial_3"])
    );
    for (id, hashes) in appender.take_full_tiles() {
        tiles.insert(id, hashes);
    }
    for id in inclusion_tiles(500, 1000)
        .iter()
        .chain(&consistency_tiles(257, 1000))
    {
        assert!(tiles.get(id).is_some(), "{id}");
    }
    let inclusion = inclusion_proof(500, 1000, &tiles).unwrap();
    assert_eq!(inclusion, digests(&vector["inclusion_500_of_1000"]));
    let consistency = consistency_proof(257, 1000, &tiles).unwrap();
    assert_eq!(consistency, digests(&vector["consistency_257_1000"]));
}

#[test]
fn tile_paths() {
    let vector = vector("tlog-tiles-paths");
    let paths: BTreeMap<u64, String> = serde_json::from_value(vector["paths"].clone()).unwrap();
    assert_eq!(paths.len(), 10);
    for (index, path) in paths {
        let id = TileId { level: 0, index };
        let path = format!("tile/0/{path}");
        assert_eq!(id.to_string(), path);
        assert_eq!(path.parse::<TileId>().unwrap(), id);
    }
}

#[test]
fn tile_widths() {
    let vector = vector("tlog-tiles-paths");
    let partial: BTreeMap<u64, Vec<u16>> =
        serde_json::from_value(vector["partial_widths_for_size"].clone()).unwrap();
    let full: BTreeMap<u64, Vec<u64>> =
        serde_json::from_value(vector["full_tiles_for_size"].clone()).unwrap();
    assert_eq!((partial.len(), full.len()), (7, 3));
    for (size, widths) in partial {
        for (level, width) in (0..).zip(widths) {
            let index = size >> (8 * (u32::from(level) + 1));
            assert_eq!(tile_width(TileId { level, index }, size), width);
            let beyond = TileId {
                level,
                index: index + 1,
            };
            assert_eq!(tile_width(beyond, size), 0);
        }
    }
    for (size, counts) in full {
        for (level, count) in (0..).zip(counts) {
            let full = |index| tile_width(TileId { level, index }, size) == 256;
            assert!((0..count).all(full) && !full(count), "{size} {level}");
        }
    }
    let absurd = TileId {
        level: 63,
        index: u64::MAX,
    };
    assert_eq!(tile_width(absurd, u64::MAX), 0);
}
