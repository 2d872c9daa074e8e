//! The proof file and its offline check.

use ledger::Error;
use ledger::checkpoint::{Checkpoint, VerifierKey};
use ledger::event::{Basis, Entry, Status};
use ledger::life::State;
use ledger::proof::{self, MAX_PROOF, Proof, ProvenEntry, check};
use ledger::replay::Rule;
use proptest::prelude::*;
use sm_engine::sm2::PrivateKey;
use sm_engine::sm3::Digest;

use crate::notes::{ORIGIN, log_key, sign};
use crate::scene::{Scene, certificate};

/// A certificate that was issued, held, released and revoked, among others.
fn scene() -> Scene {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    scene.change("0c01", Status::Held);
    scene.produce("C-2", "0c02");
    scene.change("0c01", Status::Good);
    scene.change("0c01", Status::Revoked);
    scene
}

/// The honest proof of a certificate at the present size.
fn prove(scene: &Scene, serial: &str) -> Proof {
    let mut naive = scene.naive();
    let size = scene.entries.len();
    let mut entries = Vec::new();
    let mut authority = String::new();
    for (index, bytes) in scene.entries.iter().enumerate() {
        let event = Entry::decode(bytes).unwrap().event;
        if let Some((issuer, this)) = event.certificate()
            && this == serial
        {
            authority = issuer.to_owned();
            entries.push(ProvenEntry {
                index: u64::try_from(index).unwrap(),
                entry: String::from_utf8(bytes.clone()).unwrap(),
                path: naive.path(index, 0, size),
            });
        }
    }
    let checkpoint = Checkpoint {
        origin: ORIGIN.into(),
        size: u64::try_from(size).unwrap(),
        root: naive.root(0, size),
        previous: None,
    };
    Proof::new(&authority, serial, sign(&checkpoint), entries, &log_key().1)
}

fn checked(proof: &Proof) -> Result<proof::Verdict, Error> {
    check(proof.to_json().unwrap().as_bytes(), &log_key().1)
}

fn wrong(proof: &Proof) -> &'static str {
    match checked(proof) {
        Err(Error::Proof { what }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_life_is_proven() {
    let scene = scene();
    let verdict = checked(&prove(&scene, "0c01")).unwrap();
    assert_eq!(
        (verdict.authority.as_str(), verdict.serial.as_str()),
        ("jinan", "0c01")
    );
    assert_eq!(verdict.state, State::Revoked);
    assert_eq!(verdict.reason.as_deref(), Some("keyCompromise"));
    assert_eq!(verdict.certificate, Some(certificate("0c01")));
    let kinds: Vec<_> = verdict
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    let status = "certificate.status";
    assert_eq!(
        kinds,
        [
            "certificate.intended",
            "certificate.issued",
            status,
            status,
            status
        ]
    );
    assert_eq!(verdict.origin, ORIGIN);
    assert_eq!(verdict.size, scene.replay.size());
    assert_eq!(verdict.root, scene.replay.root());
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["state"], "revoked");
}

#[test]
fn certificates_of_officers_and_authorities_are_proven_with_their_offices() {
    let scene = scene();
    for (serial, office) in [
        ("0b00", "officer.appointed"),
        ("0a01", "authority.founded"),
        ("0a02", "authority.founded"),
    ] {
        let verdict = checked(&prove(&scene, serial)).unwrap();
        assert_eq!(verdict.state, State::Good);
        assert_eq!(verdict.events.last().unwrap().kind, office);
    }
}

#[test]
fn an_open_intent_is_proven_as_intended() {
    let mut scene = scene();
    scene.approve("C-3");
    let intended = scene.intended_for("C-3", "0c03");
    scene.push(intended);
    let verdict = checked(&prove(&scene, "0c03")).unwrap();
    assert_eq!(
        (verdict.state, verdict.certificate),
        (State::Intended, None)
    );
}

#[test]
fn a_proof_is_about_one_certificate() {
    let scene = scene();
    let mut mixed = prove(&scene, "0c01");
    mixed.entries.push(prove(&scene, "0c02").entries.remove(0));
    assert_eq!(wrong(&mixed), "an entry is about something else");
    let mut renamed = prove(&scene, "0c01");
    renamed.subject = "jinan/0c02".into();
    assert_eq!(wrong(&renamed), "an entry is about something else");
    renamed.subject = "jinan".into();
    assert_eq!(wrong(&renamed), "its subject is not authority/serial");
    // The case behind it is on record too, but is no part of its life.
    let mut with_case = prove(&scene, "0c01");
    let index = with_case.entries[0].index - 1;
    let at = usize::try_from(index).unwrap();
    let reviewed = ProvenEntry {
        index,
        entry: String::from_utf8(scene.entries[at].clone()).unwrap(),
        path: scene.naive().path(at, 0, scene.entries.len()),
    };
    with_case.entries.insert(0, reviewed);
    assert_eq!(wrong(&with_case), "an entry is about something else");
}

#[test]
fn entries_are_in_order_and_none_twice() {
    let mut twice = prove(&scene(), "0c01");
    twice.entries.insert(2, twice.entries[2].clone());
    assert_eq!(wrong(&twice), "its entries are out of order");
    // Two holds with a release between them: legal in either order, but only one is the ledger's.
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    for status in [Status::Held, Status::Good, Status::Held] {
        scene.change("0c01", status);
    }
    let mut swapped = prove(&scene, "0c01");
    assert_eq!(checked(&swapped).unwrap().state, State::Held);
    swapped.entries.swap(2, 4);
    assert_eq!(wrong(&swapped), "its entries are out of order");
}

#[test]
fn a_life_without_its_beginning_is_refused() {
    let mut headless = prove(&scene(), "0c01");
    headless.entries.remove(0);
    assert_eq!(wrong(&headless), "its first entry is not the intent");
    headless.entries.clear();
    assert_eq!(wrong(&headless), "it has no entries");
}

#[test]
fn a_life_with_a_gap_that_shows_is_refused() {
    let life = |left_out: usize| {
        let mut proof = prove(&scene(), "0c01");
        proof.entries.remove(left_out);
        match checked(&proof) {
            Err(Error::Life { rule, .. }) => rule,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(life(1), Rule::NotIssued);
    assert_eq!(life(2), Rule::NoChange);
}

/// What the docstring of `check` says it cannot do.
#[test]
fn a_left_out_ending_does_not_show() {
    let mut truncated = prove(&scene(), "0c01");
    truncated.entries.truncate(2);
    assert_eq!(checked(&truncated).unwrap().state, State::Good);
}

#[test]
fn an_altered_entry_is_refused() {
    let mut altered = prove(&scene(), "0c01");
    let last = altered.entries.last_mut().unwrap();
    last.entry = last.entry.replace("keyCompromise", "superseded");
    assert!(matches!(checked(&altered), Err(Error::Inclusion { .. })));
}

#[test]
fn another_key_or_another_tree_is_refused() {
    let honest = prove(&scene(), "0c01");
    let private = PrivateKey::from_bytes(&[0x43; 32]).unwrap();
    let other = VerifierKey::new(ORIGIN, private.public_key().clone()).unwrap();
    let json = honest.to_json().unwrap();
    assert!(matches!(
        check(json.as_bytes(), &other),
        Err(Error::NotSigned { .. })
    ));
    let mut elsewhere = honest;
    elsewhere.checkpoint = prove(&Scene::founded(), "0b00").checkpoint;
    assert!(checked(&elsewhere).is_err());
}

#[test]
fn another_format_is_refused() {
    let mut later = prove(&scene(), "0c01");
    later.format = "gmpki-proof/2".into();
    assert_eq!(wrong(&later), "not of format gmpki-proof/1");
    let json = prove(&scene(), "0c01").to_json().unwrap();
    let key = log_key().1;
    for text in [
        "",
        "{}",
        "[]",
        &json.replacen("\"format\"", "\"extra\": 1, \"format\"", 1),
        &json.replacen("\"index\"", "\"index\": 0, \"index\"", 1),
        &format!("{json}x"),
        &"[".repeat(100_000),
    ] {
        let error = check(text.as_bytes(), &key).unwrap_err();
        assert!(matches!(error, Error::Proof { .. }), "{error}");
    }
    let huge = vec![b' '; MAX_PROOF + 1];
    assert!(matches!(check(&huge, &key), Err(Error::TooLong { .. })));
}

#[test]
fn an_entry_with_another_spelling_is_refused_though_it_is_in_the_tree() {
    let mut scene = scene();
    let last = scene.entries.len() - 1;
    scene.entries[last].push(b' ');
    let decoded = Entry::decode(&scene.entries[last]);
    assert!(matches!(decoded, Err(Error::NotCanonical { .. })));
    let text = String::from_utf8(scene.entries[last].clone()).unwrap();
    let mut naive = scene.naive();
    let size = scene.entries.len();
    let checkpoint = Checkpoint {
        origin: ORIGIN.into(),
        size: u64::try_from(size).unwrap(),
        root: naive.root(0, size),
        previous: None,
    };
    let entry = ProvenEntry {
        index: u64::try_from(last).unwrap(),
        entry: text,
        path: naive.path(last, 0, size),
    };
    let proof = Proof::new(
        "jinan",
        "0c01",
        sign(&checkpoint),
        vec![entry],
        &log_key().1,
    );
    assert!(matches!(checked(&proof), Err(Error::NotCanonical { .. })));
}

#[test]
fn renewed_responders_need_no_case() {
    let mut scene = scene();
    scene.issue("jinan", "0d01", "ocsp-responder", Basis::ResponderRenewal);
    assert_eq!(checked(&prove(&scene, "0d01")).unwrap().state, State::Good);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Everything in the file counts, except the line for people.
    #[test]
    fn no_flipped_bit_of_a_proof_goes_unnoticed(at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let json = prove(&scene(), "0c02").to_json().unwrap();
        let informational = json.find("  \"key\"").unwrap();
        let mut bytes = json.into_bytes();
        let at = at.index(informational);
        bytes[at] ^= 1 << bit;
        prop_assert!(check(&bytes, &log_key().1).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(check(&bytes, &log_key().1).is_err());
    }

    #[test]
    fn no_strange_proof_panics(
        index in any::<u64>(),
        entry in "\\PC{0,40}",
        path in prop::collection::vec(any::<[u8; 32]>().prop_map(Digest), 0..70),
        subject in "\\PC{0,20}",
    ) {
        let mut proof = prove(&scene(), "0c02");
        proof.entries[0] = ProvenEntry { index, entry, path };
        prop_assert!(checked(&proof).is_err());
        proof.subject = subject;
        prop_assert!(checked(&proof).is_err());
    }
}
