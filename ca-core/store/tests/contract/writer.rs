//! One writer per database.

use store::{Error, Store};

use super::bed::{Bed, key};
use super::child::Child;
use super::sample::TABLES;

pub async fn one_holder_at_a_time(bed: Bed) {
    let (first, lock) = bed.open_as_writer().await;
    let second = bed.open().await;
    for other in [&first, &second] {
        let busy = other.acquire_writer().await.err().unwrap();
        let holder = format!("process {}", std::process::id());
        assert_eq!(busy, Error::WriterBusy { holder });
    }
    // The one who has it writes on.
    first.begin(&lock).await.unwrap().commit().await.unwrap();
    lock.release().await;
    let lock = second.acquire_writer().await.unwrap();
    second.begin(&lock).await.unwrap().commit().await.unwrap();
    drop(lock);
    first.acquire_writer().await.unwrap();
}

pub async fn a_killed_holder_frees_it(bed: Bed) {
    let store = bed.open().await;
    let mut holder = Child::start("hold_the_lock", &bed.url, None);
    assert_eq!(holder.line(), "holding");
    let busy = store.acquire_writer().await.err().unwrap();
    assert_eq!(
        busy,
        Error::WriterBusy {
            holder: format!("process {}", holder.id())
        }
    );
    holder.kill();
    let lock = store.acquire_writer().await.unwrap();
    // What the holder had not committed is gone.
    let mut tx = store.begin(&lock).await.unwrap();
    assert_eq!(tx.size(), 1);
    tx.append_entries(1, &[b"after".to_vec()]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The part of the child process: one commit, one transaction left open, until it is killed.
pub async fn hold_the_lock(url: String) {
    let store = Store::open_with(&url, key(), TABLES).await.unwrap();
    let lock = store.acquire_writer().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"committed".to_vec()])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(1, &[b"not committed".to_vec()])
        .await
        .unwrap();
    Child::tell("holding");
    std::future::pending::<()>().await;
    drop(tx);
}

pub async fn a_lost_lock_fences_its_writer(bed: Bed) {
    let (first, lost) = bed.open_as_writer().await;
    first.begin(&lost).await.unwrap().commit().await.unwrap();
    if bed.is_sqlite() {
        let path = format!("{}.writer", bed.url.strip_prefix("sqlite:").unwrap());
        std::fs::remove_file(path).unwrap();
    } else {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        assert_eq!(bed.sql(end).await, "1");
    }
    let (second, lock) = bed.open_as_writer().await;
    assert_eq!(first.begin(&lost).await.err(), Some(Error::WriterLost));
    let mut tx = second.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"by the second".to_vec()])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(first.begin(&lost).await.err(), Some(Error::WriterLost));
    assert_eq!(first.size().await.unwrap(), 1);
}

pub async fn a_renewed_connection_writes_on(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut open = store.begin(&lock).await.unwrap();
    open.append_entries(0, &[b"before".to_vec()]).await.unwrap();
    // It waits for the transaction that has the connection.
    let (renewed, committed) = tokio::join!(store.renew_writer(), open.commit());
    renewed.unwrap();
    committed.unwrap();
    // A transaction that is given up leaves nothing behind in the connection that the next one gets.
    let mut given_up = store.begin(&lock).await.unwrap();
    given_up
        .append_entries(1, &[b"given up".to_vec()])
        .await
        .unwrap();
    drop(given_up);
    let mut tx = store.begin(&lock).await.unwrap();
    assert_eq!(tx.size(), 1);
    tx.append_entries(1, &[b"after".to_vec()]).await.unwrap();
    tx.commit().await.unwrap();
    let reader = Store::open_read_only_with(&bed.url, key(), TABLES)
        .await
        .unwrap();
    assert_eq!(reader.renew_writer().await, Err(Error::ReadOnly));
}
