//! A list of people at the desk: what is wrong is told cell by cell and put right, the good lines go on alone.

mod hostile;

use axum::http::StatusCode;
use encoding_rs::GB18030;
use policy::Role;
use rust_xlsxwriter::Workbook;

use super::browser::{Browser, between, number};
use super::walk;
use crate::world::World;

const HEAD: [&str; 9] = [
    "姓名",
    "身份证号",
    "单位",
    "处室",
    "城市",
    "人员编号",
    "电子邮件",
    "手机号",
    "依据文号",
];
const CHOICE: [(&str, &str); 2] = [("profile", "staff-signing"), ("authority", "jinan")];

type Row = Vec<String>;

/// An identity number that is right: the n-th of an invented day.
fn id_number(n: usize) -> String {
    let body = format!(
        "379902{}{:02}{:02}{:03}",
        1960 + n / 9_000,
        n / 750 % 12 + 1,
        n / 30 % 25 + 1,
        n % 30 + 100
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body
        .bytes()
        .zip(weights)
        .map(|(byte, weight)| usize::from(byte - b'0') * weight)
        .sum();
    let check = b"10X98765432"[sum % 11];
    format!("{body}{}", char::from(check))
}

/// Somebody with nothing wrong, partly in full width.
fn person(n: usize) -> Row {
    [
        "买买提·阿不都",
        &id_number(n),
        "山东省财政厅",
        "国库处",
        "济南市",
        &format!("Ｐ{n:07}"),
        "someone@czt.example.cn",
        "１００12345678",
        "鲁财人〔2026〕12号",
    ]
    .map(str::to_owned)
    .into()
}

fn people(count: usize) -> Vec<Row> {
    (0..count).map(person).collect()
}

/// A workbook as people make it. A cell that begins with `#` is written as a figure.
fn workbook(head: &[&str], rows: &[Row]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0..).zip(head) {
        sheet.write_string(0, column, *heading).unwrap();
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell.strip_prefix('#') {
                Some(figure) => sheet.write_number(row, column, figure.parse::<f64>().unwrap()),
                None => sheet.write_string(row, column, cell),
            }
            .unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

fn csv(rows: &[Row]) -> String {
    let rows = rows.iter().map(|row| row.join(","));
    std::iter::once(HEAD.join(","))
        .chain(rows)
        .map(|row| row + "\r\n")
        .collect()
}

/// Uploads a list: its address and its page.
async fn arrive(browser: &Browser<'_>, file: &[u8]) -> (String, String) {
    let came = browser.upload("/batch", &CHOICE, Some(file)).await;
    let (path, page) = browser.follow(came).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (path, page.body)
}

/// How many lines stand so, as the page says.
fn count(body: &str, view: &str) -> usize {
    let link = between(body, &format!("?show={view}\""), "</a>");
    between(link, "<span class=\"count\">", "<")
        .parse()
        .unwrap()
}

async fn drafts(world: &World) -> Vec<store::desk::Draft> {
    let number = number(Role::Entry);
    world.portal.desk.drafts_of(&number).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_lines_are_put_right_and_two_duplicates_stay_behind() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    // A list of row n stands in row n + 2.
    let mut rows = people(48);
    rows[1][1] = "#379902199003070018".into();
    rows[3][0] = String::new();
    rows[5][7] = "12".into();
    rows[7][2] = " ".into();
    rows[9][1] = "379902199003070019".into();
    rows[18][1] = rows[17][1].clone();
    rows[28][1] = rows[0][1].to_lowercase();
    let file = workbook(&HEAD, &rows);
    let (batch, page) = arrive(&entry, &file).await;
    let digest = sm_engine::sm3::digest(&file).to_string();
    assert!(page.contains(&digest), "{page}");
    for (view, wanted) in [
        ("wrong", 5),
        ("duplicate", 2),
        ("warned", 0),
        ("passed", 41),
        ("drafts", 0),
    ] {
        assert_eq!(count(&page, view), wanted, "{view}");
    }
    let excel = between(&page, "id=\"id_number-3-error\">", "</p>");
    assert!(
        excel.contains("E103")
            && excel.contains(
                "多半是被 Excel 转成数字。请把该列设为“文本”后重新粘贴，或在此处直接改正。"
            ),
        "{excel}"
    );
    for (cell, code) in [
        ("name-5", "E101"),
        ("mobile-7", "E120"),
        ("department-9", "E101"),
        ("id_number-11", "E102"),
    ] {
        let told = between(&page, &format!("id=\"{cell}-error\">"), "</p>");
        assert!(told.contains(code), "{cell}: {told}");
    }
    let twice = entry.get(&format!("{batch}?show=duplicate")).await.body;
    for (cell, other) in [("id_number-20", "第 19 行"), ("id_number-30", "第 2 行")] {
        let told = between(&twice, &format!("id=\"{cell}-error\">"), "</p>");
        assert!(
            told.contains("E130") && told.contains(other),
            "{cell}: {told}"
        );
    }
    // One of them put right wrongly: kept as typed, told again.
    let right = [
        ("id_number-3", person(1)[1].clone()),
        ("name-5", "王晓岚".into()),
        ("mobile-7", "10012345678".into()),
        ("department-9", "山东省审计厅".into()),
        ("id_number-11", "3799".into()),
        ("id_number-4711", "x".into()),
    ];
    let right = right
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let saved = entry.post(&format!("{batch}/lines"), &right).await;
    let page = entry.follow(saved).await.1.body;
    assert_eq!(count(&page, "wrong"), 1);
    assert!(page.contains("value=\"3799\""), "{page}");
    let last = person(9);
    let saved = entry
        .post(
            &format!("{batch}/lines"),
            &[("id_number-11", last[1].as_str())],
        )
        .await;
    let page = entry.follow(saved).await.1.body;
    assert_eq!((count(&page, "wrong"), count(&page, "passed")), (0, 46));
    // The session ends; the list is still there.
    entry.post("/desk/sign-out", &[]).await;
    let entry = Browser::of(&world, Role::Entry).await;
    for _ in 0..2 {
        let gone = entry.post(&format!("{batch}/drafts"), &[]).await;
        let page = entry.follow(gone).await.1.body;
        assert_eq!((count(&page, "drafts"), count(&page, "passed")), (46, 0));
        assert_eq!(page.matches("\">草稿</a>").count(), 46);
    }
    let made = drafts(&world).await;
    assert_eq!(made.len(), 46, "a second press makes nothing twice");
    let draft = entry.get(&format!("/draft/{}", made[0].draft)).await.body;
    assert!(
        draft.contains(&digest) && draft.contains("来自名单文件第"),
        "{draft}"
    );
    assert_eq!(
        draft.matches("已完成").count(),
        3,
        "only the request is missing: {draft}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_in_either_encoding_is_read_alike() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let text = csv(&people(3));
    let (chinese, ..) = GB18030.encode(&text);
    for file in [
        text.as_bytes(),
        &["\u{FEFF}", &text].concat().into_bytes(),
        &chinese,
    ] {
        let (batch, page) = arrive(&entry, file).await;
        assert_eq!(
            (count(&page, "passed"), count(&page, "wrong")),
            (3, 0),
            "{page}"
        );
        assert!(page.contains("买买提·阿不都"), "{page}");
        let thrown = entry.post(&format!("{batch}/discard"), &[]).await;
        assert_eq!(thrown.status, StatusCode::SEE_OTHER);
        assert_eq!(entry.get(&batch).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_people_and_not_one_more() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let (batch, page) = arrive(&entry, &workbook(&HEAD, &people(5_000))).await;
    assert_eq!(count(&page, "passed"), 5_000);
    let answer = entry
        .upload("/batch", &CHOICE, Some(csv(&people(5_001)).as_bytes()))
        .await;
    assert!(answer.body.contains("E205"), "{}", answer.body);
    // Drafts have their own limit; the rest waits.
    let gone = entry.post(&format!("{batch}/drafts"), &[]).await;
    let page = entry.follow(gone).await.1.body;
    assert_eq!(
        (count(&page, "drafts"), count(&page, "passed")),
        (200, 4_800)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_a_case_under_way_goes_on_only_when_that_is_wanted() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let draft = walk::draft(&entry).await;
    let offered = entry.post(&format!("{draft}/submit"), &[]).await;
    let done = entry.sign(offered).await;
    let case = between(&done.body, "<a href=\"/case/", "\"").to_owned();
    let mut rows = people(2);
    rows[1][1] = "379902199003070018".into();
    let (batch, page) = arrive(&entry, csv(&rows).as_bytes()).await;
    assert_eq!((count(&page, "warned"), count(&page, "passed")), (1, 1));
    let told = between(&page, "id=\"id_number-3-error\">", "</p>");
    assert!(told.contains("W201") && told.contains(&case), "{told}");
    for (fields, wanted) in [(&[][..], 1), (&[("warned", "1")], 2)] {
        let gone = entry.post(&format!("{batch}/drafts"), fields).await;
        let page = entry.follow(gone).await.1.body;
        assert_eq!(count(&page, "drafts"), wanted);
    }
}
