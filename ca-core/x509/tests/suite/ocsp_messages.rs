//! OCSP: golden bytes, echo, nonces, refusals.

use sm_engine::sm2::PrivateKey;
use x509::Error;
use x509::crl::RevocationReason;
use x509::extension;
use x509::ocsp::{
    CertId, CertStatus, HashAlgorithm, OcspRequest, OcspResponse, ResponseStatus, SingleResponse,
    assemble_response, error_response, nonce_extension, response_tbs,
};

use crate::hierarchy::{Draft, NOW, Party, sign};

struct World {
    ca: Party,
    responder: Party,
}

impl World {
    fn new() -> Self {
        let ca = Party::root("测试根").issue(Draft::authority("济南", Some(0)));
        let responder = ca.issue(Draft::staff());
        Self { ca, responder }
    }

    fn id(&self, hash: HashAlgorithm, serial: &str) -> CertId {
        CertId::new(hash, &self.ca.certificate, &serial.parse().unwrap())
    }

    fn respond(&self, singles: &[SingleResponse<'_>], nonce: Option<&[u8]>) -> Vec<u8> {
        let tbs = response_tbs(
            &extension::key_identifier(&self.responder.key.public_key().into()),
            NOW,
            singles,
            &nonce.map(nonce_extension).into_iter().collect::<Vec<_>>(),
        );
        assemble_response(
            &tbs,
            &sign(&self.responder.key, &tbs),
            self.responder.certificate.der(),
        )
    }
}

fn single(cert_id: &CertId, status: CertStatus) -> SingleResponse<'_> {
    SingleResponse {
        cert_id,
        status,
        this_update: NOW,
        next_update: Some(NOW.plus_seconds(3600)),
        extensions: Vec::new(),
    }
}

/// A request that asks for one CertID, given as hex, with further parts of TBSRequest and OCSPRequest.
fn request_of(cert_id: &str, tbs_tail: &str, tail: &str) -> Vec<u8> {
    let wrap = |tag: u8, content: &[u8]| {
        let length = content.len();
        let head = match u8::try_from(length) {
            Ok(short @ 0..=127) => vec![tag, short],
            Ok(byte) => vec![tag, 0x81, byte],
            Err(_) => [
                &[tag, 0x82][..],
                &u16::try_from(length).unwrap().to_be_bytes(),
            ]
            .concat(),
        };
        [&head, content].concat()
    };
    let bytes = |text: &str| hex::decode(text.replace(' ', "")).unwrap();
    let list = wrap(0x30, &wrap(0x30, &bytes(cert_id)));
    let tbs = wrap(0x30, &[list, bytes(tbs_tail)].concat());
    wrap(0x30, &[tbs, bytes(tail)].concat())
}

const SHA1_ID: &str = "3040 3007 06052b0e03021a 0414 0101010101010101010101010101010101010101 0414 0202020202020202020202020202020202020202 0209112233445566778801";

#[test]
fn requests_are_read_back() {
    let world = World::new();
    let ids: Vec<_> = HashAlgorithm::ALL
        .into_iter()
        .map(|hash| world.id(hash, "0a0b"))
        .collect();
    let der = OcspRequest::build(&ids, Some(&[9; 32]));
    let request = OcspRequest::from_der(&der, 4).unwrap();
    assert_eq!(request.cert_ids, ids);
    assert_eq!(request.nonce, Some([&[4, 32][..], &[9; 32]].concat()));
    assert_eq!(
        (request.nonce_len, request.signature.is_some()),
        (Some(32), false)
    );
    assert_eq!(
        OcspRequest::from_der(&der, 3),
        Err(Error::TooLarge {
            what: "number of certificates in an OCSP request",
            limit: 3
        })
    );
}

#[test]
fn parameters_of_the_hash_may_be_null_or_absent_and_are_kept() {
    let absent = OcspRequest::from_der(&request_of(SHA1_ID, "", ""), 1).unwrap();
    let with_null = SHA1_ID.replace("3040 3007 06052b0e03021a", "3042 3009 06052b0e03021a 0500");
    let null = OcspRequest::from_der(&request_of(&with_null, "", ""), 1).unwrap();
    let (absent, null) = (&absent.cert_ids[0], &null.cert_ids[0]);
    assert_ne!(absent.der, null.der);
    assert_eq!(absent.issuer_key_hash, null.issuer_key_hash);
    assert_eq!(
        (absent.hash, null.hash),
        (HashAlgorithm::Sha1, HashAlgorithm::Sha1)
    );
    assert_eq!(hex::encode(&absent.serial), "112233445566778801");
    let other = SHA1_ID.replace(
        "3040 3007 06052b0e03021a",
        "3043 300a 06052b0e03021a 020101",
    );
    assert!(OcspRequest::from_der(&request_of(&other, "", ""), 1).is_err());
}

#[test]
fn a_serial_that_no_certificate_has_is_kept_as_bytes() {
    for (serial, kept) in [
        ("020180", "80"),
        ("020100", "00"),
        ("0202ff7f", "ff7f"),
        ("020200ff", "00ff"),
    ] {
        let length = 0x35 + serial.len() / 2;
        let id = SHA1_ID
            .replace("3040", &format!("30{length:02x}"))
            .replace("0209112233445566778801", serial);
        let request = OcspRequest::from_der(&request_of(&id, "", ""), 1).unwrap();
        assert_eq!(hex::encode(&request.cert_ids[0].serial), kept);
    }
    let long = |count: usize| {
        let serial = format!("02{count:02x}{}", "11".repeat(count));
        SHA1_ID
            .replace("3040", &format!("30{:02x}", 0x35 + serial.len() / 2))
            .replace("0209112233445566778801", &serial)
    };
    assert!(OcspRequest::from_der(&request_of(&long(40), "", ""), 1).is_ok());
    assert_eq!(
        OcspRequest::from_der(&request_of(&long(41), "", ""), 1),
        Err(Error::TooLarge {
            what: "CertID (serial number)",
            limit: 40
        })
    );
}

#[test]
fn nonces() {
    let id = World::new().id(HashAlgorithm::Sm3, "01");
    for length in [1, 16, 32, 127, 128] {
        let request = OcspRequest::from_der(
            &OcspRequest::build(std::slice::from_ref(&id), Some(&vec![7; length])),
            1,
        )
        .unwrap();
        assert_eq!(request.nonce_len, Some(length));
    }
    for length in [0, 129, 1000] {
        let der = OcspRequest::build(std::slice::from_ref(&id), Some(&vec![7; length]));
        assert_eq!(
            OcspRequest::from_der(&der, 1),
            Err(Error::Malformed {
                what: "OCSP nonce (not 1 to 128 octets)",
                position: 0
            })
        );
    }
    // Without the inner OCTET STRING, as old clients send it: kept as it came.
    let raw = "a215 3013 3011 06092b0601050507300102 0404 aabbccdd";
    let request = OcspRequest::from_der(&request_of(SHA1_ID, raw, ""), 1).unwrap();
    assert_eq!(
        (request.nonce, request.nonce_len),
        (Some(vec![0xAA, 0xBB, 0xCC, 0xDD]), Some(4))
    );
    let empty = "a211 300f 300d 06092b0601050507300102 0400";
    assert!(OcspRequest::from_der(&request_of(SHA1_ID, empty, ""), 1).is_err());
    let twice = "a220 301e 300d 06092b0601050507300102 0401 aa 300d 06092b0601050507300102 0401 bb";
    assert!(
        OcspRequest::from_der(
            &request_of(
                SHA1_ID,
                &twice
                    .replace("300d", "300e")
                    .replace("a220 301e", "a222 3020"),
                ""
            ),
            1
        )
        .is_err()
    );
}

#[test]
fn other_extensions_are_skipped_unless_critical() {
    // acceptable responses
    let skipped = "a21b 3019 3017 06092b0601050507300104 040a 3008 0606 2b0601050507";
    let request = OcspRequest::from_der(&request_of(SHA1_ID, skipped, ""), 1).unwrap();
    assert_eq!(request.nonce, None);
    let critical = "a21e 301c 301a 06092b0601050507300104 0101ff 040a 3008 0606 2b0601050507";
    let refused = Error::Malformed {
        what: "OCSP extensions (critical and not understood)",
        position: 0,
    };
    assert_eq!(
        OcspRequest::from_der(&request_of(SHA1_ID, critical, ""), 1),
        Err(refused.clone())
    );
    // The same within one Request.
    let single = format!("{SHA1_ID} a00d 300b 3009 0603 2a0304 0402 0500");
    assert!(OcspRequest::from_der(&request_of(&single, "", ""), 1).is_ok());
    let single = format!("{SHA1_ID} a010 300e 300c 0603 2a0304 0101ff 0402 0500");
    assert_eq!(
        OcspRequest::from_der(&request_of(&single, "", ""), 1),
        Err(refused)
    );
}

#[test]
fn preferred_algorithms_are_read() {
    // SM2 with SM3, then ECDSA with SHA-256.
    let preferred = "a22d 302b 3029 06092b0601050507300108 041c 301a 300c 300a 06082a811ccf55018375 300a 3008 06062a8648ce3d04";
    let request = OcspRequest::from_der(&request_of(SHA1_ID, preferred, ""), 1).unwrap();
    let names: Vec<_> = request.preferred.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["1.2.156.10197.1.501", "1.2.840.10045.4"]);
    let broken = preferred.replace("041c 301a", "041c 311a");
    assert!(OcspRequest::from_der(&request_of(SHA1_ID, &broken, ""), 1).is_err());
}

#[test]
fn a_sole_cert_id_is_found_in_its_frame_and_nowhere_else() {
    let plain = request_of(SHA1_ID, "", "");
    let id = hex::decode(SHA1_ID.replace(' ', "")).unwrap();
    assert_eq!(OcspRequest::sole_cert_id(&plain), Some(&id[..]));
    // The longest that we make: SHA-384, whose lengths need a second octet.
    let hash = "44".repeat(48);
    let long = format!(
        "308185 300d 0609608648016503040202 0500 0430 {hash} 0430 {hash} 0210 11223344556677889900112233445566"
    );
    let request = request_of(&long, "", "");
    assert_eq!(
        OcspRequest::sole_cert_id(&request),
        Some(&hex::decode(long.replace(' ', "")).unwrap()[..])
    );
    assert!(OcspRequest::from_der(&request, 1).is_ok());
    let nonce = "a217 3015 3013 06092b0601050507300102 0406 0404 01020304";
    let within = format!("{SHA1_ID} a00d 300b 3009 0603 2a0304 0402 0500");
    let mut trailing = plain.clone();
    trailing.push(0);
    for other in [
        request_of(SHA1_ID, nonce, ""),
        request_of(&within, "", ""),
        trailing,
        plain[..plain.len() - 1].to_vec(),
        Vec::new(),
    ] {
        assert_eq!(OcspRequest::sole_cert_id(&other), None);
    }
    // Two certificates.
    let id = CertId::from_der(&id).unwrap();
    let two = OcspRequest::build(&[id.clone(), id], None);
    assert_eq!(OcspRequest::sole_cert_id(&two), None);
}

#[test]
fn requests_that_are_refused() {
    let unsupported = Error::Unsupported {
        what: "hash algorithm of the CertID",
    };
    let md5 = SHA1_ID.replace("3040 3007 06052b0e03021a", "3043 300a 06082a864886f70d0205");
    assert_eq!(
        OcspRequest::from_der(&request_of(&md5, "", ""), 1),
        Err(unsupported)
    );
    let nobody = Error::Malformed {
        what: "OCSP request (no certificate is asked for)",
        position: 0,
    };
    assert_eq!(
        OcspRequest::from_der(&hex::decode("30043002 3000".replace(' ', "")).unwrap(), 1),
        Err(nobody)
    );
    let good = request_of(SHA1_ID, "", "");
    assert!(OcspRequest::from_der(&good, 1).is_ok());
    let refused = [
        Vec::new(),
        vec![0x30, 0],
        [&good[..], &[0]].concat(),
        good[..good.len() - 1].to_vec(),
        request_of(SHA1_ID, "0500", ""),
        request_of(SHA1_ID, "", "0500"),
        request_of(SHA1_ID, "a2023000", ""),
        request_of(
            &SHA1_ID.replace("0209112233445566778801", "0209001233445566778801"),
            "",
            "",
        ),
    ];
    for der in refused {
        assert!(
            matches!(OcspRequest::from_der(&der, 1), Err(Error::Malformed { .. })),
            "{}",
            hex::encode(der)
        );
    }
    let large = vec![0x30; 64 * 1024 + 1];
    assert_eq!(
        OcspRequest::from_der(&large, 1),
        Err(Error::TooLarge {
            what: "OCSP request",
            limit: 64 * 1024
        })
    );
}

#[test]
fn responses_are_read_back() {
    let world = World::new();
    let ids = [
        world.id(HashAlgorithm::Sha1, "01"),
        world.id(HashAlgorithm::Sha256, "02"),
        world.id(HashAlgorithm::Sm3, "03"),
        world.id(HashAlgorithm::Sha384, "04"),
    ];
    let at = NOW.plus_days(-3);
    let statuses = [
        CertStatus::Good,
        CertStatus::Revoked {
            at,
            reason: RevocationReason::CertificateHold,
        },
        CertStatus::Unknown,
        CertStatus::Revoked {
            at,
            reason: RevocationReason::Unspecified,
        },
    ];
    let mut singles: Vec<_> = ids
        .iter()
        .zip(&statuses)
        .map(|(id, status)| single(id, status.clone()))
        .collect();
    singles[3].next_update = None;
    let nonce = [&[4, 20][..], &[5; 20]].concat();
    let der = world.respond(&singles, Some(&nonce));
    let response = OcspResponse::from_der(&der).unwrap();
    assert_eq!(response.status(), Ok(()));
    response
        .verify_signature(world.responder.certificate.public_key())
        .unwrap();
    assert_eq!(
        response.verify_signature(world.ca.certificate.public_key()),
        Err(Error::Signature {
            what: "OCSP response"
        })
    );
    assert_eq!(response.produced_at(), NOW);
    assert_eq!(response.nonce(), Some(&nonce[..]));
    assert_eq!(
        response.responder_key_hash(),
        world.responder.certificate.subject_key_id()
    );
    assert_eq!(
        response.certificates(),
        std::slice::from_ref(&world.responder.certificate)
    );
    for ((told, sent), status) in response.responses().iter().zip(&singles).zip(&statuses) {
        assert_eq!((&told.cert_id, &told.status), (sent.cert_id, status));
        assert_eq!(
            (told.this_update, told.next_update),
            (sent.this_update, sent.next_update)
        );
    }
    assert_eq!(response.responses().len(), 4);
}

#[test]
fn golden_response_data() {
    let key = PrivateKey::from_bytes(&[7; 32]).unwrap();
    let id = CertId::from_der(&hex::decode(SHA1_ID.replace(' ', "")).unwrap()).unwrap();
    let revoked = CertStatus::Revoked {
        at: NOW,
        reason: RevocationReason::KeyCompromise,
    };
    let tbs = response_tbs(
        &extension::key_identifier(&key.public_key().into()),
        NOW,
        &[single(&id, CertStatus::Good), single(&id, revoked)],
        &[nonce_extension(&[4, 1, 9])],
    );
    let key_id = hex::encode(extension::key_identifier(&key.public_key().into()));
    let time = "180f32303236313131383132303030305a";
    let next = "a011180f32303236313131383133303030305a";
    let id = SHA1_ID.replace(' ', "");
    let good = format!("{id}8000{time}{next}");
    let revoked = format!("{id}a116{time}a0030a0101{time}{next}");
    let wrap = |tag: &str, content: &str| {
        let length = content.len() / 2;
        let head = if length < 128 {
            format!("{length:02x}")
        } else if length < 256 {
            format!("81{length:02x}")
        } else {
            format!("82{length:04x}")
        };
        format!("{tag}{head}{content}")
    };
    let list = wrap(
        "30",
        &format!("{}{}", wrap("30", &good), wrap("30", &revoked)),
    );
    let nonce = "a1143012301006092b06010505073001020403040109";
    let expected = wrap("30", &format!("a2160414{key_id}{time}{list}{nonce}"));
    assert_eq!(hex::encode(tbs), expected);
}

#[test]
fn error_responses() {
    for (status, code) in [
        (ResponseStatus::MalformedRequest, 1),
        (ResponseStatus::InternalError, 2),
        (ResponseStatus::TryLater, 3),
        (ResponseStatus::SigRequired, 5),
        (ResponseStatus::Unauthorized, 6),
    ] {
        let der = error_response(status);
        assert_eq!(der, [0x30, 3, 0x0A, 1, code]);
        let response = OcspResponse::from_der(&der).unwrap();
        assert_eq!(response.status(), Err(status));
        assert!(response.responses().is_empty());
        assert!(
            response
                .verify_signature(&PrivateKey::generate().public_key().into())
                .is_err()
        );
    }
    for bad in [
        &[0x30, 3, 0x0A, 1, 0][..],
        &[0x30, 3, 0x0A, 1, 4],
        &[0x30, 3, 0x0A, 1, 7],
        &[0x30, 3, 2, 1, 1],
        &[0x30, 0],
        &[0x30, 4, 0x0A, 2, 0, 1],
    ] {
        assert!(OcspResponse::from_der(bad).is_err(), "{bad:02x?}");
    }
}

#[test]
fn tampered_responses_do_not_verify() {
    let world = World::new();
    let id = world.id(HashAlgorithm::Sha1, "01");
    let revoked = CertStatus::Revoked {
        at: NOW,
        reason: RevocationReason::KeyCompromise,
    };
    let der = world.respond(&[single(&id, revoked)], None);
    let reason = b"\xa0\x03\x0a\x01\x01";
    let position = der.windows(5).position(|window| window == reason).unwrap();
    let mut other = der.clone();
    other[position + 4] = 6;
    let response = OcspResponse::from_der(&other).unwrap();
    assert_eq!(
        response.responses()[0].status,
        CertStatus::Revoked {
            at: NOW,
            reason: RevocationReason::CertificateHold
        }
    );
    assert!(
        response
            .verify_signature(world.responder.certificate.public_key())
            .is_err()
    );
    other[position + 4] = 7;
    assert!(OcspResponse::from_der(&other).is_err());
}
