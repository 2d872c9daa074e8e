//! Any history gives what a plain map gives; readers see a serial all the while its table grows; gaps end trust.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use proptest::prelude::*;
use store::status::{Counts, Follower, Status, StatusIndex};
use x509::crl::RevocationReason;
use x509::time::Time;

use super::history::{AUTHORITIES, Happening, Model, Step, entry, happenings, number};

/// Everything that can be asked, against the model.
pub fn agrees(index: &StatusIndex, model: &Model) -> Result<(), TestCaseError> {
    for (at, name) in AUTHORITIES.iter().enumerate() {
        prop_assert_eq!(index.counts(name), model.counts(at));
        prop_assert_eq!(index.revoked(name), model.revoked(at));
        prop_assert_eq!(index.listing(name).size, index.applied());
    }
    for ((at, serial), status) in &model.statuses {
        prop_assert_eq!(index.status(AUTHORITIES[*at], serial), *status);
        let elsewhere = AUTHORITIES[1 - at];
        prop_assert_eq!(
            index.status(elsewhere, serial),
            model.status(1 - at, serial)
        );
    }
    prop_assert_eq!(index.serials(), model.statuses.len());
    let landmarks: Vec<_> = index.landmarks().into_keys().collect();
    prop_assert_eq!(landmarks, model.landmarks());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_history_gives_what_a_map_gives(history in happenings(300), page in 1..40_usize, since in 0..300_u64) {
        let (index, mut model) = (StatusIndex::new(), Model::default());
        let mut first = 0;
        for page in history.chunks(page) {
            let entries: Vec<_> = page.iter().map(entry).collect();
            let versions = AUTHORITIES.map(|name| index.version(name));
            let before = model.clone();
            index.follow(first, &entries);
            for (index, happening) in (first..).zip(page) {
                model.apply(index, happening);
            }
            for ((at, serial), status) in &model.statuses {
                if before.status(*at, serial) != *status {
                    prop_assert_ne!(index.version(AUTHORITIES[*at]), versions[*at]);
                }
            }
            first += entries.len() as u64;
            prop_assert_eq!(index.applied(), first);
        }
        agrees(&index, &model)?;
        for (at, name) in AUTHORITIES.iter().enumerate() {
            let changes = index.changes_since(name, since).unwrap();
            // The entries that made these changes are known by their indexes.
            let size = index.applied();
            let entries = index.changed_by(name, since..size.max(since)).unwrap_or_default();
            let changed = model.changed.iter().filter(|((of, _), entry)| *of == at && **entry >= since);
            let latest: std::collections::BTreeSet<_> = changed.map(|(_, entry)| *entry).collect();
            prop_assert!(latest.iter().all(|entry| entries.contains(entry)));
            prop_assert!(entries.is_sorted() && entries.iter().all(|entry| (since..size).contains(entry)));
            prop_assert_eq!(entries.is_empty(), changes.list.is_empty());
            prop_assert_eq!(index.changed_by(name, 0..size + 1), None, "not seen yet");
            prop_assert_eq!(changes.list, model.changes(at, since));
        }
        // Hearing the same again, from anywhere, changes nothing.
        let all: Vec<_> = history.iter().map(entry).collect();
        let half = all.len() / 2;
        index.follow(half as u64, &all[half..]);
        agrees(&index, &model)?;
        prop_assert!(index.is_trusted());
    }
}

fn issued(n: u128) -> Happening {
    (0, number(n), Step::Issue, 1_700_000_000)
}

#[test]
fn a_gap_ends_trust_and_changes_nothing() {
    let index = StatusIndex::new();
    index.follow(0, &[entry(&issued(1))]);
    index.follow(2, &[entry(&issued(2))]);
    assert!(!index.is_trusted());
    assert!(!index.is_current(Time(5)));
    assert_eq!(index.applied(), 1);
    assert_eq!(index.status("jinan", &number(2)), Status::Unknown);
}

#[test]
fn a_serial_belongs_to_its_authority_and_to_its_exact_value() {
    let index = StatusIndex::new();
    index.follow(0, &[entry(&issued(0x1234))]);
    assert_eq!(index.status("jinan", &number(0x1234)), Status::Good);
    assert_eq!(index.status("qingdao", &number(0x1234)), Status::Unknown);
    assert_eq!(index.status("nobody", &number(0x1234)), Status::Unknown);
    for bit in 0..126 {
        let near = number(0x1234 ^ (1 << bit));
        assert_eq!(index.status("jinan", &near), Status::Unknown, "bit {bit}");
    }
}

#[test]
fn forgotten_changes_are_said_to_be_forgotten() {
    let index = StatusIndex::new();
    let revoke = |n: u128| {
        (
            0,
            number(n),
            Step::Revoke(RevocationReason::Superseded),
            1_700_000_000,
        )
    };
    let many: Vec<_> = (1..=70_000).map(|n| entry(&revoke(n))).collect();
    index.follow(0, &many);
    assert_eq!(index.changes_since("jinan", 0), None);
    assert_eq!(index.changed_by("jinan", 0..9), None);
    assert_eq!(
        index.changed_by("jinan", 69_998..70_000),
        Some(vec![69_998, 69_999])
    );
    let recent = index.changes_since("jinan", 69_990).unwrap();
    assert_eq!((recent.size, recent.list.len()), (70_000, 10));
    assert_eq!(index.listing("jinan").list.len(), 70_000);
}

#[test]
fn readers_see_every_serial_while_its_table_grows() {
    const MANY: u128 = 60_000;
    let index = StatusIndex::new();
    let (stop, looked) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for reader in 0..3_u128 {
            let (index, stop, looked) = (&index, &stop, &looked);
            scope.spawn(move || {
                let mut n = reader;
                while !stop.load(Ordering::Relaxed) || looked.load(Ordering::Relaxed) < 10_000 {
                    let known = u128::from(index.applied());
                    n = (n * 31 + 17) % MANY + 1;
                    let status = index.status("jinan", &number(n));
                    // Serial n is entry n - 1; those with n divisible by 3 are revoked in the same page.
                    let expected = |status| match status {
                        Status::Revoked { .. } => n.is_multiple_of(3),
                        Status::Good => true,
                        _ => false,
                    };
                    assert!(n > known || expected(status), "{n} of {known}: {status:?}");
                    let counts = index.counts("jinan");
                    assert!(u128::from(counts.good + counts.revoked) <= MANY);
                    looked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Serials in the order of entries; a revocation rides on an entry of another authority's serial.
        let mut first = 0;
        for page in (1..=MANY).collect::<Vec<_>>().chunks(100) {
            let entries: Vec<_> = page.iter().map(|n| entry(&issued(*n))).collect();
            index.follow(first, &entries);
            first += entries.len() as u64;
        }
        for n in (3..=MANY).step_by(3) {
            let happening = (
                0,
                number(n),
                Step::Revoke(RevocationReason::Superseded),
                1_700_000_000,
            );
            index.follow(first, &[entry(&happening)]);
            first += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
    let (all, third) = (60_000, 20_000);
    let expected = Counts {
        good: all - third,
        held: 0,
        revoked: third,
    };
    assert_eq!(index.counts("jinan"), expected);
}

#[test]
fn a_certificate_costs_at_most_24_bytes() {
    const MANY: u128 = 60_000;
    let index = StatusIndex::new();
    let mut first = 0;
    for page in (1..=MANY).collect::<Vec<_>>().chunks(1000) {
        let entries: Vec<_> = page.iter().map(|n| entry(&issued(*n))).collect();
        index.follow(first, &entries);
        first += entries.len() as u64;
        let each = index.bytes() / index.serials();
        assert!(first < 30_000 || each < 24, "{each} bytes at {first}");
    }
    assert_eq!(index.serials(), 60_000);
}
