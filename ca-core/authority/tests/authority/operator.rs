//! A dishonest operator: has the database and every key on the machine, and writes a record in which tree, checkpoints
//! and views are flawless. What the audit finds here it finds by what the entries say.

use authority::{Act, ProposedChange, ProposedTerms, Statement};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use keys::{KeyLabel, MirrorSigner};
use ledger::checkpoint::{
    Checkpoint, MirrorKey, NoteKey as _, VerifierKey, note_message, signed_note,
};
use ledger::event::{Basis, Entry, Event, StatementRef};
use ledger::tile::Appender;
use ledger::tree::{Sha256Tree, TreeHash as _, leaf_hash};
use policy::Role;
use sm_engine::sm3;
use store::clock::Clock as _;
use store::views::{Overlay, Touched};
use store::{SealKey, Store};
use x509::certificate::{Serial, TbsCertificate, assemble_certificate};
use x509::time::Time;

use super::officers::terms;
use super::world::{ADMINISTRATOR, ENTRY, SECOND_ADMINISTRATOR, World, number};

const YEAR: i64 = 365 * 86_400;

/// Appends `events` at `time`, as the writer would have done it, to the record of a service that has stopped.
async fn append(world: &World, time: i64, events: Vec<Event>, sealed: &[&[u8]]) {
    let url = format!("sqlite:{}", world.folder.path().join("ledger.db").display());
    let store = Store::open(&url, SealKey::new(&[7; 32])).await.unwrap();
    let (mut tree, mut mirror) = (Appender::new(), Appender::<Sha256Tree>::default());
    for (_, body) in store.entries(0, 10_000).await.unwrap() {
        tree.append(leaf_hash(&body));
        mirror.append(Sha256Tree::leaf(&body));
    }
    tree.take_full_tiles();
    mirror.take_full_tiles();
    let first = tree.size();
    let note = store.latest_checkpoint().await.unwrap().unwrap();
    let entries: Vec<_> = events.into_iter().map(|e| Entry::new(time, e)).collect();
    let bodies: Vec<_> = entries.iter().map(|e| e.encode().unwrap()).collect();
    for body in &bodies {
        tree.append(leaf_hash(body));
        mirror.append(Sha256Tree::leaf(body));
    }
    let mut touched = Touched::default();
    for entry in &entries {
        touched.add(entry);
    }
    let lock = store.acquire_writer().await.unwrap();
    let mut tx = store.begin(&lock).await.unwrap();
    let mut overlay = Overlay::load(&mut tx, &touched).await.unwrap();
    for (idx, entry) in (first..).zip(&entries) {
        overlay.project(idx, entry).unwrap();
    }
    tx.append_entries(first, &bodies).await.unwrap();
    tx.put_tiles(&tree.take_full_tiles()).await.unwrap();
    let tiles = mirror.take_full_tiles();
    tx.put_mirror_tiles(&tiles).await.unwrap();
    tx.put_sealed(sealed).await.unwrap();
    overlay.write(&mut tx, store.seal_key()).await.unwrap();
    let key: VerifierKey = world.authority.log_key().parse().unwrap();
    let checkpoint = Checkpoint {
        origin: key.name.clone(),
        size: tree.size(),
        root: tree.root(),
        previous: Some(Checkpoint::from_note_unverified(&note).unwrap().size),
    };
    let log = world
        .provider
        .signer(&KeyLabel::new("log").unwrap())
        .unwrap();
    let signature = log.sign(&note_message(&checkpoint)).unwrap();
    let signature = signature.sm2().unwrap();
    let note = signed_note(&checkpoint, &key, &signature);
    tx.put_checkpoint(tree.size(), &note).await.unwrap();
    let key: MirrorKey = world.authority.mirror_key().parse().unwrap();
    let mirrored = Checkpoint {
        origin: key.name().to_owned(),
        root: mirror.root(),
        previous: None,
        ..checkpoint
    };
    let signer = MirrorSigner::of(&*world.provider).unwrap();
    let signature = signer.sign(&note_message(&mirrored)).unwrap();
    let note = signed_note(&mirrored, &key, &signature);
    tx.put_mirror_checkpoint(tree.size(), &note).await.unwrap();
    tx.commit().await.unwrap();
}

/// Codes and words of what the audit finds.
async fn findings(world: &World) -> Vec<(String, String)> {
    let found = world.audit().await.findings;
    found.into_iter().map(|f| (f.code, f.what)).collect()
}

#[tokio::test]
async fn a_responder_certificate_that_breaks_a_lint_is_found() {
    let world = World::found().await;
    world.authority.shut_down().await;
    assert_eq!(findings(&world).await, []);
    let responders = world.authority.responders().borrow().clone();
    let own = responders.iter().find(|r| r.authority == "jinan").unwrap();
    // The responder's certificate over again, to last twenty years.
    let template = &own.certificate;
    // In the same of the world's four shards, so that only its period is wrong.
    let shard = |serial: &Serial| serial.as_bytes().last().map(|octet| octet % 4);
    let serial = std::iter::repeat_with(Serial::random)
        .find(|serial| shard(serial) == shard(template.serial()))
        .unwrap();
    let tbs = TbsCertificate {
        serial,
        signature_algorithm: template.signature_algorithm(),
        issuer: template.issuer().clone(),
        not_before: template.not_before(),
        not_after: Time(template.not_before().0 + 20 * YEAR),
        subject: template.subject().clone(),
        public_key: template.public_key().clone(),
        extensions: template.extensions().to_vec(),
    };
    let serial = tbs.serial.to_string();
    let der = tbs.to_der().unwrap();
    let signer = world
        .provider
        .signer(&KeyLabel::new("ca-jinan").unwrap())
        .unwrap();
    let certificate = assemble_certificate(&der, &signer.sign(&der).unwrap()).unwrap();
    let (_, profile) = world
        .authority
        .policy()
        .documents()
        .iter()
        .find(|(name, _)| name.contains("ocsp-responder"))
        .unwrap();
    let intent = world.authority.store().size().await.unwrap();
    let events = vec![
        Event::CertificateIntended {
            authority: "jinan".to_owned(),
            serial: serial.clone(),
            tbs: sm3::digest(&der),
            profile: "ocsp-responder".to_owned(),
            profile_document: profile.digest,
            key: sm3::digest(template.spki_der()),
            basis: Basis::ResponderRenewal,
        },
        Event::CertificateIssued {
            authority: "jinan".to_owned(),
            serial: serial.clone(),
            certificate: sm3::digest(&certificate),
            intent,
            not_after: tbs.not_after.0,
        },
    ];
    append(&world, world.clock.now().0, events, &[&der, &certificate]).await;
    let found = findings(&world).await;
    assert!(!found.is_empty());
    for (code, what) in &found {
        assert_eq!(code, "V221", "{found:?}");
        assert!(what.contains(&serial), "{found:?}");
    }
    assert!(found.iter().any(|(_, what)| what.contains("validity")));
}

#[tokio::test]
async fn an_act_after_the_end_of_the_officer_s_certificate_is_found() {
    let world = World::found().await;
    let case = world.submitted("a.example.cn").await;
    let withdraw = Act::WithdrawCase {
        case: case.clone(),
        reasons: "重复".to_owned(),
    };
    let prepared = world.prepare(ENTRY, withdraw).await.unwrap();
    world.authority.shut_down().await;
    // The entry officer's own key signs thirty years from now that the case is withdrawn.
    let later = world.clock.now().0 + 30 * YEAR;
    let mut statement = Statement::parse(&prepared.statement).unwrap();
    statement.time = later;
    let text = statement.canonical().unwrap();
    let event = Event::CaseWithdrawn {
        case,
        statement: StatementRef {
            digest: sm3::digest(text.as_bytes()),
            officer: number(ENTRY),
            signature: BASE64_STANDARD.encode(world.sign(ENTRY, &text)),
        },
    };
    append(&world, later, vec![event], &[text.as_bytes()]).await;
    let found = findings(&world).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "V210");
    assert!(found[0].1.contains("the entry is of"), "{found:?}");
}

#[tokio::test]
async fn an_act_outside_the_scope_of_the_officer_is_found() {
    let world = World::found().await;
    let case = world.submitted("a.example.cn").await;
    let withdraw = Act::WithdrawCase {
        case: case.clone(),
        reasons: "重复".to_owned(),
    };
    let prepared = world.prepare(ENTRY, withdraw).await.unwrap();
    let terms = ProposedTerms {
        cities: vec!["370200".to_owned()],
        ..terms(Role::Entry)
    };
    world
        .decide(Some(ENTRY), ProposedChange::Change { terms })
        .await;
    world.authority.shut_down().await;
    assert_eq!(findings(&world).await, []);
    // The officer's own key signs; the city is another one.
    let text = prepared.statement;
    let event = Event::CaseWithdrawn {
        case,
        statement: StatementRef {
            digest: sm3::digest(text.as_bytes()),
            officer: number(ENTRY),
            signature: BASE64_STANDARD.encode(world.sign(ENTRY, &text)),
        },
    };
    let now = world.clock.now().0;
    append(&world, now, vec![event], &[text.as_bytes()]).await;
    let found = findings(&world).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "V211");
}

#[tokio::test]
async fn an_administrator_who_confirms_his_own_proposal_is_found() {
    let world = World::found().await;
    let proposal = world
        .propose(ADMINISTRATOR, Some(ENTRY), ProposedChange::End)
        .await
        .unwrap();
    let confirm = Act::ConfirmOfficer { proposal };
    let prepared = world.prepare(SECOND_ADMINISTRATOR, confirm).await.unwrap();
    world.authority.shut_down().await;
    let own = world.authority.store().entry(proposal).await.unwrap();
    let own = Entry::decode(&own.unwrap()).unwrap();
    let certificate = Statement::parse(&statement_of(&world, &own).await).unwrap();
    let mut statement = Statement::parse(&prepared.statement).unwrap();
    statement.officer = number(ADMINISTRATOR);
    statement.certificate = certificate.certificate;
    let text = statement.canonical().unwrap();
    let event = Event::OfficerConfirmed {
        proposal,
        officer: number(ENTRY),
        statement: StatementRef {
            digest: sm3::digest(text.as_bytes()),
            officer: number(ADMINISTRATOR),
            signature: BASE64_STANDARD.encode(world.sign(ADMINISTRATOR, &text)),
        },
    };
    let now = world.clock.now().0;
    append(&world, now, vec![event], &[text.as_bytes()]).await;
    let found = findings(&world).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "L526");
}

/// The statement behind an entry.
async fn statement_of(world: &World, entry: &Entry) -> String {
    let digest = entry.event.statement().unwrap().digest;
    let text = world.authority.store().unseal(&digest).await.unwrap();
    String::from_utf8(text.unwrap().to_vec()).unwrap()
}
