//! One statement over a list of certificates: each is decided on by itself, and what stopped is carried on with.

use authority::{Act, ListPlan, ListedCertificate, Outcome, SearchQuery, StatusChange};
use policy::Role;
use store::Compare;
use store::views::CertificateRow;
use x509::crl::RevocationReason;

use super::world::{
    ADMINISTRATOR, AUDITOR, ENTRY, PRODUCTION, REVIEW, World, change, code, number,
};

const DAY: i64 = 86_400;

fn act(change: StatusChange, certificates: &[ListedCertificate]) -> Act {
    Act::ChangeStatuses {
        change,
        reason: (change == StatusChange::Revoke).then_some(RevocationReason::CessationOfOperation),
        selection: "单位：济南市行政审批服务局".to_owned(),
        note: "济应急〔2026〕3号".to_owned(),
        certificates: certificates.to_vec(),
    }
}

async fn plan(world: &World, officer: usize, change: StatusChange) -> ListPlan {
    let officer = world.authority.officer(&number(officer)).await.unwrap();
    let reason = (change == StatusChange::Revoke).then_some(RevocationReason::Superseded);
    let query = SearchQuery::default();
    let planned = world.authority.plan_list(&officer, &query, change, reason);
    planned.await.unwrap()
}

/// How many were changed, and the codes of the others.
fn told(outcome: Outcome) -> (u64, Vec<String>) {
    let Outcome::StatusesChanged { done, refused, .. } = outcome else {
        panic!("{outcome:?}")
    };
    (done, refused.into_iter().map(|one| one.code).collect())
}

/// The latest entry of each revoked certificate.
async fn latest(world: &World) -> Vec<i64> {
    let filter = [("state", Compare::Eq("revoked".into()))];
    let rows = world
        .authority
        .store()
        .scan::<CertificateRow>(&filter, &[], None, 100);
    rows.await.unwrap().iter().map(|row| row.idx).collect()
}

#[tokio::test]
async fn each_certificate_of_a_list_is_decided_on_by_itself() {
    let world = World::found().await;
    let mut serials = Vec::new();
    for host in ["a.example.cn", "b.example.cn", "c.example.cn"] {
        serials.push(world.issued(host).await.serial);
    }
    let found = plan(&world, REVIEW, StatusChange::Hold).await;
    assert_eq!(found.certificates.len(), 3);
    // Officers', responders' and authorities' own are left out, each with its rule.
    let codes: std::collections::BTreeSet<&str> =
        found.left_out.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["A418", "A419"]);
    let prepared = world
        .prepare(REVIEW, act(StatusChange::Hold, &found.certificates))
        .await
        .unwrap();
    assert!(prepared.zh.contains("冻结 3 张证书"), "{}", prepared.zh);
    // One of them changes after it was looked over.
    let hold = change(&serials[1], StatusChange::Hold, None);
    world.act(PRODUCTION, hold).await.unwrap();
    let committed = world.commit(REVIEW, &prepared).await.unwrap();
    assert_eq!(told(committed), (2, vec!["A409".to_owned()]));
    // Whoever froze them does not release them; somebody else does.
    let release = change(&serials[0], StatusChange::Release, None);
    assert_eq!(code(world.act(REVIEW, release.clone()).await), "P409");
    world.act(ADMINISTRATOR, release).await.unwrap();
    world.check().await;
}

#[tokio::test]
async fn the_same_signature_changes_nothing_twice() {
    let world = World::found().await;
    for host in ["a.example.cn", "b.example.cn"] {
        world.issued(host).await;
    }
    let found = plan(&world, REVIEW, StatusChange::Revoke).await;
    let prepared = world
        .prepare(REVIEW, act(StatusChange::Revoke, &found.certificates))
        .await
        .unwrap();
    assert_eq!(
        told(world.commit(REVIEW, &prepared).await.unwrap()),
        (2, vec![])
    );
    let entries = latest(&world).await;
    assert_eq!(entries.len(), 2);
    // Again at once, and after the time in which an act has to begin.
    for wait in [0, authority::STATEMENT_LIFETIME + 1] {
        world.clock.advance(wait);
        assert_eq!(
            told(world.commit(REVIEW, &prepared).await.unwrap()),
            (2, vec![])
        );
    }
    assert_eq!(latest(&world).await, entries);
    world.clock.advance(DAY);
    assert_eq!(code(world.commit(REVIEW, &prepared).await), "A408");
    world.check().await;
}

#[tokio::test]
async fn a_list_that_was_not_begun_in_time_is_signed_again() {
    let world = World::found().await;
    world.issued("a.example.cn").await;
    let found = plan(&world, REVIEW, StatusChange::Hold).await;
    let prepared = world
        .prepare(REVIEW, act(StatusChange::Hold, &found.certificates))
        .await
        .unwrap();
    world.clock.advance(authority::STATEMENT_LIFETIME + 1);
    assert_eq!(code(world.commit(REVIEW, &prepared).await), "A408");
    world.check().await;
}

#[tokio::test]
async fn a_list_is_refused_as_a_whole_where_it_cannot_be_one() {
    let world = World::found().await;
    for host in ["a.example.cn", "b.example.cn"] {
        world.issued(host).await;
    }
    let good = plan(&world, REVIEW, StatusChange::Hold).await.certificates;
    let backwards: Vec<_> = good.iter().rev().cloned().collect();
    let twice = [good[0].clone(), good[0].clone()];
    let many = vec![good[0].clone(); 5_001];
    for (officer, change, list, wanted) in [
        (REVIEW, StatusChange::Hold, &[][..], "A413"),
        (REVIEW, StatusChange::Hold, &many, "A413"),
        (REVIEW, StatusChange::Hold, &backwards, "A400"),
        (REVIEW, StatusChange::Hold, &twice, "A400"),
        (REVIEW, StatusChange::Release, &good, "A422"),
        (ENTRY, StatusChange::Revoke, &good, "P403"),
        (AUDITOR, StatusChange::Hold, &good, "P403"),
    ] {
        let refused = world.prepare(officer, act(change, list)).await;
        assert_eq!(code(refused), wanted, "{change:?}");
    }
    let mut silent = act(StatusChange::Hold, &good);
    if let Act::ChangeStatuses { note, .. } = &mut silent {
        note.clear();
    }
    assert_eq!(code(world.prepare(REVIEW, silent).await), "A422");
    let mut groundless = act(StatusChange::Revoke, &good);
    if let Act::ChangeStatuses { reason, .. } = &mut groundless {
        *reason = None;
    }
    assert_eq!(code(world.prepare(REVIEW, groundless).await), "A422");
    world.check().await;
}

#[tokio::test]
async fn a_list_reaches_no_further_than_the_scope() {
    let world = World::found().await;
    world.issued("a.example.cn").await;
    let found = plan(&world, REVIEW, StatusChange::Hold).await;
    let everything = found.certificates.clone();
    world.confine(REVIEW, Role::Review, &["370200"], &[]).await;
    assert_eq!(
        plan(&world, REVIEW, StatusChange::Hold).await,
        ListPlan::default()
    );
    // A list that was made elsewhere.
    let outcome = world
        .act(REVIEW, act(StatusChange::Hold, &everything))
        .await;
    assert_eq!(told(outcome.unwrap()), (0, vec!["P411".to_owned()]));
    // One that says another certificate under that serial, or an authority's own.
    let mut other = everything.clone();
    other[0].certificate = sm_engine::sm3::digest(b"another");
    let outcome = world.act(ENTRY, act(StatusChange::Hold, &other)).await;
    assert_eq!(told(outcome.unwrap()), (0, vec!["A412".to_owned()]));
    world.check().await;
}
