//! CRLs: what is written, what is refused, and the key identifier that clients look for.

use x509::Error;
use x509::certificate::Serial;
use x509::crl::{
    Crl, CrlBuilder, CrlEntry, CrlFrame, CrlScope, EncodedEntry, RevocationReason, announces,
    assemble_crl, entries_within, without_entries,
};
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
        .map(|entry| entry.own().unwrap().serial.to_string())
        .collect();
    assert_eq!(serials, ["01", "ff", "0102", "7fffff"]);
    for entry in &entries {
        let found = crl.find(&entry.serial).map(|found| found.own().unwrap());
        assert_eq!(found.as_ref(), Some(entry));
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
    let tbs = ca.crl_builder(0x80).to_tbs_der(&[]).unwrap();
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
    assert_eq!((crl.number(), crl.len(), crl.is_empty()), (0, 0, true));
    assert_eq!((crl.entries().len(), crl.entries_der()), (0, &[][..]));
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
    let good = || vec![entry("01", RevocationReason::Unspecified)];
    let refused = |builder: CrlBuilder, entries: Vec<CrlEntry>| {
        let Err(Error::Value { what, .. }) = builder.to_tbs_der(&entries) else {
            panic!("accepted")
        };
        what
    };
    let builder = || ca.crl_builder(1);
    let with_entry = |entry| {
        let mut entries = good();
        entries.push(entry);
        refused(builder(), entries)
    };
    assert!(builder().to_tbs_der(&good()).is_ok());
    assert_eq!(
        with_entry(entry("0001", RevocationReason::KeyCompromise)),
        "CRL entries"
    );
    assert_eq!(
        with_entry(entry("02", RevocationReason::RemoveFromCrl)),
        "CRL entries"
    );
    let late = CrlEntry {
        revoked_at: Time(i64::MAX),
        ..entry("02", RevocationReason::Unspecified)
    };
    assert_eq!(with_entry(late), "CRL times");
    let changed = |change: &dyn Fn(&mut CrlBuilder)| {
        let mut builder = builder();
        change(&mut builder);
        refused(builder, good())
    };
    let empty = Name::from_der(&[0x30, 0]).unwrap();
    assert_eq!(changed(&|list| list.issuer = empty.clone()), "CRL issuer");
    for key_id in [Vec::new(), vec![0; 65]] {
        assert_eq!(
            changed(&|list| list.authority_key_id.clone_from(&key_id)),
            "CRL authorityKeyIdentifier"
        );
    }
    assert_eq!(changed(&|list| list.next_update = NOW), "CRL nextUpdate");
    assert_eq!(
        changed(&|list| list.next_update = Time(i64::MAX)),
        "CRL times"
    );
    for base in [1, 2] {
        assert_eq!(
            changed(&|list| list.scope.delta_base = Some(base)),
            "CRL base"
        );
    }
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
fn delta_and_partitioned_lists_say_what_they_are() {
    let ca = Party::root("测试根");
    let urls = ["http://a.example/7of128.crl", "http://b.example/7of128.crl"].map(str::to_owned);
    for scope in [
        CrlScope {
            freshest: urls[..1].to_vec(),
            ..CrlScope::default()
        },
        CrlScope {
            distribution_point: urls.to_vec(),
            ..CrlScope::default()
        },
        CrlScope {
            delta_base: Some(7),
            ..CrlScope::default()
        },
    ] {
        let mut builder = ca.crl_builder(9);
        builder.scope = scope.clone();
        let reason = if scope.delta_base.is_some() {
            RevocationReason::RemoveFromCrl
        } else {
            RevocationReason::CertificateHold
        };
        let tbs = builder.to_tbs_der(&[entry("01", reason)]).unwrap();
        let crl = Crl::from_vec(assemble_crl(&tbs, &sign(&ca.key, &tbs))).unwrap();
        crl.verify_signature(ca.certificate.public_key()).unwrap();
        assert_eq!((crl.scope(), crl.number()), (&scope, 9));
        assert_eq!(crl.entries().next().unwrap().reason, reason);
    }
}

/// The list with these extensions behind authorityKeyIdentifier and cRLNumber 9.
fn with_extension(ca: &Party, extension: &[u8]) -> Result<Crl, Error> {
    let mut builder = ca.crl_builder(9);
    builder.scope.delta_base = Some(7);
    let tbs = builder.to_tbs_der(&[]).unwrap();
    let indicator = b"\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\x07";
    assert!(tbs.ends_with(indicator));
    assert_eq!(extension.len(), indicator.len());
    let tbs = [&tbs[..tbs.len() - indicator.len()], extension].concat();
    Crl::from_der(&assemble_crl(&tbs, &sign(&ca.key, &tbs)))
}

#[test]
fn what_a_list_is_must_be_understood() {
    let ca = Party::root("测试根");
    let good = b"\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\x07";
    assert_eq!(
        with_extension(&ca, good).unwrap().scope().delta_base,
        Some(7)
    );
    for (what, extension) in [
        (
            "a critical extension that nobody knows",
            b"\x30\x0d\x06\x03\x55\x1d\x63\x01\x01\xff\x04\x03\x02\x01\x07",
        ),
        (
            "a delta indicator that is not critical",
            b"\x30\x0d\x06\x03\x55\x1d\x1b\x04\x06\x02\x04\x01\x01\x01\x07",
        ),
        (
            "a negative base",
            b"\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\xff",
        ),
        (
            "a base that is no number",
            b"\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x0c\x01\x07",
        ),
        (
            "user certificates only",
            b"\x30\x0d\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x03\x81\x01\xff",
        ),
        (
            "an indirect list",
            b"\x30\x0d\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x03\x84\x01\xff",
        ),
        (
            "a point that is not critical",
            b"\x30\x0d\x06\x03\x55\x1d\x1c\x04\x06\x30\x04\xa0\x02\xa0\x00",
        ),
        (
            "a freshest list that is critical",
            b"\x30\x0d\x06\x03\x55\x1d\x2e\x01\x01\xff\x04\x03\x30\x01\x00",
        ),
    ] {
        assert!(with_extension(&ca, extension).is_err(), "{what}");
    }
}

#[test]
fn entries_in_their_frame_are_the_list_that_is_assembled() {
    let ca = Party::root("测试根");
    let entries = [
        entry("01", RevocationReason::Superseded),
        entry("0203", RevocationReason::Unspecified),
    ];
    for many in [0, 1, 2, 300, 3000] {
        let encoded: Vec<_> = entries
            .iter()
            .cycle()
            .take(many)
            .flat_map(|entry| EncodedEntry::new(entry).unwrap().der().to_vec())
            .collect();
        let frame = ca.crl_builder(9).frame(encoded.len()).unwrap();
        let within = |frame: &CrlFrame| [frame.head(), &encoded, frame.tail()].concat();
        let tbs = within(&frame);
        assert_eq!(tbs.len(), frame.len());
        if many < 3 {
            assert_eq!(tbs, ca.crl_builder(9).to_tbs_der(&entries[..many]).unwrap());
        }
        let signature = sign(&ca.key, &tbs);
        let frame = frame.signed(&signature);
        assert_eq!(within(&frame), assemble_crl(&tbs, &signature));
        assert_eq!(within(&frame).len(), frame.len());
        let announced = |head: &[u8], length, tail: &[u8]| announces(head, length, tail);
        assert!(announced(frame.head(), encoded.len(), frame.tail()));
        assert!(!announced(frame.head(), encoded.len() + 1, frame.tail()));
        assert!(!announced(frame.head(), encoded.len(), &frame.tail()[1..]));
        let whole = within(&frame);
        let place = entries_within(&whole).unwrap();
        if many > 0 {
            assert_eq!(entries_within(frame.head()), Some(place.clone()));
        }
        assert_eq!(whole[place.clone()], encoded);
        let bare = without_entries(&whole[..place.start], &whole[place.end..]).unwrap();
        let bare = Crl::from_der(&bare).unwrap();
        assert_eq!((bare.number(), bare.len(), bare.this_update()), (9, 0, NOW));
        assert_eq!(
            bare.verify_signature(&ca.key.public_key().clone().into())
                .is_ok(),
            many == 0
        );
        // No length is another one, whichever header it stands in.
        let mut places = vec![0, 1, 2, 3, 5];
        if many > 0 {
            places.extend([6, frame.head().len() - 1]);
        }
        for at in places {
            let mut wrong = frame.head().to_vec();
            wrong[at] ^= 1;
            assert!(!announced(&wrong, encoded.len(), frame.tail()), "{at}");
        }
    }
}

#[test]
fn what_is_no_list_has_no_entries() {
    let ca = Party::root("测试根");
    let der = ca.crl(7, vec![entry("01", RevocationReason::Superseded)]);
    let place = entries_within(&der).unwrap();
    for start in 0..place.start {
        assert_eq!(entries_within(&der[..start]), None, "{start} bytes");
    }
    for foreign in [
        &b""[..],
        b"\x30\x80",
        b"\x31\x03\x30\x01\x00",
        b"\x30\x88\xff",
    ] {
        assert_eq!(entries_within(foreign), None);
        assert_eq!(without_entries(foreign, &der[place.end..]), None);
    }
    assert_eq!(without_entries(&der[..place.start], b"\xa0\x82"), None);
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
    assert_eq!(crl.len(), 5_000);
    assert!(serials.iter().all(|serial| crl.find(serial).is_some()));
}
