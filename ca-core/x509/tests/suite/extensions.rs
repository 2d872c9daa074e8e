//! Extensions: golden values, what is refused, what people read.

use const_oid::ObjectIdentifier;
use sm_engine::key::Algorithm;
use sm_engine::sm2::PrivateKey;
use x509::Error;
use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
use x509::extension::{self, Extension, GeneralName, KeyUsage, describe, extension_name};

use crate::hierarchy::{NOW, name, oid, sign};

fn url(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

/// A certificate with these extensions alone.
fn carrying(extensions: Vec<Extension>) -> Result<Certificate, Error> {
    let key = PrivateKey::generate();
    let tbs = TbsCertificate {
        signature_algorithm: Algorithm::Sm2Sm3,
        serial: Serial::random(),
        issuer: name("签发"),
        not_before: NOW,
        not_after: NOW.plus_days(1),
        subject: name("陈思齐"),
        public_key: key.public_key().into(),
        extensions,
    };
    let tbs = tbs.to_der()?;
    Certificate::from_der(&assemble_certificate(&tbs, &sign(&key, &tbs))?)
}

#[test]
fn golden_values() {
    let purposes = [oid("1.3.6.1.5.5.7.3.9"), oid("1.3.6.1.5.5.7.3.2")];
    let names = [
        GeneralName::Dns("a.cn".to_owned()),
        GeneralName::Ip("10.36.1.20".parse().unwrap()),
        GeneralName::Ip("2001:db8::1".parse().unwrap()),
        GeneralName::Email("a@b".to_owned()),
        GeneralName::Uri("u:x".to_owned()),
    ];
    for (extension, which, critical, value) in [
        (
            extension::basic_constraints_ca(None),
            "2.5.29.19",
            true,
            "30030101ff",
        ),
        (
            extension::basic_constraints_ca(Some(0)),
            "2.5.29.19",
            true,
            "30060101ff020100",
        ),
        (
            extension::basic_constraints_ca(Some(200)),
            "2.5.29.19",
            true,
            "30070101ff020200c8",
        ),
        (
            extension::key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN),
            "2.5.29.15",
            true,
            "03020106",
        ),
        (
            extension::extended_key_usage(&purposes, false),
            "2.5.29.37",
            false,
            "301406082b0601050507030906082b06010505070302",
        ),
        (
            extension::extended_key_usage(&purposes[..1], true),
            "2.5.29.37",
            true,
            "300a06082b06010505070309",
        ),
        (
            extension::authority_key_id(&[7; 4]),
            "2.5.29.35",
            false,
            "3006800407070707",
        ),
        (
            extension::crl_distribution_points(&url("u:c")),
            "2.5.29.31",
            false,
            "300b3009a007a0058603753a63",
        ),
        (
            extension::authority_info_access(&url("u:o"), &url("u:i")),
            "1.3.6.1.5.5.7.1.1",
            false,
            "3022300f06082b060105050730018603753a6f300f06082b060105050730028603753a69",
        ),
        (
            extension::certificate_policies(&[oid("1.2.156.1"), oid("1.2.156.2")], Some("u:p")),
            "2.5.29.32",
            false,
            "30233019 06042a811c01 3011300f 06082b06010505070201 1603753a70 300606042a811c02",
        ),
        (
            extension::subject_alt_names(&names),
            "2.5.29.17",
            false,
            "302882046 12e636e 87040a240114 871020010db8000000000000000000000001 8103614062 8603753a78",
        ),
        (
            extension::ocsp_nocheck(),
            "1.3.6.1.5.5.7.48.1.5",
            false,
            "0500",
        ),
        (
            extension::organization_code("11370000004509186Q"),
            "1.2.156.10260.4.1.4",
            false,
            "13123131333730303030303034353039313836 51",
        ),
    ] {
        assert_eq!(extension.oid, oid(which));
        assert_eq!(extension.critical, critical, "{which}");
        assert_eq!(
            hex::encode(&extension.value),
            value.replace(' ', ""),
            "{which}"
        );
        carrying(vec![extension]).unwrap();
    }
}

#[test]
fn the_key_identifier_is_sha_1_of_the_point() {
    // The root key of the samples, as OpenSSL prints its identifier.
    let d =
        hex::decode("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8").unwrap();
    let key = PrivateKey::from_bytes(&d.try_into().unwrap()).unwrap();
    let id = "f9e251614c2f0e9e80913ffda308e47c01a241b4";
    assert_eq!(
        hex::encode(extension::key_identifier(&key.public_key().into())),
        id
    );
    assert_eq!(
        hex::encode(extension::subject_key_id(&key.public_key().into()).value),
        format!("0414{id}")
    );
}

#[test]
fn getters_give_back_what_was_written() {
    let names = [
        GeneralName::Dns("portal.jinan.gov.cn".to_owned()),
        GeneralName::Ip("10.36.1.20".parse().unwrap()),
    ];
    let certificate = carrying(vec![
        extension::basic_constraints_ca(Some(1)),
        extension::extended_key_usage(&[oid("1.3.6.1.5.5.7.3.1")], false),
        extension::subject_alt_names(&names),
        extension::authority_info_access(&url("http://o/"), &url("http://i/ca.cer")),
        extension::crl_distribution_points(&["http://c/1".to_owned(), "http://c/2".to_owned()]),
        extension::organization_code("11370000004509186Q"),
    ])
    .unwrap();
    assert_eq!(
        certificate.basic_constraints().map(|b| (b.ca, b.path_len)),
        Some((true, Some(1)))
    );
    assert_eq!(certificate.extended_key_usage(), [oid("1.3.6.1.5.5.7.3.1")]);
    assert_eq!(
        certificate.subject_alt_names(),
        ["DNS:portal.jinan.gov.cn", "IP:10.36.1.20"]
    );
    assert_eq!(certificate.ocsp_urls(), ["http://o/"]);
    assert_eq!(certificate.ca_issuers(), ["http://i/ca.cer"]);
    assert_eq!(
        certificate.crl_distribution_points(),
        ["http://c/1", "http://c/2"]
    );
    assert_eq!(certificate.organization_code(), Some("11370000004509186Q"));
    assert_eq!(
        (
            certificate.key_usage(),
            certificate.subject_key_id(),
            certificate.authority_key_id()
        ),
        (None, None, None)
    );
}

#[test]
fn a_known_extension_that_is_broken_refuses_the_certificate() {
    for (which, value) in [
        ("2.5.29.19", "3003010100"),
        ("2.5.29.19", "3003020100"),
        ("2.5.29.19", "30060101ff0201ff"),
        ("2.5.29.19", "30070101ff02020100"),
        ("2.5.29.19", "30030101ff00"),
        ("2.5.29.19", "30050101ff0500"),
        ("2.5.29.15", "030200"),
        ("2.5.29.37", "3000"),
        ("2.5.29.37", "30020600"),
        ("2.5.29.14", "0400"),
        ("2.5.29.14", "0101ff"),
        ("2.5.29.35", "30028000"),
        ("2.5.29.35", "3003810101"),
        ("2.5.29.35", "0400"),
        ("2.5.29.17", "3000"),
        ("2.5.29.17", "30028200"),
        ("2.5.29.17", "3003820180"),
        ("2.5.29.17", "3005820361000a"),
        ("2.5.29.17", "30058703010203"),
        ("2.5.29.17", "30028900"),
        ("2.5.29.31", "3000"),
        ("2.5.29.31", "300b3009a007a105860361626300"),
        ("2.5.29.31", "300b3009a007a1058603616263"),
        ("1.3.6.1.5.5.7.1.1", "3000"),
        ("1.3.6.1.5.5.7.1.1", "300c300a06082b06010505073001"),
        ("2.5.29.32", "3000"),
        (
            "2.5.29.32",
            "30193017 06042a811c01 300f300d 06082b06010505070201 0c0161",
        ),
        ("1.3.6.1.5.5.7.48.1.5", "0501"),
        ("1.3.6.1.5.5.7.48.1.5", ""),
        ("1.2.156.10260.4.1.4", "0c0131"),
        ("1.2.156.10260.4.1.4", "13013c"),
    ] {
        let value = hex::decode(value.replace(' ', "")).unwrap();
        let broken = Extension {
            oid: oid(which),
            critical: false,
            value,
        };
        let shown = describe(&broken);
        assert_eq!(
            shown,
            hex::encode(&broken.value),
            "what is not understood is shown in hex"
        );
        assert!(carrying(vec![broken]).is_err(), "{which} {shown}");
    }
}

#[test]
fn an_unknown_extension_is_kept_as_it_is() {
    let unknown = Extension {
        oid: oid("1.2.156.112570.11.205"),
        critical: false,
        value: b"anything".to_vec(),
    };
    let certificate = carrying(vec![unknown.clone()]).unwrap();
    assert_eq!(certificate.extension(&unknown.oid), Some(&unknown));
    assert_eq!(certificate.extension(&oid("2.5.29.15")), None);
}

#[test]
fn people_read_names_and_values() {
    let purposes = [oid("1.3.6.1.5.5.7.3.9"), oid("1.2.3.4")];
    let names = [
        GeneralName::Dns("a.cn".to_owned()),
        GeneralName::Email("a@b".to_owned()),
    ];
    for (extension, name, value) in [
        (
            extension::basic_constraints_ca(Some(0)),
            "basicConstraints",
            "CA, pathLen 0",
        ),
        (
            extension::basic_constraints_ca(None),
            "basicConstraints",
            "CA",
        ),
        (
            extension::key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN),
            "keyUsage",
            "keyCertSign, cRLSign",
        ),
        (
            extension::extended_key_usage(&purposes, false),
            "extKeyUsage",
            "OCSPSigning, 1.2.3.4",
        ),
        (
            extension::authority_key_id(&[0xAB; 3]),
            "authorityKeyIdentifier",
            "ababab",
        ),
        (
            extension::crl_distribution_points(&url("http://c/")),
            "cRLDistributionPoints",
            "http://c/",
        ),
        (
            extension::authority_info_access(&url("http://o/"), &url("http://i/")),
            "authorityInfoAccess",
            "OCSP http://o/, caIssuers http://i/",
        ),
        (
            extension::certificate_policies(&[oid("1.2.3")], Some("http://p/")),
            "certificatePolicies",
            "1.2.3 (CPS http://p/)",
        ),
        (
            extension::subject_alt_names(&names),
            "subjectAltName",
            "DNS:a.cn, email:a@b",
        ),
        (
            extension::organization_code("11370000004509186Q"),
            "OrganizationCode",
            "11370000004509186Q",
        ),
        (
            Extension {
                oid: oid("2.5.29.19"),
                critical: true,
                value: vec![0x30, 0],
            },
            "basicConstraints",
            "no CA",
        ),
    ] {
        assert_eq!(extension_name(&extension.oid), Some(name));
        assert_eq!(describe(&extension), value);
    }
    assert_eq!(
        extension_name(&ObjectIdentifier::new_unwrap("1.2.3.4")),
        None
    );
    assert_eq!(
        describe(&Extension {
            oid: oid("1.2.3.4"),
            critical: false,
            value: vec![1, 0xAB]
        }),
        "01ab"
    );
}
