//! The tree of the ledger as it was at any size, ready to grow on: from stored tiles and the entries of the last one.

use ledger::tile::{Appender, TileId, tile_width};

use crate::error::Error;
use crate::schema::TILES;
use crate::store::Store;

/// Levels of tiles that a tree of 2^64 leaves has.
const LEVELS: u8 = 8;

impl Store {
    /// The tree over the first `size` entries. Its root proves nothing by itself: compare it with a checkpoint.
    ///
    /// # Errors
    /// [`Error::Damaged`] where rows are missing, also where the ledger is smaller; [`Error::Read`].
    pub async fn tree(&self, size: u64) -> Result<Appender, Error> {
        let ids: Vec<_> = (0..LEVELS)
            .map(|level| TileId {
                level,
                index: (size >> (8 * u32::from(level))) / 256,
            })
            .filter(|id| tile_width(*id, size) > 0)
            .collect();
        let tiles = self.tiles(&ids, size).await?;
        Appender::restore(size, &tiles).map_err(|error| Error::Damaged {
            table: TILES.name,
            key: size.to_string(),
            what: error.to_string(),
        })
    }
}
