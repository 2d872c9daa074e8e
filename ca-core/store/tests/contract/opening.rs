//! Creating, opening and refusing databases.

use store::table::{Column, ColumnKind, Table};
use store::{Error, Store};

use super::bed::{Bed, Place, key};
use super::sample::{Pair, Sample, TABLES};

/// The views of a program in which `pairs` has another column and `samples` is not known.
static CHANGED: &[&Table] = &[&Table {
    name: "pairs",
    columns: &[
        Column::new("kind", ColumnKind::Text),
        Column::new("colour", ColumnKind::Text),
    ],
    key: &["kind"],
    indexes: &[],
    unique: &[],
}];

async fn failure(url: &str) -> Error {
    Store::open_with(url, key(), TABLES)
        .await
        .err()
        .expect("must not open")
}

pub async fn a_second_opening_finds_the_same_state(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
    tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    tx.commit().await.unwrap();
    lock.release().await;
    store.close().await;
    let (store, lock) = bed.open_as_writer().await;
    assert_eq!(
        store.entry(0).await.unwrap().as_deref(),
        Some(b"one".as_slice())
    );
    assert_eq!(store.count::<Pair>(&[]).await.unwrap(), 1);
    assert!(store.stale_views().await.unwrap().is_empty());
    assert_eq!(store.begin(&lock).await.unwrap().size(), 1);
}

pub async fn two_may_create_it_at_once(bed: Bed) {
    let bed = std::sync::Arc::new(bed);
    let open = || {
        tokio::spawn({
            let bed = std::sync::Arc::clone(&bed);
            async move { bed.open().await.size().await.unwrap() }
        })
    };
    let tasks = [(); 8].map(|()| open());
    for task in tasks {
        assert_eq!(task.await.unwrap(), 0);
    }
}

pub async fn an_empty_database_is_not_read(bed: Bed) {
    let refused = Store::open_read_only_with(&bed.url, key(), TABLES)
        .await
        .err()
        .unwrap();
    // SQLite has not even a file.
    assert!(
        matches!(refused, Error::Schema { .. } | Error::Open { .. }),
        "{refused}"
    );
    bed.open().await.close().await;
    Store::open_read_only_with(&bed.url, key(), TABLES)
        .await
        .unwrap();
}

pub async fn reading_beside_the_writer(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let reader = Store::open_read_only_with(&bed.url, key(), TABLES)
        .await
        .unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
    let digest = tx.put_sealed(&[b"secret"]).await.unwrap()[0];
    tx.commit().await.unwrap();
    assert_eq!(reader.size().await.unwrap(), 1);
    assert_eq!(
        reader.unseal(&digest).await.unwrap().unwrap().as_slice(),
        b"secret"
    );
    assert!(matches!(
        reader.acquire_writer().await.err(),
        Some(Error::ReadOnly | Error::WriterBusy { .. })
    ));
    drop(lock);
    assert_eq!(
        reader
            .begin(&store.acquire_writer().await.unwrap())
            .await
            .err(),
        Some(Error::ReadOnly)
    );
    // Without a writer too, and after the writer has gone.
    store.close().await;
    reader.close().await;
    let reader = Store::open_read_only_with(&bed.url, key(), TABLES)
        .await
        .unwrap();
    assert_eq!(reader.size().await.unwrap(), 1);
}

pub async fn a_newer_schema_is_refused(bed: Bed) {
    bed.open().await.close().await;
    bed.sql("UPDATE schema SET version = 3 WHERE name = 'gmpki'")
        .await;
    let refused = failure(&bed.url).await;
    assert_eq!(refused, Error::Newer { found: 3, known: 2 });
    assert_eq!(
        refused.to_string(),
        "S402 the database has schema 3, this program knows 2: start a newer gmpki"
    );
    let refused = Store::open_read_only_with(&bed.url, key(), TABLES)
        .await
        .err();
    assert_eq!(refused, Some(Error::Newer { found: 3, known: 2 }));
    bed.sql("UPDATE schema SET version = 0 WHERE name = 'gmpki'")
        .await;
    assert!(matches!(failure(&bed.url).await, Error::Schema { .. }));
}

pub async fn an_older_schema_gets_the_tables_that_were_added(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
    tx.commit().await.unwrap();
    lock.release().await;
    store.close().await;
    for table in ["mirror_tiles", "mirror_checkpoints"] {
        bed.sql(&format!("DROP TABLE {table}")).await;
    }
    bed.sql("UPDATE schema SET version = 1 WHERE name = 'gmpki'")
        .await;
    let (store, lock) = bed.open_as_writer().await;
    assert_eq!(store.size().await.unwrap(), 1);
    assert_eq!(store.oddities().await.unwrap(), []);
    let mut tx = store.begin(&lock).await.unwrap();
    tx.put_mirror_checkpoint(1, "note").await.unwrap();
    tx.commit().await.unwrap();
    let note = store.latest_mirror_checkpoint().await.unwrap();
    assert_eq!(note.as_deref(), Some("note"));
    assert_eq!(store.latest_checkpoint().await.unwrap(), None);
}

pub async fn what_nobody_declared_is_found(bed: Bed) {
    let store = bed.open().await;
    assert_eq!(store.oddities().await.unwrap(), []);
    let mut scripts = vec![
        ("CREATE TABLE extra (a INTEGER)", "DROP TABLE extra"),
        ("CREATE INDEX extra ON entries (body)", "DROP INDEX extra"),
        (
            "CREATE VIEW extra AS SELECT * FROM entries",
            "DROP VIEW extra",
        ),
        (
            "INSERT INTO schema VALUES ('extra', 1, '')",
            "DELETE FROM schema WHERE name = 'extra'",
        ),
    ];
    if bed.is_sqlite() {
        scripts.push((
            "CREATE TRIGGER extra AFTER INSERT ON entries BEGIN DELETE FROM tiles; END",
            "DROP TRIGGER extra",
        ));
    } else {
        scripts.extend([
            (
                "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
                 CREATE TRIGGER extra BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION nothing()",
                "DROP TRIGGER extra ON entries",
            ),
            (
                "CREATE RULE extra AS ON DELETE TO entries DO INSTEAD NOTHING",
                "DROP RULE extra ON entries",
            ),
            (
                "ALTER TABLE entries ADD CONSTRAINT extra CHECK (idx >= 0)",
                "ALTER TABLE entries DROP CONSTRAINT extra",
            ),
        ]);
    }
    for (script, undo) in scripts {
        bed.sql(script).await;
        let found = store.oddities().await.unwrap();
        assert!(
            found.iter().any(|odd| odd.place.contains("extra")),
            "{script}: {found:?}"
        );
        bed.sql(undo).await;
        assert_eq!(store.oddities().await.unwrap(), [], "{undo}");
    }
}

pub async fn a_changed_view_is_made_anew_and_marked(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.append_entries(0, &[b"one".to_vec()]).await.unwrap();
    tx.insert(&[Pair::new("a", 1, 1)]).await.unwrap();
    tx.insert(&[Sample::new(1, "x")]).await.unwrap();
    tx.commit().await.unwrap();
    // Not while somebody writes, and not by somebody who only reads.
    let busy = Store::open_with(&bed.url, key(), CHANGED).await.err();
    assert!(matches!(busy, Some(Error::WriterBusy { .. })), "{busy:?}");
    let reader = Store::open_read_only_with(&bed.url, key(), CHANGED)
        .await
        .err();
    assert!(matches!(reader, Some(Error::Schema { .. })));
    assert_eq!(store.count::<Pair>(&[]).await.unwrap(), 1);
    lock.release().await;
    store.close().await;

    let changed = Store::open_with(&bed.url, key(), CHANGED).await.unwrap();
    assert_eq!(changed.stale_views().await.unwrap(), ["pairs"]);
    assert!(changed.dump(CHANGED[0], None, 10).await.unwrap().is_empty());
    let lock = changed.acquire_writer().await.unwrap();
    let mut tx = changed.begin(&lock).await.unwrap();
    tx.insert_rows(CHANGED[0], vec![vec!["a".into(), "red".into()]])
        .await
        .unwrap();
    tx.mark_views_rebuilt().await.unwrap();
    tx.append_entries(1, &[b"two".to_vec()]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(changed.stale_views().await.unwrap().is_empty());
    lock.release().await;
    changed.close().await;

    // Back again: the other program did not keep `samples` up to date.
    let store = bed.open().await;
    assert_eq!(store.stale_views().await.unwrap(), ["samples", "pairs"]);
    assert_eq!(store.size().await.unwrap(), 2);
    let lock = store.acquire_writer().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.mark_views_rebuilt().await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.stale_views().await.unwrap().is_empty());
}

pub async fn urls_and_files_that_are_no_database(bed: Bed) {
    let Place::Directory(directory) = &bed.place else {
        panic!("a case for SQLite")
    };
    for url in [
        "",
        "gmpki.db",
        "mysql://root:hunter2@localhost/x",
        "sqlite:",
        "sqlite::memory:",
        "postgres://u:hunter2@[/x",
    ] {
        let refused = failure(url).await;
        assert!(matches!(refused, Error::Open { .. }), "{url}: {refused}");
        assert!(
            !refused.to_string().contains("hunter2"),
            "a password in an error"
        );
    }
    let path = directory.path().join("text");
    std::fs::write(&path, "not a database ".repeat(100)).unwrap();
    let refused = failure(&format!("sqlite:{}", path.display())).await;
    assert!(matches!(refused, Error::Open { .. }), "{refused}");
    assert!(matches!(
        failure(&format!("sqlite:{}/no/such/place.db", path.display())).await,
        Error::Open { .. }
    ));
}

pub async fn files_are_for_their_owner_only(bed: Bed) {
    use std::os::unix::fs::PermissionsExt;
    let Place::Directory(directory) = &bed.place else {
        panic!("a case for SQLite")
    };
    let (store, lock) = bed.open_as_writer().await;
    store.begin(&lock).await.unwrap().commit().await.unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory.path()).unwrap().flatten() {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "gmpki.db",
            "gmpki.db-shm",
            "gmpki.db-wal",
            "gmpki.db.writer"
        ]
    );
}
