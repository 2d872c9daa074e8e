//! Encrypted blobs.

use store::schema::SEALED;
use store::value::Value;
use store::{Error, SealKey, Store};

use super::bed::{Bed, digest};
use super::sample::TABLES;

const NAME: &[u8] = "姓名：张三，身份证号 37010219900307123X".as_bytes();

pub async fn blobs_by_digest(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let large: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    let blobs: [&[u8]; 4] = [NAME, b"", &large, NAME];
    let mut tx = store.begin(&lock).await.unwrap();
    let digests = tx.put_sealed(&blobs).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(digests, blobs.map(sm_engine::sm3::digest));
    for (digest, blob) in digests.iter().zip(blobs) {
        assert_eq!(
            store.unseal(digest).await.unwrap().unwrap().as_slice(),
            blob
        );
    }
    assert!(store.unseal(&digest(1)).await.unwrap().is_none());
    assert_eq!(
        store
            .unseal_many(&[digests[2], digest(1), digests[0]])
            .await
            .unwrap()
            .len(),
        2
    );

    let rows = store.dump(&SEALED, None, 10).await.unwrap();
    assert_eq!(rows.len(), 3);
    let shows = |row: &Vec<Value>| matches!(&row[1], Value::Blob(bytes) if bytes.windows(6).any(|part| NAME.windows(6).any(|name| name == part)));
    assert!(!rows.iter().any(shows), "plaintext in the database");
    // The same blobs under the same key, elsewhere and in another order: the same bytes.
    let other = Bed::sqlite();
    let (store, lock) = other.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.put_sealed(&[&large]).await.unwrap();
    tx.put_sealed(&[b"", NAME, &large]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.dump(&SEALED, None, 10).await.unwrap(), rows);
}

pub async fn a_flipped_byte_is_damage(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    let digest = tx.put_sealed(&[NAME]).await.unwrap()[0];
    tx.commit().await.unwrap();
    let flip = if bed.is_sqlite() {
        "UPDATE sealed SET ciphertext = CAST(x'00' || substr(ciphertext, 2) AS BLOB)"
    } else {
        "UPDATE sealed SET ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1)"
    };
    bed.sql(flip).await;
    let damaged = store.unseal(&digest).await.unwrap_err();
    assert!(
        matches!(&damaged, Error::Damaged { table: "sealed", key, .. } if *key == digest.to_string())
    );
    bed.sql("UPDATE sealed SET ciphertext = digest").await;
    assert!(matches!(
        store.unseal(&digest).await,
        Err(Error::Damaged { .. })
    ));
    let cut = if bed.is_sqlite() { "x''" } else { "''" };
    bed.sql(&format!("UPDATE sealed SET ciphertext = {cut}"))
        .await;
    assert!(matches!(
        store.unseal(&digest).await,
        Err(Error::Damaged { .. })
    ));
}

pub async fn another_key_opens_nothing(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    let digest = tx.put_sealed(&[NAME]).await.unwrap()[0];
    tx.commit().await.unwrap();
    let stranger = Store::open_with(&bed.url, SealKey::new(&[1; 32]), TABLES)
        .await
        .unwrap();
    assert!(matches!(
        stranger.unseal(&digest).await,
        Err(Error::Damaged { .. })
    ));
    // A digest that the key would find elsewhere finds nothing under another key.
    assert_ne!(
        store.seal_key().keyed_digest("name", "张三"),
        stranger.seal_key().keyed_digest("name", "张三")
    );
}
