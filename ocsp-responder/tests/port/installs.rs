//! Which responder certificates are put to work, and which never are.

use ocsp_responder::{Error, Issuer, Refusal};
use x509::certificate::Serial;
use x509::extension::{self, KeyUsage};
use x509::ocsp::ResponseStatus;

use crate::hierarchy::{Draft, NOW, TestSigner, World};

/// Installs a responder certificate made from `draft` by `jinan` and gives the refusal.
fn refusal(world: &World, draft: impl FnOnce(Draft) -> Draft) -> Refusal {
    let signer = TestSigner::new();
    let responder = world
        .jinan
        .issue(draft(Draft::responder(keys::Signer::public_key(&*signer))));
    world.issued("jinan", responder.serial());
    refused(
        world,
        Issuer {
            responder,
            signer,
            ..world.issuer()
        },
    )
}

fn refused(world: &World, issuer: Issuer) -> Refusal {
    let authority = issuer.authority.clone();
    let error = world.responder.install(issuer).unwrap_err();
    let Error::Refused {
        authority: named,
        refusal,
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(named, authority);
    refusal
}

#[test]
fn a_certificate_that_lacks_a_mark_of_delegation_is_refused() {
    let world = World::new();
    assert_eq!(
        refusal(&world, |d| d.without("2.5.29.37")),
        Refusal::ExtendedKeyUsage
    );
    assert_eq!(
        refusal(&world, |d| d.without("1.3.6.1.5.5.7.48.1.5")),
        Refusal::NoCheck
    );
    assert_eq!(
        refusal(&world, |d| d.without("2.5.29.15")),
        Refusal::KeyUsage
    );
    let signs_certificates = extension::key_usage(KeyUsage::KEY_CERT_SIGN);
    assert_eq!(
        refusal(&world, |d| d.without("2.5.29.15").with(signs_certificates)),
        Refusal::KeyUsage
    );
    let client = extension::extended_key_usage(&["1.3.6.1.5.5.7.3.2".parse().unwrap()], false);
    assert_eq!(
        refusal(&world, |d| d.without("2.5.29.37").with(client)),
        Refusal::ExtendedKeyUsage
    );
    let any = extension::extended_key_usage(&["2.5.29.37.0".parse().unwrap()], false);
    assert_eq!(
        refusal(&world, |d| d.without("2.5.29.37").with(any)),
        Refusal::ExtendedKeyUsage
    );
    let authority = extension::basic_constraints_ca(None);
    assert_eq!(
        refusal(&world, |d| d.with(authority)),
        Refusal::CertificateAuthority
    );
    let foreign = extension::authority_key_id(&[7; 20]);
    assert_eq!(
        refusal(&world, |d| d.with(foreign)),
        Refusal::NotIssuedByAuthority
    );
}

#[test]
fn a_certificate_outside_its_validity_is_refused() {
    let world = World::new();
    let early = refusal(&world, |d| d.valid(NOW.plus_seconds(1), NOW.plus_days(1)));
    assert!(
        matches!(
            early,
            Refusal::Validity {
                which: "responder's",
                now: NOW,
                ..
            }
        ),
        "{early}"
    );
    let late = refusal(&world, |d| d.valid(NOW.plus_days(-1), NOW.plus_seconds(-1)));
    assert!(
        matches!(
            late,
            Refusal::Validity {
                which: "responder's",
                ..
            }
        ),
        "{late}"
    );
    world.clock.set(NOW.plus_days(91));
    let ended = refused(&world, world.issuer());
    assert!(
        matches!(
            ended,
            Refusal::Validity {
                which: "authority's",
                ..
            }
        ),
        "{ended}"
    );
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let world = World::new();
    let signer = TestSigner::new();
    let key = keys::Signer::public_key(&*signer);
    // By name, by signature under the right name, and by the root above the authority.
    let stranger = world.root.below("青岛测试").issue(Draft::responder(key));
    let impostor = crate::hierarchy::Authority::root("济南测试").issue(Draft::responder(key));
    let grandparent = world.root.issue(Draft::responder(key));
    for responder in [stranger, impostor, grandparent] {
        world.issued("jinan", responder.serial());
        let issuer = Issuer {
            responder,
            signer: signer.clone(),
            ..world.issuer()
        };
        assert_eq!(refused(&world, issuer), Refusal::NotIssuedByAuthority);
    }
}

#[test]
fn another_key_than_the_certified_one_is_refused() {
    let world = World::new();
    assert_eq!(
        refused(
            &world,
            Issuer {
                signer: TestSigner::new(),
                ..world.issuer()
            }
        ),
        Refusal::Key
    );
}

#[test]
fn the_authority_itself_does_not_answer() {
    let world = World::new();
    let authority = world.jinan.certificate.clone();
    let root = world.root.certificate.clone();
    let direct = Issuer {
        certificate: root,
        responder: authority,
        signer: world.jinan.key.clone(),
        ..world.issuer()
    };
    assert_eq!(refused(&world, direct), Refusal::CertificateAuthority);
    let upside_down = Issuer {
        certificate: world.responder_certificate.clone(),
        ..world.issuer()
    };
    assert_eq!(refused(&world, upside_down), Refusal::NotAnAuthority);
}

#[test]
fn a_certificate_that_the_ledger_does_not_know_as_good_is_refused() {
    let world = World::new();
    let signer = TestSigner::new();
    let responder = world
        .jinan
        .issue(Draft::responder(keys::Signer::public_key(&*signer)));
    let issuer = || Issuer {
        responder: responder.clone(),
        signer: signer.clone(),
        ..world.issuer()
    };
    assert_eq!(refused(&world, issuer()), Refusal::NotOnRecord);
    world.issued("jinan", responder.serial());
    world.responder.install(issuer()).unwrap();
    world.change(
        responder.serial(),
        ledger::event::Status::Revoked,
        "keyCompromise",
    );
    assert_eq!(refused(&world, issuer()), Refusal::NotOnRecord);
}

#[test]
fn names_are_checked_and_one_issuer_has_one_name() {
    let world = World::new();
    for bad in ["", "Jinan", "../etc", "jinan\"", &"a".repeat(65)] {
        assert_eq!(
            refused(
                &world,
                Issuer {
                    authority: bad.to_owned(),
                    ..world.issuer()
                }
            ),
            Refusal::Name
        );
    }
    world.issued("other", world.responder_certificate.serial());
    let twin = Issuer {
        authority: "other".to_owned(),
        ..world.issuer()
    };
    assert_eq!(
        refused(&world, twin),
        Refusal::Ambiguous {
            other: "jinan".to_owned()
        }
    );
}

#[test]
fn a_new_responder_takes_over_and_a_refused_one_changes_nothing() {
    let world = World::new();
    let serial = world.good();
    let successor = TestSigner::new();
    let responder = world
        .jinan
        .issue(Draft::responder(keys::Signer::public_key(&*successor)));
    world.issued("jinan", responder.serial());
    world
        .responder
        .install(Issuer {
            responder: responder.clone(),
            signer: successor,
            ..world.issuer()
        })
        .unwrap();
    let body = world.responder.answer(&world.request(&serial)).body;
    let answer = x509::ocsp::OcspResponse::from_der(&body).unwrap();
    answer.verify_signature(responder.public_key()).unwrap();

    refusal(&world, |d| d.without("2.5.29.37"));
    let body = world.responder.answer(&world.request(&serial)).body;
    let answer = x509::ocsp::OcspResponse::from_der(&body).unwrap();
    answer.verify_signature(responder.public_key()).unwrap();
}

#[test]
fn a_responder_that_expires_or_is_revoked_at_work_answers_try_later() {
    let world = World::new();
    let request = world.request(&world.good());
    world.clock.set(NOW.plus_days(90));
    assert!(world.responder.answer(&request).is_successful());
    for outside in [NOW.plus_days(90).plus_seconds(1), NOW.plus_days(-2)] {
        world.clock.set(outside);
        assert_eq!(
            world.responder.answer(&request).error,
            Some(ResponseStatus::TryLater)
        );
    }
    world.clock.set(NOW);
    assert!(world.responder.answer(&request).is_successful());
    world.change(
        world.responder_certificate.serial(),
        ledger::event::Status::Held,
        "certificateHold",
    );
    assert_eq!(
        world.responder.answer(&request).error,
        Some(ResponseStatus::TryLater)
    );
}

#[test]
fn a_key_that_does_not_sign_gives_internal_error() {
    let world = World::new();
    world.signer.break_down();
    let answer = world.responder.answer(&world.request(&world.good()));
    assert_eq!(answer.error, Some(ResponseStatus::InternalError));
    assert_eq!(answer.body[..], [0x30, 0x03, 0x0a, 0x01, 0x02]);
    assert_eq!(answer.freshness, None);
}

#[test]
fn nothing_installed_means_unauthorized() {
    let world = World::new();
    let empty = ocsp_responder::Responder::new(
        world.index.clone(),
        world.clock.clone(),
        Default::default(),
    );
    let answer = empty.answer(&world.request(&Serial::random()));
    assert_eq!(answer.error, Some(ResponseStatus::Unauthorized));
    assert_eq!(answer.body[..], [0x30, 0x03, 0x0a, 0x01, 0x06]);
}
