//! Certificates that follow on others.

use ledger::event::{Decision, Event, Status, Succession};
use ledger::life::State;
use ledger::replay::Rule;

use super::{breaks, changed};
use crate::scene::{ENTERS, Scene, issued};

const DAY: i64 = 86_400;

fn follows(case: &str, succession: Succession, serial: &str, overlap: i64) -> Event {
    Event::CaseSuccession {
        case: case.into(),
        succession,
        authority: "jinan".into(),
        serial: serial.into(),
        overlap,
    }
}

fn superseded(serial: &str, case: &str, reason: &str) -> Event {
    Event::CertificateSuperseded {
        authority: "jinan".into(),
        serial: serial.into(),
        reason: reason.into(),
        case: case.into(),
    }
}

/// A case that was just opened, one after the other.
fn open(scene: &mut Scene, case: &str) {
    let submitted = scene.submitted(case, 1, ENTERS);
    scene.push(submitted);
}

fn state(scene: &Scene, serial: &str) -> State {
    scene.replay.certificate("jinan", serial).unwrap().state
}

/// `0c01` is good, and a case for its successor is approved.
fn approved(succession: Succession, overlap: i64) -> Scene {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    if succession == Succession::Lost {
        scene.change("0c01", Status::Held);
    }
    open(&mut scene, "C-2");
    scene.push(follows("C-2", succession, "0c01", overlap));
    let reviewed = scene.reviewed("C-2", 1, Decision::Approved);
    scene.push(reviewed);
    scene
}

fn produce(scene: &mut Scene) {
    let intended = scene.intended_for("C-2", "0c02");
    let intent = scene.push(intended);
    scene.push(issued("jinan", "0c02", intent));
}

#[test]
fn the_one_before_ends_once_its_successor_is_issued_and_the_overlap_is_over() {
    let mut scene = approved(Succession::Renewal, 30 * DAY);
    let end = || superseded("0c01", "C-2", "superseded");
    breaks(Rule::Superseded, &scene.refused(end()));
    produce(&mut scene);
    assert_eq!(state(&scene, "0c01"), State::Good);
    scene.time += 30 * DAY - 1;
    breaks(Rule::Superseded, &scene.refused(end()));
    scene.time += 1;
    let wrong = superseded("0c01", "C-2", "keyCompromise");
    breaks(Rule::Superseded, &scene.refused(wrong));
    // Neither by a case that succeeds nothing, nor by one that succeeds another certificate.
    let by_itself = superseded("0c01", "C-1", "superseded");
    breaks(Rule::Superseded, &scene.refused(by_itself));
    let successor = superseded("0c02", "C-2", "superseded");
    breaks(Rule::Superseded, &scene.refused(successor));
    breaks(
        Rule::UnknownCase,
        &scene.refused(superseded("0c01", "C-9", "superseded")),
    );
    scene.push(end());
    assert_eq!(state(&scene, "0c01"), State::Revoked);
    assert_eq!(state(&scene, "0c02"), State::Good);
    breaks(Rule::RevokedIsFinal, &scene.refused(end()));
}

#[test]
fn each_succession_has_its_reason() {
    for (succession, reason) in [
        (Succession::Change, "affiliationChanged"),
        (Succession::Damaged, "superseded"),
        (Succession::Lost, "keyCompromise"),
    ] {
        let mut scene = approved(succession, 0);
        produce(&mut scene);
        scene.push(superseded("0c01", "C-2", reason));
        assert_eq!(state(&scene, "0c01"), State::Revoked, "{succession}");
    }
}

#[test]
fn it_stands_right_behind_the_first_submission() {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    let event = || follows("C-2", Succession::ReKey, "0c01", 0);
    breaks(Rule::UnknownCase, &scene.refused(event()));
    open(&mut scene, "C-2");
    open(&mut scene, "C-3");
    breaks(Rule::Succession, &scene.refused(event()));
    scene.push(follows("C-3", Succession::ReKey, "0c01", 0));
    let twice = follows("C-3", Succession::ReKey, "0c01", 0);
    breaks(Rule::Succession, &scene.refused(twice));
    let returned = scene.reviewed("C-2", 1, Decision::Returned);
    scene.push(returned);
    let again = scene.submitted("C-2", 2, ENTERS);
    scene.push(again);
    breaks(Rule::Succession, &scene.refused(event()));
}

#[test]
fn it_names_a_certificate_that_it_may_follow_on() {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    scene.approve("C-2");
    let open_intent = scene.intended_for("C-2", "0c02");
    scene.push(open_intent);
    open(&mut scene, "C-3");
    let renewal = |serial| follows("C-3", Succession::Renewal, serial, 0);
    for wrong in [
        renewal("0c99"),
        // Not yet issued; of another profile and on no case; of another authority.
        renewal("0c02"),
        renewal("0b00"),
        changed(renewal("0c01"), |event| {
            if let Event::CaseSuccession { authority, .. } = event {
                *authority = "root".into();
            }
        }),
        // A lost medium's certificate is held first.
        follows("C-3", Succession::Lost, "0c01", 0),
        follows("C-3", Succession::Renewal, "0c01", -1),
        follows("C-3", Succession::Renewal, "0c01", 30 * DAY + 1),
        follows("C-3", Succession::Damaged, "0c01", 1),
        follows("C-3", Succession::Change, "0c01", 1),
    ] {
        breaks(Rule::Succession, &scene.refused(wrong));
    }
    scene.push(follows("C-3", Succession::Damaged, "0c01", 0));
}

#[test]
fn a_held_or_revoked_certificate_is_refused_for_its_own_renewal() {
    for status in [Status::Held, Status::Revoked] {
        for succession in [Succession::Renewal, Succession::ReKey, Succession::Change] {
            let mut scene = Scene::founded();
            scene.produce("C-1", "0c01");
            scene.change("0c01", status);
            open(&mut scene, "C-2");
            let event = follows("C-2", succession, "0c01", 0);
            breaks(Rule::Succession, &scene.refused(event));

            // The same where it happens before the new one is produced.
            let mut scene = approved(succession, 0);
            scene.change("0c01", status);
            let intended = scene.intended_for("C-2", "0c02");
            breaks(Rule::Succession, &scene.refused(intended));
        }
    }
    // Whoever replaces a medium does not rely on what was in it.
    let mut scene = approved(Succession::Lost, 0);
    scene.change("0c01", Status::Revoked);
    produce(&mut scene);
    assert_eq!(state(&scene, "0c02"), State::Good);
}

#[test]
fn a_certificate_has_one_successor() {
    let mut scene = approved(Succession::Renewal, DAY);
    open(&mut scene, "C-3");
    let event = || follows("C-3", Succession::ReKey, "0c01", DAY);
    breaks(Rule::Succession, &scene.refused(event()));
    let withdrawn = scene.withdrawn("C-2");
    scene.push(withdrawn);
    // It was not right behind the submission any more.
    breaks(Rule::Succession, &scene.refused(event()));
    open(&mut scene, "C-4");
    scene.push(follows("C-4", Succession::ReKey, "0c01", DAY));
}
