//! PKCS#10 requests that we build and mistreat; those of OpenSSL are in `judge_requests`.

use sm_engine::sm2::{PrivateKey, PublicKey, Signature};
use x509::Error;
use x509::request::Request;

use crate::hierarchy::{name, sign};

fn build(key: &PrivateKey) -> Vec<u8> {
    let signer = |tbs: &[u8]| Ok::<_, Error>(sign(key, tbs));
    Request::build(signer, key.public_key(), &name("陈思齐")).unwrap()
}

#[test]
fn a_built_request_is_read_back() {
    let key = PrivateKey::generate();
    let der = build(&key);
    let request = Request::from_pem_or_der(&der).unwrap();
    request.verify().unwrap();
    assert_eq!(request.public_key(), key.public_key());
    assert_eq!(request.subject().der(), name("陈思齐").der());
    assert_eq!(&request.spki_der()[26..], key.public_key().to_sec1());
    assert_eq!(
        (request.der(), request.requested_extensions_present()),
        (&der[..], false)
    );
    for label in ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"] {
        let pem = request.to_pem().replace("CERTIFICATE REQUEST", label);
        assert_eq!(Request::from_pem_or_der(pem.as_bytes()).unwrap().der(), der);
    }
    assert!(!format!("{request:?}").contains('陈'));
}

#[test]
fn a_signer_that_fails_is_heard() {
    let key = PrivateKey::generate();
    let broken = |_: &[u8]| Err::<Signature, _>("unplugged");
    assert_eq!(
        Request::build(broken, key.public_key(), &name("陈思齐")),
        Err("unplugged")
    );
}

#[test]
fn a_request_for_another_key_or_name_does_not_verify() {
    let (key, other) = (PrivateKey::generate(), PrivateKey::generate());
    let refused = Err(Error::Signature { what: "request" });
    let signer = |tbs: &[u8]| Ok::<_, Error>(sign(&key, tbs));
    let stolen: &PublicKey = other.public_key();
    let request = Request::build(signer, stolen, &name("陈思齐")).unwrap();
    assert_eq!(
        Request::from_pem_or_der(&request).unwrap().verify(),
        refused
    );
    let mut renamed = build(&key);
    let position = renamed
        .windows(3)
        .position(|window| window == "陈".as_bytes())
        .unwrap();
    renamed[position..position + 3].copy_from_slice("张".as_bytes());
    assert_eq!(
        Request::from_pem_or_der(&renamed).unwrap().verify(),
        refused
    );
}

#[test]
fn refusals() {
    let key = PrivateKey::generate();
    let good = build(&key);
    let patched = |from: &[u8], to: &[u8]| {
        let position = good
            .windows(from.len())
            .position(|window| window == from)
            .unwrap();
        let mut bytes = good.clone();
        bytes[position..position + to.len()].copy_from_slice(to);
        Request::from_pem_or_der(&bytes).unwrap_err()
    };
    let unsupported = |error| matches!(error, Error::Unsupported { .. });
    let malformed = |error| matches!(error, Error::Malformed { .. });
    assert!(unsupported(patched(b"\x02\x01\x00", b"\x02\x01\x01")));
    assert!(unsupported(patched(b"\x01\x82\x2d", b"\x01\x82\x2e")));
    assert!(unsupported(patched(
        b"\x2a\x86\x48\xce\x3d\x02\x01",
        b"\x2a\x86\x48\xce\x3d\x02\x02"
    )));
    assert!(unsupported(patched(b"\x01\x83\x75", b"\x01\x83\x76")));
    assert!(malformed(patched(b"\x03\x42\x00\x04", b"\x03\x42\x00\x06")));
    assert!(malformed(patched(b"\xa0\x00\x30\x0a", b"\xa1\x00\x30\x0a")));
    assert!(malformed(patched(b"\xa0\x00\x30\x0a", b"\x05\x00\x30\x0a")));
    for end in 0..good.len() {
        assert!(
            Request::from_pem_or_der(&good[..end]).is_err(),
            "{end} bytes"
        );
    }
    assert!(malformed(
        Request::from_pem_or_der(&[&good[..], &[0]].concat()).unwrap_err()
    ));
    assert!(malformed(
        Request::from_pem_or_der(b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA").unwrap_err()
    ));
    assert!(malformed(
        Request::from_pem_or_der(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")
            .unwrap_err()
    ));
    let too_large = Error::TooLarge {
        what: "request",
        limit: 16 * 1024,
    };
    assert_eq!(
        Request::from_pem_or_der(&vec![0x30; 2 * 1024 * 1024]).unwrap_err(),
        too_large
    );
}
