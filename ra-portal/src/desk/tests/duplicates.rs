//! Whom an application resembles: told to whoever enters it and reviews it, and no more than the scope allows.

use policy::Role;

use super::browser::{Browser, between};
use super::officers::limit;
use super::walk::{approve, draft, submit};
use crate::world::World;

/// Puts other answers on a page of a draft.
async fn put(browser: &Browser<'_>, draft: &str, part: &str, fields: &[(&str, &str)]) {
    let saved = browser
        .post(&format!("{draft}/fields/{part}"), fields)
        .await;
    assert!(saved.status.is_redirection(), "{}", saved.body);
}

/// The panel of a page.
async fn panel(browser: &Browser<'_>, path: &str) -> String {
    let page = browser.get(path).await;
    between(&page.body, "id=\"duplicates\"", "</section>").to_owned()
}

const SOMEBODY_ELSE: [(&str, &str); 4] = [
    ("name", "赵敏之"),
    ("id_number", "379902198001010017"),
    ("employee_number", "P0000002"),
    ("email", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_likeness_has_its_class() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let first = draft(&entry).await;
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 100]].concat();
    let evidence = format!("{first}/evidence");
    entry.upload(&evidence, &[("title", "x")], Some(&png)).await;
    assert!(
        panel(&entry, &format!("{first}/check"))
            .await
            .contains("没有发现相同")
    );
    let case = submit(&entry, &first).await;

    // The same person: exact, and it cannot be submitted.
    let second = draft(&entry).await;
    let check = format!("{second}/check");
    let said = panel(&entry, &check).await;
    assert!(
        said.contains("同一主体已有同类") && said.contains(&case),
        "{said}"
    );
    let page = entry.get(&check).await;
    assert!(
        !page.body.contains(&format!("{second}/submit")),
        "{}",
        page.body
    );
    let tried = entry.post(&format!("{second}/submit"), &[]).await;
    assert!(
        tried.body.contains("同一主体已有同类"),
        "it goes nowhere: {}",
        tried.body
    );

    // Somebody else with the same number of a telephone: to be explained.
    put(&entry, &second, "who", &SOMEBODY_ELSE).await;
    let said = panel(&entry, &check).await;
    assert!(
        said.contains("同一手机号") && said.contains(&case),
        "{said}"
    );
    for remark in [&[][..], &[("remark", "  ")]] {
        let refused = entry.post(&format!("{second}/submit"), remark).await;
        assert!(
            refused.body.contains("请在“录入说明”中写明"),
            "{}",
            refused.body
        );
    }
    // Of the same name and birthday, under another number.
    let namesake = [
        ("name", "买买提·阿不都"),
        ("id_number", "379902199003070034"),
    ];
    put(&entry, &second, "who", &namesake).await;
    let said = panel(&entry, &check).await;
    assert!(said.contains("出生日期相同"), "{said}");
    assert!(said.contains("姓名同音"), "the same unit: {said}");
    // Weak ones: a name that sounds the same in this unit, the same file.
    put(
        &entry,
        &second,
        "who",
        &[
            ("name", "买买題·阿不都"),
            ("id_number", "379902198001010017"),
        ],
    )
    .await;
    put(
        &entry,
        &second,
        "contact",
        &[("mobile", "10012345679"), ("basis", "鲁1号")],
    )
    .await;
    let evidence = format!("{second}/evidence");
    entry.upload(&evidence, &[("title", "x")], Some(&png)).await;
    let said = panel(&entry, &check).await;
    assert!(said.contains("同一份证明材料"), "{said}");
    assert!(
        !said.contains("高度相似") && !said.contains("同一主体"),
        "{said}"
    );
    put(
        &entry,
        &second,
        "unit",
        &[("department", "山东省审计厅"), ("city", "济南市")],
    )
    .await;
    assert!(!panel(&entry, &check).await.contains("姓名同音"));

    // With an explanation it goes on, and the reviewer reads it.
    put(
        &entry,
        &second,
        "contact",
        &[("mobile", "10012345678"), ("basis", "鲁1号")],
    )
    .await;
    let remark = "夫妻二人共用手机号 <b>";
    let offered = entry
        .post(&format!("{second}/submit"), &[("remark", remark)])
        .await;
    let done = entry.sign(offered).await;
    let other = between(&done.body, "<a href=\"/case/", "\"").to_owned();
    let review = Browser::of(&world, Role::Review).await;
    let page = review.get(&format!("/case/{other}/review")).await;
    assert!(page.body.contains("夫妻二人共用手机号") && !page.body.contains("<b>"));
    let said = panel(&review, &format!("/case/{other}/review")).await;
    assert!(
        said.contains("同一手机号") && said.contains(&case),
        "{said}"
    );
    assert!(!said.contains(&format!(">{other}<")), "not itself: {said}");
    let english = review.get(&format!("/case/{other}/review?lang=en")).await;
    assert!(english.body.contains("Very much alike"), "{}", english.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compromised_key_is_forbidden_and_a_used_one_is_told() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let first = draft(&entry).await;
    let kept = world
        .portal
        .desk
        .draft(first.strip_prefix("/draft/").unwrap());
    let kept: serde_json::Value =
        serde_json::from_slice(&kept.await.unwrap().unwrap().content).unwrap();
    let request = kept["request"].as_str().unwrap().to_owned();
    let case = submit(&entry, &first).await;
    let second = draft(&entry).await;
    put(&entry, &second, "who", &SOMEBODY_ELSE).await;
    put(
        &entry,
        &second,
        "contact",
        &[("mobile", ""), ("basis", "鲁1号")],
    )
    .await;
    let again = entry
        .upload(&format!("{second}/request"), &[("request", &request)], None)
        .await;
    assert!(again.status.is_redirection(), "{}", again.body);
    let check = format!("{second}/check");
    let said = panel(&entry, &check).await;
    assert!(
        said.contains("已用于其他案件") && said.contains(&case),
        "{said}"
    );
    let review = Browser::of(&world, Role::Review).await;
    approve(&review, &case).await;
    let production = Browser::of(&world, Role::Production).await;
    let offered = production.post("/make", &[("case", &case)]).await;
    let done = production.sign(offered).await;
    let at = format!("/cert/{}", between(&done.body, "<a href=\"/cert/", "\""));
    let lost = [
        ("to", "revoke"),
        ("reason", "keyCompromise"),
        ("note", "遗失"),
    ];
    let offered = review.post(&format!("{at}/change"), &lost).await;
    review.sign(offered).await;
    let said = panel(&entry, &check).await;
    assert!(
        said.contains("已报告泄露") && said.contains("禁止"),
        "{said}"
    );
    assert!(
        !entry
            .get(&check)
            .await
            .body
            .contains(&format!("{second}/submit"))
    );
    let tried = entry.post(&format!("{second}/submit"), &[]).await;
    assert!(
        tried.body.contains("已报告泄露"),
        "it goes nowhere: {}",
        tried.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_another_city_it_is_said_only_that_there_is_one() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let case = submit(&entry, &draft(&entry).await).await;
    limit(&world, Role::Entry, &["370200"]).await;
    let entry = Browser::of(&world, Role::Entry).await;
    let second = draft(&entry).await;
    let check = format!("{second}/check");
    put(
        &entry,
        &second,
        "unit",
        &[("department", "青岛市财政局"), ("city", "青岛市")],
    )
    .await;
    let said = panel(&entry, &check).await;
    assert!(
        said.contains("同一主体已有同类") && said.contains("管辖范围之外"),
        "{said}"
    );
    let whole = entry.get(&check).await.body;
    for hidden in [&case, "山东省财政厅", "济南市"] {
        assert!(!whole.contains(hidden), "{hidden}: {whole}");
    }
    put(&entry, &second, "who", &SOMEBODY_ELSE).await;
    let said = panel(&entry, &check).await;
    assert!(
        said.contains("同一手机号") && said.contains("管辖范围之外"),
        "{said}"
    );
    assert!(!said.contains(&case), "{said}");
    // Of what is weak not even that.
    put(
        &entry,
        &second,
        "contact",
        &[("mobile", ""), ("basis", "鲁1号")],
    )
    .await;
    let said = panel(&entry, &check).await;
    assert!(said.contains("没有发现相同"), "{said}");
}
