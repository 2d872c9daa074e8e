//! For each rule of the replay an entry that breaks it, and nothing else; and that legal neighbours pass.

#[path = "rules/cases.rs"]
mod cases;
#[path = "rules/certificates.rs"]
mod certificates;
#[path = "rules/crls.rs"]
mod crls;
#[path = "rules/officers.rs"]
mod officers;
#[path = "rules/people.rs"]
mod people;
#[path = "rules/successions.rs"]
mod successions;

use ledger::event::{Entry, Event, Status};
use ledger::replay::{Replay, Rule, Violation};
use proptest::prelude::*;
use sm_engine::sm3::Digest;

use crate::scene::{Scene, crl, document, founding};

#[track_caller]
fn breaks(rule: Rule, violation: &Violation) {
    assert_eq!(violation.code, rule.code(), "{violation}");
}

/// The same event with one change.
fn changed(mut event: Event, change: impl FnOnce(&mut Event)) -> Event {
    change(&mut event);
    event
}

#[test]
fn sequence() {
    let mut scene = Scene::founded();
    let bytes = Entry::new(scene.time, crl(1, 0, 1, 0)).encode().unwrap();
    let size = scene.replay.size();
    for wrong in [0, size - 1, size + 1, u64::MAX] {
        let violation = scene.replay.push(wrong, &bytes).unwrap_err();
        breaks(Rule::Sequence, &violation);
        assert_eq!(violation.index, wrong);
    }
    assert_eq!(scene.replay.size(), size);
    assert_eq!(scene.replay.push(size, &bytes).unwrap().time, scene.time);
}

#[test]
fn encoding() {
    let mut scene = Scene::founded();
    let bytes = Entry::new(scene.time, crl(1, 0, 1, 0)).encode().unwrap();
    let spaced = [b" ".as_slice(), &bytes].concat();
    for wrong in [&b""[..], b"{}", b"null", b"\xff", &spaced, &bytes[1..]] {
        breaks(Rule::Encoding, &scene.refused_bytes(wrong));
    }
}

#[test]
fn founding_is_first_and_once() {
    let mut scene = Scene::empty();
    let policy = || Event::PolicyAdopted {
        name: "root".into(),
        document: document("root"),
    };
    breaks(Rule::Founding, &scene.refused(policy()));
    scene.push(founding());
    breaks(Rule::Founding, &scene.refused(founding()));
    scene.push(policy());
    assert!(scene.replay.founded().unwrap().demonstration);
}

#[test]
fn time_never_decreases() {
    let mut scene = Scene::founded();
    let mut at = |time| {
        let bytes = Entry::new(time, crl(1, 0, 1, 0)).encode().unwrap();
        scene.refused_bytes(&bytes)
    };
    let before = Scene::founded().time;
    breaks(Rule::Time, &at(before - 1));
    breaks(Rule::Time, &at(-1));
    // The same second is not earlier.
    scene.attempt(crl(1, 0, 1, 0)).unwrap();
}

#[test]
fn log_key() {
    for wrong in ["", "04", "zz", &"04".repeat(65)] {
        let event = changed(founding(), |event| {
            if let Event::LedgerFounded { key, .. } = event {
                *key = wrong.into();
            }
        });
        breaks(Rule::LogKey, &Scene::empty().refused(event));
    }
    let upper = changed(founding(), |event| {
        if let Event::LedgerFounded { key, .. } = event {
            *key = key.to_uppercase();
        }
    });
    breaks(Rule::LogKey, &Scene::empty().refused(upper));
}

#[test]
fn mirror() {
    let mirrored = |origin: &str, key: &str| Event::LedgerMirrored {
        origin: origin.into(),
        key: key.into(),
    };
    // RFC 8032 §7.1, test 1.
    const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let mut scene = Scene::founded();
    for (origin, key) in [
        ("", KEY),
        ("two words", KEY),
        ("log", ""),
        ("log", &KEY[2..]),
        ("log", &"00".repeat(32)),
        ("log", &KEY.to_uppercase()),
    ] {
        breaks(Rule::Mirror, &scene.refused(mirrored(origin, key)));
    }
    assert!(scene.replay.mirror().is_none());
    scene.push(mirrored("log", KEY));
    assert!(scene.replay.mirror().is_some());
    breaks(Rule::Mirror, &scene.refused(mirrored("other", KEY)));
}

#[test]
fn checkpoint() {
    let scene = Scene::founded();
    let (size, root) = (scene.replay.size(), scene.replay.root());
    assert_eq!(root, scene.naive().root(0, scene.entries.len()));
    scene.replay.expect_checkpoint(size, &root).unwrap();
    for (size, root) in [(size - 1, root), (size + 1, root), (size, Digest([0; 32]))] {
        let violation = scene.replay.expect_checkpoint(size, &root).unwrap_err();
        breaks(Rule::Checkpoint, &violation);
    }
}

#[test]
fn a_violation_says_where_and_which_rule() {
    let violation = Scene::founded().refused(founding());
    assert_eq!(
        violation.to_string(),
        format!(
            "L503 entry {}: the first entry and no other is ledger.founded",
            violation.index
        )
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), index in any::<u64>()) {
        prop_assert!(Replay::new().push(index, &bytes).is_err());
        prop_assert!(Replay::new().push(0, &bytes).is_err());
    }

    /// Any change of any byte of a ledger shows: as a violation, or as another root.
    #[test]
    fn no_changed_byte_goes_unnoticed(entry in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut scene = Scene::founded();
        scene.produce("C-1", "0c01");
        scene.change("0c01", Status::Revoked);
        let (size, root) = (scene.replay.size(), scene.replay.root());
        let mut entries = scene.entries;
        let entry = entry.get_mut(&mut entries);
        let at = at.index(entry.len());
        prop_assume!(entry[at] != byte);
        entry[at] = byte;
        let mut replay = Replay::new();
        let read = (0..).zip(&entries).try_for_each(|(i, bytes)| replay.push(i, bytes).map(drop));
        prop_assert!(read.is_err() || replay.expect_checkpoint(size, &root).is_err());
    }
}
