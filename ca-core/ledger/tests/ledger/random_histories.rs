//! Random legal histories pass and end where an independent model says; random commands never panic, and
//! what is refused changes nothing.

use std::collections::BTreeMap;

use ledger::event::{Basis, Decision, Event, Status};
use ledger::life::State;
use ledger::replay::{CaseState, Replay};
use proptest::prelude::*;

use crate::scene::{ENTERS, PRODUCES, Scene, abandoned, crl, intended, issued};

/// A command and a number that chooses among the things it could apply to.
type Command = (u8, prop::sample::Index);

fn commands() -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec((0_u8..16, any::<prop::sample::Index>()), 0..120)
}

/// What the history should have led to.
#[derive(Default)]
struct Model {
    /// Case number to revision and state.
    cases: BTreeMap<String, (u32, CaseState)>,
    /// Serial to state, intent and case.
    certificates: BTreeMap<String, (State, u64, Option<String>)>,
    crls: u64,
}

impl Model {
    fn case_in(&self, states: &[CaseState], which: prop::sample::Index) -> Option<(String, u32)> {
        let fitting: Vec<_> = self
            .cases
            .iter()
            .filter(|(_, (_, state))| states.contains(state))
            .collect();
        let (case, (revision, _)) = (!fitting.is_empty()).then(|| *which.get(&fitting))?;
        Some((case.clone(), *revision))
    }

    fn certificate_in(
        &self,
        states: &[State],
        which: prop::sample::Index,
    ) -> Option<(String, u64, Option<String>)> {
        let fitting: Vec<_> = self
            .certificates
            .iter()
            .filter(|(_, (state, ..))| states.contains(state))
            .collect();
        let (serial, (_, intent, case)) = (!fitting.is_empty()).then(|| *which.get(&fitting))?;
        Some((serial.clone(), *intent, case.clone()))
    }

    fn next_serial(&self) -> String {
        format!("0c{:04x}", self.certificates.len())
    }

    fn decide(&mut self, scene: &mut Scene, which: prop::sample::Index, decision: Decision) {
        let Some((case, revision)) = self.case_in(&[CaseState::Submitted], which) else {
            return;
        };
        let event = scene.reviewed(&case, revision, decision);
        scene.push(event);
        let state = match decision {
            Decision::Approved => CaseState::Approved,
            Decision::Refused => CaseState::Refused,
            Decision::Returned => CaseState::Returned,
        };
        self.cases.insert(case, (revision, state));
    }

    fn change(
        &mut self,
        scene: &mut Scene,
        which: prop::sample::Index,
        from: &[State],
        to: Status,
    ) {
        let Some((serial, intent, case)) = self.certificate_in(from, which) else {
            return;
        };
        scene.change(&serial, to);
        let state = match to {
            Status::Good => State::Good,
            Status::Held => State::Held,
            Status::Revoked => State::Revoked,
        };
        self.certificates.insert(serial, (state, intent, case));
    }

    fn close(&mut self, scene: &mut Scene, which: prop::sample::Index, issue: bool) {
        let Some((serial, intent, case)) = self.certificate_in(&[State::Intended], which) else {
            return;
        };
        let (event, state, case_state) = if issue {
            (
                issued("jinan", &serial, intent),
                State::Good,
                CaseState::Issued,
            )
        } else {
            let event = abandoned("jinan", &serial, intent);
            (event, State::Abandoned, CaseState::Approved)
        };
        scene.push(event);
        if let Some(case) = &case {
            self.cases.get_mut(case).unwrap().1 = case_state;
        }
        self.certificates.insert(serial, (state, intent, case));
    }

    fn submit(&mut self, scene: &mut Scene, case: String, revision: u32, officer: &str) {
        let event = scene.submitted(&case, revision, officer);
        scene.push(event);
        self.cases.insert(case, (revision, CaseState::Submitted));
    }

    fn intend(&mut self, scene: &mut Scene, event: Event, serial: String, case: Option<String>) {
        let intent = scene.push(event);
        if let Some(case) = &case {
            self.cases.get_mut(case).unwrap().1 = CaseState::Producing;
        }
        self.certificates
            .insert(serial, (State::Intended, intent, case));
    }

    /// Does the command if it is legal now.
    fn obey(&mut self, scene: &mut Scene, (command, which): Command) {
        match command {
            0..=2 => {
                let case = format!("C-{:04}", self.cases.len());
                self.submit(scene, case, 1, ENTERS);
            }
            3 => {
                if let Some((case, revision)) = self.case_in(&[CaseState::Returned], which) {
                    self.submit(scene, case, revision + 1, PRODUCES);
                }
            }
            4 | 5 => self.decide(scene, which, Decision::Approved),
            6 => self.decide(scene, which, Decision::Returned),
            7 => self.decide(scene, which, Decision::Refused),
            8 => {
                let open = [CaseState::Submitted, CaseState::Returned];
                if let Some((case, revision)) = self.case_in(&open, which) {
                    let event = scene.withdrawn(&case);
                    scene.push(event);
                    self.cases.insert(case, (revision, CaseState::Withdrawn));
                }
            }
            9 => {
                if let Some((case, _)) = self.case_in(&[CaseState::Approved], which) {
                    let serial = self.next_serial();
                    let event = scene.intended_for(&case, &serial);
                    self.intend(scene, event, serial, Some(case));
                }
            }
            10 => self.close(scene, which, true),
            11 => self.close(scene, which, which.index(3) > 0),
            12 => self.change(scene, which, &[State::Good], Status::Held),
            13 => self.change(scene, which, &[State::Held], Status::Good),
            14 => self.change(scene, which, &[State::Good, State::Held], Status::Revoked),
            _ if which.index(2) == 0 => {
                self.crls += 1;
                let time = scene.time;
                scene.push(crl(self.crls, time, time + 86_400, scene.replay.size()));
            }
            _ => {
                let (serial, renewal) = (self.next_serial(), Basis::ResponderRenewal);
                let event = intended("jinan", &serial, "ocsp-responder", renewal);
                self.intend(scene, event, serial, None);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn legal_histories_pass(commands in commands()) {
        let mut scene = Scene::founded();
        let mut model = Model::default();
        for command in commands {
            model.obey(&mut scene, command);
        }
        let cases: BTreeMap<_, _> = scene
            .replay
            .cases()
            .map(|case| (case.case.clone(), (case.revision, case.state)))
            .collect();
        prop_assert_eq!(&cases, &model.cases);
        for (serial, (state, intent, case)) in &model.certificates {
            let life = scene.replay.certificate("jinan", serial).unwrap();
            prop_assert_eq!((life.state, life.intent, &life.case), (*state, *intent, case));
            prop_assert_eq!(life.certificate.is_some(), !matches!(state, State::Intended | State::Abandoned));
        }
        let founding = Scene::founded().replay.certificates().count();
        prop_assert_eq!(scene.replay.certificates().count(), founding + model.certificates.len());
        let open = model.certificates.values().filter(|(state, ..)| *state == State::Intended);
        prop_assert_eq!(scene.replay.open_intents().count(), open.count());

        // The same entries again lead to the same place, and to the root by definition.
        let mut again = Replay::new();
        for (index, bytes) in (0..).zip(&scene.entries) {
            again.push(index, bytes).unwrap();
        }
        again.expect_checkpoint(scene.replay.size(), &scene.replay.root()).unwrap();
        prop_assert_eq!(again.root(), scene.naive().root(0, scene.entries.len()));
    }

    /// Commands without regard to what is legal: few cases, few serials, any order.
    #[test]
    fn refused_entries_change_nothing(commands in prop::collection::vec((0_u8..12, 0_u8..3, 0_u64..40), 0..150)) {
        let mut scene = Scene::founded();
        let names = [("C-1", "0c01"), ("C-2", "0c02"), ("C-3", "0b00")];
        for (command, which, number) in commands {
            let (case, serial) = names[usize::from(which)];
            let revision = 1 + u32::from(number % 3 == 2);
            let event = match command {
                0 => scene.submitted(case, revision, ENTERS),
                1 => scene.reviewed(case, revision, Decision::Approved),
                2 => scene.reviewed(case, revision, Decision::Returned),
                3 => scene.withdrawn(case),
                4 | 5 => scene.intended_for(case, serial),
                6 => issued("jinan", serial, number),
                7 => abandoned("jinan", serial, number),
                8 => scene.status(serial, Status::Held),
                9 => scene.status(serial, Status::Good),
                10 => scene.status(serial, Status::Revoked),
                _ => crl(number, 0, 1, number),
            };
            let before = (scene.replay.size(), scene.replay.root(), scene.picture());
            match scene.attempt(event) {
                Ok(index) => prop_assert_eq!(index, before.0),
                Err(violation) => {
                    prop_assert_eq!(violation.index, before.0);
                    prop_assert_eq!(before, (scene.replay.size(), scene.replay.root(), scene.picture()));
                }
            }
        }
    }
}
