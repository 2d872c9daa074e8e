//! A status machine beside its authority on a real PostgreSQL server, verified from outside:
//! 1. it has no keys but its own, one for each kind of authority, and nothing but the right to read; they are enrolled,
//!    certified and put to work;
//! 2. a revocation at the authority is seen at it within a second, and its answers stand up to our own client;
//! 3. with the database gone it answers within its window, then `tryLater`, and recovers alone;
//! 4. it starts again and says the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use super::curl;
use super::openssl::{openssl, request};
use super::people;
use super::postgres::Postgres;
use super::process::{Deadline, Running, finish};
use super::world::{GMPKI, World, text};

/// What a status machine needs to read, and nothing else; the same as in docs/operators.md.
const GRANTS: &str = "CREATE ROLE status LOGIN; GRANT SELECT ON schema, entries, tiles, checkpoints, \
    mirror_tiles, mirror_checkpoints, sealed, \
    authorities, certificates, crls TO status;";

/// A status process on a data directory of its own.
struct StatusMachine {
    service: Running,
    machines: String,
}

impl StatusMachine {
    /// Starts it beside the world, reading the database at `url`.
    fn start(world: &World, url: &str) -> Self {
        let data = world.path("status");
        fs::create_dir_all(&data).unwrap();
        fs::copy(world.data().join("log-key.txt"), data.join("log-key.txt")).unwrap();
        let config = world.write(
            "status.toml",
            format!(
                "[listen]\nmachines = \"127.0.0.1:0\"\n[store]\nurl = \"{url}\"\n[status]\nmax_lag_seconds = 3\n"
            ),
        );
        let mut command = Command::new(GMPKI);
        command.arg("--config").arg(config).arg("--data").arg(&data);
        command.args(["serve", "--role", "status"]);
        let mut service = Running::start(&mut command);
        let (file, id) = (data.join("serve.json"), service.id());
        let machines = service.until(&Deadline::after(60), || {
            let running: Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
            (running["pid"] == id).then(|| text(&running["machines"]))
        });
        Self { service, machines }
    }

    /// Waits until it says of `serial` what it should; the seconds that it took.
    fn until_says(&mut self, world: &World, serial: &str, expected: &str) -> f64 {
        let (started, machines) = (now(), self.machines.clone());
        self.service.until(&Deadline::after(90), || {
            (says(world, &machines, serial) == expected).then_some(())
        });
        started.elapsed().as_secs_f64()
    }
}

#[allow(clippy::disallowed_methods, reason = "a test measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// What our own OCSP client makes of a status port's answer: a state, or `none` where there is no signed answer.
fn says(world: &World, machines: &str, serial: &str) -> String {
    says_under("jinan", world, machines, serial)
}

fn says_under(authority: &str, world: &World, machines: &str, serial: &str) -> String {
    let about = ["cert", "status", serial, "--authority", authority];
    let answer = world.gmpki(&[&about[..], &["--server", machines]].concat());
    let state = text(&answer.json["statuses"][0]["state"]);
    if state.is_empty() {
        "none".into()
    } else {
        state
    }
}

/// A question about a certificate in a file, made by openssl.
fn question(world: &World, certificate: &Path) -> PathBuf {
    let issuer = world.write(
        "jinan.pem",
        curl::get(&format!("{}/ca/jinan.pem", world.machines)).success(),
    );
    let file = world.path("question.der");
    let [issuer, certificate, out] =
        [&issuer, certificate, &file].map(|path| path.to_str().unwrap());
    let about = ["-issuer", issuer, "-cert", certificate, "-no_nonce"];
    openssl(&[&["ocsp"], &about[..], &["-reqout", out]].concat()).success();
    file
}

/// The `OCSPResponseStatus` of an answer (RFC 6960 §4.2.1): 0 successful, 3 tryLater.
fn response_status(machines: &str, question: &Path) -> u8 {
    let url = format!("{machines}/ocsp");
    let answer = curl::post(&url, "application/ocsp-request", question).success();
    let at = answer.windows(2).position(|tag| tag == [0x0A, 0x01]);
    answer[at.unwrap() + 2]
}

#[test]
fn a_status_machine_follows_and_recovers() {
    let postgres = Postgres::start();
    let world = World::found_on(Some(&postgres.url()));
    let folder = world.path("");
    let first = world.issue("staff-signing", &request(&folder, "a"), &people::staff(0));
    let other = world.issue("staff-signing", &request(&folder, "b"), &people::staff(1));
    postgres.sql(GRANTS);
    let reading = postgres.url().replacen("gmpki@", "status@", 1);
    let question = question(&world, &other.file);

    let mut status = StatusMachine::start(&world, &reading);
    let nobody = says(&world, &status.machines, &first.serial);
    assert_eq!(nobody, "none", "it has no certificate yet");
    let csr = world.path("status/responder.csr");
    world
        .gmpki(&["responder", "enrol", "--request", csr.to_str().unwrap()])
        .ok();
    status.until_says(&world, &first.serial, "good");
    // Nobody signs for the other hierarchy before the other key is enrolled.
    let (machines, compat) = (status.machines.clone(), "compat");
    let never_issued = "7f00112233445566778899aabbccddee";
    let nobody = says_under(compat, &world, &machines, never_issued);
    assert_eq!(nobody, "none");
    let csr = world.path("status/responder-p256.csr");
    world
        .gmpki(&["responder", "enrol", "--request", csr.to_str().unwrap()])
        .ok();
    status.service.until(&Deadline::after(90), || {
        let said = says_under(compat, &world, &machines, never_issued);
        (said == "unknown").then_some(())
    });

    let arguments = ["cert", "revoke", &first.serial, "--reason", "keyCompromise"];
    world.act("review", &arguments).ok();
    let seen = status.until_says(&world, &first.serial, "revoked");
    // The client's own start and its question for the authority's certificate are in it.
    assert!(seen < 3.0, "seen after {seen:.2} s");

    postgres.cut().success();
    let machines = status.machines.clone();
    assert_eq!(
        response_status(&machines, &question),
        0,
        "within its window"
    );
    let deadline = Deadline::after(60);
    status.service.until(&deadline, || {
        (response_status(&machines, &question) == 3).then_some(())
    });
    postgres.resume();
    let deadline = Deadline::after(60);
    status.service.until(&deadline, || {
        (response_status(&machines, &question) == 0).then_some(())
    });

    assert!(status.service.terminate().success());
    drop(status);
    let mut again = StatusMachine::start(&world, &reading);
    again.until_says(&world, &first.serial, "revoked");
    again.until_says(&world, &other.serial, "good");
    world.audited();
}

#[test]
fn a_status_machine_needs_the_logs_key() {
    let world = World::found();
    let data = world.path("status");
    fs::create_dir_all(&data).unwrap();
    let config = world.path("gmpki.toml");
    let mut command = Command::new(GMPKI);
    command.arg("--config").arg(config).arg("--data").arg(&data);
    let finished = finish(command.args(["serve", "--role", "status"]));
    assert_eq!(finished.code, Some(3), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("log-key.txt"),
        "{}",
        finished.stderr
    );
}
