//! Requests that `openssl ocsp` makes, and our responses before it.

use x509::certificate::Certificate;
use x509::crl::RevocationReason;
use x509::extension;
use x509::ocsp::{
    CertId, CertStatus, HashAlgorithm, OcspRequest, ResponseStatus, SingleResponse,
    assemble_response, error_response, nonce_extension, response_tbs,
};

use crate::hierarchy::{Draft, NOW, Party, oid, sign};
use crate::judge::{DISTID, Judge};

const HASHES: [(&str, HashAlgorithm); 4] = [
    ("-sha1", HashAlgorithm::Sha1),
    ("-sha256", HashAlgorithm::Sha256),
    ("-sha384", HashAlgorithm::Sha384),
    ("-sm3", HashAlgorithm::Sm3),
];

struct World {
    ca: Party,
    leaf: Certificate,
    judge: Judge,
}

impl World {
    fn new() -> Self {
        let ca = Party::root("测试根").issue(Draft::authority("济南", Some(0)));
        let leaf = ca.issue(Draft::staff()).certificate;
        let judge = Judge::new();
        judge.write("ca.pem", ca.certificate.to_pem().as_bytes());
        judge.write("leaf.pem", leaf.to_pem().as_bytes());
        Self { ca, leaf, judge }
    }

    /// The request that OpenSSL makes for the leaf, or with `arguments` in the place of `-cert leaf.pem`.
    fn request(&self, options: &str, arguments: &str) -> Vec<u8> {
        self.judge.ok(&format!(
            "ocsp {options} -issuer ca.pem {arguments} -reqout request"
        ));
        self.judge.read("request")
    }
}

#[test]
fn its_cert_ids_are_ours_byte_for_byte() {
    let world = World::new();
    for (option, hash) in HASHES {
        let der = world.request(&format!("-no_nonce {option}"), "-cert leaf.pem");
        let request = OcspRequest::from_der(&der, 1).unwrap();
        let ours = CertId::new(hash, &world.ca.certificate, world.leaf.serial());
        assert_eq!(request.cert_ids, std::slice::from_ref(&ours));
        assert_eq!(
            (request.nonce.as_deref(), request.signature.is_some()),
            (None, false)
        );
        assert_eq!(OcspRequest::build(&[ours], None), der);
    }
}

#[test]
fn its_nonce_and_lists_are_read_and_made_again() {
    let world = World::new();
    let der = world.request(
        "-nonce",
        "-cert leaf.pem -serial 0x0102 -sha256 -serial 0x7f -sm3 -serial 255",
    );
    let request = OcspRequest::from_der(&der, 4).unwrap();
    let serials: Vec<_> = request
        .cert_ids
        .iter()
        .map(|id| hex::encode(&id.serial))
        .collect();
    assert_eq!(
        serials,
        [
            hex::encode(world.leaf.serial().as_bytes()).as_str(),
            "0102",
            "7f",
            "00ff"
        ]
    );
    let nonce = request.nonce.unwrap();
    assert_eq!(request.nonce_len, Some(16));
    assert_eq!(
        OcspRequest::build(&request.cert_ids, Some(&nonce[2..])),
        der
    );
    assert!(OcspRequest::from_der(&der, 3).is_err());
}

#[test]
fn a_signed_request_is_read_with_its_requestor_and_certificates() {
    let world = World::new();
    world
        .judge
        .ok("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key");
    world.judge.ok(
        "req -config /dev/null -x509 -new -key key -subj /CN=requestor -days 1 -out signer.pem",
    );
    let der = world.request("-nonce", "-cert leaf.pem -signer signer.pem -signkey key");
    let request = OcspRequest::from_der(&der, 1).unwrap();
    assert!(request.signature.is_some());
    assert_eq!(
        request.cert_ids,
        [CertId::new(
            HashAlgorithm::Sha1,
            &world.ca.certificate,
            world.leaf.serial()
        )]
    );
    assert_eq!(request.nonce_len, Some(16));
}

#[test]
fn it_reads_every_status_and_checks_the_nonce() {
    let world = World::new();
    let purposes = [oid("1.3.6.1.5.5.7.3.9")];
    let draft = Draft::staff()
        .with(extension::extended_key_usage(&purposes, false))
        .with(extension::ocsp_nocheck());
    let responder = world.ca.issue(draft);
    let der = world.request(
        "-nonce",
        "-serial 0x01 -sm3 -serial 0x02 -sha256 -serial 0x03 -serial 0x04",
    );
    let request = OcspRequest::from_der(&der, 4).unwrap();
    let at = NOW.plus_days(-3);
    let statuses = [
        CertStatus::Good,
        CertStatus::Revoked {
            at,
            reason: RevocationReason::KeyCompromise,
        },
        CertStatus::Revoked {
            at,
            reason: RevocationReason::Unspecified,
        },
        CertStatus::Unknown,
    ];
    let singles: Vec<_> = request
        .cert_ids
        .iter()
        .zip(statuses)
        .map(|(cert_id, status)| SingleResponse {
            cert_id,
            status,
            this_update: NOW,
            next_update: Some(NOW.plus_days(1)),
            extensions: Vec::new(),
        })
        .collect();
    let respond = |nonce: Option<&[u8]>| {
        let tbs = response_tbs(
            &extension::key_identifier(&responder.key.public_key().into()),
            NOW,
            &singles,
            &nonce.map(nonce_extension).into_iter().collect::<Vec<_>>(),
        );
        assemble_response(
            &tbs,
            &sign(&responder.key, &tbs),
            responder.certificate.der(),
        )
    };
    world
        .judge
        .write("response", &respond(request.nonce.as_deref()));
    let text = world.judge.ok("ocsp -respin response -resp_text -noverify");
    let key_hash = hex::encode_upper(responder.certificate.subject_key_id().unwrap());
    for expected in [
        "OCSP Response Status: successful (0x0)",
        "Response Type: Basic OCSP Response",
        &format!("Responder Id: {key_hash}"),
        "Produced At: Nov 18 12:00:00 2026 GMT",
        "Hash Algorithm: sha1",
        "Hash Algorithm: sm3",
        "Hash Algorithm: sha256",
        "Serial Number: 01\n    Cert Status: good",
        "Serial Number: 02\n    Cert Status: revoked\n    Revocation Time: Nov 15 12:00:00 2026 GMT\n    Revocation Reason: keyCompromise (0x1)",
        "Serial Number: 03\n    Cert Status: revoked\n    Revocation Time: Nov 15 12:00:00 2026 GMT\n    This Update: Nov 18 12:00:00 2026 GMT\n    Next Update: Nov 19 12:00:00 2026 GMT",
        "Serial Number: 04\n    Cert Status: unknown",
        "OCSP Nonce:",
        "Signature Algorithm: SM2-with-SM3",
        "OCSP No Check:",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    // It finds the answer to each of its CertIDs; the clock of the judge is its own, hence the wide period.
    let text = world.judge.ok(&format!(
        "ocsp -no_nonce -respin response -no_signature_verify -no_cert_verify -issuer ca.pem -serial 0x01 -sm3 -serial 0x02 -sha256 -serial 0x03 -serial 0x04 -validity_period {}",
        u32::MAX
    ));
    for expected in [
        "0x01: good",
        "0x02: revoked",
        "0x03: revoked",
        "0x04: unknown",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    // It compares the nonces of question and answer.
    let check = "ocsp -reqin request -respin response -no_signature_verify -no_cert_verify";
    let text = world.judge.ok(check);
    assert!(
        text.contains("Response verify OK") && !text.contains("nonce"),
        "{text}"
    );
    world.judge.write("response", &respond(Some(&[4, 2, 1, 1])));
    assert!(world.judge.refuses(check).contains("Nonce Verify error"));
    world.judge.write("response", &respond(None));
    assert!(world.judge.ok(check).contains("no nonce in response"));
}

#[test]
fn it_verifies_the_bytes_of_the_signature() {
    let world = World::new();
    let id = CertId::new(
        HashAlgorithm::Sm3,
        &world.ca.certificate,
        world.leaf.serial(),
    );
    let single = SingleResponse {
        cert_id: &id,
        status: CertStatus::Good,
        this_update: NOW,
        next_update: None,
        extensions: Vec::new(),
    };
    let tbs = response_tbs(
        &extension::key_identifier(&world.ca.key.public_key().into()),
        NOW,
        &[single],
        &[],
    );
    let signature = sign(&world.ca.key, &tbs);
    let judge = &world.judge;
    judge.write(
        "response",
        &assemble_response(&tbs, &signature, world.ca.certificate.der()),
    );
    judge.write("tbs", &tbs);
    judge.write("signature", &signature.to_bytes());
    judge.write(
        "ca.pub",
        judge.ok("x509 -in ca.pem -noout -pubkey").as_bytes(),
    );
    assert!(
        judge
            .ok(&format!(
                "dgst -sm3 -verify ca.pub -sigopt {DISTID} -signature signature tbs"
            ))
            .contains("Verified OK")
    );
    assert!(
        judge
            .ok("ocsp -respin response -resp_text -noverify")
            .contains("Cert Status: good")
    );
}

#[test]
fn it_reads_every_error() {
    let judge = Judge::new();
    for (status, text) in [
        (ResponseStatus::MalformedRequest, "malformedrequest (1)"),
        (ResponseStatus::InternalError, "internalerror (2)"),
        (ResponseStatus::TryLater, "trylater (3)"),
        (ResponseStatus::SigRequired, "sigrequired (5)"),
        (ResponseStatus::Unauthorized, "unauthorized (6)"),
    ] {
        judge.write("response", &error_response(status));
        let (_, printed) = judge.run("ocsp -respin response -resp_text -noverify");
        assert!(
            printed.contains(&format!("Responder Error: {text}")),
            "{text}\n{printed}"
        );
    }
}
