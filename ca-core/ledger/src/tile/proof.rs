//! Proofs from tiles of the log: inclusion (RFC 9162 §2.1.3.1) and consistency (§2.1.4.1).
//!
//! A proof is a list of ranges of leaves; the hash of a range is folded from complete subtrees, and each of
//! these lies in one tile.

use std::collections::BTreeSet;
use std::ops::Range;

use sm_engine::sm3::Digest;

use super::{TILE_HEIGHT, TILE_WIDTH, TileId, Tiles, complete_root};
use crate::Error;
use crate::tree::{Sm3Tree, node_hash};

/// Tiles needed to prove leaf `index` in the tree of `size`, in order; some may be partial at that size.
/// None where there is no such leaf.
#[must_use]
pub fn inclusion_tiles(index: u64, size: u64) -> Vec<TileId> {
    tiles_of(&inclusion_ranges(index, size))
}

/// Tiles needed to prove that the tree of `second` leaves extends the tree of `first`.
/// None where no hashes are needed, or where `first` is beyond `second`.
#[must_use]
pub fn consistency_tiles(first: u64, second: u64) -> Vec<TileId> {
    tiles_of(&consistency_ranges(first, second))
}

/// The path from leaf `index` to the root of the tree of `size`, sibling of the leaf first.
///
/// # Errors
/// [`Error::NoSuchLeaf`], [`Error::MissingTile`].
pub fn inclusion_proof(index: u64, size: u64, tiles: &Tiles) -> Result<Vec<Digest>, Error> {
    if index >= size {
        return Err(Error::NoSuchLeaf { index, size });
    }
    hashes_of(&inclusion_ranges(index, size), size, tiles)
}

/// The hashes that show that the tree of `second` leaves extends the tree of `first`.
///
/// # Errors
/// [`Error::Consistency`] where `first` is beyond `second`, [`Error::MissingTile`].
pub fn consistency_proof(first: u64, second: u64, tiles: &Tiles) -> Result<Vec<Digest>, Error> {
    if first > second {
        return Err(Error::Consistency { first, second });
    }
    hashes_of(&consistency_ranges(first, second), second, tiles)
}

/// PATH(m, D[n]) as ranges of leaves, lowest first.
fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    if index >= size {
        return ranges;
    }
    let mut tree = 0..size;
    while tree.end - tree.start > 1 {
        let middle = tree.start + split(tree.end - tree.start);
        if index < middle {
            ranges.push(middle..tree.end);
            tree.end = middle;
        } else {
            ranges.push(tree.start..middle);
            tree.start = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// PROOF(m, D[n]) as ranges of leaves, lowest first.
fn consistency_ranges(first: u64, second: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    if first == 0 || first >= second {
        return ranges;
    }
    let mut tree = 0..second;
    // While nothing was cut off at the left, the first tree's own root is known to the verifier.
    while tree.end != first {
        let middle = tree.start + split(tree.end - tree.start);
        if first <= middle {
            ranges.push(middle..tree.end);
            tree.end = middle;
        } else {
            ranges.push(tree.start..middle);
            tree.start = middle;
        }
    }
    if tree.start > 0 {
        ranges.push(tree);
    }
    ranges.reverse();
    ranges
}

/// Largest power of two below `leaves`, which is at least 2.
fn split(leaves: u64) -> u64 {
    1 << (u64::BITS - 1 - (leaves - 1).leading_zeros())
}

/// A complete subtree within one tile.
struct Node {
    tile: TileId,
    /// Which of the tile's hashes it is made of.
    hashes: Range<usize>,
}

/// The complete subtrees of a range, from left to right. The range starts where a subtree of its size may start.
fn nodes(range: &Range<u64>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let height = u64::BITS - 1 - (range.end - start).leading_zeros();
        let level = height / TILE_HEIGHT;
        let first = start >> (TILE_HEIGHT * level);
        let offset = usize::try_from(first % u64::from(TILE_WIDTH)).unwrap_or(0);
        nodes.push(Node {
            tile: TileId {
                level: u8::try_from(level).unwrap_or(u8::MAX),
                index: first / u64::from(TILE_WIDTH),
            },
            hashes: offset..offset + (1 << (height % TILE_HEIGHT)),
        });
        start += 1 << height;
    }
    nodes
}

fn tiles_of(ranges: &[Range<u64>]) -> Vec<TileId> {
    let needed: BTreeSet<_> = ranges
        .iter()
        .flat_map(nodes)
        .map(|node| node.tile)
        .collect();
    needed.into_iter().collect()
}

fn hashes_of(ranges: &[Range<u64>], size: u64, tiles: &Tiles) -> Result<Vec<Digest>, Error> {
    let hash_of = |range| {
        let mut hash = None;
        for node in nodes(range).iter().rev() {
            let hashes = tiles
                .get(&node.tile)
                .and_then(|tile| tile.get(node.hashes.clone()));
            let left = hashes
                .and_then(complete_root::<Sm3Tree>)
                .ok_or(Error::MissingTile {
                    tile: node.tile,
                    size,
                })?;
            hash = Some(hash.map_or(left, |right| node_hash(&left, &right)));
        }
        // Ranges of proofs are never empty.
        hash.ok_or(Error::NoSuchLeaf { index: size, size })
    };
    ranges.iter().map(hash_of).collect()
}
