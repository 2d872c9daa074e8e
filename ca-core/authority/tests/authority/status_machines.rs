//! Responders on other machines: certified and renewed under their own key, and not once one of them was ended.

use sm_engine::sm2::PrivateKey;
use sm_engine::sm3;
use store::Compare;
use store::views::CertificateRow;
use x509::crl::RevocationReason;

use super::world::{ADMINISTRATOR, World, change, code, revoke};

const DAY: i64 = 86_400;

/// Rows of the certificates of a key, oldest first.
async fn certificates(world: &World, key: &PrivateKey) -> Vec<CertificateRow> {
    let digest = sm3::digest(&x509::key_info(&key.public_key().into()));
    let filter = [("key", Compare::Eq(digest.into()))];
    let mut rows = world
        .authority
        .store()
        .scan::<CertificateRow>(&filter, &[], None, 100)
        .await
        .unwrap();
    rows.sort_by_key(|row| row.intended_idx);
    rows
}

#[tokio::test]
async fn another_machines_responder_is_certified_once_and_renewed_under_the_same_key() {
    let world = World::found().await;
    let key = PrivateKey::generate();
    let certify = async |world: &World| {
        world
            .authority
            .certify_responder(&key.public_key().into())
            .await
    };
    assert_eq!(certify(&world).await.unwrap(), 2, "one of each authority");
    assert_eq!(certify(&world).await.unwrap(), 0);
    let rows = certificates(&world, &key).await;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.profile == "ocsp-responder"));
    // The authority's own responder stays the one whose key it has.
    let own = world.authority.responders().borrow().clone();
    let world = world.restart().await;
    let after = world.authority.responders().borrow().clone();
    assert_eq!(own.len(), after.len());
    for responder in &after {
        assert_ne!(responder.certificate.public_key(), key.public_key());
    }
    world.clock.advance(21 * DAY);
    assert_eq!(certify(&world).await.unwrap(), 2, "in the last third");
    assert_eq!(certify(&world).await.unwrap(), 0);
    assert_eq!(certificates(&world, &key).await.len(), 4);
    let public = world
        .authority
        .store()
        .unseal(&certificates(&world, &key).await[0].certificate.unwrap())
        .await
        .unwrap();
    assert!(public.is_some());
    world.check().await;
}

#[tokio::test]
async fn a_responder_whose_certificate_was_ended_is_not_certified_again() {
    for reason in [
        RevocationReason::KeyCompromise,
        RevocationReason::Superseded,
    ] {
        let world = World::found().await;
        let key = PrivateKey::generate();
        let certify = async || {
            world
                .authority
                .certify_responder(&key.public_key().into())
                .await
        };
        certify().await.unwrap();
        let rows = certificates(&world, &key).await;
        let row = rows.iter().find(|row| row.authority == "jinan").unwrap();
        world
            .act(ADMINISTRATOR, revoke(&row.serial, reason))
            .await
            .unwrap();
        assert_eq!(code(certify().await), "A427");
        world.check().await;
    }
}

#[tokio::test]
async fn a_frozen_responder_is_not_certified_again_either() {
    let world = World::found().await;
    let key = PrivateKey::generate();
    let certify = async || {
        world
            .authority
            .certify_responder(&key.public_key().into())
            .await
    };
    certify().await.unwrap();
    let rows = certificates(&world, &key).await;
    let row = rows.iter().find(|row| row.authority == "jinan").unwrap();
    let hold = change(&row.serial, authority::StatusChange::Hold, None);
    world.act(ADMINISTRATOR, hold).await.unwrap();
    assert_eq!(code(certify().await), "A427");
    world.check().await;
}
