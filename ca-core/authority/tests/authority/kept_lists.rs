//! Starts from the kept lists publish the CRLs that a start from nothing publishes, and go on from no list that the
//! ledger and the status index do not confirm.

use std::fs;
use std::path::PathBuf;

use authority::StatusChange;
use store::kept::{self, Kind};
use store::status::SnapshotKey;
use x509::crl::RevocationReason;

use super::crls::{Listed, changed, combined, issued, shards};
use super::tamper::run;
use super::world::{ENTRY, REVIEW, World};

const DAY: i64 = 86_400;
const KIND: Kind = Kind {
    name: "gmpki crls",
    version: 1,
};

fn file(world: &World) -> PathBuf {
    world.folder.path().join("status.crls")
}

/// Serial of a certificate that is revoked.
async fn revoked(world: &World, host: &str) -> String {
    let serial = issued(world, host).await.serial().to_string();
    let reason = Some(RevocationReason::Superseded);
    changed(world, REVIEW, &serial, StatusChange::Revoke, reason).await;
    serial
}

/// Both of its sets of CRLs say this.
async fn says(world: &World, expected: &Listed) {
    assert_eq!(combined(world).await, *expected);
    assert_eq!(shards(world).await, *expected);
}

#[tokio::test]
async fn lists_go_on_from_any_moment_that_was_kept() {
    let world = World::found().await;
    let (a, b) = (
        revoked(&world, "a.example.cn").await,
        issued(&world, "b.example.cn").await.serial().to_string(),
    );
    changed(&world, ENTRY, &b, StatusChange::Hold, None).await;
    let world = world.restart().await;
    let mut expected = Listed::from([
        (a, RevocationReason::Superseded),
        (b.clone(), RevocationReason::CertificateHold),
    ]);
    says(&world, &expected).await;
    let early = fs::read(file(&world)).unwrap();
    // Everything that came since is on the ledger's tail.
    changed(&world, REVIEW, &b, StatusChange::Release, None).await;
    let c = revoked(&world, "c.example.cn").await;
    world.close().await;
    fs::write(file(&world), early).unwrap();
    let world = world.restart().await;
    expected.remove(&b);
    expected.insert(c, RevocationReason::Superseded);
    says(&world, &expected).await;
    // From nothing, and from what is no file of ours.
    for broken in [None, Some("torn"), Some("")] {
        world.close().await;
        match broken {
            None => fs::remove_file(file(&world)).unwrap(),
            Some(text) => fs::write(file(&world), text).unwrap(),
        }
        let again = world.reopen().await.unwrap();
        again.shut_down().await;
        assert!(fs::read(file(&world)).unwrap().len() > 100, "kept anew");
    }
    let world = world.restart().await;
    says(&world, &expected).await;
    world.check().await;
}

/// The ends of certificates are what the lists are kept for: the rows that have them are not asked.
#[tokio::test]
async fn what_ended_is_left_out_by_the_kept_ends() {
    let world = World::found().await;
    let certificate = issued(&world, "a.example.cn").await;
    let serial = certificate.serial().to_string();
    let reason = Some(RevocationReason::Superseded);
    changed(&world, REVIEW, &serial, StatusChange::Revoke, reason).await;
    let mut world = world.restart().await;
    world.close().await;
    run(&world, "UPDATE certificates SET not_after = NULL");
    let left = certificate.not_after().0 - certificate.not_before().0;
    world.accept_clock = true;
    for (seconds, listed) in [(left - DAY / 4, true), (DAY, true), (DAY, false)] {
        world.clock.advance(seconds);
        world = world.restart().await;
        assert_eq!(shards(&world).await.contains_key(&serial), listed);
    }
    // Kept without it, the lists agree with an index that has it still.
    let world = world.restart().await;
    assert!(!shards(&world).await.contains_key(&serial));
}

#[tokio::test]
async fn a_list_that_the_index_does_not_confirm_is_made_anew() {
    let world = World::found().await;
    let a = revoked(&world, "a.example.cn").await;
    let b = revoked(&world, "b.example.cn").await;
    let mut world = world.restart().await;
    let superseded = [0x0A, 1, RevocationReason::Superseded.code()];
    let entry = [
        0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03,
    ];
    let reason = [&entry[..], &superseded].concat();
    let other = [
        &entry[..],
        &[0x0A, 1, RevocationReason::KeyCompromise.code()],
    ]
    .concat();
    let changes = [
        (reason, other),
        (hex::decode(&a).unwrap(), hex::decode(&b).unwrap()),
    ];
    for ((part, wrong), host) in changes.into_iter().zip(["c.example.cn", "d.example.cn"]) {
        world.close().await;
        forge(&world, &part, &wrong);
        let before = fs::read(file(&world)).unwrap();
        world = world.restart().await;
        let c = revoked(&world, host).await;
        world = world.restart().await;
        let listed = combined(&world).await;
        for serial in [&a, &b, &c] {
            assert_eq!(listed[serial], RevocationReason::Superseded);
        }
        assert_ne!(fs::read(file(&world)).unwrap(), before);
    }
    world.check().await;
}

/// Lists that stand under a checkpoint of another ledger are of no use, whoever wrote them.
#[tokio::test]
async fn a_list_of_another_ledger_is_not_gone_on_from() {
    let (world, other) = (World::found().await, World::found().await);
    let a = revoked(&world, "a.example.cn").await;
    revoked(&other, "b.example.cn").await;
    let other = other.restart().await;
    other.close().await;
    world.close().await;
    fs::copy(file(&other), file(&world)).unwrap();
    let world = world.restart().await;
    let expected = Listed::from([(a, RevocationReason::Superseded)]);
    says(&world, &expected).await;
    world.check().await;
}

/// Puts `wrong` in the place of the first `part` of what is kept, under a right tag.
fn forge(world: &World, part: &[u8], wrong: &[u8]) {
    let (path, key) = (file(world), SnapshotKey::new(&[9; 32]));
    let length = fs::metadata(&path).unwrap().len() - 64 - 11 - 4;
    let content = kept::read(&path, &key, KIND, |input| {
        input.take(usize::try_from(length).unwrap())
    });
    let mut content = content.unwrap().unwrap();
    let at = content
        .windows(part.len())
        .position(|window| window == part)
        .expect("it is listed");
    content[at..at + part.len()].copy_from_slice(wrong);
    kept::write(&path, &key, KIND, |output| output.put(&content)).unwrap();
}
