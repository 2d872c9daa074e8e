//! One byte changed in any column of any table, or one row deleted from any table, behind the program's back:
//! `gmpki audit verify` fails and names the place.

use std::fs;
use std::path::{Path, PathBuf};

use super::judge::{arg, python};
use super::openssl::request;
use super::people;
use super::world::World;

/// Columns that say nothing about trust: which process holds the writer's lock, and which schema the tables have
/// (the program checks that itself when it opens the database).
const NOT_EVIDENCE: &[&str] = &["schema", "writer"];

/// A world with something in every table, at rest, and its database.
fn at_rest() -> (World, PathBuf) {
    let mut world = World::found();
    let folder = world.path("");
    let issued = world.issue("staff-signing", &request(&folder, "a"), &people::staff(0));
    let held = world.issue("staff-signing", &request(&folder, "b"), &people::staff(1));
    world.submit("staff-signing", &request(&folder, "c"), &people::staff(2));
    world
        .act(
            "review",
            &[
                "cert",
                "revoke",
                &issued.serial,
                "--reason",
                "keyCompromise",
            ],
        )
        .ok();
    world.act("entry", &["cert", "hold", &held.serial]).ok();
    world.act("production", &["crl", "publish", "jinan"]).ok();
    world.stop();
    world.audited();
    let database = database(&world.data());
    (world, database)
}

fn database(data: &Path) -> PathBuf {
    let files = fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut databases = files
        .filter(|path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")));
    databases
        .next()
        .expect("no SQLite database in the data folder")
}

/// Does `tampering`, and gives what is wrong with the audit's answer, if anything; the database is whole again
/// afterwards.
fn judge(world: &World, database: &Path, tampering: &[&str]) -> Option<String> {
    let whole = fs::read(database).unwrap();
    python(
        "tamper.py",
        &[&[tampering[0], arg(database)], &tampering[1..]].concat(),
    )
    .success();
    let answer = world.gmpki(&["audit", "verify"]);
    fs::write(database, whole).unwrap();
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{beside}", database.display()));
    }
    let findings = answer.json["not_verified"]["findings"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let placed = findings.iter().any(|finding| {
        finding["place"]
            .as_str()
            .is_some_and(|place| !place.is_empty())
    });
    let found = answer.finished.code == Some(4) && placed;
    let what = format!(
        "{}: exit {:?}, {}",
        tampering.join(" "),
        answer.finished.code,
        answer.finished.text()
    );
    (!found).then(|| what.chars().take(400).collect())
}

#[test]
fn every_column_of_every_table() {
    let (world, database) = at_rest();
    let listed = python("tamper.py", &["list", arg(&database)]).success();
    let columns: Vec<(&str, &str)> = listed
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    assert!(columns.len() > 20, "{listed}");
    let mut missed = Vec::new();
    for (table, column) in columns
        .iter()
        .filter(|(table, _)| !NOT_EVIDENCE.contains(table))
    {
        for which in ["first", "last"] {
            missed.extend(judge(&world, &database, &["flip", table, column, which]));
        }
    }
    let mut tables: Vec<&str> = columns.iter().map(|(table, _)| *table).collect();
    tables.dedup();
    for table in tables
        .into_iter()
        .filter(|table| !NOT_EVIDENCE.contains(table))
    {
        for which in ["first", "last"] {
            missed.extend(judge(&world, &database, &["delete", table, which]));
        }
    }
    assert!(
        missed.is_empty(),
        "the audit missed:\n{}",
        missed.join("\n")
    );
    world.audited();
}
