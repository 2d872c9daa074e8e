//! The writer's end of the tree: grows it leaf by leaf and hands out tiles as they fill up.

use sm_engine::sm3::Digest;

use super::{TILE_HEIGHT, TILE_WIDTH, TileId, Tiles, complete_root};
use crate::Error;
use crate::tree::{Frontier, Sm3Tree, TreeHash};

/// Levels of tiles that a tree of up to 2^64 leaves has.
const LEVELS: u8 = 8;

/// A tree open at its right edge. Clone it before a transaction, and drop the clone or the changed one
/// when that ends: its state is a few kilobytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appender<H = Sm3Tree> {
    frontier: Frontier<H>,
    /// Hashes of the partial tile of each level, lowest first; each shorter than a full tile.
    partial: Vec<Vec<Digest>>,
    /// Tiles that filled up and were not taken yet.
    full: Vec<(TileId, Vec<Digest>)>,
}

impl Appender {
    /// The log without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<H: TreeHash> Appender<H> {
    /// The tree of `size` leaves from its partial tiles, as [`partial_tiles`](Self::partial_tiles) gives them.
    /// Tiles that are not the partial ones of that size are not looked at.
    ///
    /// # Errors
    /// [`Error::MissingTile`] where a partial tile is missing or too short, [`Error::Damaged`] where one is too long.
    pub fn restore(size: u64, tiles: &Tiles) -> Result<Self, Error> {
        let mut partial = Vec::new();
        let mut subtrees = Vec::new();
        for level in 0..LEVELS {
            let shift = TILE_HEIGHT * u32::from(level);
            let width = usize::try_from((size >> shift) % u64::from(TILE_WIDTH)).unwrap_or(0);
            let id = TileId {
                level,
                index: (size >> shift) / u64::from(TILE_WIDTH),
            };
            let hashes = if width == 0 {
                Vec::new()
            } else {
                tiles.get(&id).unwrap_or_default().to_vec()
            };
            if hashes.len() < width {
                return Err(Error::MissingTile { tile: id, size });
            }
            if hashes.len() > width {
                return Err(Error::Damaged {
                    size,
                    what: "a partial tile is too long",
                });
            }
            subtrees.push(complete_subtrees::<H>(&hashes));
            partial.push(hashes);
        }
        while partial.last().is_some_and(Vec::is_empty) {
            partial.pop();
        }
        let frontier = Frontier::from_parts(size, subtrees.into_iter().rev().flatten().collect())?;
        Ok(Self {
            frontier,
            partial,
            full: Vec::new(),
        })
    }

    /// Adds a leaf hash.
    pub fn append(&mut self, leaf: Digest) {
        self.frontier.append(leaf);
        let mut rising = Some(leaf);
        let mut level = 0_u8;
        while let Some(hash) = rising.take() {
            if self.partial.len() <= usize::from(level) {
                self.partial.push(Vec::new());
            }
            let Some(tile) = self.partial.get_mut(usize::from(level)) else {
                return;
            };
            tile.push(hash);
            if tile.len() == usize::from(TILE_WIDTH) {
                let hashes = std::mem::take(tile);
                rising = complete_root::<H>(&hashes);
                let shift = TILE_HEIGHT * (u32::from(level) + 1);
                let index = self.frontier.size().checked_shr(shift).unwrap_or(0) - 1;
                self.full.push((TileId { level, index }, hashes));
            }
            level += 1;
        }
    }

    /// The tiles that filled up since the last call, a tile before those above it.
    pub fn take_full_tiles(&mut self) -> Vec<(TileId, Vec<Digest>)> {
        std::mem::take(&mut self.full)
    }

    /// The partial tiles of this size; full ones below are not among them.
    #[must_use]
    pub fn partial_tiles(&self) -> Tiles {
        let hashes_in = |level: u8| self.size() >> (TILE_HEIGHT * u32::from(level));
        (0..LEVELS)
            .zip(&self.partial)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| {
                let index = hashes_in(level) / u64::from(TILE_WIDTH);
                (TileId { level, index }, hashes.clone())
            })
            .collect()
    }

    /// Leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Root hash.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }
}

/// Roots of the complete subtrees in a partial tile, largest first.
fn complete_subtrees<H: TreeHash>(hashes: &[Digest]) -> Vec<Digest> {
    let mut rest = hashes;
    let mut roots = Vec::new();
    while !rest.is_empty() {
        let (subtree, after) = rest.split_at(1 << rest.len().ilog2());
        roots.extend(complete_root::<H>(subtree));
        rest = after;
    }
    roots
}
