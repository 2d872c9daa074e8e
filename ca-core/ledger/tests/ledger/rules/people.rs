//! Authorities and officers.

use ledger::event::{Basis, Decision, Event, Status};
use ledger::replay::Rule;

use super::{breaks, changed};
use crate::scene::{ENTERS, Scene, appointment, authority_founded, crl, digest, intended, issued};

#[test]
fn unknown_authority() {
    let mut scene = Scene::founded();
    let strange = changed(crl(1, 0, 1, 0), |event| {
        if let Event::CrlIssued { authority, .. } = event {
            *authority = "qingdao".into();
        }
    });
    breaks(Rule::UnknownAuthority, &scene.refused(strange));
    let submitted = changed(scene.submitted("C-1", 1, ENTERS), |event| {
        if let Event::CaseSubmitted { authority, .. } = event {
            *authority = "qingdao".into();
        }
    });
    breaks(Rule::UnknownAuthority, &scene.refused(submitted));
    let renewal = intended("qingdao", "0c01", "ocsp-responder", Basis::ResponderRenewal);
    breaks(Rule::UnknownAuthority, &scene.refused(renewal));
    let orphan = authority_founded("weifang", "qingdao", "0a02");
    breaks(Rule::UnknownAuthority, &scene.refused(orphan));
    let appointed = appointment("OP-0009", "qingdao", "0b00");
    breaks(Rule::UnknownAuthority, &scene.refused(appointed));
}

#[test]
fn authority_used() {
    let again = authority_founded("jinan", "root", "0a02");
    breaks(Rule::AuthorityUsed, &Scene::founded().refused(again));
}

#[test]
fn authority_certificate() {
    let mut scene = Scene::founded();
    let never = authority_founded("qingdao", "root", "0a03");
    breaks(Rule::AuthorityCertificate, &scene.refused(never.clone()));
    let intent = scene.push(intended("root", "0a03", "issuing-ca", Basis::Founding));
    breaks(Rule::AuthorityCertificate, &scene.refused(never.clone()));
    scene.push(issued("root", "0a03", intent));
    let other = changed(never.clone(), |event| {
        if let Event::AuthorityFounded { certificate, .. } = event {
            *certificate = digest("another");
        }
    });
    breaks(Rule::AuthorityCertificate, &scene.refused(other));
    scene.push(never);
    assert_eq!(scene.replay.authorities().count(), 3);
}

#[test]
fn officer_used() {
    let again = appointment(ENTERS, "jinan", "0b00");
    breaks(Rule::OfficerUsed, &Scene::founded().refused(again));
}

#[test]
fn officer_certificate() {
    let mut scene = Scene::founded();
    let never = appointment("OP-0009", "jinan", "0b09");
    breaks(Rule::OfficerCertificate, &scene.refused(never));
    let other = changed(appointment("OP-0009", "jinan", "0b00"), |event| {
        if let Event::OfficerAppointed { certificate, .. } = event {
            *certificate = digest("another");
        }
    });
    breaks(Rule::OfficerCertificate, &scene.refused(other));
    scene.issue("jinan", "0c01", "officer", Basis::Founding);
    scene.change("0c01", Status::Held);
    let held = appointment("OP-0009", "jinan", "0c01");
    breaks(Rule::OfficerCertificate, &scene.refused(held.clone()));
    scene.change("0c01", Status::Good);
    scene.push(held);
}

#[test]
fn founding_over() {
    let mut scene = Scene::founded();
    scene.issue("jinan", "0c01", "officer", Basis::Founding);
    scene.approve("C-1");
    let late = appointment("OP-0009", "jinan", "0c01");
    breaks(Rule::FoundingOver, &scene.refused(late));
}

#[test]
fn unknown_officer() {
    let mut scene = Scene::founded();
    let submitted = scene.submitted("C-1", 1, "OP-9999");
    breaks(Rule::UnknownOfficer, &scene.refused(submitted));
}

#[test]
fn officer_status() {
    let mut scene = Scene::founded();
    scene.change("0b00", Status::Held);
    let submitted = scene.submitted("C-1", 1, ENTERS);
    breaks(Rule::OfficerStatus, &scene.refused(submitted.clone()));
    scene.change("0b00", Status::Good);
    scene.push(submitted);
    // The reviewer can end his own certificate, and nothing after that.
    scene.change("0b01", Status::Revoked);
    let reviewed = scene.reviewed("C-1", 1, Decision::Approved);
    breaks(Rule::OfficerStatus, &scene.refused(reviewed));
    let status = scene.status("0b00", Status::Held);
    breaks(Rule::OfficerStatus, &scene.refused(status));
}
