//! The overview: every number of it is the length of the list that it leads to.

use axum::http::StatusCode;
use policy::Role;
use serde_json::{Value, json};

use super::browser::{Browser, between};
use crate::world::{World, department_case};

const DAY: i64 = 86_400;

/// A case of a department there.
fn case_in(number: u32, city: &str, name: &str) -> Value {
    let mut case = department_case(number);
    case["form"]["city"] = json!(city);
    case["form"]["department"] = json!(name);
    case
}

async fn done(world: &World, role: Role, act: Value) -> Value {
    let done = world.act(role, act).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    done.json()
}

async fn submitted(world: &World, number: u32, city: &str, name: &str) -> Value {
    done(world, Role::Entry, case_in(number, city, name)).await["case"].clone()
}

async fn produced(world: &World, case: &Value) -> String {
    let review = json!({"act": "review-case", "case": case, "revision": 1, "decision": "approved"});
    done(world, Role::Review, review).await;
    let make = json!({"act": "issue-certificates", "cases": [case]});
    let issued = done(world, Role::Production, make).await;
    issued["certificates"][0]["serial"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The lists that a page links to with a number each: address and number.
fn numbers(body: &str) -> Vec<(String, u64)> {
    let parts = body.split("<a href=\"/dash/").skip(1);
    let links = parts.filter_map(|part| {
        let (written, rest) = part.split_once("\">")?;
        let (text, _) = rest.split_once('<')?;
        let number = text.replace(',', "").parse().ok()?;
        Some((format!("/dash/{}", written.replace("&#38;", "&")), number))
    });
    links.collect()
}

/// What a list says of its length, and its lines on all of its pages.
async fn list(browser: &Browser<'_>, at: &str) -> (u64, u64) {
    let (mut path, mut lines, mut told) = (at.to_owned(), 0, None);
    loop {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        let heading = between(&page.body, "<h1", "</h1>");
        let count = between(heading, "<span class=\"count\">", "</span>").replace(',', "");
        let count: u64 = count.parse().unwrap();
        assert_eq!(*told.get_or_insert(count), count, "{path}");
        lines += page.body.matches("<tr><th scope=\"row\">").count() as u64;
        let Some((_, rest)) = page.body.split_once("<p class=\"pager\"><a href=\"") else {
            return (count, lines);
        };
        path = rest.split('"').next().unwrap().replace("&#38;", "&");
    }
}

/// Everything there is to count, in four cities, over some days.
async fn peopled(world: &World) {
    for number in 1..=2 {
        let case = submitted(world, number, "济南市", "济南市财政局").await;
        produced(world, &case).await;
    }
    let case = submitted(world, 3, "青岛市", "青岛市财政局").await;
    let held = produced(world, &case).await;
    let case = submitted(world, 4, "莱芜市", "莱芜市财政局").await;
    let revoked = produced(world, &case).await;
    let case = submitted(world, 5, "某地", "某局").await;
    produced(world, &case).await;
    for (serial, change, reason) in [
        (&held, "hold", None),
        (&revoked, "revoke", Some("superseded")),
    ] {
        let changed = world.change(Role::Review, serial, change, reason).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    }
    let late = submitted(world, 6, "烟台市", "烟台市财政局").await;
    submitted(world, 7, "烟台市", "烟台市财政局").await;
    let returned = submitted(world, 8, "烟台市", "烟台市财政局").await;
    let review = json!({
        "act": "review-case", "case": returned, "revision": 1, "decision": "returned", "reasons": "请补正",
    });
    done(world, Role::Review, review).await;
    world.clock.advance(6 * DAY);
    produced(world, &late).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_is_the_length_of_its_list() {
    let world = World::found().await;
    peopled(&world).await;
    let auditor = Browser::of(&world, Role::Auditor).await;
    let mut seen = 0;
    for place in [
        "/dash",
        "/dash?city=370600",
        "/dash?city=none",
        "/dash?city=371300",
    ] {
        let page = auditor.get(place).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        for (at, number) in numbers(&page.body) {
            assert_eq!(list(&auditor, &at).await, (number, number), "{place} {at}");
            seen += number;
        }
    }
    // 济南 2, 青岛 1 on hold, 莱芜 1 revoked, 烟台 1 late, elsewhere 1; one case overdue, one returned.
    let page = auditor.get("/dash").await;
    let strip: Vec<u64> = between(&page.body, "<dl", "</dl>")
        .split("<dd>")
        .skip(1)
        .map(|part| part.split('<').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(strip, [4, 1, 0, 1]);
    assert!(seen > 40, "{seen}");
    let flow = between(&page.body, "id=\"flow\"", "</section>");
    let of = |word: &str, table: &str| -> u64 {
        let links = numbers(table).into_iter();
        links
            .filter(|(at, _)| at.contains(word))
            .map(|(_, number)| number)
            .sum()
    };
    assert_eq!((of("of=issued", flow), of("of=revoked", flow)), (6, 1));
    let promise = between(&page.body, "id=\"promise\"", "</section>");
    assert_eq!((of("of=in-time", promise), of("of=late", promise)), (5, 1));

    // What ends soon ends within the weeks that are shown.
    world.clock.advance(300 * DAY);
    let auditor = Browser::of(&world, Role::Auditor).await;
    let page = auditor.get("/dash").await;
    let expiry = between(&page.body, "id=\"expiry\"", "</section>");
    assert_eq!(of("of=ending", expiry), 5);
    for (at, number) in numbers(expiry) {
        assert_eq!(list(&auditor, &at).await, (number, number), "{at}");
    }
    // Those of the first day end a year after it, the late one six days later.
    for (of, from, number) in [
        ("ending", "2027-11-23", 5),
        ("ending", "2027-11-24", 1),
        ("held", "2027-11-24", 0),
    ] {
        let at = format!("/dash/list?of={of}&from={from}&until=2027-12-31");
        assert_eq!(list(&auditor, &at).await, (number, number), "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_and_many_units_go_on_over_pages() {
    let world = World::found().await;
    for number in 1..=52 {
        let case = submitted(&world, number, "济南市", &format!("演示单位{number}")).await;
        produced(&world, &case).await;
    }
    let auditor = Browser::of(&world, Role::Auditor).await;
    assert_eq!(
        list(&auditor, "/dash/list?of=good&city=370100").await,
        (52, 52)
    );
    assert_eq!(list(&auditor, "/dash/list?of=issued").await, (52, 52));
    let page = auditor.get("/dash").await;
    let units = between(&page.body, "id=\"units\"", "</section>");
    let rows = units.matches("<tr><th scope=\"row\">").count();
    assert_eq!(rows, 13, "twelve, and all others");
    assert!(units.contains("<a href=\"/dash/units\">40</a>"), "{units}");
    let first = auditor.get("/dash/units").await;
    let second = auditor.get("/dash/units?page=2").await;
    let of = |body: &str| numbers(body).len();
    assert_eq!((of(&first.body), of(&second.body)), (40, 12));
    let (at, number) = numbers(&second.body).remove(0);
    assert_eq!(list(&auditor, &at).await, (number, number));
    assert_eq!(number, 1);
    // A part of a name that few have, and one that all have.
    let found = auditor.post("/cert", &[("text", "示单位52")]).await;
    assert_eq!(
        found.body.matches("<tr><th scope=\"row\">").count(),
        1,
        "{}",
        found.body
    );
    assert!(found.body.contains("演示单位52"));
    let found = auditor.post("/cert", &[("text", "示单")]).await;
    assert_eq!(found.body.matches("<tr><th scope=\"row\">").count(), 50);
    let beyond = auditor.get("/dash/units?page=99999999999999999999").await;
    assert_eq!(beyond.status, StatusCode::OK);
    assert_eq!(of(&auditor.get("/dash/units?page=10000").await.body), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_named_and_have_twins_and_hostile_addresses_say_nothing() {
    let world = World::found().await;
    peopled(&world).await;
    let entry = Browser::of(&world, Role::Entry).await;
    for language in ["zh", "en"] {
        let page = entry.get(&format!("/dash?lang={language}")).await;
        let figures: Vec<&str> = page.body.split("<svg class=\"figure\"").skip(1).collect();
        assert_eq!(figures.len(), 5);
        for figure in figures {
            let (drawing, rest) = figure.split_once("</svg>").unwrap();
            assert!(
                drawing.contains("<title id=") && drawing.contains("<desc id="),
                "{drawing}"
            );
            assert!(drawing.contains("role=\"img\"") || drawing.contains("role=\"group\""));
            let section = rest.split("</section>").next().unwrap();
            assert!(
                section.contains("<table>"),
                "a figure without a table: {section}"
            );
        }
        assert!(
            page.body.matches("aria-label=").count() >= 17,
            "every tile says what it is"
        );
    }
    let unknown = entry.get("/dash/list?of=%3Cscript%3E").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    for path in [
        "/dash?city=%3Cscript%3E",
        "/dash/list?of=good&city=%3Cscript%3E&from=%3Cscript%3E&until=9&before=x",
        "/dash/overdue?city=%3Cscript%3E&after=%3Cscript%3E",
        "/dash/units?city=%3Cscript%3E&page=-1",
    ] {
        let page = entry.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        assert!(!page.body.contains("<script>"), "{path}");
    }
    let token = entry
        .get(&format!("/dash/list?of=good&unit={}", "z".repeat(64)))
        .await;
    assert!(token.status == StatusCode::NOT_FOUND && token.body.contains("A404"));
}
