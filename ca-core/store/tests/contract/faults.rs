//! The database refuses, or goes away: an error, and nothing has changed.

use store::value::Value;
use store::{Error, Store};

use super::bed::{Bed, Place, key};
use super::child::Child;
use super::sample::{Pair, TABLES};

/// SQLite under a file size limit: the 512-byte blocks of a disk that is nearly full.
pub async fn a_full_disk_changes_nothing(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    lock.release().await;
    store.close().await;
    let mut child = Child::start("fill_the_disk", &bed.url, Some(600));
    let committed: u64 = child.line().parse().unwrap();
    assert!(committed > 0);
    drop(child);
    // With room again, exactly what was committed is there and the next write succeeds.
    let (store, lock) = bed.open_as_writer().await;
    assert_eq!(store.size().await.unwrap(), committed);
    assert_eq!(store.count::<Pair>(&[]).await.unwrap(), committed);
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(committed, &[vec![1; 20_000]])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(bed.sql("PRAGMA integrity_check").await, "ok");
}

/// The part of the child process: writes until it fails, looks, tells how many commits there were.
pub async fn fill_the_disk(url: String) {
    let store = Store::open_with(&url, key(), TABLES).await.unwrap();
    let lock = store.acquire_writer().await.unwrap();
    let mut committed = 0;
    let failure = loop {
        let written = async {
            let mut tx = store.begin(&lock).await?;
            tx.append_entries(committed, &[vec![7; 20_000]]).await?;
            tx.insert(&[Pair::new("commit", i64::try_from(committed).unwrap(), 0)])
                .await?;
            tx.commit().await
        };
        match written.await {
            Ok(()) => committed += 1,
            Err(failure) => break failure,
        }
        assert!(committed < 1_000, "the limit does not work");
    };
    assert!(matches!(failure, Error::Write { .. }), "{failure}");
    assert_eq!(store.size().await.unwrap(), committed);
    assert_eq!(store.count::<Pair>(&[]).await.unwrap(), committed);
    Child::tell(&committed.to_string());
}

/// A database that has become read-only under the writer.
pub async fn an_unwritable_database_changes_nothing(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    tx.commit().await.unwrap();
    if bed.is_sqlite() {
        bed.sql(
            "CREATE TRIGGER full BEFORE INSERT ON pairs BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
        )
        .await;
    } else {
        bed.sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT ON pairs FOR EACH ROW EXECUTE FUNCTION full_disk()",
        )
        .await;
    }
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
    let refused = tx.upsert(&[Pair::new("a", 1, 2)]).await;
    assert!(matches!(refused, Err(Error::Write { .. })), "{refused:?}");
    assert!(matches!(tx.commit().await, Err(Error::Write { .. })));
    assert_eq!(store.size().await.unwrap(), 0);
    assert_eq!(
        store.get::<Pair>(&["a".into(), 1.into()]).await.unwrap(),
        Some(Pair::new("a", 1, 1))
    );
    if !bed.is_sqlite() {
        // A standby that was promoted away: every new transaction is read-only.
        let name = bed.url.split(['/', '?']).nth(3).unwrap();
        bed.sql(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = on"
        ))
        .await;
        let reopened = Store::open_with(&bed.url, key(), TABLES).await.unwrap();
        lock.release().await;
        assert!(matches!(
            reopened.acquire_writer().await.err(),
            Some(Error::Write { .. })
        ));
    }
}

/// The connection breaks between the last write and the commit. The database can still be asked, so the answer
/// is certain.
pub async fn a_commit_whose_connection_breaks_changes_nothing(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
    if bed.is_sqlite() {
        // The nearest that an embedded database has: a constraint that fails only at the commit.
        drop(tx);
        bed.sql("CREATE TABLE late (idx INTEGER REFERENCES entries (idx) DEFERRABLE INITIALLY DEFERRED)").await;
        bed.sql(
            "CREATE TRIGGER late AFTER INSERT ON pairs BEGIN INSERT INTO late VALUES (77); END",
        )
        .await;
        tx = store.begin(&lock).await.unwrap();
        tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
        tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    } else {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND state = 'idle in transaction'";
        assert_eq!(bed.sql(end).await, "1");
    }
    let refused = tx.commit().await;
    assert!(matches!(refused, Err(Error::Write { .. })), "{refused:?}");
    assert_eq!(store.size().await.unwrap(), 0);
    // The store recovers by itself.
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one again".to_vec()])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.size().await.unwrap(), 1);
}

pub async fn a_server_that_goes_away_leaves_the_commit_in_doubt(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
    let Place::Server(server) = bed.place else {
        panic!("a case for PostgreSQL")
    };
    drop(server);
    assert!(matches!(tx.commit().await, Err(Error::Indoubt { .. })));
    assert!(matches!(
        store.begin(&lock).await.err(),
        Some(Error::Write { .. })
    ));
    let unread = store.get::<Pair>(&["a".into(), Value::Integer(1)]).await;
    assert!(matches!(unread, Err(Error::Read { .. })));
}
