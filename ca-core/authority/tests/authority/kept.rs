//! An old copy of the database, put back: everything in it is signed and fits, except the checkpoint that was kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use authority::Error;
use ledger::checkpoint::Checkpoint;
use tokio::time::timeout;

use super::world::{World, code};

/// A whole copy of the database, as a backup program makes one.
fn copy(world: &World) -> PathBuf {
    let (from, to) = ("ledger.db", world.folder.path().join("copy.db"));
    let script =
        "import sqlite3,sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', sys.argv[2:])";
    let done = Command::new("python3")
        .args(["-c", script])
        .args([&world.folder.path().join(from), &to])
        .status();
    assert!(done.unwrap().success());
    to
}

/// Puts the copy in the place of the database.
fn put_back(world: &World, copy: &Path) {
    for file in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(world.folder.path().join(file));
    }
    fs::rename(copy, world.folder.path().join("ledger.db")).unwrap();
}

#[tokio::test]
async fn an_old_copy_of_the_database_is_refused() {
    let mut world = World::found().await;
    world.issued("a.example.cn").await;
    world.close().await;
    let old = copy(&world);
    world = world.restart().await;
    world.issued("b.example.cn").await;
    world.close().await;

    put_back(&world, &old);
    let error = world.reopen().await.err().unwrap();
    let Error::Older {
        entries, covered, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(entries < covered, "{error}");
    let said = error.to_string();
    assert!(said.contains("A511") && said.contains("memory"), "{said}");
    // Nothing in the copy itself tells: without the kept checkpoint all is well.
    *world.kept.0.lock().unwrap() = None;
    world.restart().await.check().await;
}

#[tokio::test]
async fn another_future_of_an_old_copy_is_refused() {
    let mut world = World::found().await;
    world.close().await;
    let old = copy(&world);
    world = world.restart().await;
    world.submitted("a.example.cn").await;
    world.close().await;
    let kept = world.kept.0.lock().unwrap().clone();

    // The copy goes on, without what was kept, until it is longer.
    put_back(&world, &old);
    *world.kept.0.lock().unwrap() = None;
    world = world.restart().await;
    world.issued("b.example.cn").await;
    world.close().await;
    *world.kept.0.lock().unwrap() = kept;
    let error = world.reopen().await.err().unwrap().to_string();
    assert!(error.contains("a checkpoint covers"), "{error}");
}

#[tokio::test]
async fn what_was_kept_must_be_a_checkpoint_of_this_ledger() {
    let world = World::found().await;
    world.authority.shut_down().await;
    let own = world.kept.0.lock().unwrap().clone();
    let other = World::found().await;
    other.authority.shut_down().await;
    let foreign = other.kept.0.lock().unwrap().clone();
    for wrong in [Some(String::new()), Some("garbage".to_owned()), foreign] {
        *world.kept.0.lock().unwrap() = wrong.clone();
        let error = world.reopen().await.err();
        assert!(matches!(error, Some(Error::Inconsistent(_))), "{wrong:?}");
    }
    *world.kept.0.lock().unwrap() = own;
    world.restart().await.check().await;
}

#[tokio::test]
async fn nothing_is_founded_where_another_ledger_s_checkpoint_is_kept() {
    let world = World::found().await;
    world.close().await;
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(world.folder.path().join(file));
    }
    assert_eq!(code(world.found_again().await), "A409");
}

#[tokio::test]
async fn a_checkpoint_that_could_not_be_kept_is_kept_without_a_further_entry() {
    let world = World::found().await;
    let covered = || {
        let note = world.kept.0.lock().unwrap().clone().unwrap();
        Checkpoint::from_note_unverified(&note).unwrap().size
    };
    world.kept.1.store(2, Ordering::SeqCst);
    world.submitted("a.example.cn").await;
    let size = world.authority.index().applied();
    let kept = async {
        while covered() < size {
            world.kept.2.notified().await;
        }
    };
    timeout(Duration::from_secs(60), kept).await.unwrap();
    assert_eq!(world.kept.1.load(Ordering::SeqCst), 0, "it was refused");
}
