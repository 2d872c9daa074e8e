//! An officer's file: made once, opened with its passphrase, refused when altered.
#![allow(clippy::unwrap_used)]

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const PASSPHRASE: &[u8] = "录入员的口令".as_bytes();

#[test]
fn a_file_opens_with_its_passphrase_only() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("entry.pem");
    let made = OfficerKey::create(&path, PASSPHRASE).unwrap();
    let opened = OfficerKey::open(&path, PASSPHRASE).unwrap();
    assert_eq!(made.public_key(), opened.public_key());
    for signer in [&made, &opened] {
        let signature = signer.sign(b"statement").unwrap();
        let verified = made.public_key().verify(b"statement", &signature);
        assert_eq!(verified, Ok(()));
    }
    for wrong in [&b""[..], b"wrong", &[1; 2000]] {
        assert_eq!(OfficerKey::open(&path, wrong).err(), Some(Error::Locked));
        assert_eq!(OfficerKey::export(&path, wrong).err(), Some(Error::Locked));
    }
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN GMPKI ENCRYPTED KEY-----\n"));
    assert!(text.ends_with("-----END GMPKI ENCRYPTED KEY-----\n"));
}

#[test]
fn nothing_is_overwritten_and_nothing_absent_opens() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key.pem");
    assert!(matches!(
        OfficerKey::open(&path, PASSPHRASE).err(),
        Some(Error::NotFound(_))
    ));
    assert_eq!(
        OfficerKey::create(&path, b"").err(),
        Some(Error::Passphrase)
    );
    assert!(!path.exists());
    let first = OfficerKey::create(&path, PASSPHRASE).unwrap();
    assert!(matches!(
        OfficerKey::create(&path, b"other").err(),
        Some(Error::Exists(_))
    ));
    let pkcs8 = OfficerKey::export(&path, PASSPHRASE).unwrap();
    assert!(matches!(
        OfficerKey::import(&path, b"other", &pkcs8).err(),
        Some(Error::Exists(_))
    ));
    let kept = OfficerKey::open(&path, PASSPHRASE).unwrap();
    assert_eq!(kept.public_key(), first.public_key());
}

#[test]
fn an_exported_key_is_imported_again() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (
        home.path().join("first.pem"),
        home.path().join("second.pem"),
    );
    let made = OfficerKey::create(&first, PASSPHRASE).unwrap();
    let pkcs8 = OfficerKey::export(&first, PASSPHRASE).unwrap();
    assert_eq!(pkcs8.len(), 138);
    OfficerKey::import(&second, b"another", &pkcs8).unwrap();
    let opened = OfficerKey::open(&second, b"another").unwrap();
    assert_eq!(opened.public_key(), made.public_key());
    let third = home.path().join("third.pem");
    assert!(matches!(
        OfficerKey::import(&third, PASSPHRASE, b"no key").err(),
        Some(Error::Import(_))
    ));
    assert!(!third.exists());
}

#[test]
fn an_altered_file_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("key.pem");
    OfficerKey::create(&path, PASSPHRASE).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let (_, der) = pem_rfc7468::decode_vec(good.as_bytes()).unwrap();
    // Each byte of the parameters (where most are refused before Argon2id) and some of the sealed key.
    let places = (0..56)
        .chain((56..der.len()).step_by(29))
        .chain([der.len() - 1]);
    for at in places {
        let mut bad = der.clone();
        bad[at] ^= 1;
        let ending = pem_rfc7468::LineEnding::LF;
        let pem = pem_rfc7468::encode_string("GMPKI ENCRYPTED KEY", ending, &bad).unwrap();
        fs::write(&path, pem).unwrap();
        let refused = OfficerKey::open(&path, PASSPHRASE).err();
        assert_eq!(refused, Some(Error::Locked), "byte {at}");
    }
    for bad in [
        String::new(),
        good.replace("GMPKI ENCRYPTED KEY", "PRIVATE KEY"),
        good.replace("-----END", "----END"),
        good[..good.len() / 2].to_owned(),
    ] {
        fs::write(&path, bad).unwrap();
        assert_eq!(
            OfficerKey::open(&path, PASSPHRASE).err(),
            Some(Error::Locked)
        );
    }
    fs::write(&path, &good).unwrap();
    assert!(OfficerKey::open(&path, PASSPHRASE).is_ok());
}

#[test]
fn a_key_of_the_officer_signs_batches() {
    let home = tempfile::tempdir().unwrap();
    let key = OfficerKey::create(home.path().join("key.pem"), PASSPHRASE).unwrap();
    let messages: [&[u8]; 2] = [b"one", b"two"];
    for (message, signature) in messages.iter().zip(key.sign_many(&messages)) {
        let verified = key.public_key().verify(message, &signature.unwrap());
        assert_eq!(verified, Ok(()));
    }
}
