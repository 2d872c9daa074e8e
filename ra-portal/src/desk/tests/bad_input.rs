//! Wrong, hostile and foreign input: told clearly, kept out, nothing lost.

use axum::http::StatusCode;
use policy::Role;

use super::browser::Browser;
use super::walk::draft;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_kept_and_told_at_its_field() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let begun = entry
        .post(
            "/draft/new",
            &[("profile", "staff-signing"), ("authority", "jinan")],
        )
        .await;
    let (draft, _) = entry.follow(begun).await;
    let who = format!("{draft}/fields/who");
    let answer = entry
        .post(
            &who,
            &[
                ("name", "<script>alert(1)</script>"),
                ("id_number", "379902199003070000"),
            ],
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("<title>错误："), "{}", answer.body);
    assert!(answer.body.contains("href=\"#id_number\"") && answer.body.contains("E10"));
    assert!(!answer.body.contains("<script>"), "{}", answer.body);
    let kept = entry.get(&who).await;
    assert!(
        kept.body.contains("379902199003070000"),
        "typed once, kept: {}",
        kept.body
    );
    let submitted = entry.post(&format!("{draft}/submit"), &[]).await;
    assert_eq!(submitted.status, StatusCode::OK);
    assert!(submitted.body.contains("A422"), "{}", submitted.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_officers_draft_is_closed_and_the_attempt_is_told() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let draft = draft(&entry).await;
    let id = draft.rsplit('/').next().unwrap();
    let mut kept = world.portal.desk.draft(id).await.unwrap().unwrap();
    kept.officer = "OP-9999".into();
    world.portal.desk.put_draft(&kept).await.unwrap();
    for path in [
        draft.clone(),
        format!("{draft}/fields/who"),
        format!("{draft}/request"),
        format!("{draft}/evidence"),
        format!("{draft}/check"),
    ] {
        let answer = entry.get(&path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.body.contains("W406"), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_lie_and_files_without_end() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let draft = draft(&entry).await;
    let evidence = format!("{draft}/evidence");
    for (content, told) in [
        (&b"GIF89a"[..], "不是 PDF"),
        (b"<html><script>alert(1)</script>", "不是 PDF"),
        (b"MZ\x90", "不是 PDF"),
    ] {
        let answer = entry
            .upload(&evidence, &[("title", "x")], Some(content))
            .await;
        assert!(answer.body.contains(told), "{}", answer.body);
    }
    let none = entry.upload(&evidence, &[("title", "x")], None).await;
    assert!(none.body.contains("没有选择文件"), "{}", none.body);
    let huge = [b"%PDF-".as_slice(), &vec![0; 11 * 1024 * 1024]].concat();
    let answer = entry
        .upload(&evidence, &[("title", "x")], Some(&huge))
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = format!("{draft}/request");
    for (content, told) in [
        (&b"not a request"[..], "无法识别"),
        (&[0x30; 20_000], "超过 16 KB"),
    ] {
        let answer = entry.upload(&request, &[], Some(content)).await;
        assert!(answer.body.contains(told), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_in_a_form_and_a_nul_change_nothing() {
    let world = World::found().await;
    let entry = Browser::of(&world, Role::Entry).await;
    let forged = entry
        .post(
            "/draft/new",
            &[
                ("profile", "officer"),
                ("authority", "root"),
                ("role", "auditor"),
            ],
        )
        .await;
    // An officer's certificate is asked for nowhere on this page; the authority refuses it again.
    assert!(forged.status == StatusCode::SEE_OTHER || forged.status == StatusCode::BAD_REQUEST);
    let nul = entry
        .post(
            "/draft/new",
            &[("profile", "staff-signing\0"), ("authority", "jinan")],
        )
        .await;
    assert_eq!(nul.status, StatusCode::BAD_REQUEST);
    let many: Vec<(String, String)> = (0..1_100)
        .map(|n| (format!("f{n}"), String::new()))
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        entry.post("/draft/new", &many).await.status,
        StatusCode::BAD_REQUEST
    );
}
