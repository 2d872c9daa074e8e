//! Every entry of `test-vectors/sm2_sign.json` and `sm2_encrypt.json`; what is not run is named with its reason.

use super::super::curve::Nonce;
use super::super::{PrivateKey, PublicKey, Signature, SignerId, ciphertext, identity};
use crate::sm3::Digest;
use serde_json::Value;

pub(super) fn entries(file: &str) -> Vec<Value> {
    let path = format!("{}/../../test-vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(super) fn text<'a>(entry: &'a Value, field: &str) -> Option<&'a str> {
    entry.get(field).and_then(Value::as_str)
}

pub(super) fn bytes(entry: &Value, field: &str) -> Vec<u8> {
    let digits = text(entry, field).unwrap_or_else(|| panic!("{field} in {entry}"));
    hex::decode(digits).unwrap()
}

pub(super) fn array<const N: usize>(entry: &Value, field: &str) -> [u8; N] {
    bytes(entry, field).try_into().unwrap()
}

fn private_key(entry: &Value) -> PrivateKey {
    PrivateKey::from_bytes(&array(entry, "private_key")).unwrap()
}

/// The digest e of an entry: given, or made from its identifier and message.
fn digest_of(entry: &Value, key: &PublicKey) -> Digest {
    if text(entry, "mode") == Some("raw_e") {
        return Digest(array(entry, "e"));
    }
    let z = identity::z(&bytes(entry, "id"), key.xy());
    if entry.get("z").is_some() {
        assert_eq!(z.0, array(entry, "z"));
    }
    let e = identity::e(&z, &bytes(entry, "message"));
    if entry.get("e").is_some() {
        assert_eq!(e.0, array(entry, "e"));
    }
    e
}

#[test]
fn signatures() {
    let (mut good, mut bad, mut with_nonce, mut skipped) = (0, 0, 0, 0);
    for entry in entries("sm2_sign.json") {
        let name = text(&entry, "name").unwrap();
        if entry.get("curve").is_some() {
            // The test curve of the draft: this engine has one curve.
            assert_eq!(name, "draft-shen-sm2-ecdsa-02-test-curve");
            skipped += 1;
            continue;
        }
        let key = PublicKey::from_sec1(&bytes(&entry, "public_key")).unwrap();
        let e = digest_of(&entry, &key);
        let der = bytes(&entry, "signature_der");
        let read = Signature::from_der(&der);
        let prepared = key.prepare();
        if entry["valid"] == false {
            bad += 1;
            if let Ok(signature) = read {
                assert!(!key.verify_digest(&e, &signature), "{name}");
                assert!(!prepared.verify_digest(&e, &signature), "{name}");
            }
            continue;
        }
        good += 1;
        let signature = read.unwrap();
        assert!(key.verify_digest(&e, &signature), "{name}");
        assert!(prepared.verify_digest(&e, &signature), "{name}");
        assert_eq!(signature.to_der(), der, "{name}");
        assert_eq!(signature.r(), &array(&entry, "r"), "{name}");
        assert_eq!(signature.s(), &array(&entry, "s"), "{name}");
        if entry.get("private_key").is_some() {
            assert_eq!(private_key(&entry).public_key(), &key, "{name}");
        }
        if entry.get("k").is_some() {
            with_nonce += 1;
            let k = Nonce::from_bytes(&array(&entry, "k")).unwrap();
            let again = private_key(&entry).finish(&e, &k, &k.x_coordinate());
            assert_eq!(again.unwrap(), signature, "{name}");
        }
    }
    assert_eq!((good, bad, with_nonce, skipped), (12, 19, 9, 1));
}

#[test]
fn the_two_identifiers_of_the_interface_are_those_of_the_vectors() {
    let mut seen = 0;
    for entry in entries("sm2_sign.json") {
        let id = match text(&entry, "id_ascii") {
            Some("1234567812345678") => SignerId::Default,
            Some("TLSv1.3+GM+Cipher+Suite") => SignerId::Tls13,
            _ => continue,
        };
        seen += 1;
        let key = PublicKey::from_sec1(&bytes(&entry, "public_key")).unwrap();
        let signature = Signature::from_der(&bytes(&entry, "signature_der")).unwrap();
        assert_eq!(
            key.verify(id, &bytes(&entry, "message"), &signature),
            Ok(())
        );
    }
    assert_eq!(seen, 6);
}

#[test]
fn ciphertexts_and_key_encodings() {
    let (mut good, mut bad, mut with_nonce, mut envelopes, mut skipped) = (0, 0, 0, 0, 0);
    for entry in entries("sm2_encrypt.json") {
        let name = text(&entry, "name").unwrap();
        match text(&entry, "type") {
            None if entry["valid"] == false => {
                bad += 1;
                let opened = private_key(&entry).decrypt(&bytes(&entry, "sm2cipher_der"));
                assert!(opened.is_err(), "{name}");
            }
            None => {
                good += 1;
                with_nonce += usize::from(ciphertext(&entry));
            }
            Some("SM2EnvelopedKey") => {
                // The SM2 part of it; the envelope itself is a message of the key management centre.
                envelopes += 1;
                let key =
                    PrivateKey::from_bytes(&array(&entry, "recipient_sign_private_key")).unwrap();
                let opened = key
                    .decrypt(&bytes(&entry, "sym_encrypted_key_der"))
                    .unwrap();
                assert_eq!(opened.as_slice(), bytes(&entry, "sym_key"), "{name}");
            }
            Some("ENVELOPEDKEYBLOB") => {
                // A token's structure (GM/T 0016), not DER: read where tokens are.
                skipped += 1;
            }
            Some("keys") => {
                // The DER forms are read by `keys` and `x509`; each ends in or holds the raw forms of here.
                let public = private_key(&entry).public_key().to_sec1();
                assert!(bytes(&entry, "spki_der").ends_with(&public));
                assert!(bytes(&entry, "sec1_ec_private_key_der").ends_with(&public));
                assert!(bytes(&entry, "pkcs8_der").ends_with(&public));
                let compressed = bytes(&entry, "compressed_public_key");
                assert!(PublicKey::from_sec1(&compressed).is_err());
            }
            Some(other) => panic!("{name}: no test reads the type {other}"),
        }
    }
    assert_eq!((good, bad, with_nonce, envelopes, skipped), (8, 7, 4, 3, 1));
}

/// Checks one good ciphertext; true where its nonce is known and it was made again from that.
fn ciphertext(entry: &Value) -> bool {
    let name = text(entry, "name").unwrap();
    let key = private_key(entry);
    let (der, plaintext) = (bytes(entry, "sm2cipher_der"), bytes(entry, "plaintext"));
    assert_eq!(key.decrypt(&der).unwrap().as_slice(), plaintext, "{name}");
    assert_eq!(
        key.public_key().to_sec1().as_slice(),
        bytes(entry, "public_key"),
        "{name}"
    );
    for raw in ["c1c3c2", "c1c2c3"] {
        assert!(
            key.decrypt(&bytes(entry, raw)).is_err(),
            "{name}: {raw} is not DER"
        );
    }
    if entry.get("k").is_none() {
        return false;
    }
    let k = Nonce::from_bytes(&array(entry, "k")).unwrap();
    let again = ciphertext::encrypt_with(&k, key.public_key().point(), &plaintext);
    assert_eq!(again.unwrap(), der, "{name}");
    true
}
