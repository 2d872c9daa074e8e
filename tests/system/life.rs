//! The whole life of a certificate, and what everybody who is not us says about it at each step:
//! the holder's openssl makes key and request; both judges accept chain, CRL and OCSP answers; the CRL number only
//! goes up; the proof from the ledger verifies offline with ours and with Tongsuo's SM3 and SM2; a restart changes
//! nothing; the audit finds nothing.

use std::fs;
use std::path::PathBuf;

use super::judge::{self, arg, castle, pkilint, tongsuo};
use super::openssl::{certificate_text, ocsp, public_key, request};
use super::world::{Issued, World, text};
use super::{curl, people};

/// The certificates of the authorities, fetched as a relying party does.
struct Issuers {
    root: PathBuf,
    jinan: PathBuf,
}

impl Issuers {
    fn fetch(world: &World) -> Self {
        let fetch = |name: &str| {
            let page = curl::get(&format!("{}/ca/{name}.cer", world.machines));
            assert_eq!(page.content_type, "application/pkix-cert");
            world.write(&format!("{name}.cer"), page.success())
        };
        Self {
            root: fetch("root"),
            jinan: fetch("jinan"),
        }
    }

    /// The judges' words about the status of a serial, asked with a nonce and with these kinds of CertID.
    #[track_caller]
    fn status(&self, world: &World, serial: &str, digests: &[&str]) -> String {
        let mut statuses = Vec::new();
        for digest in digests {
            let nonce = format!("{:032x}", statuses.len() + 1);
            let question = world.path("question.der");
            castle(&[
                "ocsp-request",
                arg(&self.jinan),
                serial,
                digest,
                arg(&question),
                &nonce,
            ])
            .success();
            let page = curl::post(
                &format!("{}/ocsp", world.machines),
                "application/ocsp-request",
                &question,
            );
            assert_eq!(page.content_type, "application/ocsp-response");
            let answer = world.write("answer.der", page.success());
            let said = judge::ocsp(&self.jinan, serial, &answer);
            let status = said
                .strip_suffix(&format!(" hash={digest} nonce={nonce}"))
                .expect(&said);
            statuses.push(status.strip_prefix("status=").unwrap().to_owned());
        }
        statuses.dedup();
        assert_eq!(
            statuses.len(),
            1,
            "the answer depends on the CertID's digest: {statuses:?}"
        );
        statuses.remove(0)
    }

    /// openssl's own client and the judges agree on a certificate's status.
    #[track_caller]
    fn agreed(&self, world: &World, issued: &Issued, expected: &str, digests: &[&str]) {
        assert_eq!(self.status(world, &issued.serial, digests), expected);
        for digest in digests {
            let option = format!("-{digest}");
            let said = ocsp(
                &format!("{}/ocsp", world.machines),
                &self.jinan,
                &issued.file,
                &[&option],
            );
            let (word, reason) = expected.split_once(':').unwrap_or((expected, ""));
            assert!(
                said.contains(&format!("{}: {word}", issued.file.display())),
                "{said}"
            );
            assert!(said.contains(reason), "{said}");
        }
    }

    /// The current CRL in a file, judged: number and entries.
    #[track_caller]
    fn crl(&self, world: &World) -> (PathBuf, u64, Vec<String>) {
        let page = curl::get(&format!("{}/crl/jinan.crl", world.machines));
        assert_eq!(page.content_type, "application/pkix-crl");
        let file = world.write("jinan.crl", page.success());
        let (number, entries) = judge::crl(&self.jinan, &file);
        (file, number, entries)
    }
}

#[test]
fn a_certificate_lives_its_whole_life() {
    let mut world = World::found();
    let issuers = Issuers::fetch(&world);

    let csr = request(world.path("").as_path(), "holder");
    castle(&["csr", arg(&csr)]).success();
    tongsuo(&["csr", arg(&csr)]).success();
    let issued = world.issue("staff-signing", &csr, &people::staff(0));
    judge::certificate(&issuers.root, &issuers.jinan, &issued.file);
    let content = certificate_text(&issued.file);
    assert!(
        content.contains("C=CN, ST=山东省, L=济南市, O=山东省财政厅, OU=国库处"),
        "{content}"
    );
    assert!(
        content.contains("陈思齐") && !content.contains("somebody else"),
        "{content}"
    );
    assert_eq!(
        public_key("x509", &issued.file),
        public_key("req", &csr),
        "another key than the request's"
    );

    for url in [
        "http://status.example.cn/crl/jinan/",
        "http://status.example.cn/ocsp",
        "http://status.example.cn/ca/",
    ] {
        assert!(content.contains(url), "{url} is not in {content}");
    }

    issuers.agreed(&world, &issued, "good", &["sha1", "sha256", "sm3"]);
    let (_, before, _) = issuers.crl(&world);
    let outcome = world
        .act(
            "production",
            &["cert", "hold", &issued.serial, "--note", "介质遗失"],
        )
        .ok();
    assert_eq!(outcome["state"], "held", "{outcome}");
    issuers.agreed(&world, &issued, "revoked:certificateHold", &["sm3"]);
    world
        .act(
            "review",
            &["cert", "release", &issued.serial, "--note", "已找回"],
        )
        .ok();
    issuers.agreed(&world, &issued, "good", &["sha256"]);
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
    issuers.agreed(
        &world,
        &issued,
        "revoked:keyCompromise",
        &["sha1", "sha256", "sm3"],
    );
    assert_eq!(world.state(&issued.serial), "revoked");
    assert_eq!(
        issuers.status(&world, "7f00112233445566778899aabbccddee", &["sm3"]),
        "unknown"
    );

    world.act("production", &["crl", "publish", "jinan"]).ok();
    let (crl, after, entries) = issuers.crl(&world);
    assert!(after > before, "CRL number {after} after {before}");
    let lowered: Vec<String> = entries.iter().map(|entry| entry.to_lowercase()).collect();
    assert!(
        lowered.contains(&format!("{}:keycompromise", issued.serial.to_lowercase())),
        "{entries:?}"
    );
    let root_crl = world.write(
        "root.crl",
        curl::get(&format!("{}/crl/root.crl", world.machines)).success(),
    );
    let path = [
        arg(&issuers.root),
        arg(&issuers.jinan),
        arg(&issued.file),
        "--",
        arg(&root_crl),
        arg(&crl),
    ];
    let said = castle(&[&["chain-crl"], &path[..]].concat());
    assert!(
        said.code == Some(1) && said.text().contains("keyCompromise"),
        "{}",
        said.text()
    );

    let entry = curl::get(&format!("{}/log/entry/{}", world.machines, issued.entry));
    let event = &entry.json()["event"];
    assert_eq!(text(&event["kind"]), "certificate.issued");
    assert_eq!(text(&event["serial"]), issued.serial);
    proven(&world, &issued);
    world.audited();
    world.stop();
    world.start(None);
    assert_eq!(world.state(&issued.serial), "revoked");
    issuers.agreed(&world, &issued, "revoked:keyCompromise", &["sm3"]);
    let (_, again, _) = issuers.crl(&world);
    assert!(
        again >= after,
        "CRL number {again} after {after} and a restart"
    );
    world.audited();
}

/// The proof of the whole life verifies offline, with ours and without us; a changed one does not.
#[track_caller]
fn proven(world: &World, issued: &Issued) {
    let proof = world.path("proof.json");
    world
        .gmpki(&["audit", "prove", &issued.serial, "--out", arg(&proof)])
        .ok();
    let content = fs::read_to_string(&proof).unwrap();
    let key = world.log_key();
    let verdict = world
        .gmpki(&["audit", "check", arg(&proof), "--key", &key])
        .ok();
    assert_eq!(verdict["state"], "revoked", "{verdict}");
    let said = tongsuo(&["proof", &key, arg(&proof)]).success();
    let kinds = "certificate.intended,certificate.issued,certificate.status,certificate.status,certificate.status";
    assert!(said.ends_with(&format!("kinds={kinds}")), "{said}");

    let changed = world.write(
        "changed.json",
        content.replacen("keyCompromise", "superseded", 1),
    );
    world
        .gmpki(&["audit", "check", arg(&changed), "--key", &key])
        .ended(4);
    assert_eq!(tongsuo(&["proof", &key, arg(&changed)]).code, Some(1));
    let other = curl::get(&format!("{}/log/checkpoint", world.machines)).success();
    let note = world.write("checkpoint", other);
    tongsuo(&["note", &key, arg(&note)]).success();
}

#[test]
fn caches_and_get_requests() {
    let world = World::found();
    let issuers = Issuers::fetch(&world);
    let csr = request(world.path("").as_path(), "holder");
    let issued = world.issue("staff-signing", &csr, &people::staff(1));
    let question = world.path("question.der");
    castle(&[
        "ocsp-request",
        arg(&issuers.jinan),
        &issued.serial,
        "sha1",
        arg(&question),
    ])
    .success();
    let base64 = super::openssl::openssl(&["base64", "-A", "-in", arg(&question)]).success();
    let encoded = base64
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    for form in [base64, encoded] {
        let page = curl::get(&format!("{}/ocsp/{form}", world.machines));
        let answer = world.write("answer.der", page.success());
        assert!(judge::ocsp(&issuers.jinan, &issued.serial, &answer).starts_with("status=good"));
    }
    let crl = world.path("head");
    let url = format!("{}/crl/jinan.crl", world.machines);
    assert_eq!(
        curl::request(&url, &["-D", arg(&crl), "-o", arg(&world.path("crl"))]).status,
        200
    );
    let headers = fs::read_to_string(&crl).unwrap();
    let tag = headers
        .lines()
        .find_map(|line| {
            line.to_lowercase()
                .strip_prefix("etag: ")
                .map(str::to_owned)
        })
        .unwrap();
    assert_eq!(
        curl::request(&url, &["-H", &format!("If-None-Match: {}", tag.trim())]).status,
        304
    );
    pkilint(
        "lint_crl",
        &["-t", "crl", "-p", "pkix", arg(&world.path("crl"))],
    )
    .success();
}
