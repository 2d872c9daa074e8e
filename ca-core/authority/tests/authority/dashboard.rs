//! The numbers of the overview: they follow every act, they are those of the officer's scope, and the audit finds one
//! that was changed.

use authority::{Counted, Counting, Dashboard, Outcome, StatusChange};
use policy::Role;
use policy::scope::unit_code;
use store::clock::Clock as _;
use store::views::{day_begins, day_of};
use x509::crl::RevocationReason;

use super::tamper::run;
use super::world::{
    AUDITOR, ENTRY, PRODUCTION, REVIEW, World, approve, change, issue, number, request, revoke,
    submit_in,
};

const DAY: i64 = 86_400;

impl World {
    /// Takes a device of that place through all three desks.
    async fn issued_in(&self, city: &str, unit: &str, host: &str) -> String {
        let submit = submit_in(city, unit, host, &request());
        let Outcome::CaseSubmitted { case, .. } = self.act(ENTRY, submit).await.unwrap() else {
            panic!("a case has a number")
        };
        self.act(REVIEW, approve(&case)).await.unwrap();
        let issued = self.act(PRODUCTION, issue(&[&case])).await.unwrap();
        let Outcome::CertificatesIssued { certificates } = issued else {
            panic!("a case has a certificate")
        };
        certificates[0].serial.clone()
    }

    /// What an officer sees: of this month, and of what ends within two years.
    async fn dashboard(&self, officer: usize, city: Option<&str>) -> Dashboard {
        let officer = self.authority.officer(&number(officer)).await.unwrap();
        let today = day_begins(day_of(self.clock.now().0));
        let months = [today - 30 * DAY, today + DAY];
        let weeks = [today, today + 731 * DAY];
        let seen = self
            .authority
            .dashboard(&officer, city, &months, &weeks, (0, 10));
        seen.await.unwrap()
    }

    /// The number and the length of its list.
    async fn counted(
        &self,
        officer: usize,
        counting: Counting,
        city: Option<&str>,
    ) -> (u64, usize) {
        let officer = self.authority.officer(&number(officer)).await.unwrap();
        let asked = Counted {
            counting,
            city: city.map(str::to_owned),
            unit: None,
            from: None,
            until: None,
            before: None,
            limit: 200,
        };
        let view = self.authority.counted(&officer, &asked).await.unwrap();
        (view.count, view.certificates.len())
    }
}

const ALL: [Counting; 7] = [
    Counting::Ending,
    Counting::Good,
    Counting::Held,
    Counting::InTime,
    Counting::Issued,
    Counting::Late,
    Counting::Revoked,
];

#[tokio::test]
async fn numbers_follow_every_act_and_equal_their_lists() {
    let world = World::found().await;
    world
        .issued_in("济南市", "济南市财政局", "a.example.cn")
        .await;
    let held = world
        .issued_in("济南市", "济南市财政局", "b.example.cn")
        .await;
    let gone = world
        .issued_in("青岛市", "青岛市财政局", "c.example.cn")
        .await;
    let back = world.issued_in("某地", "某局", "d.example.cn").await;
    world
        .act(ENTRY, change(&held, StatusChange::Hold, None))
        .await
        .unwrap();
    world
        .act(ENTRY, change(&gone, StatusChange::Hold, None))
        .await
        .unwrap();
    world
        .act(REVIEW, revoke(&gone, RevocationReason::KeyCompromise))
        .await
        .unwrap();
    world
        .act(ENTRY, change(&back, StatusChange::Hold, None))
        .await
        .unwrap();
    world
        .act(REVIEW, change(&back, StatusChange::Release, None))
        .await
        .unwrap();
    let seen = world.dashboard(AUDITOR, None).await;
    let cities: Vec<_> = seen
        .cities
        .iter()
        .map(|(code, city)| (code.as_str(), city.good, city.held))
        .collect();
    // What lies in no known city has no code; what was revoked is counted nowhere any more.
    assert_eq!(cities, [("", 1, 0), ("370100", 1, 1), ("370200", 0, 0)]);
    let month = seen.months[0];
    assert_eq!(
        [month.issued, month.revoked, month.in_time, month.late],
        [4, 1, 4, 0]
    );
    assert_eq!(seen.weeks, [3]);
    let units: Vec<_> = seen
        .units
        .iter()
        .map(|unit| (unit.name.as_deref(), unit.good))
        .collect();
    assert_eq!(units.len(), 2);
    assert!(units.contains(&(Some("济南市财政局"), 1)) && units.contains(&(Some("某局"), 1)));
    assert_eq!(seen.all_units, (2, 2));
    for (counting, number) in ALL.into_iter().zip([3, 2, 1, 4, 4, 0, 1]) {
        let found = world.counted(AUDITOR, counting, None).await;
        assert_eq!(found, (number, number as usize), "{counting:?}");
    }
    for (city, numbers) in [
        ("370100", [2, 1, 1, 2, 2, 0, 0]),
        ("370200", [0, 0, 0, 1, 1, 0, 1]),
        ("", [1, 1, 0, 1, 1, 0, 0]),
        ("370300", [0; 7]),
    ] {
        for (counting, number) in ALL.into_iter().zip(numbers) {
            let found = world.counted(AUDITOR, counting, Some(city)).await;
            assert_eq!(found, (number, number as usize), "{city} {counting:?}");
        }
    }
    let one = world.dashboard(AUDITOR, Some("370100")).await;
    assert_eq!(
        (one.weeks[0], one.months[0].issued, one.all_units),
        (2, 2, (1, 1))
    );
    world.check().await;
}

#[tokio::test]
async fn an_officer_sees_the_numbers_of_the_scope_and_no_others() {
    let world = World::found().await;
    world
        .issued_in("济南市", "济南市财政局", "a.example.cn")
        .await;
    world
        .issued_in("济南市", "济南市审计局", "b.example.cn")
        .await;
    world
        .issued_in("青岛市", "青岛市财政局", "c.example.cn")
        .await;
    world.confine(REVIEW, Role::Review, &["370100"], &[]).await;
    world
        .confine(PRODUCTION, Role::Production, &[], &["济南市审计局"])
        .await;
    for (officer, number, units) in [(AUDITOR, 3, 3), (REVIEW, 2, 2), (PRODUCTION, 1, 1)] {
        let seen = world.dashboard(officer, None).await;
        let good: u64 = seen.cities.values().map(|city| city.good).sum();
        assert_eq!(
            (good, seen.all_units.0, seen.weeks[0]),
            (number, units, number)
        );
        assert_eq!(seen.months[0].issued, number);
        for counting in [Counting::Good, Counting::Issued] {
            let found = world.counted(officer, counting, None).await;
            assert_eq!(found, (number, number as usize), "{officer} {counting:?}");
        }
    }
    let outside = world.dashboard(REVIEW, Some("370200")).await;
    assert_eq!((outside.months[0].issued, outside.all_units), (0, (0, 0)));
    assert_eq!(
        world.counted(REVIEW, Counting::Good, Some("370200")).await,
        (0, 0)
    );
    // The department of another city has no list either.
    let auditor = world.authority.officer(&number(AUDITOR)).await.unwrap();
    let all = world
        .authority
        .dashboard(&auditor, Some("370200"), &[], &[], (0, 1));
    let token = all.await.unwrap().units.remove(0).token.unwrap();
    let reviewer = world.authority.officer(&number(REVIEW)).await.unwrap();
    let asked = Counted {
        counting: Counting::Good,
        city: None,
        unit: Some(token),
        from: None,
        until: None,
        before: None,
        limit: 10,
    };
    let theirs = world.authority.counted(&auditor, &asked).await.unwrap();
    assert_eq!((theirs.count, theirs.certificates.len()), (1, 1));
    let refused = world.authority.counted(&reviewer, &asked).await;
    assert_eq!(super::world::code(refused), "A404");
    world.check().await;
}

#[tokio::test]
async fn the_promise_that_was_given_decides_what_is_late() {
    let world = World::found().await;
    let submitted = async |host: &str| {
        let submit = submit_in("济南市", "济南市财政局", host, &request());
        match world.act(ENTRY, submit).await.unwrap() {
            Outcome::CaseSubmitted { case, .. } => case,
            other => panic!("{other:?}"),
        }
    };
    let (soon, late, open) = (
        submitted("a.example.cn").await,
        submitted("b.example.cn").await,
        submitted("c.example.cn").await,
    );
    world.act(REVIEW, approve(&soon)).await.unwrap();
    world.act(PRODUCTION, issue(&[&soon])).await.unwrap();
    world.act(REVIEW, approve(&late)).await.unwrap();
    assert_eq!(world.dashboard(AUDITOR, None).await.overdue, 0);
    world.clock.advance(5 * DAY);
    world.act(PRODUCTION, issue(&[&late])).await.unwrap();
    for (counting, number) in [
        (Counting::InTime, 1),
        (Counting::Late, 1),
        (Counting::Issued, 2),
    ] {
        let found = world.counted(AUDITOR, counting, None).await;
        assert_eq!(found, (number, number as usize), "{counting:?}");
    }
    assert_eq!(world.dashboard(AUDITOR, None).await.overdue, 1);
    let auditor = world.authority.officer(&number(AUDITOR)).await.unwrap();
    let overdue = world
        .authority
        .overdue_cases(&auditor, None, None, 10)
        .await
        .unwrap();
    let numbers: Vec<_> = overdue.iter().map(|case| case.case.clone()).collect();
    assert_eq!(numbers, std::slice::from_ref(&open));
    let after = world
        .authority
        .overdue_cases(&auditor, None, Some(&open), 10);
    assert!(after.await.unwrap().is_empty());
    let elsewhere = world.authority.overdue_count(&auditor, Some("370200"));
    assert_eq!(elsewhere.await.unwrap(), 0);
    world.check().await;
}

#[tokio::test]
async fn a_number_that_was_changed_is_found() {
    let world = World::found().await;
    world
        .issued_in("济南市", "济南市财政局", "a.example.cn")
        .await;
    world.authority.shut_down().await;
    assert!(world.audit().await.is_clean());
    let unit = unit_code("济南市财政局").to_string();
    for (script, undo, code, place) in [
        (
            "UPDATE tallies SET count = count + 1 WHERE kind = 'good'".to_owned(),
            "UPDATE tallies SET count = count - 1 WHERE kind = 'good'".to_owned(),
            "V302",
            "tallies good",
        ),
        (
            "INSERT INTO tallies VALUES ('late', x'', '370100', 1, 1)".to_owned(),
            "DELETE FROM tallies WHERE kind = 'late'".to_owned(),
            "V303",
            "tallies late",
        ),
        (
            format!(
                "CREATE TABLE k AS SELECT * FROM units; DELETE FROM units WHERE hex(unit) = upper('{unit}')"
            ),
            "INSERT INTO units SELECT * FROM k; DROP TABLE k".to_owned(),
            "V304",
            "units",
        ),
    ] {
        run(&world, &script);
        let found = world.audit().await.findings;
        let placed = |f: &&authority::audit::Finding| f.code == code && f.place.starts_with(place);
        assert!(found.iter().any(|f| placed(&f)), "{script}: {found:?}");
        run(&world, &undo);
        assert!(world.audit().await.is_clean(), "{undo}");
    }
}
