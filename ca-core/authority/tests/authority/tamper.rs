//! What somebody with the database file puts into it beside rows of views: the audit says what and where.

use policy::Role;

use super::world::{ENTRY, World, number};

/// Runs SQL as somebody with the file would, on a service at rest.
pub(crate) fn run(world: &World, script: &str) {
    let path = world.folder.path().join("ledger.db");
    let python = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()";
    let done = std::process::Command::new("python3")
        .args(["-c", python, &path.display().to_string(), script])
        .status()
        .unwrap();
    assert!(done.success(), "{script}");
}

/// A script, what undoes it, the code and the place that the audit gives.
const TAMPERING: &[[&str; 4]] = &[
    [
        "CREATE TRIGGER quiet AFTER UPDATE ON certificates BEGIN DELETE FROM trail; END",
        "DROP TRIGGER quiet",
        "V306",
        "trigger quiet",
    ],
    [
        "CREATE INDEX extra ON entries (body)",
        "DROP INDEX extra",
        "V306",
        "index extra",
    ],
    [
        "CREATE TABLE notes (text TEXT)",
        "DROP TABLE notes",
        "V306",
        "table notes",
    ],
    [
        "CREATE VIEW shown AS SELECT * FROM entries",
        "DROP VIEW shown",
        "V306",
        "view shown",
    ],
    [
        "INSERT INTO schema VALUES ('other', 1, 'x')",
        "DELETE FROM schema WHERE name = 'other'",
        "V306",
        "schema other",
    ],
    [
        "UPDATE schema SET definition = definition || ' ' WHERE name = 'officers'",
        "UPDATE schema SET definition = rtrim(definition) WHERE name = 'officers'",
        "V306",
        "schema officers",
    ],
    [
        "INSERT INTO writer SELECT 2, holder, epoch, commits FROM writer",
        "DELETE FROM writer WHERE id = 2",
        "V306",
        "writer",
    ],
    [
        "INSERT INTO tiles VALUES (0, 7, zeroblob(8192))",
        "DELETE FROM tiles WHERE idx = 7",
        "V108",
        "tile 0/7",
    ],
    [
        "INSERT INTO tiles VALUES (300, -1, zeroblob(8192))",
        "DELETE FROM tiles WHERE idx = -1",
        "V108",
        "tile 300/-1",
    ],
    [
        "INSERT INTO mirror_tiles VALUES (0, 7, zeroblob(8192))",
        "DELETE FROM mirror_tiles WHERE idx = 7",
        "V108",
        "mirror tile 0/7",
    ],
    [
        "CREATE TABLE kept AS SELECT * FROM mirror_checkpoints; \
         DELETE FROM mirror_checkpoints WHERE size = (SELECT MAX(size) FROM mirror_checkpoints)",
        "INSERT INTO mirror_checkpoints SELECT * FROM kept WHERE size NOT IN (SELECT size FROM mirror_checkpoints); \
         DROP TABLE kept",
        "V112",
        "mirror checkpoint",
    ],
    [
        "UPDATE mirror_checkpoints SET note = replace(note, '/sha256', '/sha257')",
        "UPDATE mirror_checkpoints SET note = replace(note, '/sha257', '/sha256')",
        "V111",
        "mirror checkpoint",
    ],
];

#[tokio::test]
async fn what_does_not_belong_into_the_database_is_found() {
    let world = World::found().await;
    world.issued("a.example.cn").await;
    world.authority.shut_down().await;
    assert!(world.audit().await.is_clean());
    for [script, undo, code, place] in TAMPERING {
        run(&world, script);
        let found = world.audit().await.findings;
        let placed = |f: &&authority::audit::Finding| f.code == *code && f.place.starts_with(place);
        assert!(found.iter().any(|f| placed(&f)), "{script}: {found:?}");
        run(&world, undo);
        let found = world.audit().await.findings;
        assert!(found.is_empty(), "{undo}: {found:?}");
    }
}

#[tokio::test]
async fn who_may_act_the_ledger_says_and_not_the_view_of_officers() {
    let mut world = World::found().await;
    world.close().await;
    run(
        &world,
        "UPDATE officers SET role = 'ra-administrator' WHERE officer = 'OP-0001'; \
         DELETE FROM officers WHERE officer = 'OP-0002'",
    );
    world = world.restart().await;
    let officer = world.authority.officer(&number(ENTRY)).await.unwrap();
    assert_eq!(officer.role, Role::Entry);
    world.approved("a.example.cn").await;
    let codes: Vec<_> = world.audit().await.findings;
    let codes: Vec<_> = codes.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["V302", "V304"]);
}
