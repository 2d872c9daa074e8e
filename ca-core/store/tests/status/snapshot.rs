//! Snapshots: the same state comes back, also from the middle of changes; anything else than the file that was
//! written, for the ledger that it was written for, is refused and the ledger read from its beginning.

use std::fs;
use std::sync::Arc;

use proptest::prelude::*;
use sm_engine::sm3::digest;
use store::Error;
use store::status::{Follower as _, Snapshot, SnapshotKey, Status, StatusIndex};
use tempfile::TempDir;
use x509::crl::RevocationReason;

use super::history::{AUTHORITIES, Happening, Model, Step, entry, happenings, number};
use super::index::agrees;
use super::ledger::{Ledger, Log, NOW};

fn key() -> SnapshotKey {
    SnapshotKey::new(&[2; 32])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// The state of the moment of the capture, whatever happens until it is written.
    #[test]
    fn the_state_of_one_moment_comes_back(before in happenings(200), after in happenings(100), since in 0..200_u64) {
        let (log, folder) = (Log::new(), TempDir::new().unwrap());
        let (index, mut model) = (Arc::new(StatusIndex::new()), Model::default());
        let entries: Vec<_> = before.iter().map(entry).collect();
        index.follow(0, &entries);
        for (index, happening) in (0..).zip(&before) {
            model.apply(index, happening);
        }
        let capture = index.capture().unwrap();
        prop_assert!(index.capture().is_none(), "one at a time");
        let size = capture.size();
        let more: Vec<_> = after.iter().map(entry).collect();
        index.follow(size, &more);
        let path = folder.path().join("snapshot");
        let note = log.note(size, digest(b"any"), None);
        capture.write(&path, &key(), &note).unwrap();
        prop_assert!(index.capture().is_some(), "after the first");
        let read = Snapshot::read(&path, &key(), &log.key).unwrap().unwrap();
        prop_assert_eq!(read.index.applied(), size);
        agrees(&read.index, &model)?;
        for (at, name) in AUTHORITIES.iter().enumerate() {
            let changes = read.index.changes_since(name, since).unwrap();
            prop_assert_eq!(changes.list, model.changes(at, since));
        }
    }
}

/// A signed checkpoint over `size` entries of anything.
fn note(ledger: &Ledger, size: u64) -> String {
    ledger.note_of(size, digest(b"any"))
}

fn issued(n: u128) -> Happening {
    (0, number(n), Step::Issue, NOW.0)
}

fn revoked(n: u128) -> Happening {
    let reason = RevocationReason::KeyCompromise;
    (0, number(n), Step::Revoke(reason), NOW.0)
}

/// A ledger of some entries with a snapshot over them, and some more after it.
async fn written() -> Ledger {
    let mut ledger = Ledger::found().await;
    let many: Vec<_> = (1..=600).map(issued).collect();
    ledger.tell(&many).await;
    let note = ledger.checkpoint().await;
    let mut tail = ledger.follower(None).await;
    tail.catch_up(NOW).await.unwrap();
    let capture = tail.index().capture().unwrap();
    ledger.snapshot().write(capture, note).await.unwrap();
    ledger.tell(&[revoked(7)]).await;
    ledger.checkpoint().await;
    ledger
}

/// Where a follower begins that is given the snapshot; it must end up with the truth in any case.
async fn begins_at(ledger: &Ledger) -> u64 {
    let mut tail = ledger.follower(Some(ledger.snapshot())).await;
    let begins = tail.index().applied();
    tail.catch_up(NOW).await.unwrap();
    let index = tail.index();
    assert_eq!(index.applied(), ledger.size());
    assert!(index.is_current(NOW));
    assert_eq!(index.status("jinan", &number(8)), Status::Good);
    let seventh = index.status("jinan", &number(7));
    assert!(matches!(seventh, Status::Revoked { .. }));
    begins
}

#[tokio::test]
async fn a_start_reads_only_what_came_after() {
    let ledger = written().await;
    assert_eq!(begins_at(&ledger).await, 601);
    fs::remove_file(ledger.snapshot().path).unwrap();
    assert_eq!(begins_at(&ledger).await, 0);
}

#[tokio::test]
async fn whatever_is_not_the_whole_file_is_not_used() {
    let ledger = written().await;
    let path = ledger.snapshot().path;
    let whole = fs::read(&path).unwrap();
    let mut wrong: Vec<(String, Vec<u8>)> = Vec::new();
    for length in [
        0,
        1,
        12,
        63,
        64,
        200,
        whole.len() / 2,
        whole.len() - 65,
        whole.len() - 1,
    ] {
        wrong.push((format!("cut at {length}"), whole[..length].to_vec()));
    }
    for at in (0..whole.len())
        .step_by(97)
        .chain(whole.len() - 66..whole.len())
    {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        wrong.push((format!("bit of byte {at}"), bytes));
    }
    wrong.push(("longer".into(), [&whole[..], &[0]].concat()));
    wrong.push(("zeros".into(), vec![0; whole.len()]));
    for (what, bytes) in &wrong {
        fs::write(&path, bytes).unwrap();
        let read = Snapshot::read(&path, &key(), &ledger.key);
        assert!(matches!(read, Err(Error::Snapshot { .. })), "{what}");
    }
    for (_, bytes) in wrong.iter().step_by(20) {
        fs::write(&path, bytes).unwrap();
        assert_eq!(begins_at(&ledger).await, 0);
    }
}

#[tokio::test]
async fn a_snapshot_of_another_key_store_or_log_is_not_used() {
    let (ledger, other) = (written().await, written().await);
    let path = ledger.snapshot().path;
    for (key, log) in [
        (SnapshotKey::new(&[3; 32]), &ledger.key),
        (key(), &other.key),
    ] {
        let read = Snapshot::read(&path, &key, log);
        assert!(matches!(read, Err(Error::Snapshot { .. })));
    }
    fs::copy(other.snapshot().path, &path).unwrap();
    assert_eq!(begins_at(&ledger).await, 0);
}

#[tokio::test]
async fn a_snapshot_whose_checkpoint_does_not_cover_it_is_not_used() {
    let ledger = written().await;
    let mut tail = ledger.follower(None).await;
    tail.catch_up(NOW).await.unwrap();
    let capture = tail.index().capture().unwrap();
    let note = note(&ledger, capture.size() - 1);
    ledger.snapshot().write(capture, note).await.unwrap();
    assert_eq!(begins_at(&ledger).await, 0);
}

#[tokio::test]
async fn a_snapshot_of_another_history_or_of_the_future_is_not_used() {
    for size in [601, 10_000] {
        let mut ledger = written().await;
        let mut tail = ledger.follower(None).await;
        tail.catch_up(NOW).await.unwrap();
        let capture = tail.index().capture().unwrap();
        let note = note(&ledger, size.max(capture.size()));
        ledger.snapshot().write(capture, note).await.unwrap();
        ledger.tell(&[issued(5000)]).await;
        ledger.checkpoint().await;
        assert_eq!(begins_at(&ledger).await, 0, "{size}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_said() {
    let ledger = written().await;
    let mut tail = ledger.follower(None).await;
    tail.catch_up(NOW).await.unwrap();
    let mut file = ledger.snapshot();
    file.path = ledger.folder.path().join("missing/status.snapshot");
    let capture = tail.index().capture().unwrap();
    let result = file.write(capture, note(&ledger, 602)).await;
    assert!(matches!(result, Err(Error::Snapshot { .. })));
    assert!(tail.index().capture().is_some(), "the next one may try");
    assert_eq!(begins_at(&ledger).await, 601, "the old one is still there");
}
