//! The life of a certificate on a real PostgreSQL server; and a server that goes away: nothing is signed meanwhile.

use super::ledger::of_kind;
use super::openssl::request;
use super::people;
use super::postgres::Postgres;
use super::world::World;

#[test]
fn a_certificate_lives_on_postgresql() {
    let postgres = Postgres::start();
    let mut world = World::found_on(Some(&postgres.url()));
    let folder = world.path("");
    let issued = world.issue(
        "staff-signing",
        &request(&folder, "holder"),
        &people::staff(0),
    );
    assert_eq!(world.state(&issued.serial), "good");
    world
        .act("production", &["cert", "hold", &issued.serial])
        .ok();
    assert_eq!(world.state(&issued.serial), "held");
    world
        .act("review", &["cert", "release", &issued.serial])
        .ok();
    world
        .act(
            "review",
            &["cert", "revoke", &issued.serial, "--reason", "superseded"],
        )
        .ok();
    world.act("production", &["crl", "publish", "jinan"]).ok();
    let before = world.audited();

    world.service().kill();
    world.start(None);
    assert_eq!(world.state(&issued.serial), "revoked");
    assert!(world.audited()["entries"].as_u64() >= before["entries"].as_u64());
    world.stop();
    world.start(None);
    assert_eq!(world.state(&issued.serial), "revoked");
}

#[test]
fn nothing_is_signed_without_the_database() {
    let postgres = Postgres::start();
    let mut world = World::found_on(Some(&postgres.url()));
    let folder = world.path("");
    let case = world.submit(
        "staff-signing",
        &request(&folder, "holder"),
        &people::staff(0),
    );
    world.act("review", &["case", "approve", &case]).ok();
    let before = world.size();
    postgres.cut().success();
    world.act("production", &["cert", "issue", &case]).ended(3);
    postgres.resume();
    world.service().kill();
    world.start(None);
    let size = world.size();
    let entries = world.entries(size);
    assert!(
        of_kind(&entries[before as usize..], "certificate.issued").is_empty(),
        "issued without a database"
    );
    let issued = world.produce(&case);
    assert_eq!(world.state(&issued.serial), "good");
}
