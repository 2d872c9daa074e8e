//! Both databases hold the same after the same writes.

use ledger::tile::TileId;
use store::schema::{CHECKPOINTS, ENTRIES, SEALED, TILES};
use store::table::{Record, Table};
use store::value::Value;

use super::bed::{Bed, digest};
use super::sample::{Pair, Sample};

pub async fn the_same_writes_give_the_same_rows(beds: (Bed, Bed)) {
    let tables: [&'static Table; 6] = [
        &ENTRIES,
        &TILES,
        &CHECKPOINTS,
        &SEALED,
        Sample::TABLE,
        Pair::TABLE,
    ];
    let (sqlite, postgres) = (written(&beds.0).await, written(&beds.1).await);
    for table in tables {
        let rows = all_rows(&sqlite, table).await;
        assert!(!rows.is_empty());
        assert_eq!(rows, all_rows(&postgres, table).await, "{}", table.name);
    }
}

async fn written(bed: &Bed) -> store::Store {
    let (store, lock) = bed.open_as_writer().await;
    for round in 0..4_i64 {
        let mut tx = store.begin(&lock).await.unwrap();
        let first = tx.size();
        let bodies: Vec<Vec<u8>> = (0..70)
            .map(|n| format!("{round} {n}").into_bytes())
            .collect();
        tx.append_entries(first, &bodies).await.unwrap();
        let blobs: Vec<Vec<u8>> = (0..20)
            .map(|n| format!("秘密 {}", n * round).into_bytes())
            .collect();
        tx.put_sealed(&blobs.iter().map(Vec::as_slice).collect::<Vec<_>>())
            .await
            .unwrap();
        tx.put_checkpoint(tx.size(), &format!("{round}"))
            .await
            .unwrap();
        let pairs: Vec<Pair> = (0..50)
            .map(|n| Pair::new(["b", "B", "济", "ä"][n % 4], (n as i64) % 17, round))
            .collect();
        tx.upsert(&pairs).await.unwrap();
        let samples: Vec<Sample> = (0..30)
            .map(|n| Sample {
                number: (n % 2 == 0).then_some(n),
                ..Sample::new(n * 7 % 31 - 15 * round, "文")
            })
            .collect();
        tx.upsert(&samples).await.unwrap();
        tx.delete::<Pair>(&[Pair::new("b", round, 0).key()])
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = store.begin(&lock).await.unwrap();
    tx.put_tiles(&[(
        TileId { level: 0, index: 0 },
        (0..256).map(digest).collect(),
    )])
    .await
    .unwrap();
    tx.commit().await.unwrap();
    store
}

/// In pages, as the audit does.
async fn all_rows(store: &store::Store, table: &'static Table) -> Vec<Vec<Value>> {
    let key: Vec<usize> = table
        .key
        .iter()
        .map(|name| {
            table
                .columns
                .iter()
                .enumerate()
                .find(|(_, column)| column.name == *name)
                .unwrap()
                .0
        })
        .collect();
    let mut rows: Vec<Vec<Value>> = Vec::new();
    loop {
        let after = rows
            .last()
            .map(|row| key.iter().map(|at| row[*at].clone()).collect());
        let page = store.dump(table, after, 9).await.unwrap();
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}
