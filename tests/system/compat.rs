//! The hierarchy for clients without SM2: P-256 in the demonstration, RSA with keys that somebody else made. openssl
//! alone, and Bouncy Castle beside it, judge everything that it publishes:
//! 1. openssl makes P-256 and RSA keys and requests; the certificates convince it as a TLS client;
//! 2. its own OCSP client verifies answers to the root: good, held, released, revoked, never issued, with a nonce and
//!    without;
//! 3. full, delta and shard CRLs verify, and say of a held certificate what OCSP says;
//! 4. keys that do not fit authority or profile, and weak ones, become no case; what was changed convinces nobody;
//! 5. doctor, audit, proof and site know it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::judge::{arg, castle, pkilint};
use super::openssl::{certificate_text, key, openssl, public_key, request, request_with};
use super::process::{Deadline, Finished, finish};
use super::world::{Answer, GMPKI, Issued, World, text};
use super::{curl, people};

/// The hierarchy as a client has it that knows nothing of SM2.
pub(super) struct Compat<'a> {
    world: &'a World,
    root: PathBuf,
    issuing: PathBuf,
    /// Both in one file.
    chain: PathBuf,
}

impl<'a> Compat<'a> {
    pub(super) fn fetch(world: &'a World) -> Self {
        let [root, issuing] = ["compat-root", "compat"].map(|name| {
            let page = curl::get(&format!("{}/ca/{name}.pem", world.machines));
            world.write(&format!("{name}.pem"), page.success())
        });
        let both = [&root, &issuing].map(|file| fs::read_to_string(file).unwrap());
        let chain = world.write("compat-chain.pem", both.concat());
        Self {
            world,
            root,
            issuing,
            chain,
        }
    }

    /// A case of a host that is named after the request's file: one host has one certificate.
    fn submit(&self, profile: &str, authority: &str, csr: &Path) -> Answer {
        let host = format!("host={}", host(csr));
        let mut words = ["case", "submit", "--profile", profile].to_vec();
        words.extend(["--authority", authority, "--csr", arg(csr)]);
        for field in [
            &host,
            "department=济南市行政审批服务局",
            "city=济南市",
            "contact_name=何骏",
            "contact_mobile=10012345670",
            "basis=济审批〔2026〕31号",
        ] {
            words.extend(["--field", field]);
        }
        self.world.act("entry", &words)
    }

    pub(super) fn issue(&self, csr: &Path) -> Issued {
        let outcome = self.submit("device-compat", "compat", csr).ok();
        let case = text(&outcome["case"]);
        self.world.act("review", &["case", "approve", &case]).ok();
        self.world.produce(&case)
    }

    /// openssl as a TLS client: `more` goes to it as it is.
    pub(super) fn verify(&self, certificate: &Path, more: &[&str]) -> Finished {
        let trust = ["-CAfile", arg(&self.root), "-untrusted", arg(&self.issuing)];
        openssl(&[&["verify"], &trust[..], more, &[arg(certificate)]].concat())
    }

    /// What openssl's OCSP client says, having verified answer and responder up to the root.
    #[track_caller]
    fn ocsp(&self, about: &[&str]) -> String {
        let url = format!("{}/ocsp", self.world.machines);
        let trust = ["-CAfile", arg(&self.chain), "-issuer", arg(&self.issuing)];
        let said = openssl(&[&["ocsp", "-url", &url], &trust[..], about].concat());
        assert!(
            said.stderr.contains("Response verify OK"),
            "{}",
            said.stderr
        );
        said.success() + &said.stderr
    }

    /// With a nonce, without one, and with another kind of CertID.
    #[track_caller]
    pub(super) fn agreed(&self, certificate: &Path, state: &str, reason: &str) {
        let about = ["-cert", arg(certificate)];
        for how in [&[][..], &["-no_nonce"], &["-sha256"]] {
            let said = self.ocsp(&[how, &about].concat());
            let word = format!("{}: {state}", certificate.display());
            assert!(said.contains(&word) && said.contains(reason), "{said}");
            assert!(!said.contains("WARNING"), "{said}");
        }
    }

    /// The CRL as soon as it lists the serial; openssl and Bouncy Castle verify its signature.
    fn listing(&self, path: &str, name: &str, serial: &str) -> PathBuf {
        let deadline = Deadline::after(60);
        loop {
            let page = curl::get(&format!("{}{path}", self.world.machines));
            let file = self.world.write(name, page.success());
            let said = castle(&["crl", arg(&self.issuing), arg(&file)]).success();
            let how = ["-inform", "DER", "-noout", "-CAfile", arg(&self.issuing)];
            let openssl = openssl(&[&["crl", "-in", arg(&file)], &how[..]].concat());
            assert!(openssl.stderr.contains("verify OK"), "{}", openssl.stderr);
            openssl.success();
            if said.to_lowercase().contains(&serial.to_lowercase()) {
                pkilint("lint_crl", &["-t", "crl", "-p", "pkix", arg(&file)]).success();
                return file;
            }
            assert!(!deadline.passed(), "{path} does not list {serial}: {said}");
        }
    }
}

fn host(csr: &Path) -> String {
    let name = csr.file_stem().unwrap().to_str().unwrap();
    format!("{name}.jnsp.example.cn")
}

/// An RSA key of openssl's in unencrypted PKCS#8.
fn rsa(folder: &Path, name: &str, bits: u32) -> PathBuf {
    let path = folder.join(format!("{name}.key"));
    let bits = format!("rsa_keygen_bits:{bits}");
    let how = ["-algorithm", "RSA", "-pkeyopt", &bits, "-out", arg(&path)];
    openssl(&[&["genpkey"], &how[..]].concat()).success();
    path
}

/// The life of a certificate for each of the requests, judged at every step.
fn lives(world: &World, algorithm: &str) {
    let folder = world.path("");
    let compat = Compat::fetch(world);
    openssl(&["verify", "-CAfile", arg(&compat.root), arg(&compat.issuing)]).success();
    for (name, key) in [
        ("holder-p256", key(&folder, "holder-p256", "P-256")),
        ("holder-rsa", rsa(&folder, "holder-rsa", 3072)),
    ] {
        let csr = request_with(&folder, name, &key, &["-sha256"]);
        castle(&["csr", arg(&csr)]).success();
        let issued = compat.issue(&csr);
        let certificate = issued.file.as_path();
        let for_tls = ["-purpose", "sslserver", "-x509_strict"];
        let host = host(&csr);
        let name = ["-verify_hostname", &host];
        compat
            .verify(certificate, &[&for_tls[..], &name].concat())
            .success();
        castle(&[
            "chain",
            arg(&compat.root),
            arg(&compat.issuing),
            arg(certificate),
        ])
        .success();
        pkilint("lint_pkix_cert", &[arg(certificate)]).success();
        let content = certificate_text(certificate);
        assert!(content.contains(algorithm), "{content}");
        assert!(
            content.contains("O=济南市行政审批服务局") && !content.contains("somebody else"),
            "{content}"
        );
        let same = public_key("x509", certificate) == public_key("req", &csr);
        assert!(same, "another key than the request's");
        status(&compat, &issued, &content);
    }
    let unknown = ["-serial", "0x7f00112233445566778899aabbccddee"];
    let said = compat.ocsp(&unknown);
    assert!(
        said.contains("0x7f00112233445566778899aabbccddee: unknown"),
        "{said}"
    );
}

/// Held, released, revoked: OCSP and every kind of CRL agree.
fn status(compat: &Compat<'_>, issued: &Issued, content: &str) {
    let (world, certificate, serial) = (compat.world, &issued.file, &issued.serial);
    let fetch = |path: &str, name: &str| {
        let page = curl::get(&format!("{}{path}", world.machines));
        world.write(name, page.success())
    };
    let (_, rest) = content
        .split_once("URI:http://status.example.cn/crl/")
        .unwrap();
    let shard = format!("/crl/{}", rest.split_whitespace().next().unwrap());
    assert!(shard.starts_with("/crl/compat/"), "{shard}");
    compat.agreed(certificate, "good", "");
    let before = fetch("/crl/compat.crl", "compat-before.crl");
    let empty = fetch(&shard, "compat-empty.crl");
    let of_root = fetch("/crl/compat-root.crl", "compat-of-root.crl");
    let hold = ["cert", "hold", serial, "--note", "介质遗失"];
    world.act("production", &hold).ok();
    compat.agreed(certificate, "revoked", "certificateHold");

    let delta = compat.listing("/crl/compat.delta.crl", "compat-delta.crl", serial);
    let full = compat.listing("/crl/compat.crl", "compat-full.crl", serial);
    let of_shard = compat.listing(&shard, "compat-shard.crl", serial);
    let check = |crls: &[&Path]| {
        let mut words = vec!["-crl_check", "-extended_crl", "-use_deltas"];
        for crl in crls {
            words.extend(["-CRLfile", arg(crl)]);
        }
        compat.verify(certificate, &words)
    };
    for crls in [&[before.as_path(), &delta][..], &[&full], &[&of_shard]] {
        let mut words = vec!["chain-crl", arg(&compat.root), arg(&compat.issuing)];
        words.extend([arg(certificate), "--", arg(&of_root)]);
        words.extend(crls.iter().map(|crl| arg(crl)));
        let said = castle(&words);
        let held = said.code == Some(1) && said.text().contains("certificateHold");
        assert!(held, "{}", said.text());
    }
    check(&[&empty]).success();
    for crls in [&[before.as_path(), &delta][..], &[&full], &[&of_shard]] {
        let said = check(crls);
        assert!(
            said.stderr.contains("certificate revoked"),
            "{}",
            said.stderr
        );
    }
    let mut bytes = fs::read(&of_shard).unwrap();
    let place = bytes.len() - 100;
    bytes[place] ^= 1;
    let changed = world.write("compat-changed.crl", bytes);
    let how = ["-inform", "DER", "-noout", "-CAfile", arg(&compat.issuing)];
    let said = openssl(&[&["crl", "-in", arg(&changed)], &how[..]].concat());
    assert!(!said.stderr.contains("verify OK"), "{}", said.stderr);

    let release = ["cert", "release", serial, "--note", "已找回"];
    world.act("review", &release).ok();
    compat.agreed(certificate, "good", "");
    let revoke = ["cert", "revoke", serial, "--reason", "keyCompromise"];
    world.act("review", &revoke).ok();
    compat.agreed(certificate, "revoked", "keyCompromise");
    let answer = world.path("answer.der");
    compat.ocsp(&["-cert", arg(certificate), "-respout", arg(&answer)]);
    let said = castle(&["ocsp", arg(&compat.issuing), serial, arg(&answer)]).success();
    assert!(said.contains("revoked:keyCompromise"), "{said}");
    pkilint("lint_ocsp_response", &[arg(&answer)]).success();
    let mut bytes = fs::read(&answer).unwrap();
    let place = bytes
        .windows(2)
        .position(|tag| tag == [0x0A, 0x01])
        .unwrap()
        + 60;
    bytes[place] ^= 1;
    let changed = world.write("answer-changed.der", bytes);
    assert_ne!(
        castle(&["ocsp", arg(&compat.issuing), serial, arg(&changed)]).code,
        Some(0)
    );
}

#[test]
fn p256_and_rsa_keys_under_a_p256_authority_convince_openssl() {
    let world = World::found();
    lives(&world, "ecdsa-with-SHA256");
    let page = curl::get(&format!("{}/ca", world.portal)).success();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("/ca/compat.cer") && page.contains("/ca/compat-root.cer"));
    let doctor = world.gmpki(&["doctor"]).ok();
    let checks = doctor["checks"].as_array().unwrap();
    for what in [
        "chain compat-root",
        "chain compat",
        "CRL compat",
        "OCSP compat",
    ] {
        let found = checks
            .iter()
            .find(|check| text(&check["check"]).ends_with(what));
        assert_eq!(found.unwrap()["ok"], true, "{what}: {doctor}");
    }
    world.audited();
}

#[test]
fn keys_that_somebody_else_made_issue_with_rsa() {
    let folder = tempfile::tempdir().unwrap();
    let [root, issuing] = ["root", "issuing"].map(|name| rsa(folder.path(), name, 3072));
    let world = World::found_with(&format!(
        "[compat]\nenabled = true\nroot_key = \"{}\"\nissuing_key = \"{}\"\n",
        root.display(),
        issuing.display()
    ));
    lives(&world, "sha256WithRSAEncryption");
    world.audited();
}

#[test]
fn a_certificate_for_clients_without_sm2_is_proved_like_any_other() {
    let world = World::found();
    let folder = world.path("");
    let compat = Compat::fetch(&world);
    let key = key(&folder, "holder", "P-256");
    let issued = compat.issue(&request_with(&folder, "holder", &key, &["-sha256"]));
    let proof = world.path("proof.json");
    world
        .gmpki(&["audit", "prove", &issued.serial, "--out", arg(&proof)])
        .ok();
    world.gmpki(&["audit", "check", arg(&proof)]).ok();
    assert_eq!(world.state(&issued.serial), "good");
}

/// As a service is whose hierarchies were founded without it.
#[test]
fn a_service_without_it_serves_the_rest() {
    let mut world = World::found_with("[compat]\nenabled = false\n");
    let list = curl::get(&format!("{}/ca", world.machines)).success();
    let list = String::from_utf8(list).unwrap();
    assert!(list.contains("/ca/jinan.cer") && !list.contains("compat"));
    // What the configuration says now is of no consequence to what is founded.
    let text = fs::read_to_string(world.path("gmpki.toml")).unwrap();
    world.stop();
    world.write(
        "gmpki.toml",
        text.replace("enabled = false", "enabled = true"),
    );
    world.start(None);
    let key = key(&world.path(""), "holder", "P-256");
    let csr = request_with(&world.path(""), "holder", &key, &["-sha256"]);
    let words = ["case", "submit", "--profile", "device-compat"];
    let issuer = ["--authority", "compat", "--csr", arg(&csr)];
    let answer = world.act("entry", &[&words[..], &issuer].concat());
    assert_eq!(answer.refused(), "A404");
    world.gmpki(&["doctor"]).ok();
    world.audited();
}

/// Founding says what is wrong with a key, and leaves nothing half made.
#[test]
fn keys_that_cannot_be_imported_found_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let short = rsa(folder.path(), "short", 1024);
    let sm2 = key(folder.path(), "sm2", "SM2");
    let text = folder.path().join("text.key");
    fs::write(&text, "no key").unwrap();
    let absent = folder.path().join("absent.key");
    for (file, says) in [
        (&short, "K422"),
        (&sm2, "K422"),
        (&text, "K422"),
        (&absent, "absent.key"),
    ] {
        let config = folder.path().join("gmpki.toml");
        let path = file.display();
        let content = format!("[compat]\nenabled = true\nissuing_key = \"{path}\"\n");
        fs::write(&config, content).unwrap();
        let data = folder.path().join("data");
        let mut command = Command::new(GMPKI);
        command
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(&data);
        let finished = finish(command.arg("init"));
        assert_ne!(finished.code, Some(0), "{path}");
        assert!(finished.stderr.contains(says), "{}", finished.stderr);
        assert!(!data.exists(), "{path}");
    }
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let world = World::found();
    let folder = world.path("");
    let compat = Compat::fetch(&world);
    let sm2 = request(&folder, "sm2");
    let with = |name: &str, key: &Path| request_with(&folder, name, key, &["-sha256"]);
    let p256 = with("p256", &key(&folder, "p256", "P-256"));
    let p384 = with("p384", &key(&folder, "p384", "P-384"));
    let short = with("short", &rsa(&folder, "short", 1024));
    let odd = with("odd", &rsa(&folder, "odd", 2047));
    let long = with("long", &rsa(&folder, "long", 4104));
    let exponent = folder.join("exponent.key");
    let small = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_pubexp:3"];
    let bits = ["-pkeyopt", "rsa_keygen_bits:2048", "-out", arg(&exponent)];
    openssl(&[&["genpkey"], &small[..], &bits].concat()).success();
    let exponent = with("exponent", &exponent);
    let sha512 = request_with(&folder, "sha512", &folder.join("p256.key"), &["-sha512"]);
    // The last byte belongs to the signature.
    let der = folder.join("p256.der");
    let convert = [
        "req",
        "-in",
        arg(&p256),
        "-outform",
        "DER",
        "-out",
        arg(&der),
    ];
    openssl(&convert).success();
    let mut bytes = fs::read(&der).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let unsigned = world.write("unsigned.der", bytes);

    let before = world.size();
    for (what, profile, authority, csr) in [
        ("SM2 under P-256", "device", "compat", &sm2),
        (
            "SM2 in a profile for others",
            "device-compat",
            "compat",
            &sm2,
        ),
        (
            "SM2 in a profile for others",
            "device-compat",
            "jinan",
            &sm2,
        ),
        ("P-256 in a profile for SM2", "device", "compat", &p256),
        ("P-256 under SM2", "device-compat", "jinan", &p256),
        ("P-384", "device-compat", "compat", &p384),
        ("RSA of 1024 bits", "device-compat", "compat", &short),
        ("RSA of 2047 bits", "device-compat", "compat", &odd),
        ("RSA of 4104 bits", "device-compat", "compat", &long),
        ("the exponent 3", "device-compat", "compat", &exponent),
        ("SHA-512", "device-compat", "compat", &sha512),
        ("no possession", "device-compat", "compat", &unsigned),
    ] {
        let answer = compat.submit(profile, authority, csr);
        assert_eq!(answer.finished.code, Some(1), "{what}");
        assert_eq!(answer.refused(), "A423", "{what}");
    }
    let staff = world.try_submit("staff-signing", &p256, &people::staff(0));
    assert_eq!(staff.refused(), "A423", "P-256 for a person");
    assert_eq!(world.size(), before, "a refused request left a trace");
}
