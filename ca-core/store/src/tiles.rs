//! Tiles of any width at any size of the tree: full ones are stored, partial ones follow from what is below them.

use std::collections::BTreeSet;

use ledger::tile::{TileId, Tiles, tile_width};
use ledger::tree::{Sha256Tree, Sm3Tree, TreeHash};
use sm_engine::sm3::Digest;

use crate::error::Error;
use crate::read;
use crate::schema::{ENTRIES, MIRROR_TILES, TILES};
use crate::store::Store;
use crate::table::Table;
use crate::value::Value;

/// Hashes of a full tile.
const FULL: u16 = 256;

impl Store {
    /// These tiles as they are in the tree of the first `size` entries.
    ///
    /// # Errors
    /// [`Error::Query`] for a tile that does not exist at that size, [`Error::Damaged`] where rows are missing,
    /// [`Error::Read`].
    pub async fn tiles(&self, ids: &[TileId], size: u64) -> Result<Tiles, Error> {
        self.tiles_of::<Sm3Tree>(&TILES, ids, size).await
    }

    /// The same of the SHA-256 mirror.
    ///
    /// # Errors
    /// As [`Self::tiles`].
    pub async fn mirror_tiles(&self, ids: &[TileId], size: u64) -> Result<Tiles, Error> {
        self.tiles_of::<Sha256Tree>(&MIRROR_TILES, ids, size).await
    }

    async fn tiles_of<H: TreeHash>(
        &self,
        table: &'static Table,
        ids: &[TileId],
        size: u64,
    ) -> Result<Tiles, Error> {
        let mut full = BTreeSet::new();
        let mut partial = Vec::new();
        for id in ids {
            let width = tile_width(*id, size);
            match width {
                0 => {
                    return Err(Error::query(
                        table.name,
                        format!("{id} does not exist at size {size}"),
                    ));
                }
                FULL => {
                    full.insert((id.level, id.index));
                }
                _ => {
                    partial.push((*id, width));
                    if let Some(below) = id.level.checked_sub(1) {
                        full.extend(children(id.index, width).map(|index| (below, index)));
                    }
                }
            }
        }
        let stored = self.full_tiles(table, full).await?;
        let mut tiles = Tiles::default();
        for (id, width) in partial {
            let hashes = match id.level.checked_sub(1) {
                None => self.leaf_hashes::<H>(id.index, width).await?,
                Some(below) => children(id.index, width)
                    .map(|index| stored.get(below, index).map(root::<H>))
                    .collect::<Result<Vec<_>, Error>>()?,
            };
            tiles.insert(id, hashes);
        }
        for id in ids.iter().filter(|id| tile_width(**id, size) == FULL) {
            tiles.insert(*id, stored.get(id.level, id.index)?.to_vec());
        }
        Ok(tiles)
    }

    /// Hashes of `width` leaves of level-0 tile `index`.
    async fn leaf_hashes<H: TreeHash>(&self, index: u64, width: u16) -> Result<Vec<Digest>, Error> {
        let first = index.saturating_mul(FULL.into());
        let entries = self.entries(first, width.into()).await?;
        let expected = first..first.saturating_add(width.into());
        if !entries.iter().map(|(idx, _)| *idx).eq(expected.clone()) {
            return Err(Error::Damaged {
                table: ENTRIES.name,
                key: format!("{}..{}", expected.start, expected.end),
                what: "entries are missing".into(),
            });
        }
        Ok(entries.iter().map(|(_, body)| H::leaf(body)).collect())
    }

    async fn full_tiles(
        &self,
        table: &'static Table,
        wanted: BTreeSet<(u8, u64)>,
    ) -> Result<Stored, Error> {
        let key = |(level, index): (u8, u64)| {
            let index = i64::try_from(index)
                .map_err(|_| Error::query(table.name, "an index beyond 2^63"))?;
            Ok(vec![Value::Integer(level.into()), Value::Integer(index)])
        };
        let keys = wanted
            .into_iter()
            .map(key)
            .collect::<Result<Vec<_>, Error>>()?;
        let mut session = self.reader().await?;
        let rows = read::rows_of_keys(&mut session, table, &keys).await?;
        rows.into_iter()
            .map(|row| stored_tile(table, row))
            .collect::<Result<_, _>>()
            .map(|tiles| Stored { table, tiles })
    }
}

/// Indexes of the full tiles below the hashes of a tile.
fn children(index: u64, width: u16) -> impl Iterator<Item = u64> {
    let first = index.saturating_mul(FULL.into());
    (0..u64::from(width)).map(move |at| first.saturating_add(at))
}

/// Full tiles by level and index.
struct Stored {
    table: &'static Table,
    tiles: std::collections::BTreeMap<(i64, i64), Vec<Digest>>,
}

impl Stored {
    fn get(&self, level: u8, index: u64) -> Result<&[Digest], Error> {
        let key = i64::try_from(index)
            .ok()
            .map(|index| (i64::from(level), index));
        let hashes = key
            .and_then(|key| self.tiles.get(&key))
            .ok_or_else(|| Error::Damaged {
                table: self.table.name,
                key: format!("{level}/{index}"),
                what: "a full tile is missing".into(),
            })?;
        Ok(hashes)
    }
}

fn stored_tile(table: &'static Table, row: Vec<Value>) -> Result<((i64, i64), Vec<Digest>), Error> {
    let Ok(
        [
            Value::Integer(level),
            Value::Integer(index),
            Value::Blob(hashes),
        ],
    ) = <[Value; 3]>::try_from(row)
    else {
        return Err(Error::Column {
            table: table.name,
            column: "hashes",
        });
    };
    let (hashes, rest) = hashes.as_chunks::<32>();
    if hashes.len() != usize::from(FULL) || !rest.is_empty() {
        return Err(Error::Damaged {
            table: table.name,
            key: format!("{level}/{index}"),
            what: "a full tile has 256 hashes".into(),
        });
    }
    Ok((
        (level, index),
        hashes.iter().map(|hash| Digest(*hash)).collect(),
    ))
}

/// Root of the complete subtree over a full tile's hashes (RFC 9162 §2.1.1).
fn root<H: TreeHash>(hashes: &[Digest]) -> Digest {
    match hashes {
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            H::node(&root::<H>(left), &root::<H>(right))
        }
    }
}
