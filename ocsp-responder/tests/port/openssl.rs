//! OpenSSL and curl as clients that we did not write, against a server on a loopback port of the system's choice.
//!
//! OpenSSL 3.0 as an OCSP client cannot use the default SM2 identifier, so that `openssl ocsp` judges requests,
//! transport and content (`-no_cert_verify -noverify`), and `openssl dgst` the signature over the bytes that
//! `openssl asn1parse` finds.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ledger::event::Status as Change;
use ocsp_responder::{Limits, StatusPort};
use store::clock::{Clock, SystemClock};
use x509::certificate::Serial;
use x509::ocsp::{CertStatus, OcspRequest, OcspResponse};

use crate::hierarchy::World;
use crate::record::Record;

/// The port at work, with the files that clients need.
struct Server {
    world: World,
    address: SocketAddr,
    directory: tempfile::TempDir,
    _record: Record,
}

/// Serves for as long as the test runs.
async fn serve(listener: tokio::net::TcpListener, port: StatusPort) {
    while let Ok((stream, _)) = listener.accept().await {
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(hyper_util::rt::TokioIo::new(stream), port.clone());
        tokio::spawn(connection);
    }
}

impl Server {
    async fn start() -> Self {
        // OpenSSL compares with the clock of the machine.
        let world = World::founded(Limits::default(), SystemClock.now());
        let record = Record::new().await;
        record.publish_authority(&world).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let port = StatusPort::new(world.responder.clone(), record.store.clone());
        tokio::spawn(serve(listener, port));
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(
            directory.path().join("issuer.pem"),
            world.jinan.certificate.to_pem(),
        )
        .unwrap();
        Self {
            world,
            address,
            directory,
            _record: record,
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What `openssl ocsp` prints about `serials`.
    async fn ask(&self, hash: &str, nonce: &str, serials: &[&Serial]) -> String {
        self.ask_with(hash, nonce, serials, &[]).await
    }

    async fn ask_with(
        &self,
        hash: &str,
        nonce: &str,
        serials: &[&Serial],
        more: &[&str],
    ) -> String {
        let mut command = Command::new("openssl");
        command
            .current_dir(self.path())
            .args(["ocsp", hash, "-issuer", "issuer.pem"]);
        for serial in serials {
            command.arg("-serial").arg(format!("0x{serial}"));
        }
        command.args([
            nonce,
            "-no_cert_verify",
            "-noverify",
            "-resp_text",
            "-respout",
            "response.der",
        ]);
        command
            .args(more)
            .arg("-url")
            .arg(format!("http://{}/ocsp", self.address));
        run(command).await
    }

    /// The first element of `der` of a type at a depth, as OpenSSL finds it.
    async fn element(&self, der: &[u8], depth: usize, name: &str) -> Element {
        std::fs::write(self.path().join("element.der"), der).unwrap();
        let mut command = Command::new("openssl");
        command.current_dir(self.path()).args([
            "asn1parse",
            "-inform",
            "DER",
            "-in",
            "element.der",
        ]);
        let listing = run(command).await;
        // `    4:d=1  hl=3 l= 200 cons: SEQUENCE`
        let line = listing.lines().find_map(|line| {
            let (head, kind) = line
                .split_once("cons: ")
                .or_else(|| line.split_once("prim: "))?;
            let number = |key: &str| -> Option<usize> {
                let (_, rest) = head.split_once(key)?;
                rest.split_whitespace().next()?.parse().ok()
            };
            let offset: usize = head.split(':').next()?.trim().parse().ok()?;
            let found = number("d=")? == depth && kind.starts_with(name);
            found.then_some((offset, number("hl=")?, number(" l=")?))
        });
        let (offset, header, length) = line.unwrap_or_else(|| panic!("not found in\n{listing}"));
        let whole = der[offset..offset + header + length].to_vec();
        Element {
            content: whole[header..].to_vec(),
            whole,
        }
    }
}

/// A DER element, with and without its header.
struct Element {
    whole: Vec<u8>,
    content: Vec<u8>,
}

/// Runs a client; both of its streams.
async fn run(mut command: Command) -> String {
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_reads_every_state_with_every_hash_and_nonce() {
    let server = Server::start().await;
    let world = &server.world;
    let (good, held, revoked, forged) =
        (world.good(), world.good(), world.good(), Serial::random());
    world.change(&held, Change::Held, "certificateHold");
    world.change(&revoked, Change::Revoked, "keyCompromise");
    for hash in ["-sha1", "-sha256", "-sha384", "-sm3"] {
        for nonce in ["-nonce", "-no_nonce"] {
            let text = server
                .ask(hash, nonce, &[&good, &held, &revoked, &forged])
                .await;
            let line = |serial: &Serial| {
                text.lines()
                    .find(|line| line.starts_with(&format!("0x{serial}: ")))
                    .map(str::to_owned)
            };
            assert_eq!(
                line(&good),
                Some(format!("0x{good}: good")),
                "{hash} {nonce}\n{text}"
            );
            assert_eq!(
                line(&held),
                Some(format!("0x{held}: revoked")),
                "{hash} {nonce}\n{text}"
            );
            assert_eq!(
                line(&revoked),
                Some(format!("0x{revoked}: revoked")),
                "{hash} {nonce}\n{text}"
            );
            assert_eq!(
                line(&forged),
                Some(format!("0x{forged}: unknown")),
                "{hash} {nonce}\n{text}"
            );
            assert!(
                text.contains("Reason: keyCompromise") && text.contains("Reason: certificateHold"),
                "{text}"
            );
            assert!(
                text.contains("Response Type: Basic OCSP Response"),
                "{text}"
            );
            assert!(
                !text.contains("WARNING: no nonce") && !text.contains("Nonce Verify error"),
                "{text}"
            );
            assert_eq!(text.contains("OCSP Nonce:"), nonce == "-nonce", "{text}");
            let der = std::fs::read(server.path().join("response.der")).unwrap();
            OcspResponse::from_der(&der)
                .unwrap()
                .verify_signature(world.responder_certificate.public_key())
                .unwrap();
        }
    }
    assert_eq!(world.index.never_issued().0, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_reads_the_refusals() {
    let server = Server::start().await;
    let serial = server.world.good();
    let stranger = World::new();
    std::fs::write(
        server.path().join("issuer.pem"),
        stranger.jinan.certificate.to_pem(),
    )
    .unwrap();
    let text = server.ask("-sha1", "-nonce", &[&serial]).await;
    assert!(text.contains("Responder Error: unauthorized (6)"), "{text}");

    std::fs::write(
        server.path().join("issuer.pem"),
        server.world.jinan.certificate.to_pem(),
    )
    .unwrap();
    let text = server.ask("-sha512", "-no_nonce", &[&serial]).await;
    assert!(text.contains("Responder Error: unauthorized (6)"), "{text}");
    server.world.signer.break_down();
    let text = server.ask("-sha1", "-no_nonce", &[&serial]).await;
    assert!(
        text.contains("Responder Error: internalerror (2)"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_request_is_answered_like_any_other() {
    let server = Server::start().await;
    let serial = server.world.good();
    let mut command = Command::new("openssl");
    command.current_dir(server.path()).args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]);
    command.args([
        "-nodes",
        "-keyout",
        "client.key",
        "-out",
        "client.pem",
        "-subj",
        "/CN=client",
    ]);
    run(command).await;
    let signed = [
        "-signer",
        "client.pem",
        "-signkey",
        "client.key",
        "-reqout",
        "request.der",
    ];
    let text = server
        .ask_with("-sha256", "-nonce", &[&serial], &signed)
        .await;
    assert!(
        text.lines().any(|line| line == format!("0x{serial}: good")),
        "{text}"
    );
    let request = std::fs::read(server.path().join("request.der")).unwrap();
    assert!(
        OcspRequest::from_der(&request, 1)
            .unwrap()
            .signature
            .is_some()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_verifies_the_signature() {
    let server = Server::start().await;
    let serials = [server.world.good(), server.world.good()];
    server
        .ask("-sm3", "-nonce", &[&serials[0], &serials[1]])
        .await;
    let response = std::fs::read(server.path().join("response.der")).unwrap();
    let basic = server.element(&response, 3, "OCTET STRING").await;
    let tbs = server.element(&basic.content, 1, "SEQUENCE").await;
    let signature = server.element(&basic.content, 1, "BIT STRING").await;
    std::fs::write(server.path().join("tbs"), &tbs.whole).unwrap();
    // Behind the count of unused bits.
    std::fs::write(server.path().join("signature"), &signature.content[1..]).unwrap();
    std::fs::write(
        server.path().join("responder.pem"),
        server.world.responder_certificate.to_pem(),
    )
    .unwrap();
    let mut command = Command::new("openssl");
    command.current_dir(server.path()).args([
        "x509",
        "-in",
        "responder.pem",
        "-noout",
        "-pubkey",
        "-out",
        "key.pem",
    ]);
    assert_eq!(run(command).await, "");
    for (identifier, verdict) in [
        ("1234567812345678", "Verified OK"),
        ("8765432187654321", "Verification failure"),
    ] {
        let mut command = Command::new("openssl");
        command.current_dir(server.path()).args([
            "dgst",
            "-sm3",
            "-verify",
            "key.pem",
            "-signature",
            "signature",
        ]);
        command
            .arg("-sigopt")
            .arg(format!("distid:{identifier}"))
            .arg("tbs");
        let text = run(command).await;
        assert!(text.starts_with(verdict), "{identifier}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_gets_answers_files_and_refusals() {
    let server = Server::start().await;
    let world = &server.world;
    let serial = world.good();
    let base64 = BASE64_STANDARD.encode(world.request(&serial));
    let encoded = base64
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    for path in [base64.clone(), encoded, format!("/{base64}")] {
        let mut command = Command::new("curl");
        command
            .current_dir(server.path())
            .args(["-sS", "-i", "--path-as-is", "-o", "answer"]);
        command.arg(format!("http://{}/ocsp/{path}", server.address));
        assert_eq!(run(command).await, "");
        let answer = std::fs::read(server.path().join("answer")).unwrap();
        let end = answer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        assert!(
            head.starts_with("http/1.1 200") && head.contains("etag: \""),
            "{head}"
        );
        let response = OcspResponse::from_der(&answer[end + 4..]).unwrap();
        assert_eq!(response.responses()[0].status, CertStatus::Good);
    }
    let curl = async |arguments: &[&str], path: &str| {
        let mut command = Command::new("curl");
        command
            .args(["-sS", "-w", " %{http_code} %{content_type}"])
            .args(arguments);
        command.arg(format!("http://{}{path}", server.address));
        run(command).await
    };
    let big = server.path().join("big");
    std::fs::write(&big, vec![0x30; 100_000]).unwrap();
    let upload = format!("@{}", big.display());
    let request = "Content-Type: application/ocsp-request";
    let refused = curl(&["-H", request, "--data-binary", &upload], "/ocsp").await;
    assert!(
        refused.contains("O413 ") && refused.contains(" 413 "),
        "{refused}"
    );
    let chunked = [
        "-H",
        request,
        "-H",
        "Transfer-Encoding: chunked",
        "--data-binary",
        &upload,
    ];
    let refused = curl(&chunked, "/ocsp").await;
    assert!(
        refused.contains("O413 ") && refused.contains(" 413 "),
        "{refused}"
    );
    assert!(curl(&["-d", "x"], "/ocsp").await.contains(" 415 "));
    let pem = curl(&[], "/ca/jinan.pem").await;
    assert!(
        pem.starts_with("-----BEGIN CERTIFICATE-----") && pem.contains(" 200 "),
        "{pem}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_reads_the_ca_certificate() {
    let server = Server::start().await;
    let mut command = Command::new("curl");
    command
        .current_dir(server.path())
        .args(["-sS", "-o", "ca.der"]);
    command.arg(format!("http://{}/ca/jinan.cer", server.address));
    assert_eq!(run(command).await, "");
    let mut command = Command::new("openssl");
    command.current_dir(server.path()).args([
        "x509", "-inform", "DER", "-in", "ca.der", "-noout", "-serial",
    ]);
    let serial = server
        .world
        .jinan
        .certificate
        .serial()
        .to_string()
        .to_uppercase();
    assert_eq!(run(command).await.trim(), format!("serial={serial}"));
}
