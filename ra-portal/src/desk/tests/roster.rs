//! Rosters at the desk: imported by those who may, whole or not at all; told beside an application and a certificate.

use axum::http::StatusCode;
use policy::Role;
use policy::scope::unit_code;

use super::browser::{Browser, between};
use super::officers::limit;
use super::walk::{approve, draft, submit};
use crate::world::World;

const UNIT: &str = "山东省财政厅";
const HOLDER: &str = "379902199003070018";
const OTHER: &str = "379902198001010017";

fn csv(lines: &[&str]) -> String {
    let head = "姓名,身份证号,处室,岗位,人员编号";
    std::iter::once(head)
        .chain(lines.iter().copied())
        .map(|line| format!("{line}\r\n"))
        .collect()
}

/// Imports the roster of a unit in 济南.
async fn import(browser: &Browser<'_>, unit: &str, file: &str) -> crate::world::Answer {
    let fields = [("city", "370100"), ("unit", unit)];
    browser
        .upload("/roster", &fields, Some(file.as_bytes()))
        .await
}

fn as_it_is() -> String {
    csv(&[
        &format!("买买提·阿不都,{HOLDER},国库处,主任科员,P0007731"),
        &format!("赵敏之,{OTHER},预算处,科员,P0000002"),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_is_replaced_whole_and_holds_no_number() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let (path, page) = entry.follow(import(&entry, UNIT, &as_it_is()).await).await;
    assert_eq!(path, format!("/roster/{}", unit_code(UNIT)));
    assert!(page.body.contains("买买提·阿不都") && page.body.contains("赵敏之"));
    assert!(page.body.contains("主任科员") && page.body.contains("OP-0001"));
    assert!(!page.body.contains(HOLDER) && !page.body.contains("0018"));
    let desk = &world.portal.desk;
    let people = desk.roster_people(&unit_code(UNIT), 0, 10).await.unwrap();
    assert_eq!(people.len(), 2);
    for person in &people {
        let kept = String::from_utf8(person.content.to_vec()).unwrap();
        assert!(!kept.contains(HOLDER) && !kept.contains(OTHER), "{kept}");
    }
    // Another file takes its place.
    let other = csv(&[&format!("赵敏之,{OTHER},预算处,副处长,")]);
    let (_, page) = entry.follow(import(&entry, UNIT, &other).await).await;
    assert!(page.body.contains("副处长") && !page.body.contains("买买提·阿不都"));
    let english = entry.get("/roster?lang=en").await;
    assert!(english.body.contains("Import a roster") && english.body.contains(UNIT));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_cell_keeps_everything_as_it_was() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    import(&entry, UNIT, &as_it_is()).await;
    let hostile = "\"\"\"><script>alert(1)</script>\",379902199003070019,,,";
    for (file, code) in [
        (csv(&["陈思齐,379902199003070019,,,"]), "E102"),
        (csv(&[",379902199003070018,,,"]), "E101"),
        (csv(&[hostile]), "E102"),
        (csv(&[]), "E212"),
        ("姓名,处室\r\n陈思齐,国库处\r\n".to_owned(), "E209"),
        (String::new(), "E216"),
        ("\u{0}\u{1}".to_owned(), "E201"),
    ] {
        let answer = import(&entry, UNIT, &file).await;
        assert_eq!(answer.status, StatusCode::OK, "{code}");
        assert!(answer.body.contains(code), "{code}: {}", answer.body);
        assert!(!answer.body.contains("<script>"), "{}", answer.body);
    }
    let long = "长".repeat(65);
    for unit in ["", &long] {
        let answer = import(&entry, unit, &as_it_is()).await;
        assert!(answer.body.contains("请填写单位全称"), "{}", answer.body);
    }
    let page = entry.get(&format!("/roster/{}", unit_code(UNIT))).await;
    assert!(page.body.contains("买买提·阿不都"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_neither_imports_nor_sees() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    import(&entry, UNIT, &as_it_is()).await;
    let at = format!("/roster/{}", unit_code(UNIT));
    for (role, sees, imports) in [
        (Role::Review, true, false),
        (Role::Production, false, false),
        (Role::RaAdministrator, true, true),
        (Role::Auditor, true, false),
    ] {
        let browser = Browser::of(&world, role).await;
        let seen = browser.get(&at).await.status;
        let wanted = if sees {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(seen, wanted, "{role}");
        let tried = import(&browser, UNIT, &as_it_is()).await;
        let wanted = if imports {
            StatusCode::SEE_OTHER
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(tried.status, wanted, "{role}: {}", tried.body);
    }
    // An officer of another city neither takes the unit nor looks at it.
    limit(&world, Role::Entry, &["370200"]).await;
    let qingdao = Browser::of(&world, Role::Entry).await;
    for answer in [
        import(&qingdao, UNIT, &as_it_is()).await,
        qingdao.get(&at).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        assert!(answer.body.contains("P411"), "{}", answer.body);
    }
    // Nor by saying that it lies in that city.
    let fields = [("city", "370200"), ("unit", UNIT)];
    let file = as_it_is();
    let moved = qingdao.upload("/roster", &fields, Some(file.as_bytes()));
    let moved = moved.await;
    assert!(moved.body.contains("P411"), "{}", moved.body);
    assert!(!qingdao.get("/roster").await.body.contains(UNIT));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_compared_where_it_is_entered_and_where_it_is_reviewed() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let administrator = Browser::of(&world, Role::RaAdministrator).await;
    let draft = draft(&entry).await;
    let check = format!("{draft}/check");
    let says = async |words: &str| {
        let page = entry.get(&check).await;
        assert!(page.body.contains(words), "{words}: {}", page.body);
        page.body
    };
    says("该单位没有花名册").await;
    for (line, words) in [
        (
            format!("买买提·阿不都,{HOLDER},国库处,科员,P0007731"),
            "与花名册一致",
        ),
        (format!("买买提·阿不都,{HOLDER},,,"), "与花名册一致"),
        (
            format!("买买提·阿不都,{HOLDER},国库科,科员,P0007731"),
            "有不一致的内容",
        ),
        (
            format!("买买提,{HOLDER},国库处,科员,P0007731"),
            "有不一致的内容",
        ),
        (format!("买买提·阿不都,{OTHER},国库处,科员,"), "同名人员"),
        (format!("赵敏之,{OTHER},国库处,科员,"), "不在该单位花名册上"),
    ] {
        import(&administrator, UNIT, &csv(&[&line])).await;
        says(words).await;
    }
    // On the roster of another unit.
    let line = format!("买买提·阿不都,{HOLDER},,,");
    import(&administrator, "山东省审计厅", &csv(&[&line])).await;
    says("另一单位的花名册上：山东省审计厅").await;
    let line = format!("买买提·阿不都,{HOLDER},国库科,科员,P0007731");
    import(&entry, UNIT, &csv(&[&line])).await;
    let body = says("<mark>国库科</mark>").await;
    assert!(body.contains("<mark>国库处</mark>"), "{body}");
    let case = submit(&entry, &draft).await;
    let review = Browser::of(&world, Role::Review).await;
    let page = review.get(&format!("/case/{case}/review")).await;
    assert!(page.body.contains("<mark>国库科</mark>"), "{}", page.body);
    assert!(
        page.body.contains("同一人，请以证明材料为准"),
        "{}",
        page.body
    );
    import(&administrator, UNIT, &as_it_is()).await;
    let page = review.get(&format!("/case/{case}/review")).await;
    assert!(page.body.contains("与花名册一致"), "{}", page.body);
    assert!(!page.body.contains("同一人，请以证明材料为准"));

    // The roster shows what everybody has, and so does the unit's page.
    let at = format!("/roster/{}", unit_code(UNIT));
    let page = review.get(&at).await;
    let line = between(&page.body, "买买提·阿不都</th>", "</tr>");
    assert!(
        line.contains(&format!("/case/{case}")) && line.contains("待审核"),
        "{line}"
    );
    let line = between(&page.body, "赵敏之</th>", "</tr>");
    assert!(line.contains("<td>无</td>"), "{line}");
    approve(&review, &case).await;
    let production = Browser::of(&world, Role::Production).await;
    let offered = production.post("/make", &[("case", &case)]).await;
    let done = production.sign(offered).await;
    let certificate = format!("/cert/{}", between(&done.body, "<a href=\"/cert/", "\""));
    let led = review.get(&format!("/case/{case}/unit")).await;
    let (_, unit) = review.follow(led).await;
    for page in [&unit, &review.get(&at).await] {
        let roster = between(&page.body, "id=\"roster\"", "</section>");
        let line = between(roster, "买买提·阿不都</th>", "</tr>");
        assert!(
            line.contains(&certificate) && line.contains("有效"),
            "{line}"
        );
    }
    // Who may not see rosters sees the unit without one.
    let led = production.get(&format!("/case/{case}/unit")).await;
    let (_, unit) = production.follow(led).await;
    assert!(!unit.body.contains("id=\"roster\""), "{}", unit.body);
}
