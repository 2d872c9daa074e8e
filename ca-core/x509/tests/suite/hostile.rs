//! No parser panics, on arbitrary bytes or on good ones that were mutated; what is accepted keeps its bytes.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use x509::certificate::Certificate;
use x509::crl::{Crl, CrlEntry, RevocationReason};
use x509::extension::{self, Extension, GeneralName};
use x509::ocsp::{
    CertId, CertStatus, HashAlgorithm, OcspRequest, OcspResponse, SingleResponse,
    assemble_response, nonce_extension, response_tbs,
};
use x509::request::Request;
use x509::time::Time;

use crate::hierarchy::{Draft, NOW, Party, name, sign};

/// One good structure of each kind.
static GOOD: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let ca = Party::root("测试根").issue(Draft::authority("济南", Some(0)));
    let urls = ["http://c/".to_owned()];
    let draft = Draft::staff()
        .with(extension::crl_distribution_points(&urls))
        .with(extension::authority_info_access(&urls, &urls))
        .with(extension::certificate_policies(
            &["1.2.3".parse().unwrap()],
            Some("http://p/"),
        ))
        .with(extension::subject_alt_names(&[
            GeneralName::Dns("a.cn".to_owned()),
            GeneralName::Ip([10, 0, 0, 1].into()),
        ]))
        .with(extension::extended_key_usage(
            &["1.3.6.1.5.5.7.3.2".parse().unwrap()],
            false,
        ))
        .with(extension::organization_code("11370000004509186Q"));
    let holder = ca.issue(draft);
    let signer = |tbs: &[u8]| Ok::<_, x509::Error>(sign(&holder.key, tbs));
    let request = Request::build(signer, holder.key.public_key(), &name("陈思齐")).unwrap();
    let reason = RevocationReason::KeyCompromise;
    let crl = ca.crl(
        1,
        vec![CrlEntry {
            serial: holder.certificate.serial().clone(),
            revoked_at: NOW,
            reason,
        }],
    );
    let id = CertId::new(
        HashAlgorithm::Sm3,
        &ca.certificate,
        holder.certificate.serial(),
    );
    let ocsp_request = OcspRequest::build(std::slice::from_ref(&id), Some(&[1; 32]));
    let single = SingleResponse {
        cert_id: &id,
        status: CertStatus::Revoked { at: NOW, reason },
        this_update: NOW,
        next_update: Some(NOW.plus_days(1)),
        extensions: Vec::new(),
    };
    let tbs = response_tbs(
        &extension::key_identifier(&holder.key.public_key().into()),
        NOW,
        &[single],
        &[nonce_extension(&[4, 1, 1])],
    );
    let response = assemble_response(&tbs, &sign(&holder.key, &tbs), holder.certificate.der());
    vec![
        holder.certificate.der().to_vec(),
        request,
        crl,
        ocsp_request,
        response,
    ]
});

/// Every parser of the crate; true where one accepts. What is accepted is the bytes that came.
fn feed(bytes: &[u8]) -> bool {
    let certificate = Certificate::from_der(bytes);
    if let Ok(certificate) = &certificate {
        assert_eq!(certificate.der(), bytes);
        assert_eq!(
            Certificate::from_pem(&certificate.to_pem()).as_ref(),
            Ok(certificate)
        );
        let _ = (
            format!("{certificate:?}"),
            certificate.verify_signature(certificate.public_key()),
        );
        certificate
            .extensions()
            .iter()
            .for_each(|extension| drop(extension::describe(extension)));
    }
    let request = Request::from_pem_or_der(bytes);
    if let Ok(request) = &request {
        let _ = (request.verify(), request.to_pem());
    }
    let crl = Crl::from_der(bytes);
    if let Ok(crl) = &crl {
        assert_eq!(crl.der(), bytes);
        assert!(
            crl.entries()
                .all(|entry| crl.find(&entry.own().unwrap().serial) == Some(entry))
        );
    }
    let ocsp_request = OcspRequest::from_der(bytes, 8);
    if let Ok(request) = &ocsp_request {
        assert!((1..=8).contains(&request.cert_ids.len()));
        assert!(
            request
                .nonce_len
                .is_none_or(|length| (1..=128).contains(&length))
        );
        for id in &request.cert_ids {
            assert_eq!(CertId::from_der(&id.der).as_ref(), Ok(id));
        }
    }
    let response = OcspResponse::from_der(bytes);
    let _ = (
        CertId::from_der(bytes),
        Time::from_der(bytes),
        Certificate::from_pem_or_der(bytes),
    );
    let accepted = [
        certificate.is_ok(),
        request.is_ok(),
        crl.is_ok(),
        ocsp_request.is_ok(),
        response.is_ok(),
    ];
    assert!(
        accepted.iter().filter(|one| **one).count() <= 1,
        "one input is one kind of thing"
    );
    accepted.contains(&true)
}

#[test]
fn the_good_ones_are_good_and_no_prefix_is() {
    for good in GOOD.iter() {
        assert!(feed(good));
        for end in 0..good.len() {
            assert!(!feed(&good[..end]), "{end} of {} bytes", good.len());
        }
        assert!(!feed(&[&good[..], &[0]].concat()));
    }
}

#[test]
fn every_single_byte_may_be_anything() {
    for good in GOOD.iter() {
        for position in 0..good.len() {
            for value in [
                0,
                1,
                0x7F,
                0x80,
                0xFF,
                good[position] ^ 1,
                good[position].wrapping_add(1),
            ] {
                let mut bytes = good.clone();
                bytes[position] = value;
                feed(&bytes);
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, u8),
    Repeat(Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..6))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<Index>(), 1..20_u8).prop_map(|(at, count)| Mutation::Remove(at, count)),
        (any::<Index>(), 1..40_u8).prop_map(|(at, count)| Mutation::Repeat(at, count)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let end = |at: usize, count: &u8| (at + usize::from(*count)).min(bytes.len());
    match mutation {
        Mutation::Set(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Mutation::Insert(at, inserted) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, inserted.iter().copied());
        }
        Mutation::Remove(at, count) => {
            let at = at.index(bytes.len());
            let end = end(at, count);
            bytes.drain(at..end);
        }
        Mutation::Repeat(at, count) => {
            let at = at.index(bytes.len());
            let copy = bytes[at..end(at, count)].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        feed(&bytes);
    }

    #[test]
    fn mutated_good_bytes(which in any::<Index>(), mutations in prop::collection::vec(mutation(), 1..5)) {
        let mut bytes = which.get(&GOOD).clone();
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        feed(&bytes);
    }

    #[test]
    fn any_value_of_a_known_extension(which in 0..12_usize, value in prop::collection::vec(any::<u8>(), 0..60)) {
        const KNOWN: [&str; 12] = [
            "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.31", "2.5.29.32", "2.5.29.35", "2.5.29.37",
            "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.48.1.5", "1.2.156.10260.4.1.4", "1.2.3",
        ];
        let oid = KNOWN[which].parse().unwrap();
        let shown = extension::describe(&Extension { oid, critical: false, value });
        prop_assert!(!shown.chars().any(char::is_control));
    }
}
