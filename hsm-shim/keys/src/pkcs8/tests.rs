//! Keys that openssl wrote, and everything that is nearly one.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// `openssl genpkey -algorithm SM2` (3.0.19).
const PKCS8_PEM: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQg/oVZiupVJZ6PjVB/
67C1QKd10h26EikXLl/XEXm+D+ShRANCAARZHDanXnfU4iFjTDrwj9QlCwdQ+f/p
KEk4JjJCvD2/jKRhxSso+Z0SQxe2y5Glwze5rdd8YZUbgFL6xC/yJ9G8
-----END PRIVATE KEY-----
";

fn vectors() -> serde_json::Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../test-vectors/sm2_encrypt.json"
    );
    let all: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    all.into_iter()
        .find(|entry| entry["name"] == "key-encodings")
        .unwrap()
}

fn field(entry: &serde_json::Value, name: &str) -> Vec<u8> {
    hex::decode(entry[name].as_str().unwrap()).unwrap()
}

fn refusal(bytes: &[u8]) -> &'static str {
    match decode(bytes) {
        Err(Error::Import(reason)) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted {}", hex::encode(bytes)),
    }
}

/// `der` with the first occurrence of one piece replaced by another of the same length.
fn with(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = der.windows(from.len()).position(|w| w == from).unwrap();
    let mut changed = der.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

#[test]
fn the_vector_in_every_encoding_is_one_key() {
    let entry = vectors();
    let d = field(&entry, "private_key");
    for name in [
        "sec1_ec_private_key_der",
        "sec1_without_public_der",
        "pkcs8_der",
    ] {
        let key = decode(&field(&entry, name)).unwrap();
        assert_eq!(key.to_bytes().as_slice(), d, "{name}");
        // What openssl writes is what we write.
        assert_eq!(*encode(&key).unwrap(), field(&entry, "pkcs8_der"));
    }
}

#[test]
fn pem_of_openssl_is_read_with_remarks_around_it() {
    let key = decode(PKCS8_PEM.as_bytes()).unwrap();
    let around = format!(
        "my key\n-----BEGIN SM2 PARAMETERS-----\nBggqgRzPVQGCLQ==\n-----END SM2 PARAMETERS-----\n{PKCS8_PEM}\n备注\n"
    );
    let windows = PKCS8_PEM.replace('\n', "\r\n");
    for text in [around, windows] {
        let again = decode(text.as_bytes()).unwrap();
        assert_eq!(*again.to_bytes(), *key.to_bytes());
    }
    let sec1 = field(&vectors(), "sec1_ec_private_key_der");
    for label in ["EC PRIVATE KEY", "SM2 PRIVATE KEY"] {
        let ending = pem_rfc7468::LineEnding::LF;
        let pem = pem_rfc7468::encode_string(label, ending, &sec1).unwrap();
        assert!(decode(pem.as_bytes()).is_ok(), "{label}");
    }
}

#[test]
fn what_is_not_an_sm2_key_is_named() {
    let der = field(&vectors(), "pkcs8_der");
    let sec1 = field(&vectors(), "sec1_ec_private_key_der");
    let d = field(&vectors(), "private_key");
    let curve = hex::decode("2a811ccf5501822d").unwrap();
    let p256 = hex::decode("2a8648ce3d030107").unwrap();
    let other = "another algorithm or another curve";
    assert_eq!(refusal(&with(&der, &curve, &p256)), other);
    let (ec, rsa) = ("2a8648ce3d0201", "2a864886f70d01");
    let (ec, rsa) = (hex::decode(ec).unwrap(), hex::decode(rsa).unwrap());
    assert_eq!(refusal(&with(&der, &ec, &rsa)), other);
    assert_eq!(refusal(&with(&sec1, &curve, &p256)), "another curve");
    assert_eq!(
        refusal(&with(&der, &d, &[7; 32])),
        "the public key does not belong to the private key"
    );
    let range = "the private key is out of range";
    assert_eq!(refusal(&with(&der, &d, &[0; 32])), range);
    assert_eq!(refusal(&with(&der, &d, &[0xFF; 32])), range);
    assert_eq!(
        refusal(&with(&der, &[0x30, 0x6b, 2, 1, 1], &[0x30, 0x6b, 2, 1, 2])),
        "unknown version"
    );
    assert_eq!(
        refusal(&with(&der, &[0x81, 0x87, 2, 1, 0], &[0x81, 0x87, 2, 1, 2])),
        "unknown version"
    );
    // SEC 1 without a curve may be any curve's key.
    let inner = &der[29..];
    assert_eq!(refusal(inner), "the curve is not named");
}

#[test]
fn encrypted_broken_and_foreign_texts_are_named() {
    let encrypted = "the key is encrypted; decrypt it with `openssl pkey` first";
    let modern = PKCS8_PEM.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    assert_eq!(refusal(modern.as_bytes()), encrypted);
    let old = "-----BEGIN SM2 PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END SM2 PRIVATE KEY-----\n";
    assert_eq!(refusal(old.as_bytes()), encrypted);
    let public = PKCS8_PEM.replace("PRIVATE KEY", "PUBLIC KEY");
    assert_eq!(
        refusal(public.as_bytes()),
        "the PEM file holds no private key"
    );
    let cut = &PKCS8_PEM[..PKCS8_PEM.len() - 10];
    assert_eq!(refusal(cut.as_bytes()), "the PEM file holds no private key");
    let broken = PKCS8_PEM.replace("MIGH", "MI*H");
    assert_eq!(refusal(broken.as_bytes()), "broken PEM");
    assert_eq!(refusal(b""), NOT_DER);
    assert_eq!(refusal(&[0; 64 * 1024 + 1]), "too large for a key");
}

#[test]
fn an_altered_key_is_never_another_key() {
    let der = field(&vectors(), "pkcs8_der");
    let d = field(&vectors(), "private_key");
    for bit in 0..der.len() * 8 {
        let mut bad = der.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        if let Ok(key) = decode(&bad) {
            // Only where the public half stands in no recognised field could that pass.
            assert_eq!(key.to_bytes().as_slice(), d, "bit {bit}");
        }
    }
    for length in 0..der.len() {
        assert!(decode(&der[..length]).is_err(), "{length} bytes");
    }
    assert!(decode(&[&*der, &[0]].concat()).is_err(), "a trailing byte");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(),
    ) {
        prop_assert!(decode(&bytes).is_err());
        let mut spliced = field(&vectors(), "pkcs8_der");
        let at = at.index(spliced.len());
        spliced.splice(at..at, bytes.iter().copied());
        prop_assert!(bytes.is_empty() || decode(&spliced).is_err());
        let text = String::from_utf8_lossy(&bytes);
        let pem = PKCS8_PEM.replacen("MIGH", &text, 1);
        prop_assert!(decode(pem.as_bytes()).is_err());
    }
}
