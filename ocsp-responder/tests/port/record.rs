//! A store with a small ledger, checkpoints, a CA certificate and CRLs, and requests to the port over it.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use keys::Signer;
use ledger::checkpoint::{
    Checkpoint, MirrorKey, NoteKey as _, VerifierKey, note_message, signed_note,
};
use ledger::event::{Entry, Event};
use ledger::tile::Appender;
use ledger::tree::{Sha256Tree, TreeHash as _, leaf_hash};
use ocsp_responder::StatusPort;
use sm_engine::foreign::ed25519;
use sm_engine::sm3;
use store::views::{AuthorityRow, CrlRow, FULL, PartitionRow};
use store::{SealKey, Store, WriterLock};

use crate::hierarchy::{NOW, TestSigner, World};

/// Where the log lives and how it is named.
pub(crate) const ORIGIN: &str = "log.test.gmpki/1";

/// A record on disk, with the key of its log.
pub(crate) struct Record {
    pub(crate) store: Store,
    pub(crate) key: VerifierKey,
    pub(crate) entries: Vec<Vec<u8>>,
    signer: Arc<TestSigner>,
    appender: Appender,
    mirror: Appender<Sha256Tree>,
    mirror_signer: ed25519::PrivateKey,
    lock: WriterLock,
    _directory: tempfile::TempDir,
}

impl Record {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("record.db").display());
        let store = Store::open(&url, SealKey::new(&[7; 32])).await.unwrap();
        let lock = store.acquire_writer().await.unwrap();
        let signer = TestSigner::new();
        let key = VerifierKey::new(ORIGIN, signer.public_key().sm2().unwrap().clone()).unwrap();
        let (entries, appender) = (Vec::new(), Appender::new());
        Self {
            store,
            key,
            entries,
            signer,
            appender,
            mirror: Appender::default(),
            mirror_signer: ed25519::PrivateKey::from_seed(&[3; 32]),
            lock,
            _directory: directory,
        }
    }

    /// Appends `count` entries in one commit, without a checkpoint.
    pub(crate) async fn append(&mut self, count: usize) {
        let first = self.entries.len();
        let new: Vec<_> = (first..first + count)
            .map(|n| entry(n).encode().unwrap())
            .collect();
        let mut transaction = self.store.begin(&self.lock).await.unwrap();
        transaction
            .append_entries(first.try_into().unwrap(), &new)
            .await
            .unwrap();
        for body in &new {
            self.appender.append(leaf_hash(body));
            self.mirror.append(Sha256Tree::leaf(body));
        }
        transaction
            .put_tiles(&self.appender.take_full_tiles())
            .await
            .unwrap();
        transaction
            .put_mirror_tiles(&self.mirror.take_full_tiles())
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        self.entries.extend(new);
    }

    /// Signs a checkpoint over everything.
    pub(crate) async fn checkpoint(&mut self) -> Checkpoint {
        let (size, root) = (self.appender.size(), self.appender.root());
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root,
            previous: None,
        };
        let signature = self.signer.sign(&note_message(&checkpoint)).unwrap();
        let signature = signature.sm2().unwrap();
        let note = signed_note(&checkpoint, &self.key, &signature);
        let mut transaction = self.store.begin(&self.lock).await.unwrap();
        transaction.put_checkpoint(size, &note).await.unwrap();
        let key = self.mirror_key();
        let mirrored = Checkpoint {
            origin: key.name().to_owned(),
            root: self.mirror.root(),
            ..checkpoint.clone()
        };
        let signature = self.mirror_signer.sign(&note_message(&mirrored));
        let note = signed_note(&mirrored, &key, &signature);
        transaction
            .put_mirror_checkpoint(size, &note)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        checkpoint
    }

    pub(crate) fn mirror_key(&self) -> MirrorKey {
        let key = self.mirror_signer.public_key();
        MirrorKey::new(MirrorKey::name_for(ORIGIN), key).unwrap()
    }

    /// Records the authority `jinan` of `world`.
    pub(crate) async fn publish_authority(&self, world: &World) {
        let certificate = &world.jinan.certificate;
        let mut transaction = self.store.begin(&self.lock).await.unwrap();
        transaction.put_sealed(&[certificate.der()]).await.unwrap();
        let row = AuthorityRow {
            authority: "jinan".to_owned(),
            parent: "root".to_owned(),
            serial: certificate.serial().to_string(),
            certificate: certificate.fingerprint(),
            key_id: hex::encode(certificate.subject_key_id().unwrap()),
            idx: 0,
        };
        transaction.upsert(&[row]).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Records a CRL of `jinan`; its bytes need not be one for this port.
    pub(crate) async fn publish_crl(&self, number: i64, der: &[u8]) {
        self.publish(FULL, number, der).await;
    }

    /// Records that `jinan` has so many shards.
    pub(crate) async fn partition(&self, shards: i64) {
        let mut transaction = self.store.begin(&self.lock).await.unwrap();
        let row = PartitionRow {
            authority: "jinan".to_owned(),
            shards,
            base: "http://status.example.cn/crl/jinan".to_owned(),
            idx: 0,
        };
        transaction.upsert(&[row]).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Records a full CRL of `jinan` that lies in these parts.
    pub(crate) async fn publish_parts(&self, number: i64, der: &[u8], parts: &[&[u8]]) {
        let mut transaction = self.store.begin(&self.lock).await.unwrap();
        let blobs: Vec<_> = parts
            .iter()
            .map(|part| (sm3::digest(part), *part))
            .collect();
        transaction.put_public(&blobs).await.unwrap();
        transaction.commit().await.unwrap();
        let digests: Vec<_> = blobs.iter().map(|(digest, _)| digest.to_string()).collect();
        self.record(FULL, number, der, digests.join(",")).await;
    }

    /// Records a CRL of `jinan` of any scope.
    pub(crate) async fn publish(&self, scope: &str, number: i64, der: &[u8]) {
        let mut transaction = self.store.begin(&self.lock).await.unwrap();
        transaction.put_sealed(&[der]).await.unwrap();
        transaction.commit().await.unwrap();
        self.record(scope, number, der, String::new()).await;
    }

    async fn record(&self, scope: &str, number: i64, der: &[u8], parts: String) {
        let mut transaction = self.store.begin(&self.lock).await.unwrap();
        let row = CrlRow {
            authority: "jinan".to_owned(),
            scope: scope.to_owned(),
            number,
            base: None,
            crl: sm3::digest(der),
            parts,
            this_update: NOW.0 + number,
            next_update: NOW.plus_days(1).0,
            entries: 0,
            covers: 0,
            expired_before: 0,
            idx: number,
        };
        transaction.upsert(&[row]).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

fn entry(number: usize) -> Entry {
    let event = Event::PolicyAdopted {
        name: format!("checklist-{number}"),
        document: sm3::digest(&number.to_be_bytes()),
    };
    Entry::new(NOW.0, event)
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub(crate) async fn send(port: &StatusPort, request: Request<Body>) -> Reply {
    let response = port.respond(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(Body::new(body), 1 << 20).await.unwrap().to_vec();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

pub(crate) async fn get(port: &StatusPort, path: &str) -> Reply {
    send(port, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn get_if(port: &StatusPort, path: &str, header: &str, value: &str) -> Reply {
    send(
        port,
        Request::get(path)
            .header(header, value)
            .body(Body::empty())
            .unwrap(),
    )
    .await
}

pub(crate) async fn post(port: &StatusPort, path: &str, media: &str, body: Vec<u8>) -> Reply {
    send(
        port,
        Request::post(path)
            .header("content-type", media)
            .body(Body::from(body))
            .unwrap(),
    )
    .await
}
