//! Keys that fail.

use std::sync::atomic::Ordering;

use authority::Error;
use store::Compare;
use store::status::Status;
use store::views::CertificateRow;

use super::world::{PRODUCTION, World, issue};

#[tokio::test]
async fn a_key_that_fails_releases_nothing_and_burns_the_serial() {
    let world = World::found().await;
    let case = world.approved("broken.example.cn").await;
    world.broken.store(true, Ordering::SeqCst);
    let result = world.act(PRODUCTION, issue(&[&case])).await;
    assert!(
        matches!(result, Err(Error::Keys(keys::Error::BadSignature))),
        "{result:?}"
    );
    let filter = [("case_id", Compare::Eq(case.as_str().into()))];
    let rows = world
        .authority
        .store()
        .scan::<CertificateRow>(&filter, &[], None, 10)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].state, "abandoned");
    let serial = rows[0].serial.parse().unwrap();
    assert!(matches!(
        world.authority.index().status("jinan", &serial),
        Status::Revoked { .. }
    ));
    // The approvals still stand: the case is produced under another serial once the key works again.
    world.broken.store(false, Ordering::SeqCst);
    world.act(PRODUCTION, issue(&[&case])).await.unwrap();
    world.check().await;
}

#[tokio::test]
async fn a_list_is_issued_wholly_or_not_at_all() {
    let world = World::found().await;
    let good = world.approved("good.example.cn").await;
    let waiting = world.submitted("waiting.example.cn").await;
    assert!(
        world
            .act(PRODUCTION, issue(&[&good, &waiting]))
            .await
            .is_err()
    );
    let counts = world.authority.index().counts("jinan");
    let other = world.approved("other.example.cn").await;
    world
        .act(PRODUCTION, issue(&[&good, &other]))
        .await
        .unwrap();
    assert_eq!(
        world.authority.index().counts("jinan").good,
        counts.good + 2
    );
    world.check().await;
}
