//! An officer of one city does nothing in another one: every verb says no, and lists show nothing of it.

use authority::{Act, CaseQuery, Error, Evidence, SearchQuery, StatusChange};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ledger::event::{Decision, Succession};
use policy::Role;
use policy::scope::unit_code;
use x509::crl::RevocationReason;

use super::officers::terms;
use super::successions::{HOST, follow, with};
use super::world::{
    ADMINISTRATOR, AUDITOR, ENTRY, PRODUCTION, REVIEW, SECOND_ADMINISTRATOR, SECOND_REVIEW, World,
    approve, change, code, issue, number, request, revoke, submit, submit_in,
};
use authority::{ProposedChange, ProposedTerms};

const QINGDAO: &str = "370200";

impl World {
    /// From now on the officer acts in these cities for these units.
    pub(crate) async fn confine(
        &self,
        officer: usize,
        role: Role,
        cities: &[&str],
        units: &[&str],
    ) {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let terms = ProposedTerms {
            cities: own(cities),
            units: own(units),
            ..terms(role)
        };
        self.decide(Some(officer), ProposedChange::Change { terms })
            .await;
    }
}

/// The refusal is P411 whether the act is prepared or was prepared before.
async fn kept_out(world: &World, officer: usize, act: Act) {
    let verb = act.verb();
    let refused = world.prepare(officer, act).await;
    assert_eq!(code(refused), "P411", "{verb}");
}

#[tokio::test]
async fn no_verb_reaches_beyond_the_scope() {
    let world = World::found().await;
    // All of it belongs to 济南.
    let submitted = world.submitted("a.example.cn").await;
    let approved = world.approved("b.example.cn").await;
    let good = world.issued("c.example.cn").await.serial;
    let held = world.issued("d.example.cn").await.serial;
    let hold = |serial: &str| change(serial, StatusChange::Hold, None);
    world.act(PRODUCTION, hold(&held)).await.unwrap();
    for (officer, role) in [
        (ENTRY, Role::Entry),
        (REVIEW, Role::Review),
        (SECOND_REVIEW, Role::Review),
        (PRODUCTION, Role::Production),
    ] {
        world.confine(officer, role, &[QINGDAO], &[]).await;
    }
    let withdraw = Act::WithdrawCase {
        case: submitted.clone(),
        reasons: "重复".to_owned(),
    };
    let release = change(&held, StatusChange::Release, None);
    let returned = Act::ReviewCase {
        case: submitted.clone(),
        revision: 1,
        decision: Decision::Returned,
        reasons: "不清楚".to_owned(),
    };
    for (officer, act) in [
        (ENTRY, submit("e.example.cn", &request())),
        (ENTRY, withdraw),
        (ENTRY, hold(&good)),
        (REVIEW, approve(&submitted)),
        (REVIEW, returned),
        (REVIEW, hold(&good)),
        (SECOND_REVIEW, release),
        (REVIEW, revoke(&good, RevocationReason::KeyCompromise)),
        (PRODUCTION, issue(&[&approved])),
        (PRODUCTION, hold(&good)),
    ] {
        kept_out(&world, officer, act).await;
    }
    world.check().await;
}

#[tokio::test]
async fn a_certificate_is_not_drawn_into_the_scope_by_its_successor() {
    let world = World::found().await;
    let old = world.issued(HOST).await.serial;
    world.confine(ENTRY, Role::Entry, &[QINGDAO], &[]).await;
    let moved = follow(Succession::Change, &old, &request());
    kept_out(&world, ENTRY, with(moved, "city", "青岛市")).await;
    let officer = world.authority.officer(&number(ENTRY)).await.unwrap();
    let authority = &world.authority;
    let offered = authority.successions(&officer, "jinan", &old).await;
    assert_eq!(code(offered), "P411");
    let form = authority.form_for_successor(&officer, "jinan", &old).await;
    assert_eq!(code(form), "P411");
    world.check().await;
}

#[tokio::test]
async fn an_act_prepared_before_the_scope_shrank_is_not_committed() {
    let world = World::found().await;
    let case = world.submitted("a.example.cn").await;
    let prepared = world.prepare(REVIEW, approve(&case)).await.unwrap();
    world.confine(REVIEW, Role::Review, &[QINGDAO], &[]).await;
    assert_eq!(code(world.commit(REVIEW, &prepared).await), "P411");
    world.check().await;
}

#[tokio::test]
async fn within_the_scope_everything_goes_on() {
    let world = World::found().await;
    for (officer, role) in [
        (ENTRY, Role::Entry),
        (REVIEW, Role::Review),
        (PRODUCTION, Role::Production),
    ] {
        let cities = ["370100", QINGDAO];
        let units = ["青岛市财政局"];
        world.confine(officer, role, &cities, &units).await;
    }
    let own = submit_in("青岛市", "青岛市财政局", "a.example.cn", &request());
    let case = match world.act(ENTRY, own).await.unwrap() {
        authority::Outcome::CaseSubmitted { case, .. } => case,
        other => panic!("{other:?}"),
    };
    world.act(REVIEW, approve(&case)).await.unwrap();
    world.act(PRODUCTION, issue(&[&case])).await.unwrap();
    // Another unit of the same city, the same unit of another city, and a place that is no city of the province.
    for (city, unit) in [
        ("青岛市", "青岛市审计局"),
        ("烟台市", "青岛市财政局"),
        ("某地", "青岛市财政局"),
    ] {
        kept_out(
            &world,
            ENTRY,
            submit_in(city, unit, "b.example.cn", &request()),
        )
        .await;
    }
    world.check().await;
}

#[tokio::test]
async fn what_lies_outside_is_not_seen() {
    let world = World::found().await;
    let evidence = Evidence {
        title: "单位来函".to_owned(),
        content: BASE64_STANDARD.encode(b"%PDF-1.4\n%%EOF\n"),
    };
    let with_evidence = |act: Act| match act {
        Act::SubmitCase {
            case,
            profile,
            authority,
            form,
            request,
            succeeds,
            notes,
            ..
        } => Act::SubmitCase {
            case,
            profile,
            authority,
            form,
            request,
            evidence: vec![evidence.clone()],
            succeeds,
            notes,
        },
        other => other,
    };
    let jinan = submit("a.example.cn", &request());
    world.act(ENTRY, with_evidence(jinan)).await.unwrap();
    let qingdao = submit_in("青岛市", "青岛市财政局", "b.example.cn", &request());
    world.act(ENTRY, with_evidence(qingdao)).await.unwrap();
    let certificate = world.issued("c.example.cn").await;
    world.confine(REVIEW, Role::Review, &[QINGDAO], &[]).await;
    let (seen, all) = (
        world.authority.officer(&number(REVIEW)).await.unwrap(),
        world.authority.officer(&number(AUDITOR)).await.unwrap(),
    );
    assert_eq!(seen.scope.cities, [QINGDAO.to_owned()].into());
    let authority = &world.authority;
    let query = CaseQuery::default();
    let cases = authority.cases(&seen, &query).await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].department, "青岛市财政局");
    assert_eq!(authority.cases(&all, &query).await.unwrap().len(), 3);
    let counts = authority.case_counts(&seen, None).await.unwrap();
    assert_eq!(counts.values().sum::<u64>(), 1, "counts equal lists");
    let hidden = "C-2026-0000001";
    assert_eq!(code(authority.case(&seen, hidden).await), "P411");
    let shown = authority.case(&all, hidden).await.unwrap();
    let digest = shown.evidence[0].parse().unwrap();
    let looked: Result<(), Error> = authority.evidence(&seen, hidden, &digest).await.map(drop);
    assert_eq!(code(looked), "P411");
    authority.evidence(&all, hidden, &digest).await.unwrap();
    // Pages of a department show what lies within, and nothing of one that lies outside.
    assert_eq!(code(authority.tokens_of_case(&seen, hidden).await), "P411");
    let (_, outside) = authority.tokens_of_case(&all, hidden).await.unwrap();
    let (_, inside) = authority
        .tokens_of_case(&seen, &cases[0].case)
        .await
        .unwrap();
    let (outside, inside) = (outside.unwrap(), inside.unwrap());
    let edges = [0, i64::MAX];
    let everything = SearchQuery::default();
    let department = async |officer, token: &str| {
        let seen = authority.department(officer, token, &edges, &everything);
        seen.await
    };
    assert_eq!(code(department(&seen, &outside).await), "A404");
    assert_eq!(department(&all, &outside).await.unwrap().listed, 1);
    let own = department(&seen, &inside).await.unwrap();
    assert_eq!(own.name, "青岛市财政局");
    assert_eq!(own.cases.values().sum::<u64>(), 1);
    let counts = authority.case_counts(&seen, Some(&outside)).await.unwrap();
    assert_eq!(counts.values().sum::<u64>(), 0);
    let found = authority
        .search(&seen, &SearchQuery::default())
        .await
        .unwrap();
    assert_eq!(found.len(), 0);
    let jinan = Some("jinan");
    let page = authority
        .certificate(&seen, jinan, &certificate.serial)
        .await;
    assert_eq!(code(page), "P411");
    authority
        .certificate(&all, jinan, &certificate.serial)
        .await
        .unwrap();
    world.check().await;
}

#[tokio::test]
async fn an_administrator_gives_and_takes_within_his_own_scope() {
    let mut world = World::found().await;
    let third = world.appoint("高春燕", Role::RaAdministrator).await;
    let role = Role::RaAdministrator;
    world.confine(third, role, &[QINGDAO], &[]).await;
    let scope = |cities: &[&str]| ProposedChange::Change {
        terms: ProposedTerms {
            cities: cities.iter().map(|code| (*code).to_owned()).collect(),
            ..terms(Role::Entry)
        },
    };
    // The officer of the whole province is beyond the reach of one city's administrator.
    for change in [ProposedChange::End, scope(&[QINGDAO])] {
        let proposed = world.propose(third, Some(ENTRY), change).await;
        assert_eq!(code(proposed), "P411");
    }
    let proposal = world
        .propose(ADMINISTRATOR, Some(ENTRY), scope(&[QINGDAO]))
        .await
        .unwrap();
    for act in [
        Act::ConfirmOfficer { proposal },
        Act::RefuseOfficer {
            proposal,
            reasons: "不妥".to_owned(),
        },
    ] {
        assert_eq!(code(world.prepare(third, act).await), "P411");
    }
    let confirm = Act::ConfirmOfficer { proposal };
    world.act(SECOND_ADMINISTRATOR, confirm).await.unwrap();
    // Now the officer is within reach, but not beyond the city.
    let wider = world.propose(third, Some(ENTRY), scope(&[])).await;
    assert_eq!(code(wider), "P411");
    let wider = world.propose(third, Some(ENTRY), scope(&["370100"])).await;
    assert_eq!(code(wider), "P411");
    world
        .propose(third, Some(ENTRY), ProposedChange::End)
        .await
        .unwrap();
    let seen = world.authority.officer(&number(third)).await.unwrap();
    let list = world.authority.officers(&seen, None, 200).await.unwrap();
    let numbers: Vec<_> = list.into_iter().map(|officer| officer.number).collect();
    assert_eq!(numbers, [number(ENTRY), number(third)]);
    let record = world.authority.officer_record(&seen, &number(REVIEW)).await;
    assert_eq!(code(record), "P411");
    world.check().await;
}

#[tokio::test]
async fn a_scope_is_made_of_what_exists() {
    let world = World::found().await;
    let propose = async |cities: &[&str], units: Vec<String>| {
        let terms = ProposedTerms {
            cities: cities.iter().map(|code| (*code).to_owned()).collect(),
            units,
            ..terms(Role::Entry)
        };
        let change = ProposedChange::Change { terms };
        world.propose(ADMINISTRATOR, Some(ENTRY), change).await
    };
    for (cities, units) in [
        (&["370000"][..], vec![]),
        (&["济南市"], vec![]),
        (&["370100", "370100"], vec![]),
        (&[], vec![String::new()]),
        (&[], vec!["甲局".to_owned(), "甲局 ".to_owned()]),
        (&[], vec!["长".repeat(101)]),
        (&[], vec!["甲\n局".to_owned()]),
        (&[], (0..21).map(|n| format!("第{n}局")).collect()),
    ] {
        let proposed = propose(cities, units.clone()).await;
        assert_eq!(code(proposed), "A422", "{cities:?} {units:?}");
    }
    propose(&[QINGDAO], vec!["甲局".to_owned()]).await.unwrap();
    // The ledger has the unit's code, never its name.
    let size = world.authority.store().size().await.unwrap();
    let entries = world.authority.entries(size - 1, 1).await.unwrap();
    assert!(entries[0].1.contains(&unit_code("甲局").to_string()));
    assert!(!entries[0].1.contains("甲局"));
    world.check().await;
}
