//! The trees of the ledger as they were at any size, ready to grow on: from stored tiles and the entries of the last one.

use ledger::tile::{Appender, TileId, Tiles, tile_width};
use ledger::tree::{Sha256Tree, TreeHash};

use crate::error::Error;
use crate::schema::{MIRROR_TILES, TILES};
use crate::store::Store;
use crate::table::Table;

/// Levels of tiles that a tree of 2^64 leaves has.
const LEVELS: u8 = 8;

impl Store {
    /// The tree over the first `size` entries. Its root proves nothing by itself: compare it with a checkpoint.
    ///
    /// # Errors
    /// [`Error::Damaged`] where rows are missing, also where the ledger is smaller; [`Error::Read`].
    pub async fn tree(&self, size: u64) -> Result<Appender, Error> {
        restore(&TILES, size, &self.tiles(&partial(size), size).await?)
    }

    /// The same of the SHA-256 mirror.
    ///
    /// # Errors
    /// As [`Self::tree`].
    pub async fn mirror_tree(&self, size: u64) -> Result<Appender<Sha256Tree>, Error> {
        let tiles = self.mirror_tiles(&partial(size), size).await?;
        restore(&MIRROR_TILES, size, &tiles)
    }
}

/// The last tile of each level.
fn partial(size: u64) -> Vec<TileId> {
    let last = |level| TileId {
        level,
        index: (size >> (8 * u32::from(level))) / 256,
    };
    (0..LEVELS)
        .map(last)
        .filter(|id| tile_width(*id, size) > 0)
        .collect()
}

fn restore<H: TreeHash>(
    table: &'static Table,
    size: u64,
    tiles: &Tiles,
) -> Result<Appender<H>, Error> {
    Appender::restore(size, tiles).map_err(|error| Error::Damaged {
        table: table.name,
        key: size.to_string(),
        what: error.to_string(),
    })
}
