//! What others see of a transaction, and when.

use super::bed::Bed;
use super::sample::Pair;

pub async fn a_dropped_transaction_leaves_nothing(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"entry".to_vec()]).await.unwrap();
    let sealed = tx.put_sealed(&[b"secret"]).await.unwrap();
    tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    assert_eq!(tx.size(), 1);
    drop(tx);
    assert_eq!(store.size().await.unwrap(), 0);
    assert!(store.unseal(&sealed[0]).await.unwrap().is_none());
    assert_eq!(store.count::<Pair>(&[]).await.unwrap(), 0);
    let tx = store.begin(&lock).await.unwrap();
    assert_eq!(tx.size(), 0);
    tx.commit().await.unwrap();
}

pub async fn readers_see_commits_only(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let elsewhere = bed.open().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec(), b"two".to_vec()])
        .await
        .unwrap();
    tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    // Readers go on while the transaction is open, and see none of it.
    for reader in [&store, &elsewhere] {
        assert_eq!(reader.size().await.unwrap(), 0);
        assert_eq!(reader.count::<Pair>(&[]).await.unwrap(), 0);
    }
    assert_eq!(
        tx.get_many::<Pair>(&[Pair::new("a", 1, 0).key()])
            .await
            .unwrap(),
        [Pair::new("a", 1, 1)]
    );
    tx.commit().await.unwrap();
    for reader in [&store, &elsewhere] {
        assert_eq!(reader.size().await.unwrap(), 2);
        assert_eq!(reader.count::<Pair>(&[]).await.unwrap(), 1);
    }
}

pub async fn one_after_the_other(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let lock = std::sync::Arc::new(lock);
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let (store, lock) = (store.clone(), std::sync::Arc::clone(&lock));
            tokio::spawn(async move {
                let mut tx = store.begin(&lock).await.unwrap();
                // Whoever comes second sees what the first committed.
                let first = tx.size();
                tx.append_entries(first, &[vec![n], vec![n]]).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let entries = store.entries(0, 100).await.unwrap();
    assert_eq!(entries.len(), 40);
    assert!(entries.chunks(2).all(|pair| pair[0].1 == pair[1].1));
}
