//! The desk in headless Chromium: without scripts as officers may have it, with scripts for the accessibility rules,
//! and with the signing agent.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use super::judge::judges;
use super::process::{Deadline, Finished, Running, finish};
use super::world::{GMPKI, World};

fn node(script: &str, arguments: &[&str]) -> Finished {
    let modules = judges().join("browser");
    assert!(
        modules.join("node_modules").is_dir(),
        "the browser's driver is not installed: run tests/run judges"
    );
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/browser")
        .join(script);
    finish(
        Command::new("node")
            .arg(script)
            .arg(modules)
            .args(arguments),
    )
}

#[test]
fn a_certificates_life_at_the_desk_without_scripts() {
    let world = World::found();
    let said = node("walk.mjs", &[&world.portal, "off", "-"]).success();
    assert!(said.contains("pages, 0 findings"), "{said}");
}

#[test]
fn every_page_of_the_desk_keeps_the_accessibility_rules() {
    let world = World::found();
    let said = node("walk.mjs", &[&world.portal, "on", "-"]).success();
    assert!(said.contains("pages, 0 findings"), "{said}");
}

#[test]
fn an_officer_signs_with_the_agent() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let world = World::found_here(&format!("http://{port}"));
    let files = world.data().join("officers");
    let mut command = Command::new(GMPKI);
    command
        .args(["agent", "serve", "--portal", &world.portal])
        .args(["--listen", &port.to_string()])
        .arg("--key")
        .arg(files.join("entry.key"))
        .arg("--cert")
        .arg(files.join("entry.pem"));
    let mut agent = Running::start(&mut command);
    agent.until(&Deadline::after(30), || {
        std::net::TcpStream::connect(port).ok()
    });
    let said = node("agent.mjs", &[&world.portal, &format!("http://{port}")]).success();
    assert!(said.contains("agent: done"), "{said}");
    // The same without the agent: a downloaded file is signed on the command line, anything else is not.
    let wrong = world.write("wrong.txt", "pay everything");
    let refused = finish(
        Command::new(GMPKI)
            .args(["agent", "sign"])
            .arg(&wrong)
            .arg("--key")
            .arg(files.join("entry.key"))
            .arg("--cert")
            .arg(files.join("entry.pem")),
    );
    assert_ne!(refused.code, Some(0));
    assert!(refused.text().is_empty() && !refused.stderr.is_empty());
    assert!(fs::metadata(world.data().join("desk.db")).is_ok());
}
