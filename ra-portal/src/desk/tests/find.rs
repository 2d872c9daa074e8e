//! What can be found, by what, and where it leads: search, holders, departments.

use axum::http::StatusCode;
use policy::Role;
use serde_json::json;

use super::browser::{Browser, between};
use super::walk::{approve, draft, submit};
use crate::world::{World, department_case};

/// Takes a member of staff through all three desks; the case, and the address of the certificate.
async fn issued(world: &World) -> (String, String) {
    let entry = Browser::of(world, Role::Entry).await;
    let case = submit(&entry, &draft(&entry).await).await;
    approve(&Browser::of(world, Role::Review).await, &case).await;
    let production = Browser::of(world, Role::Production).await;
    let offered = production.post("/make", &[("case", &case)]).await;
    let done = production.sign(offered).await;
    let at = format!("/cert/{}", between(&done.body, "<a href=\"/cert/", "\""));
    (case, at)
}

/// The addresses that begin so to which a page links, as its source writes them.
fn links<'a>(body: &'a str, begin: &str) -> Vec<&'a str> {
    let parts = body.split("<a href=\"").skip(1);
    let hrefs = parts.filter_map(|part| part.split('"').next());
    hrefs.filter(|href| href.starts_with(begin)).collect()
}

/// The address that a source writes so, without the place on its page.
fn address(written: &str) -> String {
    let whole = written.replace("&#38;", "&");
    whole.trim_end_matches("#list").to_owned()
}

/// The number beside the heading of a page's list.
fn listed(body: &str, id: &str) -> u64 {
    let heading = between(body, &format!("id=\"{id}\">"), "</h");
    between(heading, "<span class=\"count\">", "<")
        .parse()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_by_what_an_officer_has_at_hand() {
    let world = World::found().await;
    let (case, at) = issued(&world).await;
    let (other, _) = world.issue(1).await;
    let review = Browser::of(&world, Role::Review).await;
    let serial = at.rsplit('/').next().unwrap().to_owned();
    for text in [
        "买买提·阿不都",
        "maimaitiabudu",
        "Mai Mai Ti A-bu-du",
        "mmtabd",
        "ＭＭＴＡＢＤ",
        "0018",
        "379902199003070018",
        "山东省财政厅",
        "财政",
        &case,
        &serial,
    ] {
        let found = review.post("/cert", &[("text", text)]).await;
        assert!(found.body.contains(&at), "{text}: {}", found.body);
        assert!(!found.body.contains(&other), "{text}");
        assert_eq!(listed(&found.body, "results"), 1, "{text}");
    }
    for text in [
        "mmtabe",
        "maimaiti",
        "0019",
        "001",
        "018",
        "政财",
        "%",
        "C-2026-9999999",
    ] {
        let found = review.post("/cert", &[("text", text)]).await;
        assert_eq!(found.status, StatusCode::OK, "{text}");
        assert!(found.body.contains("没有找到"), "{text}: {}", found.body);
    }
    // What was asked is shown as text, and told where it is too long.
    let hostile = "\"><script>alert(1)</script>";
    let found = review.post("/cert", &[("text", hostile)]).await;
    assert!(!found.body.contains("<script>"), "{}", found.body);
    let long = "长".repeat(201);
    let refused = review.post("/cert", &[("text", &long)]).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
    assert!(refused.body.contains("A413"), "{}", refused.body);
    let just = review.post("/cert", &[("text", &long[..600])]).await;
    assert_eq!(just.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holders_page_shows_what_they_have_and_what_this_officer_may_do() {
    let world = World::found().await;
    let (case, at) = issued(&world).await;
    for (role, may, may_not) in [
        (Role::Entry, vec!["hold"], vec!["revoke"]),
        (Role::Review, vec!["hold", "revoke"], vec!["release"]),
        (Role::Auditor, vec![], vec!["hold", "revoke", "release"]),
    ] {
        let browser = Browser::of(&world, role).await;
        let from_case = browser.get(&format!("/case/{case}")).await;
        let from_certificate = browser.get(&at).await;
        let link = format!("/case/{case}/holder");
        assert!(links(&from_case.body, &link).len() == 1, "{role}");
        assert!(links(&from_certificate.body, &link).len() == 1, "{role}");
        let led = browser.get(&link).await;
        let (path, page) = browser.follow(led).await;
        let token = path.strip_prefix("/person/").unwrap();
        assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(page.body.contains("买买提·阿不都"), "{}", page.body);
        assert!(!page.body.contains("379902199003070018"));
        assert!(page.body.contains(&at) && page.body.contains(&case));
        assert_eq!(listed(&page.body, "certificates"), 1);
        assert_eq!(listed(&page.body, "cases"), 1);
        for change in may {
            assert!(
                page.body.contains(&format!("{at}/change?to={change}")),
                "{role} {change}"
            );
        }
        for change in may_not {
            assert!(
                !page.body.contains(&format!("change?to={change}")),
                "{role} {change}"
            );
        }
    }
    // A second case of the same body stands on the same page, and asks for review of whoever may.
    let (_, _) = world.issue(2).await;
    let mut again = department_case(2);
    again["profile"] = json!("department-encryption");
    let submitted = world.act(Role::Entry, again).await;
    assert_eq!(submitted.status, StatusCode::OK, "{}", submitted.body);
    let second = submitted.json()["case"].as_str().unwrap().to_owned();
    let review = Browser::of(&world, Role::Review).await;
    let led = review.get(&format!("/case/{second}/holder")).await;
    let (_, page) = review.follow(led).await;
    assert_eq!(listed(&page.body, "cases"), 2, "{}", page.body);
    assert_eq!(listed(&page.body, "certificates"), 1);
    assert!(page.body.contains(&format!("/case/{second}/review")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_of_a_department_is_the_length_of_its_list() {
    let world = World::found().await;
    let (case, _) = issued(&world).await;
    let held = issued_beside(&world, 3, "山东省财政厅").await;
    let revoked = issued_beside(&world, 4, "山东省财政厅").await;
    issued_beside(&world, 5, "山东省财政厅监督局").await;
    for (serial, change, reason) in [
        (&held, "hold", None),
        (&revoked, "revoke", Some("superseded")),
    ] {
        let done = world.change(Role::Review, serial, change, reason).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    }
    let waiting = world
        .act(Role::Entry, of_department(6, "山东省财政厅"))
        .await;
    assert_eq!(waiting.status, StatusCode::OK, "{}", waiting.body);

    let auditor = Browser::of(&world, Role::Auditor).await;
    let led = auditor.get(&format!("/case/{case}/unit")).await;
    let (path, page) = auditor.follow(led).await;
    assert!(page.body.contains("<h1>山东省财政厅</h1>"), "{}", page.body);
    assert_eq!(listed(&page.body, "list"), 3, "{}", page.body);
    assert!(!page.body.contains("监督局"), "another department's");
    let mut sum = 0;
    let numbers = links(&page.body, &format!("{path}?")).into_iter();
    for written in numbers.filter(|written| written.ends_with("#list")) {
        let told: u64 = between(&page.body, &format!("{written}\">"), "<")
            .parse()
            .unwrap();
        let at = &address(written);
        let list = auditor.get(at).await;
        assert_eq!(listed(&list.body, "list"), told, "{at}");
        let lines = list.body.matches("<th scope=\"row\"><a href=\"").count();
        assert_eq!(lines as u64, told, "{at}");
        sum += told;
    }
    // Three by class and state, three in the line of all, two that are not revoked by month.
    assert_eq!(sum, 8);
    let cases = links(&page.body, "/case?unit=");
    assert_eq!(cases.len(), 1, "{cases:?}");
    let list = auditor.get(&address(cases[0])).await;
    assert_eq!(listed(&list.body, "cases"), 1, "{}", list.body);
}

/// A case of a department of that name.
fn of_department(number: u32, name: &str) -> serde_json::Value {
    let mut case = department_case(number);
    case["form"]["department"] = json!(name);
    case
}

/// Takes it through all three desks; the serial.
async fn issued_beside(world: &World, number: u32, name: &str) -> String {
    let submitted = world.act(Role::Entry, of_department(number, name)).await;
    assert_eq!(submitted.status, StatusCode::OK, "{}", submitted.body);
    let case = submitted.json()["case"].clone();
    let review = json!({"act": "review-case", "case": case, "revision": 1, "decision": "approved"});
    let reviewed = world.act(Role::Review, review).await;
    assert_eq!(reviewed.status, StatusCode::OK, "{}", reviewed.body);
    let make = json!({"act": "issue-certificates", "cases": [case]});
    let issued = world.act(Role::Production, make).await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.body);
    let issued = issued.json();
    issued["certificates"][0]["serial"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_names_one_thing_or_nothing() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let case = submit(&entry, &draft(&entry).await).await;
    let token = async |end: &str| {
        let led = entry.get(&format!("/case/{case}/{end}")).await;
        entry.follow(led).await.0
    };
    let holder = token("holder").await.replace("/person/", "");
    let unit = token("unit").await.replace("/unit/", "");
    let key = world.authority.store().seal_key();
    let part = key.keyed_digest("department", "财政").to_string();
    let tail = key.keyed_digest("identity-tail", "0018").to_string();
    let name = key.keyed_digest("name", "买买提·阿不都").to_string();
    for (path, told) in [
        (format!("/person/{unit}"), "A404"),
        (format!("/unit/{holder}"), "A404"),
        (format!("/unit/{part}"), "A404"),
        (format!("/person/{tail}"), "A404"),
        (format!("/person/{name}"), "A404"),
        (format!("/unit/{}", unit.to_uppercase()), "A404"),
        (format!("/unit/{}", &unit[..63]), "A404"),
        (format!("/person/{}", "0".repeat(64)), "A404"),
        (format!("/person/{}", "z".repeat(3_000)), "A404"),
        (format!("/case?unit={}", "z".repeat(64)), "A404"),
        ("/case?unit=".to_owned(), "A404"),
        ("/case/C-2026-9999999/holder".to_owned(), "A404"),
        ("/case/C-2026-9999999/unit".to_owned(), "A404"),
    ] {
        let answer = entry.get(&path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains(told), "{path}: {}", answer.body);
    }
    // What an address says of a list is taken where it is known, and never shown.
    let odd = "state=%3Cscript%3E&profile=%3Cscript%3E&ends=2026-99&before=x";
    let page = entry.get(&format!("/unit/{unit}?{odd}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(!page.body.contains("<script>"), "{}", page.body);
    assert_eq!(listed(&page.body, "list"), 0, "the whole list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_case_belongs_to_what_it_says_now() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let case = submit(&entry, &draft(&entry).await).await;
    let unit = async || {
        let led = entry.get(&format!("/case/{case}/unit")).await;
        entry.follow(led).await
    };
    let (before, page) = unit().await;
    assert!(page.body.contains("<h1>山东省财政厅</h1>"), "{}", page.body);

    let review = Browser::of(&world, Role::Review).await;
    let fields = [
        ("revision", "1"),
        ("decision", "return"),
        ("reasons", "单位名称不对"),
    ];
    let offered = review.post(&format!("/case/{case}/review"), &fields).await;
    review.sign(offered).await;
    let again = entry.post(&format!("/case/{case}/complete"), &[]).await;
    let (draft, _) = entry.follow(again).await;
    let corrected = [
        ("department", "山东省审计厅"),
        ("division", "国库处"),
        ("city", "济南市"),
    ];
    let saved = entry
        .post(&format!("{draft}/fields/unit"), &corrected)
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    entry
        .post(&format!("{draft}/request/demonstration"), &[])
        .await;
    assert_eq!(submit(&entry, &draft).await, case);

    let (after, page) = unit().await;
    assert_ne!(before, after);
    assert!(page.body.contains("<h1>山东省审计厅</h1>"), "{}", page.body);
    assert_eq!(links(&page.body, "/case?unit=").len(), 1);
    let gone = entry.get(&before).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "{}", gone.body);
}
