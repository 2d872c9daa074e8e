//! Officers after the founding, from the command line: a key of their own, a certificate like any other, two
//! administrators; whoever is ended is out at once, and the audit agrees with all of it.

use super::world::{World, text};

/// Two administrators of the demonstration.
const FIRST: &str = "ra-administrator";
const SECOND: &str = "ra-administrator-2";

#[test]
fn two_administrators_appoint_change_and_end_an_officer() {
    let world = World::found();
    let pass = world.write("new.pass", "a passphrase for the new officer\n");
    let key = world.path("new.key");
    let (pass, key) = (pass.to_str().unwrap(), key.to_str().unwrap());
    let made = ["officer", "key", "--out", key, "--passphrase-file", pass];
    let made = world.gmpki(&made).ok();
    let request = world.path("new.csr");
    assert_eq!(text(&made["request"]), request.to_str().unwrap());
    let form = [
        ("name", "高春燕".to_owned()),
        ("department", "沂水县注册机构".to_owned()),
        ("role", "录入员".to_owned()),
        ("basis", "鲁经信政〔2026〕3号".to_owned()),
    ];
    let issued = world.issue("officer", &request, &form);
    let certificate = issued.file.to_str().unwrap();
    let own = [
        "--key",
        key,
        "--cert",
        certificate,
        "--passphrase-file",
        pass,
        "--yes",
    ];
    let listed = world.gmpki(&[&["case", "list"][..], &own].concat());
    assert_eq!(listed.refused(), "A401", "nobody has appointed the officer");

    let appoint = [
        "officer",
        "appoint",
        "--certificate",
        certificate,
        "--role",
        "entry",
        "--city",
        "370200",
        "--note",
        "鲁经信政〔2026〕5号",
    ];
    assert_eq!(world.act("entry", &appoint).refused(), "P403");
    let proposed = world.act(FIRST, &appoint).ok();
    let (officer, proposal) = (text(&proposed["officer"]), proposed["proposal"].to_string());
    let confirm = ["officer", "confirm", &proposal];
    assert_eq!(world.act(FIRST, &confirm).refused(), "P409");
    let waiting = ["officer", "proposals", "--state", "waiting"];
    let waiting = world.act(SECOND, &waiting).ok();
    assert_eq!(waiting["proposals"][0]["officer"], officer.as_str());
    world.act(SECOND, &confirm).ok();

    // The officer of 青岛 sees nothing of 济南, and enters nothing there.
    let listed = world.gmpki(&[&["case", "list"][..], &own].concat()).ok();
    let cases = listed["cases"].as_array().unwrap();
    assert!(
        cases.iter().all(|case| case["authority"] == "qingdao"),
        "{listed}"
    );
    let hidden = ["case", "show", "C-2026-0000001"];
    let shown = world.act("auditor", &hidden).ok();
    assert_eq!(shown["summary"]["authority"], "jinan");
    let hidden = world.gmpki(&[&hidden[..], &own].concat());
    assert_eq!(hidden.refused(), "P411");

    let change = [
        "officer",
        "change",
        &officer,
        "--role",
        "production",
        "--note",
        "改任制证员",
    ];
    let proposed = world.act(SECOND, &change).ok();
    let proposal = proposed["proposal"].to_string();
    world.act(FIRST, &["officer", "confirm", &proposal]).ok();
    let list = world.act("auditor", &["officer", "list"]).ok();
    let officers = list["officers"].as_array().unwrap();
    let shown = officers
        .iter()
        .find(|one| one["number"] == officer.as_str());
    assert_eq!(shown.unwrap()["role"], "production");

    let end = ["officer", "end", &officer, "--note", "借调期满"];
    let proposal = world.act(FIRST, &end).ok()["proposal"].to_string();
    let refuse = ["officer", "refuse", &proposal, "--reasons", "尚未期满"];
    world.act(SECOND, &refuse).ok();
    let proposal = world.act(FIRST, &end).ok()["proposal"].to_string();
    world.act(SECOND, &["officer", "confirm", &proposal]).ok();
    let listed = world.gmpki(&[&["case", "list"][..], &own].concat());
    assert_eq!(listed.refused(), "A401");
    world.audited();
}
