//! What an officer signed is used once, unaltered, by that officer, soon.

use super::world::{ENTRY, REVIEW, SECOND_REVIEW, World, approve, code, number, request, submit};

#[tokio::test]
async fn a_statement_is_used_once() {
    let world = World::found().await;
    let prepared = world
        .prepare(ENTRY, submit("a.example.cn", &request()))
        .await
        .unwrap();
    world.commit(ENTRY, &prepared).await.unwrap();
    assert_eq!(code(world.commit(ENTRY, &prepared).await), "A409");
    world.check().await;
}

#[tokio::test]
async fn a_statement_is_used_within_ten_minutes() {
    let world = World::found().await;
    let prepared = world
        .prepare(ENTRY, submit("a.example.cn", &request()))
        .await
        .unwrap();
    world.clock.advance(authority::STATEMENT_LIFETIME + 1);
    assert_eq!(code(world.commit(ENTRY, &prepared).await), "A408");
    world.check().await;
}

#[tokio::test]
async fn a_statement_from_the_future_is_refused() {
    let world = World::found().await;
    world.clock.advance(3600);
    let prepared = world
        .prepare(ENTRY, submit("a.example.cn", &request()))
        .await
        .unwrap();
    world.clock.advance(-3600);
    assert_eq!(code(world.commit(ENTRY, &prepared).await), "A408");
    world.check().await;
}

#[tokio::test]
async fn an_altered_statement_is_refused() {
    let world = World::found().await;
    let case = world.submitted("a.example.cn").await;
    let mut prepared = world.prepare(REVIEW, approve(&case)).await.unwrap();
    // Signed by the officer, but it does not say what the act is about.
    prepared.statement = prepared.statement.replace("同意", "拒绝");
    assert_eq!(code(world.commit(REVIEW, &prepared).await), "A415");
    // Altered after it was signed.
    let prepared = world.prepare(REVIEW, approve(&case)).await.unwrap();
    let signature = world.sign(REVIEW, &prepared.statement);
    let altered = prepared.statement.replace("同意", "拒绝");
    let officer = world.authority.officer(&number(REVIEW)).await.unwrap();
    let result = world
        .authority
        .commit(&officer, prepared.act, &altered, &signature)
        .await;
    assert_eq!(code(result), "A403");
    world.check().await;
}

#[tokio::test]
async fn a_statement_of_somebody_else_is_refused() {
    let world = World::found().await;
    let case = world.submitted("a.example.cn").await;
    let prepared = world.prepare(REVIEW, approve(&case)).await.unwrap();
    // The other reviewer's signature over it; and the other reviewer with a signature of her own.
    let signature = world.sign(SECOND_REVIEW, &prepared.statement);
    let officer = world.authority.officer(&number(REVIEW)).await.unwrap();
    let act = prepared.act.clone();
    let result = world
        .authority
        .commit(&officer, act, &prepared.statement, &signature)
        .await;
    assert_eq!(code(result), "A403");
    assert_eq!(code(world.commit(SECOND_REVIEW, &prepared).await), "A415");
    world.check().await;
}

#[tokio::test]
async fn a_case_number_is_given_not_chosen() {
    let world = World::found().await;
    let mut act = submit("a.example.cn", &request());
    if let authority::Act::SubmitCase { case, .. } = &mut act {
        *case = Some("C-2026-9999999".to_owned());
    }
    assert_eq!(code(world.prepare(ENTRY, act).await), "A416");
    world.check().await;
}
