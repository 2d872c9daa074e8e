//! Entries, tiles and checkpoints.

use ledger::tile::{TileId, Tiles};
use ledger::tree::{leaf_hash, node_hash};
use sm_engine::sm3::Digest;
use store::schema::{ENTRIES, TILES};
use store::{Error, Store, WriterLock};

use super::bed::Bed;

pub async fn entries_at_the_end_only(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    assert_eq!(
        tx.append_entries(1, &[vec![1]]).await,
        Err(Error::Gap {
            expected: 0,
            found: 1
        })
    );
    tx.append_entries(0, &[vec![0], vec![1; 65_535]])
        .await
        .unwrap();
    assert!(matches!(
        tx.append_entries(2, &[vec![]]).await,
        Err(Error::Query { .. })
    ));
    assert!(matches!(
        tx.append_entries(2, &[vec![0; 65_536]]).await,
        Err(Error::Query { .. })
    ));
    tx.append_entries(2, &[vec![2]]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    assert_eq!(
        tx.append_entries(2, &[vec![9]]).await,
        Err(Error::Gap {
            expected: 3,
            found: 2
        })
    );
    drop(tx);
    assert_eq!(store.size().await.unwrap(), 3);
    assert_eq!(
        store.entries(1, 5).await.unwrap(),
        [(1, vec![1; 65_535]), (2, vec![2])]
    );
    assert_eq!(store.entries(0, 1).await.unwrap(), [(0, vec![0])]);
    let some = store.entries_at(&[2, 0, 7, 2, u64::MAX]).await;
    assert_eq!(some.unwrap(), [(0, vec![0]), (2, vec![2])]);
    assert_eq!(store.entry(2).await.unwrap(), Some(vec![2]));
    assert_eq!(store.entry(3).await.unwrap(), None);
    assert_eq!(store.entry(u64::MAX).await.unwrap(), None);
    assert!(matches!(
        store.entries(0, 10_001).await,
        Err(Error::Query { .. })
    ));
}

pub async fn checkpoints_by_size(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    assert_eq!(store.latest_checkpoint().await.unwrap(), None);
    let mut tx = store.begin(&lock).await.unwrap();
    assert!(matches!(
        tx.put_checkpoint(1, "beyond").await,
        Err(Error::Query { .. })
    ));
    tx.append_entries(0, &(0..20).map(|n| vec![n]).collect::<Vec<_>>())
        .await
        .unwrap();
    for size in [3, 20, 9] {
        tx.put_checkpoint(size, &format!("日志 {size}\n"))
            .await
            .unwrap();
    }
    assert!(matches!(
        tx.put_checkpoint(4, &"x".repeat(65_537)).await,
        Err(Error::Query { .. })
    ));
    tx.commit().await.unwrap();
    assert_eq!(
        store.latest_checkpoint().await.unwrap().as_deref(),
        Some("日志 20\n")
    );
    let from_four = [(9, "日志 9\n".to_owned()), (20, "日志 20\n".to_owned())];
    assert_eq!(store.checkpoints(4, 10).await.unwrap(), from_four);
    assert_eq!(
        store.checkpoint_at_least(9).await.unwrap(),
        Some(from_four[0].clone())
    );
    assert_eq!(store.checkpoint_at_least(21).await.unwrap(), None);
    let mut tx = store.begin(&lock).await.unwrap();
    assert_eq!(
        tx.put_checkpoint(9, "another").await,
        Err(Error::Conflict {
            table: "checkpoints"
        })
    );
}

/// 66,000 entries: two levels of full tiles, partial ones on three.
pub async fn tiles_of_every_width(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let leaves = fill(&store, &lock, 66_000).await;
    let level_0 = [(0, 0, 256), (0, 257, 208), (0, 256, 256)];
    check(&store, &leaves, 66_000, &level_0).await;
    // 65,536 leaves are 256 hashes of level 1 and one of level 2; the next level-1 tile holds one.
    check(
        &store,
        &leaves,
        66_000,
        &[(1, 0, 256), (1, 1, 1), (2, 0, 1)],
    )
    .await;
    check(
        &store,
        &leaves,
        65_536,
        &[(1, 0, 256), (2, 0, 1), (0, 255, 256)],
    )
    .await;
    check(&store, &leaves, 65_535, &[(1, 0, 255), (0, 255, 255)]).await;
    check(&store, &leaves, 1, &[(0, 0, 1)]).await;
    check(&store, &leaves, 66_000, &[]).await;
    for (level, index, size) in [
        (0, 258, 66_000),
        (1, 1, 65_536),
        (2, 0, 65_535),
        (9, 0, 66_000),
        (0, 0, 0),
    ] {
        let absent = store.tiles(&[TileId { level, index }], size).await;
        assert!(
            matches!(absent, Err(Error::Query { table: "tiles", .. })),
            "{level}/{index} at {size}"
        );
    }
    assert!(matches!(
        store
            .tiles(
                &[TileId {
                    level: 0,
                    index: 258
                }],
                66_050
            )
            .await,
        Err(Error::Damaged { .. })
    ));
    let mut tx = store.begin(&lock).await.unwrap();
    let short = (
        TileId {
            level: 0,
            index: 300,
        },
        leaves[..255].to_vec(),
    );
    assert!(matches!(
        tx.put_tiles(&[short]).await,
        Err(Error::Query { .. })
    ));
    let again = (TileId { level: 0, index: 0 }, leaves[..256].to_vec());
    assert_eq!(
        tx.put_tiles(&[again]).await,
        Err(Error::Conflict { table: "tiles" })
    );
}

pub async fn missing_rows_are_damage(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    fill(&store, &lock, 600).await;
    bed.sql("DELETE FROM entries WHERE idx = 550").await;
    bed.sql("DELETE FROM tiles WHERE idx = 0").await;
    let tile = |level, index| TileId { level, index };
    let partial = store.tiles(&[tile(0, 2)], 600).await;
    assert!(
        matches!(
            partial,
            Err(Error::Damaged {
                table: "entries",
                ..
            })
        ),
        "{partial:?}"
    );
    for id in [tile(0, 0), tile(1, 0)] {
        let missing = store.tiles(&[id], 600).await.unwrap_err();
        assert!(
            matches!(&missing, Error::Damaged { table: "tiles", key, .. } if key == "0/0"),
            "{missing}"
        );
    }
    assert_eq!(store.entry(550).await.unwrap(), None);
    // One byte too few, then one hash too few.
    for from in [2, 32] {
        let cut = if bed.is_sqlite() {
            format!("substr(hashes, {from})")
        } else {
            format!("substring(hashes FROM {from})")
        };
        bed.sql(&format!("UPDATE tiles SET hashes = {cut} WHERE idx = 1"))
            .await;
        let cut = store.tiles(&[tile(0, 1)], 600).await;
        assert!(matches!(cut, Err(Error::Damaged { table: "tiles", .. })));
    }
}

/// Appends `count` entries with their full tiles; the hashes of the leaves.
async fn fill(store: &Store, lock: &WriterLock, count: u32) -> Vec<Digest> {
    let bodies: Vec<Vec<u8>> = (0..count)
        .map(|n| format!("entry {n}").into_bytes())
        .collect();
    let leaves: Vec<Digest> = bodies.iter().map(|body| leaf_hash(body)).collect();
    let mut tx = store.begin(lock).await.unwrap();
    tx.append_entries(0, &bodies).await.unwrap();
    let mut level = 0;
    let mut hashes = leaves.clone();
    while hashes.len() >= 256 {
        let tiles: Vec<_> = (0..)
            .zip(hashes.chunks_exact(256))
            .map(|(index, tile)| (TileId { level, index }, tile.to_vec()))
            .collect();
        tx.put_tiles(&tiles).await.unwrap();
        hashes = tiles.iter().map(|(_, tile)| tree_head(tile)).collect();
        level += 1;
    }
    tx.commit().await.unwrap();
    assert_eq!(store.size().await.unwrap(), u64::from(count));
    assert_eq!(store.dump(&ENTRIES, None, 1).await.unwrap().len(), 1);
    assert_eq!(
        store.dump(&TILES, None, 10_000).await.unwrap().len(),
        count as usize / 256 + count as usize / 65_536
    );
    leaves
}

async fn check(store: &Store, leaves: &[Digest], size: u64, tiles: &[(u8, u64, usize)]) {
    let ids: Vec<TileId> = tiles
        .iter()
        .map(|(level, index, _)| TileId {
            level: *level,
            index: *index,
        })
        .collect();
    let mut expected = Tiles::default();
    for (level, index, width) in tiles {
        let leaves_per_hash = 256_usize.pow(u32::from(*level));
        let first = usize::try_from(*index).unwrap() * 256 * leaves_per_hash;
        let hashes: Vec<Digest> = leaves[first..first + width * leaves_per_hash]
            .chunks(leaves_per_hash)
            .map(tree_head)
            .collect();
        expected.insert(
            TileId {
                level: *level,
                index: *index,
            },
            hashes,
        );
    }
    assert_eq!(store.tiles(&ids, size).await.unwrap(), expected);
}

/// MTH of RFC 9162 §2.1.1 over a power of two of hashes.
fn tree_head(hashes: &[Digest]) -> Digest {
    match hashes {
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&tree_head(left), &tree_head(right))
        }
    }
}
