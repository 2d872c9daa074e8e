//! What follows on a certificate, from its page to the page of its successor.

use axum::http::StatusCode;
use policy::Role;

use super::browser::{Browser, between};
use super::walk;
use crate::world::World;

/// A person's certificate; the address of its page.
async fn issued(world: &World) -> String {
    let entry = Browser::of(world, Role::Entry).await;
    let draft = walk::draft(&entry).await;
    produced(world, &draft).await
}

/// Submits a draft, approves and produces it; the address of the certificate's page.
async fn produced(world: &World, draft: &str) -> String {
    let entry = Browser::of(world, Role::Entry).await;
    let case = walk::submit(&entry, draft).await;
    let review = Browser::of(world, Role::Review).await;
    walk::approve(&review, &case).await;
    let production = Browser::of(world, Role::Production).await;
    let offered = production.post("/make", &[("case", &case)]).await;
    let done = production.sign(offered).await;
    format!("/cert/{}", between(&done.body, "<a href=\"/cert/", "\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_medium_is_replaced_and_both_pages_say_so() {
    let world = World::found().await;
    let old = issued(&world).await;
    let entry = Browser::of(&world, Role::Entry).await;
    let page = entry.get(&old).await.body;
    for (way, offered) in [
        ("damaged", true),
        ("re-key", true),
        ("change", true),
        // Its page says that the certificate has to be held first.
        ("lost", true),
        // Too early.
        ("renewal", false),
    ] {
        let link = format!("{old}/succession?by={way}");
        assert_eq!(page.contains(&link), offered, "{way}: {page}");
    }
    let preview = entry.get(&format!("{old}/succession?by=re-key")).await.body;
    assert!(
        preview.contains("继续有效最多 30 天") && preview.contains("365 天，自签发时起"),
        "{preview}"
    );
    let preview = entry
        .get(&format!("{old}/succession?by=damaged"))
        .await
        .body;
    assert!(
        preview.contains("新证书签发的同一时刻吊销") && preview.contains("须在持证人的介质中生成"),
        "{preview}"
    );

    let begun = entry
        .post(&format!("{old}/succession"), &[("by", "damaged")])
        .await;
    let (draft, tasks) = entry.follow(begun).await;
    assert!(tasks.body.contains(&old), "{}", tasks.body);
    let who = entry.get(&format!("{draft}/fields/who")).await.body;
    assert!(
        who.contains("买买提·阿不都") && !who.contains("value=\"379902199003070018\""),
        "personal data are entered anew: {who}"
    );
    // Of somebody else it is refused before anything is signed.
    let who = |number| {
        [
            ("name", "买买提·阿不都"),
            ("id_number", number),
            ("employee_number", "P0007731"),
            ("email", ""),
        ]
    };
    let address = format!("{draft}/fields/who");
    entry.post(&address, &who("379902198806150033")).await;
    entry
        .post(&format!("{draft}/request/demonstration"), &[])
        .await;
    let refused = entry.post(&format!("{draft}/submit"), &[]).await;
    assert_eq!(refused.status, StatusCode::OK);
    assert!(refused.body.contains("A435"), "{}", refused.body);
    entry.post(&address, &who("379902199003070018")).await;
    let check = entry.get(&format!("{draft}/check")).await.body;
    assert!(
        check.contains(&old) && check.contains("补办（介质损坏）"),
        "{check}"
    );

    let new = produced(&world, &draft).await;
    let page = entry.get(&old).await.body;
    assert!(page.contains("吊销") && page.contains(&new), "{page}");
    let page = entry.get(&new).await.body;
    assert!(
        page.contains(&old) && page.contains("补办（介质损坏）"),
        "{page}"
    );
    let case = between(&page, "<a href=\"/case/", "\"").to_owned();
    for page in [format!("/case/{case}"), old.clone()] {
        let page = Browser::of(&world, Role::Review)
            .await
            .get(&page)
            .await
            .body;
        assert!(page.contains("接续"), "{page}");
        assert!(
            !page.contains("/succession?by="),
            "a reviewer enters nothing"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_possible_is_told_and_begins_nothing() {
    let world = World::found().await;
    let old = issued(&world).await;
    let entry = Browser::of(&world, Role::Entry).await;
    let at = format!("{old}/succession");
    for (way, code) in [("renewal", "A433"), ("lost", "A431")] {
        let page = entry.get(&format!("{at}?by={way}")).await.body;
        assert!(
            page.contains(code) && page.contains("<title>错误：") && !page.contains("开始录入"),
            "{page}"
        );
        let begun = entry.post(&at, &[("by", way)]).await;
        assert_eq!(begun.status, StatusCode::OK);
        assert!(begun.body.contains(code), "{}", begun.body);
    }
    for way in ["", "nothing"] {
        let page = entry.get(&format!("{at}?by={way}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        let begun = entry.post(&at, &[("by", way)]).await;
        assert_eq!(begun.status, StatusCode::BAD_REQUEST);
    }
    let nowhere = entry.get("/cert/jinan/0a/succession?by=re-key").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let number = super::browser::number(Role::Entry);
    assert!(
        world
            .portal
            .desk
            .drafts_of(&number)
            .await
            .unwrap()
            .is_empty()
    );

    // On hold a lost medium is replaced, and nothing is renewed.
    let fields = [("to", "hold"), ("note", "持证人来电")];
    let offered = entry.post(&format!("{old}/change"), &fields).await;
    entry.sign(offered).await;
    let page = entry.get(&old).await.body;
    assert!(
        page.contains("by=lost") && page.contains("by=damaged"),
        "{page}"
    );
    assert!(
        !page.contains("by=re-key") && !page.contains("by=change"),
        "{page}"
    );
    let begun = entry.post(&at, &[("by", "re-key")]).await;
    assert!(begun.body.contains("A431"), "{}", begun.body);
}
