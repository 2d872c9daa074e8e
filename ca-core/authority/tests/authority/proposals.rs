//! Proposals about officers.
//!
//! 1. nobody confirms his own proposal or decides about himself, by whatever number or certificate;
//! 2. of two at the same moment one counts, and a proposal falls with whoever made it or with its term;
//! 3. two administrators always remain;
//! 4. lists show them.

use authority::{ProposalQuery, ProposedChange, ProposedTerms};
use policy::Role;

use super::officers::{appoint, confirm, refuse, terms};
use super::world::{
    ADMINISTRATOR, AUDITOR, ENTRY, PRODUCTION, REVIEW, SECOND_ADMINISTRATOR, World, code, number,
    request, submit,
};

const HOUR: i64 = 3_600;

#[tokio::test]
async fn one_administrator_does_not_make_an_officer() {
    let world = World::found().await;
    let (certificate, _, _) = world.certified("高春燕").await;
    let appointment = appoint(Role::Entry, &certificate);
    for stranger in [ENTRY, REVIEW, PRODUCTION, AUDITOR] {
        let proposed = world.propose(stranger, None, appointment.clone()).await;
        assert_eq!(code(proposed), "P403");
    }
    let proposal = world
        .propose(ADMINISTRATOR, None, appointment.clone())
        .await
        .unwrap();
    let own = world.prepare(ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(own), "P409");
    for stranger in [ENTRY, REVIEW, PRODUCTION, AUDITOR] {
        for act in [confirm(proposal), refuse(proposal)] {
            assert_eq!(code(world.prepare(stranger, act).await), "P403");
        }
    }
    // Taking it back is lawful, and final.
    world.act(ADMINISTRATOR, refuse(proposal)).await.unwrap();
    let late = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(late), "A409");
    let none = world.prepare(SECOND_ADMINISTRATOR, confirm(9_999)).await;
    assert_eq!(code(none), "A404");
    let entry = world.prepare(SECOND_ADMINISTRATOR, confirm(0)).await;
    assert_eq!(code(entry), "A404");
    world.check().await;
}

#[tokio::test]
async fn nobody_decides_about_himself() {
    let world = World::found().await;
    let own = Some(ADMINISTRATOR);
    for change in [
        ProposedChange::End,
        ProposedChange::Change {
            terms: terms(Role::Entry),
        },
    ] {
        let proposed = world.propose(ADMINISTRATOR, own, change).await;
        assert_eq!(code(proposed), "P412");
    }
    // A second certificate of the same person makes no second person.
    let (certificate, _, _) = world.certified("孙立群").await;
    let appointment = appoint(Role::Review, &certificate);
    let proposed = world
        .propose(ADMINISTRATOR, None, appointment.clone())
        .await;
    assert_eq!(code(proposed), "P412");
    let proposal = world
        .propose(SECOND_ADMINISTRATOR, None, appointment)
        .await
        .unwrap();
    let confirmed = world.prepare(ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(confirmed), "P412");
    let change = ProposedChange::Change {
        terms: terms(Role::RaAdministrator),
    };
    let about = Some(ADMINISTRATOR);
    let proposal = world
        .propose(SECOND_ADMINISTRATOR, about, change)
        .await
        .unwrap();
    for act in [confirm(proposal), refuse(proposal)] {
        assert_eq!(code(world.prepare(ADMINISTRATOR, act).await), "P412");
    }
    world.check().await;
}

#[tokio::test]
async fn a_proposal_whose_term_is_over_is_not_confirmed() {
    let world = World::found().await;
    let end = world.authority.clock().now().0 + HOUR;
    let until = Some(end);
    let boxed = ProposedTerms {
        until,
        ..terms(Role::Entry)
    };
    let change = ProposedChange::Change { terms: boxed };
    let proposal = world
        .propose(ADMINISTRATOR, Some(ENTRY), change)
        .await
        .unwrap();
    world.clock.set(x509::time::Time(end));
    let late = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(late), "A422");
    world.check().await;
}

#[tokio::test]
async fn two_administrators_remain() {
    let mut world = World::found().await;
    let third = world.appoint("高春燕", Role::RaAdministrator).await;
    let end = ProposedChange::End;
    let proposal = world
        .propose(ADMINISTRATOR, Some(SECOND_ADMINISTRATOR), end.clone())
        .await
        .unwrap();
    world.act(third, confirm(proposal)).await.unwrap();
    // Of two, neither can be ended: one would have to confirm it alone, or his own end.
    let demote = ProposedChange::Change {
        terms: terms(Role::Entry),
    };
    for change in [end, demote] {
        let proposed = world.propose(ADMINISTRATOR, Some(third), change).await;
        let proposal = proposed.unwrap();
        for (administrator, expected) in [(ADMINISTRATOR, "P409"), (third, "P412")] {
            let confirmed = world.prepare(administrator, confirm(proposal)).await;
            assert_eq!(code(confirmed), expected);
        }
        world.act(ADMINISTRATOR, refuse(proposal)).await.unwrap();
    }
    world.check().await;
}

#[tokio::test]
async fn a_proposal_falls_with_whoever_made_it() {
    let mut world = World::found().await;
    let third = world.appoint("高春燕", Role::RaAdministrator).await;
    let proposal = world
        .propose(ADMINISTRATOR, Some(ENTRY), ProposedChange::End)
        .await
        .unwrap();
    let end = world
        .propose(
            SECOND_ADMINISTRATOR,
            Some(ADMINISTRATOR),
            ProposedChange::End,
        )
        .await
        .unwrap();
    world.act(third, confirm(end)).await.unwrap();
    let fallen = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(fallen), "A417");
    world.act(third, refuse(proposal)).await.unwrap();
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_the_same_moment_one_counts() {
    let mut world = World::found().await;
    let third = world.appoint("高春燕", Role::RaAdministrator).await;
    let end = ProposedChange::End;
    let (first, second) = tokio::join!(
        world.propose(ADMINISTRATOR, Some(ENTRY), end.clone()),
        world.propose(SECOND_ADMINISTRATOR, Some(ENTRY), end),
    );
    let won: Vec<_> = [&first, &second].into_iter().flatten().collect();
    assert_eq!(won.len(), 1, "{first:?} {second:?}");
    let proposal = *won[0];
    let proposer = if first.is_ok() {
        ADMINISTRATOR
    } else {
        SECOND_ADMINISTRATOR
    };
    let other = if first.is_ok() {
        SECOND_ADMINISTRATOR
    } else {
        ADMINISTRATOR
    };
    assert_eq!(code(if first.is_ok() { second } else { first }), "A409");
    let (confirmed, refused, own) = (
        world.prepare(other, confirm(proposal)).await.unwrap(),
        world.prepare(third, refuse(proposal)).await.unwrap(),
        world.prepare(proposer, refuse(proposal)).await.unwrap(),
    );
    let outcomes = tokio::join!(
        world.commit(other, &confirmed),
        world.commit(third, &refused),
        world.commit(proposer, &own),
    );
    let outcomes = [outcomes.0, outcomes.1, outcomes.2];
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
    for lost in outcomes.into_iter().filter(Result::is_err) {
        assert!(["A409", "A412"].contains(&code(lost).as_str()));
    }
    world.check().await;
}

#[tokio::test]
async fn officers_and_proposals_are_listed() {
    let mut world = World::found().await;
    let new = world.appoint("高春燕", Role::Entry).await;
    world
        .act(new, submit("a.example.cn", &request()))
        .await
        .unwrap();
    let proposal = world
        .propose(ADMINISTRATOR, Some(new), ProposedChange::End)
        .await
        .unwrap();
    let auditor = world.authority.officer(&number(AUDITOR)).await.unwrap();
    let list = world.authority.officers(&auditor, None, 200).await.unwrap();
    assert_eq!(list.len(), world.keys.len());
    let shown = list.last().unwrap();
    assert_eq!(
        (shown.name.as_str(), shown.state.as_str()),
        ("高春燕", "in-force")
    );
    assert_eq!(shown.waiting, Some(proposal));
    let last = shown.last_act.as_ref().unwrap();
    assert_eq!(last.kind, "case.submitted");
    let page = world.authority.officers(&auditor, Some("OP-0006"), 1).await;
    assert_eq!(page.unwrap()[0].number, "OP-0007");
    let waiting = ProposalQuery {
        state: Some("waiting".to_owned()),
        ..ProposalQuery::default()
    };
    let list = world.authority.proposals(&auditor, &waiting).await.unwrap();
    assert_eq!(list.len(), 1);
    assert!(list[0].sentence.contains("终止"), "{}", list[0].sentence);
    assert_eq!(list[0].proposed_by, number(ADMINISTRATOR));
    let all = world
        .authority
        .proposals(&auditor, &ProposalQuery::default())
        .await;
    assert_eq!(all.unwrap().len(), 2);
    let (_, about) = world
        .authority
        .officer_record(&auditor, &number(new))
        .await
        .unwrap();
    let kinds: Vec<_> = about.iter().map(|line| line.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["officer.proposed", "officer.confirmed", "officer.proposed"]
    );
    for stranger in [ENTRY, REVIEW, PRODUCTION] {
        let stranger = world.authority.officer(&number(stranger)).await.unwrap();
        assert_eq!(
            code(world.authority.officers(&stranger, None, 1).await),
            "P403"
        );
        assert_eq!(
            code(world.authority.proposals(&stranger, &waiting).await),
            "P403"
        );
        assert_eq!(
            code(world.authority.proposal(&stranger, proposal).await),
            "P403"
        );
    }
    world.check().await;
}
