//! Acts that meet in one transaction.

use authority::StatusChange;
use store::status::Status;
use x509::crl::RevocationReason;

use super::world::{
    ADMINISTRATOR, ENTRY, PRODUCTION, REVIEW, World, approve, change, code, issue, request, revoke,
    submit,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_issued_once_however_many_ask() {
    let world = World::found().await;
    let case = world.approved("once.example.cn").await;
    let mut prepared = Vec::new();
    for _ in 0..8 {
        prepared.push(world.prepare(PRODUCTION, issue(&[&case])).await.unwrap());
    }
    let (a, b, c, d, e, f, g, h) = tokio::join!(
        world.commit(PRODUCTION, &prepared[0]),
        world.commit(PRODUCTION, &prepared[1]),
        world.commit(PRODUCTION, &prepared[2]),
        world.commit(PRODUCTION, &prepared[3]),
        world.commit(PRODUCTION, &prepared[4]),
        world.commit(PRODUCTION, &prepared[5]),
        world.commit(PRODUCTION, &prepared[6]),
        world.commit(PRODUCTION, &prepared[7]),
    );
    let results = [a, b, c, d, e, f, g, h];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_opens_one_case_even_at_the_same_moment() {
    let world = World::found().await;
    let key = request();
    let first = world
        .prepare(ENTRY, submit("a.example.cn", &key))
        .await
        .unwrap();
    let second = world
        .prepare(ENTRY, submit("b.example.cn", &key))
        .await
        .unwrap();
    let (first, second) = tokio::join!(world.commit(ENTRY, &first), world.commit(ENTRY, &second));
    let refused = if first.is_ok() { second } else { first };
    assert_eq!(code(refused), "A420");
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_subject_has_one_case_under_way_even_at_the_same_moment() {
    let world = World::found().await;
    let first = world
        .prepare(ENTRY, submit("same.example.cn", &request()))
        .await
        .unwrap();
    let second = world
        .prepare(ENTRY, submit("same.example.cn", &request()))
        .await
        .unwrap();
    let (first, second) = tokio::join!(world.commit(ENTRY, &first), world.commit(ENTRY, &second));
    let refused = if first.is_ok() { second } else { first };
    assert_eq!(code(refused), "A425");
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_who_is_revoked_does_nothing_more_even_in_the_same_transaction() {
    let world = World::found().await;
    let case = world.submitted("late.example.cn").await;
    let serial = world.officer_serial(REVIEW).await;
    let approval = world.prepare(REVIEW, approve(&case)).await.unwrap();
    let end = revoke(&serial, RevocationReason::CessationOfOperation);
    let end = world.prepare(ADMINISTRATOR, end).await.unwrap();
    let (ended, approved) = tokio::join!(
        world.commit(ADMINISTRATOR, &end),
        world.commit(REVIEW, &approval)
    );
    ended.unwrap();
    // Whichever came first, the ledger must be a legal history: `check` replays it.
    if let Err(authority::Error::Refused(refusal)) = &approved {
        assert_eq!(refusal.code, "A401");
    }
    assert_eq!(code(world.prepare(REVIEW, approve(&case)).await), "A401");
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_returned_is_visible() {
    let world = World::found().await;
    let certificate = world.issued("gone.example.cn").await;
    let serial = certificate.serial.parse().unwrap();
    assert_eq!(
        world.authority.index().status("jinan", &serial),
        Status::Good
    );
    world
        .act(ENTRY, change(&certificate.serial, StatusChange::Hold, None))
        .await
        .unwrap();
    assert!(matches!(
        world.authority.index().status("jinan", &serial),
        Status::Held { .. }
    ));
    world
        .act(
            REVIEW,
            change(&certificate.serial, StatusChange::Release, None),
        )
        .await
        .unwrap();
    assert_eq!(
        world.authority.index().status("jinan", &serial),
        Status::Good
    );
    world
        .act(
            REVIEW,
            revoke(&certificate.serial, RevocationReason::KeyCompromise),
        )
        .await
        .unwrap();
    assert!(matches!(
        world.authority.index().status("jinan", &serial),
        Status::Revoked {
            reason: RevocationReason::KeyCompromise,
            ..
        }
    ));
    let again = revoke(&certificate.serial, RevocationReason::Superseded);
    assert_eq!(code(world.prepare(REVIEW, again).await), "A409");
    world.check().await;
}

#[tokio::test]
async fn officers_do_not_stop_one_another() {
    let world = World::found().await;
    let reviewer = world.officer_serial(REVIEW).await;
    for officer in [ENTRY, REVIEW, PRODUCTION] {
        let hold = change(&reviewer, StatusChange::Hold, None);
        assert_eq!(code(world.prepare(officer, hold).await), "A418");
    }
    let own = world.officer_serial(ADMINISTRATOR).await;
    let hold = change(&own, StatusChange::Hold, None);
    assert_eq!(code(world.prepare(ADMINISTRATOR, hold).await), "A418");
    let hold = change(&reviewer, StatusChange::Hold, None);
    world.act(ADMINISTRATOR, hold).await.unwrap();
    assert_eq!(
        code(world.prepare(REVIEW, approve("C-2026-0000001")).await),
        "A401"
    );
    world.check().await;
}

#[tokio::test]
async fn a_release_concerns_the_hold_that_was_seen() {
    let world = World::found().await;
    let serial = world.issued("held.example.cn").await.serial;
    let act = |what| change(&serial, what, None);
    world.act(ENTRY, act(StatusChange::Hold)).await.unwrap();
    let stale = world
        .prepare(REVIEW, act(StatusChange::Release))
        .await
        .unwrap();
    world.act(REVIEW, act(StatusChange::Release)).await.unwrap();
    world.act(ENTRY, act(StatusChange::Hold)).await.unwrap();
    assert_eq!(code(world.commit(REVIEW, &stale).await), "A415");
    world.check().await;
}
