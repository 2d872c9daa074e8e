//! Every entry of the SM3, HMAC-SM3 and SM4 vectors; what is not run is named with its reason.
#![allow(clippy::unwrap_used)]

use crate::sm3::{self, Digest};
use crate::sm4::GcmKey;
use serde_json::Value;
use std::collections::BTreeMap;

fn entries(file: &str) -> Vec<Value> {
    let path = format!("{}/../../test-vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn bytes(entry: &Value, field: &str) -> Vec<u8> {
    let digits = entry[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {entry}"));
    hex::decode(digits).unwrap()
}

fn number(entry: &Value, field: &str) -> usize {
    usize::try_from(entry[field].as_u64().unwrap()).unwrap()
}

#[test]
fn sm3_digests() {
    let entries = entries("sm3.json");
    assert_eq!(entries.len(), 28);
    for entry in entries {
        let name = entry["name"].as_str().unwrap();
        let message = match entry["message_description"].as_str() {
            None => bytes(&entry, "message"),
            Some("1,000,000 bytes 0x61") => vec![0x61; 1_000_000],
            Some(other) => panic!("{name}: {other}"),
        };
        let expected: Digest = entry["digest"].as_str().unwrap().parse().unwrap();
        assert_eq!(sm3::digest(&message), expected, "{name}");
        assert_eq!(sm3::digest_many(&[&message, b"", &message])[2], expected);
        let mut streamed = sm3::Sm3::new();
        message.chunks(13).for_each(|chunk| streamed.update(chunk));
        assert_eq!(streamed.finish(), expected, "{name} in pieces");
    }
}

#[test]
fn hmac_and_what_is_made_of_it() {
    let mut kinds = BTreeMap::<&str, usize>::new();
    for entry in entries("hmac_sm3.json") {
        let name = entry["name"].as_str().unwrap();
        let kind = match entry.get("kind").and_then(Value::as_str) {
            None => hmac(&entry),
            Some("HKDF-SM3") => hkdf(&entry),
            Some("PBKDF2-HMAC-SM3") => pbkdf2(&entry),
            Some("TLS1-PRF-SM3") => tls_prf(&entry),
            Some(other) => panic!("{name}: no test reads the kind {other}"),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    let expected = [
        ("HKDF", 2),
        ("HMAC", 23),
        ("HMAC refused", 28),
        ("PBKDF2", 3),
        ("PRF", 1),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
}

fn hmac(entry: &Value) -> &'static str {
    let length = number(entry, "tag_len");
    let tag = sm3::hmac(&bytes(entry, "key"), &bytes(entry, "message"));
    let given = bytes(entry, "tag");
    let valid = given == tag.as_bytes()[..length];
    assert_eq!(valid, entry["valid"] == true, "{}", entry["name"]);
    if let Ok(whole) = <&[u8; 32]>::try_from(given.as_slice()) {
        assert_eq!(tag.matches(whole), valid);
    }
    if valid { "HMAC" } else { "HMAC refused" }
}

fn hkdf(entry: &Value) -> &'static str {
    let mut okm = vec![0; number(entry, "length")];
    let (salt, ikm) = (bytes(entry, "salt"), bytes(entry, "ikm"));
    sm3::hkdf(&salt, &ikm, &bytes(entry, "info"), &mut okm);
    assert_eq!(okm, bytes(entry, "okm"), "{}", entry["name"]);
    "HKDF"
}

// The engine has no PBKDF2 (RFC 8018 §5.2); made here from its HMAC, thousands of calls check that.
fn pbkdf2(entry: &Value) -> &'static str {
    let (password, salt) = (bytes(entry, "password"), bytes(entry, "salt"));
    let length = number(entry, "length");
    let mut key = Vec::new();
    for index in 1_u32.. {
        let mut block = sm3::hmac(&password, &[&*salt, &index.to_be_bytes()].concat());
        let mut sum = block.0;
        for _ in 1..number(entry, "iterations") {
            block = sm3::hmac(&password, block.as_bytes());
            sum.iter_mut()
                .zip(block.0)
                .for_each(|(sum, byte)| *sum ^= byte);
        }
        key.extend(sum);
        if key.len() >= length {
            break;
        }
    }
    key.truncate(length);
    assert_eq!(key, bytes(entry, "dk"), "{}", entry["name"]);
    "PBKDF2"
}

// P_hash of RFC 5246 §5, as TLCP uses it.
fn tls_prf(entry: &Value) -> &'static str {
    let secret = bytes(entry, "secret");
    let mut seed = entry["label"].as_str().unwrap().as_bytes().to_vec();
    seed.extend(bytes(entry, "seed"));
    let (mut a, mut output) = (seed.clone(), Vec::new());
    while output.len() < number(entry, "length") {
        a = sm3::hmac(&secret, &a).0.to_vec();
        output.extend(sm3::hmac(&secret, &[&*a, &*seed].concat()).0);
    }
    output.truncate(number(entry, "length"));
    assert_eq!(output, bytes(entry, "output"), "{}", entry["name"]);
    "PRF"
}

#[test]
fn sm4_gcm() {
    let mut kinds = BTreeMap::<String, usize>::new();
    for entry in entries("sm4.json") {
        let mode = entry["mode"].as_str().unwrap();
        if mode == "GCM" {
            gcm(&entry);
        }
        *kinds.entry(mode.to_owned()).or_default() += 1;
    }
    let expected = [
        ("GCM", 28),
        // Not in the interface; the crate's own tests read these three.
        ("ECB", 1),
        ("ECB-iterated", 1),
        ("key-schedule", 1),
        // Only the entries with RFC 8998's nonce and tag have an interface, so the crate's own tests read all.
        ("CCM", 39),
        // The crate's own tests read these three, on every path.
        ("CBC", 1),
        ("CBC-PKCS7", 5),
        ("CTR", 1),
        // Not in the engine: unauthenticated modes of old messages and of disks.
        ("CFB", 1),
        ("OFB", 1),
        ("XTS-GB", 1),
        ("XTS-IEEE", 1),
    ];
    let expected = expected.map(|(mode, count)| (mode.to_owned(), count));
    assert_eq!(kinds, BTreeMap::from(expected));
}

fn gcm(entry: &Value) {
    let name = entry["name"].as_str().unwrap();
    let key = GcmKey::new(&bytes(entry, "key").try_into().unwrap());
    let nonce = bytes(entry, "iv").try_into().unwrap();
    let (aad, plaintext) = (bytes(entry, "aad"), bytes(entry, "plaintext"));
    let sealed = [bytes(entry, "ciphertext"), bytes(entry, "tag")].concat();
    let opened = key.open(&nonce, &aad, &sealed);
    if entry["valid"] == true {
        assert_eq!(opened.unwrap().as_slice(), plaintext, "{name}");
        assert_eq!(key.seal(&nonce, &aad, &plaintext), sealed, "{name}");
    } else {
        assert!(opened.is_err(), "{name}");
    }
}
