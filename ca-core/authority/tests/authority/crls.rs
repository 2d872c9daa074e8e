//! CRLs: full, delta and by shard say the same, and what the ledger says.

use std::collections::BTreeMap;

use authority::StatusChange;
use x509::certificate::Certificate;
use x509::crl::{Crl, RevocationReason, shard_of};

use super::world::{ENTRY, REVIEW, World, change};

const DAY: i64 = 86_400;

/// Serial and reason of each entry.
pub(crate) type Listed = BTreeMap<String, RevocationReason>;

pub(crate) fn listed(crl: &Crl) -> Listed {
    crl.entries()
        .map(|entry| entry.own().unwrap())
        .map(|entry| (entry.serial.to_string(), entry.reason))
        .collect()
}

/// The published CRL of a scope.
pub(crate) async fn published(world: &World, scope: &str) -> Crl {
    let key = ["jinan".into(), scope.into()];
    let row = world
        .authority
        .store()
        .get::<store::views::CrlRow>(&key)
        .await
        .unwrap()
        .unwrap();
    let der = row.load(world.authority.store()).await.unwrap().unwrap();
    Crl::from_vec(der).unwrap()
}

/// The base with the delta applied, as RFC 5280 §6.3.3 does it; the full CRL itself where it is the newer.
pub(crate) async fn combined(world: &World) -> Listed {
    let (full, delta) = (
        published(world, "full").await,
        published(world, "delta").await,
    );
    let mut list = listed(&full);
    if delta.number() > full.number() {
        assert_eq!(delta.scope().delta_base, Some(full.number()));
        for (serial, reason) in listed(&delta) {
            match reason {
                RevocationReason::RemoveFromCrl => {
                    list.remove(&serial).expect("what is removed was listed");
                }
                reason => {
                    list.insert(serial, reason);
                }
            }
        }
    }
    list
}

/// A new certificate.
pub(crate) async fn issued(world: &World, host: &str) -> Certificate {
    Certificate::from_pem(&world.issued(host).await.pem).unwrap()
}

/// Freezes, releases or revokes.
pub(crate) async fn changed(
    world: &World,
    officer: usize,
    serial: &str,
    what: StatusChange,
    reason: Option<RevocationReason>,
) {
    let act = change(serial, what, reason);
    world.act(officer, act).await.unwrap();
}

pub(crate) async fn shards(world: &World) -> Listed {
    let mut all = Listed::new();
    for shard in 0..4 {
        let crl = published(world, &format!("shard-{shard:04}")).await;
        let url = format!("http://machines.test:8081/crl/jinan/{shard}of4.crl");
        assert_eq!(crl.scope().distribution_point, [url]);
        for entry in crl.entries() {
            assert_eq!(shard_of(&entry.own().unwrap().serial, 4), shard);
        }
        all.extend(listed(&crl));
    }
    all
}

#[tokio::test]
async fn certificates_name_the_shard_of_their_serial() {
    let world = World::found().await;
    for host in ["a.example.cn", "b.example.cn", "c.example.cn"] {
        let certificate = issued(&world, host).await;
        let shard = shard_of(certificate.serial(), 4);
        assert_eq!(
            certificate.crl_distribution_points(),
            [format!(
                "http://machines.test:8081/crl/jinan/{shard}of4.crl"
            )]
        );
    }
    world.check().await;
}

#[tokio::test]
async fn base_and_delta_are_the_list_and_the_shards_too() {
    let world = World::found().await;
    let held = issued(&world, "a.example.cn").await.serial().to_string();
    let revoked = issued(&world, "b.example.cn").await.serial().to_string();
    changed(&world, ENTRY, &held, StatusChange::Hold, None).await;
    let reason = Some(RevocationReason::KeyCompromise);
    changed(&world, REVIEW, &revoked, StatusChange::Revoke, reason).await;
    let world = world.restart().await;
    let expected = Listed::from([
        (held.clone(), RevocationReason::CertificateHold),
        (revoked.clone(), RevocationReason::KeyCompromise),
    ]);
    assert_eq!(combined(&world).await, expected);
    assert_eq!(shards(&world).await, expected);
    changed(&world, REVIEW, &held, StatusChange::Release, None).await;
    let world = world.restart().await;
    // A small full CRL is made at once; the delta of the same number takes the released one off the base before.
    let (full, delta) = (
        published(&world, "full").await,
        published(&world, "delta").await,
    );
    assert_eq!(full.number(), delta.number());
    assert_eq!(
        listed(&delta),
        Listed::from([(held, RevocationReason::RemoveFromCrl)])
    );
    let rest = Listed::from([(revoked, RevocationReason::KeyCompromise)]);
    assert_eq!(listed(&full), rest);
    assert_eq!(shards(&world).await, rest);
    world.check().await;
}

#[tokio::test]
async fn expired_certificates_are_listed_once_more_and_then_left_out() {
    let world = World::found().await;
    let certificate = issued(&world, "a.example.cn").await;
    let serial = certificate.serial().to_string();
    let reason = Some(RevocationReason::Superseded);
    changed(&world, REVIEW, &serial, StatusChange::Revoke, reason).await;
    let mut world = world.restart().await;
    assert!(shards(&world).await.contains_key(&serial));
    let left = certificate.not_after().0 - certificate.not_before().0;
    // A year passes while the service stands still, and the operator says so.
    world.accept_clock = true;
    world.clock.advance(left - DAY / 4);
    world = world.restart().await;
    assert!(listed(&published(&world, "full").await).contains_key(&serial));
    // Past its end it is listed once more everywhere, and then nowhere.
    world.clock.advance(DAY);
    world = world.restart().await;
    assert!(listed(&published(&world, "full").await).contains_key(&serial));
    assert!(shards(&world).await.contains_key(&serial));
    world.clock.advance(DAY);
    world = world.restart().await;
    assert!(!listed(&published(&world, "full").await).contains_key(&serial));
    assert!(!shards(&world).await.contains_key(&serial));
    let delta = listed(&published(&world, "delta").await);
    assert_eq!(delta.get(&serial), Some(&RevocationReason::RemoveFromCrl));
    world.check().await;
}
