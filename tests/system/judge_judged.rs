//! A judge that accepts everything is none: each one accepts what openssl made and refuses what was tampered with.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::judge::{arg, castle, pkilint, tongsuo};
use super::openssl::{DISTID, key, openssl, request_with};

const CONFIGURATION: &str = "
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[responder]
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ca]
default_ca = root_ca
[root_ca]
database = index.txt
unique_subject = no
crlnumber = crlnumber
default_md = sm3
default_crl_days = 30
certificate = root.pem
private_key = root.key
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
";

/// A root, a good and a revoked leaf, a delegated responder, a CRL: all by openssl.
struct Hierarchy(TempDir);

impl Hierarchy {
    fn make() -> Self {
        let hierarchy = Self(TempDir::new().unwrap());
        fs::write(hierarchy.path("ca.cnf"), CONFIGURATION).unwrap();
        fs::write(hierarchy.path("index.txt"), "").unwrap();
        fs::write(hierarchy.path("crlnumber"), "05").unwrap();
        key(hierarchy.0.path(), "root", "SM2");
        let root = [
            "-sm3",
            "-sigopt",
            DISTID,
            "-subj",
            "/C=CN/CN=root",
            "-days",
            "30",
            "-extensions",
            "root",
        ];
        hierarchy.openssl(
            &[
                &[
                    "req", "-new", "-x509", "-key", "root.key", "-out", "root.pem",
                ],
                &root[..],
            ]
            .concat(),
        );
        for (name, serial, extensions) in [
            ("leaf", "0x2001", "leaf"),
            ("revoked", "0x2002", "leaf"),
            ("responder", "0x2003", "responder"),
        ] {
            let key = key(hierarchy.0.path(), name, "SM2");
            request_with(hierarchy.0.path(), name, &key, &["-sm3", "-sigopt", DISTID]);
            let csr = format!("{name}.csr");
            let certificate = format!("{name}.pem");
            let files = [
                "-in",
                &csr,
                "-out",
                &certificate,
                "-CA",
                "root.pem",
                "-CAkey",
                "root.key",
            ];
            let how = [
                "-sm3",
                "-sigopt",
                DISTID,
                "-vfyopt",
                DISTID,
                "-days",
                "20",
                "-set_serial",
                serial,
            ];
            let with = ["-extfile", "ca.cnf", "-extensions", extensions];
            hierarchy.openssl(&[&["x509", "-req"], &files[..], &how[..], &with[..]].concat());
        }
        hierarchy.openssl(&["ca", "-config", "ca.cnf", "-valid", "leaf.pem"]);
        hierarchy.openssl(&["ca", "-config", "ca.cnf", "-valid", "revoked.pem"]);
        hierarchy.openssl(&[
            "ca",
            "-config",
            "ca.cnf",
            "-revoke",
            "revoked.pem",
            "-crl_reason",
            "keyCompromise",
        ]);
        hierarchy.openssl(&[
            "ca", "-config", "ca.cnf", "-gencrl", "-sigopt", DISTID, "-out", "root.crl",
        ]);
        hierarchy
    }

    /// An OCSP answer about `serial` in a file, signed with the key of `signer`.
    fn answer(&self, serial: &str, digest: &str, signer: &str) -> PathBuf {
        let question = self.path("question.der");
        let answer = self.path(&format!("{serial}-{digest}-{signer}.der"));
        let nonce = "0102030405060708090a0b0c0d0e0f10";
        castle(&[
            "ocsp-request",
            arg(&self.path("root.pem")),
            serial,
            digest,
            arg(&question),
            nonce,
        ])
        .success();
        let signer = [format!("{signer}.pem"), format!("{signer}.key")];
        let who = [
            "-CA", "root.pem", "-rsigner", &signer[0], "-rkey", &signer[1], "-rmd", "sm3",
        ];
        let how = ["-rsigopt", DISTID, "-ndays", "1", "-index", "index.txt"];
        let files = ["-reqin", arg(&question), "-respout", arg(&answer)];
        self.openssl(&[&["ocsp"], &who[..], &how[..], &files[..]].concat());
        answer
    }

    fn openssl(&self, arguments: &[&str]) {
        let mut command = std::process::Command::new("openssl");
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("OPENSSL_CONF", "ca.cnf");
        super::process::finish(&mut command).success();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// DER of a file with the byte at `place`, counted from the end, changed.
    fn tampered(&self, kind: &str, name: &str, place: usize) -> PathBuf {
        let der = self.path("original.der");
        openssl(&[
            kind,
            "-in",
            arg(&self.path(name)),
            "-outform",
            "DER",
            "-out",
            arg(&der),
        ])
        .success();
        flipped(&der, place)
    }
}

/// A copy of a file with the byte at `place`, counted from the end, changed.
fn flipped(file: &Path, place: usize) -> PathBuf {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.len() - place;
    bytes[at] ^= 1;
    let tampered = file.with_extension("tampered");
    fs::write(&tampered, bytes).unwrap();
    tampered
}

#[track_caller]
fn refused(finished: &super::process::Finished, why: &str) {
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(
        finished.text().starts_with("refused: ") && finished.text().contains(why),
        "{}",
        finished.text()
    );
}

#[test]
fn the_judges_of_certificates_and_crls() {
    let made = Hierarchy::make();
    let [root, leaf, revoked, crl] =
        ["root.pem", "leaf.pem", "revoked.pem", "root.crl"].map(|name| made.path(name));
    castle(&["chain", arg(&root), arg(&leaf)]).success();
    castle(&["chain-crl", arg(&root), arg(&leaf), "--", arg(&crl)]).success();
    tongsuo(&["cert", arg(&root), arg(&leaf)]).success();
    pkilint("lint_pkix_cert", &[arg(&leaf)]).success();
    assert_eq!(
        super::judge::crl(&root, &crl),
        (5, vec!["2002:keyCompromise".to_owned()])
    );

    refused(
        &castle(&["chain-crl", arg(&root), arg(&revoked), "--", arg(&crl)]),
        "keyCompromise",
    );
    let signature = made.tampered("x509", "leaf.pem", 1);
    refused(
        &castle(&["chain", arg(&root), arg(&signature)]),
        "certificate 0 from the leaf",
    );
    refused(
        &tongsuo(&["cert", arg(&root), arg(&signature)]),
        "signature does not verify",
    );
    refused(
        &castle(&["chain", arg(&leaf), arg(&root)]),
        "does not verify",
    );
    refused(
        &tongsuo(&["cert", arg(&leaf), arg(&leaf)]),
        "another issuer's name",
    );
    let signature = made.tampered("crl", "root.crl", 1);
    refused(
        &castle(&["crl", arg(&root), arg(&signature)]),
        "CRL signature",
    );
    refused(
        &tongsuo(&["crl", arg(&root), arg(&signature)]),
        "signature does not verify",
    );
}

#[test]
fn the_judges_of_requests() {
    let made = Hierarchy::make();
    let request = made.path("leaf.csr");
    castle(&["csr", arg(&request)]).success();
    tongsuo(&["csr", arg(&request)]).success();
    let signature = made.tampered("req", "leaf.csr", 1);
    refused(&castle(&["csr", arg(&signature)]), "signature");
    refused(&tongsuo(&["csr", arg(&signature)]), "signature");
}

#[test]
fn the_judges_of_ocsp_answers() {
    let made = Hierarchy::make();
    let [root, leaf, revoked] = ["root.pem", "leaf.pem", "revoked.pem"].map(|name| made.path(name));
    for digest in ["sha1", "sha256", "sm3"] {
        let said = super::judge::ocsp(&root, "2001", &made.answer("2001", digest, "responder"));
        assert_eq!(
            said,
            format!("status=good hash={digest} nonce=0102030405060708090a0b0c0d0e0f10")
        );
    }
    let said = super::judge::ocsp(
        &root,
        arg(&revoked),
        &made.answer("2002", "sha1", "responder"),
    );
    assert!(said.starts_with("status=revoked:keyCompromise "), "{said}");
    let said = super::judge::ocsp(&root, "7777", &made.answer("7777", "sha1", "responder"));
    assert!(said.starts_with("status=unknown "), "{said}");

    let answer = made.answer("2001", "sha1", "responder");
    refused(
        &castle(&["ocsp", arg(&root), arg(&revoked), arg(&answer)]),
        "no answer for serial 2002",
    );
    refused(
        &castle(&["ocsp", arg(&leaf), "2001", arg(&answer)]),
        "not signed by the issuer",
    );
    refused(&tongsuo(&["ocsp", arg(&leaf), arg(&answer)]), "responder");
    let undelegated = made.answer("2001", "sha1", "leaf");
    refused(
        &castle(&["ocsp", arg(&root), "2001", arg(&undelegated)]),
        "lacks OCSPSigning",
    );
    refused(
        &tongsuo(&["ocsp", arg(&root), arg(&undelegated)]),
        "lacks OCSPSigning",
    );
    let nonce = fs::read(&answer).unwrap();
    let place = nonce
        .windows(4)
        .position(|four| four == [1, 2, 3, 4])
        .unwrap();
    let tampered = flipped(&answer, nonce.len() - place);
    refused(
        &castle(&["ocsp", arg(&root), "2001", arg(&tampered)]),
        "OCSP signature",
    );
    refused(
        &tongsuo(&["ocsp", arg(&root), arg(&tampered)]),
        "OCSP answer: signature",
    );
}
