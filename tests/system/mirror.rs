//! The ledger for readers of transparency logs: what Go's own reader finds in the SHA-256 mirror, and that it would
//! find what is wrong.

use std::fs;

use super::curl;
use super::judge::{arg, tlog};
use super::openssl::request;
use super::people;
use super::world::World;

#[test]
fn go_reads_the_mirror_and_finds_it_consistent() {
    let mut world = World::found();
    let base = format!("{}/log/sha256", world.machines);
    let note = curl::get(&format!("{base}/checkpoint")).success();
    let old = world.write("old.txt", note);
    let folder = world.path("");
    let issued = world.issue("staff-signing", &request(&folder, "a"), &people::staff(0));
    let entries = world.entries(world.size());
    let index = entries
        .iter()
        .position(|entry| {
            entry["event"]["kind"] == "certificate.issued"
                && entry["event"]["serial"] == issued.serial
        })
        .unwrap();
    let key = fs::read_to_string(world.data().join("log-key-sha256.txt")).unwrap();
    let key = key.trim_end();
    let last = (entries.len() - 1).to_string();
    for entry in ["0", &index.to_string(), &last] {
        let said = tlog(&[&base, key, entry, arg(&old)]).success();
        assert!(said.starts_with("size "), "{said}");
    }

    // It says no: to another key, to what is not there, to a checkpoint of another tree.
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let beyond = (entries.len() + 1000).to_string();
    let stranger = World::found();
    let foreign = curl::get(&format!("{}/log/sha256/checkpoint", stranger.machines)).success();
    let foreign = world.write("foreign.txt", foreign);
    let changed = fs::read_to_string(&old).unwrap();
    let size = changed.lines().nth(1).unwrap();
    let changed = changed.replacen(&format!("\n{size}\n"), "\n1\n", 1);
    let changed = world.write("changed.txt", changed);
    for refused in [
        [&base, other, "0", arg(&old)],
        [&base, key, &beyond, arg(&old)],
        [&base, key, "0", arg(&foreign)],
        [&base, key, "0", arg(&changed)],
    ] {
        let said = tlog(&refused);
        assert_eq!(said.code, Some(1), "{refused:?}: {}", said.text());
    }
    world.stop();
    let report = world.audited();
    assert_eq!(report["mirror_checkpoints"], report["checkpoints"]);
}
