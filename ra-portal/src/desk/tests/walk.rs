//! A certificate lives its life at the desk, and everybody sees what they may.

use axum::http::{StatusCode, header};
use policy::Role;

use super::browser::{Browser, between, number};
use crate::session::IDLE;
use crate::world::World;

/// The fields of a person, by page.
const WHO: [(&str, &str); 4] = [
    ("name", "买买提·阿不都"),
    ("id_number", "379902199003070018"),
    ("employee_number", "P0007731"),
    ("email", ""),
];
const UNIT: [(&str, &str); 3] = [
    ("department", "山东省财政厅"),
    ("division", "国库处"),
    ("city", "济南市"),
];
const CONTACT: [(&str, &str); 2] = [("mobile", "10012345678"), ("basis", "鲁财人〔2026〕12号")];

/// A draft of a person with everything but evidence; its address.
pub(super) async fn draft(browser: &Browser<'_>) -> String {
    let begun = browser
        .post(
            "/draft/new",
            &[("profile", "staff-signing"), ("authority", "jinan")],
        )
        .await;
    let (draft, page) = browser.follow(begun).await;
    assert!(page.body.contains("待填写"), "{}", page.body);
    for (part, fields) in [("who", &WHO[..]), ("unit", &UNIT), ("contact", &CONTACT)] {
        let saved = browser
            .post(&format!("{draft}/fields/{part}"), fields)
            .await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    }
    let made = browser
        .post(&format!("{draft}/request/demonstration"), &[])
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    draft
}

/// Submits a draft; the number of the case.
pub(super) async fn submit(browser: &Browser<'_>, draft: &str) -> String {
    let offered = browser.post(&format!("{draft}/submit"), &[]).await;
    let done = browser.sign(offered).await;
    between(&done.body, "<a href=\"/case/", "\"").to_owned()
}

/// Ticks everything and approves.
pub(super) async fn approve(browser: &Browser<'_>, case: &str) {
    let ticks = ["1", "2", "3", "4"].map(|item| ("item", item));
    let mut fields = vec![("revision", "1"), ("decision", "approve")];
    fields.extend(ticks);
    let offered = browser.post(&format!("/case/{case}/review"), &fields).await;
    let done = browser.sign(offered).await;
    assert!(done.body.contains("已审核通过"), "{}", done.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_draft_to_a_revoked_certificate() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let draft = draft(&entry).await;
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 100]].concat();
    let added = entry
        .upload(
            &format!("{draft}/evidence"),
            &[("title", "申请表")],
            Some(&png),
        )
        .await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    let check = entry.get(&format!("{draft}/check")).await;
    assert!(check.body.contains("买买提·阿不都") && check.body.contains("申请表"));
    let case = submit(&entry, &draft).await;
    assert_eq!(entry.get(&draft).await.status, StatusCode::NOT_FOUND);
    let mine = entry.get("/desk").await;
    assert!(mine.body.contains(&case), "{}", mine.body);
    let sheet = entry.get(&format!("/case/{case}/print")).await.body;
    assert!(sheet.contains("买买提·阿不都") && sheet.contains("申请人签字"));
    assert!(sheet.contains("class=\"barcode\"") && !sheet.contains("领取签收单"));
    assert!(!sheet.contains("379902199003070018"), "numbers are masked");
    let code = between(&sheet, "校验短码</dt><dd class=\"hex\">", "<").replace(' ', "");
    let page = entry.get(&format!("/case/{case}")).await.body;
    let submission = between(&page, "href=\"/log/entry/", "\"");
    let entered = entry.get(&format!("/log/entry/{submission}")).await.body;
    assert!(entered.contains(&code), "{code} is not in {entered}");

    let review = Browser::of(&world, Role::Review).await;
    let next = review.post("/desk/next", &[]).await;
    let (path, page) = review.follow(next).await;
    assert_eq!(path, format!("/case/{case}/review"));
    assert!(
        page.body.contains("370") || page.body.contains("379902********0018"),
        "{}",
        page.body
    );
    assert!(
        !page.body.contains("379902199003070018"),
        "numbers are masked"
    );
    let digest = between(&page.body, &format!("{case}/evidence/"), "\"").to_owned();
    let seen = review.get(&format!("/case/{case}/evidence/{digest}")).await;
    assert_eq!(seen.header(header::CONTENT_TYPE), "image/png");
    approve(&review, &case).await;

    let production = Browser::of(&world, Role::Production).await;
    let queue = production.get("/make").await;
    assert!(queue.body.contains(&case), "{}", queue.body);
    let offered = production.post("/make", &[("case", &case)]).await;
    let done = production.sign(offered).await;
    assert!(done.body.contains("已签发 1 张证书"), "{}", done.body);
    let at = format!("/cert/{}", between(&done.body, "<a href=\"/cert/", "\""));
    let sheet = production.get(&format!("/case/{case}/print")).await.body;
    assert!(sheet.contains("领取签收单"), "{sheet}");
    let serial = at.rsplit('/').next().unwrap();
    assert!(sheet.contains(serial), "{sheet}");
    let page = production.get(&at).await;
    assert!(
        page.body.contains("买买提·阿不都") && page.body.contains("冻结"),
        "{}",
        page.body
    );
    assert!(
        production
            .get(&format!("{at}/file"))
            .await
            .body
            .starts_with("-----BEGIN CERT")
    );

    for (browser, change, reason, state) in [
        (&entry, "hold", "", "冻结"),
        (&review, "release", "", "有效"),
        (&review, "revoke", "keyCompromise", "吊销"),
    ] {
        let form = browser.get(&format!("{at}/change?to={change}")).await;
        assert_eq!(form.status, StatusCode::OK, "{}", form.body);
        let fields = [("to", change), ("reason", reason), ("note", "持证人来电")];
        let offered = browser.post(&format!("{at}/change"), &fields).await;
        let done = browser.sign(offered).await;
        assert!(done.body.contains("即时"), "{}", done.body);
        let page = browser.get(&at).await;
        assert!(page.body.contains(state), "{state}: {}", page.body);
    }
    let found = review.post("/cert", &[("text", "买买提·阿不都")]).await;
    assert!(found.body.contains(&at), "{}", found.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_case_is_completed_by_who_entered_it() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let case = submit(&entry, &draft(&entry).await).await;
    let review = Browser::of(&world, Role::Review).await;
    let nothing = review
        .post(
            &format!("/case/{case}/review"),
            &[("revision", "1"), ("decision", "return")],
        )
        .await;
    assert!(
        nothing.body.contains("请勾选或写明原因"),
        "{}",
        nothing.body
    );
    let unticked = review
        .post(
            &format!("/case/{case}/review"),
            &[("revision", "1"), ("decision", "approve"), ("item", "1")],
        )
        .await;
    assert!(unticked.body.contains("逐项核对"), "{}", unticked.body);
    let fields = [
        ("revision", "1"),
        ("decision", "return"),
        ("reasons", "证明材料不清晰"),
    ];
    let offered = review.post(&format!("/case/{case}/review"), &fields).await;
    let done = review.sign(offered).await;
    assert!(done.body.contains("已退回补正"), "{}", done.body);

    let bench = entry.get("/desk").await;
    assert!(
        bench.body.contains(&case) && bench.body.contains("不计时"),
        "{}",
        bench.body
    );
    let again = entry.post(&format!("/case/{case}/complete"), &[]).await;
    let (draft, page) = entry.follow(again).await;
    assert!(page.body.contains(&case), "{}", page.body);
    // Asked for twice, it is the same draft.
    let twice = entry.post(&format!("/case/{case}/complete"), &[]).await;
    assert_eq!(twice.header(header::LOCATION), draft);
    let who = entry.get(&format!("{draft}/fields/who")).await;
    assert!(
        who.body.contains("379902199003070018"),
        "nothing is asked twice"
    );
    entry
        .post(&format!("{draft}/request/demonstration"), &[])
        .await;
    assert_eq!(submit(&entry, &draft).await, case);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_twice_or_going_back_changes_nothing() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let draft = draft(&entry).await;
    let offered = entry.post(&format!("{draft}/submit"), &[]).await;
    let (act, _) = entry.follow(offered).await;
    let size = world.authority.store().size().await.unwrap();
    for _ in 0..3 {
        let signed = entry.post(&format!("{act}/demonstration"), &[]).await;
        assert_eq!(signed.header(header::LOCATION), act);
        let done = entry.get(&act).await;
        assert!(done.body.contains("已提交"), "{}", done.body);
    }
    let added = world.authority.store().size().await.unwrap() - size;
    assert_eq!(added, 1, "one entry, however often the button was pressed");
    // Nobody else sees the act, not even that it exists.
    let other = Browser::of(&world, Role::Review).await;
    assert_eq!(other.get(&act).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_the_certificate_with_time_and_when_it_is_left() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    assert_eq!(entry.get("/desk").await.status, StatusCode::OK);
    let draft = draft(&entry).await;
    world.clock.advance(IDLE);
    let answer = entry.get(&draft).await;
    assert_eq!(
        answer.header(header::LOCATION),
        format!("/desk/sign-in?next={draft}")
    );
    // The draft is still there.
    let again = Browser::of(&world, Role::Entry).await;
    assert_eq!(again.get(&draft).await.status, StatusCode::OK);
    let left = again.post("/desk/sign-out", &[]).await;
    assert!(left.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(again.get("/desk").await.status, StatusCode::SEE_OTHER);

    let review = Browser::of(&world, Role::Review).await;
    let serial = world.officers[&Role::Review]
        .certificate
        .serial()
        .to_string();
    let held = world
        .change(Role::RaAdministrator, &serial, "hold", None)
        .await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.body);
    assert_eq!(review.get("/desk").await.status, StatusCode::SEE_OTHER);
    let refused = review
        .post(
            "/desk/sign-in/demonstration",
            &[("number", &number(Role::Review))],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_with_a_file_takes_the_officers_own_key() {
    let world = World::found().await;
    let mut browser = Browser {
        world: &world,
        cookie: None,
    };
    let number = number(Role::Entry);
    let asked = browser
        .post(
            "/desk/sign-in",
            &[("number", &number), ("next", "/draft/new")],
        )
        .await;
    let id = between(&asked.body, "name=\"id\" value=\"", "\"").to_owned();
    assert!(
        asked
            .header(header::CONTENT_SECURITY_POLICY)
            .contains("form-action 'self' http://127.0.0.1:8765"),
        "the agent is the only other place"
    );
    let text = browser
        .post("/desk/sign-in/challenge", &[("id", &id)])
        .await
        .body;
    assert!(text.contains("我是操作员 OP-0001"), "{text}");
    let wrong = world.sign(Role::Review, &text);
    let refused = browser
        .upload(
            "/desk/sign-in/answer",
            &[("id", &id), ("signature", &wrong)],
            None,
        )
        .await;
    assert!(
        refused.body.contains("请重新签名后上传"),
        "{}",
        refused.body
    );
    let right = world.sign(Role::Entry, &text);
    let opened = browser
        .upload(
            "/desk/sign-in/answer",
            &[("id", &id), ("next", "/draft/new")],
            Some(right.as_bytes()),
        )
        .await;
    assert_eq!(
        opened.header(header::LOCATION),
        "/draft/new",
        "{}",
        opened.body
    );
    browser.cookie = opened
        .header(header::SET_COOKIE)
        .split(';')
        .next()
        .map(str::to_owned);
    assert_eq!(browser.get("/draft/new").await.status, StatusCode::OK);
    // The same answer opens nothing twice.
    let again = browser
        .upload(
            "/desk/sign-in/answer",
            &[("id", &id)],
            Some(right.as_bytes()),
        )
        .await;
    assert!(again.header(header::SET_COOKIE).is_empty());
}
