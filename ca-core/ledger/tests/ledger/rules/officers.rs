//! Officers after the founding: two RA administrators, neither of them the officer.

use ledger::event::{Entry, Event, OfficerChange, Status, Terms};
use ledger::replay::{Officer, Rule};

use super::breaks;
use crate::scene::{ADMINISTERS, CONFIRMS, ENTERS, Scene, digest};

const NEW: &str = "OP-0006";

fn appoint(terms: Terms) -> OfficerChange {
    OfficerChange::Appoint { terms }
}

fn officer<'a>(scene: &'a Scene, number: &str) -> Option<&'a Officer> {
    let mut officers = scene.replay.officers();
    officers.find(|officer| officer.officer == number)
}

#[test]
fn an_appointment_counts_from_its_confirmation() {
    let mut scene = Scene::administered();
    let terms = scene.terms("entry", "0d01");
    let proposed = scene.proposed(ADMINISTERS, NEW, appoint(terms));
    let proposal = scene.push(proposed);
    let early = scene.submitted("C-1", 1, NEW);
    breaks(Rule::UnknownOfficer, &scene.refused(early));
    let confirmed = scene.confirmed(CONFIRMS, NEW, proposal);
    scene.push(confirmed);
    let submitted = scene.submitted("C-1", 1, NEW);
    scene.push(submitted);
    assert_eq!(officer(&scene, NEW).unwrap().cities, ["370100"]);
    assert!(scene.replay.proposals().all(|proposal| !proposal.waits));
}

#[test]
fn one_person_does_not_do_both() {
    let mut scene = Scene::administered();
    let terms = scene.terms("entry", "0d01");
    let proposed = scene.proposed(ADMINISTERS, NEW, appoint(terms));
    let proposal = scene.push(proposed);
    let own = scene.confirmed(ADMINISTERS, NEW, proposal);
    breaks(Rule::Administrators, &scene.refused(own));
    // Taking back one's own proposal is lawful.
    let back = scene.turned_down(ADMINISTERS, NEW, proposal);
    scene.push(back);
    let late = scene.confirmed(CONFIRMS, NEW, proposal);
    breaks(Rule::Proposal, &scene.refused(late));
}

#[test]
fn nobody_decides_about_himself() {
    let mut scene = Scene::administered();
    let own = scene.proposed(ADMINISTERS, ADMINISTERS, OfficerChange::End);
    breaks(Rule::Administrators, &scene.refused(own));
    let proposed = scene.proposed(ADMINISTERS, CONFIRMS, OfficerChange::End);
    let proposal = scene.push(proposed);
    let confirmed = scene.confirmed(CONFIRMS, CONFIRMS, proposal);
    breaks(Rule::Administrators, &scene.refused(confirmed));
    let refused = scene.turned_down(CONFIRMS, CONFIRMS, proposal);
    breaks(Rule::Administrators, &scene.refused(refused));
}

#[test]
fn only_administrators_decide() {
    let mut scene = Scene::administered();
    let terms = scene.terms("entry", "0d01");
    let strange = scene.proposed(ENTERS, NEW, appoint(terms.clone()));
    breaks(Rule::Administrators, &scene.refused(strange));
    let proposed = scene.proposed(ADMINISTERS, NEW, appoint(terms));
    let proposal = scene.push(proposed);
    for event in [
        scene.confirmed(ENTERS, NEW, proposal),
        scene.turned_down(ENTERS, NEW, proposal),
    ] {
        breaks(Rule::Administrators, &scene.refused(event));
    }
}

#[test]
fn a_proposal_falls_with_whoever_made_it() {
    let mut scene = Scene::administered();
    let terms = scene.terms("entry", "0d01");
    let proposed = scene.proposed(ADMINISTERS, NEW, appoint(terms));
    let proposal = scene.push(proposed);
    scene.change("0b03", Status::Revoked);
    let confirmed = scene.confirmed(CONFIRMS, NEW, proposal);
    breaks(Rule::OfficerStatus, &scene.refused(confirmed));
}

#[test]
fn decisions_name_a_proposal_that_waits() {
    let mut scene = Scene::administered();
    let terms = scene.terms("entry", "0d01");
    let proposed = scene.proposed(ADMINISTERS, NEW, appoint(terms));
    let proposal = scene.push(proposed);
    for (number, entry) in [(NEW, proposal + 1), ("OP-0007", proposal), (NEW, 0)] {
        let event = scene.confirmed(CONFIRMS, number, entry);
        breaks(Rule::Proposal, &scene.refused(event));
        let event = scene.turned_down(CONFIRMS, number, entry);
        breaks(Rule::Proposal, &scene.refused(event));
    }
    let again = scene.proposed(CONFIRMS, NEW, OfficerChange::End);
    breaks(Rule::Proposal, &scene.refused(again));
}

#[test]
fn terms_are_possible_ones() {
    let mut scene = Scene::administered();
    let good = scene.terms("entry", "0d01");
    let until = Some(good.from);
    let cities = vec!["370200".to_owned(), "370100".to_owned()];
    let units = vec![digest("a"), digest("a")];
    for wrong in [
        Terms {
            until,
            ..good.clone()
        },
        Terms {
            cities,
            ..good.clone()
        },
        Terms {
            units,
            ..good.clone()
        },
    ] {
        let event = scene.proposed(ADMINISTERS, NEW, appoint(wrong));
        breaks(Rule::Proposal, &scene.refused(event));
    }
    let orphan = Terms {
        authority: "qingdao".into(),
        ..good.clone()
    };
    let event = scene.proposed(ADMINISTERS, NEW, appoint(orphan));
    breaks(Rule::UnknownAuthority, &scene.refused(event));
    let event = scene.proposed(ADMINISTERS, ENTERS, appoint(good.clone()));
    breaks(Rule::OfficerUsed, &scene.refused(event));
    for change in [OfficerChange::Change { terms: good }, OfficerChange::End] {
        let event = scene.proposed(ADMINISTERS, NEW, change);
        breaks(Rule::UnknownOfficer, &scene.refused(event));
    }
}

#[test]
fn the_certificate_is_an_officers_own() {
    let mut scene = Scene::administered();
    let terms = |scene: &Scene, serial: &str| appoint(scene.terms("entry", serial));
    let never = scene.proposed(ADMINISTERS, NEW, terms(&scene, "0d02"));
    breaks(Rule::OfficerCertificate, &scene.refused(never));
    let anothers = scene.proposed(ADMINISTERS, NEW, terms(&scene, "0b00"));
    breaks(Rule::OfficerCertificate, &scene.refused(anothers));
    let wrong = Terms {
        certificate: digest("another"),
        ..scene.terms("entry", "0d01")
    };
    let wrong = scene.proposed(ADMINISTERS, NEW, appoint(wrong));
    breaks(Rule::OfficerCertificate, &scene.refused(wrong));
    scene.produce("C-1", "0c01");
    let staff = scene.proposed(ADMINISTERS, NEW, terms(&scene, "0c01"));
    breaks(Rule::OfficerCertificate, &scene.refused(staff));
    let proposed = scene.proposed(ADMINISTERS, NEW, terms(&scene, "0d01"));
    let proposal = scene.push(proposed);
    scene.change("0d01", Status::Held);
    let confirmed = scene.confirmed(CONFIRMS, NEW, proposal);
    breaks(Rule::OfficerCertificate, &scene.refused(confirmed));
}

#[test]
fn an_appointment_has_a_beginning_and_an_end() {
    let mut scene = Scene::administered();
    let from = scene.time + 100;
    let terms = Terms {
        from,
        until: Some(from + 100),
        ..scene.terms("entry", "0d01")
    };
    scene.decide(NEW, appoint(terms));
    let submitted = scene.submitted("C-1", 1, NEW);
    breaks(Rule::OfficerTerm, &scene.refused(submitted.clone()));
    scene.time = from + 100;
    breaks(Rule::OfficerTerm, &scene.refused(submitted.clone()));
    scene.time = from + 99;
    scene.attempt(submitted).unwrap();
}

#[test]
fn whoever_was_ended_acts_no_more() {
    let mut scene = Scene::administered();
    scene.decide(ENTERS, OfficerChange::End);
    let submitted = scene.submitted("C-1", 1, ENTERS);
    breaks(Rule::OfficerTerm, &scene.refused(submitted));
    for change in [
        OfficerChange::End,
        OfficerChange::Change {
            terms: scene.terms("entry", "0b00"),
        },
    ] {
        let again = scene.proposed(ADMINISTERS, ENTERS, change);
        breaks(Rule::OfficerTerm, &scene.refused(again));
    }
    // The certificate is free for a new appointment.
    let terms = scene.terms("review", "0b00");
    scene.decide(NEW, appoint(terms));
}

#[test]
fn a_change_replaces_the_terms() {
    let mut scene = Scene::administered();
    let terms = scene.terms("review", "0b00");
    let appointed_at = officer(&scene, ENTERS).unwrap().appointed_at;
    scene.decide(ENTERS, OfficerChange::Change { terms });
    let changed = officer(&scene, ENTERS).unwrap();
    assert_eq!(
        (changed.role.as_str(), changed.appointed_at),
        ("review", appointed_at)
    );
}

#[test]
fn an_administrator_who_became_something_else_administers_no_more() {
    let mut scene = Scene::administered();
    let terms = scene.terms("entry", "0d01");
    let proposed = scene.proposed(CONFIRMS, NEW, appoint(terms));
    let proposal = scene.push(proposed);
    let terms = scene.terms("entry", "0b00");
    let third = "OP-0001";
    let change = OfficerChange::Change {
        terms: Terms {
            role: "ra-administrator".into(),
            ..terms
        },
    };
    scene.decide(third, change);
    let terms = scene.terms("entry", "0b04");
    let demoted = scene.proposed(ADMINISTERS, CONFIRMS, OfficerChange::Change { terms });
    let demotion = scene.push(demoted);
    let confirmed = scene.confirmed(third, CONFIRMS, demotion);
    scene.push(confirmed);
    let stale = scene.confirmed(ADMINISTERS, NEW, proposal);
    breaks(Rule::Administrators, &scene.refused(stale));
    let own = scene.turned_down(CONFIRMS, NEW, proposal);
    breaks(Rule::Administrators, &scene.refused(own));
}

/// The encoding is a format that outlives this program: its bytes are written down here.
#[test]
fn a_proposal_has_these_bytes() {
    let mut scene = Scene::administered();
    let (from, digest) = (scene.time, digest("particulars"));
    let terms = scene.terms("entry", "0d01");
    let certificate = terms.certificate;
    let event = scene.proposed(ADMINISTERS, NEW, appoint(terms));
    let Event::OfficerProposed { statement, .. } = &event else {
        unreachable!()
    };
    let expected = format!(
        r#"{{"event":{{"change":{{"kind":"appoint","terms":{{"authority":"jinan","certificate":"{certificate}","cities":["370100"],"from":{from},"particulars":"{digest}","role":"entry","serial":"0d01","units":[]}}}},"kind":"officer.proposed","officer":"{NEW}","statement":{{"digest":"{}","officer":"{ADMINISTERS}","signature":"MAYCAQECAQE="}}}},"time":5,"v":1}}"#,
        statement.digest
    );
    let bytes = Entry::new(5, event.clone()).encode().unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(Entry::decode(&bytes).unwrap().event, event);
    let smuggled = expected.replace(r#""units":[]"#, r#""units":[],"name":"x""#);
    assert!(Entry::decode(smuggled.as_bytes()).is_err());
}
