//! The store on disk: conformance, wrong passphrases, damage, exchange of files.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::conformance;
use std::os::unix::fs::PermissionsExt as _;

const PASSPHRASE: &[u8] = "正确的口令".as_bytes();

fn label(text: &str) -> KeyLabel {
    KeyLabel::new(text).unwrap()
}

/// A store with keys `a` and `b` in a directory that lasts as long as the returned handle.
fn store() -> (tempfile::TempDir, SoftwareProvider) {
    let home = tempfile::tempdir().unwrap();
    let provider = SoftwareProvider::create(home.path(), PASSPHRASE).unwrap();
    for name in ["a", "b"] {
        provider.generate(&label(name)).unwrap();
    }
    (home, provider)
}

#[test]
fn it_passes_the_conformance_suite() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("keys");
    SoftwareProvider::create(&directory, PASSPHRASE).unwrap();
    conformance::check(&|| Arc::new(SoftwareProvider::open(&directory, PASSPHRASE).unwrap()));
}

#[test]
fn it_says_what_it_is() {
    let (_home, provider) = store();
    assert_eq!(
        provider.describe(),
        "software keys (development and demonstration)"
    );
}

#[test]
fn a_store_is_made_once_and_opens_with_its_passphrase_only() {
    let (home, _) = store();
    assert!(matches!(
        SoftwareProvider::create(home.path(), b"another").err(),
        Some(Error::Exists(_))
    ));
    for wrong in [&b""[..], b"wrong", &PASSPHRASE[1..], &[0; 2000]] {
        let refused = SoftwareProvider::open(home.path(), wrong).err();
        assert_eq!(refused, Some(Error::Locked));
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        SoftwareProvider::open(empty.path(), PASSPHRASE).err(),
        Some(Error::Provider(_))
    ));
    for bad in [&b""[..], &[b'x'; 1025]] {
        let refused = SoftwareProvider::create(empty.path().join("new"), bad).err();
        assert_eq!(refused, Some(Error::Passphrase));
    }
    assert!(
        !empty.path().join("new").exists(),
        "nothing is left of a refused store"
    );
}

#[test]
fn files_are_private_and_named_by_label() {
    let (home, _) = store();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.path()), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(home.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["a.key", "b.key", "keystore.json"]);
}

#[test]
fn other_files_beside_the_keys_are_no_keys() {
    let (home, provider) = store();
    for name in ["README.md", "A.key", ".new-00", "a.key~", "key", "济南.key"] {
        fs::write(home.path().join(name), b"x").unwrap();
    }
    assert_eq!(provider.labels().unwrap(), [label("a"), label("b")]);
}

#[test]
fn a_file_under_another_label_does_not_open() {
    let (home, provider) = store();
    let [a, b, c] = ["a.key", "b.key", "c.key"].map(|name| home.path().join(name));
    fs::copy(&a, &c).unwrap();
    assert_eq!(provider.signer(&label("c")).err(), Some(Error::Locked));
    fs::rename(&c, &b).unwrap();
    assert_eq!(provider.signer(&label("b")).err(), Some(Error::Locked));
    // Nor where the label inside is changed along with the name.
    let text = fs::read_to_string(&a).unwrap();
    let relabelled = text.replace("\"label\": \"a\"", "\"label\": \"c\"");
    assert_ne!(text, relabelled);
    fs::write(&c, relabelled).unwrap();
    assert_eq!(provider.signer(&label("c")).err(), Some(Error::Locked));
    assert!(provider.signer(&label("a")).is_ok());
}

#[test]
fn a_file_of_another_store_does_not_open() {
    let ((home, provider), (other, _)) = (store(), store());
    fs::copy(other.path().join("a.key"), home.path().join("a.key")).unwrap();
    assert_eq!(provider.signer(&label("a")).err(), Some(Error::Locked));
    fs::copy(
        other.path().join("keystore.json"),
        home.path().join("keystore.json"),
    )
    .unwrap();
    let mixed = SoftwareProvider::open(home.path(), PASSPHRASE).unwrap();
    assert!(mixed.signer(&label("a")).is_ok());
    assert_eq!(mixed.signer(&label("b")).err(), Some(Error::Locked));
}

/// Each byte that is not white space replaced by a digit that it was not.
fn alterations(content: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let places = (0..content.len()).filter(|&at| !content[at].is_ascii_whitespace());
    places.map(|at| {
        let mut altered = content.to_vec();
        altered[at] = if content[at] == b'5' { b'6' } else { b'5' };
        altered
    })
}

#[test]
fn a_key_file_altered_anywhere_is_refused() {
    let (home, provider) = store();
    let path = home.path().join("a.key");
    let good = fs::read(&path).unwrap();
    let mut altered = 0;
    for bad in alterations(&good) {
        fs::write(&path, &bad).unwrap();
        let refused = provider.signer(&label("a")).err();
        assert_eq!(
            refused,
            Some(Error::Locked),
            "{}",
            String::from_utf8_lossy(&bad)
        );
        altered += 1;
    }
    assert!(altered > 300, "{altered}");
    for length in [0, 1, good.len() / 2, good.len() - 3] {
        fs::write(&path, &good[..length]).unwrap();
        assert_eq!(provider.signer(&label("a")).err(), Some(Error::Locked));
    }
    fs::write(&path, vec![b' '; 20_000]).unwrap();
    assert_eq!(provider.signer(&label("a")).err(), Some(Error::Locked));
    fs::write(&path, &good).unwrap();
    assert!(provider.signer(&label("a")).is_ok());
    // A damaged key is not made anew either.
    fs::write(&path, b"").unwrap();
    assert!(matches!(
        provider.generate(&label("a")).err(),
        Some(Error::Exists(_))
    ));
}

#[test]
fn a_key_store_altered_anywhere_is_refused() {
    let (home, _) = store();
    let path = home.path().join("keystore.json");
    let good = fs::read_to_string(&path).unwrap();
    let open = || SoftwareProvider::open(home.path(), PASSPHRASE).err();
    let store: serde_json::Value = serde_json::from_str(&good).unwrap();
    // One altered byte in each value; each attempt costs an Argon2id, so not one for every byte.
    for (pointer, value) in [
        ("/format", "gmpki software key store 2".into()),
        ("/kdf/algorithm", "argon2i-1.3".into()),
        ("/kdf/memory_kib", 19_457.into()),
        ("/kdf/memory_kib", 4_000_000_000_u32.into()),
        ("/kdf/passes", 3.into()),
        ("/kdf/passes", u32::MAX.into()),
        ("/kdf/lanes", 2.into()),
        ("/kdf/salt", "00112233445566778899aabbccddeeff".into()),
        ("/kdf/salt", "0011".into()),
        ("/check", "00".repeat(32).into()),
        ("/nonce", "000000000000000000000000".into()),
        ("/sealed_root", "00".repeat(48).into()),
        ("/sealed_root", "".into()),
    ] {
        let mut bad = store.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        fs::write(&path, bad.to_string()).unwrap();
        assert_eq!(open(), Some(Error::Locked), "{pointer}");
    }
    for text in ["", "{}", "[", &good[..good.len() / 2]] {
        fs::write(&path, text).unwrap();
        assert_eq!(open(), Some(Error::Locked));
    }
    fs::write(&path, &good).unwrap();
    assert_eq!(open(), None);
}

#[test]
fn no_secret_stands_in_the_files() {
    let (home, provider) = store();
    let derived = provider.derive("x").unwrap();
    let signer = provider.signer(&label("a")).unwrap();
    let signature = signer.sign(b"m").unwrap();
    let verified = signer.public_key().verify(b"m", &signature);
    assert_eq!(verified, Ok(()));
    let (key, secret) = MemoryKey::generate(Algorithm::Sm2Sm3).unwrap();
    provider.keep(&label("c"), (key, secret.clone())).unwrap();
    let all: String = ["keystore.json", "a.key", "b.key", "c.key"]
        .map(|name| fs::read_to_string(home.path().join(name)).unwrap())
        .concat();
    for secret in [&derived[..], &secret] {
        assert!(!all.contains(&hex::encode(secret)));
    }
    assert!(all.contains(&hex::encode(signer.public_key().to_bytes())));
}

#[test]
fn two_stores_and_two_purposes_have_nothing_in_common() {
    let ((_a, first), (_b, second)) = (store(), store());
    assert_ne!(*first.derive("x").unwrap(), *second.derive("x").unwrap());
    assert_ne!(*first.derive("x").unwrap(), *first.derive("y").unwrap());
}

/// An RSA key of 2048 bits in PKCS#8, made by openssl.
fn rsa() -> Vec<u8> {
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "RSA"])
        .args(["-pkeyopt", "rsa_keygen_bits:2048"])
        .output()
        .unwrap();
    assert!(made.status.success());
    made.stdout
}

#[test]
fn keys_of_other_algorithms_are_made_or_imported_and_found_again() {
    let rsa = rsa();
    let (home, provider) = store();
    let made = provider
        .generate_for(&label("compat"), Algorithm::EcdsaP256Sha256)
        .unwrap();
    let imported = provider.import(&label("rsa"), &rsa).unwrap();
    assert_eq!(imported.public_key().algorithm(), Algorithm::RsaSha256);
    let again = SoftwareProvider::open(home.path(), PASSPHRASE).unwrap();
    for (name, key) in [("compat", made), ("rsa", imported)] {
        let found = again.signer(&label(name)).unwrap();
        assert!(found.public_key() == key.public_key());
        let signature = found.sign(b"message").unwrap();
        assert!(key.public_key().verify(b"message", &signature).is_ok());
    }
    assert!(matches!(
        provider.import(&label("rsa"), &rsa).err(),
        Some(Error::Exists(_))
    ));
}

#[test]
fn what_cannot_be_made_or_imported_is_refused() {
    let (_home, provider) = store();
    let refused = provider
        .generate_for(&label("rsa"), Algorithm::RsaSha256)
        .err();
    assert!(matches!(refused, Some(Error::Import(_))));
    let rsa = rsa();
    let sm2 = sm_engine::sm2::PrivateKey::generate();
    let sm2 = crate::pkcs8::encode(&sm2).unwrap();
    for bad in [
        &b"not a key"[..],
        &sm2,
        &rsa[..rsa.len() / 2],
        &[0x30; 100_000],
    ] {
        let refused = provider.import(&label("bad"), bad).err();
        assert!(matches!(refused, Some(Error::Import(_))));
    }
    assert!(matches!(
        provider.signer(&label("bad")).err(),
        Some(Error::NotFound(_))
    ));
}

#[test]
fn an_algorithm_that_was_changed_on_disk_does_not_open() {
    let (home, provider) = store();
    provider
        .generate_for(&label("compat"), Algorithm::EcdsaP256Sha256)
        .unwrap();
    let path = home.path().join("compat.key");
    let text = fs::read_to_string(&path).unwrap();
    for other in ["\"sm2\"", "\"rsa\"", "\"p384\""] {
        fs::write(&path, text.replace("\"p256\"", other)).unwrap();
        assert_eq!(provider.signer(&label("compat")).err(), Some(Error::Locked));
    }
}
