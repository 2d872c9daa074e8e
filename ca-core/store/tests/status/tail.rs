//! A follower with nothing but the right to read: complete views, what a checkpoint must cover, and what ends trust.

use std::sync::Arc;

use store::Error;
use store::clock::{Clock, ManualClock};
use store::status::{Status, Tail};
use x509::crl::RevocationReason;
use x509::time::Time;

use super::history::{Happening, Step, number};
use super::ledger::{Ledger, NOW};
use crate::postgres_server::PostgresServer;

fn issued(n: u128) -> Happening {
    (0, number(n), Step::Issue, NOW.0)
}

fn revoked(n: u128) -> Happening {
    let reason = RevocationReason::KeyCompromise;
    (0, number(n), Step::Revoke(reason), NOW.0)
}

#[tokio::test]
async fn new_entries_are_seen_in_order_and_make_a_complete_view() {
    let mut ledger = Ledger::found().await;
    let mut tail = ledger.follower(None).await;
    let index = Arc::clone(tail.index());
    assert!(!index.is_current(NOW), "before the first look");
    ledger.tell(&[issued(1), issued(2)]).await;
    tail.catch_up(NOW).await.unwrap();
    assert_eq!(index.applied(), ledger.size());
    assert_eq!(index.status("jinan", &number(2)), Status::Good);
    assert!(index.is_current(NOW));
    ledger.tell(&[revoked(2)]).await;
    ledger.checkpoint().await;
    tail.catch_up(NOW.plus_seconds(5)).await.unwrap();
    let status = index.status("jinan", &number(2));
    assert!(matches!(status, Status::Revoked { .. }));
    assert_eq!(
        index.current_as_of(NOW.plus_seconds(65)),
        Some(NOW.plus_seconds(5))
    );
    assert_eq!(index.current_as_of(NOW.plus_seconds(66)), None);
    assert!(!index.is_trusted());
    tail.catch_up(NOW.plus_seconds(67)).await.unwrap();
    assert!(index.is_trusted() && index.is_current(NOW.plus_seconds(67)));
}

#[tokio::test]
async fn many_entries_go_through_many_pages() {
    let mut ledger = Ledger::found().await;
    let all: Vec<_> = (1..=9000).map(issued).collect();
    for page in all.chunks(3000) {
        ledger.tell(page).await;
        ledger.checkpoint().await;
    }
    ledger.tell(&[issued(9001)]).await;
    let mut tail = ledger.follower(None).await;
    tail.catch_up(NOW).await.unwrap();
    assert_eq!(tail.index().serials(), 9001);
    assert!(tail.index().is_current(NOW));
}

#[tokio::test]
async fn entries_without_a_checkpoint_do_not_stay_complete() {
    let mut ledger = Ledger::found().await;
    let mut tail = ledger.follower(None).await;
    let index = Arc::clone(tail.index());
    ledger.tell(&[issued(1)]).await;
    for (at, current) in [(0, true), (60, true), (61, true), (120, true), (121, false)] {
        let now = NOW.plus_seconds(at);
        tail.catch_up(now).await.unwrap();
        assert_eq!(index.is_current(now), current, "after {at} s");
    }
    ledger.checkpoint().await;
    tail.catch_up(NOW.plus_seconds(130)).await.unwrap();
    assert!(index.is_current(NOW.plus_seconds(130)));
}

#[tokio::test]
async fn a_checkpoint_with_another_root_ends_trust() {
    let mut ledger = Ledger::found().await;
    let mut tail = ledger.follower(None).await;
    ledger.tell(&[issued(1)]).await;
    tail.catch_up(NOW).await.unwrap();
    let note = ledger.note(sm_engine::sm3::digest(b"another root"));
    ledger.put(&note).await;
    let result = tail.catch_up(NOW).await;
    assert!(
        matches!(result, Err(Error::Unfollowable { .. })),
        "{result:?}"
    );
    assert!(!tail.index().is_trusted() && !tail.index().is_current(NOW));
}

#[tokio::test]
async fn a_checkpoint_that_the_log_did_not_sign_ends_trust() {
    let (mut ledger, other) = (Ledger::found().await, Ledger::found().await);
    let mut tail = ledger.follower(None).await;
    ledger.tell(&[issued(1)]).await;
    let note = other.note(sm_engine::sm3::digest(b"any"));
    ledger.put(&note).await;
    let result = tail.catch_up(NOW).await;
    assert!(
        matches!(result, Err(Error::Unfollowable { .. })),
        "{result:?}"
    );
    assert!(!tail.index().is_current(NOW));
}

#[tokio::test]
async fn a_missing_entry_ends_trust() {
    let mut ledger = Ledger::found().await;
    let mut tail = ledger.follower(None).await;
    ledger.tell(&[issued(1), issued(2), issued(3)]).await;
    let path = ledger.url.strip_prefix("sqlite:").unwrap().to_owned();
    sql(&path, "DELETE FROM entries WHERE idx = 2");
    let result = tail.catch_up(NOW).await;
    assert!(
        matches!(result, Err(Error::Unfollowable { .. })),
        "{result:?}"
    );
    assert!(!tail.index().is_current(NOW));
    assert_eq!(tail.index().status("jinan", &number(3)), Status::Unknown);
}

#[tokio::test]
async fn a_ledger_that_became_shorter_ends_trust() {
    let mut ledger = Ledger::found().await;
    let mut tail = ledger.follower(None).await;
    ledger.tell(&[issued(1), issued(2)]).await;
    tail.catch_up(NOW).await.unwrap();
    let path = ledger.url.strip_prefix("sqlite:").unwrap().to_owned();
    sql(&path, "DELETE FROM entries WHERE idx = 2");
    let result = tail.catch_up(NOW).await;
    assert!(
        matches!(result, Err(Error::Unfollowable { .. })),
        "{result:?}"
    );
    assert!(!tail.index().is_current(NOW));
}

#[tokio::test]
async fn another_logs_ledger_is_not_followed() {
    let (ledger, other) = (Ledger::found().await, Ledger::found().await);
    let store = ledger.reader().await;
    let result = Tail::open(store, other.key.clone(), 60, None, NOW).await;
    assert!(matches!(result, Err(Error::Unfollowable { .. })));
}

#[tokio::test]
async fn a_running_follower_sees_what_is_committed_to_sqlite() {
    sees(Ledger::found().await).await;
}

#[tokio::test]
async fn a_running_follower_sees_what_is_committed_to_postgresql() {
    let server = PostgresServer::start();
    let (folder, url) = (tempfile::TempDir::new().unwrap(), server.new_database());
    let mut ledger = Ledger::found_on(folder, url).await;
    let database = ledger.url.split(['/', '?']).nth(3).unwrap().to_owned();
    // What a follower needs, and no more.
    let grant = "CREATE ROLE reader LOGIN; \
        GRANT SELECT ON schema, entries, tiles, checkpoints TO reader";
    server.sql(&database, grant);
    ledger.reading = ledger.url.replacen("gmpki@", "reader@", 1);
    sees(ledger).await;
}

async fn sees(mut ledger: Ledger) {
    let tail = ledger.follower(None).await;
    let index = Arc::clone(tail.index());
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(NOW));
    let following = tokio::spawn(tail.run(clock));
    ledger.tell(&[issued(1)]).await;
    ledger.checkpoint().await;
    let seen = async {
        while index.status("jinan", &number(1)) != Status::Good || !index.is_current(NOW) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), seen)
        .await
        .unwrap();
    following.abort();
    assert_eq!(index.lag(Time(NOW.0 + 3)), Some(3));
}

/// Runs SQL past the store.
fn sql(path: &str, text: &'static str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(text).unwrap();
}
