//! A list of people at the desk: what is wrong is told cell by cell and put right, the good lines go on alone.

use std::io::{Cursor, Read as _};

use axum::http::{StatusCode, header};
use calamine::{Data, Reader as _, Xlsx};
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

/// The bytes of the workbook of what is wrong.
async fn returned(browser: &Browser<'_>, batch: &str) -> Vec<u8> {
    let answer = browser.get(&format!("{batch}/errors.xlsx")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(
        answer
            .header(header::CONTENT_DISPOSITION)
            .starts_with("attachment; filename=\"errors-")
    );
    answer.bytes
}

/// Every cell of a workbook as text.
fn cells(workbook: &[u8]) -> Vec<Row> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => panic!("not text: {other:?}"),
    };
    range
        .rows()
        .map(|row| row.iter().map(text).collect())
        .collect()
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
async fn hostile_cells_stay_text_in_the_page_and_in_the_workbook_that_comes_back() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let hostile = [
        "=HYPERLINK(\"http://evil.test\",\"x\")",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "<script>alert(1)</script>",
        "'; DROP TABLE batches; --",
    ];
    let mut rows = people(hostile.len());
    for (row, cell) in rows.iter_mut().zip(hostile) {
        row[0] = cell.into();
        row[1] = cell.into();
    }
    let (batch, page) = arrive(&entry, &workbook(&HEAD, &rows)).await;
    assert!(!page.contains("<script>"), "{page}");
    assert_eq!(count(&page, "wrong"), hostile.len());
    let back = returned(&entry, &batch).await;
    let mut came = cells(&back);
    assert!(
        came[0][0].starts_with("行号 ") && came[0][10] == "错误说明",
        "{:?}",
        came[0]
    );
    assert_eq!(came[1][2], hostile[0], "as it came, and text");
    assert!(
        came[1][10].contains("E10") && came[1][10].contains("“身份证号码”"),
        "{:?}",
        came[1]
    );
    let mut archive = zip::ZipArchive::new(Cursor::new(back)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        archive
            .by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let (sheet, styles) = (part("xl/worksheets/sheet1.xml"), part("xl/styles.xml"));
    assert!(
        !sheet.contains("<f>") && styles.contains("quotePrefix=\"1\""),
        "{styles}"
    );
    let style = |cell: &str| {
        between(
            between(&sheet, &format!("<c r=\"{cell}\""), ">"),
            "s=\"",
            "\"",
        )
        .to_owned()
    };
    assert_eq!(
        style("C2"),
        style("C5"),
        "every hostile cell has the prefix"
    );
    assert_ne!(style("C2"), style("D2"), "and the others have not");

    // Put right in the workbook, in another order, and sent back.
    for (n, row) in came.iter_mut().skip(1).enumerate() {
        (row[1], row[2]) = ("王晓岚".into(), id_number(n));
    }
    let head = came.remove(0);
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    came.reverse();
    let mended = workbook(&head, &came);
    let sent = entry
        .upload(&format!("{batch}/returned"), &[], Some(&mended))
        .await;
    let page = entry.follow(sent).await.1.body;
    assert_eq!(
        (count(&page, "wrong"), count(&page, "passed")),
        (0, hostile.len()),
        "{page}"
    );
    assert!(page.contains(&sm_engine::sm3::digest(&mended).to_string()));

    // The workbook of one list does not go into another, nor one with rows that never were.
    let (other, _) = arrive(&entry, &workbook(&HEAD, &rows)).await;
    let sent = entry
        .upload(&format!("{other}/returned"), &[], Some(&mended))
        .await;
    assert!(sent.body.contains("E214"), "{}", sent.body);
    came[0][0] = "4711".into();
    let sent = entry
        .upload(
            &format!("{batch}/returned"),
            &[],
            Some(&workbook(&head, &came)),
        )
        .await;
    assert!(sent.body.contains("E214"), "{}", sent.body);
    came[0][0] = came[1][0].clone();
    let sent = entry
        .upload(
            &format!("{batch}/returned"),
            &[],
            Some(&workbook(&head, &came)),
        )
        .await;
    assert!(sent.body.contains("E214"), "{}", sent.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_its_limit_whatever_stands_in_the_cells() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let worst: Row = std::iter::repeat_n("\"<&>'".repeat(200), 9).collect();
    let mut rows = vec![worst; 3];
    rows.extend((0..120).map(|_| vec!["x".into(); 9]));
    let (batch, page) = arrive(&entry, &workbook(&HEAD, &rows)).await;
    assert_eq!(count(&page, "wrong"), 123);
    // `get` holds that no page is larger than 60 KB; all lines are reached.
    let (mut seen, mut next) = (0, Some(batch.clone()));
    while let Some(path) = next {
        let page = entry.get(&path).await.body;
        let here = page.matches("<legend>").count();
        assert!((1..=50).contains(&here), "{here}");
        seen += here;
        let more = page.split_once("&amp;from=");
        next = more.map(|(_, rest)| {
            format!(
                "{batch}?show=wrong&from={}",
                rest.split('"').next().unwrap()
            )
        });
    }
    assert_eq!(seen, 123);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_lists_are_refused_with_what_to_do() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let workbook_without = |missing: &str| {
        let head = HEAD.map(|name| if name == missing { "备注" } else { name });
        workbook(&head, &people(1))
    };
    let mut twice = HEAD;
    twice[3] = "工作单位";
    for (file, code) in [
        (&b""[..], "E216"),
        (b"%PDF-1.7\n%\xE2\xE3", "E201"),
        (b"\x89PNG\r\n\x1a\n\0\0", "E20"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "E202"),
        (b"PK\x03\x04 and nothing else", "E213"),
        (b"<html><table><tr><td>x</td></tr></table>", "E208"),
        (b"\xFF\xFEY\0", "E204"),
        (&workbook_without("城市"), "所在城市"),
        (&workbook_without("城市"), "E209"),
        (&workbook(&twice, &people(1)), "E210"),
        (&workbook(&HEAD, &[]), "E212"),
    ] {
        let answer = entry.upload("/batch", &CHOICE, Some(file)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            answer.body.contains(code) && answer.body.contains("<title>错误："),
            "{code}: {}",
            answer.body
        );
    }
    let huge = vec![b'x'; 11 * 1024 * 1024];
    let answer = entry.upload("/batch", &CHOICE, Some(&huge)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for choice in [
        [("profile", "officer"), CHOICE[1]],
        [CHOICE[0], ("authority", "nowhere")],
    ] {
        let answer = entry
            .upload("/batch", &choice, Some(csv(&people(1)).as_bytes()))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
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

#[tokio::test(flavor = "multi_thread")]
async fn another_officers_list_is_closed() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let (batch, _) = arrive(&entry, csv(&people(1)).as_bytes()).await;
    let id = batch.rsplit('/').next().unwrap();
    let mut kept = world.portal.desk.batch(id).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&kept.content).is_empty());
    kept.officer = "OP-9999".into();
    assert!(world.portal.desk.put_batch(&kept, &[]).await.unwrap());
    // What was read before that change is not written over it.
    assert!(!world.portal.desk.put_batch(&kept, &[]).await.unwrap());
    for path in [batch.clone(), format!("{batch}/errors.xlsx")] {
        let answer = entry.get(&path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.body.contains("W406"), "{}", answer.body);
    }
    for act in ["lines", "drafts", "discard", "returned"] {
        let path = format!("{batch}/{act}");
        let answer = match act {
            "returned" => entry.upload(&path, &[], Some(b"x")).await,
            _ => entry.post(&path, &[("name-2", "x")]).await,
        };
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(
        world.portal.desk.batch(id).await.unwrap().is_some() && drafts(&world).await.is_empty()
    );
    assert!(!entry.get("/batch").await.body.contains(id));
}
