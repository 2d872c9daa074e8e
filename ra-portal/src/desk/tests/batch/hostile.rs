//! Hostile cells, files that are no lists, and lists of others.

use std::io::{Cursor, Read as _};

use axum::http::{StatusCode, header};
use calamine::{Data, Reader as _, Xlsx};
use policy::Role;

use super::{CHOICE, HEAD, Row, arrive, count, csv, drafts, id_number, people, workbook};
use crate::desk::tests::browser::{Browser, between, number};
use crate::world::World;

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
async fn an_issuer_without_keys_of_the_class_is_refused_before_anything_is_kept() {
    let world = World::found_beside_p256().await;
    let entry = Browser::of(&world, Role::Entry).await;
    for page in ["/batch", "/draft/new"] {
        let page = entry.get(page).await.body;
        let at = |name: &str| page.find(&format!("<option value=\"{name}\">")).unwrap();
        assert!(at("jinan") < at("compat"), "{page}");
        assert!(
            !page.contains("value=\"root\""),
            "a root issues to nobody: {page}"
        );
    }
    let choice = [CHOICE[0], ("authority", "compat")];
    let uploaded = entry
        .upload("/batch", &choice, Some(csv(&people(1)).as_bytes()))
        .await;
    let begun = entry.post("/draft/new", &choice).await;
    for answer in [uploaded, begun] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("W425"), "{}", answer.body);
    }
    // Nor does a root issue, whose keys would be of the right kind.
    let choice = [CHOICE[0], ("authority", "root")];
    let begun = entry.post("/draft/new", &choice).await;
    assert_eq!(begun.status, StatusCode::BAD_REQUEST);
    let kept = world.portal.desk.batches_of(&number(Role::Entry)).await;
    assert!(kept.unwrap().is_empty() && drafts(&world).await.is_empty());
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
