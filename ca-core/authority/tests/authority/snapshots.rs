//! Starts from the kept status index say what starts from nothing say, and go on from nothing that was changed.

use std::fs;

use store::status::Status;
use x509::certificate::Serial;
use x509::crl::RevocationReason;

use super::tamper::run;
use super::world::{REVIEW, World, revoke};

#[tokio::test]
async fn a_start_from_the_kept_index_says_what_a_start_from_nothing_says() {
    let world = World::found().await;
    let (a, b) = (
        world.issued("a.example.cn").await,
        world.issued("b.example.cn").await,
    );
    let reason = RevocationReason::Superseded;
    world.act(REVIEW, revoke(&a.serial, reason)).await.unwrap();
    let file = world.folder.path().join("status.snapshot");
    let known = |world: &World| {
        let index = world.authority.index();
        let status = |serial: &str| index.status("jinan", &serial.parse::<Serial>().unwrap());
        assert!(matches!(status(&a.serial), Status::Revoked { .. }));
        assert_eq!(status(&b.serial), Status::Good);
        (
            index.counts("jinan"),
            index.revoked("jinan"),
            index.serials(),
        )
    };
    let expected = known(&world);
    let mut world = world.restart().await;
    assert!(file.exists(), "kept at the end");
    assert_eq!(known(&world), expected);
    // Officers, CRL numbers, the mirror and the log's time go on as well.
    world.issued("c.example.cn").await;
    world = world.restart().await;
    let expected = known(&world);
    world.close().await;
    let whole = fs::read(&file).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    for torn in [half, Vec::new(), b"something else entirely".to_vec()] {
        fs::write(&file, torn).unwrap();
        world = world.restart().await;
        assert_eq!(known(&world), expected);
        world.close().await;
        let repaired = fs::read(&file).unwrap();
        assert!(repaired.len() > whole.len() / 2, "written anew at the end");
    }
    let world = world.restart().await;
    world.check().await;
}

#[tokio::test]
async fn entries_before_the_kept_index_are_not_read() {
    // Enough entries for a full tile, whose entries are not needed for the tree's edge.
    let world = grown().await;
    world.close().await;
    run(&world, "UPDATE entries SET body = x'7b7d' WHERE idx = 100");
    let world = world.restart().await;
    world.issued("after.example.cn").await;
    world.close().await;
    // A start from nothing refuses what the audit finds.
    fs::remove_file(world.folder.path().join("status.snapshot")).unwrap();
    assert!(world.reopen().await.is_err());
}

#[tokio::test]
async fn a_mirror_that_was_changed_is_not_gone_on_from() {
    let world = grown().await;
    world.close().await;
    let script = "UPDATE mirror_tiles SET hashes = zeroblob(8192) WHERE level = 0 AND idx = 0";
    run(&world, script);
    let world = world.restart().await;
    world.issued("after.example.cn").await;
    // What was changed is found by the audit; what was signed since is right.
    world.authority.shut_down().await;
    let report = world.audit().await;
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
}

/// A world of more than a tile, started from its kept index.
async fn grown() -> World {
    let world = World::found().await;
    for host in 0..70 {
        world.issued(&format!("h{host}.example.cn")).await;
    }
    let world = world.restart().await;
    assert!(world.authority.index().applied() > 256);
    world
}
