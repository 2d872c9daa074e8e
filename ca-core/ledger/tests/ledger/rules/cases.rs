//! Cases and statements.

use ledger::event::{Basis, Decision, Event, Status};
use ledger::replay::Rule;

use super::{breaks, changed};
use crate::scene::{ENTERS, PRODUCES, REVIEWS, Scene, abandoned};

#[test]
fn statement_used() {
    let mut scene = Scene::founded();
    scene.produce("C-1", "0c01");
    let held = scene.status("0c01", Status::Held);
    scene.push(held.clone());
    scene.change("0c01", Status::Good);
    breaks(Rule::StatementUsed, &scene.refused(held.clone()));

    let submitted = scene.submitted("C-2", 1, ENTERS);
    scene.push(submitted.clone());
    let copied = changed(submitted, |event| {
        if let Event::CaseSubmitted { case, .. } = event {
            *case = "C-3".into();
        }
    });
    breaks(Rule::StatementUsed, &scene.refused(copied));
    let reviewed = scene.reviewed("C-2", 1, Decision::Approved);
    scene.push(reviewed);
    let borrowed = changed(scene.intended_for("C-2", "0c02"), |event| {
        if let Event::CertificateIntended {
            basis: Basis::Case { statement, .. },
            ..
        } = event
        {
            *statement = held.statement().unwrap().clone();
        }
    });
    breaks(Rule::StatementUsed, &scene.refused(borrowed));
}

#[test]
fn one_production_statement_covers_a_list_each_case_once() {
    let mut scene = Scene::founded();
    scene.approve("C-1");
    scene.approve("C-2");
    let first = scene.intended_for("C-1", "0c01");
    let share = |event, signer: Option<&str>| {
        changed(event, |event| {
            if let Event::CertificateIntended {
                basis: Basis::Case { statement, .. },
                ..
            } = event
            {
                *statement = first.statement().unwrap().clone();
                if let Some(signer) = signer {
                    statement.officer = signer.into();
                }
            }
        })
    };
    let intent = scene.push(first.clone());
    let second = scene.intended_for("C-2", "0c02");
    let by_another = share(second.clone(), Some(REVIEWS));
    breaks(Rule::StatementUsed, &scene.refused(by_another));
    scene.push(share(second, None));
    scene.push(abandoned("jinan", "0c01", intent));
    let again = share(scene.intended_for("C-1", "0c03"), None);
    breaks(Rule::StatementUsed, &scene.refused(again));
    let withdrawn = changed(scene.submitted("C-3", 1, PRODUCES), |event| {
        if let Event::CaseSubmitted { statement, .. } = event {
            *statement = first.statement().unwrap().clone();
        }
    });
    breaks(Rule::StatementUsed, &scene.refused(withdrawn));
}

#[test]
fn unknown_case() {
    let mut scene = Scene::founded();
    let reviewed = scene.reviewed("C-1", 1, Decision::Approved);
    breaks(Rule::UnknownCase, &scene.refused(reviewed));
    let withdrawn = scene.withdrawn("C-1");
    breaks(Rule::UnknownCase, &scene.refused(withdrawn));
    let intended = scene.intended_for("C-1", "0c01");
    breaks(Rule::UnknownCase, &scene.refused(intended));
}

#[test]
fn revision() {
    let mut scene = Scene::founded();
    for wrong in [0, 2, u32::MAX] {
        let submitted = scene.submitted("C-1", wrong, ENTERS);
        breaks(Rule::Revision, &scene.refused(submitted));
    }
    let submitted = scene.submitted("C-1", 1, ENTERS);
    scene.push(submitted);
    for wrong in [0, 2] {
        let reviewed = scene.reviewed("C-1", wrong, Decision::Approved);
        breaks(Rule::Revision, &scene.refused(reviewed));
    }
    let returned = scene.reviewed("C-1", 1, Decision::Returned);
    scene.push(returned);
    for wrong in [1, 3] {
        let submitted = scene.submitted("C-1", wrong, ENTERS);
        breaks(Rule::Revision, &scene.refused(submitted));
    }
    let submitted = scene.submitted("C-1", 2, ENTERS);
    scene.push(submitted);
    let old = scene.reviewed("C-1", 1, Decision::Approved);
    breaks(Rule::Revision, &scene.refused(old));
}

#[test]
fn case_state() {
    let mut scene = Scene::founded();
    let submitted = scene.submitted("C-1", 1, ENTERS);
    scene.push(submitted);
    let again = scene.submitted("C-1", 2, ENTERS);
    breaks(Rule::CaseState, &scene.refused(again));
    let approved = scene.reviewed("C-1", 1, Decision::Approved);
    scene.push(approved);
    let twice = scene.reviewed("C-1", 1, Decision::Refused);
    breaks(Rule::CaseState, &scene.refused(twice));
    // What is approved but not produced may still be taken back.
    let withdrawn = scene.withdrawn("C-1");
    scene.push(withdrawn);

    let submitted = scene.submitted("C-2", 1, ENTERS);
    scene.push(submitted);
    let withdrawn = scene.withdrawn("C-2");
    scene.push(withdrawn);
    for event in [
        scene.submitted("C-2", 2, ENTERS),
        scene.reviewed("C-2", 1, Decision::Approved),
        scene.withdrawn("C-2"),
    ] {
        breaks(Rule::CaseState, &scene.refused(event));
    }
}

#[test]
fn separation() {
    let mut scene = Scene::founded();
    let submitted = scene.submitted("C-1", 1, REVIEWS);
    scene.push(submitted);
    let own = scene.reviewed("C-1", 1, Decision::Approved);
    breaks(Rule::Separation, &scene.refused(own));

    // Nor may the reviewer of an earlier submission enter the next one, or the first enterer review a later one.
    let submitted = scene.submitted("C-2", 1, ENTERS);
    scene.push(submitted);
    let returned = scene.reviewed("C-2", 1, Decision::Returned);
    scene.push(returned);
    let by_reviewer = scene.submitted("C-2", 2, REVIEWS);
    breaks(Rule::Separation, &scene.refused(by_reviewer));
    let by_third = scene.submitted("C-2", 2, PRODUCES);
    scene.push(by_third);
    let by_first = changed(scene.reviewed("C-2", 2, Decision::Approved), |event| {
        if let Event::CaseReviewed { statement, .. } = event {
            statement.officer = ENTERS.into();
        }
    });
    breaks(Rule::Separation, &scene.refused(by_first));
}
