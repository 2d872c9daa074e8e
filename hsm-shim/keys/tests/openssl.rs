//! The command `openssl` as outside judge: it makes keys that we import, and reads and uses keys that we export.
//!
//! Its absence is a failure, not a skip. It takes the default identifier only where it is told to.
#![allow(clippy::unwrap_used)]

use keys::Signer as _;
use keys::officer_file::OfficerKey;
use std::fs;
use std::path::Path;
use std::process::Command;

const ID: &str = "distid:1234567812345678";

fn openssl(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("the command openssl is installed");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Has openssl verify a signature of `key` under the public key that it reads from the private `file`.
fn judged(directory: &Path, key: &OfficerKey, file: &str, form: &str) {
    openssl(
        directory,
        &[
            "pkey",
            "-inform",
            form,
            "-in",
            file,
            "-pubout",
            "-out",
            "public.pem",
        ],
    );
    fs::write(directory.join("message"), "审核同意").unwrap();
    let signature = key.sign("审核同意".as_bytes()).unwrap();
    fs::write(directory.join("signature"), signature.to_bytes()).unwrap();
    let verdict = openssl(
        directory,
        &[
            "dgst",
            "-sm3",
            "-verify",
            "public.pem",
            "-sigopt",
            ID,
            "-signature",
            "signature",
            "message",
        ],
    );
    assert_eq!(verdict, b"Verified OK\n");
}

#[test]
fn keys_that_openssl_made_are_imported_and_sign() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path();
    openssl(
        directory,
        &["genpkey", "-algorithm", "SM2", "-out", "pkcs8.pem"],
    );
    openssl(
        directory,
        &[
            "pkcs8",
            "-topk8",
            "-nocrypt",
            "-in",
            "pkcs8.pem",
            "-outform",
            "DER",
            "-out",
            "pkcs8.der",
        ],
    );
    openssl(directory, &["ec", "-in", "pkcs8.pem", "-out", "sec1.pem"]);
    openssl(
        directory,
        &[
            "ec",
            "-in",
            "pkcs8.pem",
            "-outform",
            "DER",
            "-out",
            "sec1.der",
        ],
    );
    openssl(
        directory,
        &[
            "ecparam",
            "-name",
            "SM2",
            "-genkey",
            "-out",
            "parameters.pem",
        ],
    );
    for (file, form) in [
        ("pkcs8.pem", "PEM"),
        ("pkcs8.der", "DER"),
        ("sec1.pem", "PEM"),
        ("sec1.der", "DER"),
        ("parameters.pem", "PEM"),
    ] {
        let made = fs::read(directory.join(file)).unwrap();
        let own = directory.join(format!("{file}.officer"));
        OfficerKey::import(&own, b"passphrase", &made).unwrap();
        let key = OfficerKey::open(&own, b"passphrase").unwrap();
        judged(directory, &key, file, form);
    }
}

#[test]
fn other_keys_of_openssl_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path();
    openssl(
        directory,
        &[
            "genpkey",
            "-algorithm",
            "SM2",
            "-aes-128-cbc",
            "-pass",
            "pass:x",
            "-out",
            "encrypted.pem",
        ],
    );
    openssl(
        directory,
        &[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            "p256.pem",
        ],
    );
    openssl(
        directory,
        &["genpkey", "-algorithm", "ED25519", "-out", "ed25519.pem"],
    );
    for file in ["encrypted.pem", "p256.pem", "ed25519.pem"] {
        let made = fs::read(directory.join(file)).unwrap();
        let own = directory.join(format!("{file}.officer"));
        let refused = OfficerKey::import(&own, b"passphrase", &made);
        assert!(
            matches!(refused.err(), Some(keys::Error::Import(_))),
            "{file}"
        );
        assert!(!own.exists());
    }
}

#[test]
fn openssl_reads_what_is_exported() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path();
    let own = directory.join("officer.pem");
    let key = OfficerKey::create(&own, b"passphrase").unwrap();
    let exported = OfficerKey::export(&own, b"passphrase").unwrap();
    fs::write(directory.join("exported.der"), &*exported).unwrap();
    judged(directory, &key, "exported.der", "DER");
    let again = openssl(
        directory,
        &[
            "pkcs8",
            "-topk8",
            "-nocrypt",
            "-inform",
            "DER",
            "-in",
            "exported.der",
            "-outform",
            "DER",
        ],
    );
    assert_eq!(again, *exported, "openssl writes the same bytes");
}
