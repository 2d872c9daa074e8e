//! Every CCM vector, those with other nonces and tags than RFC 8998's too.
#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::Value;

#[test]
fn every_vector() {
    let text = include_str!("../../../../../test-vectors/sm4.json");
    let entries: Vec<Value> = serde_json::from_str(text).unwrap();
    let (mut right, mut wrong) = (0, 0);
    for entry in entries.iter().filter(|entry| entry["mode"] == "CCM") {
        let bytes = |field: &str| hex::decode(entry[field].as_str().unwrap()).unwrap();
        let cipher = Cipher::new(&bytes("key").try_into().unwrap());
        let (nonce, aad, plaintext) = (bytes("iv"), bytes("aad"), bytes("plaintext"));
        let message = Message::new(&cipher, &nonce, bytes("tag").len());
        let sealed = [bytes("ciphertext"), bytes("tag")].concat();
        let opened = message.open(&aad, &sealed);
        if entry["valid"] == false {
            assert_eq!(opened, Err(Unauthentic), "{}", entry["name"]);
            wrong += 1;
            continue;
        }
        assert_eq!(*opened.unwrap(), plaintext, "{}", entry["name"]);
        let tag = message.tag(&aad, &plaintext).unwrap();
        let mut ciphertext = plaintext.clone();
        message.apply(&mut ciphertext);
        ciphertext.extend_from_slice(&tag[..message.tag_length]);
        assert_eq!(ciphertext, sealed, "{}", entry["name"]);
        right += 1;
    }
    assert_eq!((right, wrong), (31, 8));
}

#[test]
fn the_length_of_the_associated_data_has_three_forms() {
    assert_eq!(aad_length(0xFEFF), [0xFE, 0xFF]);
    assert_eq!(aad_length(0xFF00), [0xFF, 0xFE, 0, 0, 0xFF, 0]);
    let long = aad_length(1 << 32);
    assert_eq!(long, [0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0]);
}
