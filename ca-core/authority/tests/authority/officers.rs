//! Officers after the founding: two administrators make them, change them and end them.
//!
//! 1. a proposal alone does nothing; the confirmation counts from its commit on, after a restart too;
//! 2. nobody confirms his own proposal or decides about himself, by whatever number or certificate;
//! 3. ending, changing and running out act at once;
//! 4. the certificate is an officer's, good, and nobody else's; auditors are nothing beside;
//! 5. two administrators always remain.

use authority::{Act, Error, Outcome, ProposalQuery, ProposedChange, ProposedTerms, StatusChange};
use policy::Role;
use sm_engine::sm2::PrivateKey;

use super::world::{
    ADMINISTRATOR, AUDITOR, ENTRY, PRODUCTION, REVIEW, SECOND_ADMINISTRATOR, SECOND_REVIEW, World,
    approve, change, code, form, issue, number, request, request_under, submit,
};

const HOUR: i64 = 3_600;

impl World {
    /// An officer certificate for somebody, issued as any other; its fingerprint, serial and key.
    pub(crate) async fn certified(&self, name: &str) -> (String, String, PrivateKey) {
        let key = PrivateKey::generate();
        let act = Act::SubmitCase {
            case: None,
            profile: "officer".to_owned(),
            authority: "jinan".to_owned(),
            form: form(&[
                ("name", name),
                ("department", "济南市注册机构"),
                ("role", "录入员"),
                ("basis", "鲁经信政〔2026〕3号"),
            ]),
            request: request_under(&key),
            evidence: Vec::new(),
            succeeds: None,
        };
        let Outcome::CaseSubmitted { case, .. } = self.act(ENTRY, act).await.unwrap() else {
            panic!("not submitted")
        };
        self.act(REVIEW, approve(&case)).await.unwrap();
        let issued = self.act(PRODUCTION, issue(&[&case])).await.unwrap();
        let Outcome::CertificatesIssued { certificates } = issued else {
            panic!("not issued")
        };
        let certificate = x509::certificate::Certificate::from_pem(&certificates[0].pem).unwrap();
        let serial = certificates[0].serial.clone();
        (certificate.fingerprint().to_string(), serial, key)
    }

    pub(crate) async fn propose(
        &self,
        administrator: usize,
        officer: Option<usize>,
        change: ProposedChange,
    ) -> Result<u64, Error> {
        let act = Act::ProposeOfficer {
            officer: officer.map(number),
            change,
            note: "鲁经信政〔2026〕5号".to_owned(),
        };
        match self.act(administrator, act).await? {
            Outcome::OfficerProposed { proposal, .. } => Ok(proposal),
            other => panic!("{other:?}"),
        }
    }

    /// Proposed by one administrator and confirmed by the other.
    pub(crate) async fn decide(&self, officer: Option<usize>, change: ProposedChange) {
        let proposal = self.propose(ADMINISTRATOR, officer, change).await.unwrap();
        self.act(SECOND_ADMINISTRATOR, confirm(proposal))
            .await
            .unwrap();
    }

    /// A new officer of that name and role, appointed; the number.
    pub(crate) async fn appoint(&mut self, name: &str, role: Role) -> usize {
        let (certificate, _, key) = self.certified(name).await;
        self.decide(None, appoint(role, &certificate)).await;
        self.keys.push(key);
        self.keys.len()
    }
}

pub(crate) fn terms(role: Role) -> ProposedTerms {
    ProposedTerms {
        role,
        cities: Vec::new(),
        units: Vec::new(),
        from: None,
        until: None,
        certificate: None,
    }
}

fn appoint(role: Role, certificate: &str) -> ProposedChange {
    let certificate = Some(certificate.to_owned());
    let terms = ProposedTerms {
        certificate,
        ..terms(role)
    };
    ProposedChange::Appoint { terms }
}

fn confirm(proposal: u64) -> Act {
    Act::ConfirmOfficer { proposal }
}

fn refuse(proposal: u64) -> Act {
    Act::RefuseOfficer {
        proposal,
        reasons: "材料不全".to_owned(),
    }
}

#[tokio::test]
async fn an_appointment_counts_from_its_confirmation() {
    let mut world = World::found().await;
    let (certificate, _, key) = world.certified("高春燕").await;
    world.keys.push(key);
    let new = world.keys.len();
    let proposal = world
        .propose(ADMINISTRATOR, None, appoint(Role::Entry, &certificate))
        .await
        .unwrap();
    let submission = submit("a.example.cn", &request());
    assert_eq!(code(world.prepare(new, submission.clone()).await), "A401");
    world = world.restart().await;
    assert_eq!(code(world.prepare(new, submission.clone()).await), "A401");
    let outcome = world.act(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    let Ok(Outcome::OfficerConfirmed { officer, .. }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(officer, number(new));
    world.act(new, submission).await.unwrap();
    // The proposal is used up, and a restart knows the officer.
    let again = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(again), "A409");
    world = world.restart().await;
    let known = world.authority.officer(&number(new)).await.unwrap();
    assert_eq!((known.role, known.name.as_str()), (Role::Entry, "高春燕"));
    world
        .act(new, submit("b.example.cn", &request()))
        .await
        .unwrap();
    world.check().await;
}

#[tokio::test]
async fn one_administrator_does_not_make_an_officer() {
    let world = World::found().await;
    let (certificate, _, _) = world.certified("高春燕").await;
    let appointment = appoint(Role::Entry, &certificate);
    for stranger in [ENTRY, REVIEW, PRODUCTION, AUDITOR] {
        let proposed = world.propose(stranger, None, appointment.clone()).await;
        assert_eq!(code(proposed), "P403");
    }
    let proposal = world
        .propose(ADMINISTRATOR, None, appointment.clone())
        .await
        .unwrap();
    let own = world.prepare(ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(own), "P409");
    for stranger in [ENTRY, REVIEW, PRODUCTION, AUDITOR] {
        for act in [confirm(proposal), refuse(proposal)] {
            assert_eq!(code(world.prepare(stranger, act).await), "P403");
        }
    }
    // Taking it back is lawful, and final.
    world.act(ADMINISTRATOR, refuse(proposal)).await.unwrap();
    let late = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(late), "A409");
    let none = world.prepare(SECOND_ADMINISTRATOR, confirm(9_999)).await;
    assert_eq!(code(none), "A404");
    let entry = world.prepare(SECOND_ADMINISTRATOR, confirm(0)).await;
    assert_eq!(code(entry), "A404");
    world.check().await;
}

#[tokio::test]
async fn nobody_decides_about_himself() {
    let world = World::found().await;
    let own = Some(ADMINISTRATOR);
    for change in [
        ProposedChange::End,
        ProposedChange::Change {
            terms: terms(Role::Entry),
        },
    ] {
        let proposed = world.propose(ADMINISTRATOR, own, change).await;
        assert_eq!(code(proposed), "P412");
    }
    // A second certificate of the same person makes no second person.
    let (certificate, _, _) = world.certified("孙立群").await;
    let appointment = appoint(Role::Review, &certificate);
    let proposed = world
        .propose(ADMINISTRATOR, None, appointment.clone())
        .await;
    assert_eq!(code(proposed), "P412");
    let proposal = world
        .propose(SECOND_ADMINISTRATOR, None, appointment)
        .await
        .unwrap();
    let confirmed = world.prepare(ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(confirmed), "P412");
    let change = ProposedChange::Change {
        terms: terms(Role::RaAdministrator),
    };
    let about = Some(ADMINISTRATOR);
    let proposal = world
        .propose(SECOND_ADMINISTRATOR, about, change)
        .await
        .unwrap();
    for act in [confirm(proposal), refuse(proposal)] {
        assert_eq!(code(world.prepare(ADMINISTRATOR, act).await), "P412");
    }
    world.check().await;
}

#[tokio::test]
async fn an_approval_falls_with_whoever_gave_it() {
    let world = World::found().await;
    let [first, second] = [
        world.approved("a.example.cn").await,
        world.approved("b.example.cn").await,
    ];
    let hold = change(
        &world.officer_serial(REVIEW).await,
        StatusChange::Hold,
        None,
    );
    world.act(ADMINISTRATOR, hold).await.unwrap();
    // The production officer may act; the approval does not count while the certificate is held.
    assert_eq!(code(world.act(PRODUCTION, issue(&[&first])).await), "A417");
    let release = change(
        &world.officer_serial(REVIEW).await,
        StatusChange::Release,
        None,
    );
    world.act(SECOND_ADMINISTRATOR, release).await.unwrap();
    world.act(PRODUCTION, issue(&[&first])).await.unwrap();
    world.decide(Some(REVIEW), ProposedChange::End).await;
    assert_eq!(code(world.act(PRODUCTION, issue(&[&second])).await), "A417");
    world.check().await;
}

#[tokio::test]
async fn whoever_is_ended_is_out_at_once() {
    let world = World::found().await;
    let case = world.submitted("a.example.cn").await;
    let review = world.prepare(REVIEW, approve(&case)).await.unwrap();
    let reviewer = world.authority.officer(&number(REVIEW)).await.unwrap();
    world.decide(Some(REVIEW), ProposedChange::End).await;
    assert_eq!(code(world.authority.officer(&number(REVIEW)).await), "A401");
    assert_eq!(code(world.commit(REVIEW, &review).await), "A401");
    let prepared = world.authority.prepare(&reviewer, approve(&case)).await;
    assert_eq!(code(prepared), "A401");
    // For ever: no change brings him back, and his number is not given again.
    for change in [
        ProposedChange::End,
        ProposedChange::Change {
            terms: terms(Role::Review),
        },
    ] {
        let proposed = world.propose(ADMINISTRATOR, Some(REVIEW), change).await;
        assert_eq!(code(proposed), "A409");
    }
    let world = world.restart().await;
    assert_eq!(code(world.authority.officer(&number(REVIEW)).await), "A401");
    world.act(SECOND_REVIEW, approve(&case)).await.unwrap();
    world.check().await;
}

#[tokio::test]
async fn an_approval_falls_with_the_role_that_it_was_given_in() {
    let world = World::found().await;
    let approved = world.approved("a.example.cn").await;
    let produced = world
        .prepare(PRODUCTION, issue(&[&approved]))
        .await
        .unwrap();
    world
        .decide(
            Some(REVIEW),
            ProposedChange::Change {
                terms: terms(Role::Entry),
            },
        )
        .await;
    assert_eq!(code(world.commit(PRODUCTION, &produced).await), "A417");
    // The reviewer that was enters now, and reviews no more.
    let case = world.submitted("b.example.cn").await;
    assert_eq!(code(world.prepare(REVIEW, approve(&case)).await), "P403");
    world
        .act(REVIEW, submit("c.example.cn", &request()))
        .await
        .unwrap();
    world.check().await;
}

#[tokio::test]
async fn an_act_prepared_under_former_terms_is_prepared_again() {
    let world = World::found().await;
    let submission = submit("a.example.cn", &request());
    let prepared = world.prepare(ENTRY, submission).await.unwrap();
    let end = world.authority.clock().now().0 + HOUR;
    let until = Some(end);
    let boxed = ProposedTerms {
        until,
        ..terms(Role::Entry)
    };
    world
        .decide(Some(ENTRY), ProposedChange::Change { terms: boxed })
        .await;
    // The terms allow it, so it goes through: role and scope are the same.
    world.commit(ENTRY, &prepared).await.unwrap();
    let prepared = world
        .prepare(ENTRY, submit("b.example.cn", &request()))
        .await
        .unwrap();
    world.clock.set(x509::time::Time(end));
    assert_eq!(code(world.commit(ENTRY, &prepared).await), "A401");
    world.check().await;
}

#[tokio::test]
async fn an_appointment_begins_and_runs_out_by_the_clock() {
    let world = World::found().await;
    let (certificate, _, _) = world.certified("高春燕").await;
    let now = world.authority.clock().now().0;
    let boxed = |from, until| ProposedChange::Appoint {
        terms: ProposedTerms {
            from,
            until,
            certificate: Some(certificate.clone()),
            ..terms(Role::Entry)
        },
    };
    for (from, until) in [
        (Some(now - 1), None),
        (Some(now + 400 * 86_400), None),
        (None, Some(now)),
        (Some(now + HOUR), Some(now + HOUR)),
        (None, Some(now + 20 * 366 * 86_400)),
    ] {
        let proposed = world.propose(ADMINISTRATOR, None, boxed(from, until)).await;
        assert_eq!(code(proposed), "A422", "{from:?} {until:?}");
    }
    let change = boxed(Some(now + HOUR), Some(now + 2 * HOUR));
    let proposal = world.propose(ADMINISTRATOR, None, change).await.unwrap();
    world
        .act(SECOND_ADMINISTRATOR, confirm(proposal))
        .await
        .unwrap();
    let auditor = world.authority.officer(&number(AUDITOR)).await.unwrap();
    let list = world.authority.officers(&auditor, None, 200).await.unwrap();
    let shown = list.last().unwrap();
    assert_eq!(
        (shown.until, shown.state.as_str()),
        (Some(now + 2 * HOUR), "not-begun")
    );
    let officer = shown.number.clone();
    for (at, may) in [
        (now + HOUR - 1, false),
        (now + HOUR, true),
        (now + 2 * HOUR - 1, true),
        (now + 2 * HOUR, false),
    ] {
        world.clock.set(x509::time::Time(at));
        let found = world.authority.officer(&officer).await;
        assert_eq!(found.is_ok(), may, "{at}");
    }
    world.check().await;
}

#[tokio::test]
async fn a_proposal_whose_term_is_over_is_not_confirmed() {
    let world = World::found().await;
    let end = world.authority.clock().now().0 + HOUR;
    let until = Some(end);
    let boxed = ProposedTerms {
        until,
        ..terms(Role::Entry)
    };
    let change = ProposedChange::Change { terms: boxed };
    let proposal = world
        .propose(ADMINISTRATOR, Some(ENTRY), change)
        .await
        .unwrap();
    world.clock.set(x509::time::Time(end));
    let late = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(late), "A422");
    world.check().await;
}

#[tokio::test]
async fn the_certificate_is_an_officers_own_and_good() {
    let mut world = World::found().await;
    let unknown = appoint(Role::Entry, &"0".repeat(64));
    assert_eq!(
        code(world.propose(ADMINISTRATOR, None, unknown).await),
        "A404"
    );
    let none = ProposedChange::Appoint {
        terms: terms(Role::Entry),
    };
    assert_eq!(code(world.propose(ADMINISTRATOR, None, none).await), "A422");
    let device = world.issued("a.example.cn").await;
    let device = x509::certificate::Certificate::from_pem(&device.pem).unwrap();
    let device = appoint(Role::Entry, &device.fingerprint().to_string());
    assert_eq!(
        code(world.propose(ADMINISTRATOR, None, device).await),
        "A423"
    );
    let entry = world.authority.officer(&number(ENTRY)).await.unwrap();
    let taken = appoint(Role::Review, &entry.certificate);
    assert_eq!(
        code(world.propose(ADMINISTRATOR, None, taken).await),
        "A420"
    );
    let (certificate, serial, _) = world.certified("高春燕").await;
    let stolen = ProposedChange::Change {
        terms: ProposedTerms {
            certificate: Some(certificate.clone()),
            ..terms(Role::Entry)
        },
    };
    let changed = world.propose(ADMINISTRATOR, Some(ENTRY), stolen).await;
    assert_eq!(code(changed), "A423");
    let proposal = world
        .propose(ADMINISTRATOR, None, appoint(Role::Entry, &certificate))
        .await
        .unwrap();
    let hold = change(&serial, authority::StatusChange::Hold, None);
    world.act(ADMINISTRATOR, hold).await.unwrap();
    let held = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(held), "A423");
    let proposed = world
        .propose(
            SECOND_ADMINISTRATOR,
            None,
            appoint(Role::Entry, &certificate),
        )
        .await;
    assert_eq!(code(proposed), "A423");
    // A new certificate of the same person takes the place of the old one.
    let (renewed, _, key) = world.certified("王晓岚").await;
    let renew = ProposedChange::Change {
        terms: ProposedTerms {
            certificate: Some(renewed.clone()),
            ..terms(Role::Entry)
        },
    };
    world.decide(Some(ENTRY), renew).await;
    let submission = submit("b.example.cn", &request());
    let prepared = world.prepare(ENTRY, submission).await.unwrap();
    assert_eq!(code(world.commit(ENTRY, &prepared).await), "A403");
    world.keys[ENTRY - 1] = key;
    world.commit(ENTRY, &prepared).await.unwrap();
    world.check().await;
}

#[tokio::test]
async fn auditors_are_nothing_beside() {
    let world = World::found().await;
    let (certificate, _, _) = world.certified("林静").await;
    let proposed = world
        .propose(ADMINISTRATOR, None, appoint(Role::Entry, &certificate))
        .await;
    assert_eq!(code(proposed), "P410");
    let (certificate, _, _) = world.certified("王晓岚").await;
    let auditor = appoint(Role::Auditor, &certificate);
    let proposed = world.propose(ADMINISTRATOR, None, auditor.clone()).await;
    assert_eq!(code(proposed), "P410");
    let production = appoint(Role::Production, &certificate);
    world.decide(None, production).await;
    world.check().await;
}

#[tokio::test]
async fn two_administrators_remain() {
    let mut world = World::found().await;
    let third = world.appoint("高春燕", Role::RaAdministrator).await;
    let end = ProposedChange::End;
    let proposal = world
        .propose(ADMINISTRATOR, Some(SECOND_ADMINISTRATOR), end.clone())
        .await
        .unwrap();
    world.act(third, confirm(proposal)).await.unwrap();
    // Of two, neither can be ended: one would have to confirm it alone, or his own end.
    let demote = ProposedChange::Change {
        terms: terms(Role::Entry),
    };
    for change in [end, demote] {
        let proposed = world.propose(ADMINISTRATOR, Some(third), change).await;
        let proposal = proposed.unwrap();
        for (administrator, expected) in [(ADMINISTRATOR, "P409"), (third, "P412")] {
            let confirmed = world.prepare(administrator, confirm(proposal)).await;
            assert_eq!(code(confirmed), expected);
        }
        world.act(ADMINISTRATOR, refuse(proposal)).await.unwrap();
    }
    world.check().await;
}

#[tokio::test]
async fn a_proposal_falls_with_whoever_made_it() {
    let mut world = World::found().await;
    let third = world.appoint("高春燕", Role::RaAdministrator).await;
    let proposal = world
        .propose(ADMINISTRATOR, Some(ENTRY), ProposedChange::End)
        .await
        .unwrap();
    let end = world
        .propose(
            SECOND_ADMINISTRATOR,
            Some(ADMINISTRATOR),
            ProposedChange::End,
        )
        .await
        .unwrap();
    world.act(third, confirm(end)).await.unwrap();
    let fallen = world.prepare(SECOND_ADMINISTRATOR, confirm(proposal)).await;
    assert_eq!(code(fallen), "A417");
    world.act(third, refuse(proposal)).await.unwrap();
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_the_same_moment_one_counts() {
    let mut world = World::found().await;
    let third = world.appoint("高春燕", Role::RaAdministrator).await;
    let end = ProposedChange::End;
    let (first, second) = tokio::join!(
        world.propose(ADMINISTRATOR, Some(ENTRY), end.clone()),
        world.propose(SECOND_ADMINISTRATOR, Some(ENTRY), end),
    );
    let won: Vec<_> = [&first, &second].into_iter().flatten().collect();
    assert_eq!(won.len(), 1, "{first:?} {second:?}");
    let proposal = *won[0];
    let proposer = if first.is_ok() {
        ADMINISTRATOR
    } else {
        SECOND_ADMINISTRATOR
    };
    let other = if first.is_ok() {
        SECOND_ADMINISTRATOR
    } else {
        ADMINISTRATOR
    };
    assert_eq!(code(if first.is_ok() { second } else { first }), "A409");
    let (confirmed, refused, own) = (
        world.prepare(other, confirm(proposal)).await.unwrap(),
        world.prepare(third, refuse(proposal)).await.unwrap(),
        world.prepare(proposer, refuse(proposal)).await.unwrap(),
    );
    let outcomes = tokio::join!(
        world.commit(other, &confirmed),
        world.commit(third, &refused),
        world.commit(proposer, &own),
    );
    let outcomes = [outcomes.0, outcomes.1, outcomes.2];
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
    for lost in outcomes.into_iter().filter(Result::is_err) {
        assert!(["A409", "A412"].contains(&code(lost).as_str()));
    }
    world.check().await;
}

#[tokio::test]
async fn officers_and_proposals_are_listed() {
    let mut world = World::found().await;
    let new = world.appoint("高春燕", Role::Entry).await;
    world
        .act(new, submit("a.example.cn", &request()))
        .await
        .unwrap();
    let proposal = world
        .propose(ADMINISTRATOR, Some(new), ProposedChange::End)
        .await
        .unwrap();
    let auditor = world.authority.officer(&number(AUDITOR)).await.unwrap();
    let list = world.authority.officers(&auditor, None, 200).await.unwrap();
    assert_eq!(list.len(), world.keys.len());
    let shown = list.last().unwrap();
    assert_eq!(
        (shown.name.as_str(), shown.state.as_str()),
        ("高春燕", "in-force")
    );
    assert_eq!(shown.waiting, Some(proposal));
    let last = shown.last_act.as_ref().unwrap();
    assert_eq!(last.kind, "case.submitted");
    let page = world.authority.officers(&auditor, Some("OP-0006"), 1).await;
    assert_eq!(page.unwrap()[0].number, "OP-0007");
    let waiting = ProposalQuery {
        state: Some("waiting".to_owned()),
        ..ProposalQuery::default()
    };
    let list = world.authority.proposals(&auditor, &waiting).await.unwrap();
    assert_eq!(list.len(), 1);
    assert!(list[0].sentence.contains("终止"), "{}", list[0].sentence);
    assert_eq!(list[0].proposed_by, number(ADMINISTRATOR));
    let all = world
        .authority
        .proposals(&auditor, &ProposalQuery::default())
        .await;
    assert_eq!(all.unwrap().len(), 2);
    let (_, about) = world
        .authority
        .officer_record(&auditor, &number(new))
        .await
        .unwrap();
    let kinds: Vec<_> = about.iter().map(|line| line.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["officer.proposed", "officer.confirmed", "officer.proposed"]
    );
    for stranger in [ENTRY, REVIEW, PRODUCTION] {
        let stranger = world.authority.officer(&number(stranger)).await.unwrap();
        assert_eq!(
            code(world.authority.officers(&stranger, None, 1).await),
            "P403"
        );
        assert_eq!(
            code(world.authority.proposals(&stranger, &waiting).await),
            "P403"
        );
        assert_eq!(
            code(world.authority.proposal(&stranger, proposal).await),
            "P403"
        );
    }
    world.check().await;
}
