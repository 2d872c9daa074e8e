//! Officers at the desk: proposed by one administrator, confirmed by another, and what each page says on the way.

use axum::http::StatusCode;
use policy::Role;

use super::browser::{Browser, between, number};
use crate::world::{SECOND_ADMINISTRATOR, World, department_case};
use serde_json::json;

/// An officer certificate for somebody; its fingerprint as the form offers it.
async fn certified(world: &World, administrator: &Browser<'_>) -> String {
    let mut case = department_case(9);
    case["profile"] = "officer".into();
    case["form"] = json!({
        "name": "高春燕", "department": "沂水县注册机构", "role": "录入员", "basis": "鲁经信政〔2026〕3号",
    });
    let submitted = world.act(Role::Entry, case).await;
    assert_eq!(submitted.status, StatusCode::OK, "{}", submitted.body);
    let case = submitted.json()["case"].clone();
    let review = json!({"act": "review-case", "case": case, "revision": 1, "decision": "approved"});
    world.act(Role::Review, review).await;
    let issue = json!({"act": "issue-certificates", "cases": [case]});
    let issued = world.act(Role::Production, issue).await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.body);
    let form = administrator.get("/officer/new").await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.body);
    let option = between(&form.body, "请选择</option>", "</select>");
    assert!(option.contains("高春燕"), "{option}");
    between(option, "value=\"", "\"").to_owned()
}

/// Restricts the officer of that role to these cities, by two administrators.
pub(super) async fn limit(world: &World, role: Role, cities: &[&str]) {
    let propose = json!({
        "act": "propose-officer",
        "officer": number(role),
        "change": {"kind": "change", "terms": {"role": role.as_str(), "cities": cities}},
        "note": "鲁经信政〔2026〕5号",
    });
    let proposed = world.act(Role::RaAdministrator, propose).await;
    assert_eq!(proposed.status, StatusCode::OK, "{}", proposed.body);
    let proposal = proposed.json()["proposal"].clone();
    let second = Browser::numbered(world, SECOND_ADMINISTRATOR).await;
    let at = format!("/officer/proposal/{proposal}/confirm");
    let offered = second.post(&at, &[]).await;
    second.sign(offered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_appoint_and_end_an_officer() {
    let world = World::found().await;
    let first = Browser::of(&world, Role::RaAdministrator).await;
    let second = Browser::numbered(&world, SECOND_ADMINISTRATOR).await;
    let certificate = certified(&world, &first).await;
    let fields = [
        ("certificate", certificate.as_str()),
        ("role", "entry"),
        ("city", "370100"),
        ("city", "370200"),
        ("units", "演示单位1\r\n\r\n 演示单位2 \r\n"),
        ("until", "2026-12-31"),
        ("note", "鲁经信政〔2026〕5号"),
    ];
    let offered = first.post("/officer/new", &fields).await;
    let (_, page) = first.follow(offered).await;
    for said in [
        "高春燕",
        "录入员",
        "济南市、青岛市",
        "演示单位1、演示单位2",
        "2027年1月1日 00:00",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    let offered = first.post("/officer/new", &fields).await;
    let done = first.sign(offered).await;
    let proposal = between(&done.body, "/officer/proposal/", "\"").to_owned();
    let at = format!("/officer/proposal/{proposal}");
    // Whoever proposed it sees no way to confirm it, and has none.
    let own = first.get(&at).await;
    assert!(
        own.body.contains("须由另一位 RA 管理员确认"),
        "{}",
        own.body
    );
    assert!(!own.body.contains("/confirm\""), "{}", own.body);
    let refused = first.post(&format!("{at}/confirm"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("P409"), "{}", refused.body);
    // The second one finds it in the queue.
    let queue = second.get("/officer/proposal").await;
    assert!(
        queue.body.contains("<span class=\"count\">1</span>"),
        "{}",
        queue.body
    );
    assert!(queue.body.contains(&at), "{}", queue.body);
    let page = second.get(&at).await;
    assert!(page.body.contains("/confirm\""), "{}", page.body);
    let offered = second.post(&format!("{at}/confirm"), &[]).await;
    let done = second.sign(offered).await;
    let officer = between(&done.body, "<a href=\"/officer/", "\"").to_owned();
    assert!(officer.starts_with("OP-"), "{officer}");
    let shown = second.get(&format!("/officer/{officer}")).await;
    for said in [
        "高春燕",
        "在任",
        "济南市、青岛市",
        "演示单位1",
        "任命与变更记录",
    ] {
        assert!(shown.body.contains(said), "{said}: {}", shown.body);
    }
    let list = second.get("/officer").await;
    assert!(
        list.body.contains("<span class=\"count\">7</span>"),
        "{}",
        list.body
    );
    assert_eq!(list.body.matches("<tr><th scope=\"row\">").count(), 7);
    // The end takes two as well.
    let end = format!("/officer/{officer}/end");
    let offered = second.post(&end, &[("note", "借调期满")]).await;
    let done = second.sign(offered).await;
    let proposal = between(&done.body, "/officer/proposal/", "\"").to_owned();
    let offered = first
        .post(&format!("/officer/proposal/{proposal}/confirm"), &[])
        .await;
    first.sign(offered).await;
    let shown = first.get(&format!("/officer/{officer}")).await;
    assert!(shown.body.contains("已终止"), "{}", shown.body);
    assert!(!shown.body.contains("/change\""), "{}", shown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_officer_is_signed_out_in_the_same_second() {
    let world = World::found().await;
    let first = Browser::of(&world, Role::RaAdministrator).await;
    let second = Browser::numbered(&world, SECOND_ADMINISTRATOR).await;
    let reviewer = Browser::of(&world, Role::Review).await;
    assert_eq!(reviewer.get("/desk").await.status, StatusCode::OK);
    let end = format!("/officer/{}/end", number(Role::Review));
    let offered = first.post(&end, &[("note", "调离")]).await;
    let done = first.sign(offered).await;
    assert_eq!(reviewer.get("/desk").await.status, StatusCode::OK);
    let proposal = between(&done.body, "/officer/proposal/", "\"").to_owned();
    let at = format!("/officer/proposal/{proposal}/confirm");
    let offered = second.post(&at, &[]).await;
    second.sign(offered).await;
    let out = reviewer.get("/desk").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.body);
    let own = number(Role::Review);
    let again = [("number", own.as_str())];
    let refused = reviewer.post("/desk/sign-in/demonstration", &again).await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER, "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_shows_what_is_in_force_and_a_refusal_says_why() {
    let world = World::found().await;
    let first = Browser::of(&world, Role::RaAdministrator).await;
    let second = Browser::numbered(&world, SECOND_ADMINISTRATOR).await;
    let at = format!("/officer/{}/change", number(Role::Entry));
    let form = first.get(&at).await;
    assert!(
        form.body.contains("value=\"entry\" required checked"),
        "{}",
        form.body
    );
    for (fields, said) in [
        (&[("note", "x")][..], "请选择岗位"),
        (
            &[("role", "entry"), ("until", "31.12.2026"), ("note", "x")],
            "日期请写成",
        ),
        (
            &[("role", "entry"), ("until", "2020-01-01"), ("note", "x")],
            "任期须",
        ),
        (&[("role", "entry")], "变更理由"),
        (
            &[("role", "entry"), ("city", "990000"), ("note", "x")],
            "行政区划代码",
        ),
    ] {
        let page = first.post(&at, fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains(said), "{said}: {}", page.body);
        assert!(page.body.contains("error-summary"), "{}", page.body);
    }
    let auditor = [("role", "auditor"), ("note", "改任")];
    let offered = first.post(&at, &auditor).await;
    let done = first.sign(offered).await;
    let proposal = between(&done.body, "/officer/proposal/", "\"").to_owned();
    let refuse = format!("/officer/proposal/{proposal}/refuse");
    let empty = second.post(&refuse, &[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let offered = second.post(&refuse, &[("reasons", "人手不足")]).await;
    let done = second.sign(offered).await;
    assert!(done.body.contains("没有生效"), "{}", done.body);
    let list = second.get("/officer/proposal?state=refused").await;
    assert!(list.body.contains(&proposal), "{}", list.body);
    let none = second.get("/officer/proposal?state=confirmed").await;
    assert!(none.body.contains("没有这样的提议"), "{}", none.body);
    // About oneself there is nothing to do.
    let own = first
        .get(&format!("/officer/{}", number(Role::RaAdministrator)))
        .await;
    assert!(!own.body.contains("/change\""), "{}", own.body);
    let own = format!("/officer/{}/end", number(Role::RaAdministrator));
    let refused = first.post(&own, &[("note", "辞职")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("P412"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_speak_english() {
    let world = World::found().await;
    let browser = Browser::of(&world, Role::RaAdministrator).await;
    let change = format!("/officer/{}/change", number(Role::Entry));
    for (path, said) in [
        ("/officer", "Officers"),
        ("/officer/new", "There is no free officer certificate."),
        ("/officer/proposal", "No such proposals."),
        (change.as_str(), "The present one"),
    ] {
        let page = browser.get(&format!("{path}?lang=en")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains(said), "{path}: {}", page.body);
    }
}
