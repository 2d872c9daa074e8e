//! Officers after the founding: how they are made, changed and ended.
//!
//! 1. a proposal alone does nothing; the confirmation counts from its commit on, after a restart too;
//! 2. ending, changing and running out act at once, also on what was approved before;
//! 3. the certificate is an officer's, good, and nobody else's; auditors are nothing beside.

use authority::{Act, Error, Outcome, ProposedChange, ProposedTerms, StatusChange};
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
            notes: authority::EntryNotes::default(),
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

pub(super) fn appoint(role: Role, certificate: &str) -> ProposedChange {
    let certificate = Some(certificate.to_owned());
    let terms = ProposedTerms {
        certificate,
        ..terms(role)
    };
    ProposedChange::Appoint { terms }
}

pub(super) fn confirm(proposal: u64) -> Act {
    Act::ConfirmOfficer { proposal }
}

pub(super) fn refuse(proposal: u64) -> Act {
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
