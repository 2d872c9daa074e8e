//! Views can be thrown away and rebuilt.

use authority::{ProposedChange, ProposedTerms};
use ledger::event::Succession;
use policy::Role;
use store::views::VIEWS;
use store::{SealKey, Store};
use x509::crl::RevocationReason;

use super::officers::terms;
use super::successions::follow;
use super::world::{REVIEW, World, request, revoke};

async fn dump(store: &Store) -> Vec<Vec<Vec<store::value::Value>>> {
    let mut tables = Vec::new();
    for table in VIEWS {
        tables.push(store.dump(table, None, 10_000).await.unwrap());
    }
    tables
}

#[tokio::test]
async fn rebuilt_views_are_the_same_to_the_last_column() {
    let world = World::found().await;
    let first = world.issued("a.example.cn").await;
    let replaced = follow(Succession::Damaged, &first.serial, &request());
    let certificate = world.succeeded(replaced).await;
    world.submitted("b.example.cn").await;
    let end = revoke(&certificate.serial, RevocationReason::KeyCompromise);
    world.act(REVIEW, end).await.unwrap();
    let confined = ProposedTerms {
        cities: vec!["370100".to_owned()],
        ..terms(Role::Review)
    };
    let confined = ProposedChange::Change { terms: confined };
    world.decide(Some(REVIEW), confined).await;
    world.decide(Some(REVIEW), ProposedChange::End).await;
    let folder = world.check().await;

    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let store = Store::open(&url, SealKey::new(&[7; 32])).await.unwrap();
    let before = dump(&store).await;
    assert!(
        before.iter().all(|rows| !rows.is_empty()),
        "every view is in use"
    );
    let lock = store.acquire_writer().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    for table in VIEWS {
        tx.clear(table).await.unwrap();
    }
    tx.commit().await.unwrap();
    drop(lock);
    assert!(dump(&store).await.iter().all(Vec::is_empty));
    authority::rebuild_views(&store).await.unwrap();
    assert_eq!(dump(&store).await, before);
}

#[tokio::test]
async fn a_changed_record_is_not_signed_over() {
    let world = World::found().await;
    world.submitted("a.example.cn").await;
    world.authority.shut_down().await;
    let url = format!("{}", world.folder.path().join("ledger.db").display());
    // An entry is replaced by one of the same length: plain SQL, as somebody with the file would do it.
    let script = "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'gmpki.test/authority', 'gmpki.test/authoritx') AS BLOB)";
    let done = std::process::Command::new("python3")
        .args(["-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()", &url, script])
        .status()
        .unwrap();
    assert!(done.success());
    let error = world.reopen().await.err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("checkpoint covers")));
}
