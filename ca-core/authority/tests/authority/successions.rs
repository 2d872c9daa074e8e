//! Certificates that follow on others: what may be renewed, with which key, for whom, and when the one before ends.

use authority::{
    Act, CertificateView, Error, IssuedCertificate, Outcome, StatusChange, Succeeds, SuccessionView,
};
use ledger::event::{Decision, Succession};
use sm_engine::sm2::PrivateKey;
use x509::certificate::Certificate;
use x509::crl::RevocationReason;

use super::world::{
    ENTRY, PRODUCTION, REVIEW, SECOND_REVIEW, World, approve, change, code, issue, number, request,
    request_under, revoke, submit,
};

const DAY: i64 = 86_400;
pub(super) const HOST: &str = "a.example.cn";
/// Days from the issue of a device's certificate to its renewal window.
const WINDOW: i64 = 365 - 60;

/// The application for a successor.
pub(super) fn follow(succession: Succession, serial: &str, request: &str) -> Act {
    let mut act = submit(HOST, request);
    if let Act::SubmitCase { succeeds, .. } = &mut act {
        *succeeds = Some(Succeeds {
            succession,
            serial: serial.to_owned(),
        });
    }
    act
}

/// The same with another value in a field.
pub(super) fn with(act: Act, name: &str, value: &str) -> Act {
    let mut act = act;
    if let Act::SubmitCase { form, .. } = &mut act {
        form.insert(name.to_owned(), value.to_owned());
    }
    act
}

impl World {
    /// After so many days, with the service started anew.
    async fn after(mut self, days: i64) -> Self {
        self.clock.advance(days * DAY);
        self.accept_clock = true;
        self.restart().await
    }

    async fn entered(&self, act: Act) -> String {
        match self.act(ENTRY, act).await.unwrap() {
            Outcome::CaseSubmitted { case, .. } => case,
            other => panic!("{other:?}"),
        }
    }

    async fn made(&self, case: &str) -> IssuedCertificate {
        match self.act(PRODUCTION, issue(&[case])).await.unwrap() {
            Outcome::CertificatesIssued { mut certificates } => certificates.remove(0),
            other => panic!("{other:?}"),
        }
    }

    /// Entered, approved and produced.
    pub(super) async fn succeeded(&self, act: Act) -> IssuedCertificate {
        let case = self.entered(act).await;
        self.act(REVIEW, approve(&case)).await.unwrap();
        self.made(&case).await
    }

    async fn view(&self, serial: &str) -> CertificateView {
        let officer = self.authority.officer(&number(ENTRY)).await.unwrap();
        let known = &self.authority;
        known
            .certificate(&officer, Some("jinan"), serial)
            .await
            .unwrap()
    }

    /// State and reason.
    async fn standing(&self, serial: &str) -> (String, Option<String>) {
        let summary = self.view(serial).await.summary;
        (summary.state, summary.reason)
    }

    async fn possible(&self, serial: &str) -> Vec<SuccessionView> {
        let officer = self.authority.officer(&number(ENTRY)).await.unwrap();
        self.authority
            .successions(&officer, "jinan", serial)
            .await
            .unwrap()
    }

    async fn status(&self, officer: usize, serial: &str, to: StatusChange) {
        self.act(officer, change(serial, to, None)).await.unwrap();
    }
}

fn good() -> (String, Option<String>) {
    ("good".to_owned(), None)
}

fn revoked(reason: &str) -> (String, Option<String>) {
    ("revoked".to_owned(), Some(reason.to_owned()))
}

#[tokio::test]
async fn a_renewed_certificate_stands_beside_its_successor_for_thirty_days() {
    let world = World::found().await;
    let key = PrivateKey::generate();
    let old = world.succeeded(submit(HOST, &request_under(&key))).await;
    let early = follow(Succession::Renewal, &old.serial, &request());
    assert_eq!(code(world.act(ENTRY, early).await), "A433");
    let world = world.after(WINDOW).await;
    let form = world.possible(&old.serial).await;
    let told: Vec<_> = form
        .iter()
        .map(|one| {
            (
                one.succession,
                one.possible,
                one.overlap_days,
                one.may_keep_key,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Succession::Change, true, 0, false),
            (Succession::Damaged, true, 0, false),
            (Succession::Lost, false, 0, false),
            (Succession::ReKey, true, 30, false),
            (Succession::Renewal, true, 30, true),
        ]
    );
    // A device may keep its key: the one that it has, not any that was seen.
    let case = world
        .entered(follow(
            Succession::Renewal,
            &old.serial,
            &request_under(&key),
        ))
        .await;
    world.act(REVIEW, approve(&case)).await.unwrap();
    let new = world.made(&case).await;
    let keys = [&old.pem, &new.pem].map(|pem| Certificate::from_pem(pem).unwrap());
    assert_eq!(keys[0].public_key(), keys[1].public_key());
    assert_eq!(world.standing(&old.serial).await, good());
    let before = world.view(&old.serial).await;
    let [successor] = before.successors.as_slice() else {
        panic!("{:?}", before.successors);
    };
    assert_eq!(successor.serial.as_ref(), Some(&new.serial));
    assert_eq!((&*successor.case, &*successor.state), (&*case, "issued"));
    let after = world.view(&new.serial).await;
    let succeeds = Succeeds {
        succession: Succession::Renewal,
        serial: old.serial.clone(),
    };
    assert_eq!(after.succeeds, Some(succeeds));
    let world = world.after(29).await;
    assert_eq!(world.standing(&old.serial).await, good());
    let world = world.after(1).await;
    assert_eq!(world.standing(&old.serial).await, revoked("superseded"));
    assert_eq!(world.standing(&new.serial).await, good());
    assert_eq!(world.view(&old.serial).await.successors[0].due_at, None);
    let told = world
        .authority
        .public_status(Some("jinan"), &old.serial)
        .await;
    assert_eq!(told.unwrap()[0].state, "revoked");
    world.check().await;
}

#[tokio::test]
async fn a_key_is_not_used_again_but_where_policy_says_so() {
    let world = World::found().await;
    let key = PrivateKey::generate();
    let old = world.succeeded(submit(HOST, &request_under(&key))).await;
    let other = PrivateKey::generate();
    world.submitted_under("b.example.cn", &other).await;
    let world = world.after(WINDOW).await;
    for (succession, key) in [
        (Succession::ReKey, &key),
        (Succession::Damaged, &key),
        // Renewal lets a device keep its own key, not somebody else's.
        (Succession::Renewal, &other),
    ] {
        let act = follow(succession, &old.serial, &request_under(key));
        assert_eq!(code(world.act(ENTRY, act).await), "A420", "{succession}");
    }
    // Nor a key that was reported compromised.
    let renewal = follow(Succession::Renewal, &old.serial, &request_under(&key));
    let new = world.succeeded(renewal).await;
    let stolen = revoke(&old.serial, RevocationReason::KeyCompromise);
    world.act(REVIEW, stolen).await.unwrap();
    let again = follow(Succession::ReKey, &new.serial, &request_under(&key));
    assert_eq!(code(world.act(ENTRY, again).await), "A421");
    world.check().await;
}

#[tokio::test]
async fn held_and_revoked_certificates_are_refused() {
    let world = World::found().await;
    let old = world.issued(HOST).await.serial;
    world.status(ENTRY, &old, StatusChange::Hold).await;
    for succession in [Succession::Renewal, Succession::ReKey, Succession::Change] {
        let act = follow(succession, &old, &request());
        assert_eq!(code(world.act(ENTRY, act).await), "A431", "{succession}");
    }
    world.status(REVIEW, &old, StatusChange::Release).await;
    // Approved while it was good, held before the new one is produced.
    let case = world
        .entered(follow(Succession::ReKey, &old, &request()))
        .await;
    world.act(REVIEW, approve(&case)).await.unwrap();
    let prepared = world.prepare(PRODUCTION, issue(&[&case])).await.unwrap();
    world.status(ENTRY, &old, StatusChange::Hold).await;
    assert_eq!(code(world.commit(PRODUCTION, &prepared).await), "A431");
    assert_eq!(
        code(world.prepare(PRODUCTION, issue(&[&case])).await),
        "A431"
    );
    world
        .act(
            SECOND_REVIEW,
            revoke(&old, RevocationReason::CessationOfOperation),
        )
        .await
        .unwrap();
    assert_eq!(
        code(world.prepare(PRODUCTION, issue(&[&case])).await),
        "A431"
    );
    for succession in Succession::ALL {
        let act = follow(succession, &old, &request());
        assert_eq!(code(world.act(ENTRY, act).await), "A431", "{succession}");
    }
    for unknown in ["0a0b0c", "x"] {
        let act = follow(Succession::ReKey, unknown, &request());
        assert_eq!(code(world.act(ENTRY, act).await), "A404");
    }
    let officers = world.officer_serial(PRODUCTION).await;
    let act = follow(Succession::ReKey, &officers, &request());
    assert_eq!(code(world.act(ENTRY, act).await), "A430");
    world.check().await;
}

#[tokio::test]
async fn a_lost_medium_is_held_first_and_its_certificate_ends_with_the_issue_of_the_new_one() {
    let world = World::found().await;
    let key = PrivateKey::generate();
    let old = world
        .succeeded(submit(HOST, &request_under(&key)))
        .await
        .serial;
    let lost = || follow(Succession::Lost, &old, &request());
    assert_eq!(code(world.act(ENTRY, lost()).await), "A431");
    world.status(ENTRY, &old, StatusChange::Hold).await;
    let new = world.succeeded(lost()).await;
    assert_eq!(world.standing(&old).await, revoked("keyCompromise"));
    // In the entry right behind the issue, of the same commit.
    let history = world.view(&old).await.history;
    let last = history.last().unwrap();
    assert_eq!(last.kind, "certificate.superseded");
    assert_eq!(last.entry, new.entry + 1);
    let again = submit("c.example.cn", &request_under(&key));
    assert_eq!(code(world.act(ENTRY, again).await), "A421");
    world.check().await;
}

#[tokio::test]
async fn a_change_ends_the_one_before_at_once_and_must_be_one() {
    let world = World::found().await;
    let old = world.issued(HOST).await.serial;
    let same = follow(Succession::Change, &old, &request());
    assert_eq!(code(world.act(ENTRY, same).await), "A436");
    let moved = || {
        with(
            follow(Succession::Change, &old, &request()),
            "city",
            "青岛市",
        )
    };
    // What does not change must not change.
    let renewed = with(
        follow(Succession::ReKey, &old, &request()),
        "city",
        "青岛市",
    );
    let Err(Error::Refused(refusal)) = world.act(ENTRY, renewed).await else {
        panic!("it was accepted");
    };
    let fields: Vec<_> = refusal
        .fields
        .iter()
        .map(|one| (&*one.field, &*one.code))
        .collect();
    assert_eq!((&*refusal.code, fields), ("A437", vec![("city", "E180")]));
    assert!(!refusal.zh.contains("青岛") && !refusal.fields[0].zh.contains("青岛"));
    // Another host is another subject.
    let other = with(moved(), "host", "z.example.cn");
    assert_eq!(code(world.act(ENTRY, other).await), "A435");
    // Contacts are on the form only.
    let act = with(moved(), "contact_mobile", "10012345671");
    let new = world.succeeded(act).await;
    assert_eq!(world.standing(&old).await, revoked("affiliationChanged"));
    let subject = Certificate::from_pem(&new.pem)
        .unwrap()
        .subject()
        .to_string();
    assert!(subject.contains("青岛市"), "{subject}");
    world.check().await;
}

#[tokio::test]
async fn a_certificate_has_one_successor() {
    let world = World::found().await;
    let old = world.issued(HOST).await.serial;
    let act = || follow(Succession::ReKey, &old, &request());
    let first = world.entered(act()).await;
    assert_eq!(code(world.act(ENTRY, act()).await), "A434");
    let refused = world.possible(&old).await;
    let codes = refused
        .iter()
        .map(|one| &*one.refusal.as_ref().unwrap().code);
    let codes: Vec<_> = codes.collect();
    assert_eq!(codes, ["A434", "A434", "A431", "A434", "A433"]);
    let withdraw = Act::WithdrawCase {
        case: first,
        reasons: "重复录入".to_owned(),
    };
    world.act(ENTRY, withdraw).await.unwrap();
    let new = world.succeeded(act()).await.serial;
    assert_eq!(code(world.act(ENTRY, act()).await), "A434");
    // The successor has one of its own, while the first one still stands.
    world
        .succeeded(follow(Succession::ReKey, &new, &request()))
        .await;
    assert_eq!(world.standing(&old).await, good());
    world.check().await;
}

#[tokio::test]
async fn a_returned_case_keeps_what_it_follows_on() {
    let world = World::found().await;
    let old = world.issued(HOST).await.serial;
    let wanted = request();
    let case = world
        .entered(follow(Succession::ReKey, &old, &wanted))
        .await;
    let returned = Act::ReviewCase {
        case: case.clone(),
        revision: 1,
        decision: Decision::Returned,
        reasons: "材料不清".to_owned(),
    };
    world.act(REVIEW, returned).await.unwrap();
    let completed = |succeeds: Option<Succeeds>| {
        let mut act = submit(HOST, &wanted);
        if let Act::SubmitCase {
            case: number,
            succeeds: named,
            ..
        } = &mut act
        {
            *number = Some(case.clone());
            *named = succeeds;
        }
        act
    };
    let other = Some(Succeeds {
        succession: Succession::Damaged,
        serial: old.clone(),
    });
    assert_eq!(code(world.act(ENTRY, completed(other)).await), "A438");
    world.act(ENTRY, completed(None)).await.unwrap();
    let approved = Act::ReviewCase {
        case: case.clone(),
        revision: 2,
        decision: Decision::Approved,
        reasons: String::new(),
    };
    let prepared = world.prepare(REVIEW, approved.clone()).await.unwrap();
    assert!(
        prepared.zh.contains("换钥") && prepared.zh.contains(&old),
        "{}",
        prepared.zh
    );
    world.act(REVIEW, approved).await.unwrap();
    world.made(&case).await;
    assert!(world.view(&old).await.successors[0].due_at.is_some());
    world.check().await;
}

#[tokio::test]
async fn what_an_officer_signs_names_the_certificate_before() {
    let world = World::found().await;
    let old = world.issued(HOST).await.serial;
    let act = follow(Succession::ReKey, &old, &request());
    let mut prepared = world.prepare(ENTRY, act).await.unwrap();
    assert!(prepared.zh.contains(&old), "{}", prepared.zh);
    let left_out = |act: &mut Act| {
        if let Act::SubmitCase { succeeds, .. } = act {
            *succeeds = None;
        }
    };
    left_out(&mut prepared.act);
    // Without it the application is another one: of a subject that has a certificate.
    assert_eq!(code(world.commit(ENTRY, &prepared).await), "A415");
    let reviewer = world.prepare(REVIEW, follow(Succession::ReKey, &old, &request()));
    assert_eq!(code(reviewer.await), "P403");
    world.check().await;
}
