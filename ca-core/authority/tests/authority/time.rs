//! What time does: renewal, CRLs, a clock that jumps.

use store::clock::Clock as _;

use super::world::{ENTRY, REVIEW, World, approve, code, request, submit};

const DAY: i64 = 86_400;

#[tokio::test]
async fn responders_are_renewed_in_the_last_third_of_their_life() {
    let world = World::found().await;
    let before = world.authority.responders().borrow().clone();
    world.clock.advance(19 * DAY);
    let world = world.restart().await;
    let same = world.authority.responders().borrow().clone();
    assert_eq!(before.len(), same.len());
    for responder in &before {
        let now = same
            .iter()
            .find(|r| r.authority == responder.authority)
            .unwrap();
        assert_eq!(now.certificate.serial(), responder.certificate.serial());
    }
    world.clock.advance(2 * DAY);
    let world = world.restart().await;
    let renewed = world.authority.responders().borrow().clone();
    for responder in &before {
        let now = renewed
            .iter()
            .find(|r| r.authority == responder.authority)
            .unwrap();
        assert_ne!(now.certificate.serial(), responder.certificate.serial());
        assert_ne!(
            now.certificate.public_key(),
            responder.certificate.public_key()
        );
    }
    world.check().await;
}

#[tokio::test]
async fn a_crl_is_made_anew_after_half_of_its_life_and_its_number_goes_up() {
    let world = World::found().await;
    let number = async |world: &World| {
        let views = world.authority.authorities().await.unwrap();
        views
            .iter()
            .find(|view| view.authority == "jinan")
            .unwrap()
            .crl
            .unwrap()
            .0
    };
    let first = number(&world).await;
    world.clock.advance(DAY / 4);
    let world = world.restart().await;
    assert_eq!(number(&world).await, first);
    world.clock.advance(DAY / 2);
    let world = world.restart().await;
    // Delta CRLs, which live for an hour, share the sequence.
    assert!(number(&world).await > first);
    world.check().await;
}

#[tokio::test]
async fn the_ledger_s_time_never_goes_back() {
    let world = World::found().await;
    world.submitted("a.example.cn").await;
    world.clock.advance(-7200);
    // The officer's certificate is not valid yet at that time, so nothing is done, and nothing is broken.
    assert_eq!(
        code(
            world
                .prepare(ENTRY, submit("b.example.cn", &request()))
                .await
        ),
        "A401"
    );
    world.clock.advance(7200);
    world.submitted("c.example.cn").await;
    world.check().await;
}

/// Longest gap of the tests' authority.
const GAP: i64 = 30 * DAY;

#[tokio::test]
async fn a_clock_that_jumps_ahead_lifts_nothing() {
    let world = World::found().await;
    let case = world.submitted("a.example.cn").await;
    let right = world.clock.now();
    let before = world.authority.store().size().await.unwrap();
    let prepared = world.prepare(REVIEW, approve(&case)).await.unwrap();
    world.clock.set(right.plus_seconds(GAP + 1));
    // An act prepared by that clock, and the authority's own: nothing is committed.
    let ahead = world.act(REVIEW, approve(&case)).await;
    assert_eq!(code(ahead), "A512");
    assert_eq!(world.authority.store().size().await.unwrap(), before);
    // Back where it was, what was prepared before goes through, at its own time.
    world.clock.set(right.plus_seconds(1));
    world.commit(REVIEW, &prepared).await.unwrap();
    world.check().await;
}

#[tokio::test]
async fn time_that_passes_is_no_jump() {
    let world = World::found().await;
    world.clock.advance(GAP + DAY);
    world.submitted("a.example.cn").await;
    world.check().await;
}

#[tokio::test]
async fn after_a_long_rest_an_operator_confirms_the_clock() {
    let mut world = World::found().await;
    world.close().await;
    world.clock.advance(GAP);
    world = world.restart().await;
    world.close().await;
    world.clock.advance(2 * GAP);
    let error = world.reopen().await.err().unwrap().to_string();
    assert!(
        error.contains("A512") && error.contains("--accept-clock"),
        "{error}"
    );
    world.accept_clock = true;
    world.restart().await.check().await;
}
