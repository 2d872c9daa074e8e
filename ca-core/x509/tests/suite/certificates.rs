//! Certificates: what may be built, what is refused when read, what a template fixes.

use sm_engine::key::Algorithm;
use sm_engine::sm2::PrivateKey;
use x509::Error;
use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
use x509::extension::{self, Extension, KeyUsage};
use x509::name::Name;
use x509::time::Time;

use crate::hierarchy::{Draft, NOW, Party, name, oid, sign};

pub(crate) fn tbs() -> TbsCertificate {
    let key = PrivateKey::generate();
    TbsCertificate {
        signature_algorithm: Algorithm::Sm2Sm3,
        serial: Serial::random(),
        issuer: name("签发"),
        not_before: NOW,
        not_after: NOW.plus_days(365),
        subject: name("陈思齐"),
        public_key: key.public_key().into(),
        extensions: vec![
            extension::key_usage(KeyUsage::DIGITAL_SIGNATURE),
            extension::subject_key_id(&key.public_key().into()),
        ],
    }
}

/// Signs with a fresh key and reads; the signature does not matter to the reader.
fn read(tbs_der: &[u8]) -> Result<Certificate, Error> {
    let der = assemble_certificate(tbs_der, &sign(&PrivateKey::generate(), tbs_der))?;
    Certificate::from_der(&der)
}

/// The good TBS with one run of bytes replaced, its outer length kept right by equal lengths.
pub(crate) fn patched(tbs_der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let found: Vec<_> = tbs_der
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from)
        .collect();
    let &[(position, _)] = found.as_slice() else {
        panic!("{} places", found.len())
    };
    let mut bytes = tbs_der.to_vec();
    bytes.splice(position..position + from.len(), to.iter().copied());
    bytes
}

#[test]
fn what_is_built_is_read_back() {
    let tbs = tbs();
    let der = tbs.to_der().unwrap();
    let certificate = read(&der).unwrap();
    assert_eq!(certificate.tbs(), der);
    assert_eq!(certificate.serial(), &tbs.serial);
    assert_eq!(certificate.public_key(), &tbs.public_key);
    assert_eq!(certificate.subject_public_key(), tbs.public_key.to_bytes());
    assert_eq!(
        (certificate.not_before(), certificate.not_after()),
        (tbs.not_before, tbs.not_after)
    );
    assert_eq!(certificate.extensions(), tbs.extensions);
    assert_eq!(
        certificate.fingerprint(),
        sm_engine::sm3::digest(certificate.der())
    );
    assert_eq!(certificate.spki_der().len(), 91);
    // Encoded again from what was read, the bytes are the same.
    let again = TbsCertificate {
        signature_algorithm: Algorithm::Sm2Sm3,
        serial: certificate.serial().clone(),
        issuer: certificate.issuer().clone(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        subject: certificate.subject().clone(),
        public_key: certificate.public_key().clone(),
        extensions: certificate.extensions().to_vec(),
    };
    assert_eq!(again.to_der().unwrap(), der);
}

#[test]
fn all_three_inputs_and_debug() {
    let certificate = read(&tbs().to_der().unwrap()).unwrap();
    let pem = certificate.to_pem();
    assert_eq!(
        Certificate::from_pem_or_der(pem.as_bytes()).unwrap(),
        certificate
    );
    assert_eq!(
        Certificate::from_pem_or_der(certificate.der()).unwrap(),
        certificate
    );
    let debug = format!("{certificate:?}");
    assert_eq!(
        debug,
        format!(
            "Certificate({}, {})",
            certificate.serial(),
            certificate.subject()
        )
    );
    assert!(Certificate::from_pem("no block").is_err());
}

#[test]
fn times_change_their_form_in_2050() {
    let mut tbs = tbs();
    tbs.not_before = "2049-12-31T23:59:59Z".parse().unwrap();
    tbs.not_after = "2050-01-01T00:00:00Z".parse().unwrap();
    let der = tbs.to_der().unwrap();
    let validity = b"\x30\x20\x17\x0d491231235959Z\x18\x0f20500101000000Z";
    assert!(der.windows(validity.len()).any(|window| window == validity));
    assert_eq!(read(&der).unwrap().not_after(), tbs.not_after);
}

#[test]
fn the_builder_refuses() {
    let empty = Name::from_der(&[0x30, 0]).unwrap();
    let twice = tbs().extensions[0].clone();
    let broken = Extension {
        oid: oid("2.5.29.15"),
        critical: true,
        value: vec![3, 1, 0],
    };
    let url = vec!["http://例.cn/".to_owned()];
    let value = |what, reason| Error::Value { what, reason };
    let malformed = |what, position| Error::Malformed { what, position };
    type Edit = Box<dyn Fn(&mut TbsCertificate)>;
    let cases: Vec<(Edit, Error)> = vec![
        (
            Box::new({
                let empty = empty.clone();
                move |t| t.issuer = empty.clone()
            }),
            value("issuer", "is empty"),
        ),
        (
            Box::new(move |t| t.subject = empty.clone()),
            value("subject", "is empty"),
        ),
        (
            Box::new(|t| t.not_after = t.not_before.plus_seconds(-1)),
            value("validity", "ends before it begins"),
        ),
        (
            Box::new(|t| t.not_after = Time(i64::MAX)),
            value("validity", "is outside the years 1950 to 9999"),
        ),
        (
            Box::new(|t| t.not_before = Time(i64::MIN)),
            value("validity", "is outside the years 1950 to 9999"),
        ),
        (
            Box::new(|t| t.extensions.clear()),
            value("extensions", "are missing"),
        ),
        (
            Box::new(move |t| t.extensions.push(twice.clone())),
            malformed("certificate extensions", 0),
        ),
        (
            Box::new(move |t| t.extensions = vec![broken.clone()]),
            malformed("keyUsage", 0),
        ),
        (
            Box::new(move |t| t.extensions.push(extension::crl_distribution_points(&url))),
            malformed("cRLDistributionPoints", 0),
        ),
        (
            Box::new(|t| t.extensions.push(extension::organization_code("代码"))),
            malformed("OrganizationCode", 2),
        ),
        (
            Box::new(|t| t.extensions.push(extension::extended_key_usage(&[], false))),
            malformed("extKeyUsage", 0),
        ),
        (
            Box::new(|t| t.extensions[0].value = vec![0x30; 20_000]),
            malformed("keyUsage", 0),
        ),
        (
            Box::new(|t| {
                t.extensions.push(Extension {
                    oid: oid("1.2.3"),
                    critical: false,
                    value: vec![0; 20_000],
                })
            }),
            Error::TooLarge {
                what: "certificate",
                limit: 16 * 1024 - 640,
            },
        ),
    ];
    for (index, (edit, expected)) in cases.iter().enumerate() {
        let mut tbs = tbs();
        edit(&mut tbs);
        let error = tbs.to_der().unwrap_err();
        match (&error, expected) {
            // The exact position is the decoder's business.
            (Error::Malformed { what, .. }, Error::Malformed { what: wanted, .. }) => {
                assert_eq!(what, wanted, "{index}")
            }
            _ => assert_eq!(&error, expected, "{index}"),
        }
    }
}

#[test]
fn the_reader_refuses() {
    let good = tbs();
    let der = good.to_der().unwrap();
    let sm2 = b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";
    let key_usage = b"\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80";
    let refusals: [(&str, Vec<u8>); 9] = [
        (
            "v1",
            patched(&der, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x00"),
        ),
        (
            "v2",
            patched(&der, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01"),
        ),
        (
            "ecdsa-with-SM3 inside",
            patched(
                &der,
                sm2,
                b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x76",
            ),
        ),
        (
            "P-256",
            patched(
                &der,
                b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d",
                b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x06",
            ),
        ),
        (
            "hybrid point",
            patched(&der, b"\x03\x42\x00\x04", b"\x03\x42\x00\x06"),
        ),
        ("off the curve", {
            let point = good.public_key.to_bytes();
            let mut other = point.clone();
            other[64] ^= 1;
            patched(&der, &point, &other)
        }),
        (
            "BOOLEAN 1",
            patched(
                &der,
                key_usage,
                b"\x06\x03\x55\x1d\x0f\x01\x01\x01\x04\x04\x03\x02\x07\x80",
            ),
        ),
        (
            "critical FALSE written out",
            patched(
                &der,
                key_usage,
                b"\x06\x03\x55\x1d\x0f\x01\x01\x00\x04\x04\x03\x02\x07\x80",
            ),
        ),
        ("notAfter without Z", {
            let end = good.not_after.to_der();
            let mut other = end.clone();
            *other.last_mut().unwrap() = b'0';
            patched(&der, &end, &other)
        }),
    ];
    for (what, der) in refusals {
        assert!(read(&der).is_err(), "{what}");
    }
    let swapped = TbsCertificate {
        not_before: good.not_after,
        not_after: good.not_before,
        ..good.clone()
    };
    assert!(swapped.to_der().is_err());
    let dates = [good.not_before.to_der(), good.not_after.to_der()];
    let reversed = [good.not_after.to_der(), good.not_before.to_der()].concat();
    assert_eq!(
        read(&patched(&der, &dates.concat(), &reversed)).unwrap_err(),
        Error::Malformed {
            what: "validity",
            position: 0
        }
    );
    let serial = [&[2, 16][..], good.serial.as_bytes()].concat();
    let mut negative = serial.clone();
    negative[2] |= 0x80;
    assert_eq!(
        read(&patched(&der, &serial, &negative)).unwrap_err(),
        Error::Value {
            what: "serial number",
            reason: "is negative"
        }
    );
}

#[test]
fn extensions_stand_at_most_once() {
    let good = tbs();
    let der = good.to_der().unwrap();
    // The subjectKeyIdentifier becomes a second keyUsage of the same length.
    let second = [
        b"\x30\x1d\x06\x03\x55\x1d\x0e\x04\x16\x04\x14".as_slice(),
        &extension::key_identifier(&good.public_key),
    ]
    .concat();
    let mut usage = b"\x30\x1d\x06\x03\x55\x1d\x0f\x04\x16\x03\x14".to_vec();
    usage.extend_from_slice(&second[11..]);
    let error = read(&patched(&der, &second, &usage)).unwrap_err();
    assert_eq!(
        error,
        Error::Malformed {
            what: "certificate extensions",
            position: 0
        }
    );
}

#[test]
fn null_parameters_are_accepted_inside_and_outside_or_nowhere() {
    let key = PrivateKey::generate();
    let absent = b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";
    let null = b"\x30\x0c\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75\x05\x00";
    let der = tbs().to_der().unwrap();
    let mut with_null = patched(&der, absent, null);
    // The TBS has a two-byte length: two octets more inside.
    let length = u16::from_be_bytes([with_null[2], with_null[3]]) + 2;
    with_null[2..4].copy_from_slice(&length.to_be_bytes());
    let frame = |tbs: &[u8], algorithm: &[u8]| {
        let signature = sign(&key, tbs).to_bytes();
        let bits = [
            &[3, u8::try_from(signature.len() + 1).unwrap(), 0][..],
            &signature,
        ]
        .concat();
        let content = [tbs, algorithm, &bits].concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82][..], &length, &content].concat()
    };
    let differ = Error::Malformed {
        what: "signature algorithm (inner and outer differ)",
        position: 0,
    };
    for (tbs, algorithm, fits) in [
        (&der, absent.as_slice(), true),
        (&with_null, null, true),
        (&der, null, false),
        (&with_null, absent, false),
    ] {
        match Certificate::from_der(&frame(tbs, algorithm)) {
            Ok(certificate) => {
                assert!(
                    fits && certificate
                        .verify_signature(&key.public_key().into())
                        .is_ok()
                )
            }
            Err(error) => assert!(!fits && error == differ, "{error}"),
        }
    }
}

#[test]
fn sizes_are_limited_before_anything_is_read() {
    let large = vec![0x30; 16 * 1024 + 1];
    assert_eq!(
        Certificate::from_der(&large),
        Err(Error::TooLarge {
            what: "certificate",
            limit: 16 * 1024
        })
    );
    let text = "x".repeat(64 * 1024 + 1);
    assert_eq!(
        Certificate::from_pem(&text),
        Err(Error::TooLarge {
            what: "certificate",
            limit: 64 * 1024
        })
    );
    assert_eq!(
        Certificate::from_pem_or_der(text.as_bytes()),
        Err(Error::TooLarge {
            what: "certificate",
            limit: 64 * 1024
        })
    );
}

#[test]
fn a_signature_is_checked_against_the_right_key_and_bytes() {
    let root = Party::root("测试根");
    let other = Party::root("测试根");
    let leaf = root.issue(Draft::staff()).certificate;
    leaf.verify_signature(root.certificate.public_key())
        .unwrap();
    let refused = Err(Error::Signature {
        what: "certificate",
    });
    assert_eq!(
        leaf.verify_signature(other.certificate.public_key()),
        refused
    );
    let mut der = leaf.der().to_vec();
    let position = der
        .windows(3)
        .position(|window| window == "陈".as_bytes())
        .unwrap();
    der[position..position + 3].copy_from_slice("张".as_bytes());
    assert_eq!(
        Certificate::from_der(&der)
            .unwrap()
            .verify_signature(root.certificate.public_key()),
        refused
    );
}

#[test]
fn a_raw_signature_is_refused() {
    // 64 bytes r||s in the place of the DER, as some libraries write it.
    let leaf = Party::root("测试根").certificate;
    let bits = [&[0x03, 65, 0][..], &[0x11; 64]].concat();
    let content = [
        leaf.tbs(),
        b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75",
        &bits,
    ]
    .concat();
    let der = [
        &[0x30, 0x82][..],
        &u16::try_from(content.len()).unwrap().to_be_bytes(),
        &content,
    ]
    .concat();
    assert_eq!(
        Certificate::from_der(&der),
        Err(Error::Malformed {
            what: "signature",
            position: 0
        })
    );
}
