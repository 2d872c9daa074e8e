//! Path validation: root, intermediate, issuing authority, leaf; every fault by its name.

use x509::certificate::Certificate;
use x509::extension::{self, Extension, KeyUsage};
use x509::path::{Fault, PathError, Purpose, validate};

use crate::hierarchy::{Draft, NOW, Party, oid};

struct World {
    root: Party,
    middle: Party,
    issuing: Party,
}

impl World {
    fn new() -> Self {
        Self::of(
            Draft::authority("测试根", None),
            Draft::authority("省级", Some(1)),
            Draft::authority("济南", Some(0)),
        )
    }

    fn of(root: Draft, middle: Draft, issuing: Draft) -> Self {
        let root = Party::root_of(root);
        let middle = root.issue(middle);
        let issuing = middle.issue(issuing);
        Self {
            root,
            middle,
            issuing,
        }
    }

    fn intermediates(&self) -> [Certificate; 2] {
        [
            self.middle.certificate.clone(),
            self.issuing.certificate.clone(),
        ]
    }

    fn validate(&self, leaf: &Certificate, purpose: Purpose) -> Result<(), PathError> {
        validate(
            leaf,
            &self.intermediates(),
            &self.root.certificate,
            NOW,
            purpose,
        )
    }

    fn leaf(&self, draft: Draft) -> Certificate {
        self.issuing.issue(draft).certificate
    }

    /// The fault of a good leaf in this hierarchy, and who is at fault.
    fn fault(&self) -> (Certificate, Fault) {
        let leaf = self.leaf(Draft::staff());
        let error = self.validate(&leaf, Purpose::Any).unwrap_err();
        let all = [
            leaf,
            self.issuing.certificate.clone(),
            self.middle.certificate.clone(),
            self.root.certificate.clone(),
        ];
        let [guilty] = all
            .into_iter()
            .filter(|one| *one.serial() == error.serial)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        (guilty, error.fault)
    }
}

/// The fault of a leaf made from `draft`.
fn leaf_fault(draft: Draft) -> Fault {
    let world = World::new();
    let leaf = world.leaf(draft);
    let error = world.validate(&leaf, Purpose::Any).unwrap_err();
    assert_eq!(&error.serial, leaf.serial());
    error.fault
}

#[test]
fn a_good_path_is_found_in_any_order() {
    let world = World::new();
    let leaf = world.leaf(Draft::staff());
    let [middle, issuing] = world.intermediates();
    let stranger = Party::root("陌生").certificate;
    for offered in [
        vec![middle.clone(), issuing.clone()],
        vec![issuing.clone(), stranger, middle.clone()],
    ] {
        validate(
            &leaf,
            &offered,
            &world.root.certificate,
            NOW,
            Purpose::DigitalSignature,
        )
        .unwrap();
    }
    // An authority is a leaf too; the root below itself as well.
    validate(
        &issuing,
        &[middle],
        &world.root.certificate,
        NOW,
        Purpose::Any,
    )
    .unwrap();
    validate(
        &world.root.certificate,
        &[],
        &world.root.certificate,
        NOW,
        Purpose::Any,
    )
    .unwrap();
}

#[test]
fn both_ends_of_validity_are_inside() {
    let world = World::new();
    let leaf = world.leaf(Draft::staff().valid(NOW, NOW));
    world.validate(&leaf, Purpose::Any).unwrap();
}

#[test]
fn expired_and_not_yet_valid() {
    let before = NOW.plus_seconds(-1);
    let after = NOW.plus_seconds(1);
    assert_eq!(
        leaf_fault(Draft::staff().valid(before, before)),
        Fault::Expired { not_after: before }
    );
    assert_eq!(
        leaf_fault(Draft::staff().valid(after, after)),
        Fault::NotYetValid { not_before: after }
    );
    let good = |name: &str| Draft::authority(name, None);
    for (index, world) in [
        World::of(good("a").valid(before, before), good("b"), good("c")),
        World::of(good("a"), good("b").valid(before, before), good("c")),
        World::of(good("a"), good("b"), good("c").valid(before, before)),
    ]
    .iter()
    .enumerate()
    {
        let (guilty, fault) = world.fault();
        let expected = [&world.root, &world.middle, &world.issuing][index];
        assert_eq!(
            (guilty, fault),
            (
                expected.certificate.clone(),
                Fault::Expired { not_after: before }
            )
        );
    }
}

#[test]
fn a_missing_or_wrong_issuer() {
    let world = World::new();
    let leaf = world.leaf(Draft::staff());
    let fault = |intermediates: &[Certificate], root: &Certificate| {
        validate(&leaf, intermediates, root, NOW, Purpose::Any)
            .unwrap_err()
            .fault
    };
    let [middle, issuing] = world.intermediates();
    let root = &world.root.certificate;
    assert_eq!(fault(&[], root), Fault::NoIssuer);
    assert_eq!(fault(std::slice::from_ref(&issuing), root), Fault::NoIssuer);
    assert_eq!(fault(std::slice::from_ref(&middle), root), Fault::NoIssuer);
    // Another root of the same name has another key identifier; without identifiers the signature tells.
    let same_name = Party::root("测试根").certificate;
    assert_eq!(fault(&[middle, issuing], &same_name), Fault::KeyIdentifier);
    assert_eq!(
        fault(&world.intermediates(), &Party::root("别的根").certificate),
        Fault::NoIssuer
    );
}

#[test]
fn an_impostor_with_the_right_name_fails_at_the_signature() {
    let world = World::new();
    let impostor = Party::root_of(Draft::authority("济南", None).without_key_ids());
    let forged = impostor.certify(impostor.key.public_key(), Draft::staff().without_key_ids());
    assert_eq!(
        forged.issuer().der(),
        world.issuing.certificate.subject().der()
    );
    assert_eq!(
        world.validate(&forged, Purpose::Any).unwrap_err().fault,
        Fault::Signature
    );
    // Offered first, the impostor's own certificate does not keep the honest path from being found.
    let leaf = world.leaf(Draft::staff());
    let [middle, issuing] = world.intermediates();
    let offered = [impostor.certificate, middle, issuing];
    validate(&leaf, &offered, &world.root.certificate, NOW, Purpose::Any).unwrap();
}

#[test]
fn a_tampered_signature() {
    let world = World::new();
    let leaf = world.leaf(Draft::staff());
    let other = world.leaf(Draft::staff());
    let swapped = x509::certificate::assemble_certificate(leaf.tbs(), other.signature()).unwrap();
    let swapped = Certificate::from_der(&swapped).unwrap();
    assert_eq!(
        world.validate(&swapped, Purpose::Any).unwrap_err().fault,
        Fault::Signature
    );
}

#[test]
fn issuers_must_be_authorities_with_key_cert_sign() {
    let good = |name: &str| Draft::authority(name, None);
    let crl_only = extension::key_usage(KeyUsage::CRL_SIGN);
    let no_authority = Extension {
        oid: oid("2.5.29.19"),
        critical: true,
        value: vec![0x30, 0],
    };
    for (edit, expected) in [
        (
            Box::new(|draft: Draft| draft.without("2.5.29.19")) as Box<dyn Fn(Draft) -> Draft>,
            Fault::NotAnAuthority,
        ),
        (
            Box::new(move |draft: Draft| draft.with(no_authority.clone())),
            Fault::NotAnAuthority,
        ),
        (
            Box::new(|draft: Draft| draft.without("2.5.29.15")),
            Fault::NoKeyCertSign,
        ),
        (
            Box::new(move |draft: Draft| draft.with(crl_only.clone())),
            Fault::NoKeyCertSign,
        ),
    ] {
        for (index, world) in [
            World::of(edit(good("a")), good("b"), good("c")),
            World::of(good("a"), edit(good("b")), good("c")),
            World::of(good("a"), good("b"), edit(good("c"))),
        ]
        .iter()
        .enumerate()
        {
            let guilty = [&world.root, &world.middle, &world.issuing][index]
                .certificate
                .clone();
            assert_eq!(world.fault(), (guilty, expected.clone()));
        }
    }
}

#[test]
fn a_leaf_issues_nothing() {
    let world = World::new();
    let holder = world.issuing.issue(Draft::staff());
    let forged = holder.issue(Draft::staff()).certificate;
    let mut offered = world.intermediates().to_vec();
    offered.push(holder.certificate.clone());
    let error = validate(
        &forged,
        &offered,
        &world.root.certificate,
        NOW,
        Purpose::Any,
    )
    .unwrap_err();
    assert_eq!(
        (error.serial, error.fault),
        (holder.certificate.serial().clone(), Fault::NotAnAuthority)
    );
}

#[test]
fn path_length_is_counted_in_intermediates() {
    let authority = Draft::authority;
    // Two stand below the root, one below the middle, none below the issuing authority.
    let fits = World::of(
        authority("a", Some(2)),
        authority("b", Some(1)),
        authority("c", Some(0)),
    );
    fits.validate(&fits.leaf(Draft::staff()), Purpose::Any)
        .unwrap();
    let world = World::of(
        authority("a", Some(1)),
        authority("b", None),
        authority("c", None),
    );
    assert_eq!(
        world.fault(),
        (world.root.certificate.clone(), Fault::PathLength)
    );
    let world = World::of(
        authority("a", None),
        authority("b", Some(0)),
        authority("c", None),
    );
    assert_eq!(
        world.fault(),
        (world.middle.certificate.clone(), Fault::PathLength)
    );
    // A self-issued certificate (key rollover) does not count.
    let root = Party::root("a");
    let middle = root.issue(authority("b", Some(0)));
    let rolled = middle.issue(authority("b", Some(0)));
    let leaf = rolled.issue(Draft::staff()).certificate;
    let offered = [rolled.certificate, middle.certificate];
    validate(&leaf, &offered, &root.certificate, NOW, Purpose::Any).unwrap();
}

#[test]
fn unknown_critical_extensions_are_refused_everywhere() {
    let unknown = |critical| Extension {
        oid: oid("1.2.3.4"),
        critical,
        value: vec![5, 0],
    };
    let expected = Fault::UnknownCriticalExtension {
        oid: oid("1.2.3.4"),
    };
    assert_eq!(leaf_fault(Draft::staff().with(unknown(true))), expected);
    let world = World::new();
    world
        .validate(
            &world.leaf(Draft::staff().with(unknown(false))),
            Purpose::Any,
        )
        .unwrap();
    let good = |name: &str| Draft::authority(name, None);
    let world = World::of(good("a"), good("b").with(unknown(true)), good("c"));
    assert_eq!(world.fault(), (world.middle.certificate.clone(), expected));
    // Constraints that are not processed count as unknown.
    for constraint in ["2.5.29.30", "2.5.29.36", "2.5.29.54"] {
        let extension = Extension {
            oid: oid(constraint),
            critical: true,
            value: vec![0x30, 0],
        };
        let world = World::of(good("a"), good("b"), good("c").with(extension));
        assert_eq!(
            world.fault().1,
            Fault::UnknownCriticalExtension {
                oid: oid(constraint)
            }
        );
    }
}

#[test]
fn purposes() {
    let world = World::new();
    let ocsp = [oid("1.3.6.1.5.5.7.3.9")];
    let with = |usage, purposes: &[_]| {
        let mut draft = Draft::staff().with(extension::key_usage(usage));
        if !purposes.is_empty() {
            draft = draft.with(extension::extended_key_usage(purposes, false));
        }
        world.leaf(draft)
    };
    let signs = KeyUsage::DIGITAL_SIGNATURE;
    let encrypts = KeyUsage::KEY_ENCIPHERMENT;
    let without_usage = world.leaf(Draft::staff().without("2.5.29.15"));
    for (leaf, any, digital, responder) in [
        (with(signs, &[]), true, true, false),
        (with(encrypts, &[]), true, false, false),
        (with(signs, &ocsp), true, false, true),
        (with(encrypts, &ocsp), true, false, false),
        (with(signs, &[oid("2.5.29.37.0")]), true, true, false),
        (with(signs, &[oid("1.3.6.1.5.5.7.3.2")]), true, true, false),
        (with(signs, &[oid("1.3.6.1.5.5.7.3.8")]), true, false, false),
        (without_usage, true, false, false),
    ] {
        for (purpose, good) in [
            (Purpose::Any, any),
            (Purpose::DigitalSignature, digital),
            (Purpose::OcspSigning, responder),
        ] {
            match world.validate(&leaf, purpose) {
                Ok(()) => assert!(good, "{leaf:?} {purpose:?}"),
                Err(error) => assert_eq!((error.fault, good), (Fault::Purpose { purpose }, false)),
            }
        }
    }
}

#[test]
fn loops_and_crowds_end() {
    // Two authorities that certify each other, and no way to the root.
    let (a, b) = (Party::root("a"), Party::root("b"));
    let cross = [
        a.certify(b.key.public_key(), Draft::authority("b", None)),
        b.certify(a.key.public_key(), Draft::authority("a", None)),
    ];
    let leaf = a.issue(Draft::staff()).certificate;
    let root = Party::root("root").certificate;
    assert_eq!(
        validate(&leaf, &cross, &root, NOW, Purpose::Any)
            .unwrap_err()
            .fault,
        Fault::TooLong
    );
    // Eight intermediates are a path, nine are not.
    let chain = |length: usize| {
        let root = Party::root("0");
        let mut issuers = Vec::new();
        let mut issuer = root.issue(Draft::authority("1", None));
        for number in 2..=length {
            let next = issuer.issue(Draft::authority(&number.to_string(), None));
            issuers.push(issuer.certificate.clone());
            issuer = next;
        }
        issuers.push(issuer.certificate.clone());
        validate(
            &issuer.issue(Draft::staff()).certificate,
            &issuers,
            &root.certificate,
            NOW,
            Purpose::Any,
        )
    };
    chain(8).unwrap();
    assert_eq!(chain(9).unwrap_err().fault, Fault::TooLong);
}

#[test]
fn a_crowd_of_one_name_costs_a_bounded_number_of_verifications() {
    let root = Party::root("root");
    let honest = root.issue(Draft::authority("a", None));
    let leaf = honest.issue(Draft::staff()).certificate;
    let impostor = Party::root_of(Draft::authority("a", None).without_key_ids()).certificate;
    let found_at = |position: usize| {
        let mut crowd = vec![impostor.clone(); 100];
        crowd[position] = honest.certificate.clone();
        validate(&leaf, &crowd, &root.certificate, NOW, Purpose::Any)
    };
    found_at(0).unwrap();
    found_at(25).unwrap();
    assert_eq!(found_at(32).unwrap_err().fault, Fault::Signature);
}

#[test]
fn errors_name_the_serial_and_no_person() {
    let world = World::new();
    let leaf = world.leaf(Draft::staff().valid(NOW.plus_days(1), NOW.plus_days(2)));
    let error = world.validate(&leaf, Purpose::Any).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "X436 not valid before 2026-11-19T12:00:00Z (certificate {})",
            leaf.serial()
        )
    );
}
