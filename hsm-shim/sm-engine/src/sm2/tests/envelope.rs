//! Envelopes of private keys: vectors, round trips, and that nothing altered opens.

use super::super::*;
use super::vectors::{array, bytes, entries, text};

#[test]
fn vectors() {
    let envelopes = entries("sm2_encrypt.json");
    let envelopes = envelopes
        .iter()
        .filter(|entry| text(entry, "type") == Some("SM2EnvelopedKey"));
    let mut count = 0;
    for entry in envelopes {
        count += 1;
        let recipient =
            PrivateKey::from_bytes(&array(entry, "recipient_sign_private_key")).unwrap();
        let opened = recipient.open(&bytes(entry, "sm2_enveloped_key_der")).ok();
        let opened = opened.unwrap();
        assert_eq!(*opened.to_bytes(), array(entry, "enveloped_private_key"));
        let public = array::<65>(entry, "enveloped_public_key");
        assert_eq!(opened.public_key().to_sec1(), public);
    }
    assert_eq!(count, 3);
}

#[test]
fn what_is_sealed_opens_for_its_recipient_only() {
    let (key, recipient, other) = (
        PrivateKey::generate(),
        PrivateKey::generate(),
        PrivateKey::generate(),
    );
    let envelope = key.seal(recipient.public_key());
    let opened = recipient.open(&envelope).ok().unwrap();
    assert_eq!(opened.to_bytes(), key.to_bytes());
    assert_eq!(opened.public_key(), key.public_key());
    assert_eq!(other.open(&envelope).err(), Some(Error::Secret));
    assert_ne!(envelope, key.seal(recipient.public_key()));
}

#[test]
fn every_altered_bit_of_an_envelope_is_noticed() {
    let (key, recipient) = (PrivateKey::generate(), PrivateKey::generate());
    let good = key.seal(recipient.public_key());
    // One bit makes 1.2.156.10197.1.104.1 another mode; none makes it plain SM4.
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let opened = recipient.open(&bad);
        assert_eq!(opened.err(), Some(Error::Secret), "bit {bit}");
    }
    for length in 0..good.len() {
        assert!(recipient.open(&good[..length]).is_err(), "{length} bytes");
    }
    let longer = [&good[..], &[0]].concat();
    assert_eq!(recipient.open(&longer).err(), Some(Error::Secret));
}
