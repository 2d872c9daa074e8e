//! Many certificates at the desk: looked over, signed once, done one by one, and carried on with after a stop.

use std::sync::Arc;

use axum::http::StatusCode;
use policy::Role;
use serde_json::Value;

use super::browser::{Browser, between, number};
use super::officers::limit;
use crate::world::World;

/// Chooses certificates; the address of the list and its page.
async fn plan(browser: &Browser<'_>, fields: &[(&str, &str)]) -> (String, String) {
    let planned = browser.post("/mass", fields).await;
    let (path, page) = browser.follow(planned).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (path, page.body)
}

/// The figure of a fact of the page.
fn figure(body: &str, label: &str) -> usize {
    let fact = between(body, &format!("<dt>{label}</dt><dd>"), "</dd>");
    fact.parse().unwrap()
}

async fn three(world: &World) -> Vec<String> {
    let mut serials = Vec::new();
    for n in 1..=3 {
        serials.push(world.issue(n).await.0);
    }
    serials
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_what_happens() {
    let world = World::found().await;
    let serials = three(&world).await;
    world
        .change(Role::Production, &serials[2], "hold", None)
        .await;
    let review = Browser::of(&world, Role::Review).await;
    // One unit.
    let (_, page) = plan(&review, &[("to", "hold"), ("unit", "演示单位1")]).await;
    assert_eq!(figure(&page, "将办理"), 1);
    assert!(
        page.contains(&serials[0]) && page.contains("演示单位1"),
        "{page}"
    );
    assert!(!page.contains(&serials[1]));
    // Whoever produced them: one is frozen already and stays out, with the rule.
    let producer = number(Role::Production);
    let chosen = [("to", "hold"), ("officer", &producer)];
    let (list, page) = plan(&review, &chosen).await;
    assert_eq!(
        (
            figure(&page, "符合条件"),
            figure(&page, "将办理"),
            figure(&page, "不办理")
        ),
        (3, 2, 1)
    );
    let left = between(&page, "id=\"left\"", "</section>");
    assert!(
        left.contains(&serials[2]) && left.contains("A409"),
        "{left}"
    );
    // Without a reason it is not signed.
    let silent = review.post(&list, &[("note", " ")]).await;
    assert!(silent.body.contains("请写明"), "{}", silent.body);
    let offered = review
        .post(&list, &[("note", "鲁应急〔2026〕3号 <b>")])
        .await;
    let (sign, page) = review.follow(offered).await;
    assert!(page.body.contains("冻结 2 张证书"), "{}", page.body);
    assert!(!page.body.contains("<b>"));
    // One of them changes before it is signed: it is refused, the other one goes on.
    world
        .change(Role::Production, &serials[0], "hold", None)
        .await;
    let signed = review.post(&format!("{sign}/demonstration"), &[]).await;
    let (path, page) = review.follow(signed).await;
    assert_eq!(path, list);
    assert!(
        page.body.contains("已办理 1 张") && page.body.contains("1 张未能办理"),
        "{}",
        page.body
    );
    let refused = between(&page.body, "id=\"refused\"", "</section>");
    assert!(refused.contains(&serials[0]), "{refused}");
    let english = review.get(&format!("{list}?lang=en")).await;
    assert!(
        english.body.contains("1 certificates were changed"),
        "{}",
        english.body
    );
    // Signed again, nothing happens again; nor by a second form.
    for again in [
        format!("{sign}/demonstration"),
        list.clone(),
        format!("{list}/resume"),
    ] {
        let again = review.post(&again, &[("note", "x")]).await;
        let (path, page) = review.follow(again).await;
        assert_eq!(path, list);
        assert!(page.body.contains("已办理 1 张"), "{}", page.body);
    }
    let discarded = review.post(&format!("{list}/discard"), &[]).await;
    assert_eq!(discarded.status, StatusCode::SEE_OTHER);
    assert_eq!(
        review.get(&list).await.status,
        StatusCode::OK,
        "what was done stays"
    );
    // It is on record at the certificate.
    let page = review.get(&format!("/cert/jinan/{}", serials[1])).await;
    assert!(page.body.contains("名单摘要"), "{}", page.body);
    // Nobody else sees the list.
    let production = Browser::of(&world, Role::Production).await;
    for path in [
        list.clone(),
        format!("{list}/resume"),
        format!("{list}/discard"),
    ] {
        let answer = production.post(&path, &[("note", "x")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(production.get(&list).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_results_of_a_search_are_revoked_by_whoever_may() {
    let world = World::found().await;
    let serials = three(&world).await;
    let review = Browser::of(&world, Role::Review).await;
    let found = review.post("/cert", &[("text", "演示单位2")]).await;
    assert!(
        found.body.contains("action=\"/mass/form\""),
        "{}",
        found.body
    );
    let form = review
        .post("/mass/form", &[("text", "演示单位2"), ("state", "good")])
        .await;
    assert!(form.body.contains("value=\"演示单位2\""), "{}", form.body);
    let chosen = [
        ("to", "revoke"),
        ("reason", "cessationOfOperation"),
        ("text", "演示单位2"),
    ];
    let (list, page) = plan(&review, &chosen).await;
    assert!(
        page.contains("不能恢复") && page.contains(&serials[1]),
        "{page}"
    );
    assert_eq!(figure(&page, "将办理"), 1);
    let offered = review.post(&list, &[("note", "撤销")]).await;
    let done = review.sign_mass(offered).await;
    assert!(done.body.contains("已办理 1 张"), "{}", done.body);
    let page = review.get(&format!("/cert/jinan/{}", serials[1])).await;
    assert!(page.body.contains("已吊销"), "{}", page.body);
    // Who may only freeze is offered nothing else, and cannot say it either.
    let entry = Browser::of(&world, Role::Entry).await;
    assert!(!entry.get("/mass").await.body.contains("批量吊销</label>"));
    let refused = entry.post("/mass", &chosen).await;
    assert!(refused.body.contains("P403"), "{}", refused.body);
    for (fields, words) in [
        (&[("to", "hold")][..], "请至少填写"),
        (&[("to", "hold"), ("from", "gestern")], "日期格式不对"),
        (
            &[
                ("to", "hold"),
                ("from", "2026-03-09"),
                ("until", "2026-03-01"),
            ],
            "早于开始日期",
        ),
    ] {
        let refused = entry.post("/mass", fields).await;
        assert!(refused.body.contains(words), "{}", refused.body);
    }
    let strange = entry
        .post("/mass", &[("to", "release"), ("unit", "x")])
        .await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
    let (_, empty) = plan(&entry, &[("to", "hold"), ("unit", "没有的单位")]).await;
    assert!(
        empty.contains("名单为空") && !empty.contains("name=\"note\""),
        "{empty}"
    );
    // Beyond the scope there is nothing to choose.
    limit(&world, Role::Entry, &["370200"]).await;
    let entry = Browser::of(&world, Role::Entry).await;
    let (_, page) = plan(&entry, &[("to", "hold"), ("unit", "演示单位1")]).await;
    assert_eq!(figure(&page, "符合条件"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_before_a_stop_is_carried_on_with() {
    let world = World::found().await;
    let serials = three(&world).await;
    let review = Browser::of(&world, Role::Review).await;
    let producer = number(Role::Production);
    let (list, _) = plan(&review, &[("to", "hold"), ("officer", &producer)]).await;
    let offered = review.post(&list, &[("note", "应急")]).await;
    let (sign, _) = review.follow(offered).await;
    let statement = review.get(&format!("{sign}/statement")).await.body;
    // As it lies after a kill between the signature and the first part.
    let id = list.strip_prefix("/mass/").unwrap();
    let desk = &world.portal.desk;
    let mut act = desk.mass_act(id).await.unwrap().unwrap();
    let mut content: Value = serde_json::from_slice(&act.content).unwrap();
    let signature = base64::Engine::decode(
        &base64::prelude::BASE64_STANDARD,
        world.sign(Role::Review, &statement),
    );
    content["signed"] = serde_json::json!([statement, hex::encode(signature.unwrap())]);
    act.content = zeroize::Zeroizing::new(serde_json::to_vec(&content).unwrap());
    act.state = "open".to_owned();
    assert!(desk.put_mass_act(&act).await.unwrap());
    let page = review.get(&list).await;
    assert!(page.body.contains("正在办理"), "{}", page.body);
    crate::desk::resume(Arc::clone(&world.portal)).await;
    let page = review.get(&list).await;
    assert!(page.body.contains("已办理 3 张"), "{}", page.body);
    for serial in &serials {
        let page = review.get(&format!("/cert/jinan/{serial}")).await;
        assert!(page.body.contains("冻结"), "{}", page.body);
    }
    crate::desk::resume(Arc::clone(&world.portal)).await;
    assert!(desk.open_mass_acts().await.unwrap().is_empty());

    // A signature that is somebody else's begins nothing and is told.
    let (list, _) = plan(
        &review,
        &[
            ("to", "revoke"),
            ("reason", "superseded"),
            ("unit", "演示单位1"),
        ],
    )
    .await;
    let id = list.strip_prefix("/mass/").unwrap();
    let mut act = desk.mass_act(id).await.unwrap().unwrap();
    let mut content: Value = serde_json::from_slice(&act.content).unwrap();
    content["signed"] = serde_json::json!([statement, "00"]);
    act.content = zeroize::Zeroizing::new(serde_json::to_vec(&content).unwrap());
    act.state = "open".to_owned();
    assert!(desk.put_mass_act(&act).await.unwrap());
    crate::desk::resume(Arc::clone(&world.portal)).await;
    let page = review.get(&list).await;
    assert!(page.body.contains("A403"), "{}", page.body);
}
