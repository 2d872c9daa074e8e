//! A process that dies between any two durable writes of an issuance: start-up completes the intent or closes it,
//! the audit finds nothing, and a serial is never used for a second certificate.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use super::curl;
use super::ledger::of_kind;
use super::openssl::request;
use super::people;
use super::process::Deadline;
use super::world::{World, text};

const ABORTED: Option<i32> = Some(6);

/// Dies at `point` while a certificate is issued. Gives whether the intent is on the ledger afterwards, and whether
/// the certificate exists.
fn die_at(point: &str) -> (bool, bool) {
    let mut world = World::found();
    let folder = world.path("");
    let case = world.submit(
        "staff-signing",
        &request(&folder, "holder"),
        &people::staff(0),
    );
    world.act("review", &["case", "approve", &case]).ok();
    let before = world.size() as usize;
    world.stop();

    world.start(Some(point));
    let cut_off = world.act("production", &["cert", "issue", &case]);
    assert_ne!(
        cut_off.finished.code,
        Some(0),
        "{point}: the certificate came out of a process that died"
    );
    let status = world.service().ended(&Deadline::after(30));
    assert_eq!(
        status.signal(),
        ABORTED,
        "{point}: {status}: {}",
        world.service().said()
    );

    world.start(None);
    let size = world.size();
    let entries = world.entries(size);
    let after = &entries[before..];
    let intents = of_kind(after, "certificate.intended");
    let issued = of_kind(after, "certificate.issued");
    let closed = of_kind(after, "certificate.abandoned");
    assert!(
        intents.len() <= 1 && issued.len() + closed.len() == intents.len(),
        "{point}: {after:?}"
    );
    for intent in &intents {
        let serial = text(&intent["serial"]);
        let expected = if issued.is_empty() { "unknown" } else { "good" };
        assert_eq!(world.state(&serial), expected, "{point}");
    }
    // The case can be produced now, unless it already was.
    if issued.is_empty() {
        world.produce(&case);
    } else {
        world.act("production", &["cert", "issue", &case]).refused();
    }
    world.issue(
        "staff-signing",
        &request(&folder, "next"),
        &people::staff(1),
    );
    let size = world.size();
    let entries = world.entries(size);
    let intended = of_kind(&entries, "certificate.intended");
    let serials: BTreeSet<String> = intended
        .iter()
        .map(|event| text(&event["authority"]) + "/" + &text(&event["serial"]))
        .collect();
    assert_eq!(
        serials.len(),
        intended.len(),
        "{point}: a serial was used twice"
    );
    (intents.len() == 1, issued.len() == 1)
}

#[test]
fn dead_before_the_intent_is_written() {
    assert_eq!(die_at("intent-before-commit"), (false, false));
}

#[test]
fn dead_after_the_intent_is_written() {
    assert!(die_at("intent-after-commit").0);
}

#[test]
fn dead_after_the_signature() {
    assert!(die_at("signed").0);
}

#[test]
fn dead_before_the_certificate_is_written() {
    assert!(die_at("issued-before-commit").0);
}

#[test]
fn dead_after_the_certificate_is_written() {
    assert_eq!(die_at("issued-after-commit"), (true, true));
}

#[test]
fn killed_while_issuing() {
    let mut world = World::found();
    let folder = world.path("");
    let mut arguments = vec!["cert".to_owned(), "issue".to_owned()];
    for at in 0..8 {
        let csr = request(&folder, &format!("holder{at}"));
        let case = world.submit("staff-signing", &csr, &people::staff(at));
        world.act("review", &["case", "approve", &case]).ok();
        arguments.push(case);
    }
    let before = world.size();
    let first = format!("{}/log/entry/{before}", world.machines);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut production = world.acting("production", &arguments);
    // The first intent is on the ledger; the kill falls wherever the service has come to by then.
    world.service().until(&Deadline::after(30), || {
        (curl::get(&first).status == 200).then_some(())
    });
    world.service().kill();
    production.ended(&Deadline::after(60));

    world.start(None);
    let size = world.size();
    let entries = world.entries(size);
    let after = &entries[before as usize..];
    let intents = of_kind(after, "certificate.intended").len();
    let closed =
        of_kind(after, "certificate.issued").len() + of_kind(after, "certificate.abandoned").len();
    assert_eq!((intents, closed), (8, 8), "{after:?}");
}
