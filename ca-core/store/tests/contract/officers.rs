//! Officers and proposals as rows: what entries make of them, in one group and in several.

use ledger::event::{Entry, Event, OfficerChange, StatementRef, Terms};
use store::views::{OfficerRow, Overlay, ProposalRow, Touched};
use store::{Compare, Direction, Store};

use super::bed::{Bed, digest, key};

fn statement(officer: &str, number: u64) -> StatementRef {
    StatementRef {
        digest: digest(number),
        officer: officer.into(),
        signature: String::new(),
    }
}

fn terms(role: &str) -> Terms {
    Terms {
        role: role.into(),
        cities: vec!["370100".into(), "370200".into()],
        units: vec![digest(70)],
        from: 500,
        until: Some(900),
        authority: "jinan".into(),
        serial: "0a".into(),
        certificate: digest(80),
        particulars: digest(81),
    }
}

fn proposed(officer: &str, change: OfficerChange, number: u64) -> Event {
    Event::OfficerProposed {
        officer: officer.into(),
        change,
        statement: statement("OP-0001", number),
    }
}

/// An appointment, its change, a refused proposal and an end: entries 0 to 7.
fn history() -> Vec<Entry> {
    let officer = || "OP-0003".to_owned();
    let confirmed = |proposal, number| Event::OfficerConfirmed {
        proposal,
        officer: officer(),
        statement: statement("OP-0002", number),
    };
    let (first, second) = (terms("entry"), terms("review"));
    let events = vec![
        proposed("OP-0003", OfficerChange::Appoint { terms: first }, 1),
        confirmed(0, 2),
        proposed("OP-0003", OfficerChange::Change { terms: second }, 3),
        confirmed(2, 4),
        proposed("OP-0003", OfficerChange::End, 5),
        Event::OfficerRefused {
            proposal: 4,
            officer: officer(),
            statement: statement("OP-0002", 6),
        },
        proposed("OP-0003", OfficerChange::End, 7),
        confirmed(6, 8),
    ];
    (100..)
        .zip(events)
        .map(|(time, event)| Entry::new(time, event))
        .collect()
}

/// Writes the entries in groups of that size.
async fn write(store: &Store, group: usize) {
    let lock = store.acquire_writer().await.unwrap();
    let entries: Vec<_> = (0_u64..).zip(history()).collect();
    for group in entries.chunks(group) {
        let mut touched = Touched::default();
        for (_, entry) in group {
            touched.add(entry);
        }
        let mut tx = store.begin(&lock).await.unwrap();
        let mut overlay = Overlay::load(&mut tx, &touched).await.unwrap();
        for (idx, entry) in group {
            overlay.project(*idx, entry).unwrap();
        }
        overlay.write(&mut tx, store.seal_key()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn rows(store: &Store) -> (Vec<OfficerRow>, Vec<ProposalRow>) {
    (
        store.scan(&[], &[], None, 10).await.unwrap(),
        store.scan(&[], &[], None, 10).await.unwrap(),
    )
}

pub async fn entries_make_appointments(bed: Bed) {
    let store = Store::open(&bed.url, key()).await.unwrap();
    write(&store, 4).await;
    let (officers, proposals) = rows(&store).await;
    let officer = &officers[0];
    assert_eq!(officers.len(), 1);
    assert_eq!(officer.role, "review");
    assert_eq!(officer.cities, "370100,370200");
    assert_eq!(officer.units, digest(70).to_string());
    assert_eq!((officer.begins, officer.until), (500, Some(900)));
    assert_eq!((officer.ended_at, officer.idx), (Some(107), 7));
    let states: Vec<_> = proposals.iter().map(|row| row.state.as_str()).collect();
    assert_eq!(states, ["confirmed", "confirmed", "refused", "confirmed"]);
    assert_eq!(proposals[2].decided_by.as_deref(), Some("OP-0002"));
    assert_eq!(proposals[2].role, None);
    // The queue: what waits, newest first.
    let filter = [("state", Compare::Eq("refused".into()))];
    let order = [("proposal", Direction::Descending)];
    let found = store.scan::<ProposalRow>(&filter, &order, None, 10).await;
    assert_eq!(found.unwrap().len(), 1);
}

pub async fn groups_make_no_difference(bed: Bed) {
    let store = Store::open(&bed.url, key()).await.unwrap();
    write(&store, 1).await;
    let other = Bed::sqlite();
    let together = Store::open(&other.url, key()).await.unwrap();
    write(&together, 8).await;
    assert_eq!(rows(&store).await, rows(&together).await);
}

pub async fn decisions_without_a_proposal_are_contradictions(bed: Bed) {
    let store = Store::open(&bed.url, key()).await.unwrap();
    let lock = store.acquire_writer().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    let mut overlay = Overlay::load(&mut tx, &Touched::default()).await.unwrap();
    for event in [1, 5].map(|at: usize| history().remove(at)) {
        let contradiction = overlay.project(9, &event).unwrap_err();
        assert!(contradiction.what.contains("proposal is missing"));
    }
    // The end of an appointment that nobody knows.
    overlay.project(6, &history()[6]).unwrap();
    let contradiction = overlay.project(7, &history()[7]).unwrap_err();
    assert!(contradiction.what.contains("officer is missing"));
}
