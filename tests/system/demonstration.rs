//! A demonstration of another size: its holders are there, once each, also after a stop in the middle; the record is true;
//! what it was founded with is what the next start goes on with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::ledger::of_kind;
use super::process::Deadline;
use super::world::{World, text};

/// Cases of the cast.
const CAST: usize = 28;
const HOLDERS: usize = 900;

/// How many holders are there, as the service writes it down, and how many there are to be.
fn filled(data: &Path) -> Option<(usize, usize)> {
    let file = fs::read(data.join("demonstration.json")).ok()?;
    let filling: Value = serde_json::from_slice(&file).ok()?;
    let number = |name: &str| usize::try_from(filling[name].as_u64()?).ok();
    Some((number("done")?, number("holders")?))
}

#[test]
fn a_service_fills_its_demonstration_while_it_serves_and_goes_on_after_a_stop() {
    let mut world = World::found_of(&["--demo", "province", "--demo-holders", "900"]);
    let data = world.data();
    let (done, holders) = filled(&data).unwrap();
    assert!(done >= 400, "a start waits for some: {done}");
    assert_eq!(holders, HOLDERS);
    world.stop();
    let (done, _) = filled(&data).unwrap();
    assert!(done < HOLDERS, "stopped too late to tell anything: {done}");
    world.start(None);
    let all = |data: &Path| filled(data).filter(|(done, _)| *done == HOLDERS);
    world.service().until(&Deadline::after(300), || all(&data));

    let size = world.size();
    let entries = world.entries(size);
    let submitted = of_kind(&entries, "case.submitted");
    let cases: BTreeSet<String> = submitted.iter().map(|event| text(&event["case"])).collect();
    assert_eq!(
        (submitted.len(), cases.len()),
        (CAST + HOLDERS, CAST + HOLDERS)
    );
    let issued = of_kind(&entries, "certificate.issued").len();
    assert!(issued > HOLDERS * 9 / 10, "{issued}");
    let changed = of_kind(&entries, "certificate.status").len();
    assert!(changed > HOLDERS / 50, "{changed}");
}

#[test]
fn sizes_that_contradict_each_other_are_a_usage_error() {
    let world = World::found();
    for wrong in [
        &["init", "--no-demo", "--demo", "small"][..],
        &["init", "--no-demo", "--demo-holders", "5"],
        &["init", "--demo", "nation"],
        &["init", "--demo-holders", "2000001"],
    ] {
        world.gmpki(wrong).ended(2);
    }
}
