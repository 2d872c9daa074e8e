//! The auditor's questions: an answer and none, counts that equal lists, pages, files, and nobody else.

use axum::http::{StatusCode, header};
use policy::Role;

use super::browser::{Browser, between};
use crate::world::World;

/// Rows of the table of a page.
fn rows(body: &str) -> usize {
    body.split_once("<tbody>")
        .map_or(0, |(_, table)| table.matches("<tr>").count())
}

/// The count beside the title.
fn count(body: &str) -> usize {
    let count = between(body, "<span class=\"count\">", "</span>");
    count.replace(',', "").parse().unwrap()
}

const NAMES: [&str; 10] = [
    "issued",
    "without-second-person",
    "one-hand",
    "pairs",
    "revoked-soon",
    "night",
    "acts",
    "looks",
    "proposals",
    "never-issued",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_question_has_a_page_and_a_file_with_the_same_rows() {
    let world = World::found().await;
    let (serial, _) = world.issue(1).await;
    world
        .change(Role::Review, &serial, "revoke", Some("superseded"))
        .await;
    let auditor = Browser::of(&world, Role::Auditor).await;
    let list = auditor.get("/audit").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.body);
    // The clock of the tests stands at 17:41: all four acts were outside of working hours.
    for (name, expected) in NAMES.into_iter().zip([1, 0, 0, 0, 1, 4, 4, 0, 0, 0]) {
        assert!(list.body.contains(&format!("/audit/{name}\"")), "{name}");
        let page = auditor.get(&format!("/audit/{name}")).await;
        assert_eq!(page.status, StatusCode::OK, "{name}: {}", page.body);
        let found = (count(&page.body), rows(&page.body));
        assert_eq!(found, (expected, expected), "{name}: {}", page.body);
        assert_eq!(
            page.body.contains("没有这样的记录"),
            expected == 0,
            "{name}"
        );
        let file = auditor.get(&format!("/audit/{name}/file")).await;
        assert_eq!(file.status, StatusCode::OK, "{name}");
        assert_eq!(file.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
        assert_eq!(
            file.body.lines().count(),
            expected + 1,
            "{name}: {}",
            file.body
        );
        let english = auditor.get(&format!("/audit/{name}?lang=en")).await;
        assert_eq!(english.status, StatusCode::OK, "{name}");
        // Long ago there was nothing.
        let before = auditor
            .get(&format!("/audit/{name}?from=2020-01-01&until=2020-01-31"))
            .await;
        if name != "never-issued" {
            assert_eq!(count(&before.body), 0, "{name}");
        }
    }
    let page = auditor.get("/audit/issued").await;
    assert!(
        page.body.contains(&format!("/cert/jinan/{serial}\"")),
        "{}",
        page.body
    );
    assert!(page.body.contains("/log/entry/"), "{}", page.body);
    let one = auditor.get("/audit/acts?officer=OP-0002").await;
    assert_eq!(count(&one.body), 2, "{}", one.body);
    let nobody = auditor.get("/audit/acts?officer=OP-0099").await;
    assert_eq!(count(&nobody.body), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_answers_come_in_pages() {
    let world = World::found().await;
    let (serial, _) = world.issue(1).await;
    // 3 + 56 acts.
    for number in 0..28 {
        let holder = [Role::Entry, Role::Production][number % 2];
        world.change(holder, &serial, "hold", None).await;
        world.change(Role::Review, &serial, "release", None).await;
    }
    let auditor = Browser::of(&world, Role::Auditor).await;
    let first = auditor.get("/audit/acts").await;
    assert_eq!((count(&first.body), rows(&first.body)), (59, 50));
    let more = between(&first.body, "<p class=\"pager\"><a href=\"", "\"");
    let second = auditor
        .get(&more.replace("&amp;", "&").replace("&#38;", "&"))
        .await;
    assert_eq!((count(&second.body), rows(&second.body)), (59, 9));
    let file = auditor.get("/audit/acts/file").await;
    assert_eq!(file.body.lines().count(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_said_to_be_nonsense() {
    let world = World::found().await;
    let auditor = Browser::of(&world, Role::Auditor).await;
    for query in [
        "from=2026-12-31&until=2026-01-01",
        "from=yesterday",
        "from=0001-01-01&until=9999-12-31",
        "days=0",
        "days=99999999999999999999",
        "officer=OP-0001'%20OR%201=1",
    ] {
        let page = auditor.get(&format!("/audit/revoked-soon?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        assert!(
            page.body.contains("error-summary"),
            "{query}: {}",
            page.body
        );
        let file = auditor
            .get(&format!("/audit/revoked-soon/file?{query}"))
            .await;
        assert_eq!(file.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let none = auditor.get("/audit/everything").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    for place in ["before=-1", "before=x", "before=1-2"] {
        let page = auditor.get(&format!("/audit/looks?{place}")).await;
        assert_eq!(page.status, StatusCode::OK, "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn auditors_change_nothing_and_nobody_else_asks() {
    let world = World::found().await;
    let auditor = Browser::of(&world, Role::Auditor).await;
    for path in [
        "/officer/new",
        "/officer/OP-0001/change",
        "/officer/OP-0001/end",
    ] {
        for refused in [auditor.get(path).await, auditor.post(path, &[]).await] {
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
            assert!(refused.body.contains("P403"), "{}", refused.body);
        }
    }
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Auditor) {
        let browser = Browser::of(&world, role).await;
        for name in NAMES {
            for path in [format!("/audit/{name}"), format!("/audit/{name}/file")] {
                let refused = browser.get(&path).await;
                assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path} {role}");
            }
        }
    }
}
