//! Intents, issue, abandonment and changes of status.

use ledger::event::{Basis, Decision, Event, Status};
use ledger::life::State;
use ledger::replay::{CaseState, Rule};

use super::{breaks, changed};
use crate::scene::{
    ENTERS, PRODUCES, Scene, abandoned, certificate, digest, document, intended, issued,
};

#[test]
fn serial() {
    let mut scene = Scene::founded();
    scene.approve("C-1");
    for wrong in [
        "",
        "c",
        "0C01",
        "c01",
        "000c",
        "00",
        "0x0c",
        " 0c",
        &"0c".repeat(21),
    ] {
        let event = scene.intended_for("C-1", wrong);
        breaks(Rule::Serial, &scene.refused(event));
    }
    let longest = scene.intended_for("C-1", &"0c".repeat(20));
    scene.push(longest);
}

#[test]
fn serial_used() {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    scene.approve("C-2");
    let taken = scene.intended_for("C-2", "0c01");
    breaks(Rule::SerialUsed, &scene.refused(taken));
    // Also when it was abandoned.
    let intended = scene.intended_for("C-2", "0c02");
    let intent = scene.push(intended);
    scene.push(abandoned("jinan", "0c02", intent));
    let abandoned = scene.intended_for("C-2", "0c02");
    breaks(Rule::SerialUsed, &scene.refused(abandoned));
}

#[test]
fn not_approved() {
    let mut scene = Scene::founded();
    let submitted = scene.submitted("C-1", 1, ENTERS);
    scene.push(submitted);
    let early = scene.intended_for("C-1", "0c01");
    breaks(Rule::NotApproved, &scene.refused(early));
    let refused = scene.reviewed("C-1", 1, Decision::Refused);
    scene.push(refused);
    let never = scene.intended_for("C-1", "0c01");
    breaks(Rule::NotApproved, &scene.refused(never));
    scene.produce("C-2", "0c02");
    let second = scene.intended_for("C-2", "0c03");
    breaks(Rule::NotApproved, &scene.refused(second));
}

#[test]
fn not_as_approved() {
    let mut scene = Scene::founded();
    scene.approve("C-1");
    for number in 0..4 {
        let event = changed(scene.intended_for("C-1", "0c01"), |event| {
            let Event::CertificateIntended {
                authority,
                profile,
                profile_document,
                key,
                ..
            } = event
            else {
                return;
            };
            match number {
                0 => *authority = "root".into(),
                1 => *profile = "officer".into(),
                2 => *profile_document = document("officer"),
                _ => *key = digest("another key"),
            }
        });
        breaks(Rule::NotAsApproved, &scene.refused(event));
    }
}

#[test]
fn founding_over() {
    let mut scene = Scene::founded();
    scene.issue("jinan", "0c01", "ocsp-responder", Basis::Founding);
    let submitted = scene.submitted("C-1", 1, ENTERS);
    scene.push(submitted);
    let late = intended("jinan", "0c02", "officer", Basis::Founding);
    breaks(Rule::FoundingOver, &scene.refused(late));
}

#[test]
fn renewal() {
    let mut scene = Scene::founded();
    let officer = intended("jinan", "0c01", "officer", Basis::ResponderRenewal);
    breaks(Rule::Renewal, &scene.refused(officer));
    scene.issue("jinan", "0c01", "ocsp-responder", Basis::ResponderRenewal);
}

#[test]
fn profile_not_adopted() {
    let mut scene = Scene::founded();
    let submitted = changed(scene.submitted("C-1", 1, ENTERS), |event| {
        if let Event::CaseSubmitted {
            profile_document, ..
        } = event
        {
            *profile_document = digest("a draft");
        }
    });
    breaks(Rule::ProfileNotAdopted, &scene.refused(submitted));
    let renewal = intended("jinan", "0c01", "unheard-of", Basis::ResponderRenewal);
    breaks(Rule::ProfileNotAdopted, &scene.refused(renewal));
}

#[test]
fn an_older_version_of_a_profile_stays_usable_for_its_cases() {
    let mut scene = Scene::founded();
    scene.approve("C-1");
    scene.push(Event::PolicyAdopted {
        name: "staff-signing".into(),
        document: digest("version 2"),
    });
    let intended = scene.intended_for("C-1", "0c01");
    scene.push(intended);
    let mut policies = scene.replay.policies();
    assert!(
        policies
            .any(|(name, document)| name == "staff-signing" && *document == digest("version 2"))
    );
}

#[test]
fn no_such_intent() {
    let mut scene = Scene::founded();
    let size = scene.replay.size();
    breaks(
        Rule::NoSuchIntent,
        &scene.refused(issued("jinan", "0c01", size)),
    );
    breaks(
        Rule::NoSuchIntent,
        &scene.refused(abandoned("jinan", "0c01", 0)),
    );
    scene.approve("C-1");
    let intended = scene.intended_for("C-1", "0c01");
    let intent = scene.push(intended);
    for wrong in [0, intent - 1, intent + 1] {
        breaks(
            Rule::NoSuchIntent,
            &scene.refused(issued("jinan", "0c01", wrong)),
        );
        breaks(
            Rule::NoSuchIntent,
            &scene.refused(abandoned("jinan", "0c01", wrong)),
        );
    }
    breaks(
        Rule::NoSuchIntent,
        &scene.refused(issued("root", "0c01", intent)),
    );
}

#[test]
fn intent_closed() {
    let mut scene = Scene::founded();
    scene.approve("C-1");
    scene.approve("C-2");
    let first = scene.intended_for("C-1", "0c01");
    let first = scene.push(first);
    let second = scene.intended_for("C-2", "0c02");
    let second = scene.push(second);
    assert_eq!(scene.replay.open_intents().count(), 2);
    scene.push(issued("jinan", "0c01", first));
    scene.push(abandoned("jinan", "0c02", second));
    assert_eq!(scene.replay.open_intents().count(), 0);
    for event in [
        issued("jinan", "0c01", first),
        abandoned("jinan", "0c01", first),
        issued("jinan", "0c02", second),
        abandoned("jinan", "0c02", second),
    ] {
        breaks(Rule::IntentClosed, &scene.refused(event));
    }
    let cases: Vec<_> = scene.replay.cases().map(|case| case.state).collect();
    assert_eq!(cases, [CaseState::Issued, CaseState::Approved]);
}

#[test]
fn not_issued() {
    let mut scene = Scene::founded();
    let strange = scene.status("0c09", Status::Revoked);
    breaks(Rule::NotIssued, &scene.refused(strange));
    scene.approve("C-1");
    let intended = scene.intended_for("C-1", "0c01");
    let intent = scene.push(intended);
    let early = scene.status("0c01", Status::Revoked);
    breaks(Rule::NotIssued, &scene.refused(early));
    scene.push(abandoned("jinan", "0c01", intent));
    let never = scene.status("0c01", Status::Revoked);
    breaks(Rule::NotIssued, &scene.refused(never));
}

#[test]
fn revoked_is_final() {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    scene.change("0c01", Status::Held);
    scene.change("0c01", Status::Revoked);
    for status in [Status::Good, Status::Held, Status::Revoked] {
        let event = scene.status("0c01", status);
        breaks(Rule::RevokedIsFinal, &scene.refused(event));
    }
    let life = scene.replay.certificate("jinan", "0c01").unwrap();
    assert_eq!(life.state, State::Revoked);
    assert_eq!(life.reason.as_deref(), Some("keyCompromise"));
    assert_eq!(life.certificate, Some(certificate("0c01")));
}

#[test]
fn no_change() {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    let good = scene.status("0c01", Status::Good);
    breaks(Rule::NoChange, &scene.refused(good));
    scene.change("0c01", Status::Held);
    let held = scene.status("0c01", Status::Held);
    breaks(Rule::NoChange, &scene.refused(held));
    scene.change("0c01", Status::Good);
}

#[test]
fn reason() {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    for (status, wrong) in [
        (Status::Held, "keyCompromise"),
        (Status::Revoked, "certificateHold"),
        (Status::Revoked, "because"),
    ] {
        let event = changed(scene.status("0c01", status), |event| {
            if let Event::CertificateStatus { reason, .. } = event {
                *reason = wrong.into();
            }
        });
        breaks(Rule::Reason, &scene.refused(event));
    }
}

#[test]
fn a_statement_over_a_list_covers_each_certificate_once() {
    let mut scene = Scene::founded();
    for (case, serial) in [("C-1", "0c01"), ("C-2", "0c02"), ("C-3", "0c03")] {
        scene.produce(case, serial);
    }
    let first = scene.status("0c01", Status::Held);
    let Event::CertificateStatus { statement, .. } = first.clone() else {
        panic!("{first:?}")
    };
    let listed = |scene: &mut Scene, serial: &str, status, of: u8| {
        changed(scene.status(serial, status), |event| {
            if let Event::CertificateStatus {
                list,
                statement: by,
                ..
            } = event
            {
                *list = Some(sm_engine::sm3::Digest([of; 32]));
                *by = statement.clone();
            }
        })
    };
    let event = listed(&mut scene, "0c01", Status::Held, 1);
    scene.push(event);
    let event = listed(&mut scene, "0c02", Status::Held, 1);
    scene.push(event);
    // Another list, another state, no list, another signature: none of it was signed.
    let other_list = listed(&mut scene, "0c03", Status::Held, 2);
    let other_state = listed(&mut scene, "0c03", Status::Revoked, 1);
    let alone = changed(listed(&mut scene, "0c03", Status::Held, 1), |event| {
        if let Event::CertificateStatus { list, .. } = event {
            *list = None;
        }
    });
    let other_signature = changed(listed(&mut scene, "0c03", Status::Held, 1), |event| {
        if let Event::CertificateStatus { statement, .. } = event {
            statement.signature.push('A');
        }
    });
    let other_officer = changed(listed(&mut scene, "0c03", Status::Held, 1), |event| {
        if let Event::CertificateStatus { statement, .. } = event {
            statement.officer = PRODUCES.into();
        }
    });
    for event in [
        other_list,
        other_state,
        alone,
        other_signature,
        other_officer,
    ] {
        breaks(Rule::StatementUsed, &scene.refused(event));
    }
    // Released meanwhile, it is not frozen again by the same word.
    scene.change("0c01", Status::Good);
    let again = listed(&mut scene, "0c01", Status::Held, 1);
    breaks(Rule::StatementUsed, &scene.refused(again));
    // And a list does not take the statement of something else.
    let used = scene.status("0c03", Status::Held);
    scene.push(used.clone());
    let Event::CertificateStatus { statement, .. } = used else {
        panic!("not a status")
    };
    let stolen = changed(scene.status("0c02", Status::Good), |event| {
        if let Event::CertificateStatus {
            list,
            statement: by,
            ..
        } = event
        {
            *list = Some(sm_engine::sm3::Digest([1; 32]));
            *by = statement.clone();
        }
    });
    breaks(Rule::StatementUsed, &scene.refused(stolen));
    let event = listed(&mut scene, "0c01", Status::Good, 1);
    breaks(Rule::StatementUsed, &scene.refused(event));
}
