//! Tiles of a tree (C2SP tlog-tiles): 256 hashes each; level l, tile n, hash i is the root of the 256^l leaves
//! from (n·256 + i)·256^l on. Only complete subtrees have a hash in a tile.
//!
//! Reading: which tiles a proof needs, and the proof from tiles that the caller loaded. Writing: [`Appender`].

mod appender;
mod path;
mod proof;

use std::collections::BTreeMap;

use sm_engine::sm3::Digest;

use crate::tree::TreeHash;

pub use appender::Appender;
pub use proof::{consistency_proof, consistency_tiles, inclusion_proof, inclusion_tiles};

/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// A tile is as high as this many levels of the tree.
const TILE_HEIGHT: u32 = 8;

/// Which tile. `Display` and `FromStr` use its path, `tile/0/x001/234`; see [`TileId::path`] for partial ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for leaf hashes; each level up stands for 256 times as many leaves. At most 63.
    pub level: u8,
    /// Position in its level, from 0.
    pub index: u64,
}

/// How many hashes of tile `id` exist when the tree has `size` leaves: 0 to 256.
#[must_use]
pub fn tile_width(id: TileId, size: u64) -> u16 {
    let hashes = size
        .checked_shr(TILE_HEIGHT * u32::from(id.level))
        .unwrap_or(0);
    let before = id.index.checked_mul(u64::from(TILE_WIDTH));
    let width = before.map_or(0, |before| hashes.saturating_sub(before));
    u16::try_from(width).map_or(TILE_WIDTH, |width| width.min(TILE_WIDTH))
}

/// Tiles at hand, full or partial. Nothing is believed of them: what is proven from them is verified against a root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiles(BTreeMap<TileId, Vec<Digest>>);

impl Tiles {
    /// No tiles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tile; gives back the one that was there.
    pub fn insert(&mut self, id: TileId, hashes: Vec<Digest>) -> Option<Vec<Digest>> {
        self.0.insert(id, hashes)
    }

    /// The hashes of a tile.
    #[must_use]
    pub fn get(&self, id: &TileId) -> Option<&[Digest]> {
        self.0.get(id).map(Vec::as_slice)
    }

    /// All of them, lowest level first, in the order of the tree.
    pub fn iter(&self) -> impl Iterator<Item = (TileId, &[Digest])> {
        self.0.iter().map(|(id, hashes)| (*id, hashes.as_slice()))
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without tiles.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(TileId, Vec<Digest>)> for Tiles {
    fn from_iter<I: IntoIterator<Item = (TileId, Vec<Digest>)>>(tiles: I) -> Self {
        Self(tiles.into_iter().collect())
    }
}

/// Root of a complete subtree from the hashes of one level: 1, 2, 4, … 256 of them. `None` without any.
fn complete_root<H: TreeHash>(hashes: &[Digest]) -> Option<Digest> {
    if let [] | [_] = hashes {
        return hashes.first().copied();
    }
    let (left, right) = hashes.split_at(hashes.len() / 2);
    Some(H::node(
        &complete_root::<H>(left)?,
        &complete_root::<H>(right)?,
    ))
}
