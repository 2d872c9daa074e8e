//! OpenSSL on our certificates and CRLs; and its certificates against our builder, byte for byte.

use sm_engine::key::Algorithm;
use x509::certificate::{Certificate, TbsCertificate};
use x509::crl::{Crl, CrlEntry, RevocationReason};
use x509::extension::{self, GeneralName, KeyUsage};
use x509::name::NameBuilder;

use crate::hierarchy::{Draft, NOW, Party, oid};
use crate::judge::{DISTID, Judge};

/// `verify` of one link at the moment of the tests.
fn verify(trusted: &str, leaf: &str) -> String {
    format!(
        "verify -partial_chain -attime {} -vfyopt {DISTID} -trusted {trusted} {leaf}",
        NOW.0
    )
}

#[test]
fn every_link_of_a_chain_verifies_and_no_other() {
    let root = Party::root("测试根");
    let middle = root.issue(Draft::authority("省级", Some(1)));
    let issuing = middle.issue(Draft::authority("济南", Some(0)));
    let leaf = issuing.issue(Draft::staff());
    let judge = Judge::new();
    for (file, party) in [
        ("root", &root),
        ("middle", &middle),
        ("issuing", &issuing),
        ("leaf", &leaf),
    ] {
        judge.write(file, party.certificate.to_pem().as_bytes());
    }
    for (trusted, subject) in [
        ("root", "middle"),
        ("middle", "issuing"),
        ("issuing", "leaf"),
    ] {
        assert!(judge.ok(&verify(trusted, subject)).contains(": OK"));
    }
    for (trusted, subject) in [("root", "issuing"), ("middle", "leaf"), ("root", "leaf")] {
        judge.refuses(&verify(trusted, subject));
    }
    let impostor = Party::root("济南");
    judge.write("impostor", impostor.certificate.to_pem().as_bytes());
    judge.refuses(&verify("impostor", "leaf"));
    // Same key, same name, one bit of the signed bytes.
    let mut der = leaf.certificate.der().to_vec();
    let position = der
        .windows(3)
        .position(|window| window == "陈".as_bytes())
        .unwrap();
    der[position..position + 3].copy_from_slice("张".as_bytes());
    judge.write(
        "tampered",
        Certificate::from_der(&der).unwrap().to_pem().as_bytes(),
    );
    assert!(
        judge
            .refuses(&verify("issuing", "tampered"))
            .contains("certificate signature failure")
    );
}

#[test]
fn it_reads_what_we_wrote() {
    let root = Party::root("测试根");
    let urls = |text: &str| vec![text.to_owned()];
    let purposes = [oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.9")];
    let names = [
        GeneralName::Dns("portal.jinan.gov.cn".to_owned()),
        GeneralName::Ip([10, 36, 1, 20].into()),
    ];
    let draft = Draft::staff()
        .with(extension::extended_key_usage(&purposes, true))
        .with(extension::subject_alt_names(&names))
        .with(extension::crl_distribution_points(&urls(
            "http://crl.example.gov.cn/1.crl",
        )))
        .with(extension::authority_info_access(
            &urls("http://ocsp.example.gov.cn/"),
            &urls("http://ca.example.gov.cn/1.cer"),
        ))
        .with(extension::certificate_policies(
            &[oid("1.2.156.999.1")],
            Some("http://cps.example.gov.cn/"),
        ))
        .with(extension::ocsp_nocheck())
        .with(extension::organization_code("11370000004509186Q"));
    let leaf = root.issue(draft).certificate;
    let judge = Judge::new();
    judge.write("leaf.der", leaf.der());
    let text = judge
        .ok("x509 -inform DER -in leaf.der -noout -text -nameopt utf8,sep_comma_plus_space,sname");
    let key_id = |id: &[u8]| {
        id.iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(":")
    };
    for expected in [
        "Version: 3 (0x2)",
        "Signature Algorithm: SM2-with-SM3",
        "Issuer: C=CN, ST=山东省, O=测试, CN=测试根",
        "Subject: C=CN, ST=山东省, O=测试, CN=陈思齐",
        "Not Before: Nov 17 12:00:00 2026 GMT",
        "Not After : Nov 18 12:00:00 2027 GMT",
        "ASN1 OID: SM2",
        "X509v3 Key Usage: critical",
        "Digital Signature, Non Repudiation",
        "X509v3 Extended Key Usage: critical",
        "TLS Web Server Authentication, OCSP Signing",
        "DNS:portal.jinan.gov.cn, IP Address:10.36.1.20",
        "URI:http://crl.example.gov.cn/1.crl",
        "OCSP - URI:http://ocsp.example.gov.cn/",
        "CA Issuers - URI:http://ca.example.gov.cn/1.cer",
        "Policy: 1.2.156.999.1",
        "CPS: http://cps.example.gov.cn/",
        "OCSP No Check:",
        "..11370000004509186Q",
        &key_id(leaf.subject_key_id().unwrap()),
        &key_id(leaf.authority_key_id().unwrap()),
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    judge.write("root.der", root.certificate.der());
    let text = judge.ok("x509 -inform DER -in root.der -noout -text");
    assert!(
        text.contains("X509v3 Basic Constraints: critical\n                CA:TRUE\n"),
        "{text}"
    );
    assert!(text.contains("Certificate Sign, CRL Sign"), "{text}");
}

/// OpenSSL issues by a configuration file; our builder, given the same profile, writes the same bytes.
#[test]
fn the_same_profile_gives_the_same_bytes() {
    let judge = Judge::new();
    let configuration = "\
[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\nx509_extensions=root\n\
[dn]\nC=CN\nST=山东省\nL=济南市\nO=山东省大数据局\nOU=测试\nCN=测试根\nserialNumber=R-1\n\
[root]\nbasicConstraints=critical,CA:TRUE,pathlen:2\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=db\nserial=serial\ndefault_md=sm3\npolicy=p\nx509_extensions=leaf\nunique_subject=no\nemail_in_dn=no\n\
[p]\ncountryName=supplied\nstateOrProvinceName=supplied\norganizationName=supplied\ncommonName=supplied\n\
[leaf]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth,emailProtection\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n\
crlDistributionPoints=URI:http://c.cn/1.crl\nauthorityInfoAccess=OCSP;URI:http://o.cn/,caIssuers;URI:http://i.cn/1.cer\n\
certificatePolicies=@pol\nsubjectAltName=DNS:a.cn,IP:10.0.0.1,IP:2001:db8::1,email:a@b.cn\nnoCheck=ignored\n\
[pol]\npolicyIdentifier=1.2.156.999.1\nCPS.1=http://cps.cn/\n";
    judge.write("conf", configuration.as_bytes());
    judge.write("db", b"");
    judge.write("serial", b"0A0B0C0D0E0F01020304050607080910\n");
    judge.ok("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out root.key");
    judge.ok("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out leaf.key");
    judge.ok(&format!("req -config conf -x509 -new -key root.key -sm3 -sigopt {DISTID} -days 7300 -set_serial 0x7f01 -out root.pem"));
    judge.ok(&format!(
        "req -config conf -new -key leaf.key -sm3 -sigopt {DISTID} -out leaf.csr"
    ));
    judge.ok(&format!(
        "ca -config conf -batch -notext -utf8 -in leaf.csr -cert root.pem -keyfile root.key -vfyopt {DISTID} -sigopt {DISTID} -startdate 20490101000000Z -enddate 20510101000000Z -out leaf.pem"
    ));

    let root = Certificate::from_pem_or_der(&judge.read("root.pem")).unwrap();
    let leaf = Certificate::from_pem_or_der(&judge.read("leaf.pem")).unwrap();
    root.verify_signature(root.public_key()).unwrap();
    leaf.verify_signature(root.public_key()).unwrap();

    let some = |text: &str| Some(text.to_owned());
    let subject = NameBuilder {
        country: some("CN"),
        state: some("山东省"),
        locality: some("济南市"),
        organization: some("山东省大数据局"),
        organizational_unit: some("测试"),
        common_name: some("测试根"),
        serial_number: some("R-1"),
    };
    let ours = TbsCertificate {
        signature_algorithm: Algorithm::Sm2Sm3,
        serial: "7f01".parse().unwrap(),
        issuer: subject.build().unwrap(),
        not_before: root.not_before(),
        not_after: root.not_after(),
        subject: subject.build().unwrap(),
        public_key: root.public_key().clone(),
        extensions: vec![
            extension::basic_constraints_ca(Some(2)),
            extension::key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN),
            extension::subject_key_id(root.public_key()),
        ],
    };
    assert_eq!(hex::encode(ours.to_der().unwrap()), hex::encode(root.tbs()));

    let leaf_subject = NameBuilder {
        locality: None,
        organizational_unit: None,
        serial_number: None,
        ..subject
    };
    let urls = |text: &str| vec![text.to_owned()];
    let names = [
        GeneralName::Dns("a.cn".to_owned()),
        GeneralName::Ip("10.0.0.1".parse().unwrap()),
        GeneralName::Ip("2001:db8::1".parse().unwrap()),
        GeneralName::Email("a@b.cn".to_owned()),
    ];
    let ours = TbsCertificate {
        signature_algorithm: Algorithm::Sm2Sm3,
        serial: "0A0B0C0D0E0F01020304050607080910".parse().unwrap(),
        issuer: root.subject().clone(),
        not_before: "2049-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2051-01-01T00:00:00Z".parse().unwrap(),
        subject: leaf_subject.build().unwrap(),
        public_key: leaf.public_key().clone(),
        extensions: vec![
            extension::key_usage(KeyUsage::DIGITAL_SIGNATURE),
            extension::extended_key_usage(
                &[oid("1.3.6.1.5.5.7.3.2"), oid("1.3.6.1.5.5.7.3.4")],
                false,
            ),
            extension::subject_key_id(leaf.public_key()),
            extension::authority_key_id(root.subject_key_id().unwrap()),
            extension::crl_distribution_points(&urls("http://c.cn/1.crl")),
            extension::authority_info_access(&urls("http://o.cn/"), &urls("http://i.cn/1.cer")),
            extension::certificate_policies(&[oid("1.2.156.999.1")], Some("http://cps.cn/")),
            extension::subject_alt_names(&names),
            extension::ocsp_nocheck(),
        ],
    };
    assert_eq!(hex::encode(ours.to_der().unwrap()), hex::encode(leaf.tbs()));
}

#[test]
fn it_reads_our_lists() {
    let root = Party::root("测试根");
    let issuing = root.issue(Draft::authority("济南", Some(0)));
    let entry = |serial: &str, reason| CrlEntry {
        serial: serial.parse().unwrap(),
        revoked_at: NOW.plus_days(-2),
        reason,
    };
    let der = issuing.crl(
        4711,
        vec![
            entry("ff01", RevocationReason::KeyCompromise),
            entry("0a", RevocationReason::CertificateHold),
            entry("0b", RevocationReason::Unspecified),
        ],
    );
    let judge = Judge::new();
    judge.write("full.crl", &der);
    judge.write("empty.crl", &issuing.crl(1, Vec::new()));
    let text = judge
        .ok("crl -inform DER -in full.crl -noout -text -nameopt utf8,sep_comma_plus_space,sname");
    let key_id = |id: &[u8]| {
        id.iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(":")
    };
    for expected in [
        "Version 2 (0x1)",
        "Signature Algorithm: SM2-with-SM3",
        "Issuer: C=CN, ST=山东省, O=测试, CN=济南",
        "Last Update: Nov 18 12:00:00 2026 GMT",
        "Next Update: Nov 19 12:00:00 2026 GMT",
        &format!(
            "Authority Key Identifier: \n                {}",
            key_id(issuing.certificate.subject_key_id().unwrap())
        ),
        "X509v3 CRL Number: \n                4711",
        "Serial Number: 0A\n        Revocation Date: Nov 16 12:00:00 2026 GMT\n        CRL entry extensions:\n            X509v3 CRL Reason Code: \n                Certificate Hold",
        "Serial Number: 0B\n        Revocation Date: Nov 16 12:00:00 2026 GMT\n    Serial Number: FF01",
        "Key Compromise",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains(&key_id(issuing.certificate.authority_key_id().unwrap())));
    assert!(
        judge
            .ok("crl -inform DER -in empty.crl -noout -text")
            .contains("No Revoked Certificates.")
    );

    // The signature, over the bytes that OpenSSL itself cuts out of the list.
    judge.write("issuing.pem", issuing.certificate.to_pem().as_bytes());
    let key = judge.ok("x509 -in issuing.pem -noout -pubkey");
    judge.write("issuing.pub", key.as_bytes());
    judge.ok("asn1parse -inform DER -in full.crl -strparse 4 -noout -out tbs");
    let parse = judge.ok("asn1parse -inform DER -in full.crl");
    let offset = parse
        .lines()
        .last()
        .unwrap()
        .split(':')
        .next()
        .unwrap()
        .trim()
        .to_owned();
    judge.ok(&format!(
        "asn1parse -inform DER -in full.crl -strparse {offset} -noout -out signature"
    ));
    let verify = format!("dgst -sm3 -verify issuing.pub -sigopt {DISTID} -signature signature tbs");
    assert!(judge.ok(&verify).contains("Verified OK"));
    judge.write("tbs", &[judge.read("tbs"), vec![0]].concat());
    judge.refuses(&verify);
}

/// OpenSSL looks for the list of a leaf by the issuer's key identifier: what the wrong one breaks.
#[test]
fn it_finds_the_list_of_an_intermediate() {
    let issuing = Party::root("测试根").issue(Draft::authority("济南", Some(0)));
    let right = Crl::from_der(&issuing.crl(1, Vec::new())).unwrap();
    let mut builder = issuing.crl_builder(1);
    builder.authority_key_id = issuing.certificate.authority_key_id().unwrap().to_vec();
    let tbs = builder.to_tbs_der(&[]).unwrap();
    let wrong = x509::crl::assemble_crl(&tbs, &crate::hierarchy::sign(&issuing.key, &tbs));
    let judge = Judge::new();
    judge.write("issuing.pem", issuing.certificate.to_pem().as_bytes());
    judge.write(
        "leaf.pem",
        issuing
            .issue(Draft::staff())
            .certificate
            .to_pem()
            .as_bytes(),
    );
    judge.write("right.crl", right.der());
    judge.write("wrong.crl", &wrong);
    judge.ok("crl -inform DER -in right.crl -out right.pem");
    judge.ok("crl -inform DER -in wrong.crl -out wrong.pem");
    let check = |list: &str| {
        let arguments = verify("issuing.pem", "leaf.pem")
            .replace("-trusted", &format!("-crl_check -CRLfile {list} -trusted"));
        judge.refuses(&arguments)
    };
    // The right one is found; OpenSSL 3.0 then stumbles over its signature, having no identifier for lists.
    assert!(
        check("right.pem").contains("CRL signature failure"),
        "{}",
        check("right.pem")
    );
    assert!(
        check("wrong.pem").contains("unable to get certificate CRL"),
        "{}",
        check("wrong.pem")
    );
}
