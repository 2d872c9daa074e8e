//! An old copy of the database is put back while the service stands still: the checkpoint that lies beside it tells.

use std::fs;
use std::path::Path;

use super::judge::{arg, python};
use super::openssl::request;
use super::people;
use super::process::Deadline;
use super::world::World;

#[test]
fn an_old_copy_of_the_database_does_not_start_and_does_not_pass_the_audit() {
    let mut world = World::found();
    world.stop();
    let database = world.data().join("ledger.db");
    let old = world.path("old.db");
    python("tamper.py", &["copy", arg(&database), arg(&old)]).success();
    world.start(None);
    let folder = world.path("");
    world.issue("staff-signing", &request(&folder, "a"), &people::staff(0));
    world.stop();
    world.audited();
    let new = world.path("new.db");
    python("tamper.py", &["copy", arg(&database), arg(&new)]).success();

    put_back(&world, &old);
    let mut refused = world.serving();
    let status = refused.ended(&Deadline::after(60));
    let said = refused.said();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("A511"), "{said}");
    assert!(
        said.contains(&world.data().join("checkpoint").display().to_string()),
        "{said}"
    );
    let audit = world.gmpki(&["audit", "verify"]);
    assert_eq!(audit.finished.code, Some(4));
    assert!(
        audit.finished.text().contains("V104"),
        "{}",
        audit.finished.text()
    );

    put_back(&world, &new);
    world.start(None);
    world.stop();
    world.audited();
}

/// Puts a copy in the place of the database.
fn put_back(world: &World, copy: &Path) {
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(world.data().join(beside));
    }
    fs::rename(copy, world.data().join("ledger.db")).unwrap();
}
