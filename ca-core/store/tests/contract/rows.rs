//! Rows in and out.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use store::Error;
use store::table::Record;
use store::value::Value;

use super::bed::Bed;
use super::sample::{Pair, Sample};

pub async fn every_kind_of_column(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let samples = [
        Sample {
            number: Some(i64::MIN),
            ..Sample::new(i64::MIN, "")
        },
        Sample {
            number: Some(0),
            bytes: (0..=255).collect(),
            ..Sample::new(-1, "a'\"\\;--$1?")
        },
        Sample {
            note: Some(String::new()),
            extra: Some(vec![]),
            ..Sample::new(0, "济南市\u{1F512}\u{202E}\u{1}")
        },
        Sample {
            bytes: vec![0; 100_000],
            extra: Some(vec![0xff]),
            ..Sample::new(1, &"长".repeat(40_000))
        },
        Sample {
            number: Some(i64::MAX),
            note: Some("张三".into()),
            ..Sample::new(i64::MAX, "\u{10FFFF}")
        },
    ];
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&samples).await.unwrap();
    assert_eq!(
        tx.scan::<Sample>(&[], &[], None, 10).await.unwrap(),
        samples
    );
    tx.commit().await.unwrap();
    assert_eq!(
        store.scan::<Sample>(&[], &[], None, 10).await.unwrap(),
        samples
    );
    for sample in &samples {
        assert_eq!(
            store
                .get::<Sample>(&[sample.id.into()])
                .await
                .unwrap()
                .as_ref(),
            Some(sample)
        );
    }
    let rows: Vec<_> = samples.iter().map(Record::to_row).collect();
    assert_eq!(store.dump(Sample::TABLE, None, 10).await.unwrap(), rows);
    assert_eq!(
        store
            .dump(Sample::TABLE, Some(vec![0.into()]), 1)
            .await
            .unwrap(),
        rows[3..4]
    );
}

pub async fn numbers_grow_by_what_is_added(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let row = |kind: &str, n, weight| Pair::new(kind, n, weight).to_row();
    for rows in [
        vec![row("a", 1, 5)],
        vec![row("a", 1, 2), row("a", 2, 0), row("b", 1, -3)],
        vec![row("a", 1, -7), row("b", 1, 3)],
        vec![],
    ] {
        let mut tx = store.begin(&lock).await.unwrap();
        tx.add_rows(Pair::TABLE, "weight", rows).await.unwrap();
        tx.commit().await.unwrap();
    }
    let expected = [
        Pair::new("a", 1, 0),
        Pair::new("a", 2, 0),
        Pair::new("b", 1, 0),
    ];
    let found = store.scan::<Pair>(&[], &[], None, 10).await.unwrap();
    assert_eq!(found, expected, "what came to nothing stays a row");
}

pub async fn only_what_is_missing_is_written(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    for pairs in [
        vec![Pair::new("a", 1, 1)],
        vec![Pair::new("a", 1, 2), Pair::new("a", 2, 2)],
        vec![],
    ] {
        let mut tx = store.begin(&lock).await.unwrap();
        tx.insert_missing(&pairs).await.unwrap();
        tx.commit().await.unwrap();
    }
    let found = store.scan::<Pair>(&[], &[], None, 10).await.unwrap();
    assert_eq!(found, [Pair::new("a", 1, 1), Pair::new("a", 2, 2)]);
}

pub async fn the_last_of_two_rows_wins(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    // Four rows go into one statement.
    tx.upsert(&[
        Pair::new("a", 1, 1),
        Pair::new("a", 1, 2),
        Pair::new("b", 1, 2),
        Pair::new("b", 1, 1),
    ])
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        pairs(&store).await,
        [Pair::new("a", 1, 2), Pair::new("b", 1, 1)]
    );
    let mut tx = store.begin(&lock).await.unwrap();
    tx.upsert(&[Pair::new("a", 1, 3), Pair::new("c", 1, 1)])
        .await
        .unwrap();
    let keys = [Pair::new("b", 1, 0).key(), Pair::new("nobody", 1, 0).key()];
    assert_eq!(tx.delete::<Pair>(&keys).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(
        pairs(&store).await,
        [Pair::new("a", 1, 3), Pair::new("c", 1, 1)]
    );
    let mut tx = store.begin(&lock).await.unwrap();
    tx.clear(Pair::TABLE).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(pairs(&store).await, []);
}

pub async fn a_conflict_undoes_the_transaction(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&[Pair::new("z", 1, 1)]).await.unwrap();
    let conflict = tx
        .insert(&[Pair::new("b", 1, 1), Pair::new("a", 1, 9)])
        .await;
    assert_eq!(conflict, Err(Error::Conflict { table: "pairs" }));
    // The transaction is over: neither what came before nor what comes after is written.
    assert!(matches!(
        tx.insert(&[Pair::new("c", 1, 1)]).await,
        Err(Error::Write { .. })
    ));
    assert!(matches!(tx.commit().await, Err(Error::Write { .. })));
    assert_eq!(pairs(&store).await, [Pair::new("a", 1, 1)]);
    // The next one is not touched by it.
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&[Pair::new("d", 1, 1)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(pairs(&store).await.len(), 2);
}

pub async fn unique_columns(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let noted = |id, note: &str| Sample {
        note: Some(note.into()),
        ..Sample::new(id, "")
    };
    let mut tx = store.begin(&lock).await.unwrap();
    // Absent values do not conflict with each other.
    tx.insert(&[noted(1, "x"), Sample::new(2, ""), Sample::new(3, "")])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    assert_eq!(
        tx.upsert(&[noted(2, "x")]).await,
        Err(Error::Conflict { table: "samples" })
    );
    drop(tx);
    let mut tx = store.begin(&lock).await.unwrap();
    tx.upsert(&[noted(1, "x"), noted(2, "y")]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        store.get::<Sample>(&[2.into()]).await.unwrap(),
        Some(noted(2, "y"))
    );
}

pub async fn unfit_values_are_refused(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    let unfit: [Vec<Value>; 6] = [
        vec![],
        vec!["a".into(), 1.into()],
        vec!["a".into(), 1.into(), Value::Null],
        vec![1.into(), 1.into(), 1.into()],
        vec!["a".into(), "1".into(), 1.into()],
        vec!["a\0b".into(), 1.into(), 1.into()],
    ];
    for row in unfit {
        let refused = [
            tx.insert_rows(Pair::TABLE, vec![row.clone()]).await,
            tx.upsert_rows(Pair::TABLE, vec![row.clone()]).await,
        ];
        for result in refused {
            assert!(
                matches!(result, Err(Error::Query { table: "pairs", .. })),
                "{row:?}: {result:?}"
            );
        }
    }
    assert!(matches!(
        tx.get_many::<Pair>(&[vec!["a".into()]]).await,
        Err(Error::Query { .. })
    ));
    assert!(matches!(
        tx.delete::<Pair>(&[vec![1.into(), 1.into()]]).await,
        Err(Error::Query { .. })
    ));
    // A refusal before the database was asked does not end the transaction.
    tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(pairs(&store).await.len(), 1);
}

pub async fn bulk_of_ten_thousand(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let many: Vec<Pair> = (0..10_000)
        .map(|n| Pair::new(&format!("k{}", n % 7), n, n * 3))
        .collect();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.upsert(&many).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.count::<Pair>(&[]).await.unwrap(), 10_000);
    let mut keys: Vec<_> = many.iter().map(Pair::key).collect();
    keys.extend(keys[..300].to_vec());
    keys.push(Pair::new("nobody", 0, 0).key());
    let mut sorted = many.clone();
    sorted.sort();
    assert_eq!(store.get_many::<Pair>(&keys).await.unwrap(), sorted);
    let mut tx = store.begin(&lock).await.unwrap();
    assert_eq!(tx.delete::<Pair>(&keys[..9_999]).await.unwrap(), 9_999);
    tx.commit().await.unwrap();
    assert_eq!(pairs(&store).await, many[9_999..]);
}

/// Random batches of upserts and deletes, committed or dropped, against a map.
pub async fn a_model_agrees(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let pair = (0..3_i64, 0..40_i64, any::<i64>())
        .prop_map(|(kind, n, weight)| Pair::new(&kind.to_string(), n, weight));
    let batch = (
        prop::collection::vec(pair, 0..70),
        prop::collection::vec((0..3_i64, 0..40_i64), 0..20),
        any::<bool>(),
    );
    let mut runner = TestRunner::deterministic();
    let mut model: BTreeMap<Vec<Value>, Pair> = BTreeMap::new();
    for _ in 0..60 {
        let (upserts, deletes, commit) = batch.new_tree(&mut runner).unwrap().current();
        let deletes: Vec<Vec<Value>> = deletes
            .into_iter()
            .map(|(kind, n)| Pair::new(&kind.to_string(), n, 0).key())
            .collect();
        let mut after = model.clone();
        after.extend(upserts.iter().map(|pair| (pair.key(), pair.clone())));
        let before_delete = after.len();
        after.retain(|key, _| !deletes.contains(key));
        let mut tx = store.begin(&lock).await.unwrap();
        tx.upsert(&upserts).await.unwrap();
        let deleted = tx.delete::<Pair>(&deletes).await.unwrap();
        assert_eq!(deleted, (before_delete - after.len()) as u64);
        assert_eq!(
            tx.scan::<Pair>(&[], &[], None, 1_000).await.unwrap(),
            after.values().cloned().collect::<Vec<_>>()
        );
        if commit {
            tx.commit().await.unwrap();
            model = after;
        } else {
            drop(tx);
        }
        assert_eq!(
            pairs(&store).await,
            model.values().cloned().collect::<Vec<_>>()
        );
    }
}

async fn pairs(store: &store::Store) -> Vec<Pair> {
    store.scan(&[], &[], None, 1_000).await.unwrap()
}
