//! Live signing: what gathers during one batch is the next, nobody waits for company, nothing untrue or unverified
//! leaves, and nothing is lost when keys fail or change.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use keys::{RawSigner, Signer, Verified};
use ledger::event::Status as Change;
use ocsp_responder::StatusPort;
use parking_lot::Mutex;
use sm_engine::key::{PublicKey, Signature};
use sm_engine::sm2::{PrivateKey, SignerId};
use x509::certificate::{Certificate, Serial};
use x509::ocsp::{CertStatus, OcspRequest, OcspResponse, ResponseStatus};

use crate::hierarchy::{TestSigner, World};
use crate::record::{Record, Reply, post};

const REQUEST: &str = "application/ocsp-request";

/// Says how many it is asked to sign, and then waits for leave.
struct Gate {
    key: PrivateKey,
    public: PublicKey,
    asked: Mutex<Sender<usize>>,
    leave: Mutex<Receiver<()>>,
}

impl Gate {
    fn new() -> (Arc<Self>, Receiver<usize>, Sender<()>) {
        let ((asked, sizes), (open, leave)) = (channel(), channel());
        let key = PrivateKey::generate();
        let gate = Self {
            public: key.public_key().into(),
            key,
            asked: Mutex::new(asked),
            leave: Mutex::new(leave),
        };
        (Arc::new(gate), sizes, open)
    }
}

impl Signer for Gate {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, keys::Error> {
        self.key
            .sign(SignerId::Default, message)
            .map(Signature::from)
            .map_err(|_| keys::Error::BadSignature)
    }

    fn sign_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, keys::Error>> {
        self.asked.lock().send(messages.len()).unwrap();
        self.leave.lock().recv().unwrap();
        messages.iter().map(|message| self.sign(message)).collect()
    }
}

/// What a faulty device does.
enum Fault {
    /// Signs something else.
    Other,
    /// Panics.
    Panic,
    /// Gives back fewer signatures than it was asked for.
    Short,
}

struct Faulty(PrivateKey, PublicKey, Fault);

impl Faulty {
    fn new(fault: Fault) -> Self {
        let key = PrivateKey::generate();
        let public = key.public_key().into();
        Self(key, public, fault)
    }
}

impl RawSigner for Faulty {
    fn public_key(&self) -> &PublicKey {
        &self.1
    }

    fn sign_raw(&self, message: &[u8]) -> Result<Signature, keys::Error> {
        let message = match self.2 {
            Fault::Other => b"something else",
            _ => message,
        };
        Ok(self.0.sign(SignerId::Default, message).unwrap().into())
    }

    fn sign_raw_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, keys::Error>> {
        match self.2 {
            Fault::Panic => panic!("the device's driver fails"),
            Fault::Short => Vec::new(),
            Fault::Other => messages.iter().map(|m| self.sign_raw(m)).collect(),
        }
    }
}

/// The port of `world`, and a record that must outlive it.
async fn port(world: &World) -> (StatusPort, Record) {
    let record = Record::new().await;
    let port = StatusPort::new(Arc::clone(&world.responder), record.store.clone());
    (port, record)
}

fn with_nonce(world: &World, serial: &Serial, nonce: u8) -> Vec<u8> {
    OcspRequest::build(&[world.id(serial)], Some(&[nonce; 32]))
}

fn verified(reply: &Reply, responder: &Certificate) -> OcspResponse {
    let response = OcspResponse::from_der(&reply.body).unwrap();
    assert_eq!(response.status(), Ok(()));
    response.verify_signature(responder.public_key()).unwrap();
    response
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gathers_during_a_batch_is_the_next_one() {
    let world = World::new();
    let (gate, sizes, open) = Gate::new();
    let certificate = world.succeed(gate);
    let (port, _record) = port(&world).await;
    let serial = world.good();
    let ask = |nonce: u8| {
        let (port, request) = (port.clone(), with_nonce(&world, &serial, nonce));
        tokio::spawn(async move { (nonce, post(&port, "/ocsp", REQUEST, request).await) })
    };
    let first = ask(0);
    // It was not kept waiting for others.
    let sizes = tokio::task::spawn_blocking(move || {
        assert_eq!(sizes.recv().unwrap(), 1);
        sizes
    });
    let sizes = sizes.await.unwrap();
    let others: Vec<_> = (1..=10).map(ask).collect();
    // All of them stand in line when their tasks have nothing else to do.
    while world.responder.waiting() < 10 {
        tokio::task::yield_now().await;
    }
    open.send(()).unwrap();
    open.send(()).unwrap();
    for asked in std::iter::once(first).chain(others) {
        let (nonce, reply) = asked.await.unwrap();
        let response = verified(&reply, &certificate);
        assert!(response.nonce().unwrap().ends_with(&[nonce; 32]));
    }
    assert_eq!(sizes.try_iter().collect::<Vec<_>>(), [10]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_during_the_signature_is_in_the_answer() {
    let world = World::new();
    let (gate, sizes, open) = Gate::new();
    let certificate = world.succeed(gate);
    let (port, _record) = port(&world).await;
    let serial = world.good();
    for request in [with_nonce(&world, &serial, 1), world.request(&serial)] {
        let asked = {
            let port = port.clone();
            tokio::spawn(async move { post(&port, "/ocsp", REQUEST, request).await })
        };
        sizes.recv().unwrap();
        let (change, reason) = match world.index.status("jinan", &serial) {
            store::status::Status::Good => (Change::Held, "certificateHold"),
            _ => (Change::Revoked, "keyCompromise"),
        };
        world.change(&serial, change, reason);
        open.send(()).unwrap();
        sizes.recv().unwrap();
        open.send(()).unwrap();
        let response = verified(&asked.await.unwrap(), &certificate);
        let CertStatus::Revoked { reason: told, .. } = &response.responses()[0].status else {
            panic!("{:?}", response.responses());
        };
        assert_eq!(told.to_string(), reason);
    }
}

#[tokio::test]
async fn a_signature_that_is_wrong_missing_or_never_comes_is_an_internal_error() {
    for fault in [Fault::Other, Fault::Panic, Fault::Short] {
        let world = World::new();
        world.succeed(Arc::new(Verified::new(Faulty::new(fault))));
        let (port, _record) = port(&world).await;
        let serial = world.good();
        for request in [world.request(&serial), with_nonce(&world, &serial, 1)] {
            let reply = post(&port, "/ocsp", REQUEST, request).await;
            assert_eq!(reply.body, [0x30, 0x03, 0x0a, 0x01, 0x02]);
            assert_eq!(reply.header("cache-control"), "no-store");
        }
        // Another key makes answers again, and nothing of the faulty one was kept.
        let (gate, _sizes, open) = Gate::new();
        open.send(()).unwrap();
        let certificate = world.succeed(gate);
        verified(
            &post(&port, "/ocsp", REQUEST, world.request(&serial)).await,
            &certificate,
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responder_keys_change_under_load_without_a_lost_request() {
    let world = Arc::new(World::new());
    let (port, _record) = port(&world).await;
    let serial = world.good();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let clients: Vec<_> = (0..4_u8)
        .map(|client| {
            let (port, stop) = (port.clone(), Arc::clone(&stop));
            let requests = [world.request(&serial), with_nonce(&world, &serial, client)];
            tokio::spawn(async move {
                let mut answers = Vec::new();
                // Once at least, however late this task begins.
                loop {
                    for request in &requests {
                        answers.push(post(&port, "/ocsp", REQUEST, request.clone()).await.body);
                    }
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        return answers;
                    }
                }
            })
        })
        .collect();
    let mut certificates = vec![world.responder_certificate.clone()];
    for _ in 0..20 {
        certificates.push(world.succeed(TestSigner::new()));
        tokio::task::yield_now().await;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut count = 0;
    for client in clients {
        for body in client.await.unwrap() {
            let response = OcspResponse::from_der(&body).unwrap();
            assert_eq!(response.status(), Ok::<(), ResponseStatus>(()));
            let sent = response.certificates()[0].der();
            let signer = certificates.iter().find(|c| c.der() == sent).unwrap();
            response.verify_signature(signer.public_key()).unwrap();
            count += 1;
        }
    }
    assert!(count > 0);
}
