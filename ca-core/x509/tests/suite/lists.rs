//! CRLs: what is written, what is refused, and the key identifier that clients look for.

use x509::Error;
use x509::certificate::Serial;
use x509::crl::{Crl, CrlEntry, RevocationReason, assemble_crl};
use x509::name::Name;
use x509::time::Time;

use crate::hierarchy::{Draft, NOW, Party, sign};

fn entry(serial: &str, reason: RevocationReason) -> CrlEntry {
    CrlEntry {
        serial: serial.parse().unwrap(),
        revoked_at: NOW.plus_days(-1),
        reason,
    }
}

/// What `der` becomes with one run of bytes replaced by as many others, read.
fn patched(der: &[u8], from: &[u8], to: &[u8]) -> Result<Crl, Error> {
    assert_eq!(from.len(), to.len());
    let position = der
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    let mut bytes = der.to_vec();
    bytes[position..position + to.len()].copy_from_slice(to);
    Crl::from_der(&bytes)
}

#[test]
fn a_list_is_read_back_sorted_and_verified() {
    let ca = Party::root("测试根");
    let entries = vec![
        entry("0102", RevocationReason::KeyCompromise),
        entry("ff", RevocationReason::Unspecified),
        entry("01", RevocationReason::CertificateHold),
        CrlEntry {
            revoked_at: "2051-01-01T00:00:00Z".parse().unwrap(),
            ..entry("7fffff", RevocationReason::Superseded)
        },
    ];
    let der = ca.crl(7, entries.clone());
    let crl = Crl::from_der(&der).unwrap();
    crl.verify_signature(ca.certificate.public_key()).unwrap();
    assert_eq!(crl.der(), der);
    assert_eq!(
        (crl.number(), crl.this_update(), crl.next_update()),
        (7, NOW, NOW.plus_days(1))
    );
    assert_eq!(crl.issuer().der(), ca.certificate.subject().der());
    let serials: Vec<_> = crl
        .entries()
        .iter()
        .map(|entry| entry.serial.to_string())
        .collect();
    assert_eq!(serials, ["01", "ff", "0102", "7fffff"]);
    for entry in &entries {
        assert_eq!(crl.find(&entry.serial), Some(entry));
    }
    assert_eq!(crl.find(&"02".parse().unwrap()), None);
    // `unspecified` is not written: three reasonCode extensions for four entries.
    let reason = b"\x06\x03\x55\x1d\x15";
    assert_eq!(der.windows(5).filter(|window| window == reason).count(), 3);
    let stranger = Party::root("测试根");
    assert_eq!(
        crl.verify_signature(stranger.certificate.public_key()),
        Err(Error::Signature { what: "CRL" })
    );
}

#[test]
fn golden_empty_list() {
    let ca = Party::root("测试根");
    let tbs = ca.crl_builder(0x80, Vec::new()).to_tbs_der().unwrap();
    let name = hex::encode(ca.certificate.subject().der());
    let key_id = hex::encode(ca.certificate.subject_key_id().unwrap());
    // v2, SM2-with-SM3, issuer, two UTCTimes, no revokedCertificates, [0] { AKI, cRLNumber 128 }.
    let content = format!(
        "020101300a06082a811ccf55018375{name}170d3236313131383132303030305a170d3236313131393132303030305aa030302e301f0603551d2304183016 8014{key_id}300b0603551d140404 02020080"
    )
    .replace(' ', "");
    let expected = format!("3081{:02x}{content}", content.len() / 2);
    assert_eq!(hex::encode(tbs), expected);
    let crl = Crl::from_der(&ca.crl(0, Vec::new())).unwrap();
    assert_eq!((crl.number(), crl.entries()), (0, &[][..]));
}

/// A root's own AKI equals its SKI, so only an intermediate authority shows which one was taken.
#[test]
fn the_list_of_an_intermediate_names_its_own_key_and_not_its_parents() {
    let root = Party::root("测试根");
    let issuing = root.issue(Draft::authority("济南", Some(0)));
    let own = issuing.certificate.subject_key_id().unwrap();
    let parents = issuing.certificate.authority_key_id().unwrap();
    assert_ne!(own, parents);
    let leaf = issuing.issue(Draft::staff()).certificate;
    let der = issuing.crl(1, vec![entry("01", RevocationReason::Unspecified)]);
    let crl = Crl::from_der(&der).unwrap();
    assert_eq!(crl.authority_key_id(), own);
    assert_eq!(Some(crl.authority_key_id()), leaf.authority_key_id());
    assert!(!der.windows(20).any(|window| window == parents));
}

#[test]
fn the_builder_refuses() {
    let ca = Party::root("测试根");
    let builder = || ca.crl_builder(1, vec![entry("01", RevocationReason::Unspecified)]);
    let refused = |builder: x509::crl::CrlBuilder| {
        let Err(Error::Value { what, .. }) = builder.to_tbs_der() else {
            panic!("accepted")
        };
        what
    };
    let with_entry = |entry| {
        let mut builder = builder();
        builder.entries.push(entry);
        builder
    };
    assert!(builder().to_tbs_der().is_ok());
    assert_eq!(
        refused(with_entry(entry("0001", RevocationReason::KeyCompromise))),
        "CRL entries"
    );
    assert_eq!(
        refused(with_entry(entry("02", RevocationReason::RemoveFromCrl))),
        "CRL entries"
    );
    let late = CrlEntry {
        revoked_at: Time(i64::MAX),
        ..entry("02", RevocationReason::Unspecified)
    };
    assert_eq!(refused(with_entry(late)), "CRL times");
    let empty = Name::from_der(&[0x30, 0]).unwrap();
    assert_eq!(
        refused(x509::crl::CrlBuilder {
            issuer: empty,
            ..builder()
        }),
        "CRL issuer"
    );
    for key_id in [Vec::new(), vec![0; 65]] {
        assert_eq!(
            refused(x509::crl::CrlBuilder {
                authority_key_id: key_id,
                ..builder()
            }),
            "CRL authorityKeyIdentifier"
        );
    }
    assert_eq!(
        refused(x509::crl::CrlBuilder {
            next_update: NOW,
            ..builder()
        }),
        "CRL nextUpdate"
    );
    assert_eq!(
        refused(x509::crl::CrlBuilder {
            next_update: Time(i64::MAX),
            ..builder()
        }),
        "CRL times"
    );
}

#[test]
fn the_reader_refuses() {
    let ca = Party::root("测试根");
    let der = ca.crl(
        1,
        vec![
            entry("0a01", RevocationReason::KeyCompromise),
            entry("0a02", RevocationReason::KeyCompromise),
        ],
    );
    let reason = b"\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01";
    for (what, from, to) in [
        (
            "version 1",
            b"\x02\x01\x01\x30\x0a".as_slice(),
            b"\x02\x01\x00\x30\x0a".as_slice(),
        ),
        (
            "version 3",
            b"\x02\x01\x01\x30\x0a",
            b"\x02\x01\x02\x30\x0a",
        ),
        ("a serial twice", b"\x02\x02\x0a\x02", b"\x02\x02\x0a\x01"),
        (
            "a negative serial",
            b"\x02\x02\x0a\x01",
            b"\x02\x02\x8a\x01",
        ),
        (
            "reason 7",
            reason,
            b"\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x07",
        ),
        (
            "reason as INTEGER",
            reason,
            b"\x06\x03\x55\x1d\x15\x04\x03\x02\x01\x01",
        ),
        (
            "a broken invalidityDate",
            reason,
            b"\x06\x03\x55\x1d\x18\x04\x03\x0a\x01\x01",
        ),
        (
            "no cRLNumber",
            b"\x06\x03\x55\x1d\x14",
            b"\x06\x03\x55\x1d\x1c",
        ),
        (
            "no authorityKeyIdentifier",
            b"\x06\x03\x55\x1d\x23",
            b"\x06\x03\x55\x1d\x1c",
        ),
        (
            "a negative cRLNumber",
            b"\x14\x04\x03\x02\x01\x01",
            b"\x14\x04\x03\x02\x01\xff",
        ),
        ("another algorithm inside", b"\x01\x83\x75", b"\x01\x83\x76"),
    ] {
        assert!(patched(&der, from, to).is_err(), "{what}");
    }
    // An unknown extension of an entry is skipped where it is not critical.
    assert!(patched(&der, reason, b"\x06\x03\x55\x1d\x63\x04\x03\x0a\x01\x01").is_ok());
    assert!(Crl::from_der(&[&der[..], &[0]].concat()).is_err());
    assert!(Crl::from_der(&der[..der.len() - 1]).is_err());
    assert!(Crl::from_der(ca.certificate.der()).is_err());
}

#[test]
fn critical_extensions_mark_lists_that_are_not_full_and_direct() {
    let ca = Party::root("测试根");
    let tbs = ca.crl_builder(1, Vec::new()).to_tbs_der().unwrap();
    // cRLNumber 1 becomes a critical deltaCRLIndicator of three more bytes.
    let number = b"\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x01";
    assert!(tbs.ends_with(number));
    let mut delta = tbs.clone();
    let end = tbs.len() - number.len();
    delta.splice(
        end..,
        *b"\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\x01",
    );
    for position in [2, tbs.len() - 48, tbs.len() - 46] {
        delta[position] += 3;
    }
    let result = Crl::from_der(&assemble_crl(&delta, &sign(&ca.key, &delta)));
    assert!(
        matches!(result, Err(Error::Unsupported { .. })),
        "{result:?}"
    );
}

#[test]
fn a_large_list_is_made_and_searched() {
    let ca = Party::root("测试根");
    let serials: Vec<_> = (0..5_000).map(|_| Serial::random()).collect();
    let entries = serials
        .iter()
        .map(|serial| CrlEntry {
            serial: serial.clone(),
            revoked_at: NOW,
            reason: RevocationReason::Superseded,
        })
        .collect();
    let crl = Crl::from_der(&ca.crl(9, entries)).unwrap();
    assert_eq!(crl.entries().len(), 5_000);
    assert!(serials.iter().all(|serial| crl.find(serial).is_some()));
}
