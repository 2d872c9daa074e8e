//! One test for each lint about certificates, of the same name: a golden certificate, one change, the finding.

use policy::lint;
use x509::extension::{self, GeneralName, KeyUsage};

use crate::draft::{Attribute, Draft, PRINTABLE, UTF8, algorithm, oid, sequence, time, tlv};
use crate::golden::{hierarchy, rsa};

const KEY_USAGE: &str = "2.5.29.15";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const SUBJECT_KEY_ID: &str = "2.5.29.14";
const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const POLICIES: &str = "2.5.29.32";
const CRL_POINTS: &str = "2.5.29.31";
const INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const ORGANIZATION_CODE: &str = "1.2.156.10260.4.1.4";
const NOCHECK: &str = "1.3.6.1.5.5.7.48.1.5";
const COMMON_NAME: &str = "2.5.4.3";

/// Applies one change to a golden certificate and expects the lint among the findings.
fn fires(name: &str, profile: &str, change: impl FnOnce(&mut Draft)) {
    let mut draft = Draft::of(profile);
    change(&mut draft);
    let findings = draft.findings();
    let found = findings.iter().find(|finding| finding.lint == name);
    let found = found.unwrap_or_else(|| panic!("{name} is silent on {profile}: {findings:?}"));
    let known = lint::all().iter().find(|lint| lint.name == name).unwrap();
    assert_eq!(found.source, known.source);
    assert!(!found.what.is_empty());
}

macro_rules! lint_tests {
    ($($name:ident { $($profile:literal: $change:expr;)+ })+) => {
        $(#[test]
        fn $name() {
            $(fires(stringify!($name), $profile, $change);)+
        })+

        #[test]
        fn every_lint_has_its_test() {
            let mut tested = vec![$(stringify!($name)),+];
            let mut known: Vec<_> = lint::all().iter().map(|lint| lint.name).collect();
            tested.sort_unstable();
            known.sort_unstable();
            assert_eq!(tested, known);
            known.dedup();
            assert_eq!(known.len(), lint::all().len(), "names are distinct");
            assert!(lint::all().iter().all(|lint| !lint.source.is_empty()));
        }
    };
}

fn usage(draft: &mut Draft, usage: KeyUsage) {
    draft.extension(KEY_USAGE).value = extension::key_usage(usage).value;
}

fn names(draft: &mut Draft, names: &[GeneralName]) {
    draft.extension(SUBJECT_ALT_NAME).value = extension::subject_alt_names(names).value;
}

fn dns(name: &str) -> GeneralName {
    GeneralName::Dns(name.to_owned())
}

lint_tests! {
    version_3 {
        "device": |draft| draft.version = Vec::new();
        "device": |draft| draft.version = tlv(0xA0, &tlv(0x02, &[1]));
    }
    serial_positive {
        "device": |draft| draft.serial = vec![0x80; 16];
        "device": |draft| draft.serial = vec![0];
        "device": |draft| draft.serial = Vec::new();
    }
    serial_at_most_20_octets {
        "device": |draft| draft.serial = vec![0x2A; 21];
    }
    serial_at_least_64_bits {
        "device": |draft| draft.serial = vec![0x2A; 7];
        "device": |draft| draft.serial = vec![0, 0x80, 1, 1, 1, 1, 1, 1];
    }
    signature_algorithm_fits_issuer {
        "device": |draft| draft.inner_algorithm = algorithm("1.2.156.10197.1.501", &[0x05, 0x00]);
        "device": |draft| draft.inner_algorithm = algorithm("1.2.840.10045.4.3.2", &[]);
        "device-compat": |draft| draft.inner_algorithm = algorithm("1.2.156.10197.1.501", &[]);
        "device-compat": |draft| draft.inner_algorithm = algorithm("1.2.840.10045.4.3.2", &[0x05, 0x00]);
        "device-compat": |draft| draft.inner_algorithm = algorithm("1.2.840.113549.1.1.11", &[0x05, 0x00]);
    }
    signature_algorithms_equal {
        "device": |draft| draft.outer_algorithm = algorithm("1.2.156.10197.1.501", &[0x05, 0x00]);
    }
    no_unique_identifiers {
        "device": |draft| draft.unique_ids = tlv(0x81, &[0, 1]);
        "device": |draft| draft.unique_ids = tlv(0x82, &[0, 1]);
    }

    key_algorithm_fits_issuer {
        "device": |draft| draft.key = replace(&draft.key, oid("1.2.156.10197.1.301").as_bytes(), oid("1.2.840.10045.3.1.7").as_bytes());
        "device": |draft| draft.key = replace(&draft.key, oid("1.2.840.10045.2.1").as_bytes(), oid("1.2.840.10045.2.2").as_bytes());
        "device": |draft| draft.key = x509::key_info(&rsa());
        "device-compat": |draft| draft.key = Draft::of("device").key;
        // Another OID below pkcs-1.
        "device-compat": |draft| draft.key = replace(&x509::key_info(&rsa()), &[0x01, 0x01, 0x05, 0x00], &[0x01, 0x02, 0x05, 0x00]);
    }
    key_algorithm_fits_profile {
        "device": |draft| draft.key = Draft::of("device-compat").key;
        "device": |draft| draft.key = x509::key_info(&rsa());
        "device-compat": |draft| draft.key = Draft::of("device").key;
        "staff-signing": |draft| draft.key = Draft::of("device-compat").key;
    }
    key_value_valid {
        "device": |draft| *draft.key.last_mut().unwrap() ^= 1;
        "device": |draft| draft.key = replace(&draft.key, &[0x03, 0x42, 0x00, 0x04], &[0x03, 0x42, 0x00, 0x06]);
        "device": |draft| draft.key = replace(&draft.key, &[0x03, 0x42, 0x00, 0x04], &[0x03, 0x42, 0x01, 0x04]);
        "device-compat": |draft| *draft.key.last_mut().unwrap() ^= 1;
        // An even exponent.
        "device-compat": |draft| draft.key = replace(&x509::key_info(&rsa()), &[0x02, 0x03, 0x01, 0x00, 0x01], &[0x02, 0x03, 0x01, 0x00, 0x02]);
    }
    key_differs_from_issuers {
        "device-compat": |draft| draft.key = hierarchy().compat.spki_der().to_vec();
        "device": |draft| draft.key = hierarchy().issuing.spki_der().to_vec();
    }

    issuer_is_issuers_subject {
        "device": |draft| draft.issuer = hierarchy().root.subject().der().to_vec();
        // Equal in the sense of RFC 5280 §7.1, but other bytes.
        "issuing-ca": |draft| draft.issuer = replace(&draft.issuer, b" SM2 ", b" sm2 ");
        "device": |draft| draft.issuer_certificate = Some(hierarchy().root.clone());
    }
    root_is_self_issued {
        "root": |draft| draft.issuer = hierarchy().issuing.subject().der().to_vec();
    }
    subject_in_order {
        "device": |draft| draft.subject.swap(0, 1);
        "device": |draft| draft.subject.reverse();
        "device": |draft| { let twice = draft.attribute(COMMON_NAME).clone(); draft.subject.push(twice); };
        "device": |draft| draft.subject.push(attribute("1.2.840.113549.1.9.1", 0x16, "a@b.cn"));
        "device": |draft| draft.attribute(COMMON_NAME).oid = oid("0.9.2342.19200300.100.1.25");
    }
    subject_single_valued {
        "device": |draft| draft.attribute(COMMON_NAME).joined = true;
    }
    subject_country_and_state_of_profile {
        "device": |draft| draft.attribute("2.5.4.6").value = b"cn".to_vec();
        "device": |draft| draft.attribute("2.5.4.6").value = b"US".to_vec();
        "device": |draft| draft.attribute("2.5.4.8").value = "江苏省".as_bytes().to_vec();
        "device": |draft| { draft.subject.remove(0); };
    }
    subject_complete {
        "device": |draft| draft.subject.retain(|attribute| attribute.oid != oid(COMMON_NAME));
        "staff-signing": |draft| draft.subject.retain(|attribute| attribute.oid != oid("2.5.4.10"));
    }
    subject_string_types {
        "device": |draft| draft.attribute("2.5.4.6").tag = UTF8;
        "device": |draft| draft.attribute(COMMON_NAME).tag = PRINTABLE;
        "device": |draft| draft.attribute("2.5.4.10").tag = 0x14;
        "staff-signing": |draft| draft.attribute("2.5.4.5").tag = UTF8;
        "staff-signing": |draft| draft.attribute("2.5.4.5").value = b"P_1".to_vec();
    }
    subject_within_bounds {
        "device": |draft| draft.attribute("2.5.4.10").value = "厅".repeat(65).into_bytes();
        "device": |draft| draft.attribute("2.5.4.7").value = "市".repeat(129).into_bytes();
        "device": |draft| draft.attribute("2.5.4.10").value = Vec::new();
        "device": |draft| draft.attribute("2.5.4.10").value = vec![0xFF];
    }
    subject_visible_characters {
        "staff-signing": |draft| draft.attribute(COMMON_NAME).value = "陈\u{202E}齐思".into();
        "staff-signing": |draft| draft.attribute(COMMON_NAME).value = "陈\0".into();
        "staff-signing": |draft| draft.attribute(COMMON_NAME).value = "陈\n".into();
        "staff-signing": |draft| draft.attribute(COMMON_NAME).value = "<script>".into();
        "staff-signing": |draft| draft.attribute(COMMON_NAME).value = " 陈思齐".into();
        "staff-signing": |draft| draft.attribute(COMMON_NAME).value = "陈\u{200B}".into();
    }
    subject_without_identity_number {
        "staff-signing": |draft| draft.attribute("2.5.4.5").value = b"379902199003070018".to_vec();
        "staff-signing": |draft| draft.attribute("2.5.4.11").value = "国库处11010519491231002x".into();
    }

    validity_in_order {
        "device": |draft| std::mem::swap(&mut draft.not_before, &mut draft.not_after);
        "device": |draft| draft.not_after.clone_from(&draft.not_before);
    }
    validity_within_profile {
        // 365 days and the famous extra second.
        "device": |draft| draft.not_after = time("2027-11-23T00:00:00Z");
    }
    validity_within_issuers {
        "device": |draft| draft.not_after = time("2042-01-01T00:00:00Z");
        "issuing-ca": |draft| draft.not_after = time("2056-01-01T00:00:00Z");
    }
    validity_encoding {
        "device": |draft| draft.not_before = tlv(0x18, b"20261123000000Z");
        "device": |draft| draft.not_after = tlv(0x18, b"20491231235959Z");
        "device": |draft| draft.not_after = tlv(0x18, b"20501231235959.0Z");
        "device": |draft| draft.not_before = tlv(0x17, b"2611230000Z");
        "device": |draft| draft.not_before = tlv(0x17, b"261123000000+0800");
        "device": |draft| draft.not_before = tlv(0x17, b"261323000000Z");
    }

    key_usage_critical {
        "device": |draft| draft.extension(KEY_USAGE).critical = false;
        "device": |draft| draft.remove(KEY_USAGE);
    }
    key_usage_equals_profile {
        "device": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION);
        "staff-signing": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE);
        // The right bit with a trailing zero bit: not DER.
        "device": |draft| draft.extension(KEY_USAGE).value = vec![0x03, 0x02, 0x06, 0x80];
    }
    signing_key_does_not_encipher {
        "staff-signing": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT);
        "device": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::DATA_ENCIPHERMENT);
        "officer": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT);
        "root": |draft| usage(draft, KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN | KeyUsage::KEY_ENCIPHERMENT);
        "device": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::DECIPHER_ONLY);
    }
    encryption_key_does_not_sign {
        "staff-encryption": |draft| usage(draft, KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT | KeyUsage::DIGITAL_SIGNATURE);
        "department-encryption": |draft| usage(draft, KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT | KeyUsage::NON_REPUDIATION);
    }
    encryption_key_enciphers {
        "staff-encryption": |draft| usage(draft, KeyUsage::KEY_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT);
        "department-encryption": |draft| usage(draft, KeyUsage::DATA_ENCIPHERMENT);
    }
    authority_signs_certificates_and_crls {
        "root": |draft| usage(draft, KeyUsage::KEY_CERT_SIGN);
        "issuing-ca": |draft| usage(draft, KeyUsage::CRL_SIGN);
        "issuing-ca": |draft| usage(draft, KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN | KeyUsage::DIGITAL_SIGNATURE);
    }
    only_authorities_sign_certificates {
        "device": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN);
        "ocsp-responder": |draft| usage(draft, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::CRL_SIGN);
    }
    basic_constraints_authority {
        "root": |draft| draft.remove(BASIC_CONSTRAINTS);
        "issuing-ca": |draft| draft.extension(BASIC_CONSTRAINTS).critical = false;
        "issuing-ca": |draft| draft.extension(BASIC_CONSTRAINTS).value = sequence(&[]);
        "issuing-ca": |draft| draft.extension(BASIC_CONSTRAINTS).value = sequence(&[tlv(0x01, &[0x01]), tlv(0x02, &[0])]);
    }
    basic_constraints_absent_in_end_entity {
        "device": |draft| draft.add(BASIC_CONSTRAINTS, true, sequence(&[]));
        "staff-signing": |draft| draft.add(BASIC_CONSTRAINTS, true, extension::basic_constraints_ca(None).value);
    }
    path_length_equals_profile {
        "issuing-ca": |draft| draft.extension(BASIC_CONSTRAINTS).value = extension::basic_constraints_ca(Some(1)).value;
        "issuing-ca": |draft| draft.extension(BASIC_CONSTRAINTS).value = extension::basic_constraints_ca(None).value;
        "root": |draft| draft.extension(BASIC_CONSTRAINTS).value = extension::basic_constraints_ca(Some(1)).value;
    }
    path_length_below_issuers {
        // Its issuer has pathLen 0 and may not certify authorities.
        "issuing-ca": |draft| draft.issuer_certificate = Some(hierarchy().issuing.clone());
    }
    issuer_is_authority {
        "device": |draft| draft.issuer_certificate = Some(hierarchy().certificate("staff-signing"));
        "root": |draft| usage(draft, KeyUsage::CRL_SIGN);
    }
    extended_key_usage_equals_profile {
        "device": |draft| draft.extension(EXTENDED_KEY_USAGE).value = extension::extended_key_usage(&[oid("1.3.6.1.5.5.7.3.1")], false).value;
        "device": |draft| draft.remove(EXTENDED_KEY_USAGE);
        "device": |draft| draft.extension(EXTENDED_KEY_USAGE).critical = true;
        "department-signing": |draft| draft.add(EXTENDED_KEY_USAGE, false, sequence(&[]));
    }
    responder_for_ocsp_only {
        "ocsp-responder": |draft| draft.remove(EXTENDED_KEY_USAGE);
        "ocsp-responder": |draft| draft.extension(EXTENDED_KEY_USAGE).value = extension::extended_key_usage(&[oid("1.3.6.1.5.5.7.3.9"), oid("1.3.6.1.5.5.7.3.1")], false).value;
    }
    responder_short_lived {
        "ocsp-responder": |draft| draft.not_after = time("2027-02-24T00:00:00Z");
    }

    subject_key_id_is_sha1_of_key {
        "device": |draft| draft.remove(SUBJECT_KEY_ID);
        "device": |draft| *draft.extension(SUBJECT_KEY_ID).value.last_mut().unwrap() ^= 1;
        "device": |draft| draft.key = hierarchy().root.spki_der().to_vec();
    }
    authority_key_id_is_issuers {
        "device": |draft| draft.remove(AUTHORITY_KEY_ID);
        "device": |draft| *draft.extension(AUTHORITY_KEY_ID).value.last_mut().unwrap() ^= 1;
        "device": |draft| draft.extension(AUTHORITY_KEY_ID).value = extension::authority_key_id(hierarchy().root.subject_key_id().unwrap()).value;
        "device": |draft| draft.extension(AUTHORITY_KEY_ID).value = sequence(&[]);
    }

    crl_distribution_point_by_http {
        "device": |draft| draft.extension(CRL_POINTS).value = extension::crl_distribution_points(&["https://crl.example.cn/a.crl".to_owned()]).value;
        "device": |draft| draft.extension(CRL_POINTS).value = extension::crl_distribution_points(&["ldap://crl.example.cn/".to_owned()]).value;
        "device": |draft| draft.extension(CRL_POINTS).value = extension::crl_distribution_points(&["http://".to_owned()]).value;
        "device": |draft| draft.extension(CRL_POINTS).value = extension::crl_distribution_points(&["http://crl example/".to_owned()]).value;
        "device": |draft| draft.extension(CRL_POINTS).value = sequence(&[]);
        // Limited to some reasons.
        "device": |draft| draft.extension(CRL_POINTS).value = sequence(&[sequence(&[
            tlv(0xA0, &tlv(0xA0, &tlv(0x86, b"http://crl.example.cn/a.crl"))), tlv(0x81, &[0x06, 0x40]),
        ])]);
    }
    crl_distribution_point_of_serial {
        "device": |draft| {
            draft.serial = vec![0x11; 16];
            draft.extension(CRL_POINTS).value = extension::crl_distribution_points(&["http://crl.example.cn/crl/jinan/0of2.crl".to_owned()]).value;
        };
        "device": |draft| {
            draft.serial = vec![0x11, 0x02];
            draft.extension(CRL_POINTS).value = extension::crl_distribution_points(&["http://crl.example.cn/crl/jinan/3of128.crl".to_owned()]).value;
        };
    }
    authority_info_access_by_http {
        "device": |draft| draft.extension(INFO_ACCESS).value = extension::authority_info_access(&["file:///etc/passwd".to_owned()], &[]).value;
        "device": |draft| draft.extension(INFO_ACCESS).value = sequence(&[]);
        "device": |draft| draft.extension(INFO_ACCESS).value = sequence(&[sequence(&[tlv(0x06, oid("1.2.3").as_bytes()), tlv(0x86, b"http://a.cn/")])]);
    }
    certificate_policies_well_formed {
        "issuing-ca": |draft| draft.extension(POLICIES).value = extension::certificate_policies(&[], None).value;
        "issuing-ca": |draft| draft.extension(POLICIES).value = extension::certificate_policies(&[oid("2.5.29.32.0")], None).value;
        "device": |draft| draft.extension(POLICIES).value = extension::certificate_policies(&[oid("1.2.3"), oid("1.2.3")], None).value;
        "device": |draft| draft.extension(POLICIES).value = vec![0x30, 0x03, 0x02, 0x01, 0x00];
    }

    extensions_not_repeated {
        "device": |draft| { let twice = draft.extension(SUBJECT_KEY_ID).clone(); draft.extensions.push(twice); };
    }
    extensions_of_profile {
        "device": |draft| draft.add("2.16.840.1.113730.1.13", false, tlv(0x16, b"comment"));
        "root": |draft| draft.add(POLICIES, false, extension::certificate_policies(&[oid("1.2.3")], None).value);
        "department-signing": |draft| draft.add(SUBJECT_ALT_NAME, false, extension::subject_alt_names(&[dns("a.cn")]).value);
        "staff-signing": |draft| draft.add(NOCHECK, false, vec![0x05, 0x00]);
    }
    extensions_required {
        "device": |draft| draft.remove(CRL_POINTS);
        "device": |draft| draft.remove(SUBJECT_ALT_NAME);
        "issuing-ca": |draft| draft.remove(POLICIES);
        "department-signing": |draft| draft.remove(ORGANIZATION_CODE);
        "ocsp-responder": |draft| draft.remove(NOCHECK);
        "root": |draft| draft.remove(SUBJECT_KEY_ID);
    }
    extensions_criticality {
        "device": |draft| draft.extension(SUBJECT_KEY_ID).critical = true;
        "device": |draft| draft.extension(AUTHORITY_KEY_ID).critical = true;
        "device": |draft| draft.extension(SUBJECT_ALT_NAME).critical = true;
        "device": |draft| draft.extension(KEY_USAGE).critical = false;
    }
    nocheck_is_null {
        "ocsp-responder": |draft| draft.extension(NOCHECK).value = Vec::new();
        "ocsp-responder": |draft| draft.remove(NOCHECK);
    }

    alternative_names_well_formed {
        "device": |draft| names(draft, &[dns("portal.jinan.example.cn"), dns("*.example.cn")]);
        "device": |draft| names(draft, &[dns("PORTAL.example.cn")]);
        "device": |draft| names(draft, &[dns("10.0.0.1")]);
        "device": |draft| names(draft, &[GeneralName::Ip("127.0.0.1".parse().unwrap())]);
        "device": |draft| names(draft, &[GeneralName::Uri("http://a.cn/".to_owned())]);
        "device": |draft| draft.extension(SUBJECT_ALT_NAME).value = sequence(&[tlv(0x87, &[10, 0, 0])]);
        "device": |draft| draft.extension(SUBJECT_ALT_NAME).value = sequence(&[tlv(0x82, "济南.cn".as_bytes())]);
        "staff-signing": |draft| names(draft, &[GeneralName::Email("a b@c.cn".to_owned())]);
        "device": |draft| names(draft, &[]);
    }
    alternative_names_of_profile {
        "device": |draft| names(draft, &[dns("portal.jinan.example.cn"), GeneralName::Email("a@b.cn".to_owned())]);
        "staff-signing": |draft| names(draft, &[dns("a.cn")]);
        "staff-signing": |draft| names(draft, &[GeneralName::Ip("10.0.0.1".parse().unwrap())]);
    }
    device_common_name_is_alternative_name {
        "device": |draft| names(draft, &[dns("www.jinan.example.cn")]);
        "device": |draft| draft.attribute(COMMON_NAME).value = b"other.example.cn".to_vec();
    }
    organization_code_valid {
        "department-signing": |draft| draft.extension(ORGANIZATION_CODE).value = extension::organization_code("11370000DEM000014X").value;
        "department-signing": |draft| draft.extension(ORGANIZATION_CODE).value = tlv(UTF8, b"11370000DEM000014W");
    }
    alternative_names_without_identity_number {
        "staff-signing": |draft| names(draft, &[GeneralName::Email("379902199003070018@example.cn".to_owned())]);
    }
}

fn attribute(text: &str, tag: u8, value: &str) -> Attribute {
    Attribute {
        oid: oid(text),
        tag,
        value: value.as_bytes().to_vec(),
        joined: false,
    }
}

/// The bytes with the one occurrence of `from` replaced; the two have one length.
fn replace(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = der
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [&der[..at], to, &der[at + from.len()..]].concat()
}
