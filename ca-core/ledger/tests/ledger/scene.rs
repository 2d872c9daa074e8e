//! A small founded hierarchy and short names for its events.

use ledger::event::{
    Basis, CrlScope, Decision, Entry, Event, OfficerChange, StatementRef, Status, Terms,
};
use ledger::replay::{Replay, Violation};
use ledger::tree::leaf_hash;
use sm_engine::sm3::{self, Digest};

use crate::naive::Naive;
use crate::notes::{ORIGIN, log_key};

pub(crate) const ENTERS: &str = "OP-0001";
pub(crate) const REVIEWS: &str = "OP-0002";
pub(crate) const PRODUCES: &str = "OP-0003";
pub(crate) const ADMINISTERS: &str = "OP-0004";
pub(crate) const CONFIRMS: &str = "OP-0005";

/// A ledger that grows: its replay, its bytes, its time.
pub(crate) struct Scene {
    pub(crate) replay: Replay,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) time: i64,
    counter: u64,
}

impl Scene {
    /// Nothing yet.
    pub(crate) fn empty() -> Self {
        Self {
            replay: Replay::new(),
            entries: Vec::new(),
            time: 1_800_000_000,
            counter: 0,
        }
    }

    /// Root, one issuing authority and three officers.
    pub(crate) fn founded() -> Self {
        let mut scene = Self::empty();
        scene.push(founding());
        for profile in [
            "root",
            "issuing-ca",
            "officer",
            "staff-signing",
            "ocsp-responder",
        ] {
            scene.push(Event::PolicyAdopted {
                name: profile.into(),
                document: document(profile),
            });
        }
        scene.found_authority("root", "root", "root", "0a01");
        scene.found_authority("jinan", "root", "issuing-ca", "0a02");
        for (i, officer) in [ENTERS, REVIEWS, PRODUCES].into_iter().enumerate() {
            let serial = format!("0b0{i}");
            scene.issue("jinan", &serial, "officer", Basis::Founding);
            scene.push(appointment(officer, "jinan", &serial));
        }
        scene
    }

    /// The same with two RA administrators, and the certificate `0d01` of somebody who is no officer yet.
    pub(crate) fn administered() -> Self {
        let mut scene = Self::founded();
        for (serial, officer) in [("0b03", ADMINISTERS), ("0b04", CONFIRMS)] {
            scene.issue("jinan", serial, "officer", Basis::Founding);
            let mut event = appointment(officer, "jinan", serial);
            if let Event::OfficerAppointed { role, .. } = &mut event {
                *role = "ra-administrator".into();
            }
            scene.push(event);
        }
        scene.issue("jinan", "0d01", "officer", Basis::Founding);
        scene
    }

    fn found_authority(&mut self, authority: &str, parent: &str, profile: &str, serial: &str) {
        self.issue(parent, serial, profile, Basis::Founding);
        self.push(authority_founded(authority, parent, serial));
    }

    /// The entry is refused and changes nothing.
    pub(crate) fn refused(&mut self, event: Event) -> Violation {
        self.refused_bytes(&Entry::new(self.time, event).encode().unwrap())
    }

    pub(crate) fn refused_bytes(&mut self, bytes: &[u8]) -> Violation {
        let before = (self.replay.size(), self.replay.root(), self.picture());
        let violation = self.replay.push(self.replay.size(), bytes).unwrap_err();
        assert_eq!(violation.index, self.replay.size());
        assert_eq!(
            before,
            (self.replay.size(), self.replay.root(), self.picture())
        );
        violation
    }

    pub(crate) fn attempt(&mut self, event: Event) -> Result<u64, Violation> {
        let index = self.replay.size();
        let bytes = Entry::new(self.time, event).encode().unwrap();
        self.replay.push(index, &bytes)?;
        self.entries.push(bytes);
        Ok(index)
    }

    /// The entry is legal; its index.
    pub(crate) fn push(&mut self, event: Event) -> u64 {
        self.time += 1;
        self.attempt(event).unwrap()
    }

    /// Everything that can be read of the state, to see that it did not change.
    pub(crate) fn picture(&self) -> String {
        let replay = &self.replay;
        format!(
            "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
            replay.policies().collect::<Vec<_>>(),
            replay.authorities().collect::<Vec<_>>(),
            replay.officers().collect::<Vec<_>>(),
            replay.proposals().collect::<Vec<_>>(),
            replay.cases().collect::<Vec<_>>(),
            replay.certificates().collect::<Vec<_>>(),
            replay.open_intents().collect::<Vec<_>>(),
            replay.crls().collect::<Vec<_>>(),
        )
    }

    pub(crate) fn statement(&mut self, officer: &str) -> StatementRef {
        self.counter += 1;
        StatementRef {
            digest: digest(&format!("statement {}", self.counter)),
            officer: officer.into(),
            signature: "MAYCAQECAQE=".into(),
        }
    }

    pub(crate) fn submitted(&mut self, case: &str, revision: u32, officer: &str) -> Event {
        Event::CaseSubmitted {
            case: case.into(),
            revision,
            profile: "staff-signing".into(),
            profile_document: document("staff-signing"),
            authority: "jinan".into(),
            form: digest("form"),
            request: digest("request"),
            key: digest(&format!("key of {case}")),
            template: digest("template"),
            evidence: vec![digest("evidence")],
            statement: self.statement(officer),
        }
    }

    pub(crate) fn reviewed(&mut self, case: &str, revision: u32, decision: Decision) -> Event {
        Event::CaseReviewed {
            case: case.into(),
            revision,
            decision,
            statement: self.statement(REVIEWS),
        }
    }

    pub(crate) fn proposed(&mut self, by: &str, officer: &str, change: OfficerChange) -> Event {
        Event::OfficerProposed {
            officer: officer.into(),
            change,
            statement: self.statement(by),
        }
    }

    pub(crate) fn confirmed(&mut self, by: &str, officer: &str, proposal: u64) -> Event {
        Event::OfficerConfirmed {
            proposal,
            officer: officer.into(),
            statement: self.statement(by),
        }
    }

    pub(crate) fn turned_down(&mut self, by: &str, officer: &str, proposal: u64) -> Event {
        Event::OfficerRefused {
            proposal,
            officer: officer.into(),
            statement: self.statement(by),
        }
    }

    /// What an appointment with the certificate of that serial says, from now on and without end.
    pub(crate) fn terms(&self, role: &str, serial: &str) -> Terms {
        Terms {
            role: role.into(),
            cities: vec!["370100".into()],
            units: Vec::new(),
            from: self.time,
            until: None,
            authority: "jinan".into(),
            serial: serial.into(),
            certificate: certificate(serial),
            particulars: digest("particulars"),
        }
    }

    /// Proposed by one administrator and confirmed by the other.
    pub(crate) fn decide(&mut self, officer: &str, change: OfficerChange) {
        let proposed = self.proposed(ADMINISTERS, officer, change);
        let proposal = self.push(proposed);
        let confirmed = self.confirmed(CONFIRMS, officer, proposal);
        self.push(confirmed);
    }

    pub(crate) fn withdrawn(&mut self, case: &str) -> Event {
        Event::CaseWithdrawn {
            case: case.into(),
            statement: self.statement(ENTERS),
        }
    }

    /// A case that may be produced.
    pub(crate) fn approve(&mut self, case: &str) {
        let submitted = self.submitted(case, 1, ENTERS);
        self.push(submitted);
        let reviewed = self.reviewed(case, 1, Decision::Approved);
        self.push(reviewed);
    }

    /// The intent for an approved case.
    pub(crate) fn intended_for(&mut self, case: &str, serial: &str) -> Event {
        let statement = self.statement(PRODUCES);
        let basis = Basis::Case {
            case: case.into(),
            statement,
        };
        let mut event = intended("jinan", serial, "staff-signing", basis);
        if let Event::CertificateIntended { key, .. } = &mut event {
            *key = digest(&format!("key of {case}"));
        }
        event
    }

    /// A certificate for a new case, issued.
    pub(crate) fn produce(&mut self, case: &str, serial: &str) {
        self.approve(case);
        let intended = self.intended_for(case, serial);
        let intent = self.push(intended);
        self.push(issued("jinan", serial, intent));
    }

    /// A certificate on another basis, issued.
    pub(crate) fn issue(&mut self, authority: &str, serial: &str, profile: &str, basis: Basis) {
        let intent = self.push(intended(authority, serial, profile, basis));
        self.push(issued(authority, serial, intent));
    }

    pub(crate) fn status(&mut self, serial: &str, status: Status) -> Event {
        let reason = match status {
            Status::Good => "removeFromCRL",
            Status::Held => "certificateHold",
            Status::Revoked => "keyCompromise",
        };
        Event::CertificateStatus {
            authority: "jinan".into(),
            serial: serial.into(),
            status,
            reason: reason.into(),
            list: None,
            statement: self.statement(REVIEWS),
        }
    }

    pub(crate) fn change(&mut self, serial: &str, status: Status) {
        let event = self.status(serial, status);
        self.push(event);
    }

    /// The tree over the entries, by definition.
    pub(crate) fn naive(&self) -> Naive {
        Naive::new(self.entries.iter().map(|bytes| leaf_hash(bytes)).collect())
    }
}

pub(crate) fn digest(text: &str) -> Digest {
    sm3::digest(text.as_bytes())
}

pub(crate) fn document(profile: &str) -> Digest {
    digest(&format!("document {profile}"))
}

pub(crate) fn certificate(serial: &str) -> Digest {
    digest(&format!("certificate {serial}"))
}

pub(crate) fn founding() -> Event {
    Event::LedgerFounded {
        origin: ORIGIN.into(),
        key: hex::encode(log_key().0.public_key().to_sec1()),
        demonstration: true,
    }
}

pub(crate) fn authority_founded(authority: &str, parent: &str, serial: &str) -> Event {
    Event::AuthorityFounded {
        authority: authority.into(),
        parent: parent.into(),
        serial: serial.into(),
        certificate: certificate(serial),
        key_id: "00ff".into(),
    }
}

pub(crate) fn appointment(officer: &str, authority: &str, serial: &str) -> Event {
    Event::OfficerAppointed {
        officer: officer.into(),
        role: "entry".into(),
        authority: authority.into(),
        serial: serial.into(),
        certificate: certificate(serial),
        particulars: digest("particulars"),
    }
}

pub(crate) fn intended(authority: &str, serial: &str, profile: &str, basis: Basis) -> Event {
    Event::CertificateIntended {
        authority: authority.into(),
        serial: serial.into(),
        tbs: digest(&format!("tbs {serial}")),
        profile: profile.into(),
        profile_document: document(profile),
        key: digest(&format!("key {serial}")),
        basis,
    }
}

pub(crate) fn issued(authority: &str, serial: &str, intent: u64) -> Event {
    Event::CertificateIssued {
        authority: authority.into(),
        serial: serial.into(),
        certificate: certificate(serial),
        intent,
        not_after: 1_900_000_000,
    }
}

pub(crate) fn abandoned(authority: &str, serial: &str, intent: u64) -> Event {
    Event::CertificateAbandoned {
        authority: authority.into(),
        serial: serial.into(),
        intent,
        reason: "A510".into(),
    }
}

pub(crate) fn crl(number: u64, this_update: i64, next_update: i64, covers: u64) -> Event {
    Event::CrlIssued {
        authority: "jinan".into(),
        number,
        crl: digest("crl"),
        this_update,
        next_update,
        entries: 0,
        covers,
    }
}

/// A CRL of `jinan` with its scope: full and shards leave nothing out.
pub(crate) fn published(scope: CrlScope, number: u64, this_update: i64, covers: u64) -> Event {
    Event::CrlPublished {
        authority: "jinan".into(),
        scope,
        number,
        crl: digest("crl"),
        parts: Vec::new(),
        this_update,
        next_update: this_update + 1000,
        entries: 0,
        covers,
        expired_before: 0,
    }
}

pub(crate) fn partitioned(shards: u32, base: &str) -> Event {
    Event::CrlPartitioned {
        authority: "jinan".into(),
        shards,
        base: base.into(),
    }
}
